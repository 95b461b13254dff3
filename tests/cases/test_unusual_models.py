"""Models that Peewee takes, and that say of a table something other than they seem to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import EnumField, create, migrate, rollback, verify
from dbkit.errors import ModelsError
from dbkit.schema.peewee_models import truncated
from dbkit.transactions import is_open


def table(name: str, meta: dict[str, Any] | None = None, /, **fields: Any) -> Any:
    options = {"table_name": name, "legacy_table_names": False, **(meta or {})}
    return type("Model", (pw.Model,), {"Meta": type("Meta", (), options), **fields})


def declared(type_: str) -> Any:
    return type("Declared", (pw.Field,), {"field_type": type_})(null=True)


LONG = "n" * 70
WIDE = "ä" * 40  # 80 bytes: the cut comes within a letter


def with_key(name: str) -> list[Any]:
    parent = table(name, **{name: pw.IntegerField(), "code": pw.CharField(primary_key=True)})
    return [parent, table("child", parent=pw.ForeignKeyField(parent, column_name=name))]


MODELS: dict[str, Callable[[], list[Any]]] = {
    "id that is no key": lambda: [table("t", id=pw.CharField(unique=True), n=pw.IntegerField())],
    "id beside a key": lambda: [table("t", id=pw.IntegerField(), c=pw.CharField(primary_key=True))],
    "id that is no key, and a key to it": lambda: [
        (t := table("t", id=pw.IntegerField(unique=True))),
        table("u", t=pw.ForeignKeyField(t)),
    ],
    "long names": lambda: with_key(LONG),
    "long names of other letters": lambda: with_key(WIDE),
    "long names in a key and an index": lambda: [
        table("t", {"primary_key": pw.CompositeKey("a", "b"), "indexes": [(("b", "a"), True)]},
              a=pw.IntegerField(column_name=LONG), b=pw.IntegerField(index=True))
    ],
    "letters beyond A to Z in both cases": lambda: [
        (t := table("Ǘ", {"constraints": [pw.Check('"Ä" <> "ä"')]},
                    a=pw.CharField(column_name="Ä"),
                    b=pw.CharField(column_name="ä", unique=True),
                    c=EnumField(["x", "X"], "mood", column_name="Ǘ"))),
        table("ǘ", {"primary_key": False}, a=pw.ForeignKeyField(t, column_name="İ"),
              b=pw.ForeignKeyField(t, field="b", column_name="i̇")),
    ],
    "a default of NULL": lambda: [
        table("t", a=pw.CharField(null=True, constraints=[pw.SQL("DEFAULT NULL")]))
    ],
    **{
        f"type {type_}": lambda type_=type_: [table("t", a=declared(type_))]
        for type_ in (
            "CHAR", "CHAR(3)", "DEC", "NUMERIC(5)", "NUMERIC( 5 , 2 )", "FLOAT(24)", "FLOAT(25)",
            "VARCHAR", "BIT", "BIT(3)", "TIME(3)", "TIMESTAMP(3)",
            "INT", "integer", "Varchar(10)", "NATIONAL CHARACTER VARYING(5)", "DOUBLE PRECISION",
            "INTERVAL", "DATE",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_equal_to_what_peewee_creates_and_what_a_migration_creates(
    database: pw.Database, name: str, tmp_path: Path
) -> None:
    models = MODELS[name]()
    assert create(database, models, tmp_path / "m", "one")
    migrate(database, tmp_path / "m")
    assert not (report := verify(database, models)), str(report)
    assert create(database, models, tmp_path / "m", "two") is None
    rollback(database, tmp_path / "m")
    with database.bind_ctx(models, False, False):
        database.create_tables(models)
    assert not (report := verify(database, models)), str(report)


def star_and_match() -> list[Any]:
    star = table("star", source_id=pw.BigIntegerField(primary_key=True))
    match = table("match", source_id=pw.BigIntegerField(primary_key=True),
                  star=pw.ForeignKeyField(star, column_name="source_id"))  # fmt: skip
    return [star, match]


def team_and_season() -> list[Any]:
    team = table("team", team_id=pw.IntegerField(primary_key=True))
    season = table("team", team_id=pw.IntegerField(primary_key=True), wins=pw.IntegerField())
    return [team, season, table("game", home=pw.ForeignKeyField(team))]


@pytest.mark.parametrize(
    ("models", "tables"),
    [
        (
            star_and_match,
            "CREATE TABLE star (source_id bigint NOT NULL PRIMARY KEY);"
            "CREATE TABLE match (source_id bigint NOT NULL PRIMARY KEY REFERENCES star)",
        ),
        (
            team_and_season,
            "CREATE TABLE team (team_id integer PRIMARY KEY, wins integer NOT NULL);"
            "CREATE TABLE game (id integer PRIMARY KEY, home_id integer NOT NULL REFERENCES team)",
        ),
    ],
)
def test_several_fields_of_a_column(
    database: pw.Database, models: Callable[[], list[Any]], tables: str, tmp_path: Path
) -> None:
    made = models()
    assert create(database, made, tmp_path / "m", "one")
    migrate(database, tmp_path / "m")
    assert not (report := verify(database, made)), str(report)
    assert create(database, made, tmp_path / "m", "two") is None
    rollback(database, tmp_path / "m")
    if isinstance(database, pw.SqliteDatabase):
        tables = tables.replace("bigint", "integer").replace("integer PR", "integer NOT NULL PR")
    for sql in tables.split(";"):
        database.execute_sql(sql)
    found = {change.item.name for change in verify(database, made).changes}
    assert found <= {"id", "game_home_id"}  # what Peewee adds to the second example


def test_names_that_are_cut_to_one(database: pw.Database, tmp_path: Path) -> None:
    models = [table("t", a=pw.IntegerField(column_name=LONG + "a"),
                    b=pw.TextField(column_name=LONG + "b"))]  # fmt: skip
    if isinstance(database, pw.SqliteDatabase):
        assert create(database, models, tmp_path / "m", "one")
        return
    tables = [table(LONG + "a", a=pw.IntegerField()), table(LONG + "b", a=pw.IntegerField())]
    for unclear in models, tables:
        with pytest.raises(ModelsError, match=truncated(LONG)):
            verify(database, unclear)
        with pytest.raises(ModelsError, match=truncated(LONG)):
            create(database, unclear, tmp_path / "m", "one")


def test_a_schema_that_sqlite_lacks(tmp_path: Path) -> None:
    database = pw.SqliteDatabase(":memory:")
    models = [table("t", {"schema": "x"}, a=pw.IntegerField())]
    with pytest.raises(ModelsError, match="SQLite has no schema x"):
        verify(database, models)
    with pytest.raises(ModelsError, match="SQLite has no schema x"):
        create(database, models, tmp_path / "m", "one")
    database.attach(":memory:", "x")
    assert create(database, models, tmp_path / "m", "one")
    migrate(database, tmp_path / "m")
    assert not verify(database, models)


ENDS = {
    "CHECK": "CHECK (a > 0)); COMMIT; --",
    "DEFAULT": "DEFAULT 1); ROLLBACK; --",
    "another transaction": "CHECK (a > 0)); COMMIT; BEGIN; --",
}


@pytest.mark.parametrize("sql", ENDS.values(), ids=ENDS)
def test_sql_of_a_model_that_ends_the_transaction(postgres: pw.Database, sql: str) -> None:
    """It is refused, and every temporary table that it commits is dropped."""
    postgres.execute_sql("CREATE TEMPORARY TABLE mine (id serial)")
    before = postgres.execute_sql(TEMPORARY).fetchall()
    model = table("t", a=pw.IntegerField(constraints=[pw.SQL(sql)]), b=mood())
    for _ in range(2):
        with pytest.raises(ModelsError, match="Model"):
            verify(postgres, [model])
        assert not is_open(postgres)
        assert postgres.execute_sql(TEMPORARY).fetchall() == before
    assert not postgres.table_exists("t")


def mood() -> Any:
    return EnumField(["sad", "happy"], "mood")


TEMPORARY = """SELECT relname FROM pg_catalog.pg_class
WHERE relnamespace = pg_catalog.pg_my_temp_schema()
UNION ALL SELECT typname FROM pg_catalog.pg_type
WHERE typnamespace = pg_catalog.pg_my_temp_schema() ORDER BY 1"""


def test_sql_of_a_model_that_names_the_tables_schema(postgres: pw.Database, tmp_path: Path) -> None:
    """dbkit tries the SQL on a temporary table, not on the live table."""
    first = table("t", {"schema": "app"}, a=pw.IntegerField(null=True))
    first.add_index(pw.SQL("CREATE INDEX t_x ON app.t (a)"))
    second = table("t", {"schema": "public"}, a=pw.IntegerField(null=True))
    second.add_index(pw.SQL('CREATE INDEX t_y ON "public" . "t" (a, id)'))
    third = table("A b", a=pw.IntegerField(null=True))
    third.add_index(pw.SQL('CREATE INDEX t_z ON public."A b" (a)'))
    models = [first, second, third]
    create(postgres, models, tmp_path)
    migrate(postgres, tmp_path)
    assert not (report := verify(postgres, models, strict=True)), str(report)
    assert create(postgres, models, tmp_path) is None
