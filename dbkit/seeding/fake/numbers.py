"""Which numbers and times fit a column, by the words of its name."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import NamedTuple

# The day before which all times lie. It is constant, so that the same seed gives the same rows.
TODAY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
YEAR = dt.timedelta(days=365)


class Range(NamedTuple):
    """Natural numbers of a column; with a `skew`, smaller numbers are more frequent. They are
    `whole` even if the type has fractions."""

    low: Decimal
    high: Decimal
    skew: int = 1
    whole: bool = False


def _range(low: int, high: int, skew: int = 1, whole: bool = False) -> Range:
    return Range(Decimal(low), Decimal(high), skew, whole)


MONEY = r"price|amount|cost|total|budget|spen[dt]|balance|fee|salary|revenue|paid|tax|discount|roi"
RANGES = [
    (r"retr|attempt", _range(0, 5, 3, whole=True)),
    (r"duration|_ms$|seconds|impression|view|click|conversion|token|bytes|size|count$|visit",
     _range(0, 100_000, 4, whole=True)),
    (MONEY, _range(1, 10_000, 3)),
    (r"(^|_)age$|_age_", _range(18, 90)),
    (r"(^|_)year$", _range(2000, 2025)),
    (r"(^|_)month$", _range(1, 12)),
    (r"(^|_)day(_of|$)", _range(1, 28)),
    (r"(^|_)hour$", _range(0, 23)),
    (r"percent|pct|progress", _range(0, 100)),
    (r"rating|stars", _range(1, 5)),
    (r"priority|rank|level", _range(1, 10)),
    (r"score", _range(0, 100)),
    (r"(^|_)lat(itude)?$", _range(-90, 90)),
    (r"(^|_)(lon|lng|long)(gitude)?$", _range(-180, 180)),
    (r"port$", _range(1024, 65535)),
    (r"(^|_)(rate|ratio)(_|$)|probability|confidence", _range(0, 1)),
    (r"quantity|qty", _range(1, 100, 3)),
]  # fmt: skip
COMPILED = [(re.compile(pattern), found) for pattern, found in RANGES]
HTTP_CODES = (200, 201, 204, 302, 400, 401, 403, 404, 422, 500, 503)
HTTP = re.compile(r"(status|response|http)_?code")
OTHERS = _range(0, 1000, 2)
FUTURE = re.compile(r"expir|due|deadline|until|schedul|period_end|renew|next|valid_to|(^|_)ends?_")
BIRTH = re.compile(r"birth|(^|_)(dob|born)")

# (earlier, later): what the names of two columns say about the order of their values
ORDER = [
    (r"^created|^inserted|^registered|^joined", r".*_(at|on|date|time)$|^updated|^modified"),
    (r"start|begin|from|open|since", r"end|finish|complete|until|(^|_)to(_|$)|close|stop|expire"),
    (r"(^|_)min", r"(^|_)max"),
    (r"(^|_)low", r"(^|_)(high|up)"),
    (r"sent", r"(deliver|receiv|open|read)"),
    (r"order", r"(ship|deliver)"),
    (r"publish", r"(archive|unpublish)"),
    (r"spen[dt]|(^|_)used", r"budget$|^amount$|(^|_)(limit|quota|total)(_|$)"),
    (r"conversion", r"click"),
    (r"click|conversion", r"impression|view"),
]
COMPILED_ORDER = [(re.compile(earlier), re.compile(later)) for earlier, later in ORDER]


def natural_range(name: str) -> Range:
    """Return the natural numbers of a column of this name."""
    return next((found for pattern, found in COMPILED if pattern.search(name)), OTHERS)


def natural_times(name: str, today: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Return the natural times of a column of this name, which is in the last year by default."""
    if BIRTH.search(name):
        return today - 80 * YEAR, today - 18 * YEAR
    if FUTURE.search(name):
        return today - YEAR / 4, today + YEAR
    return today - YEAR, today - dt.timedelta(seconds=1)


def are_ordered(first: str, second: str) -> bool:
    """Whether values of a column are naturally at most those of the second column."""
    if BIRTH.search(first) or BIRTH.search(second):
        return bool(BIRTH.search(first)) and not BIRTH.search(second)
    return first != second and any(
        earlier.search(first) and later.search(second)
        and not (earlier.search(second) and later.search(first))
        and not (first.startswith("created") and earlier.search(second))
        for earlier, later in COMPILED_ORDER
    )  # fmt: skip
