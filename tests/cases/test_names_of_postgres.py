"""Tables that are called like something in pg_catalog, or like something of dbkit's own."""

from __future__ import annotations

import enum

import peewee as pw
import pytest
from playhouse import postgres_ext as pg

from dbkit import DbkitError, EnumField, create, migrate, rollback, verify
from dbkit.schema.dialect import dialect_for

NAMES = ("text", "name", "int4", "oid", "regclass", "date", "_text",
         "dbkit_may_i", "char", "format_type", "unnest", "concat_ws")  # fmt: skip


def called(name: str) -> type[pw.Model]:
    """A model of a table of this name that the server itself must make sense of."""

    fields = {
        "authors": pg.ArrayField(pw.TextField, constraints=[pw.SQL("DEFAULT '{}'::text[]")]),
        "number": pw.IntegerField(constraints=[pw.Check("number IN (1, 2)")]),
        "Meta": type("Meta", (), {"table_name": name}),
    }
    return type(f"Model_{name}", (pw.Model,), fields)


def test_a_table_may_have_the_name_of_a_type(postgres: pw.Database) -> None:
    models = [called(name) for name in NAMES]
    create(postgres, models)
    migrate(postgres)
    report = verify(postgres, models)
    assert not report, report
    postgres.execute_sql("ALTER TABLE text ALTER authors DROP DEFAULT")
    assert str(verify(postgres, models)).count("column authors differs") == 1
    rollback(postgres)
    with dialect_for(postgres).reading(postgres, None) as reading:
        left = {table.name.bare for table in reading.live().tables}
    assert left == {"migratehistory", "dbkit_migratehistory"}


def test_an_enum_type_called_like_a_type_is_a_sentence(postgres: pw.Database) -> None:
    kind = enum.Enum("Kind", {"A": "a"})
    fields = {"kind": EnumField(kind, type_name="date")}
    with pytest.raises(DbkitError, match='EnumField whose type_name is "date"'):
        create(postgres, [type("Dated", (pw.Model,), fields)])


def test_what_others_call_so_is_theirs(postgres: pw.Database) -> None:
    """Functions, domains, enum types and views, in public, of the names that dbkit uses."""
    postgres.execute_sql(
        "CREATE FUNCTION format_type(oid, integer) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;"
        "CREATE FUNCTION unnest(smallint[]) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;"
        "CREATE DOMAIN public.text AS integer; CREATE TYPE public.name AS ENUM ('x');"
        "CREATE VIEW public.pg_class AS SELECT 1 AS oid"
    )
    models = [called("int4")]
    create(postgres, models)
    migrate(postgres)
    report = verify(postgres, models)
    assert not report, report
    rollback(postgres)


@pytest.mark.parametrize("name", ["text", "name"])
def test_the_application_may_have_temporary_tables(postgres: pw.Database, name: str) -> None:
    model = called(name)
    postgres.execute_sql(f"CREATE TEMPORARY TABLE {name} (x integer)")
    postgres.execute_sql("CREATE TEMPORARY TABLE pg_class (oid integer, relname integer)")
    create(postgres, [model])
    postgres.execute_sql("CREATE TABLE public.told (x integer)")
    assert "is missing from the database" in str(verify(postgres, [model]))
