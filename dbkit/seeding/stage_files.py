"""Reads seed files, converts their rows, and fills the temporary tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import peewee as pw

from dbkit.errors import DatabaseFailed, SeedError
from dbkit.fields import utcnow
from dbkit.schema.peewee_models import Model, only_inherited_from
from dbkit.schema.staging import LiveTable, Staged, Staging

from .columns import Converter
from .progress import Progress
from .read_python import PythonFile
from .rows import Batch, Place, SeedFile
from .shown import suggestion
from .stages import Shape, Stage
from .unique_sets import unique_sets

LARGE = 1 << 20  # bytes; a CSV file of this size is copied while it is read
FILE = 1 << 40  # the numbers of the rows of a file begin with a multiple of it


class Declared(NamedTuple):
    """The key of a table, and the file that declares it."""

    path: Path
    key: tuple[str, ...]


class Stager:
    """Fills the stages of `files`; `tables` are the models by table name, and `live` their
    tables. Rows of other tables than `wanted` are left out, unless it is None."""

    def __init__(
        self,
        database: pw.Database,
        files: Sequence[SeedFile],
        tables: Mapping[str, Model],
        live: Mapping[Model, LiveTable],
        staging: Staging,
        *,
        wanted: Iterable[Model] | None = None,
        first_number: int = 0,
        progress: Progress | None = None,
    ) -> None:
        self.database, self.files, self.staging = database, files, staging
        self.tables, self.live = tables, live
        self.wanted = None if wanted is None else {*wanted}
        self.first_number, self.progress = first_number, progress or Progress()
        self.stages: dict[Model, Stage] = {}
        self.converter = Converter(utcnow(), texts=True)

    def fill(self) -> list[Stage]:
        """Read all files and fill the temporary tables. Raises SeedError for a row that its model
        would reject; the live tables are not used yet."""
        try:
            for number, file in enumerate(self.files):
                streams = file.path.suffix.lower() == ".csv" and file.size > LARGE
                self.staging.load(self.staged(number, file), streams)
            self.staging.finish([stage.definition() for stage in self.stages.values()])
        finally:
            self.staging.forget()
        self._choose_keys()
        return list(self.stages.values())

    def staged(self, number: int, file: SeedFile) -> Iterator[Staged]:
        rows: Counter[Stage] = Counter()
        for batch in self._batches(file):
            model = self._model(file, batch)
            if self.wanted is None or model in self.wanted:
                for values in self.converter.convert(model, file.path, batch):
                    stage = self._stage(model, batch.table, Place(file.path, batch.line))
                    shape = stage.shape(file, values)
                    if not shape.line:
                        shape.line = values.lines[0]
                        require_not_generated(stage, shape)
                    yield stage.staged(shape, values, number * FILE + rows[stage])
                    rows[stage] += len(values.lines)
            self.progress.read(batch.size, len(batch.rows))

    def _batches(self, file: SeedFile) -> Iterator[Batch]:
        if isinstance(file, PythonFile):
            return file.batches(self.database)
        return file.batches()

    def _model(self, file: SeedFile, batch: Batch) -> Model:
        if batch.table not in self.tables:
            hint = suggestion(batch.table, known_tables(self.tables))
            if file.path.suffix.lower() == ".csv":
                hint += (" The table's name comes from the file's name: rename the file, or write "
                         '`# table = "..."` above the header.')  # fmt: skip
            where = Place(file.path, batch.line)
            raise SeedError(f"{where}: no model has the table {batch.table}.", hint)
        return self.tables[batch.table]

    def _stage(self, model: Model, table: str, where: Place) -> Stage:
        if model not in self.stages:
            require_live(model, table, self.live[model], where)
            number = self.first_number + len(self.stages)
            self.stages[model] = Stage(model, table, number, self.live[model], self.staging)
        return self.stages[model]

    def file_of(self, row: int) -> SeedFile:
        """Return the file from which a row of a temporary table comes."""
        return self.files[row // FILE]

    # keys

    def _choose_keys(self) -> None:
        keys = self._declared()
        for stage in self.stages.values():
            for shape in stage.shapes:
                shape.key = tuple(self._key(stage, shape, keys.get(stage.table)))

    def _declared(self) -> dict[str, Declared]:
        declared: dict[str, Declared] = {}
        for file in self.files:
            for table, key in file.keys.items():
                if table not in self.tables:
                    raise SeedError(
                        f"{file.path}, keys: no model has the table {table}.",
                        suggestion(table, known_tables(self.tables)),
                    )
                other = declared.setdefault(table, Declared(file.path, key))
                if other.key != key:
                    raise SeedError(
                        f"{file.path}: {table} has the key {', '.join(key)} here, and "
                        f"{', '.join(other.key)} in {other.path}.",
                        "Name the key once.",
                    )
        return declared

    def _key(self, stage: Stage, shape: Shape, declared: Declared | None) -> Sequence[pw.Field]:
        """The fields that identify a row: the declared key, or else unique columns of the row."""
        where = Place(shape.file.path, shape.line)
        if declared:
            fields = [self._field(declared.path, stage, name) for name in declared.key]
            require_stable(where, stage, shape, fields)
            missing = [one.column_name for one in fields
                       if one not in shape.given and not stage.is_null(shape, one)]  # fmt: skip
            if missing:
                raise SeedError(
                    f"{where}: the row of {stage.table} has no value for {', '.join(missing)}, "
                    f"part of its key, which {declared.path} declares.",
                    "Give the value in the row, or correct the key.",
                )
            return fields
        sets = [one for one in unique_sets(stage.model, stage.live) if one]
        for found in sets:
            if set(found) <= shape.given:
                require_stable(where, stage, shape, found)
                return found
        # a value that is not given is a relative time, or the default of the model
        timed = {column.path[0] for column in shape.columns if column.path[0].default is None}
        for found in (one for one in sets if set(one) <= timed | shape.given):
            require_stable(where, stage, shape, found)
        raise SeedError(
            f"{where}: no column of the row is unique in {stage.table}.",
            f'Name the columns that identify a row: {stage.table} = ["column"] under [keys], or '
            'in CSV a first line `# key = ["column"]`.',
        )

    def _field(self, path: Path, stage: Stage, name: str) -> pw.Field:
        found = stage.model._meta.combined.get(name)
        if found is None:
            raise SeedError(
                f"{path}, keys: {stage.table} has no column {name}.",
                suggestion(name, stage.model._meta.columns),
            )
        return found


def require_live(model: Model, table: str, live: LiveTable, where: Place) -> None:
    """Raise DatabaseFailed if the table, or one of its columns, does not exist."""
    missing = [one.column_name for one in model._meta.sorted_fields
               if live.column(one.column_name) is None]  # fmt: skip
    if missing:
        what = (f"column is missing: {table}.{missing[0]} ({where.path})" if live.columns else
                f"table is missing: {table} ({where})")  # fmt: skip
        raise DatabaseFailed(
            f"A {what}.",
            "Run `python -m dbkit migrate`. If no migration adds it, run "
            "`python -m dbkit create NAME` first.",
        )


def require_not_generated(stage: Stage, shape: Shape) -> None:
    """Raise SeedError if rows give values for a column that the database computes."""
    for column in shape.columns:
        live = stage.live.column(column.path[0].column_name)
        if live and live.is_generated:
            raise SeedError(
                f"{Place(shape.file.path, shape.line)}: {stage.table}.{column.name} cannot have a "
                "value: the database computes it (GENERATED ALWAYS).",
                "Remove the column from the seed file.",
            )


def require_stable(where: Place, stage: Stage, shape: Shape, key: Iterable[pw.Field]) -> None:
    """Raise SeedError for a key that a second run could not find again."""
    for field in key:
        is_relative = stage.place(field) in shape.initial
        if is_relative or isinstance(field, pw.FloatField):
            raise SeedError(
                f"{where}: {field.column_name} cannot be part of the key: "
                f"{'a relative time' if is_relative else 'a float'} does not compare equal in the "
                "next run.",
                f"Choose other columns, under [keys] {stage.table}.",
            )


def known_tables(tables: Mapping[str, Model]) -> list[str]:
    """Return the names for a hint: those of classes that exist only as a base are left out."""
    return [name for name, model in tables.items() if not only_inherited_from(model)]


def unknown_table(name: str, tables: Mapping[str, Model]) -> SeedError:
    """Return the error for a name that no table has."""
    hint = suggestion(name, known_tables(tables))
    return SeedError(f"No model has the table {name}.", hint)


def by_table(models: Iterable[Model]) -> dict[str, Model]:
    """Return models by table name, which is qualified if several schemas have a table of it."""
    models = list(dict.fromkeys(models))
    plain = Counter(model._meta.table_name for model in models)
    return {
        f"{model._meta.schema}.{model._meta.table_name}"
        if model._meta.schema and plain[model._meta.table_name] > 1
        else model._meta.table_name: model
        for model in models
    }
