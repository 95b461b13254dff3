"""Generates the text of a migration: from the schema of the history to the goal, and back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import peewee as pw

from dbkit.connection import diagnosed
from dbkit.errors import DatabaseFailed, DbkitError, MigrationError, MigrationFailed
from dbkit.schema.canonicalize import joined
from dbkit.schema.changes import Add, Change, Drop
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.names import Name
from dbkit.schema.patch import patched, with_names
from dbkit.schema.peewee_models import Model, described, table_name, truncated
from dbkit.schema.sql import runnable
from dbkit.schema.values import Nameable, Namespace, Schema
from dbkit.verification.comparison import schemas_of

from .enum_operations import enums, is_one_of
from .fill_values import emptied, filled, noting
from .goal import Goal, whole
from .hazards import Direction, hazards
from .known_parts import changes_of_known_parts
from .migrator import Migrator
from .new_rules import NewRule, new_rules, not_null_of
from .questioner import Decisions
from .renames import Renaming, find_renames
from .render_baseline import FromNothing
from .render_file import file_text, in_words, summary_of
from .render_lines import Lines
from .render_operations import Writer
from .router import Router
from .table_operations import Fill


@dataclass(frozen=True)
class Created:
    """A generated migration.

    Attributes:
        name: The name of the file, without `.py`.
        text: The text of the file.
        hazards: A sentence for each change that loses data, or that may fail on existing rows.
        proof: How the file was proven: on which server, and with rows in how many tables.
        operations: The operations in words.
        changes: The differences between the files and the models.
        first: A migration that must run before this one, or None.
    """

    name: str
    text: str
    hazards: tuple[str, ...] = ()
    proof: str = ""
    operations: tuple[str, ...] = ()
    renaming: Renaming = field(default_factory=Renaming, repr=False)
    changes: tuple[Change, ...] = field(default=(), repr=False)
    rules: tuple[NewRule, ...] = field(default=(), repr=False)
    first: Created | None = field(default=None, repr=False)

    @property
    def summary(self) -> str:
        """The changes of the migration, in one line."""
        return self.text[3:].splitlines()[0].removesuffix('"""')


Count = Callable[[Renaming, NewRule], str]


class Generator:
    """Generates a migration on a scratch database to which the whole history is applied. `count`
    tells how many rows of a live database break a rule."""

    def __init__(
        self, router: Router, goal: Goal, decisions: Decisions, count: Count | None = None
    ) -> None:
        self.count = count
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
        self.decisions.require_all()
        if not changes and not renaming.up and not renaming.in_python:
            self.decisions.check_used(self.decisions.fill)
            return None
        schemas = self._new_schemas()
        with blamed(changes):
            up, down = self._both_ways(renaming, current, known, changes, schemas)
        self.decisions.require_all()
        self.decisions.check_used(self.decisions.fill)
        types = enums(known.values()), enums(self.models)
        direction = Direction(current, changes, self.filled)
        lost = hazards(self.dialect, direction, self.filled_back, *types)
        words = in_words(renaming, changes, *types)
        made = file_text(summary_of(words, lost), up, down, replaces)
        effects = self.dialect.effects(current, patched(current, changes))
        rules = tuple(new_rules(direction, effects.refused))
        return Created(name, made, lost, "", words, renaming, tuple(changes), rules)

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
        new = self.new if self.goal.wanted else {}
        changes, known_changes = changes_of_known_parts(migrator, current, changes, new)

        def rows(change: Change) -> str:
            rule = not_null_of(change)
            return self.count(renaming, rule) if self.count and rule else ""

        values = filled(changes, self.decisions, self.dialect.escaped, rows)
        fill = noting(values, self.filled)
        up, made = self._operations(migrator.orm.tables, current, self.new, known_changes, fill)
        every = [*self._named(current, changes, made)]
        early = [one for one in every if isinstance(one, Drop) and one.table and one not in made]
        begin = patched(current, early)
        end, target = patched(begin, [*spaces, *made]), patched(current, every)
        first = self._by_sql(current, begin)
        up = first + up.without_views(self.dialect.views_in_the_way(begin, end))
        more, less = self._by_sql(end, target), self._by_sql(target, end)
        if self.goal.wanted is not None:
            more, less = self._exactly(end, target)
        fill = noting(emptied(_inverse(changes)), self.filled_back)
        old = self._after(renaming.up + up).orm.tables
        back, undone = self._operations(old, end, known, _inverse(made), fill)
        start = patched(end, [*undone, *_inverse(spaces)])
        back = back.without_views(self.dialect.views_in_the_way(end, start))
        down = less + back + self._by_sql(start, current)
        down += _each("drop_schema", reversed(schemas)) + renaming.down
        up = renaming.up + _each("create_schema", schemas) + up + more
        return up, down

    def _named(
        self, current: Schema, changes: list[Change], made: list[Change]
    ) -> Iterator[Change]:
        """The changes. A constraint that SQL adds gets a name, so that the rollback can drop it."""
        taken = {part.name for table in current.tables for part in table.parts}
        for change in changes:
            item = change.item
            if change in made or not isinstance(change, Add) or not isinstance(item, Nameable):
                yield change
                continue
            assert change.table is not None
            name, head = item.name, f"{truncated(change.table.bare, 50)}_rule"
            if name is None and self.dialect.alters_tables:
                name = next(one for one in map(f"{head}{{}}".format, count(1)) if one not in taken)
                taken.add(name)
            yield Add(change.table, replace(item, name=name, named=name is not None))

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
        goal = self.goal
        others = [model for model in goal.outside if not goal.owns(table_name(model))]
        parts = FromNothing(self.database, wanted, goal.objects, models, others)
        (up, down), (late, first) = parts.early(), parts.late()
        left = self.tried([up], self.followed(), self._live)
        more, less = self._exactly(left, wanted)
        up, down = up + more + late, first + less + down
        down += self._by_sql(self.tried([up, down], self.followed(), self._live), self.start)
        words = in_words(Renaming(), changes, {}, {})
        return Created(name, file_text(summary_of(words, ()), up, down, replaces), operations=words)

    def _exactly(self, made: Schema, wanted: Schema) -> tuple[Lines, Lines]:
        """The SQL after the operations, and before those of the rollback: names count, even if the
        models do not choose them."""
        exact = with_names(wanted, chosen=True)
        more = self._by_sql(with_names(made, chosen=True), exact)
        return more, self._by_sql(exact, with_names(made, chosen=False))

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
        """The schema. With `late`, attachments are read on demand; allowed only before any line has
        run."""
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


def _inverse(changes: Sequence[Change]) -> list[Change]:
    return [change.inverse for change in reversed(changes)]


def _each(operation: str, names: Iterable[str]) -> Lines:
    """The lines that call the same operation for each name."""
    lines = Lines()
    for name in names:
        lines.call(operation, name)
    return lines


@contextmanager
def blamed(changes: Collection[Change]) -> Iterator[None]:
    """Let errors of the new migration's statements name the tables that it changes."""
    try:
        yield
    except MigrationFailed as error:
        if not changes:
            raise
        hint = error.remedy or "Correct the model."
        raise MigrationError(_failing(changes, error.reason), hint) from error
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
