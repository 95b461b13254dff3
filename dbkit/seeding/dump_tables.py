"""Rows of the database become a seed file that loads back identically."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import peewee as pw

from dbkit.database_argument import takes_database
from dbkit.diagnosis import explain, sqlstate
from dbkit.errors import SeedError
from dbkit.schema.dialect import Dialect, dialect_for
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model, is_model, with_targets
from dbkit.schema.sql import blanked, quoted
from dbkit.schema.staging import LiveTable

from .anonymize import Anonymizer
from .dumped_table import DumpedTable
from .file_values import Convert, is_native
from .shown import suggestion
from .stage_files import by_table, unknown_table
from .stages import name_of
from .unique_sets import unique_sets
from .write_csv import CsvWriter
from .write_json import JsonWriter
from .write_toml import TomlWriter

CONDITION = "Correct --where: give the part of a SELECT that follows WHERE."
MIGRATE = "Run `python -m dbkit migrate` first."
CHUNK = 2**16  # characters
logger = logging.getLogger(__name__)


class Writer(Protocol):
    """Writes a seed file of one type, piece by piece."""

    def begin(self, tables: Sequence[DumpedTable]) -> None: ...
    def begin_table(self, table: DumpedTable) -> None: ...
    def row(self, values: Iterable[Any]) -> None: ...
    def end(self) -> None: ...


Opened = Callable[[Callable[[str], Any], str], Writer]  # (write, file name)
WRITERS: dict[str, Opened] = {"toml": TomlWriter, "json": JsonWriter, "csv": CsvWriter}


@dataclass(frozen=True)
class _Source:
    """A table of the database."""

    table: DumpedTable
    model: Model
    name: Name
    fields: tuple[pw.Field, ...]
    live: LiveTable

    def sql(self, where: str, as_text: tuple[str, str]) -> str:
        """The query of the rows, in the order of the key. Without a key, the values are compared as
        texts, because not every type has an order; `as_text` is `Dialect.plain_text`."""
        columns = ", ".join(map(quoted, self.table.columns))
        before, after = as_text
        order = ", ".join(
            f"{key} IS NULL, {before}{key}{after}" if self.table.is_keyless else key
            for key in map(quoted, self.table.key)
        )
        condition = f" WHERE ({where}\n)" if where else ""
        return f"SELECT {columns} FROM {self.name.sql}{condition} ORDER BY {order}"


@takes_database
def dump(
    database: pw.Database,
    models: Model | Iterable[Model],
    write: Callable[[str], Any],
    tables: Iterable[str] | None = None,
    *,
    where: str = "",
    anonymize: Iterable[str] = (),
    layout: str = "toml",
    file_name: str = "",
) -> dict[str, int]:
    """Write rows of the database as a seed file, which `seed` loads back.

    Args:
        database: A Peewee database of PostgreSQL or SQLite.
        models: The models whose tables may be named.
        write: Is called with each piece of the file's text.
        tables: The names of the tables. None means the tables of all models.
        where: An SQL condition for the rows; only for a single table.
        anonymize: Columns (`table.column`) that get fake values, as do the foreign keys to them.
            A value always gets the same fake value within a dump, and another in the next dump.
        layout: "toml", "json" or "csv".
        file_name: The name of a CSV file. If it names the table, the text does not.

    Returns:
        The number of rows by table.

    Raises:
        SeedError: A table or column is unknown, or the rows cannot be written in this layout.
        DatabaseFailed: The database refuses a statement.
    """
    if layout not in WRITERS:
        raise SeedError(f"There is no layout {layout}.", f"Use {', '.join(WRITERS)}.")
    chosen = _chosen(by_table([models] if is_model(models) else models), tables)
    _require_condition(where, len(chosen))
    dialect = dialect_for(database)
    counts = {}
    with (
        database.bind_ctx([*chosen.values()]),
        dialect.snapshot(database),
        _joined(write) as joined,
    ):
        writer = WRITERS[layout](joined, file_name)
        sources = _sources(database, dialect, chosen)
        anonymizer = _anonymizer(database, dialect, sources, anonymize)
        writer.begin([source.table for source in sources])
        for source in sources:
            writer.begin_table(source.table)
            with _explained(database, where):
                counts[source.table.name] = _rows(
                    database, dialect, source, where, writer, anonymizer
                )
        writer.end()
    return counts


def _chosen(known: Mapping[str, Model], names: Iterable[str] | None) -> dict[str, Model]:
    """The models by table name, parents first."""
    wanted = dict.fromkeys(known if names is None else names)
    for name in wanted:
        if name not in known:
            raise unknown_table(name, known)
    models = {known[name]: name for name in wanted}
    return {models[model]: model for model in with_targets(models) if model in models}


def _require_condition(where: str, tables: int) -> None:
    """Raise SeedError for a condition that cannot stand in parentheses."""
    if where and tables != 1:
        raise SeedError("--where needs a single table.", "Dump each table into its own file.")
    depth = 0
    for letter in re.findall("[();]", blanked(where)):
        depth += {"(": 1, ")": -1, ";": 0}[letter]
        if depth < 0 or letter == ";":
            break
    else:
        if depth == 0:
            return
    raise SeedError(f"The condition {where} is not a single expression of SQL.", CONDITION)


def _sources(database: pw.Database, dialect: Dialect, chosen: Mapping[str, Model]) -> list[_Source]:
    live = dialect.staging(database).live([name_of(model) for model in chosen.values()])
    return [_source(*each) for each in zip(chosen, chosen.values(), live, strict=True)]


def _source(table: str, model: Model, live: LiveTable | None) -> _Source:
    if live is None:
        raise SeedError(f"The database has no table {table}.", MIGRATE)
    fields = tuple(model._meta.sorted_fields)
    for field in fields:
        if field.column_name not in live.columns:
            raise SeedError(f"The table {table} has no column {field.column_name}.", MIGRATE)
    if unknown := [name for name in live.columns if name not in model._meta.columns]:
        logger.warning("%s: the model has no field for %s, so the file does not have the column",
                       table, ", ".join(unknown))  # fmt: skip
    fields = tuple(field for field in fields if not live.columns[field.column_name].is_generated)
    columns = tuple(field.column_name for field in fields)
    key = next((key for key in unique_sets(model, live) if _identifies(key, fields)), ())
    names = tuple(field.column_name for field in key)
    dumped = DumpedTable(table, columns, names or columns, is_keyless=not names)
    return _Source(dumped, model, name_of(model), fields, live)


def _identifies(key: Sequence[pw.Field], fields: Sequence[pw.Field]) -> bool:
    """Whether no two rows have the same values in the key's columns, which the file has. NULLs are
    distinct in a unique column."""
    own = {id(field) for field in fields}
    return bool(key) and all(
        id(field) in own and (not field.null or field.primary_key) for field in key
    )


def _anonymizer(
    database: pw.Database, dialect: Dialect, sources: Sequence[_Source], names: Iterable[str]
) -> Anonymizer:
    """Prepare the anonymization of these columns. Raises SeedError for an unknown one."""
    known = {f"{source.table.name}.{name}": field for source in sources for field in source.fields
             for name in (field.name, field.column_name)}  # fmt: skip
    for name in (names := [*names]):
        if name not in known:
            raise SeedError(f"The dump has no column {name}.", suggestion(name, known))
    anonymizer = Anonymizer(known[name] for name in names)
    by_model = {source.model: source for source in sources}

    def read(field: pw.Field, handle: Callable[[Any], Any]) -> None:
        column, table = quoted(field.column_name), by_model[field.model].name.sql
        sql = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY {column}"
        native = [0] if is_native(field) else []
        dialect.read_rows(database, sql, native, lambda row: handle(row[0]))

    anonymizer.prepare({model: source.live for model, source in by_model.items()}, read)
    return anonymizer


def _rows(
    database: pw.Database,
    dialect: Dialect,
    source: _Source,
    where: str,
    writer: Writer,
    anonymizer: Anonymizer,
) -> int:
    converters: list[Convert] = [anonymizer.converter(field) for field in source.fields]
    native = [place for place, field in enumerate(source.fields) if is_native(field)]
    count = 0

    def handle(row: Sequence[Any]) -> None:
        nonlocal count
        count += 1
        writer.row([None if value is None else convert(value)
                    for convert, value in zip(converters, row, strict=True)])  # fmt: skip

    dialect.read_rows(database, source.sql(where, dialect.plain_text), native, handle)
    return count


@contextmanager
def _explained(database: pw.Database, where: str) -> Iterator[None]:
    """Say that the condition is wrong if the query with it fails. The server's text about a value
    (22, data exception) may quote the value, so it is not repeated."""
    try:
        yield
    except pw.PeeweeException as error:
        state = sqlstate(error)
        if not where or (state and state[:2] not in ("22", "42")):
            raise
        reason = "" if state and state.startswith("22") else f" {explain(error, database).message}"
        raise SeedError(f"The condition {where} fails.{reason}", CONDITION) from error


@contextmanager
def _joined(write: Callable[[str], Any]) -> Iterator[Callable[[str], Any]]:
    """A function that passes longer pieces to `write`."""
    pieces: list[str] = []
    size = 0

    def collect(text: str) -> None:
        nonlocal size
        pieces.append(text)
        size += len(text)
        if size > CHUNK:
            flush()

    def flush() -> None:
        nonlocal size
        write("".join(pieces))
        pieces.clear()
        size = 0

    yield collect
    flush()
