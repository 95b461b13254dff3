"""The kind of values that fits a column: its type, its name, and its limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import peewee as pw
from playhouse import postgres_ext

from dbkit.fields import EnumField, is_json
from dbkit.peewee_internals import element_field

from .check_limits import Limit
from .described import Described
from .fake_kinds import (
    FakeKind,
    at_least,
    codes,
    integers,
    lists,
    mapped,
    objects,
    octets,
    some_of,
    uuids,
)
from .number_kinds import BITS, bits, decimal, floating, integer, number
from .other_types import OTHER_TYPES
from .patterns import matches, pattern_kind
from .texts import text_kind
from .time_kinds import as_time, date, datetime, interval, naive_time, time

SAMPLES = 5  # values that are tried against a pattern
FLOATS = ("real", "double precision", "float", "float4", "float8", "double")
FIXED = ("character", "char")
DECIMALS = ("numeric", "decimal", "money")


def kind_of(column: Described) -> FakeKind:
    """Return the kind of values; its size is 0 if no value fits."""
    field, limit = column.field, column.limit
    if column.type.endswith("]"):
        return _array(column)
    choices = _choices(column)
    if choices is not None:
        return _fitting(choices, column)
    if limit.allowed is not None:
        return _fitting(limit.allowed, column)
    if is_json(field):
        return _json(column)
    for classes, make in BY_FIELD:
        if isinstance(field, classes):
            return make(column)
    return _by_type(column)


def _choices(column: Described) -> Sequence[Any] | None:
    if column.labels:
        return column.labels
    if isinstance(column.field, EnumField):
        return column.field.labels
    choices = getattr(column.field, "choices", None)
    try:
        found = [value for value, _ in choices or () if _holds(column, value)]
    except (TypeError, ValueError):
        return None
    return found or None


def _holds(column: Described, value: Any) -> bool:
    """Whether the column can have this value, which the choices of its field name."""
    if isinstance(value, int) and isinstance(column.field, pw.IntegerField):
        return value.bit_length() <= bits(column)
    longest = column.longest
    return isinstance(value, str) and (longest is None or len(value) <= longest)


def _fitting(values: Sequence[Any], column: Described) -> FakeKind:
    """Those of the values that the limit allows, the first the most frequent."""
    limit, convert = column.limit, _converter(column)
    found = list(map(convert, values))
    if limit.allowed is not None:
        allowed = list(map(convert, limit.allowed))
        found = [value for value in found if value in allowed]
    excluded = list(map(convert, limit.excluded))
    return some_of([value for value in found if value not in excluded], skew=2)


def _converter(column: Described) -> Callable[[Any], Any]:
    """The function that makes a constant of a CHECK a value of the field."""
    numeric = column.type_name in BITS or "int" in column.type_name

    def convert(value: Any) -> Any:
        if isinstance(column.field, pw.BooleanField):
            return value in (True, "t", "true", "1")
        if isinstance(value, str) and isinstance(column.field, DATES):
            return as_time(value, column)
        if isinstance(value, str) and numeric and value.lstrip("-").isdigit():
            return int(value)
        if isinstance(value, Decimal) and value == int(value) and not isinstance(
            column.field, pw.DecimalField
        ):  # fmt: skip
            return int(value)
        if isinstance(value, Decimal) and isinstance(column.field, pw.FloatField):
            return float(value)
        return value

    return convert


def _text(column: Described) -> FakeKind:
    limit, longest = column.limit, column.longest
    unlimited = isinstance(column.field, pw.TextField) and not isinstance(
        column.field, pw.CharField
    )
    kind = text_kind(column.name, column.table, longest, unlimited)
    is_fixed = isinstance(column.field, pw.FixedCharField) or column.type_name in FIXED
    if is_fixed and longest and len(str(kind.at(0))) != longest:
        kind = codes(min(longest, 64))
    for sign, pattern in limit.patterns:
        samples = (kind.at(n * 7919 % kind.common) for n in range(SAMPLES))
        if not all(matches(sign, pattern, _cased(text, limit)) for text in samples):
            kind = pattern_kind(sign, pattern, longest) or kind
    if limit.shortest:
        kind = at_least(kind, limit.shortest)
    return mapped(kind, limit.case) if limit.case else kind


def _cased(text: str, limit: Limit) -> str:
    return limit.case(text) if limit.case else text


def _bytes(column: Described) -> FakeKind:
    length = max(column.limit.shortest, min(column.limit.longest or 16, 16))
    return octets(length)


def _json(column: Described) -> FakeKind:
    word = text_kind("word", column.table, 40, False)
    by_type = {
        "array": lists(word),
        "string": word,
        "text": word,
        "number": integers(0, 10**6),
        "boolean": some_of([True, False]),
    }
    return by_type.get(column.limit.json_type) or objects(word)


def _array(column: Described) -> FakeKind:
    is_array = isinstance(column.field, postgres_ext.ArrayField)
    element = Described(
        column.table,
        column.name,
        re.sub(r"(\[\d*\])+$", "", column.type),
        element_field(column.field) if is_array else None,
        column.labels,
        today=column.today,
    )
    limit = column.limit
    low, high = number(limit.low), limit.longest or max(3, limit.shortest)
    kind = kind_of(element)
    least = max(1, limit.shortest, 1 if low is None else 0)
    dimensions = getattr(column.field, "dimensions", 1) or 1
    is_nested = dimensions > 1 or isinstance(element.field, postgres_ext.ArrayField)
    made = lists(kind, dimensions, 1 if is_nested else max(1, high))  # nested lists: equal lengths
    if least == 1:
        return made
    return mapped(made, lambda found: (found * least)[: max(len(found), least)])


def _boolean(column: Described) -> FakeKind:
    return some_of([True, False])


def _texts_by_key(column: Described) -> FakeKind:
    word = text_kind("word", column.table, 40, False)
    return mapped(word, lambda text: {"label": text, "source": "web"})


def _identifier(column: Described) -> FakeKind:
    return uuids()


def _address(column: Described) -> FakeKind:
    return OTHER_TYPES["inet"]([])


DATES = (pw.DateTimeField, pw.DateField, pw.TimeField, pw.TimestampField)
# subclasses come before their bases
BY_FIELD: list[tuple[type | tuple[type, ...], Callable[[Described], FakeKind]]] = [
    (postgres_ext.ArrayField, _array),
    (postgres_ext.HStoreField, _texts_by_key),
    (postgres_ext.IntervalField, interval),
    (pw.BooleanField, _boolean),
    (pw.TimestampField, naive_time),
    (pw.IPField, _address),
    ((pw.UUIDField, pw.BinaryUUIDField), _identifier),
    (pw.DateTimeField, datetime),
    (pw.DateField, date),
    (pw.TimeField, time),
    (pw.DecimalField, decimal),
    (pw.FloatField, floating),
    (pw.IntegerField, integer),
    (pw.BlobField, _bytes),
    ((pw.CharField, pw.TextField), _text),
]


def _by_type(column: Described) -> FakeKind:
    name = column.type_name
    if name in OTHER_TYPES:
        return OTHER_TYPES[name](column.numbers)
    for words, make in BY_TYPE:
        if any(word in name for word in words):
            return make(column)
    return _text(column)


BY_TYPE: list[tuple[Sequence[str], Callable[[Described], FakeKind]]] = [
    (("bool",), _boolean),
    (("uuid",), _identifier),
    (("json",), _json),
    (("hstore",), _texts_by_key),
    (("interval",), interval),
    (("timestamp", "datetime"), datetime),
    (("date",), date),
    (("time",), time),
    (FLOATS, floating),
    (DECIMALS, decimal),
    (("int", "serial", "oid"), integer),
    (("bytea", "blob"), _bytes),
]
