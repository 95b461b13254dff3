"""Times relative to now."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbkit.seeding.relative_times import relative

NOW = dt.datetime(2026, 3, 1, 12, 30, 15, 5, dt.UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("now - 30 days", NOW - dt.timedelta(days=30)),
        ("now + 1 day 2 hours", NOW + dt.timedelta(days=1, hours=2)),
        ("now-1 hour 55 minutes", NOW - dt.timedelta(minutes=115)),
        ("  NOW + 2weeks ", NOW + dt.timedelta(weeks=2)),
        ("today", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
        ("today - 1 second", dt.datetime(2026, 2, 28, 23, 59, 59, tzinfo=dt.UTC)),
        ("now - 1 month", dt.datetime(2026, 2, 1, 12, 30, 15, 5, dt.UTC)),
        ("now + 1 year 2 days", dt.datetime(2027, 3, 3, 12, 30, 15, 5, dt.UTC)),
        ("now - 14 months 1 DAY", dt.datetime(2024, 12, 31, 12, 30, 15, 5, dt.UTC)),
        ("2026-01-01", None),
        ("nowhere", None),
        ("", None),
    ],
)
def test_relative_times(text: str, moment: dt.datetime | None) -> None:
    assert relative(text, NOW) == moment


@given(st.integers(0, 10**4), st.sampled_from(["week", "day", "hour", "minute", "second"]))
def test_relative_times_add_and_subtract(count: int, unit: str) -> None:
    distance = dt.timedelta(**{f"{unit}s": count})
    assert relative(f"now + {count} {unit}s", NOW) == NOW + distance
    assert relative(f"now - {count} {unit}", NOW) == NOW - distance


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("now - 3", "^3 has no unit$"),
        ("now - 3 moons", "^moons is not a unit$"),
        ("now - 1 mont", "^mont is not a unit$"),
        ("now - 1 daily", "^daily is not a unit$"),
        ("today + days", "^days has no amount$"),
        ("now + 1 day soon", "^soon is not a unit$"),
        ("now - 3 days + 1 hour", r"^only one \+ or - is allowed"),
    ],
)
def test_no_duration(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        relative(text, NOW)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("now + 1 month", dt.date(2024, 2, 29)),
        ("now + 13 months", dt.date(2025, 2, 28)),
        ("now - 2 months", dt.date(2023, 11, 30)),
        ("now + 1 month 1 day", dt.date(2024, 3, 1)),
        ("now + 1 day 1 month", dt.date(2024, 3, 1)),
    ],
)
def test_a_day_that_a_month_lacks_becomes_its_last_day(text: str, day: dt.date) -> None:
    moment = relative(text, dt.datetime(2024, 1, 31, tzinfo=dt.UTC))
    assert moment is not None
    assert moment.date() == day


@pytest.mark.parametrize("text", ["now + 9999 years", "now - 2100 years", "now - 99999999999 days"])
def test_a_time_beyond_the_calendar(text: str) -> None:
    with pytest.raises(OverflowError):
        relative(text, NOW)
