"""Times relative to now: "now", "now - 30 days", "today + 1 week", "now - 1 year 2 months".

Months and years follow the calendar, as intervals of PostgreSQL do ("Date/Time Functions and
Operators" in its documentation): they are counted first, a day that the month lacks becomes its
last day (31 January + 1 month is 28 or 29 February), and then the days and smaller units follow.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

UNITS = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
AMOUNT = re.compile(
    rf"(\d+)\s*({'|'.join(unit[:-1] for unit in UNITS)})s?(?![^\W\d])\s*", re.IGNORECASE
)
WORD = re.compile(r"[^\W\d]+")
RELATIVE = re.compile(r"\s*(now|today)\s*(?:([+-])\s*(.*\S))?\s*", re.IGNORECASE)


def is_relative(text: str) -> bool:
    """Whether a text is meant to be a relative time; its amount may still be wrong."""
    return RELATIVE.fullmatch(text) is not None


def relative(text: str, now: dt.datetime) -> dt.datetime | None:
    """Return the time that `text` means at `now`, or None if the text is not a relative time.

    "today" is the midnight before `now`. Raises ValueError with the reason for an amount that is
    wrong, and OverflowError for a time before the year 1 or after the year 9999.
    """
    match = RELATIVE.fullmatch(text)
    if match is None:
        return None
    base, sign, amount = match.groups()
    start = (
        now.replace(hour=0, minute=0, second=0, microsecond=0) if (base.lower() == "today") else now
    )
    months, rest = _distance(amount) if amount else (0, dt.timedelta())
    if sign == "-":
        months, rest = -months, -rest
    return _months_later(start, months) + rest


def _distance(amount: str) -> tuple[int, dt.timedelta]:
    if wrong := AMOUNT.sub("", amount):
        raise ValueError(_reason(wrong.strip()))
    parts = AMOUNT.findall(amount)
    months, rest = 0, dt.timedelta()
    for count, unit in parts:
        match unit.lower():
            case "year":
                months += 12 * int(count)
            case "month":
                months += int(count)
            case unit:
                rest += dt.timedelta(**{f"{unit}s": int(count)})
    return months, rest


def _reason(wrong: str) -> str:
    """Say what is wrong with the part of an amount that is no count and unit."""
    if re.search("[+-]", wrong):
        return "only one + or - is allowed, and it holds for all amounts"
    word = WORD.search(wrong)
    if word is None:
        return f"{wrong} has no unit"
    is_unit = AMOUNT.fullmatch(f"1 {word[0]}")
    return f"{word[0]} has no amount" if is_unit else f"{word[0]} is not a unit"


def _months_later(start: dt.datetime, months: int) -> dt.datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise OverflowError("the year is out of range")
    last = calendar.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))
