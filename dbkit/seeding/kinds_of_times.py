"""The values of fields that hold times."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import peewee as pw

from dbkit.fields import DateTimeTZField

from .kinds import Invalid, Kind
from .kinds_of_numbers import NUMBER
from .quick_columns import shapes

FRACTIONS = [b"", *(b"." + b"0" * digits for digits in range(1, 7))]
CLOCKS = {b"00:00:00" + fraction for fraction in FRACTIONS}
MOMENTS = {b"0000-00-00" + between + clock for between in (b" ", b"T") for clock in CLOCKS}
OFFSETS = (b"", b"Z", b"+00", b"-00", b"+0000", b"-0000", b"+00:00", b"-00:00")
ZONED = {moment + offset for moment in MOMENTS for offset in OFFSETS}
WHOLE_SECONDS = {moment for moment in ZONED if b"." not in moment}
EARLY, LATE = "0001-01-03", "9999-12-29"  # in every time zone, a day between them is a valid day
FARTHEST = dt.timedelta(hours=15)  # PostgreSQL reads offsets up to 15:59:59
USUAL_FORMATS = (pw.DateTimeField.formats, pw.DateField.formats, pw.TimeField.formats)
# Python reads more as ISO 8601, such as 11111111111111111
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,6}0*)?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
ISO_DATE, ISO_TIME = re.compile(DATE), re.compile(TIME)
ISO_MOMENT = re.compile(f"{DATE}(?:[T ]{TIME})?")


class Moment(Kind):
    """A DateTimeField. A column without time zone takes a time in UTC, but no other offset: it
    could not hold that."""

    types = (dt.datetime, dt.date, str)
    relative = True

    @property
    def hint(self) -> str:
        zone = "Z" if self.zoned else ""
        return f'A date and time, such as "2026-01-31T12:30:00{zone}" or "now - 1 day".'

    @property
    def zoned(self) -> bool:
        return self.field.field_type.upper() in ("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")

    def checked(self, value: Any) -> dt.datetime:
        if isinstance(value, str):
            iso = ISO_MOMENT.fullmatch(value) is not None
            value = dt.datetime.fromisoformat(value) if iso else _formatted(self.field, value)
        if not isinstance(value, dt.datetime):
            return dt.datetime(value.year, value.month, value.day)
        return value if self.zoned else self._without_offset(value)

    def _without_offset(self, value: dt.datetime) -> dt.datetime:
        if value.tzinfo is None or self.cells.keeps_offsets:
            return value
        if value.utcoffset():
            raise Invalid(self.hint, "the column has no time zone")
        return value.replace(tzinfo=None)

    def moment(self, value: dt.datetime) -> Any:
        return self.read(value if self.zoned else value.replace(tzinfo=None), False)

    def quick(self, column: Sequence[str]) -> Sequence[str] | None:
        """The texts as isoformat() writes them, in UTC."""
        if self.cells.text is None and type(self.field) not in (pw.DateTimeField, DateTimeTZField):
            return None  # it may be stored in another format
        found = shapes(column)
        if not found <= (ZONED if self.zoned else MOMENTS):
            return None
        moments = list(map(dt.datetime.fromisoformat, column))
        if found == {b"0000-00-00 00:00:00"}:
            return column
        zones = {moment.tzinfo for moment in moments}
        if zones <= {None, dt.UTC}:
            if found <= WHOLE_SECONDS:
                return [f"{text[:10]} {text[11:19]}" for text in column]
            return [moment.replace(tzinfo=None).isoformat(" ") for moment in moments]
        if not (min(column) > EARLY and max(column) < LATE) or any(
            abs(zone.utcoffset(None) or FARTHEST) > FARTHEST for zone in zones if zone is not None
        ):
            return None
        return [
            (moment.astimezone(dt.UTC) if moment.tzinfo else moment)
            .replace(tzinfo=None)
            .isoformat(" ")
            for moment in moments
        ]


class Day(Kind):
    types = (dt.date, str)
    relative = True

    @property
    def hint(self) -> str:
        return 'A date, such as "2026-01-31" or "today - 1 month".'

    def checked(self, value: Any) -> dt.date:
        if isinstance(value, str):
            value = self._parsed(value)
        if type(value) is not dt.date:
            raise Invalid(self.hint)
        return value

    def _parsed(self, text: str) -> Any:
        iso = ISO_DATE.fullmatch(text) is not None
        return dt.date.fromisoformat(text) if iso else _formatted(self.field, text).date()

    def moment(self, value: dt.datetime) -> Any:
        return self.read(value.date(), False)

    def quick(self, column: Sequence[str]) -> Sequence[str] | None:
        if shapes(column) != {b"0000-00-00"}:
            return None
        list(map(dt.date.fromisoformat, column))
        return column


class Clock(Kind):
    types = (dt.time, str)

    @property
    def hint(self) -> str:
        return 'A time of day, such as "12:30:00".'

    def checked(self, value: Any) -> dt.time:
        time: dt.time = self._parsed(value) if isinstance(value, str) else value
        if time.tzinfo and not self.cells.keeps_offsets:
            raise Invalid(self.hint, "the column has no time zone")
        return time

    def _parsed(self, text: str) -> dt.time:
        iso = ISO_TIME.fullmatch(text) is not None
        return dt.time.fromisoformat(text) if iso else _formatted(self.field, text).timetz()

    def quick(self, column: Sequence[str]) -> Sequence[str] | None:
        found = shapes(column)
        return list(map(str, map(dt.time.fromisoformat, column))) if found <= CLOCKS else None


class Timestamp(Kind):
    """A TimestampField: a time, or a number of seconds since 1970."""

    types = (dt.datetime, dt.date, int, float, Decimal, str)
    relative = True

    @property
    def hint(self) -> str:
        return 'A date and time, such as "2026-01-31T12:30:00Z", or seconds since 1970.'

    def parse(self, text: str) -> Any:
        return Decimal(text) if NUMBER.fullmatch(text) else text

    def checked(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        iso = ISO_MOMENT.fullmatch(value) is not None
        return dt.datetime.fromisoformat(value) if iso else _formatted(self.field, value)


def _formatted(field: pw.Field, text: str) -> dt.datetime:
    """The time that a text means in one of the field's own formats. Raises ValueError.

    Peewee's formats are those of ISO, and some that would cut off the date or the time of day."""
    for form in () if field.formats in USUAL_FORMATS else field.formats:
        with suppress(ValueError):
            return dt.datetime.strptime(text, form)
    raise ValueError(text)
