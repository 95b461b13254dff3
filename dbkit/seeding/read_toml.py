"""Seed files in TOML, read row by row.

reference = true             # the rows belong to production too
mode = "keep"                # existing rows stay as they are

[keys]
campaigns = ["name"]         # the columns that identify a row, if no column is unique

[[campaigns]]
name = "Q4 Product Launch"
start_date = "now - 30 days"

TOML has no null: `{ null = true }` is NULL, and `{ json = '{"a": null}' }` is JSON.

tomllib parses a whole text, so the file is split into statements, and tomllib parses each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from dbkit.errors import SeedError

from .reading import SETTINGS, Row, RowReader
from .toml_scanner import Scanner
from .toml_statements import Key, Statement, parsed, statements

FOLLOW = "Put it directly after its row, before the next [[...]]."


class First(NamedTuple):
    """The line of the first definition of a name. `is_open` means that more rows may follow."""

    line: int
    has_rows: bool = False
    is_open: bool = False


class TomlFile(RowReader):
    """A seed file in TOML; see SeedFile."""

    keys_example = 'Write [keys], and then orders = ["number"].'

    def rows(self) -> Iterator[Row]:
        seen: dict[Key, First] = {}
        for statement in statements(self):
            if not statement.header:
                yield from self._above(statement, seen)
            elif statement.is_row:
                yield self._row(statement, seen)
            else:
                self._table(statement, seen)

    def _above(self, statement: Statement, seen: dict[Key, First]) -> Iterator[Row]:
        """Take over `name = value` above the first header: a setting, or a list of rows."""
        for name, value in parsed(self, statement).items():
            is_list = isinstance(value, list)
            self._take((name,), First(statement.line, is_list), seen)
            if is_list and all(isinstance(row, dict) for row in value):
                yield from self._inline_rows(name, value, statement)
            elif is_list and name not in SETTINGS:
                raise self._no_rows(statement, name)
            else:
                if name != "keys" and any(first.has_rows for first in seen.values()):
                    problem = f"{name} comes after rows."
                    raise self.wrong(statement.line, problem, "Put it at the top.")
                self.set(name, _flat(value), statement.line)

    def _inline_rows(
        self, table: str, rows: list[dict[str, Any]], statement: Statement
    ) -> Iterator[Row]:
        text, scanner = "".join(statement.texts), Scanner()
        scanner.feed(text)
        places = scanner.rows if len(scanner.rows) == len(rows) else [0] * len(rows)
        size, line, counted = statement.size // (len(rows) or 1), statement.line, 0
        for place, row in zip(places, rows, strict=True):
            line += text.count("\n", counted, place)
            counted = place
            yield self.row(table, row, line, size, statement.end)

    def _row(self, statement: Statement, seen: dict[Key, First]) -> Row:
        first = seen.get(statement.header)
        if first is None or not first.is_open:
            self._take(statement.header, First(statement.line, True, True), seen)
        values: Any = parsed(self, statement)
        for name in statement.header:
            values = values[name]
        table = ".".join(statement.header)
        return self.row(table, values[0], statement.line, statement.size, statement.end)

    def _table(self, statement: Statement, seen: dict[Key, First]) -> None:
        """Take over [keys]. Every other table is an error."""
        self._take(statement.header, First(statement.line), seen)
        if statement.header != ("keys",):
            raise self._no_rows(statement, ".".join(statement.header))
        self.set("keys", _flat(parsed(self, statement)["keys"]), statement.line)

    def _take(self, key: Key, new: First, seen: dict[Key, First]) -> None:
        """Note a definition. Raises SeedError if TOML does not allow it after the others."""
        name = ".".join(key)
        for other, first in seen.items():
            length = min(len(key), len(other))
            if first.is_open and len(key) > len(other) and key[:length] == other:
                raise self.wrong(new.line, f"{name} is separated from its row.", FOLLOW)
            if key[:length] == other[:length]:
                problem = f"{name} is defined on line {first.line} already."
                hint = f"Remove it, or begin each row with [[{name}]]."
                raise self.wrong(new.line, problem, hint)
        seen[key] = new

    def _no_rows(self, statement: Statement, name: str) -> SeedError:
        return self.wrong(
            statement.line, f"{name} is not a list of rows.", f"Begin each row with [[{name}]]."
        )


def _flat(keys: Any) -> Any:
    """The columns by table. The dot of `schema.table = [...]` made a table in a table."""
    if not isinstance(keys, dict):
        return keys
    found: dict[str, Any] = {}
    for name, value in keys.items():
        inner = value if isinstance(value, dict) else {}
        found |= {f"{name}.{table}": columns for table, columns in inner.items()}
        if not inner:
            found[name] = value
    return found
