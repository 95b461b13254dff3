"""Rows as a seed file in JSON: `keys`, then a list of rows by table.

NULL is null. The value null of a JSON column is `{"json": "null"}` (see `markers`).
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from .dumped_table import DumpedTable
from .file_values import Json
from .markers import is_marked


class JsonWriter:
    """Writes the rows of tables, one table after the other."""

    def __init__(self, write: Callable[[str], Any], file_name: str = "") -> None:
        self.write = write

    def begin(self, tables: Sequence[DumpedTable]) -> None:
        self.write("{")
        self.end_of_table = ""
        if all(table.name != "keys" for table in tables):  # a key that is unique is found anyway
            keys = {table.name: table.key for table in tables}
            self.write(f'\n"keys": {json.dumps(keys, ensure_ascii=False)}')
            self.end_of_table = ","

    def begin_table(self, table: DumpedTable) -> None:
        self.write(f"{self.end_of_table}\n{_string(table.name)}: [")
        self.end_of_table, self.before = "\n],", "\n"
        self.names = [f"{_string(name)}: " for name in table.columns]

    def row(self, values: Iterable[Any]) -> None:
        pairs = zip(self.names, values, strict=True)
        self.write(
            f"{self.before}{{{', '.join(name + value_text(value) for name, value in pairs)}}}"
        )
        self.before = ",\n"

    def end(self) -> None:
        self.write(f"{self.end_of_table.removesuffix(',')}\n}}\n")


def value_text(value: Any) -> str:
    """Return a value of a file as JSON."""
    match value:
        case Json() if value.value is None or is_marked(value.value):
            return f'{{"json": {_string(value.text)}}}'
        case Json():
            return value.text
        case list():
            return f"[{', '.join(map(value_text, value))}]"
        case dt.date() | dt.time():
            return _string(value.isoformat())
        case Decimal() | float() if not math.isfinite(value):
            return _string(str(value))
        case Decimal():
            return str(value)
    return json.dumps(value, ensure_ascii=False)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
