"""Whatever Peewee takes for models: either an error names the model, or everything works.

`DBKIT_EXAMPLES=5000 pytest tests/laws/test_any_models.py` tries thousands, other ones each time.
"""

from __future__ import annotations

import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any

import peewee as pw
import pytest

from dbkit import DbkitError, create, migrate, rollback, verify
from dbkit.schema.dialect import dialect_for
from dbkit.schema.sql import quoted
from dbkit.transactions import is_open
from dbkit.verification.report import Report

from .any_models import HEAD, NotTaken, built, source
from .test_properties import EXAMPLES

SCHEMAS = """SELECT nspname FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"""
LEFT_BEHIND = """SELECT relname FROM pg_catalog.pg_class
WHERE relnamespace = pg_catalog.pg_my_temp_schema()"""
NOTHING = "No model can be compared"


def law(database: pw.Database, models: list[Any], directory: Path, way: Way) -> None:
    """A refusal names a model. Nothing but what was asked for is left in the database."""
    try:
        report = verify(database, models)
        _require_no_trace(database)
        way(database, models, directory, report)
    except DbkitError as error:
        if isinstance(error, Failed):
            raise
        _require_no_trace(database)
        message = str(error)
    else:
        return
    names = {model.__name__ for model in models}
    names |= {str(getattr(model._meta, "table_name", model.__name__)) for model in models}
    names |= {name.encode(errors="ignore")[:63].decode(errors="ignore") for name in names}
    assert NOTHING in message or any(name in message for name in names), message


class Failed(DbkitError):
    """What dbkit accepted does not work."""


Way = Callable[[pw.Database, list[Any], Path, Report], None]


@contextmanager
def accepted() -> Iterator[None]:
    """From here on, an error is no refusal of the models."""
    try:
        yield
    except DbkitError as error:
        raise Failed(str(error)) from error


def by_migration(database: pw.Database, models: list[Any], directory: Path, report: Report) -> None:
    made = create(database, models, directory, "one")
    with accepted():
        if made:
            migrate(database, directory)
        _require_clean(database, models)
        assert create(database, models, directory, "two") is None
        if made:
            rollback(database, directory)
            migrate(database, directory)
            _require_clean(database, models)


def by_sql(database: pw.Database, models: list[Any], directory: Path, report: Report) -> None:
    """The statements of `diff --format sql`, and every other format."""
    for text in (report.to_text(), report.to_json(), report.to_github(), report.to_sql()):
        text.encode()
    try:
        for statement in report.statements():
            dialect_for(database).execute(database, statement.sql)
    except pw.PeeweeException as error:
        if _peewee_creates(emptied(database), models):
            raise AssertionError("Peewee can create the tables") from error
    else:
        with accepted():
            _require_clean(database, models)


def by_peewee(database: pw.Database, models: list[Any], directory: Path, report: Report) -> None:
    if _peewee_creates(database, models):
        with accepted():
            _require_clean(database, models)


def _peewee_creates(database: pw.Database, models: list[Any]) -> bool:
    try:
        with database.bind_ctx(models, False, False):
            database.create_tables(models, safe=False)
            for model in models if isinstance(database, pw.PostgresqlDatabase) else ():
                for key in model._meta.refs:
                    if key.deferred:  # which Peewee leaves to the caller
                        model._schema.create_foreign_key(key)
    except Exception:  # of whatever class
        return False
    return True


WAYS = (by_migration, by_migration, by_sql, by_peewee)


def _require_clean(database: pw.Database, models: list[Any]) -> None:
    assert not (report := verify(database, models)), str(report)


def _require_no_trace(database: pw.Database) -> None:
    assert not is_open(database)
    if isinstance(database, pw.PostgresqlDatabase):
        assert not database.execute_sql(LEFT_BEHIND).fetchall()
        assert "pg_catalog" not in database.execute_sql("SHOW search_path").fetchone()[0]


def emptied(database: pw.Database) -> pw.Database:
    """The database without anything in it; on SQLite another one."""
    if isinstance(database, pw.SqliteDatabase):
        database = pw.SqliteDatabase(":memory:")
        database.connect()
        return database
    if is_open(database):
        database.close()
    database.connect(reuse_if_open=True)
    for (schema,) in database.execute_sql(SCHEMAS).fetchall():
        database.execute_sql(f"DROP SCHEMA {quoted(schema)} CASCADE".replace("%", "%%"))
    database.execute_sql("CREATE SCHEMA public; DISCARD TEMP")
    return database


def taken(start: int) -> Iterator[tuple[int, str, list[Any]]]:
    """(seed, source, models), of all that Peewee takes."""
    for seed in count(start):
        text = source(Random(seed))  # noqa: S311
        with suppress(NotTaken):
            yield seed, text, built(text)


def failures(database: pw.Database, start: int, examples: int, directory: Path) -> list[str]:
    """What failed, of so many examples from this seed on."""
    found = []
    for seed, text, models in islice(taken(start), examples):
        database = emptied(database)
        try:
            law(database, models, directory / str(seed), WAYS[seed % len(WAYS)])
        except Exception:
            found.append(f"{text}\n# {seed}\n{traceback.format_exc()}")
        shutil.rmtree(directory / str(seed), ignore_errors=True)
    return found


