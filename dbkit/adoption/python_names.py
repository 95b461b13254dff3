"""Python names for tables, columns and the labels of enum types."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable

import peewee as pw

# names of attributes of a model class and its instances, and of modules that a class body uses
OF_MODELS = {*dir(pw.Model), "DoesNotExist", "Meta", "pw", "pg", "sq"}


def class_name(name: str, otherwise: str = "Table") -> str:
    """Return the class name for a table: OrderLines for `order_lines`."""
    words = re.split(r"[\W_]+", pw.make_snake_case(_normal(name)))
    camel = "".join(word[:1].upper() + word[1:] for word in words)
    return camel if camel.isidentifier() else f"{otherwise}{_fit(camel)}"


def field_name(column: str, is_foreign_key: bool = False) -> str:
    """Return the field name for a column: customer_id for `CustomerID`; customer for a foreign
    key."""
    name = _fit(pw.make_snake_case(_normal(column)))
    name = re.sub(r"__+", "_", name).strip("_") if name.strip("_") else ""
    if is_foreign_key:
        name = name.removesuffix("_id") or name
    if not name.isidentifier():
        name = f"column_{name}".removesuffix("_")
    return name


def member_names(labels: Iterable[str]) -> list[str] | None:
    """Return member names for an Enum with these values; None if they would not be distinct."""
    names = [_fit(label).strip("_").upper() for label in labels]
    distinct = len(set(names)) == len(names)
    usable = all(name.isidentifier() and not keyword.iskeyword(name) for name in names)
    return names if distinct and usable and names else None


def unique(name: str, taken: Collection[str], ending: Callable[[int], str]) -> str:
    """Return the name, with the first ending that makes it a name that is not taken."""
    candidate, count = name, 0
    while candidate in taken or keyword.iskeyword(candidate):
        count += 1
        candidate = name + ending(count)
    return candidate


def _normal(name: str) -> str:
    """The name as Python normalizes it: two spellings of a letter are the same name in Python, but
    not in a database."""
    return unicodedata.normalize("NFKC", name)


def _fit(name: str) -> str:
    return "".join(letter if f"a{letter}".isidentifier() else "_" for letter in _normal(name))
