"""The statements that add, drop and alter columns of a PostgreSQL table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...names import Name
from ...peewee_models import truncated
from ...sql import Statement, literal, quoted
from ...values import Column
from .as_sql import Spelling, identity, type_sql
from .sequence_ddl import sequence_settings
from .statement_order import Placed, Step
from .type_changes import Casts

IDENTITIES = ("always", "by default")


class Columns:
    """Writes the statements for columns. `taken` are names that a new sequence must not have."""

    def __init__(
        self, spelling: Spelling, casts: Casts, retyped: set[tuple[Name, str]], taken: set[str]
    ) -> None:
        self.spelling, self.casts, self.retyped, self.taken = spelling, casts, retyped, taken

    def create(self, table: Name, columns: list[Column]) -> tuple[list[str], list[Placed]]:
        """Return (the definitions of columns, the statements for the sequences of serial
        columns)."""
        lines, beside = [], []
        for column in columns:
            sequence = self._new_sequence(table, column) if column.identity == "serial" else ""
            lines.append(self.spelling.column(column, sequence))
            if sequence:
                beside += [_create(sequence, column), self._own(table, column, sequence)]
        return lines, beside

    def add(self, table: Name, column: Column) -> Iterator[Placed]:
        (line,), beside = self.create(table, [column])
        step = Step.ADD_COLUMN if column.generated is None else Step.ADD_GENERATED
        yield Placed(step, Statement(f"ALTER TABLE {table.sql} ADD COLUMN {line}"))
        yield from beside

    def drop(self, table: Name, column: Column) -> Placed:
        sql = f"ALTER TABLE {table.sql} DROP COLUMN {quoted(column.name)}"
        step = Step.DROP_COLUMN if column.generated is None else Step.DROP_GENERATED
        return Placed(step, Statement(sql))

    def alter(self, table: Name, old: Column, new: Column) -> Iterator[Placed]:
        head = f"ALTER TABLE {table.sql} ALTER COLUMN {quoted(new.name)}"
        retyped = (table, new.name) in self.retyped
        steps = [
            *self._off(table, old, new, retyped),
            *self._type(table, old, new, retyped),
            *self._on(table, old, new, retyped),
        ]
        for step, sql in steps:
            sql = f"{head} {sql}" if sql.split()[0] in ("SET", "DROP", "ADD", "TYPE") else sql
            yield Placed(step, Statement(sql, column=f"column {new.name} of table {table}"))
        if new.identity and not _keeps_sequence(old, new):
            yield self._advance(table, new)

    def _off(
        self, table: Name, old: Column, new: Column, retyped: bool
    ) -> Iterator[tuple[Step, str]]:
        """Remove the attributes that the new column lacks, or that block a change of type."""
        if old.generated is not None and new.generated is None:
            yield Step.DROP_DEFAULT, "DROP EXPRESSION"
        if old.identity in IDENTITIES and new.identity not in IDENTITIES:
            yield Step.DROP_DEFAULT, "DROP IDENTITY"
        if old.identity == "serial" != new.identity:
            yield Step.DROP_DEFAULT, "DROP DEFAULT"
            sequence = f"pg_get_serial_sequence({self._place(table, old)})"
            yield Step.DROP_SEQUENCE, _execute(f"'DROP SEQUENCE ' || {sequence}")
        if old.default is not None and (retyped or old.default != new.default):
            yield Step.DROP_DEFAULT, "DROP DEFAULT"

    def _type(
        self, table: Name, old: Column, new: Column, retyped: bool
    ) -> Iterator[tuple[Step, str]]:
        if retyped:
            collation = f" COLLATE {new.collation}" if new.collation else ""
            using = self.casts.using(table, new.name, old.type, new.type)
            yield Step.TYPE_OF, f"TYPE {type_sql(new.type)}{collation}{using}"
        if old.nullable and not new.nullable:
            yield Step.NULLABILITY, "SET NOT NULL"
        if new.nullable and not old.nullable:
            yield Step.NULLABILITY, "DROP NOT NULL"

    def _on(
        self, table: Name, old: Column, new: Column, retyped: bool
    ) -> Iterator[tuple[Step, str]]:
        if new.identity in IDENTITIES:
            if old.identity not in IDENTITIES:
                yield Step.DEFAULT, f"ADD {identity(new)}"
            elif old.identity != new.identity:
                yield Step.DEFAULT, f"SET GENERATED {new.identity.upper()}"
        if new.identity and _keeps_sequence(old, new):
            yield from self._settings(table, old, new)
        elif new.identity == "serial":
            sequence = self._new_sequence(table, new)
            yield Step.SEQUENCE, _create(sequence, new).statement.sql
            yield Step.DEFAULT, f"SET DEFAULT pg_catalog.nextval({literal(sequence)})"
            yield Step.DEFAULT, self._own(table, new, sequence).statement.sql
        if new.default is not None and (retyped or old.default != new.default):
            yield Step.DEFAULT, f"SET DEFAULT {new.default}"

    def _settings(self, table: Name, old: Column, new: Column) -> Iterator[tuple[Step, str]]:
        """Alter the options of the sequence that the column keeps."""
        if (old.sequence, old.type) != (new.sequence, new.type):
            text = f" {sequence_settings(new.sequence, type_sql(new.type))[0]}"
            sequence = f"pg_catalog.pg_get_serial_sequence({self._place(table, new)})"
            change = f"'ALTER SEQUENCE ' || {sequence} || {literal(text)}"
            yield Step.DEFAULT, _execute(change)

    def _new_sequence(self, table: Name, column: Column) -> str:
        base = truncated(f"{table.bare}_{column.name}", 55)
        name, number = f"{base}_seq", 0
        while name in self.taken:
            number += 1
            name = f"{base}_seq{number}"
        self.taken.add(name)
        return table.beside(name).sql

    def _own(self, table: Name, column: Column, sequence: str) -> Placed:
        owner = f"{table.sql}.{quoted(column.name)}"
        return Placed(Step.DEFAULT, Statement(f"ALTER SEQUENCE {sequence} OWNED BY {owner}"))

    def _advance(self, table: Name, column: Column) -> Placed:
        """Advance the sequence past the existing values."""
        name, place = quoted(column.name), self._place(table, column)
        sequence, last = f"pg_catalog.pg_get_serial_sequence({place})", f"pg_catalog.max({name})"
        start = 1 if column.sequence.start is None else column.sequence.start
        sql = f"SELECT pg_catalog.setval({sequence}, {last}::bigint) "
        sql += f"FROM {table.sql} HAVING {last} OPERATOR(pg_catalog.>=) {start}"
        return Placed(Step.AFTER_DEFAULT, Statement(sql))

    def _place(self, table: Name, column: Column) -> str:
        return f"{literal(table.sql)}, {literal(column.name)}"


def _create(sequence: str, column: Column) -> Placed:
    """Create the sequence of a serial column."""
    options = replace(column.sequence, type=column.sequence.type or type_sql(column.type))
    sql = f"CREATE SEQUENCE {sequence} {' '.join(options.clauses)}"
    return Placed(Step.SEQUENCE, Statement(sql))


def _keeps_sequence(old: Column, new: Column) -> bool:
    return old.identity == new.identity or {old.identity, new.identity} <= {*IDENTITIES}


def _execute(expression: str) -> str:
    """A DO block that executes the text of an expression: only the server knows the name of a
    column's sequence."""
    return f"DO $dbkit$ BEGIN EXECUTE {expression}; END $dbkit$"
