"""The effects of a type change on the values of a column.

ALTER COLUMN TYPE casts like an assignment and refuses values that do not fit, but a cast in USING
truncates them silently (PostgreSQL manual, 5.7.7 and CREATE CAST). So USING is only for types
without an assignment cast, and never contains a length. A change that is not known to keep all
values counts as losing some, and one that is not known to accept all values as refusing some.
"""

from __future__ import annotations

import re

from ...changes import Using
from ...names import Name
from ...sql import quoted
from ...values import Domain
from .as_sql import Spelling, Type, type_sql, uses

INTEGERS = {"smallint": 1, "integer": 2, "bigint": 3}
BITS = {"smallint": 16, "integer": 32, "bigint": 64}
FLOATS = {"real", "double precision"}
NUMBERS = {*INTEGERS, "numeric", *FLOATS}
STRINGS = {"text", "character varying", "character"}
TIMESTAMP, TIMESTAMPTZ = "timestamp without time zone", "timestamp with time zone"
TIME, TIMETZ = "time without time zone", "time with time zone"
# casts besides those within NUMBERS and those to STRINGS: True if every value is kept
ASSIGNED = {
    ("date", TIMESTAMP): True,
    ("date", TIMESTAMPTZ): True,
    (TIMESTAMP, TIMESTAMPTZ): True,
    (TIMESTAMP, "date"): False,
    (TIMESTAMP, TIME): False,
    (TIMESTAMPTZ, TIMESTAMP): False,  # two times can have the same local time
    (TIMESTAMPTZ, "date"): False,
    (TIMESTAMPTZ, TIME): False,
    (TIMESTAMPTZ, TIMETZ): False,
    (TIME, TIMETZ): True,
    (TIME, "interval"): True,
    (TIMETZ, TIME): False,
    ("interval", TIME): False,
    ("json", "jsonb"): True,
    ("jsonb", "json"): True,
    ("cidr", "inet"): True,
    ("inet", "cidr"): False,  # the host part of the address is lost
    ("bit", "bit varying"): True,
    ("bit varying", "bit"): True,
    ("money", "numeric"): True,
}
# types that read a text completely, or refuse it
READ = {*INTEGERS, "numeric", "uuid", "json", "jsonb", "boolean", "bytea", "inet"}
EXACT = {("smallint", "real"), ("smallint", "double precision"), ("integer", "double precision"),
         ("real", "double precision")}  # fmt: skip
# what an assignment cast does to some values, besides lengths and digits
CHANGING = {
    ("json", "jsonb"): "loses keys that repeat, order and white space, fails on null characters",
    ("text", "character"): "loses spaces at the end",
    ("character varying", "character"): "loses spaces at the end",
}
# USING clauses that accept every value
TAKING = {("boolean", number) for number in NUMBERS} | {
    ("smallint", "boolean"), ("integer", "boolean")}  # fmt: skip
NONE, UNFIT = (
    "fails where a value is not valid for the new type",
    "fails where a value does not fit",
)
INFINITE = float("inf")
# digits before the point: (those of the largest value, those that every value may have)
DIGITS = {
    "smallint": (5, 4),
    "integer": (10, 9),
    "bigint": (19, 18),
    "real": (39, 38),
    "double precision": (309, 308),
    "numeric": (INFINITE, INFINITE),
}
# the maximal number of characters of a value as text
LENGTHS = {
    "boolean": 5,
    "smallint": 6,
    "integer": 11,
    "bigint": 20,
    "real": 14,
    "double precision": 24,
    "uuid": 36,
    "date": 13,
    "time without time zone": 15,
    "time with time zone": 24,
    "timestamp without time zone": 29,
    "timestamp with time zone": 38,
    "macaddr": 17,
    "cidr": 43,
    "inet": 43,
}


