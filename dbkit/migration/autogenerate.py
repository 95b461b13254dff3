"""Generates the text of a migration: from the schema of the history to the goal, and back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import peewee as pw

from dbkit.connection import diagnosed
from dbkit.errors import DatabaseFailed, DbkitError, MigrationError, MigrationFailed
from dbkit.model_source import imports
from dbkit.python_source import lines
from dbkit.schema.canonicalize import joined
from dbkit.schema.changes import Add, Alter, Change, Drop, kind, subject
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.names import Name
from dbkit.schema.patch import patched, with_names
from dbkit.schema.peewee_models import Model, described, table_name
from dbkit.schema.sql import runnable
from dbkit.schema.values import EnumType, Nameable, Namespace, Schema, Table
from dbkit.verification.comparison import schemas_of

from .enum_operations import enums, is_one_of
from .fill_values import emptied, filled, noting
from .goal import Goal, whole
from .hazards import Step, hazards
from .known_parts import told_by
from .migrator import Migrator
from .questioner import Decisions
from .renames import Renaming, find_renames
from .render_baseline import FromNothing
from .render_lines import Lines
from .render_operations import Writer
from .router import Router
from .table_operations import Fill

LINE, LONG = 92, 40  # of a summary, of what one change is about
TEMPLATE = '''\
"""{summary}"""

{head}


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
{migrate}


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
{rollback}
'''


@dataclass(frozen=True)
class Created:
    """A generated migration: the file's name without .py, its text, a warning for each change that
    loses data or may fail on existing rows, and how it was proven. `first` is a migration that must
    run before it."""

    name: str
    text: str
    hazards: tuple[str, ...] = ()
    proof: str = ""
    renaming: Renaming = field(default_factory=Renaming, repr=False)
    changes: tuple[Change, ...] = field(default=(), repr=False)
    first: Created | None = field(default=None, repr=False)

    @property
    def summary(self) -> str:
        """The changes of the migration, in one line."""
        return self.text[3:].splitlines()[0].removesuffix('"""')


