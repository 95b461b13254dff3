"""Records the statements of a connection, and asks SQLite which tables each reads and writes."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import peewee as pw

from ..names import Name
from ..sent import Heard, Sent, TableAccess
from ..sql import literal

# strings, names and comments, in which nothing is a parameter; parameters (lang_expr.html, 3)
PARAMETER = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]
    |\?(?P<number>\d*)|[:@$](?P<name>\w+)""",
    re.VERBOSE | re.DOTALL,
)
ROOTS = "SELECT rootpage, name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"


class Connection(sqlite3.Connection):
    """A connection whose statements can be recorded."""

    heard: Heard | None = None
    tables: dict[int, str]
    names: frozenset[str]

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or (Cursor if self.heard else sqlite3.Cursor))

    def look(self) -> dict[int, str]:
        """Return the tables by their root pages, which identify them."""
        return dict(super().cursor().execute(ROOTS).fetchall())

    def accesses(self, sql: str) -> Iterator[TableAccess]:
        """Yield the accesses of a statement that has not run: its program opens tables, and begins
        a loop with Rewind (https://sqlite.org/opcode.html)."""
        program: list[Any] = []
        with suppress(sqlite3.Error):
            program = super().cursor().execute(f"EXPLAIN {sql}").fetchall()
        opened, scanned, writes = dict[int, int](), list[int](), False
        for _, opcode, first, second, database, *_ in program:
            if opcode in ("OpenRead", "OpenWrite") and not database:
                opened[first] = second
            elif opcode == "Rewind" and opened.get(first) in self.tables:
                scanned.append(opened[first])
            elif opcode == "Insert" and opened.get(first) != 1:
                writes = True
        for root in dict.fromkeys(scanned):
            yield TableAccess(Name("", self.tables[root]), scans=True, rewrites=writes)

    def keep(self) -> None:
        """Forget the tables that are gone, and find those that were rebuilt."""
        now = self.look()
        kept = {root: name for root, name in self.tables.items() if root in now}
        rebuilt = {root: name for root, name in now.items()
                   if root not in kept and name in self.names - {*kept.values()}}  # fmt: skip
        self.tables = kept | rebuilt


class Cursor(sqlite3.Cursor):
    """A cursor that tells its connection what it sends."""

    connection: Connection

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        connection, heard = self.connection, self.connection.heard
        if heard is None:
            return super().execute(sql, parameters)

        text = sql
        with suppress(LookupError, sqlite3.Error):  # SQLite says what is wrong with the parameters
            text = bound(sql, parameters)

        def send(looks: bool) -> Sent:
            was_open = connection.in_transaction
            accesses = tuple(connection.accesses(text)) if looks else ()
            sqlite3.Cursor.execute(self, sql, parameters)
            if looks:
                connection.keep()
            is_open = connection.in_transaction
            outside = not (is_open or was_open)
            return Sent(text, is_open > was_open, was_open > is_open, outside, accesses)

        heard(text, send)
        return self

    def executemany(self, sql: str, parameters: Iterable[Any]) -> Any:
        for values in parameters:
            self.execute(sql, values)
        return self

    def executescript(self, sql_script: str) -> Any:
        heard = self.connection.heard

        def send(_: bool) -> Sent:
            sqlite3.Cursor.executescript(self, sql_script)
            return Sent(sql_script)

        if heard is None:
            send(False)
        else:
            heard(sql_script, send)
        return self


@contextmanager
def recorded(database: pw.Database, heard: Heard) -> Iterator[None]:
    """Pass each statement of the connection in the block to `heard`, if it is a `Connection`."""
    connection = database.connection()
    if not isinstance(connection, Connection):
        yield
        return
    connection.tables = connection.look()
    connection.names = frozenset(connection.tables.values())
    connection.heard = heard
    try:
        yield
    finally:
        connection.heard = None


def bound(sql: str, parameters: Any) -> str:
    """Return a statement with its values in place of its parameters."""
    if not parameters:
        return sql
    named = isinstance(parameters, Mapping)
    values: Any = parameters if named else list(parameters)
    places: list[str] = []  # of the parameters without a number

    def value(match: re.Match[str]) -> str:
        number, name = match["number"], match["name"]
        if number is None and name is None:
            return match[0]
        if named:
            return _literal(values[name])
        if number:
            places.extend([""] * (int(number) - len(places)))
            return _literal(values[int(number) - 1])
        if not name or name not in places:
            places.append(name or "")
            return _literal(values[len(places) - 1])
        return _literal(values[places.index(name)])

    return PARAMETER.sub(value, sql)


def _literal(value: Any) -> str:
    value = sqlite3.adapt(value, sqlite3.PrepareProtocol, value)
    match value:
        case None:
            return "NULL"
        case float() if math.isnan(value):
            return "NULL"
        case float() if math.isinf(value):
            return "9e999" if value > 0 else "-9e999"
        case bool() | int():
            return str(int(value))
        case float():
            return repr(float(value))
        case str() if "\0" in value:
            return f"CAST(x'{value.encode().hex()}' AS TEXT)"
        case str():
            return literal(value)
        case _:
            return f"x'{bytes(value).hex()}'"
