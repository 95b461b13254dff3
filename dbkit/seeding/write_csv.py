"""Rows as a seed file in CSV, as PostgreSQL's COPY writes it: NULL is an empty field, and the empty
string is `""`. Comment lines before the header name the key, and the table if the file does not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from dbkit.errors import SeedError

from .dumped_table import DumpedTable
from .file_values import Json
from .read_csv import NUMBER
from .write_json import value_text as as_json
from .write_toml import array, string

# every other value is quoted: a separator, a comment, the end of COPY, a space
PLAIN = re.compile(r"[\w+.:-][\w+.:@/ -]*(?<! )", re.ASCII)


class CsvWriter:
    """Writes the rows of one table."""

    def __init__(self, write: Callable[[str], Any], file_name: str = "") -> None:
        self.write, self.file_name = write, file_name

    def begin(self, tables: Sequence[DumpedTable]) -> None:
        if len(tables) > 1:
            raise SeedError(
                f"A CSV file has one table, and these are {len(tables)}.",
                "Dump each table into its own file, or use TOML or JSON.",
            )

    def begin_table(self, table: DumpedTable) -> None:
        if table.is_keyless:
            self.write("# no columns of this table are unique: all of them identify a row\n")
        if NUMBER.sub("", Path(self.file_name).stem, count=1) != table.name:
            self.write(f"# table = {string(table.name)}\n")
        self.write(f"# key = {array(map(string, table.key))}\n")
        self.row(table.columns)

    def row(self, values: Iterable[Any]) -> None:
        self.write(",".join(map(value_text, values)) + "\n")

    def end(self) -> None:
        """Nothing follows the rows."""


def value_text(value: Any) -> str:
    """Return a value of a file as a field of CSV."""
    if value is None:
        return ""
    text = _text(value)
    return text if PLAIN.fullmatch(text) and text != r"\." else '"' + text.replace('"', '""') + '"'


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Json():
            return value.text
        case list():
            return as_json(value)
        case dt.date() | dt.time():
            return value.isoformat()
    return str(value)
