"""Rows as a seed file in TOML: `[keys]`, then one `[[table]]` per row.

TOML has no NULL and not every JSON, so some values are `markers`:

    deleted_at = { null = true }              # without the line, a new row would get the default
    settings = { json = '{"theme": null}' }
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from .dumped_table import DumpedTable
from .file_values import Json
from .markers import is_marked

NULL = "{ null = true }"
BARE = re.compile(r"[A-Za-z0-9_-]+")
# a control character, a quote or a backslash (https://toml.io/en/v1.0.0#string)
SPECIAL = re.compile(r'[\x00-\x1f\x7f"\\]')
SHORT = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", '"': r"\"", "\\": r"\\"}
LONGEST = 4000  # digits of a number: Python refuses to read more than 4,300


class TomlWriter:
    """Writes the rows of tables, one table after the other."""

    def __init__(self, write: Callable[[str], Any], file_name: str = "") -> None:
        self.write = write

    def begin(self, tables: Sequence[DumpedTable]) -> None:
        if any(table.name == "keys" for table in tables):
            return  # TOML cannot have [keys] beside [[keys]]; a key that is unique is found anyway
        self.write("[keys]\n")
        for table in tables:
            if table.is_keyless:
                self.write("# no columns of this table are unique: all of them identify a row\n")
            self.write(f"{key(table.name)} = {array(map(string, table.key))}\n")

    def begin_table(self, table: DumpedTable) -> None:
        self.header = f"\n[[{key(table.name)}]]\n"
        self.names = [f"{key(name)} = " for name in table.columns]

    def row(self, values: Iterable[Any]) -> None:
        pairs = zip(self.names, values, strict=True)
        self.write(self.header + "".join(f"{name}{value_text(value)}\n" for name, value in pairs))

    def end(self) -> None:
        """Nothing follows the rows."""


def value_text(value: Any) -> str:
    """Return a value of a file as TOML."""
    match value:
        case None:
            return NULL
        case bool():
            return "true" if value else "false"
        case str():
            return string(value)
        case int() | float() | Decimal():
            return _number(value)
        case dt.date() | dt.time():
            return _time(value)
        case list():
            return array(map(value_text, value))
        case Json():
            return _json(value)
    raise TypeError(type(value).__name__)


def string(text: str) -> str:
    """Return a text as a basic string."""
    return f'"{SPECIAL.sub(_escaped, text)}"'


def _escaped(match: re.Match[str]) -> str:
    return SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"


def key(name: str) -> str:
    """Return the name of a table or column as a key."""
    return name if BARE.fullmatch(name) else string(name)


def array(texts: Iterable[str]) -> str:
    return f"[{', '.join(texts)}]"


def _number(value: int | float | Decimal) -> str:
    """A number. TOML writes nan and inf in lower case."""
    text = str(value)
    return string(text) if len(text) > LONGEST else text.lower().replace("infinity", "inf")


def _time(value: dt.date | dt.time) -> str:
    """A time. TOML has offsets only with a date, and only of whole minutes."""
    offset = getattr(value, "tzinfo", None) and value.utcoffset()  # type: ignore[union-attr]
    is_odd = offset is not None and (isinstance(value, dt.time) or offset.seconds % 60)
    return string(value.isoformat()) if is_odd else value.isoformat()


def _json(value: Json) -> str:
    """JSON as a value of TOML, or as a text if TOML cannot hold it."""
    if not is_marked(value.value):
        try:
            return _inline(value.value)
        except ValueError:
            pass
    return f"{{ json = {string(value.text)} }}"


def _inline(value: Any) -> str:
    """A value of JSON as a value of TOML. Raises ValueError if TOML cannot hold it."""
    match value:
        case None:
            raise ValueError
        case str():
            return string(_encodable(value))
        case list():
            return array(map(_inline, value))
        case dict():
            pairs = ", ".join(f"{key(_encodable(name))} = {_inline(part)}"
                              for name, part in value.items())  # fmt: skip
            return f"{{ {pairs} }}" if pairs else "{}"
    return value_text(value)


def _encodable(text: str) -> str:
    """The text. Raises ValueError for half of a surrogate pair."""
    return text.encode().decode()
