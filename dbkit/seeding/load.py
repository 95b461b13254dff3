"""Loads seed files: all rows go into temporary tables, which are then merged, parents first.

Everything happens in one transaction, under the lock that `migrate` takes too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.config import named_environment
from dbkit.database_argument import takes_database
from dbkit.errors import SeedError
from dbkit.limits import DEFAULT, Limits
from dbkit.run_lock import locked_transaction, one_at_a_time, retried
from dbkit.schema.dialect import dialect_for
from dbkit.schema.peewee_models import Model, with_targets
from dbkit.schema.seeded_rows import find_record
from dbkit.schema.sql import quoted
from dbkit.schema.staging import LiveTable, Staging
from dbkit.transactions import is_open

from .find_files import find_files
from .merge import Merge
from .merge_order import components
from .preview import Comparison, Preview, RowChange
from .progress import Progress
from .read_python import PythonFile
from .refusals import NOTHING, REFUSALS, refusal
from .refused_values import explained
from .result import Result
from .rows import SeedFile
from .run_merges import Merger
from .seeded_rows import Pruning, create_record
from .stage_files import Stager, by_table, unknown_table
from .stages import Stage, name_of


@takes_database
def seed(
    database: pw.Database,
    models: Iterable[Model],
    directory: str | Path = "seeds",
    limits: Limits = DEFAULT,
    *,
    tables: Iterable[str] = (),
    environment: str | None = None,
    prune: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Load the seed files of a folder in one transaction.

    A row is found again by its key. Missing rows are inserted, rows that differ are updated, and
    all others are left alone.

    Args:
        database: A Peewee database of PostgreSQL or SQLite.
        models: The models whose tables the files may name.
        directory: The folder of the seed files.
        limits: How long to wait for other runs and for locks.
        tables: Load only these tables, and those to which they refer.
        environment: The subfolder that is read too, by default that of DBKIT_ENV. In
            "production", other files are read only if they are marked as reference data.
        prune: Also delete the rows that an earlier run in this environment inserted, and that the
            files no longer have.
        progress: Is told how far the run is (see `Progress`).

    Returns:
        The numbers of inserted, updated, unchanged and deleted rows, by table.

    Raises:
        SeedError: A file or a row is wrong; the message names the file and the line.
        DatabaseFailed: A table is missing, or the database refuses a statement.
    """
    run = SeedRun(database, models, directory, environment, tables, progress)

    def load(checks_early: bool = False) -> Result:
        try:
            with locked_transaction(database, limits):
                return run.load(prune, checks_early)
        except RefusedLate:
            return load(checks_early=True)  # to find the row

    with database.bind_ctx([*run.models]):
        return one_at_a_time(database, limits, lambda: retried(database, limits, load))


@takes_database
def check(
    database: pw.Database,
    models: Iterable[Model],
    directory: str | Path = "seeds",
    *,
    tables: Iterable[str] = (),
    environment: str | None = None,
    show: Callable[[RowChange], object] | None = None,
    prune: bool = False,
    progress: Progress | None = None,
) -> Preview:
    """Compare the seed files of a folder with the database, and change nothing.

    Args:
        database: A Peewee database of PostgreSQL or SQLite.
        models: The models whose tables the files may name.
        directory: The folder of the seed files.
        tables: Compare only these tables, and those to which they refer.
        environment: As in `seed`.
        show: Is called with each row that a run of `seed` would change.
        prune: Also find the rows that `seed` with `prune` would delete.
        progress: Is told how far the comparison is.

    Returns:
        What `seed` would do. It is false if `seed` would change nothing.

    Raises:
        SeedError: A file or a row is wrong; the message names the file and the line.
        DatabaseFailed: A table is missing, or the database refuses a statement.
    """
    run = SeedRun(database, models, directory, environment, tables, progress)
    with database.bind_ctx([*run.models]), database.atomic() as transaction:
        try:
            preview = run.preview(show, prune)
        except SeedError as error:
            error.hint = error.hint.removesuffix(NOTHING).strip()  # nothing was to be loaded
            raise
        transaction.rollback()
    return preview


class RefusedLate(Exception):
    """A constraint that is checked at the end of the transaction is violated."""