class Casts:
    """The effects of type changes in a schema with these domains and enum types; `fewer` are the
    enum types that lose labels, with the loss."""

    def __init__(
        self,
        spelling: Spelling,
        domains: tuple[Domain, ...],
        fewer: dict[Name, str],
        given: Using,
    ) -> None:
        self.spelling, self.domains, self.fewer, self.given = spelling, domains, fewer, given

    def using(self, table: Name, column: str, old: Type, new: Type) -> str:
        """Return the USING clause that ALTER COLUMN TYPE needs, or an empty text. An enum type that
        is replaced has the same name on both sides."""
        if (table, column) in self.given:
            return f" USING {self.given[table, column]}"
        return self._cast(quoted(column), old, new)

    def _cast(self, name: str, old: Type, new: Type) -> str:
        source, target = base_type(self._plain(old)), base_type(self._plain(new))
        enum = self._is_enum(self._plain(new))
        if not enum and _is_assigned(source, target):
            return ""
        if target in NUMBERS and source == "boolean":
            return f" USING {name}::integer"
        if target == "boolean" and source in NUMBERS:
            return f" USING {name}::integer::boolean"
        via = "text[]" if all(type_sql(one).endswith("[]") for one in (old, new)) else "text"
        final = type_sql(new) if enum else target
        return f" USING {name}::{via}::{'bit varying' if final == 'bit' else final}"

    def loss(self, old: Type, new: Type) -> str:
        """Return what the change of type loses, or an empty text."""
        for name, reason in self.fewer.items():
            if uses(old, name):
                return reason
        if old == new or self._keeps(self._plain(old), self._plain(new)):
            return ""
        return f"{old} to {new} can round, cut or change values"

    def misfit(self, old: Type, new: Type) -> str:
        """Return what the change of type does to values that do not fit, or an empty text."""
        if self._has_rule(new):
            return f"fails where a value breaks a rule of {new}"
        using = self._cast("", old, new)
        old, new = type_sql(self._plain(old)), type_sql(self._plain(new))
        if old.endswith("[]") and new.endswith("[]"):
            old, new = old[:-2], new[:-2]
        source, target = base_type(old), base_type(new)
        if using:
            return "" if (source, target) in TAKING else NONE
        return CHANGING.get((source, target), "") if _fits(old, new) else UNFIT

    def refused(self, column: str, old: Type, new: Type) -> str:
        """Return the condition, in SQL, of the values that the new type of a column refuses; an
        empty text if no simple condition describes them."""
        if self.misfit(old, new) != UNFIT:
            return ""
        old, new, name = type_sql(self._plain(old)), type_sql(self._plain(new)), quoted(column)
        source, target = base_type(old), base_type(new)
        if target in STRINGS:  # spaces at the end are cut
            return f"length(rtrim({name}::text, ' ')) > {_length(new):.0f}"
        value = name if source in INTEGERS else f"round({name})"
        if target in BITS:
            limit = 2 ** (BITS[target] - 1)
            return f"{value} NOT BETWEEN {-limit} AND {limit - 1}"
        if target == "numeric" and _sizes(new):
            digits, scale = (*_sizes(new), 0)[:2]
            number = f"{name}::numeric"
            return f"{number} <> 'NaN' AND abs(round({number}, {scale})) >= 1e{digits - scale}"
        return ""

    def _keeps(self, old: Type, new: Type) -> bool:
        if self._is_enum(new):
            return True  # it refuses texts that are not labels
        old, new = (type_sql(one).removesuffix("[]") for one in (old, new))
        source, target = base_type(old), base_type(new)
        if target in STRINGS:
            return True
        if source in NUMBERS and target in NUMBERS:
            return _keeps_numbers(source, target, old, new)
        kept = ASSIGNED.get((source, target), source == target) or (
            target in READ if source in STRINGS else (source, target) == ("boolean", "integer")
        )
        return kept and (target in INTEGERS or _digits(target, new) >= _digits(source, old))

    def _plain(self, type_: Type) -> Type:
        """The base type of a domain; other types are unchanged."""
        for domain in self.domains:
            if isinstance(type_, str) and uses(type_, domain.name):
                base = type_sql(self._plain(domain.type))
                return base + ("[]" if type_.endswith("[]") else "")
        return type_

    def _has_rule(self, type_: Type) -> bool:
        """Whether the type is a domain that refuses values, itself or by a domain below it."""
        return any(
            uses(type_, domain.name) and (domain.has_rule or self._has_rule(domain.type))
            for domain in self.domains
            if isinstance(type_, str)
        )

    def _is_enum(self, type_: Type) -> bool:
        """Whether the type is an enum type, or an array of an enum type."""
        return any(uses(type_, enum) for enum in self.spelling.enums)


def base_type(type_: Type) -> str:
    """Return the type as SQL, without its length or precision."""
    return type_.sql if isinstance(type_, Name) else re.sub(r" ?\([^)]*\)", "", type_)


def _is_assigned(source: str, target: str) -> bool:
    if source.endswith("[]") and target.endswith("[]"):
        source, target = source[:-2], target[:-2]
    return (
        source == target
        or target in STRINGS
        or (source in NUMBERS and target in NUMBERS)
        or (source, target) in ASSIGNED
    )


def _fits(old: str, new: str) -> bool:
    """Whether the new type has room for each value of the old one."""
    source, target = base_type(old), base_type(new)
    if target in NUMBERS and source in NUMBERS:
        carry = target == "numeric" and _digits(target, new) < _digits(source, old)
        return source == target != "numeric" or _before(old)[0] + carry <= _before(new)[1]
    if target == "bit":
        return old == new
    return target not in (*STRINGS, "bit varying") or _length(old) <= _length(new)


def _before(type_: str) -> tuple[float, float]:
    """The digits before the point, in the form of DIGITS."""
    base, sizes = base_type(type_), _sizes(type_)
    if base != "numeric" or not sizes:
        return DIGITS[base]
    count = sizes[0] - (*sizes, 0)[1]
    return count, count


def _length(type_: str) -> float:
    """The maximal number of characters or bits of a value."""
    base, sizes = base_type(type_), _sizes(type_)
    if base == "numeric" and sizes:
        digits, scale = (*sizes, 0)[:2]
        return max(digits + 2, scale + 3, digits - scale + 1)  # sign, point, zero before it
    if base in LENGTHS:
        return LENGTHS[base]
    return sizes[0] if sizes and base in (*STRINGS, "bit", "bit varying") else INFINITE


def _sizes(type_: str) -> list[int]:
    """The numbers in the parentheses of a type."""
    match = re.search(r"\((-?\d+)(?:,(-?\d+))?\)", type_)
    return [int(one) for one in match.groups() if one is not None] if match else []


def _keeps_numbers(source: str, target: str, old: str, new: str) -> bool:
    if target in INTEGERS:  # they refuse values out of range, but round others
        return source in INTEGERS or (source == "numeric" and _digits(source, old) == 0)
    if target == "numeric":
        return source not in FLOATS and _digits(target, new) >= _digits(source, old)
    return source == target or (source, target) in EXACT


def _digits(base: str, type_: str) -> float:
    """The digits after the point of a number or of a second; infinite without a limit."""
    if base in INTEGERS:
        return 0
    sizes = _sizes(type_)
    if not sizes:
        return INFINITE
    return (*sizes, 0)[1] if base == "numeric" else sizes[0]
