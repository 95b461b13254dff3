"""How many messages commands send to PostgreSQL: a database may be 40 ms away. (Peewee's log, which
counts them, leaves out the COMMIT.)"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import create, migrate, status, verify
from dbkit.schema.dialect import dialect_for
from tests.conftest import opened


def book(**more: pw.Field) -> type[pw.Model]:
    return type("Book", (pw.Model,), {"title": pw.CharField(), **more})


def test_commands_send_few_messages(
    postgres: pw.Database, caplog: pytest.LogCaptureFixture
) -> None:
    create(postgres, [book()], "migrations")
    migrate(postgres)
    longer = book(note=pw.TextField(null=True))
    create(postgres, [longer], "migrations")
    tasks: dict[str, Callable[[], Any]] = {
        "status": lambda: status(postgres),
        "migrate": lambda: migrate(postgres),
        "migrate, nothing is pending": lambda: migrate(postgres),
        "verify": lambda: verify(postgres, [longer], "migrations"),
    }
    sent = {}
    for name, task in tasks.items():
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "peewee"):
            task()
        sent[name] = [record.getMessage() for record in caplog.records if record.name == "peewee"]
    assert {name: len(messages) for name, messages in sent.items()} == {
        "status": 2, "migrate": 11, "migrate, nothing is pending": 2, "verify": 5,
    }, sent  # fmt: skip


def test_migrations_run_behind_a_pooler_of_transactions(bouncer: str) -> None:
    with opened(bouncer) as database:
        create(database, [book()], "migrations")
        Path("migrations/002_own.py").write_text(
            "LOCK_TIMEOUT = '2s'\n"
            "def migrate(migrator, database, *, fake=False):\n"
            "    migrator.sql('SET ROLE pg_monitor')\n"
            "    migrator.sql('SELECT 1')\n"
        )
        assert migrate(database) == ["001_auto", "002_own"]
        assert not verify(database, [book()], "migrations")
        assert database.execute_sql("SELECT current_user").fetchone() == ("postgres",)


@pytest.mark.parametrize("is_open", [False, True])
def test_a_reading_leaves_nothing(postgres: pw.Database, is_open: bool) -> None:
    """Its transaction begins with its first query, or not at all."""
    settings = "SELECT current_setting('DateStyle'), current_setting('search_path')"
    postgres.execute_sql("SET DateStyle TO 'SQL, DMY'")
    before = postgres.execute_sql(settings).fetchone()
    if is_open:
        postgres.execute_sql("BEGIN")
    for task in (lambda reading: None, lambda reading: reading.live(),
                 lambda reading: reading.models([book()], reading.live()),
                 lambda reading: reading.database.execute_sql("SELECT nothing")):  # fmt: skip
        with (
            suppress(pw.ProgrammingError),
            dialect_for(postgres).reading(postgres, None) as reading,
        ):
            task(reading)
        assert postgres.execute_sql(settings).fetchone() == before
        assert postgres.connection().info.transaction_status == (2 if is_open else 0)
