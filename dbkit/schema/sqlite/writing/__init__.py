"""The statements that change one SQLite schema into another.

If ALTER TABLE cannot make a change exactly, the table is rebuilt: a new table is created, the rows
are copied, the old table is dropped, and the new table gets its name
(https://sqlite.org/lang_altertable.html, 7). Foreign keys must be off, so a rebuild must not begin
in a transaction. DROP COLUMN needs SQLite 3.35. All views and triggers are dropped first and
created again at the end, because RENAME fails while a view or trigger names a missing table.

Indexes, views and triggers keep their texts. Tables are written from values, in the normal spelling
of their texts: lower case, double quotes around names, no comments.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...changes import Add, Alter, Change, Drop
from ...diff import diff
from ...effects import Effects
from ...names import Name
from ...sql import Statement, folded, listed, literal, mentions, quoted
from ...values import Column, Index, Part, Schema, Table, Trigger
from ..tokenizer import normal
from .table_ddl import (
    as_it_was,
    column_text,
    columns,
    create_index,
    create_table,
    create_trigger,
    create_view,
    is_literal,
    key_of,
)
from .type_changes import by_lower
from .type_changes import effects as effects_on_values


def statements(current: Schema, desired: Schema, wrapped: bool = True) -> list[Statement]:
    """Return the statements that change `current` into `desired`, in an order that runs.

    Without `wrapped`, they are for an open transaction in which foreign keys are off.
    """
    changes = diff(current, desired)
    if not changes:
        return []
    writer = _Writer(current, desired, changes)
    if not (writer.apart and wrapped):
        return list(writer.all())
    begin = map(Statement, ("PRAGMA foreign_keys = OFF", "BEGIN"))
    end = map(Statement, ("PRAGMA foreign_key_check", "COMMIT", "PRAGMA foreign_keys = ON"))
    return [*begin, *writer.all(), *end]


def effects(current: Schema, desired: Schema) -> Effects:
    """Return what these statements do to values."""
    return _Writer(current, desired, diff(current, desired)).effects


class _Writer:
    def __init__(self, current: Schema, desired: Schema, changes: tuple[Change, ...]) -> None:
        self.changes = changes
        self.texts = {**desired.attached, **current.attached}
        self.old = {table.name: table for table in current.tables}
        self.new = {table.name: table for table in desired.tables}
        self.hooks = [*_triggers(self.old), *(one for one in self.old.values() if _is_view(one))]
        self.recreated = {name for name in self.old.keys() & self.new.keys()
                          if self._is_recreated(self.old[name], self.new[name])}  # fmt: skip
        self.rebuilt = sorted({_table(change) for change in changes
                               if self._needs_rebuild(change)} - self.recreated)  # fmt: skip
        self.dropped = [table for table in self.old.values()
                        if table.name not in self.new or table.name in self.recreated]  # fmt: skip
        self.apart = bool(self.rebuilt) or any(not _is_view(table) for table in self.dropped)
        self.effects = effects_on_values(current, desired, self.recreated)

    def all(self) -> Iterator[Statement]:
        yield from self._drops()
        for table in self._created():
            if not _is_view(table):
                yield self._marked(table, create_table(table))
        for name in self.rebuilt:
            for sql in _rebuild(self.old[name], self.new[name], self._statistics(name)):
                yield self._marked(self.new[name], sql)
        yield from self._columns()
        yield from self._indexes()
        for view in self.new.values():
            if _is_view(view) and (self.apart or view in self._created()):
                sql = self._text("view", view, view.name.bare, view.options.query) or create_view(
                    view
                )
                yield self._marked(view, sql)
        for table, trigger in _triggers(self.new):
            if self.apart or table in self._created() or self._is_new(table, trigger):
                sql = self._text("trigger", table, trigger.name, trigger.definition)
                sql = sql or create_trigger(table, trigger)
                yield self._of_trigger(table, trigger, sql)

    def _text(self, kind: str, table: Table, name: str, meaning: str) -> str:
        """SQLite's text of a view or trigger, if that still has the wanted meaning."""
        (text,) = self.texts.get((kind, table.name, name), ("",))
        return as_it_was(text, table.name) if text and normal(text) == meaning else ""

    def _index(self, table: Table, index: Index) -> str:
        (text,) = self.texts.get(("index", table.name, index.name or ""), ("",))
        same = text and table.name in self.old and index in self.old[table.name].parts
        return as_it_was(text, table.name) if same else create_index(table, index)

    def _statistics(self, table: Name) -> list[str]:
        """The tables in which ANALYZE keeps its statistics, in the database of a table."""
        return [name for kind, owner, name in self.texts
                if kind == "table" and owner.schema == table.schema]  # fmt: skip

    def _marked(self, table: Table, sql: str) -> Statement:
        return Statement(sql, self._loss(table.name))

    def _of_trigger(self, table: Table, trigger: Trigger, sql: str) -> Statement:
        """The statement that creates a trigger. A trigger that was dropped for a rebuild comes back
        in any case: a script leaves the rebuild out if that would lose data."""
        is_back = table.name in self.old and trigger in self.old[table.name].parts
        return Statement(sql) if is_back else self._marked(table, sql)

    def _loss(self, name: Name) -> str:
        """What a rebuilt table loses, or a table that is dropped or created again."""
        of_columns = name in self.rebuilt
        return ", ".join(loss for (table, item), loss in self.effects.losses.items()
                         if item == name or (of_columns and table == name))  # fmt: skip

    def _created(self) -> list[Table]:
        return [table for table in self.new.values()
                if table.name not in self.old or table.name in self.recreated]  # fmt: skip

    def _is_recreated(self, old: Table, new: Table) -> bool:
        """Whether the kind of a table changes, or a view or virtual table differs."""
        if old.kind != new.kind:
            return True
        return old.kind != "table" and (
            old.options != new.options or set(columns(old)) != set(columns(new))
        )

    def _needs_rebuild(self, change: Change) -> bool:
        match change:
            case Add(table=None) | Drop(table=None) | Add(item=Index() | Trigger()):
                return False
            case Drop(item=Index() | Trigger()) | Alter(new=Index() | Trigger()):
                return False
            case Add(table=Name() as table, item=Column() as column):
                return not self._can_add(self.new[table], column)
            case Drop(table=Name() as table, item=Column() as column):
                return not self._can_drop(self.old[table], column)
            case _:
                return True

    def _can_add(self, table: Table, column: Column) -> bool:
        key = key_of(table)
        plain = column.default is None or is_literal(column.default)
        filled = column.nullable or column.default not in (None, "null")
        stored = column.generated is not None and column.generated.kind == "stored"
        again = folded(column.name) in by_lower(self.old[table.name])
        return plain and filled and not stored and not again and (
            column.generated is None or column.nullable
        ) and not (key and column.name in key.columns)  # fmt: skip

    def _can_drop(self, table: Table, column: Column) -> bool:
        """Whether nothing else names the column, not even a view of another table."""
        parts = [part for part in table.parts if part != column]
        texts = [repr(part) for part in (*parts, *self.hooks)]
        again = folded(column.name) in by_lower(self.new[table.name])
        return not again and not any(mentions(text, column.name) for text in texts)

    def _drops(self) -> Iterator[Statement]:
        for table, trigger in _triggers(self.old):
            if self.apart or self._is_gone(table, trigger):
                yield Statement(f"DROP TRIGGER {table.name.beside(trigger.name).sql}")
        for table in self.old.values():
            if _is_view(table) and (self.apart or table in self.dropped):
                yield Statement(f"DROP VIEW {table.name.sql}")
        for table in self.old.values():
            for part in table.parts:
                if isinstance(part, Index) and self._is_gone(table, part):
                    yield Statement(f"DROP INDEX {table.name.beside(part.name or '').sql}")
        for table in self.dropped:
            if not _is_view(table):
                yield self._marked(table, f"DROP TABLE {table.name.sql}")

    def _is_gone(self, table: Table, part: Part) -> bool:
        """Whether the part must be dropped by a statement of its own."""
        if table in self.dropped and not isinstance(part, Trigger):
            return False
        return table in self.dropped or any(
            change.table == table.name and part == getattr(change, "old", change.item)
            for change in self.changes
            if not isinstance(change, Add)
        )

    def _is_new(self, table: Table, part: Part) -> bool:
        return any(
            change.table == table.name and change.item == part
            for change in self.changes
            if not isinstance(change, Drop)
        )

    def _columns(self) -> Iterator[Statement]:
        """Add and drop columns in place, if possible. Columns are added first, because a table must
        not lose its last column."""
        inside = [change for change in self.changes
                  if change.table and isinstance(change.item, Column)
                  and change.table not in (*self.rebuilt, *self.recreated)]  # fmt: skip
        for change in sorted(inside, key=lambda change: isinstance(change, Drop)):
            match change:
                case Add(Name() as table, Column() as column):
                    sql = f"ALTER TABLE {table.sql} ADD COLUMN {column_text(column)}"
                    yield Statement(sql)
                case Drop(Name() as table, Column() as column):
                    sql = f"ALTER TABLE {table.sql} DROP COLUMN {quoted(column.name)}"
                    yield Statement(sql, self.effects.losses.get((table, column.name), ""))

    def _indexes(self) -> Iterator[Statement]:
        made = [*self.rebuilt, *(table.name for table in self._created())]
        for table in self.new.values():
            for part in table.parts:
                if isinstance(part, Index) and (table.name in made or self._is_new(table, part)):
                    yield self._marked(table, self._index(table, part))


