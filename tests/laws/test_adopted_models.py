"""Models written from a database find nothing to complain of in it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dbkit import load_models, models, verify
from dbkit.adoption import Models, models_source, written
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.patch import with_names
from dbkit.schema.values import Column, PrimaryKey, Schema
from dbkit.verification.report import place
from tests.conftest import no_15, opened, server_of

from . import test_models_of_all_kinds as all_kinds
from . import test_properties as properties
from .adopted_databases import BOTH, EXTENSIONS, POSTGRES, SQLITE

NUMBERS = count()
ON_SQLITE = BOTH | {f"{name} (SQLite)": script for name, script in SQLITE.items()}
ON_POSTGRES = BOTH | {f"{name} (PostgreSQL)": script for name, script in POSTGRES.items()}


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ON_SQLITE)
def test_models_of_a_sqlite_database(name: str, tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'test.db'}") as database:
        database.connection().executescript(ON_SQLITE[name])
        found = adopted(database)
    with opened("sqlite:///:memory:") as other:
        assert_made_again(other, *found)


@pytest.mark.postgres
@pytest.mark.parametrize("name", ON_POSTGRES)
def test_models_of_a_postgresql_database(name: str) -> None:
    with new_postgres() as database:
        database.connection().cursor().execute(ON_POSTGRES[name])
        found = adopted(database)
    with new_postgres() as other:
        prepare(other, found[0])
        assert_made_again(other, *found)


@pytest.mark.postgres
@no_15
@pytest.mark.parametrize("name", EXTENSIONS)
def test_models_of_a_database_with_extensions(name: str) -> None:
    """Which the wheel's PostgreSQL does not have."""
    extensions, script = EXTENSIONS[name]
    with new_postgres("postgres15") as database:
        database.connection().cursor().execute(extensions + script)
        found = adopted(database)
    with new_postgres("postgres15") as other:
        other.connection().cursor().execute(extensions)
        prepare(other, found[0])
        assert_made_again(other, *found)


@pytest.mark.parametrize("kind", all_kinds.BOTH)
def test_models_of_what_peewee_creates(database: pw.Database, kind: str) -> None:
    made = all_kinds.created(database, *dict.fromkeys(all_kinds.BOTH[kind]()))
    found = adopted(database)
    database.drop_tables(made, cascade=isinstance(database, pw.PostgresqlDatabase))
    assert_made_again(database, *found)


@given(st.data())
@properties.some
def test_models_of_models_at_random(database: pw.Database, data: st.DataObject) -> None:
    postgres = properties.is_postgres(database)
    schema = data.draw(properties.schemas(postgres))
    names = [name for one in schema for name in (one.name, *(field.name for field in one.fields))]
    # create_tables fails on the first; the second is taken for an attached database's
    assume(not any(("%" if postgres else ".") in name for name in names))
    made = properties.built(schema, postgres)
    with properties.created(database, made):
        found = adopted(database)
        database.drop_tables(made)
        assert_made_again(database, *found)


@contextmanager
def new_postgres(version: str = "postgres18") -> Iterator[pw.Database]:
    server = server_of(version)
    with opened(server.url(server.create_database())) as database:
        yield database


def read(database: pw.Database) -> Schema:
    with dialect_for(database).reading(database, None) as reading:
        return reading.live()


def imported(source: str) -> list[Any]:
    """The models of a new module of that source, in the current directory."""
    name = f"generated_{next(NUMBERS)}"
    Path(f"{name}.py").write_text(source, encoding="utf-8")
    importlib.invalidate_caches()
    try:
        return load_models(name)
    finally:
        sys.modules.pop(name, None)


def adopted(database: pw.Database) -> tuple[Schema, Models, list[Any]]:
    """The schema, and models written from it, which are held against it."""
    schema = read(database)
    module = written(schema, dialect_for(database).name)
    assert_formatted(module.source)
    found = imported(module.source)
    report = verify(database, found, ignore=[one.place for one in module.left_out if one.differs])
    assert not report, f"{module.source}\n{report}"
    assert set(report.unmanaged) <= {one.place for one in module.left_out}
    return schema, module, found


def assert_made_again(other: pw.Database, schema: Schema, module: Models, found: list[Any]) -> None:
    """What the models make of an empty database is the schema again, except names: those are in the
    baseline."""
    other.bind(found)
    other.create_tables(found)
    for model in found:
        for field in model._meta.refs:
            if field.deferred:
                model._schema.create_foreign_key(field)
    left_out = {one.place for one in module.left_out}
    left = [change for change in diff(with_names(read(other), chosen=False), schema)
            if not {str(change.item.name), place(change)} & left_out
            and not {str(change.table), f"{change.table}.{change.item.name}"} & left_out
            and not isinstance(change.item, PrimaryKey)]  # fmt: skip
    assert left == [], module.source


def prepare(database: pw.Database, schema: Schema) -> None:
    """What must be there before the tables: all but these and the enum types, and of those one
    that no field makes."""
    used = {
        part.type for table in schema.tables for part in table.parts if isinstance(part, Column)
    }
    bare = Schema(
        schema.namespaces,
        enums=tuple(one for one in schema.enums if not one.labels or one.name not in used),
        domains=schema.domains,
        sequences=schema.sequences,
    )
    for statement in dialect_for(database).statements(Schema(), bare):
        database.execute_sql(statement.sql)


def assert_formatted(source: str) -> None:
    pytest.importorskip("ruff")
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "100", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
    assert done.stdout == source


def test_models_of_the_reference_schema_make_it_again(database: pw.Database) -> None:
    database.create_tables(models.MODELS)
    schema = read(database)
    _, module, found = adopted(database)
    assert module.left_out == ()
    database.drop_tables(models.MODELS)
    assert diff(read(database), Schema()) == ()
    assert_made_again(database, schema, module, found)
    assert diff(with_names(read(database), chosen=False), schema) == ()
    assert models_source(schema, dialect_for(database).name) == module.source
