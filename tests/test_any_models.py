"""Whatever Peewee takes for models: either an error names the model, or everything works.

`DBKIT_EXAMPLES=5000 pytest tests/test_any_models.py` tries thousands, other ones each time.
"""

from __future__ import annotations

import time
import traceback
from pathlib import Path
from random import Random
from typing import Any

import peewee as pw
import pytest

from dbkit import DbkitError, create, migrate, rollback, verify
from dbkit.schema.statements import quoted

from .any_models import HEAD, NotTaken, built, source
from .test_properties import EXAMPLES

SCHEMAS = """SELECT nspname FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"""
NOTHING = "no model of a lasting table"


def law(database: pw.Database, models: list[Any], directory: Path) -> None:
    try:
        verify(database, models)
        made = create(database, models, directory, "one")
    except DbkitError as error:
        message = str(error)
    else:
        _require_working(database, models, directory, made is not None)
        return
    names = {name for model in models for name in (model.__name__, model._meta.table_name)}
    assert NOTHING in message or any(name in message for name in names), message


def _require_working(
    database: pw.Database, models: list[Any], directory: Path, changes: bool
) -> None:
    if changes:
        migrate(database, directory)
    assert not (report := verify(database, models)), str(report)
    assert create(database, models, directory, "two") is None
    if changes:
        rollback(database, directory)
        migrate(database, directory)
        assert not (report := verify(database, models)), str(report)


def emptied(database: pw.Database) -> None:
    if isinstance(database, pw.SqliteDatabase):
        return
    for (schema,) in database.execute_sql(SCHEMAS).fetchall():
        database.execute_sql(f"DROP SCHEMA {quoted(schema)} CASCADE".replace("%", "%%"))
    database.execute_sql("CREATE SCHEMA public")


def failures(database: pw.Database, seeds: range, directory: Path) -> list[str]:
    found = []
    for seed in seeds:
        text = source(Random(seed))  # noqa: S311
        try:
            models = built(text)
        except NotTaken:
            continue
        if isinstance(database, pw.SqliteDatabase):
            database = pw.SqliteDatabase(":memory:")
            database.connect()
        emptied(database)
        try:
            law(database, models, directory / str(seed))
        except Exception:
            found.append(f"{text}\n# {seed}\n{traceback.format_exc()}")
    return found


def test_refused_by_name_or_working(database: pw.Database, tmp_path: Path) -> None:
    few = 40 if isinstance(database, pw.SqliteDatabase) else 6
    start = int(time.time()) * 10_000 if EXAMPLES else 0
    found = failures(database, range(start, start + (EXAMPLES or few)), tmp_path)
    assert not found, f"{len(found)} failed\n\n" + min(found, key=len)


FIELD = "a = pw.IntegerField()"
MODELS = {  # the lines of a class, and what is said after it
    "a key that is never resolved": ["a = pw.DeferredForeignKey('Nowhere')"],
    "an index of no field": [FIELD, "class Meta: indexes = ((('b',), True),)"],
    "a key of no field": [FIELD, "class Meta: primary_key = pw.CompositeKey('a', 'b')"],
    "half a character": ["a = pw.IntegerField(column_name='\\ud800')"],
    "half a character in SQL": ["a = pw.TextField(constraints=[SQL(\"DEFAULT '\\ud800'\")])"],
    "an unbound parameter": ["a = pw.IntegerField(constraints=[SQL('CHECK (a > %s)')])"],
    "an index of nothing": [FIELD, "", "M0.add_index(SQL(''))"],
    "a schema of the connection's": [FIELD, "class Meta: schema = 'temp'"],
    "an index of another kind": ["a = pw.CharField(index=True, index_type='GIST')"],
    "a key to itself beside a field of its column": [
        "a = pw.IntegerField(column_name='x')",
        "b = pw.ForeignKeyField('self', column_name='x')",
    ],
    "an empty schema": [FIELD, "class Meta: schema = ''"],
    "a dependency on what is no model": [FIELD, "class Meta: depends_on = [pw.Model, 'M1', None]"],
    "a statement for an index": [
        FIELD,
        "class Meta: table_settings = ['--']",
        "M0.add_index(SQL('SELECT 1'))",
    ],
}


@pytest.mark.parametrize("name", MODELS)
def test_models_that_failed_with_other_errors(
    database: pw.Database, name: str, tmp_path: Path
) -> None:
    first, second, *after = [*MODELS[name], ""]
    lines = [HEAD, "class M0(pw.Model):", f"    {first}", f"    {second}", *after]
    models = built("\n".join(lines))
    law(database, models, tmp_path / "m")


def test_what_is_no_model(database: pw.Database, tmp_path: Path) -> None:
    for given in (None, 1, "a.b", pw.Model, pw.Model.__class__, object):
        with pytest.raises(DbkitError, match="is not a model"):
            verify(database, [given])
        with pytest.raises(DbkitError, match="is not a model"):
            create(database, [given], tmp_path / "m")