class Generator:
    """Generates a migration on a scratch database to which the whole history is applied."""

    def __init__(self, router: Router, goal: Goal, decisions: Decisions) -> None:
        self.router, self.database, self.goal = router, router.database, goal
        self.models, self.decisions = goal.models, decisions
        self.dialect = dialect_for(self.database)
        self.new = {table_name(model): model for model in joined(goal.models, self.dialect.cut)}
        self.todo = router.todo
        self.start = self._live(late=True)
        self.filled: set[tuple[Name, str]] = set()
        self.filled_back: set[tuple[Name, str]] = set()

    def created(self, name: str, replaces: Sequence[str] | None = None) -> Created | None:
        if self.goal.wanted is not None and self.goal.objects:
            return self._from_nothing(name, self.goal.wanted, replaces)
        renaming, (current, known, changes) = find_renames(self)
        self.decisions.check_used(self.decisions.rename)
        self.decisions.settle()
        if not changes and not renaming.up and not renaming.in_python:
            self.decisions.check_used(self.decisions.fill)
            return None
        schemas = self._new_schemas()
        with blamed(changes):
            up, down = self._both_ways(renaming, current, known, changes, schemas)
        self.decisions.settle()
        self.decisions.check_used(self.decisions.fill)
        types = enums(known.values()), enums(self.models)
        step = Step(current, changes, self.filled)
        lost = hazards(self.dialect, step, self.filled_back, *types)
        made = file_text(_summary(renaming, changes, lost), up, down, replaces)
        return Created(name, made, lost, renaming=renaming, changes=tuple(changes))

    def _both_ways(
        self,
        renaming: Renaming,
        current: Schema,
        known: Mapping[Name, Model],
        changes: list[Change],
        schemas: list[str],
    ) -> tuple[Lines, Lines]:
        """The lines of `migrate` and `rollback`. Changes without an operation are SQL."""
        spaces = [Add(None, Namespace(schema)) for schema in schemas]
        types = enums(known.values()).keys() - enums(self.models).keys()
        gone = [Drop(None, one) for one in current.enums if is_one_of(one.name, types)]
        changes = [*spaces, *changes, *gone]
        migrator = self._after(renaming.up)
        told = told_by(migrator, current, changes, self.new if self.goal.wanted else {})
        fill = noting(filled(changes, self.decisions, self.dialect.escaped), self.filled)
        up, made = self._operations(migrator.orm.tables, current, self.new, told, fill)
        every = [one if one in made else _with_name(one) for one in changes]
        early = [one for one in every if isinstance(one, Drop) and one.table and one not in made]
        begin = patched(current, early)
        end, target = patched(begin, [*spaces, *made]), patched(current, every)
        first = self._by_sql(current, begin)
        up = first + up.without_views(self.dialect.views_in_the_way(begin, end))
        more, less = self._by_sql(end, target), self._by_sql(target, end)
        fill = noting(emptied(_inverse(changes)), self.filled_back)
        old = self._after(renaming.up + up).orm.tables
        back, undone = self._operations(old, end, known, _inverse(made), fill)
        start = patched(end, [*undone, *_inverse(spaces)])
        back = back.without_views(self.dialect.views_in_the_way(end, start))
        down = less + back + self._by_sql(start, current)
        down += _each("drop_schema", reversed(schemas)) + renaming.down
        up = renaming.up + _each("create_schema", schemas) + up + more
        return up, down

    def _operations(
        self,
        old: Mapping[Name, Model],
        current: Schema,
        new: Mapping[Name, Model],
        changes: list[Change],
        fill: Fill,
    ) -> tuple[Lines, list[Change]]:
        """The operations that change the `old` models, which are edited, into the `new` models; and
        the changes that they make."""
        usings = self.dialect.effects(current, patched(current, changes)).usings
        writer = Writer(self.database, old, new, changes, fill, usings, self.goal.owns)
        return writer.write(), writer.made

    def _after(self, lines: Lines) -> Migrator:
        """A migrator that knows the models after all files and the lines."""
        migrator = self.followed()
        with migrator.fake():
            function_of(lines)(migrator, self.database)
        return migrator

    def _from_nothing(
        self, name: str, wanted: Schema, replaces: Sequence[str] | None
    ) -> Created | None:
        """A migration that creates all objects of a database, each after the objects it needs."""
        changes = list(diff(self.start, wanted))
        if not changes:
            return None
        models = {} if self.goal.by_sql else self.new
        parts = FromNothing(self.database, wanted, self.goal.objects, models)
        (up, down), (late, first) = parts.early(), parts.late()
        left = self.tried([up], self.followed(), self._live)
        more = self._by_sql(left, with_names(wanted, chosen=True))
        made = self.tried([up, more], self.followed(), self._live)
        less = self._by_sql(made, with_names(left, chosen=False))
        up, down = up + more + late, first + less + down
        down += self._by_sql(self.tried([up, down], self.followed(), self._live), self.start)
        return Created(name, file_text(_summary(Renaming(), changes, ()), up, down, replaces))

    def state(self, lines: Lines) -> tuple[Schema, dict[Name, Model], list[Change]]:
        """Return (the schema, the history's models, the remaining changes) after the history and
        these lines."""
        migrator = self.followed()

        def look() -> tuple[Schema, list[Change]]:
            return self._live() if lines else self.start, self._changes(migrator)

        live, changes = self.tried([lines], migrator, look)
        return live, dict(migrator.orm.tables), changes

    def followed(self) -> Migrator:
        """Return a migrator that knows the models after all files."""
        migrator = Migrator(self.database)
        for name in self.todo:
            self.router.follow(name, migrator)
        migrator.catch_up(self.start, self.new)
        return migrator

    def tried(self, bodies: Iterable[Lines], migrator: Migrator, look: Callable[[], Any]) -> Any:
        """Run the lines, return the result of `look`, and roll everything back."""
        with (
            self.dialect.without_keys(self.database),
            diagnosed(self.database),
            self.database.transaction() as transaction,
        ):
            try:
                for body in bodies:
                    function_of(body)(migrator, self.database)
                    migrator()
                return look()
            finally:
                transaction.rollback()

    def _live(self, late: bool = False) -> Schema:
        """The schema; `late` as for `Reading.live`, where no line has been run."""
        if self.goal.wanted is not None:
            return whole(self.database, self.goal.ignore, late)
        with self.dialect.reading(self.database, None) as reading:
            return reading.live(comments=True, late=late)

    def _changes(self, migrator: Migrator) -> list[Change]:
        live, changes = self.goal.left(self.database)
        gone = {name for name in migrator.orm.tables
                if name not in self.new and self.goal.owns(name)}  # fmt: skip
        changes += [Drop(None, table) for table in live.tables if table.name in gone]
        return changes

    def _new_schemas(self) -> list[str]:
        """The schemas of the models that a migration has to create."""
        missing = self.dialect.missing(self.database, schemas_of(self.models))
        return sorted(schema for schema in missing if self.goal.owns(f"{schema}.*"))

    def _by_sql(self, current: Schema, desired: Schema) -> Lines:
        return statement_lines(self.database, current, desired)