def test_refused_by_name_or_working(database: pw.Database, tmp_path: Path) -> None:
    few = 40 if isinstance(database, pw.SqliteDatabase) else 6
    start = int(time.time()) * 10_000 if EXAMPLES else 0
    found = failures(database, start, EXAMPLES or few, tmp_path)
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
    "a key to itself by its name beside a field of the key's column": [
        "a = pw.BlobField(null=True, column_name='id')",
        "b = pw.DeferredForeignKey('M0', backref='+')",
    ],
    "an empty schema": [FIELD, "class Meta: schema = ''"],
    "a dependency on what is no model": [FIELD, "class Meta: depends_on = [pw.Model, 'M1', None]"],
    "a label that is too long": ["a = EnumField(['x' * 64], 'mood')"],
    "a key to its own column": ["a = pw.ForeignKeyField('self', column_name='id')"],
    "a key to a column with another key": [
        "a = pw.ForeignKeyField('self')",
        "b = pw.ForeignKeyField(Mixin, column_name='id', null=True)",
    ],
    "a primary key of one field, twice": [
        "a = pw.IntegerField(null=True)",
        "class Meta: primary_key = pw.CompositeKey('a', 'a')",
    ],
    **{
        f"a percent sign in {place}, {name}": lines
        for name in ("100%", "%%")
        for place, lines in {
            "a column": [f"a = pw.IntegerField(column_name={name!r})"],
            "a table": [FIELD, f"class Meta: table_name = {name!r}"],
            "a schema": [FIELD, f"class Meta: schema = {name!r}"],
            "a sequence": [f"a = pw.IntegerField(sequence={name!r})"],
            "an index": [FIELD, "", f"M0.add_index(M0.a, name={name!r})"],
            "a check": [f"a = pw.CharField(constraints=[pw.Check(\"a <> '{name}'\")])"],
            "a key": [f"a = pw.ForeignKeyField('self', constraint_name={name!r})"],
        }.items()
    },
    "a field in the place of Peewee's own": [
        FIELD,
        "",
        "class M1(pw.Model): a = pw.ForeignKeyField(M0, column_name='_meta')",
    ],
    "a default of a serial": ["a = pw.AutoField(constraints=[SQL('DEFAULT 5')])"],
    "half a character in a temporary table": [
        FIELD,
        "class Meta: temporary, table_name = True, '\\ud800'",
        "class M1(pw.Model): a = pw.IntegerField()",
    ],
    "half a character in a label": ["a = EnumField(['\\ud800'], 'mood')"],
    "the history's name for a sequence": ["a = pw.IntegerField(sequence='migratehistory')"],
    "the history's name for an index": [FIELD, "", "M0.add_index(M0.a, name='migratehistory')"],
    "the history's name for a type": ["a = EnumField(['a'], 'migratehistory')"],
    "the history's name for a column": ["a = pw.IntegerField(column_name='migratehistory')"],
    "a key of some type to nothing": [
        "a = pw.DeferredForeignKey('M7', constraints=[SQL('COLLATE x')])",
        "class Meta: table_name = 'a.b'",
    ],
    "a column that SQLite declares []": [
        "a = pg.ArrayField(pw.VirtualField, null=True, index=False, unindexed=True)"
    ],
    "an index of what is no column": [
        "a = pw.MetaField(null=True)",
        "b = pw.IntegerField(null=True)",
        "M0.add_index(pw.fn.lower(M0.a), M0.a.desc())",
    ],
    "a table with a long name": [FIELD, f"class Meta: table_name = {'ä' * 40!r}"],
    "a schema with a long name": [FIELD, f"class Meta: schema = {'ä' * 40!r}"],
    "no character in a schema": [FIELD, "class Meta: schema = '\\0'"],
    "a sequence with a long name": [f"a = pw.IntegerField(sequence={'ä' * 40!r})"],
    "a key to a table with a percent sign": [
        "a = pw.IntegerField()",
        "class Meta: temporary = True",
        "M0.add_index(M0.a, name='%')",
        "class M1(pw.Model): a = pw.ForeignKeyField(M0)",
    ],
    "a column of letters beyond A to Z": [
        "a = pw.CharField(column_name='Ǘ')",
        "class Meta: constraints = [pw.Check('\"Ǘ\" <> 1')]",
    ],
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
    text = "\n".join(lines)
    for way in WAYS[1:]:
        law(emptied(database), built(text), tmp_path / way.__name__, way)


def test_what_is_no_model(database: pw.Database, tmp_path: Path) -> None:
    for given in (None, 1, "a.b", pw.Model, pw.Model.__class__, object):
        with pytest.raises(DbkitError, match="is not a model"):
            verify(database, [given])
        with pytest.raises(DbkitError, match="is not a model"):
            create(database, [given], tmp_path / "m")
