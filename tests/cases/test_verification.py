"""`verify` as a whole: what it answers, what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import peewee as pw
import pytest
from click.testing import Result

from dbkit import verify
from dbkit.models import MODELS
from tests.changes import changes, create, missing
from tests.conftest import opened


class Owner(pw.Model):
    label = pw.TextField(null=True)

    class Meta:
        legacy_table_names = False


def test_a_dummy_column_is_found_and_then_gone(database: pw.Database) -> None:
    create(database, Owner)
    assert not verify(database, [Owner])
    Owner._meta.add_field("dummy", pw.IntegerField(null=True))
    try:
        assert changes(database, [Owner]) == [missing("column", "owner", "dummy")]
    finally:
        Owner._meta.remove_field("dummy")
    assert not verify(database, [Owner])


def test_tables_of_no_model_are_listed_and_are_no_drift(database: pw.Database) -> None:
    create(database, Owner)
    database.execute_sql("CREATE TABLE stray (id integer)")
    report = verify(database, [Owner])
    assert not report
    assert report.unmanaged == ("stray",)
    assert "not covered by any model, left alone: stray" in str(report)


def test_only_a_table_of_its_very_name_is_the_history(database: pw.Database) -> None:
    create(database, Owner)
    database.execute_sql("CREATE TABLE migratehistory (id integer)")
    database.execute_sql("CREATE TABLE old_migratehistory (id integer)")
    assert verify(database, [Owner]).unmanaged == ("old_migratehistory",)


def test_the_history_of_another_schema_is_passed_over(postgres: pw.Database) -> None:
    postgres.execute_sql("CREATE SCHEMA other CREATE TABLE migratehistory (id integer)")
    there = type("There", (pw.Model,), {"Meta": type("Meta", (), {"schema": "other"})})
    create(postgres, there)
    assert verify(postgres, [there]).unmanaged == ()


def test_verify_writes_nothing(postgres: pw.Database) -> None:
    everything = "SELECT count(*), max(oid::bigint) FROM pg_class"
    before = postgres.execute_sql(everything).fetchone()
    assert verify(postgres, MODELS)
    assert postgres.execute_sql(everything).fetchone() == before
    assert not postgres.in_transaction()


def test_verify_inside_a_transaction_leaves_it_as_it_was(database: pw.Database) -> None:
    with database.atomic():
        create(database, Owner)
        database.execute_sql("INSERT INTO owner (label) VALUES ('kept')")
        assert not verify(database, [Owner])
    assert database.execute_sql("SELECT label FROM owner").fetchall() == [("kept",)]


def test_a_model_the_server_cannot_make_is_an_error(
    url: str, dbkit: Callable[..., Result], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "impossible.py").write_text(
        "import peewee as pw\nclass Impossible(pw.Model):\n"
        "    x = pw.IntegerField(constraints=[pw.SQL('DEFAULT DEFAULT')])\n"
    )
    with opened(url) as database:
        database.execute_sql("CREATE TABLE stray (id integer)")
    result = dbkit("verify", "--database", url, "--models", "impossible")
    assert result.exit_code == 2
    assert "table impossible of model Impossible" in result.output
