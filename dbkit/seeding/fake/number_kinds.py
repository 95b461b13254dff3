"""Kinds of numbers for a column."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import peewee as pw

from .check_limits import Limit
from .described import Described
from .fake_kinds import FakeKind, decimals, integers, mapped, some_of
from .numbers import HTTP, HTTP_CODES, natural_range
from .texts import plain_name

BITS = {"smallint": 15, "int2": 15, "integer": 31, "int": 31, "int4": 31}


def _bounds(
    column: Described, low: Decimal, high: Decimal, hard_low: Decimal, hard_high: Decimal,
    step: Decimal,
) -> tuple[Decimal, Decimal, Decimal]:  # fmt: skip
    """(the lowest value, the highest value, the width of the natural values)."""
    limit, width = column.limit, high - low
    least, most = number(limit.low), number(limit.high)
    if least is not None:
        low = max(hard_low, least + step * limit.open_low)
    elif most is not None and most < high:
        low = min(low, most - width)
    low = max(low, hard_low)
    if most is not None:
        hard_high = min(hard_high, most - step * limit.open_high)
    return low, hard_high, min(width, max(hard_high - low, Decimal(0)))


def number(value: Any) -> Decimal | None:
    try:
        return Decimal(value) if isinstance(value, Decimal | str) else None
    except InvalidOperation:
        return None


def integer(column: Described) -> FakeKind:
    if HTTP.search(plain_name(column.name)) and column.limit == Limit():
        return some_of(HTTP_CODES, skew=3)
    natural = natural_range(plain_name(column.name))
    most = Decimal(2 ** bits(column) - 1)
    low, high, width = _bounds(
        column, natural.low, max(natural.high, natural.low + 1), -most - 1, most, Decimal(1)
    )
    low, high = low.to_integral_value("ROUND_CEILING"), high.to_integral_value("ROUND_FLOOR")
    return integers(int(low), int(high), int(width) + 1, natural.skew)


def bits(column: Described) -> int:
    """Return the number of bits, without the sign, of integers in the column."""
    known = BITS.get(column.type_name, 63)
    if isinstance(column.field, pw.SmallIntegerField):
        return min(known, 15)
    is_big = isinstance(column.field, pw.BigIntegerField | pw.BigAutoField)
    return min(known, 31) if isinstance(column.field, pw.IntegerField) and not is_big else known


def decimal(column: Described) -> FakeKind:
    natural, numbers = natural_range(plain_name(column.name)), column.numbers
    if column.type_name in ("numeric", "decimal") and numbers:
        precision, places = numbers[0], numbers[1] if len(numbers) > 1 else 0
    elif isinstance(column.field, pw.DecimalField):
        precision, places = column.field.max_digits, column.field.decimal_places
    else:
        precision, places = 15, 2
    places = min(places, 0 if natural.whole else 12)
    step = Decimal(1).scaleb(-places)
    most = Decimal(10) ** min(precision - places, 15) - step
    low, high, width = _bounds(column, natural.low, natural.high, -most, most, step)
    return decimals(low, high, places, width, natural.skew)


def floating(column: Described) -> FakeKind:
    natural = natural_range(plain_name(column.name))
    places = 0 if natural.whole else 2
    most, step = Decimal(10) ** 9, Decimal(1).scaleb(-places)
    low, high, width = _bounds(column, natural.low, natural.high, -most, most, step)
    return mapped(decimals(low, high, places, width, natural.skew), float)
