"""Fake values in place of real ones."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

import peewee as pw

from .column_kinds import kind_of
from .described import Described
from .fake_kinds import FakeKind
from .texts import plain_name

# texts that usually identify somebody or something, even if the column is not unique
IDENTIFIER = re.compile(r"e_?mail|phone|mobile|user_?name|login|slug|url|uri|uuid|token|hash|key")
ROUNDS = 4


def fake_value(
    field: pw.Field, original: Any, type: str = "", unique: bool = False, secret: str = ""
) -> Any:
    """Return a plausible value in place of the original: of the same kind, and not longer than the
    column allows. NULL stays NULL.

    The same original gives the same value, also in another column of the same name and type, so
    that joins by it still work. `type` is the live type as SQL, if it is known. If the column is
    `unique`, different integers give different values, and so do other originals, as far as the
    type has enough values: a hash chooses the value. A `secret` prevents that anybody finds an
    original by trying.

    Raises ConfigError if Faker is not installed.
    """
    if original is None:
        return None
    while isinstance(field, pw.ForeignKeyField):
        field = field.rel_field
    kind = _kind(field, type)
    wide = unique or IDENTIFIER.search(plain_name(field.column_name)) is not None
    size = (kind.size if wide else min(kind.size, kind.common)) or 1
    if wide and _is_integer(original) and 0 <= original < size:
        return kind.at(_permuted(original, size, secret))
    return kind.at(_hash(f"{secret}\0{original}") % size)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _hash(text: str) -> int:
    """A number that is the same for equal texts."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest, "big")


def _permuted(number: int, size: int, secret: str) -> int:
    """Another number below `size`; different numbers give different results (a Feistel cipher)."""
    half = ((size - 1).bit_length() + 1) // 2
    while True:
        left, right = number >> half, number & (1 << half) - 1
        for step in range(ROUNDS):
            left, right = right, left ^ _hash(f"{secret}\0{step}\0{right}") & (1 << half) - 1
        number = left << half | right
        if number < size:
            return number


def _kind(field: pw.Field, type: str) -> FakeKind:
    known = KINDS.get((field, type))
    if known is None:
        table = field.model._meta.table_name
        known = KINDS[field, type] = kind_of(Described(table, field.column_name, type, field))
    return known


KINDS: dict[tuple[pw.Field, str], FakeKind] = {}
