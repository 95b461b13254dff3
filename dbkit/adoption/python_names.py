"""Python names for tables, columns and the labels of enum types."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable

import peewee as pw

# of a model's class and its instances; in the body of a class the modules in use are names too
OF_MODELS = {*dir(pw.Model), "DoesNotExist", "Meta", "pw", "pg", "sq"}


def class_name(name: str, otherwise: str = "Table") -> str:
    """`order_lines` is OrderLines."""
    words = re.split(r"[\W_]+", pw.make_snake_case(_normal(name)))
    camel = "".join(word[:1].upper() + word[1:] for word in words)
    return camel if camel.isidentifier() else f"{otherwise}{_fit(camel)}"


def field_name(column: str, is_foreign_key: bool = False) -> str:
    """`CustomerID` is customer_id; as a foreign key, customer."""
    name = _fit(pw.make_snake_case(_normal(column)))
    name = re.sub(r"__+", "_", name).strip("_") if name.strip("_") else ""
    if is_foreign_key:
        name = name.removesuffix("_id") or name
    if not name.isidentifier():
        name = f"column_{name}".removesuffix("_")
    return name


def member_names(labels: Iterable[str]) -> list[str] | None:
    """Names for the members of an Enum with these values; None if there are none that tell them
    apart."""
    names = [_fit(label).strip("_").upper() for label in labels]
    distinct = len(set(names)) == len(names)
    usable = all(name.isidentifier() and not keyword.iskeyword(name) for name in names)
    return names if distinct and usable and names else None


def unique(name: str, taken: Collection[str], ending: Callable[[int], str]) -> str:
    """The name, or with the first ending that makes it one that is not taken."""
    found, count = name, 0
    while found in taken or keyword.iskeyword(found):
        count += 1
        found = name + ending(count)
    return found


def _normal(name: str) -> str:
    """Python takes two spellings of one letter for the same name, a database does not."""
    return unicodedata.normalize("NFKC", name)


def _fit(name: str) -> str:
    return "".join(letter if f"a{letter}".isidentifier() else "_" for letter in _normal(name))
