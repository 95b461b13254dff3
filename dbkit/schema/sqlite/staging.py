"""Loading seeds into temporary tables of SQLite, and merging these (see `Staging`).

A temporary column has the affinity of the live column, so SQLite itself converts every value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, groupby
from operator import itemgetter
from typing import Any

import peewee as pw

from dbkit import peewee_internals as internals

from ..names import Name
from ..sql import folded, quoted
from ..staging import (
    RECORDED,
    ChildKey,
    LiveColumn,
    LiveTable,
    Staged,
    StagedColumns,
    TemporaryTables,
)

GENERATED = (2, 3)  # `hidden` in PRAGMA table_xinfo
KEYS = "dbkit_seed_keys"
VIRTUAL = re.compile(r"CREATE\s+VIRTUAL\b", re.IGNORECASE)
WORD = re.compile(r"[^\W\d]\w*")
CONSTANTS = ("NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME")


class SqliteStaging(TemporaryTables):
    """See `Staging`."""

    def __init__(self, database: pw.Database) -> None:
        super().__init__(database)
        self.buffers: dict[StagedColumns, str] = {}  # rows wait in temporary tables without types
        self.numbers = count()

    def live(self, tables: Sequence[Name]) -> list[LiveTable | None]:
        places = _places(tables)
        return [self._live(table, places) for table in tables]

    def _live(self, table: Name, places: Mapping[tuple[str, str], int]) -> LiveTable | None:
        schema = table.schema or "main"
        rows = self._pragma(schema, "table_xinfo", table.bare)
        if not rows:
            return None
        indexes = [
            {one[2]: one[4] for one in self._pragma(schema, "index_xinfo", index[1]) if one[5]}
            for index in self._pragma(schema, "index_list", table.bare)
            if index[2] and not index[4]
        ]
        collations = {name: index[name] for index in indexes for name in index}
        columns = {
            row[1]: LiveColumn(
                _default(row[4]),
                row[6] in GENERATED,
                equal_is_identical=collations.get(row[1], "BINARY") == "BINARY",
                collation=collations.get(row[1], ""),
            )
            for row in rows
        }
        keys = self._pragma(schema, "foreign_key_list", table.bare)
        found = (places.get((folded(schema), folded(key[2]))) for key in keys)
        unique = [*map(frozenset, indexes), frozenset(row[1] for row in rows if row[5])]
        parents = {place for place in found if place is not None}
        hidden = {"rowid": LiveColumn(None)}  # a model may have a RowIDField
        is_stored = self._is_stored(table)
        return LiveTable(columns, [*filter(None, unique)], parents, is_stored, hidden)

    def _is_stored(self, table: Name) -> bool:
        """Whether a table may have triggers that run after an INSERT, unlike a view."""
        sql = f"SELECT type, sql FROM {quoted(table.schema or 'main')}.sqlite_master WHERE name = ?"
        rows = self.database.execute_sql(sql, (table.bare,)).fetchall()
        return not any(kind == "view" or VIRTUAL.match(text or "") for kind, text in rows)

    def _pragma(self, schema: str, name: str, argument: str) -> list[Any]:
        sql = f"PRAGMA {quoted(schema)}.{name}({quoted(argument)})"
        return list(self.database.execute_sql(sql).fetchall())

    def name(self, bare: str) -> str:
        return f"temp.{quoted(bare)}"

    def create(self, bare: str, query: str) -> str:
        self.created.add(bare)
        return f"CREATE TEMPORARY TABLE {quoted(bare)} AS {query}"

    def same(self, live: str, staged: str, column: LiveColumn, nullable: bool) -> str:
        return f"{live} {'IS' if nullable else '='} {staged}"

    def unmatched(self, row: str, outer: str, inner: str, condition: str) -> str:
        # a join can use an index that SQLite makes for it, and EXISTS cannot
        return f"{row} NOT IN (SELECT {row} FROM {outer} JOIN {inner} ON {condition})"

    def is_staged(self, table: str, pairs: Sequence[tuple[str, str, LiveColumn]]) -> str:
        if not pairs:
            return f"EXISTS (SELECT 1 FROM {table})"
        columns = ", ".join(f"q.{own}" for own, _, _ in pairs)
        values = ", ".join(value for _, value, _ in pairs)
        return f"coalesce(({values}) IN (SELECT {columns} FROM {table} AS q), 0)"

    def identity(self, staged: str, column: LiveColumn) -> str:
        return f"{staged} COLLATE {quoted(column.collation)}" if column.collation else staged

    def differs(self, pairs: Iterable[tuple[str, str]]) -> str:
        # a collation of the column might ignore the case
        return " OR ".join(f"{old} IS NOT {new} COLLATE BINARY" for old, new in pairs)

    def literal(self, value: Any) -> str:
        return str(self.database.execute_sql("SELECT quote(?)", (value,)).fetchone()[0])

    def overriding(self, always_identity: bool) -> str:
        return ""

    def counted(self, statement: str, counts: str, label: str) -> list[str]:
        return [statement, f"INSERT INTO {counts} SELECT {self.literal(label)}, changes()"]

    def recorded(
        self,
        insert: str,
        into: str,
        counts: str,
        label: str,
        key: Sequence[str],
        record: tuple[str, str],
    ) -> list[str]:
        new = [f"NEW.{column}" for column in key]
        return [
            f"CREATE TEMPORARY TABLE {KEYS} (row_key)",
            f"CREATE TEMPORARY TRIGGER {KEYS}_trigger AFTER INSERT ON {into} "
            f"BEGIN INSERT INTO {KEYS} VALUES ({self.row_key(new)}); END",
            *self.counted(insert, counts, label),
            f"DROP TRIGGER {KEYS}_trigger",
            self.record(f"SELECT row_key FROM {KEYS}", record),
            f"DROP TABLE {KEYS}",
        ]

    def drop(self, outlives: bool) -> None:
        self.run([f"DROP TABLE IF EXISTS {self.name(bare)}" for bare in self.created])

    def row_key(self, columns: Sequence[str]) -> str:
        # JSON has no bytes
        values = (f"CASE typeof({column}) WHEN 'blob' THEN quote({column}) ELSE {column} END"
                  for column in columns)  # fmt: skip
        return f"json_array({', '.join(values)})"

    def recorded_keys(self, record: tuple[str, str]) -> str:
        table, name = record
        return (f"SELECT DISTINCT k.value AS row_key FROM {table} AS r, json_each(r.row_keys) AS k "
                f"WHERE r.seeded_table = {self.literal(name)}")  # fmt: skip

    def record(self, keys: str, record: tuple[str, str]) -> str:
        table, name = record
        return (f"INSERT INTO {table} (seeded_table, row_keys) SELECT {self.literal(name)}, "
                f"json_group_array(n.row_key) FROM (SELECT k.row_key, row_number() OVER () AS n "
                f"FROM ({keys}) AS k) AS n GROUP BY n.n / {RECORDED}")  # fmt: skip

    def children(self, tables: Sequence[Name]) -> list[ChildKey]:
        places = _places(tables)
        return [
            key
            for schema in dict.fromkeys(schema for schema, _ in places)
            for (name,) in self.run(
                [f"SELECT name FROM {quoted(schema)}.sqlite_master WHERE type = 'table'"]
            )
            for key in self._keys(schema, name, places)
        ]

    def _keys(
        self, schema: str, child: str, places: Mapping[tuple[str, str], int]
    ) -> Iterator[ChildKey]:
        rows = sorted(self._pragma(schema, "foreign_key_list", child))
        for _, group in groupby(rows, key=itemgetter(0)):
            parts = sorted(group, key=itemgetter(1))
            target = parts[0][2]
            parent = places.get((schema, folded(target)))
            if parent is not None:
                key = [row[1] for row in sorted(
                    (row for row in self._pragma(schema, "table_info", target) if row[5]),
                    key=itemgetter(5))]  # fmt: skip
                yield ChildKey(
                    parent,
                    places.get((schema, folded(child))),
                    Name(schema, child).sql,
                    tuple(row[3] for row in parts),
                    tuple(row[4] or key[row[1]] for row in parts),
                )

    def advance(self, table: str, column: str, live: LiveColumn) -> list[str]:
        return []  # SQLite uses the largest key plus one

    def take(self, staged: Staged) -> None:
        self._insert(self._buffer(staged.target), staged)

    def _buffer(self, target: StagedColumns) -> StagedColumns:
        if target not in self.buffers:
            self.buffers[target] = self.name(f"dbkit_seed_rows_{next(self.numbers)}")
            columns = ", ".join(target.columns)
            self.run([f"CREATE TEMPORARY TABLE {self.buffers[target]} ({columns})"])
        return target._replace(table=self.buffers[target])

    def _insert(self, target: StagedColumns, staged: Staged) -> None:
        marks = ", ".join("?" * len(target.columns))
        sql = f"INSERT INTO {target.table} ({', '.join(target.columns)}) VALUES ({marks})"
        with internals.driver_errors():
            self.database.cursor().executemany(sql, staged.numbered())

    def finish(self, definitions: Sequence[str]) -> None:
        self.run(definitions)
        for target, buffer in self.buffers.items():
            columns = ", ".join(target.columns)
            self.run([f"INSERT INTO {target.table} ({columns}) SELECT {columns} FROM {buffer}",
                      f"DROP TABLE {buffer}"])  # fmt: skip
        for staged in chain.from_iterable(self.streams):
            self._insert(staged.target, staged)
        self.forget()

    def forget(self) -> None:
        self.buffers, self.streams = {}, []

    def run(self, statements: Sequence[str]) -> list[tuple[Any, ...]]:
        cursor = None
        for statement in statements:
            cursor = self.database.execute_sql(statement)
        return list(cursor.fetchall()) if cursor and cursor.description else []


def _places(tables: Sequence[Name]) -> dict[tuple[str, str], int]:
    return {(folded(table.schema or "main"), folded(table.bare)): place
            for place, table in enumerate(tables)}  # fmt: skip


def _default(text: str | None) -> str | None:
    """A default as an expression: SQLite also takes a name for the text of a default."""
    if text and text[0] == text[-1] == '"':
        return "'" + text[1:-1].replace('""', '"').replace("'", "''") + "'"
    if text and WORD.fullmatch(text) and text.upper() not in CONSTANTS:
        return f"'{text}'"
    return text
