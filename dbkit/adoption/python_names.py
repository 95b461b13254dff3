"""Python names for tables, columns and the labels of enum types."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence

import peewee as pw

from dbkit.python_source import Class

from .english import singular

# names of attributes of a model class and its instances, and of modules that a class body uses
OF_MODELS = {*dir(pw.Model), "DoesNotExist", "Meta", "pw", "pg", "sq"}
LAST_WORD = re.compile(r"[^\W_]+$")
# signs that tell labels apart, such as A+ and A-
SIGNS = {"+": "plus", "&": "and", "%": "percent", "#": "sharp", "*": "star", "@": "at",
         "<": "less", ">": "greater", "=": "equal", "!": "not"}  # fmt: skip
SIGN = re.compile(f"[{re.escape(''.join(SIGNS))}]")


def class_name(name: str, otherwise: str = "Table") -> str:
    """Return the name as a class name: OrderLines for `order_lines`."""
    words = re.split(r"[\W_]+", pw.make_snake_case(_normal(name)))
    camel = "".join(word[:1].upper() + word[1:] for word in words)
    return camel if camel.isidentifier() else f"{otherwise}{_fit(camel)}"


def model_name(table: str, otherwise: str = "Table") -> str:
    """Return the class name for the rows of a table: OrderLine for `order_lines`."""
    words = pw.make_snake_case(_normal(table))
    return class_name(LAST_WORD.sub(lambda word: singular(word[0]), words), otherwise)


def field_name(column: str, target: str | None = None) -> str:
    """Return the field name for a column: customer_id for `CustomerID`; for a foreign key to the
    column `target`, customer for `customer_id`, and product for `product_sku`."""
    name = _snake(column)
    if target is not None:
        name = name.removesuffix("_id").removesuffix(f"_{_snake(target)}") or name
    if not name.isidentifier():
        name = f"column_{name}".removesuffix("_")
    return name


def _snake(column: str) -> str:
    name = _fit(pw.make_snake_case(_normal(column)))
    return re.sub(r"__+", "_", name).strip("_")


def member_names(labels: Iterable[str]) -> list[str]:
    """Return distinct names of members for an Enum with these values: IN_PROGRESS for
    `in-progress`, VALUE_2XL for `2xl`, EMPTY for an empty label."""
    names: list[str] = []
    for label in labels:
        name = _member_name(label)
        names.append(unique(name, names, lambda count: f"_{count + 1}"))
    return names


def enum_class(name: str, labels: Sequence[str], taken: set[str]) -> Class:
    """Return the class of an enum; its name is none of those `taken`, in lower case, and is added
    to them."""
    name = name if name.lower() not in taken else f"{name}Enum"
    while name.lower() in taken:
        name += "_"
    taken.add(name.lower())
    return Class(name, "StrEnum", dict(zip(member_names(labels), labels, strict=True)))


def _member_name(label: str) -> str:
    said = SIGN.sub(lambda sign: f" {SIGNS[sign[0]]} ", label)
    said = re.sub(r"(?<=\w)-$", " minus", said)
    name = _fit(pw.make_snake_case(_normal(said.strip()))).upper()
    name = re.sub(r"__+", "_", name).strip("_")
    if not name:
        return "VALUE" if label else "EMPTY"
    return name if name.isidentifier() and _normal(name) == name else f"VALUE_{_fit(name)}"


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