class SeedRun:
    """A run over the files of a directory, in an open transaction."""

    def __init__(
        self,
        database: pw.Database,
        models: Iterable[Model],
        directory: str | Path,
        environment: str | None,
        tables: Iterable[str],
        progress: Progress | None,
    ) -> None:
        self.environment = environment or named_environment()
        self.found = find_files(
            Path(directory), self.environment or "development", self.environment is not None
        )
        self.database, self.progress = database, progress or Progress()
        self.is_nested = is_open(database)
        for file in self.found.files:
            if isinstance(file, PythonFile):
                file.database = database
        self.tables = by_table(models)
        self.models = {*with_targets(self.tables.values())}
        self.wanted = self._wanted(tables)

    def _wanted(self, names: Iterable[str]) -> set[Model] | None:
        """The models of these tables and of their parents; None for no names."""
        chosen = []
        for name in names:
            if name not in self.tables:
                raise unknown_table(name, self.tables)
            chosen.append(self.tables[name])
        return {*with_targets(chosen)} if chosen else None

    def load(self, prune: bool, checks_early: bool = False) -> Result:
        """Load all files. A row that does not fit its model raises SeedError before a table is
        changed. Raises RefusedLate, unless `checks_early`: each statement checks the constraints.
        """
        if prune:
            self._require_files()
        dialect = dialect_for(self.database)
        staging = dialect.staging(self.database)
        if checks_early:
            dialect.check_rows(self.database)
        live = self._live(staging)
        result = Result(notes=[*self.found.notes])
        record = self._record(result)
        merges: list[Merge] = []
        for stager, function in self._staged(staging, live):
            merger = Merger(
                self.database, stager, live, staging, record, self.environment or "",
                self._changes(staging),
            )  # fmt: skip
            merges += merger.run(result)
            if function is not None:
                function.run(self.database)
        if prune and record is not None:
            for table, count in self._pruning(staging, record, merges, live).run().items():
                result.add(table, deleted=count)
        try:
            dialect.check_rows(self.database)
        except REFUSALS as error:
            raise refusal(self.database, error, "") if checks_early else RefusedLate from error
        staging.drop(self.is_nested)
        return result

    def _require_files(self) -> None:
        """Raise SeedError if --prune would delete all seeded rows."""
        if not self.found.files:
            raise SeedError(
                "There are no seed files to load, so --prune would delete all seeded rows.",
                "Check the seeds directory and DBKIT_ENV. Delete the rows by hand to remove all.",
            )

    def _pruning(
        self,
        staging: Staging,
        record: str,
        merges: Iterable[Merge],
        live: Mapping[Model, LiveTable],
    ) -> Pruning:
        environment = self.environment or ""
        return Pruning(staging, record, environment, self.tables, merges, live, self.wanted)

    def preview(self, show: Callable[[RowChange], object] | None, prune: bool) -> Preview:
        """Compare all files with the live tables."""
        if prune:
            self._require_files()
        compared: list[Merge] = []
        staging = dialect_for(self.database).staging(self.database)
        live = self._live(staging)
        preview = Preview(notes=[*self.found.notes])
        staged: dict[Model, list[Stage]] = {}
        for stager, function in self._staged(staging, live):
            for stage in stager.stages.values():
                staged.setdefault(stage.model, []).append(stage)
            merges = [Merge(stage, live, staging, staged=staged)
                      for group in components(stager.stages.values(), live)
                      for stage in group]  # fmt: skip
            compared += merges
            comparison = Comparison(stager, merges, staging)
            comparison.prepare(all_rows_known=not preview.unknown)
            comparison.count(preview)
            if show is not None:
                for change in comparison.changes():
                    show(change)
            if function is not None:
                preview.unknown.append(str(function.path))
        record, exists = find_record(self.database) if prune else ("", False)
        if exists:
            for table, keys in self._pruning(staging, record, compared, live).found():
                preview.deleted[table] = len(keys)
                if show is not None:
                    for key in keys:
                        show(RowChange(table, None, key, {}, None))
        return preview

    def _record(self, result: Result) -> str | None:
        """The table in which inserted rows are recorded; None if the role may not create it."""
        record, exists = find_record(self.database)
        if not exists:
            try:
                with self.database.atomic():
                    self.database.execute_sql(create_record(record).replace("%", "%%"))
            except pw.ProgrammingError:
                result.notes.append(
                    "The role may not create the table of dbkit that records seeded rows: "
                    "--prune will not know the new rows."
                )
                return None
        return record

    def _live(self, staging: Staging) -> dict[Model, LiveTable]:
        """The live tables of all models. A table that does not exist has no columns."""
        models = [*self.models]
        tables = staging.live([name_of(model) for model in models])
        return {model: table or LiveTable({}, [])
                for model, table in zip(models, tables, strict=True)}  # fmt: skip

    def _staged(
        self, staging: Staging, live: Mapping[Model, LiveTable]
    ) -> list[tuple[Stager, PythonFile | None]]:
        """Fill the temporary tables. Return them in parts: a part may end with a Python file whose
        function uses the database, after the part is merged."""
        filled: list[tuple[Stager, PythonFile | None]] = []
        self.progress.begin(sum(file.size for file in self.found.files))
        number = 0
        for files, function in self._parts():
            stager = Stager(
                self.database, files, self.tables, live, staging,
                wanted=self.wanted, first_number=number, progress=self.progress,
            )  # fmt: skip
            try:
                with staging.savepoint():
                    stager.fill()
            except REFUSALS as error:
                raise explained(self.database, stager, error) from error
            number += len(stager.stages)
            filled.append((stager, function))
        self.progress.write()
        return filled

    def _parts(self) -> Iterable[tuple[list[SeedFile], PythonFile | None]]:
        files: list[SeedFile] = []
        for file in self.found.files:
            if isinstance(file, PythonFile) and file.uses_database:
                yield files, None if self.wanted else file
                files = []
            else:
                files.append(file)
        yield files, None

    def _changes(self, staging: Staging) -> Callable[[Model], list[tuple[str, str]]]:
        """What the models themselves add to every update, such as the time in `updated_at`."""
        return lambda model: [
            (quoted(of.column_name), staging.literal(of.db_value(value)))
            for of, value in internals.added_to_update(model).items()
        ]
