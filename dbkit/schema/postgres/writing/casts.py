"""What happens to a column's values when its type changes.

ALTER COLUMN TYPE casts as an assignment does, and refuses a value that does not fit; a cast in
USING cuts it silently (PostgreSQL manual, 5.7.7 and CREATE CAST). So USING is for types between
which there is no such cast, and never has a length in it. What is not known here to keep every
value counts as losing some.
"""

from __future__ import annotations

import re

from ...statements import Using, quoted
from ...values import Domain
from .ddl import Spelling

INTEGERS = {"smallint": 1, "integer": 2, "bigint": 3}
FLOATS = {"real", "double precision"}
NUMBERS = {*INTEGERS, "numeric", *FLOATS}
STRINGS = {"text", "character varying", "character"}
TIMESTAMP, TIMESTAMPTZ = "timestamp without time zone", "timestamp with time zone"
TIME, TIMETZ = "time without time zone", "time with time zone"
# beside those within NUMBERS and those to STRINGS: True where every value is kept
ASSIGNED = {
    ("date", TIMESTAMP): True,
    ("date", TIMESTAMPTZ): True,
    (TIMESTAMP, TIMESTAMPTZ): True,
    (TIMESTAMP, "date"): False,
    (TIMESTAMP, TIME): False,
    (TIMESTAMPTZ, TIMESTAMP): False,  # two moments can have one wall clock
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
    ("inet", "cidr"): True,
    ("bit", "bit varying"): True,
    ("bit varying", "bit"): True,
    ("money", "numeric"): True,
}
# a text that one of these reads in full or refuses
READ = {*INTEGERS, "numeric", "uuid", "json", "jsonb", "boolean", "bytea", "inet"}
EXACT = {("smallint", "real"), ("smallint", "double precision"), ("integer", "double precision"),
         ("real", "double precision")}  # fmt: skip


class Casts:
    """Knows the base types of domains, which types are enums, and of the enums that lose labels
    (`fewer`) the reason."""

    def __init__(
        self,
        spelling: Spelling,
        domains: tuple[Domain, ...],
        fewer: dict[str, str],
        given: Using,
    ) -> None:
        self.spelling, self.domains, self.fewer, self.given = spelling, domains, fewer, given

    def using(self, table: str, column: str, old: str, new: str) -> str:
        """The USING clause that ALTER COLUMN TYPE needs, or nothing. An enum type that is made
        anew has the same name on both sides."""
        if (table, column) in self.given:
            return f" USING {self.given[table, column]}"
        source, target = base_type(self._plain(old)), base_type(self._plain(new))
        enum = self._is_enum(self._plain(new))
        if not enum and _is_assigned(source, target):
            return ""
        name = quoted(column)
        if target in NUMBERS and source == "boolean":
            return f" USING {name}::integer"
        if target == "boolean" and source in NUMBERS:
            return f" USING {name}::integer::boolean"
        via = "text[]" if old.endswith("[]") and new.endswith("[]") else "text"
        final = self.spelling.type(new) if enum else target
        return f" USING {name}::{via}::{'bit varying' if final == 'bit' else final}"

    def loss(self, old: str, new: str) -> str:
        """What the change of type loses, or nothing."""
        for name, reason in self.fewer.items():
            if self.spelling.uses(old, name):
                return reason
        if old == new or self._keeps(self._plain(old), self._plain(new)):
            return ""
        return f"{old} to {new} can round, cut or change values"

    def _keeps(self, old: str, new: str) -> bool:
        if self._is_enum(new):
            return True  # refuses what is no label of it
        old, new = old.removesuffix("[]"), new.removesuffix("[]")
        source, target = base_type(old), base_type(new)
        if target in STRINGS:
            return True
        if source in NUMBERS and target in NUMBERS:
            return _keeps_numbers(source, target, old, new)
        kept = ASSIGNED.get((source, target), source == target) or (
            target in READ if source in STRINGS else (source, target) == ("boolean", "integer")
        )
        return kept and (target in INTEGERS or _digits(target, new) >= _digits(source, old))

    def _plain(self, type_: str) -> str:
        """The base type, where it is a domain."""
        for domain in self.domains:
            if type_ not in self.spelling.enums and self.spelling.uses(type_, domain.name):
                words = re.split(r" (?:COLLATE|DEFAULT|NOT NULL|CONSTRAINT)\b", domain.definition)
                return self._plain(words[0]) + ("[]" if type_.endswith("[]") else "")
        return type_

    def _is_enum(self, type_: str) -> bool:
        """An enum type, or an array of one."""
        return any(self.spelling.uses(type_, enum) for enum in self.spelling.enums)


def base_type(type_: str) -> str:
    """The type without its length or precision."""
    return re.sub(r" ?\([^)]*\)", "", type_)


def _is_assigned(source: str, target: str) -> bool:
    if source.endswith("[]") and target.endswith("[]"):
        source, target = source[:-2], target[:-2]
    return (
        source == target
        or target in STRINGS
        or (source in NUMBERS and target in NUMBERS)
        or (source, target) in ASSIGNED
    )


def _keeps_numbers(source: str, target: str, old: str, new: str) -> bool:
    if target in INTEGERS:  # refuses what is out of range, but rounds
        return source in INTEGERS or (source == "numeric" and _digits(source, old) == 0)
    if target == "numeric":
        return source not in FLOATS and _digits(target, new) >= _digits(source, old)
    return source == target or (source, target) in EXACT


def _digits(base: str, type_: str) -> float:
    """Digits after the point of a number or of a second; infinite where there is no limit."""
    match = re.search(r"\((-?\d+)(?:,(-?\d+))?\)", type_)
    if base in INTEGERS:
        return 0
    if match is None:
        return float("inf")
    return int(match[2] or 0) if base == "numeric" else int(match[1])
