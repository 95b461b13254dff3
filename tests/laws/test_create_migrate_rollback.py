"""What must hold on every dialect: after create, after migrate and after rollback."""

from __future__ import annotations

import peewee as pw

from dbkit import migrate, rollback, status, verify
from dbkit.models import MODELS
from dbkit.schema.dialect import dialect_for
from dbkit.schema.peewee_models import OWN_TABLES
from dbkit.schema.values import Schema
from tests.conftest import MIGRATIONS


def live(database: pw.Database) -> Schema:
    """What the database holds, apart from the history table."""
    with dialect_for(database).reading(database, ()) as reading:
        schema = reading.live()
    return Schema(
        tables=tuple(table for table in schema.tables if str(table.name) not in OWN_TABLES),
        enums=schema.enums,
    )


def test_after_create_tables_the_diff_is_empty(database: pw.Database) -> None:
    database.create_tables(MODELS)
    assert str(verify(database, MODELS)).startswith("16 tables compared: the database matches")
    assert not verify(database, MODELS)


def test_after_migrating_the_diff_is_empty(database: pw.Database) -> None:
    migrate(database, MIGRATIONS)
    assert not verify(database, MODELS)


def test_migrations_and_create_tables_make_the_same(database: pw.Database) -> None:
    migrate(database, MIGRATIONS)
    migrated = live(database)
    rollback(database, MIGRATIONS, 3)
    database.create_tables(MODELS)
    assert {table.name: set(table.parts) for table in live(database).tables} == {
        table.name: set(table.parts) for table in migrated.tables
    }
    assert live(database).enums == migrated.enums


def test_rollback_gives_the_former_schema_at_every_step(database: pw.Database) -> None:
    steps = [live(database)]
    for name in status(database, MIGRATIONS).pending:
        migrate(database, MIGRATIONS, name)
        steps.append(live(database))
    assert [len(step.tables) for step in steps] == [0, 8, 12, 16]
    for former in reversed(steps[:-1]):
        rollback(database, MIGRATIONS)
        assert live(database) == former
    assert steps[0] == Schema()


def test_drop_tables_takes_the_types_too(database: pw.Database) -> None:
    database.create_tables(MODELS)
    database.drop_tables(MODELS)
    assert live(database) == Schema()