def _rebuild(old: Table, new: Table, statistics: list[str]) -> Iterator[str]:
    bare = new.name.bare
    name = f"dbkit_new_{bare}"
    yield create_table(new, name)
    before = by_lower(old)
    pairs = [(before[folded(column.name)].name, column.name) for column in columns(new)
             if column.generated is None and folded(column.name) in before]  # fmt: skip
    pairs = [*_rowid(old, new), *pairs]
    sources, targets = ([pair[side] for pair in pairs] or ["rowid"] for side in (0, 1))
    rows = f"SELECT {listed(sources)[1:-1]} FROM {new.name.sql}"
    yield f"INSERT INTO {new.name.beside(name).sql} {listed(targets)} {rows}"
    if all(any(column.identity for column in columns(table)) for table in (old, new)):
        yield from _keep_count(new, bare, name)
    for table in statistics:
        yield from _keep_statistics(new.name.beside(table).sql, bare, name)
    yield f"DROP TABLE {new.name.sql}"
    yield f"ALTER TABLE {new.name.beside(name).sql} RENAME TO {quoted(bare)}"
    for table in statistics:
        sql = f"UPDATE {new.name.beside(table).sql} SET tbl = {literal(bare)}"
        yield f"{sql} WHERE tbl = {literal(name)}"


