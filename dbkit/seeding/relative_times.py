"""Times relative to now: "now", "now - 30 days", "today + 1 week", "now - 1 hour 55 minutes"."""

from __future__ import annotations

import datetime as dt
import re

UNITS = "weeks|days|hours|minutes|seconds"
AMOUNT = re.compile(rf"(\d+)\s*({'|'.join(unit[:-1] for unit in UNITS.split('|'))})s?\s*")
RELATIVE = re.compile(r"\s*(now|today)\s*(?:([+-])\s*(.*\S))?\s*", re.IGNORECASE)


def relative(text: str, now: dt.datetime) -> dt.datetime | None:
    """Return the time that `text` means at `now`, or None if the text is not a relative time.

    "today" is the midnight before `now`. Raises ValueError for an unknown unit.
    """
    match = RELATIVE.fullmatch(text)
    if match is None:
        return None
    base, sign, amount = match.groups()
    start = (
        now.replace(hour=0, minute=0, second=0, microsecond=0) if (base.lower() == "today") else now
    )
    distance = _distance(amount) if amount else dt.timedelta()
    return start - distance if sign == "-" else start + distance


def _distance(amount: str) -> dt.timedelta:
    parts = AMOUNT.findall(amount)
    if not parts or AMOUNT.sub("", amount):
        raise ValueError(f"{amount!r} is not a duration: use {UNITS.replace('|', ', ')}")
    return sum((dt.timedelta(**{f"{unit}s": int(count)}) for count, unit in parts), dt.timedelta())
