"""Kinds of times for a column."""

from __future__ import annotations

import datetime as dt
from typing import Any

from .check_syntax import NOW
from .described import Described
from .fake_kinds import FakeKind, days, integers, mapped, moments
from .numbers import natural_times
from .texts import plain_name

FAR = 100  # years until a time that is after now, whenever that is


def moment(value: Any) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found and (found if found.tzinfo else found.replace(tzinfo=dt.UTC))


def as_time(text: str, column: Described) -> Any:
    """Return the constant of a CHECK as a value of a column with times."""
    found = moment(text)
    if found is None:
        return text
    if column.type_name == "date":
        return found.date()
    return found if _has_zone(column) else found.replace(tzinfo=None)


def _has_zone(column: Described) -> bool:
    field_type = getattr(column.field, "field_type", "")
    return field_type == "TIMESTAMPTZ" or "with time zone" in column.type


def _span(column: Described) -> tuple[dt.datetime, dt.datetime]:
    """The first and the last time that a column should have."""
    first, last = natural_times(plain_name(column.name), column.today)
    width, limit = last - first, column.limit
    step = dt.timedelta(days=1) if column.type_name == "date" else dt.timedelta(seconds=1)
    low = moment(limit.low)
    if limit.low is NOW:
        low = column.today.replace(year=column.today.year + FAR)
    if low is not None:
        low += step * limit.open_low
        first, last = max(first, low), max(last, low + width)
    high = moment(limit.high)
    if limit.high is NOW:
        high = column.today
    if high is not None:
        high -= step * limit.open_high
        last = min(last, high)
        first = min(first, max(high - width, low or high - width))
    return first, last


def naive_time(column: Described) -> FakeKind:
    return mapped(time_with_zone(column), lambda time: time.replace(tzinfo=None))


def time_with_zone(column: Described) -> FakeKind:
    return moments(*_span(column))


def datetime(column: Described) -> FakeKind:
    return time_with_zone(column) if _has_zone(column) else naive_time(column)


def date(column: Described) -> FakeKind:
    first, last = _span(column)
    return days(first.date(), last.date())


def time(column: Described) -> FakeKind:
    return mapped(integers(0, 86_399), lambda n: (dt.datetime.min + dt.timedelta(seconds=n)).time())


def interval(column: Described) -> FakeKind:
    return mapped(integers(1, 43_200), lambda n: dt.timedelta(minutes=n))
