"""`prove`: proves the files of a directory, also those written by hand, as `create` does.

Each file runs on a scratch database: up, down, up and down with rows, and up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum, auto
from glob import escape
from pathlib import Path

import peewee as pw

from dbkit.database_argument import usable
from dbkit.errors import MigrationError, MigrationFailed, ModelsError
from dbkit.model_errors import naming
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.peewee_models import Model
from dbkit.schema.values import Schema, Table
from dbkit.scratch_database import server_of

from .git import changed_since
from .goal import Goal, whole
from .new_migration import provide, reached
from .proof import BEFORE, NOT_RESTORED, Trial, Unproven, refuse, with_rows
from .renames import Renaming
from .replay import replay, replaying
from .router import Router
from .sample_rows import KINDS, empty

MODELS = "models"  # in place of a file's name
NOT_RUN = "not run, because an earlier file fails"


class Then(Enum):
    """Whether the scratch database can be used for the next file."""

    GO_ON = auto()  # it is as if the file had just run
    RESTART = auto()  # another database is needed
    STOP = auto()  # the file does not run, so the later files do not run either


@dataclass(frozen=True)
class Verdict:
    """The result for a file, or for MODELS: how it was proven, or why it was not."""

    name: str
    proven: bool
    text: str
    warnings: tuple[str, ...] = ()
    then: Then = Then.GO_ON


def prove_directory(
    database: pw.Database,
    models: Iterable[Model],
    directory: str | Path = "migrations",
    *,
    since: str | None = None,
    ignore: Sequence[str] = (),
    passed_over: Iterable[Model] = (),
    allow_out_of_order: bool = False,
) -> Iterator[Verdict]:
    """Yield the verdict on each file, and at the end whether they lead to the schema of the models.

    With `since`, only the files that changed since this revision of git are proven; the others are
    applied. After a file that does not run, nothing more is proven. Of `database`, only the kind
    and the version matter. Raises MigrationError for a file that is only applied and fails,
    ModelsError, and NoScratch.
    """
    database, models, passed_over = usable(database), list(models), list(passed_over)
    changed = None if since is None else changed_since(since, Path(directory))
    done: list[str] = []
    with naming((*models, *passed_over), database):
        while True:
            with replaying(database, directory) as router:
                router.allow_out_of_order = allow_out_of_order
                router.refuse(router.standing())
                provide(router.database, Goal.of(models, ignore))
                left = [name for name in router.todo if name not in done]
                replay(router, done)
                for name in left:
                    done.append(name)
                    if changed is not None and name not in changed:
                        replay(router, [name])
                        continue
                    verdict = _verdict(router, name)
                    yield verdict
                    if verdict.then is Then.STOP:
                        later = left[left.index(name) + 1 :]
                        yield from (Verdict(one, False, NOT_RUN) for one in later)
                        return
                    if verdict.then is Then.RESTART:
                        break
                else:
                    yield _end(router.database, reached(router, models, ignore, passed_over))
                    return


def _verdict(router: Router, name: str) -> Verdict:
    trial = FileTrial(router, name)
    then = Then.STOP
    try:
        trial.first()
        then = Then.RESTART
        text = trial.again()
    except (MigrationError, ModelsError) as error:
        text = f"not proven: {_with_hint(error)}"
        return Verdict(name, False, text, trial.warnings, then)
    then = Then.GO_ON if trial.clean else Then.RESTART
    return Verdict(name, True, text, trial.warnings, then)


def _with_hint(error: MigrationError | ModelsError) -> str:
    """The message of an error, and what to do next."""
    match error:
        case Unproven():
            return error.message
        case MigrationFailed():
            return "\n".join(filter(None, [error.message, error.remedy]))
    return str(error)


def _end(database: pw.Database, goal: Goal) -> Verdict:
    try:
        refuse(goal.left(database)[1], "The migrations do not lead to the schema of the models.")
    except MigrationError as error:
        return Verdict(MODELS, False, f"not reached: {error.message}")
    server = server_of(database)
    notes = tuple(filter(None, [server.difference]))
    return Verdict(MODELS, True, f"the migrations lead to their schema, on {server}", notes)


class FileTrial(Trial):
    """The trial of a file of the directory. `clean` is false if the test rows could not be deleted
    again."""

    def __init__(self, router: Router, name: str) -> None:
        super().__init__(router, name, Renaming())
        self.clean = True

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(filter(None, [*self.found, self.router.others.warning(self.name)]))

    def schema(self) -> Schema:
        """The schema without the tables of others, and without the schemas that hold them."""
        others = self.router.migrator_class.stand_ins
        schema = whole(self.database, [escape(str(name)) for name in others], late=True)
        theirs = {name.schema for name in others}
        ours = tuple(one for one in schema.namespaces if one.name not in theirs)
        return replace(schema, namespaces=ours)

    def first(self) -> None:
        """Run the file."""
        self.before = self.schema()
        self.router.migrator_class.custom.clear()
        self.router.migrator_class.renamed.clear()
        self._up()
        self.renaming.labels.update(self.router.migrator_class.renamed)
        self.after = self.schema()

    def again(self) -> str:
        """Roll the file back, run it and roll it back with rows, and run it again. Return what was
        proven. Raises MigrationError."""
        if self.router.read(self.name)[1] is None:
            return "proven: up (it has no rollback())"
        self._back()
        tables = self._empty_tables()
        reasons = self.insert(tables, diff(self.before, self.after))
        start = self.rows(self.before)
        self.attempt(self._up, self.name)
        self._expect(
            self.after, f"The second run of {self.name} leads to another schema than the first."
        )
        with self._lenient():
            self.compare(start, self.rows(self.after), self.before, self.after)
        self.attempt(self._back, f"The rollback of {self.name}")
        with self._lenient():
            self.compare_back(start, self.rows(self.before), self.before, self.after)
        self._delete_rows(tables)
        self._up()
        self.without_rows(reasons)
        return f"proven: up, down and up again{with_rows(reasons)}"

    def _up(self) -> None:
        self.router.apply([self.name])

    def _back(self) -> None:
        self.router.rollback(baseline=True)
        self._expect(self.before, NOT_RESTORED.format(self.name))

    def _expect(self, schema: Schema, otherwise: str) -> None:
        refuse(diff(self.schema(), schema), otherwise, BEFORE)

    def _empty_tables(self) -> Schema:
        """The schema with only those tables that have no rows."""
        dialect = dialect_for(self.database)

        def is_empty(table: Table) -> bool:
            sql = f"SELECT 1 FROM {table.name.sql} LIMIT 1"
            return table.kind in KINDS and not dialect.execute(self.database, sql).fetchone()

        return replace(self.before, tables=tuple(filter(is_empty, self.before.tables)))

    def _delete_rows(self, tables: Schema) -> None:
        try:
            empty(self.database, tables)
            self.clean = not self.emptied and self._empty_tables() == tables
        except pw.PeeweeException:
            self.clean = False

    @contextmanager
    def _lenient(self) -> Iterator[None]:
        """Make a loss of values a warning if the file has statements of its own: they may be meant
        to change values."""
        try:
            yield
        except MigrationError as error:
            if not self.router.migrator_class.custom:
                raise
            self.found.append(error.message)
