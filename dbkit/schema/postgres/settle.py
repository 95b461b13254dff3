"""The server writes the models' expressions its own way: many at once, in slim temporary tables.

A DEFAULT depends on its column's type alone, so all of them fit into one wide table; a CHECK on
the columns it names, so those of many tables do. What does not come back as exactly what was put
in is left to `scratch`, which asks for each table as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import peewee as pw

from dbkit.transactions import rolled_back

from ..values import Check, Column, Part, Table
from . import catalog
from .plain import Raw

WIDTH = 1000  # columns of one temporary table; PostgreSQL allows 1,600

Columns = frozenset[tuple[str, str]]  # of (name, type)


@dataclass
class _Group:
    """Columns that do not contradict each other, and the checks on them."""

    columns: dict[str, str] = field(default_factory=dict)
    checks: list[tuple[str, Columns]] = field(default_factory=list)

    def takes(self, columns: Columns) -> bool:
        fits = all(self.columns.get(name, type_) == type_ for name, type_ in columns)
        return fits and len(self.columns) + len(columns) <= WIDTH


def settle(database: pw.Database, tables: list[Table], enums: dict[str, str]) -> dict[str, Table]:
    """The tables with every Raw as the server writes it, by name; without those that it would not
    take this way. `enums` are the bare names of enum types, which must be in the temporary schema.
    """
    try:
        with rolled_back(database):
            asked = _Asked(database, tables, enums)
            return {table.name: asked.answer(table) for table in tables}
    except (pw.PeeweeException, LookupError):
        if len(tables) < 2:
            return {}
        half = len(tables) // 2
        first = settle(database, tables[:half], enums)
        return first | settle(database, tables[half:], enums)


class _Asked:
    """What the server made of all the expressions of some tables. LookupError if not plain."""

    def __init__(self, database: pw.Database, tables: list[Table], enums: dict[str, str]) -> None:
        self.database, self.enums = database, enums
        self.defaults: dict[tuple[str, str], str] = {}
        self.checks: dict[tuple[str, Columns], str] = {}
        self._ask_defaults(sorted({pair for table in tables for pair in _defaults(table)}))
        for number, group in enumerate(_groups(tables)):
            self._ask_checks(f"dbkit_checks_{number}", group)

    def answer(self, table: Table) -> Table:
        return replace(table, parts=tuple(self._settled(table, part) for part in table.parts))

    def _settled(self, table: Table, part: Part) -> Part:
        match part:
            case Column(default=Raw() as raw):
                return replace(part, default=self.defaults[part.type, raw.source])
            case Check(expression=Raw() as raw):
                expression = self.checks[raw.source, _named_in(raw.source, table)]
                return replace(part, expression=expression)
            case _:
                return part

    def _ask_defaults(self, asked: list[tuple[str, str]]) -> None:
        for start in range(0, len(asked), WIDTH):
            some = asked[start : start + WIDTH]
            columns = [f"d{number} {self._type(type_)} DEFAULT {source}"
                       for number, (type_, source) in enumerate(some)]  # fmt: skip
            made = self._create(f"dbkit_defaults_{start}", columns)
            for pair, part in zip(some, made.parts, strict=True):
                if not isinstance(part, Column) or replace(part, default=None) != Column(
                    part.name, pair[0]
                ):
                    raise LookupError
                self.defaults[pair] = part.default or ""

    def _ask_checks(self, name: str, group: _Group) -> None:
        columns = [f"{_quoted(column)} {self._type(type_)}"
                   for column, type_ in group.columns.items()]  # fmt: skip
        checks = [f"CONSTRAINT k{number} CHECK ({source})"
                  for number, (source, _) in enumerate(group.checks)]  # fmt: skip
        made = self._create(name, columns + checks)
        found = {part.name: part.expression for part in made.parts if isinstance(part, Check)}
        if len(made.parts) != len(columns) + len(checks):
            raise LookupError
        for number, check in enumerate(group.checks):
            self.checks[check] = found[f"k{number}"]

    def _create(self, name: str, lines: list[str]) -> Table:
        sql = f"CREATE TEMPORARY TABLE {name} ({', '.join(lines)})"
        self.database.execute_sql(sql.replace("%", "%%"))
        found = catalog.read(self.database, ["pg_temp"], lambda _, name: name)
        return next(table for table in found.tables if table.name == name)

    def _type(self, type_: str) -> str:
        return _quoted(self.enums[type_]) if type_ in self.enums else type_


def has_raw(table: Table) -> bool:
    """Whether anything in the table is not yet as the server writes it."""
    return any(
        isinstance(part.default if isinstance(part, Column) else part.expression, Raw)
        for part in table.parts
        if isinstance(part, Column | Check)
    )


def _defaults(table: Table) -> Iterator[tuple[str, str]]:
    for part in table.parts:
        if isinstance(part, Column) and isinstance(part.default, Raw):
            yield part.type, part.default.source


def _groups(tables: Iterable[Table]) -> list[_Group]:
    groups: list[_Group] = []
    asked = {
        (part.expression.source, _named_in(part.expression.source, table))
        for table in tables
        for part in table.parts
        if isinstance(part, Check) and isinstance(part.expression, Raw)
    }
    for source, columns in sorted(asked, key=lambda check: (check[0], sorted(check[1]))):
        group = next((group for group in groups if group.takes(columns)), None)
        if group is None:
            groups.append(group := _Group())
        group.columns.update(columns)
        group.checks.append((source, columns))
    return groups


def _named_in(source: str, table: Table) -> Columns:
    """The columns an expression can mean: those whose name occurs in it, in whatever case."""
    text = source.lower()
    return frozenset(
        (part.name, part.type)
        for part in table.parts
        if isinstance(part, Column) and part.name.lower() in text
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
