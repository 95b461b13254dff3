"""The proof of a migration: it runs on a scratch database, with rows, up, down and up again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import peewee as pw

from dbkit.errors import MigrationError
from dbkit.plurals import counted
from dbkit.schema.changes import Change
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.names import Name
from dbkit.schema.patch import with_names
from dbkit.schema.values import Column, Schema
from dbkit.scratch_database import server_of
from dbkit.verification.report import Report

from .autogenerate import Created, blamed, function_of, statement_lines
from .goal import Goal, whole
from .migrator import Migrator
from .renames import Renaming
from .render_file import with_warnings
from .router import Router
from .sample_rows import Rows, empty, insert_rows, read_rows

NOT_KEPT = "The file was not kept."
NOT_RESTORED = "After the rollback of {}, the schema is not what it was before."
BEFORE = "the schema before"
TRY = "(try the migration on a copy of your data)"


def prove(router: Router, created: Created, goal: Goal) -> Created:
    """Run a generated migration, roll it back, and run it again, on the router's database, which
    has the whole history. Return the migration with more warnings and the words of its proof.

    Raises MigrationError if the migration does not lead to the goal, if the rollback does not lead
    back to the old schema, or if values of kept columns are lost.
    """
    name = created.name
    trial = Trial(router, name, created.renaming)
    router.files.texts[name] = created.text
    before = trial.schema()
    changes = goal.left(router.database)[1] if created.renaming.up else created.changes
    reasons = trial.insert(before, changes)
    start = trial.rows(before)
    with blamed(created.changes):
        trial.attempt(lambda: router.run(), name)
    live, left = goal.left(router.database)
    refuse(left, f"After {name}, the schema does not match the models.")
    trial.compare(start, trial.rows(live), before, live)
    trial.attempt(lambda: router.rollback(baseline=True), f"The rollback of {name}")
    after = trial.schema()
    refuse(
        diff(with_names(after, chosen=False), before),
        NOT_RESTORED.format(name),
        BEFORE,
    )
    if diff(after, before):
        created = trial.renamed(created, after, before)
    trial.compare_back(start, trial.rows(after), before, live)
    trial.attempt(lambda: router.run(), f"The second run of {name}")
    _, left = goal.left(router.database)
    refuse(left, f"After the second run of {name}, the schema does not match the models.")
    trial.without_rows(reasons)
    server = server_of(router.database)
    trial.found += filter(None, [server.difference])
    said = f"proven on {server}: up, down and up again{with_rows(reasons)}"
    found = (*created.hazards, *trial.found)
    text = with_warnings(created.text, created.operations, found)
    return replace(created, text=text, hazards=found, proof=said)


def with_rows(reasons: Mapping[Name, str]) -> str:
    """Return in how many tables a file was proven with rows, in words."""
    if not reasons:
        return ""
    count = sum(not reason for reason in reasons.values())
    return f", with rows in {count} of {counted(len(reasons), 'table')}"


class Unproven(MigrationError):
    """A migration ran, but its result is wrong. The hint is about a file of `create`."""


def refuse(changes: Sequence[Change], what: str, desired: str = "the models") -> None:
    """Raise MigrationError if changes are left, from the result to the `desired` schema."""
    if changes:
        report = Report(tuple(changes), 0, current="the result", desired=desired)
        raise Unproven(
            f"{what}\nRemaining differences:\n{report.differences()}",
            f"{NOT_KEPT} Write this migration by hand, and report the models as a bug of dbkit.",
        )


class Trial:
    """A file that runs on a scratch database; `found` are the warnings."""

    def __init__(self, router: Router, name: str, renaming: Renaming) -> None:
        self.router, self.name, self.renaming = router, name, renaming
        self.database = router.database
        self.found: list[str] = []
        self.emptied = False

    def schema(self) -> Schema:
        return whole(self.database, late=True)

    def insert(self, tables: Schema, changes: Sequence[Change]) -> dict[Name, str]:
        """See `insert_rows`."""
        return insert_rows(self.database, tables, changes, self.router.migrator.orm)

    def without_rows(self, reasons: Mapping[Name, str]) -> None:
        """Add a warning for each table that accepted no row; see `insert_rows`."""
        self.found += [
            f"not proven with rows: table {table} accepted no test row: {reason} {TRY}"
            for table, reason in reasons.items()
            if reason
        ]

    def renamed(self, created: Created, after: Schema, before: Schema) -> Created:
        """Rename what the rollback created again, in the file and in the database. The server made
        the name of a constraint from the present names of its table and columns."""
        lines = statement_lines(self.database, after, before)
        migrator = Migrator(self.database)
        with dialect_for(self.database).migrating(self.database):
            function_of(lines)(migrator, self.database)
            migrator()
        self.router.files.texts[self.name] = text = f"{created.text}\n{lines}\n"
        return replace(created, text=text)

    def rows(self, schema: Schema) -> Rows:
        return read_rows(self.database, schema)

    def attempt(self, run: Callable[[], object], what: str) -> None:
        """Call `run`. If it fails because of the rows, note a warning, and call it on empty
        tables."""
        try:
            run()
        except MigrationError as error:
            if not isinstance(error.__cause__, (pw.IntegrityError, pw.DataError)):
                raise
            reason = " ".join(str(error.__cause__).split())
            self.found.append(f"{what} can fail on existing rows: {reason}")
            empty(self.database, self.schema())
            self.emptied = True
            run()

    def compare(self, start: Rows, end: Rows, before: Schema, after: Schema) -> None:
        """Raise MigrationError if a value of a column that keeps its type is lost."""
        if self.emptied:
            return
        types = _types(before)
        for (table, column), type_ in _types(after).items():
            old = self._old(table, column)
            if old is None or types.get(old) != type_:
                continue
            if old not in start or (table, column) not in end:
                continue
            if lost := self._lost(start[old], end[table, column]):
                raise Unproven(
                    f"{self.name} loses values of column {column} of table {table}: {lost}.",
                    NOT_KEPT,
                )

    def compare_back(self, start: Rows, end: Rows, before: Schema, between: Schema) -> None:
        """Like `compare`, but after the rollback, for columns that kept their type both times."""
        if self.emptied:
            return
        types, there = _types(before), _types(between)
        kept = {self._old(*place): type_ for place, type_ in there.items()}
        for place, type_ in types.items():
            if kept.get(place) != type_ or place not in start or place not in end:
                continue
            if start[place] - end[place]:
                table, column = place
                raise Unproven(
                    f"The rollback of {self.name} loses values of column {column} of table "
                    f"{table}.",
                    NOT_KEPT,
                )

    def _old(self, table: Name, column: str) -> tuple[Name, str] | None:
        """The table and the column before the renames."""
        tables, columns = self.renaming.tables, self.renaming.columns
        old = tables.get(table, table)
        return (old, columns.get((table, column), column)) if old else None

    def _lost(self, before: Counter[str], after: Counter[str]) -> str:
        """The values that are lost, except renamed labels."""
        gone, come = before - after, after - before
        labels = self.renaming.labels
        renamed = Counter({label: count for label, count in gone.items()
                           if label in labels and come[labels[label]] >= count})  # fmt: skip
        return ", ".join((gone - renamed).elements())


def _types(schema: Schema) -> dict[tuple[Name, str], str | Name]:
    return {
        (table.name, part.name): part.type
        for table in schema.tables
        if table.kind in ("table", "unlogged table")
        for part in table.parts
        if isinstance(part, Column) and part.generated is None
    }