def _rowid(old: Table, new: Table) -> list[tuple[str, str]]:
    """The rowid of both tables, if no column is the rowid: other data may refer to it."""
    if any(_names_rowid(table) or table.options.without_rowid for table in (old, new)):
        return []
    free = [
        one for one in ("rowid", "_rowid_", "oid") if one not in {*by_lower(old), *by_lower(new)}
    ]
    return [(free[0], free[0])] if free else []


def _names_rowid(table: Table) -> bool:
    key = key_of(table)
    return key is not None and len(key.columns) == 1 and any(
        column.name == key.columns[0] and column.type == "integer" for column in columns(table)
    )  # fmt: skip


def _keep_statistics(statistics: str, old: str, new: str) -> Iterator[str]:
    """Copy the statistics to the new table's name, because DROP TABLE deletes those of the old."""
    more = "neq, nlt, ndlt, sample" if statistics.endswith('4"') else "stat"
    values = f"SELECT {literal(new)}, idx, {more} FROM {statistics} WHERE tbl = {literal(old)}"
    yield f"INSERT INTO {statistics} (tbl, idx, {more}) {values}"


def _keep_count(table: Table, old: str, new: str) -> Iterator[str]:
    """Copy the counter of AUTOINCREMENT, which continues after the largest key ever used."""
    sequences = table.name.beside("sqlite_sequence").sql
    yield f"DELETE FROM {sequences} WHERE name = {literal(new)}"
    values = f"SELECT {literal(new)}, seq FROM {sequences} WHERE name = {literal(old)}"
    yield f"INSERT INTO {sequences} (name, seq) {values}"


def _is_view(table: Table) -> bool:
    return table.kind == "view"


def _triggers(tables: dict[Name, Table]) -> list[tuple[Table, Trigger]]:
    return [(table, part) for table in tables.values() for part in table.parts
            if isinstance(part, Trigger)]  # fmt: skip


def _table(change: Change) -> Name:
    name = change.table or change.item.name
    assert isinstance(name, Name)  # SQLite has only tables and their parts
    return name