def statement_lines(database: pw.Database, current: Schema, desired: Schema) -> Lines:
    """Return the lines that change one schema into the other by SQL."""
    lines = Lines()
    statements = runnable(dialect_for(database).inside(current, desired))
    if any(statement.restores for statement in statements):
        # owners and privileges are those of the database on which the file will run
        lines.call("recreate", *(one.sql for one in statements if not one.restores))
        return lines
    for statement in statements:
        lines.sql(database, statement.sql)
    return lines


def _with_name(change: Change) -> Change:
    """The change for SQL: a constraint that is added gets the name that the server would make, so
    that the rollback can drop it."""
    if isinstance(change, Add) and isinstance(change.item, Nameable) and change.item.name:
        return Add(change.table, replace(change.item, named=True))
    return change


def _inverse(changes: Sequence[Change]) -> list[Change]:
    return [change.inverse for change in reversed(changes)]


def _each(operation: str, names: Iterable[str]) -> Lines:
    """The lines that call the same operation for each name."""
    lines = Lines()
    for name in names:
        lines.call(operation, name)
    return lines


def file_text(summary: str, up: Lines, down: Lines, replaces: Sequence[str] | None = None) -> str:
    """Return the text of a migration file; `replaces` are the names of its REPLACES."""
    body = TEMPLATE.format(summary="", head="", migrate=up, rollback=down)
    peewee, *rest = imports(body)
    head = "\n".join([peewee, "", *rest])
    if replaces is not None:
        head += "\n\n" + "\n".join(lines("REPLACES = ", tuple(replaces), "", ""))
    return TEMPLATE.format(summary=summary, head=head, migrate=up, rollback=down)


def _summary(renaming: Renaming, changes: Sequence[Change], lost: Sequence[str]) -> str:
    """The docstring of the file: its changes in one line, and its warnings."""
    whole = any(isinstance(change.item, Table) for change in changes)
    told = [change for change in changes if not (whole and isinstance(change.item, EnumType))]
    what = [quotable(one) for one in (*renaming.said, *_said(told))] or ["no change of the schema"]
    line = what[0] if len(what[0]) <= LINE else f"{what[0][: LINE - 3]}..."
    for number, one in enumerate(what[1:], 1):
        if len(line) + len(one) + 2 > LINE:
            line += f"; and {len(what) - number} more"
            break
        line += f"; {one}"
    line = f"{line[:1].upper()}{line[1:]}."
    if not lost:
        return line
    return f"{line}\n\nWarnings:\n" + "".join(f"- {quotable(one)}\n" for one in lost)


def quotable(words: str) -> str:
    """Return the words for a docstring: on one line, and without invisible characters."""
    words = " ".join(words.replace("\\", "/").replace('"', "'").split())
    return "".join(one if one.isprintable() else f"U+{ord(one):04X}" for one in words)


def _said(changes: Iterable[Change]) -> Iterator[str]:
    """The changes in words; similar changes are joined: 'add tables a, b'."""
    together: dict[tuple[str, str, str], list[str]] = {}
    ordered = sorted(changes, key=lambda change: str(change.item.name))
    for change in sorted(ordered, key=lambda change: not isinstance(change.item, Table)):
        verb = {Add: "add", Drop: "drop", Alter: "change"}[type(change)]
        table = f" of {change.table}" if change.table else ""
        about = subject(change.item)
        about = about if len(about) <= LONG else f"{about[:LONG]}..."
        together.setdefault((verb, kind(change.item), table), []).append(about)
    for (verb, what, table), names in together.items():
        more = "" if len(names) == 1 else "es" if what.endswith("x") else "s"
        yield f"{verb} {what}{more} {', '.join(names)}{table}"


@contextmanager
def blamed(changes: Collection[Change]) -> Iterator[None]:
    """Let errors of the new migration's statements name the tables that it changes."""
    try:
        yield
    except MigrationFailed as error:
        if not changes:
            raise
        raise MigrationError(_failing(changes, error.reason), error.remedy) from error
    except DatabaseFailed as error:
        raise MigrationError(_failing(changes, error.message), error.hint) from error
    except DbkitError:
        raise
    except Exception as error:  # Peewee lets through errors of all classes
        raise MigrationError(_failing(changes, described(error)), "Correct the model.") from error


def _failing(changes: Iterable[Change], reason: str) -> str:
    tables = sorted({str(change.table or change.item.name) for change in changes})
    return f"The change of {', '.join(tables)} fails: {reason}"


def function_of(lines: Lines) -> Callable[[Migrator, pw.Database], None]:
    """Return the lines as a `migrate` function."""
    scope: dict[str, Any] = {}
    exec(file_text("", lines, Lines()), scope)
    return scope["migrate"]  # type: ignore[no-any-return]
