"""Dots in the names of schemas, tables, types and sequences, where texts of two names are equal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import migrate, rollback, verify
from dbkit.adoption import written
from dbkit.fields import EnumField
from dbkit.migration import create
from dbkit.reflection import reflected
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name


def model(title: str, schema: str | None, table: str, **fields: Any) -> Any:
    options = {"table_name": table, "schema": schema}
    return type(title, (pw.Model,), {**fields, "Meta": type("Meta", (), options)})


def models(more: bool = False) -> list[Any]:
    """Two tables whose texts are equal, with types, sequences and foreign keys."""
    first = model("First", "a", "b.c", size=pw.IntegerField(),
                  state=EnumField(["x"], "k.t"))  # fmt: skip
    second = model("Second", "a.b", "c", state=EnumField(["y", "z"], "t"),
                   first=pw.ForeignKeyField(first))  # fmt: skip
    third = model("Third", None, "a.b.c", second=pw.ForeignKeyField(second),
                  **({"n": pw.IntegerField(null=True)} if more else {}))  # fmt: skip
    if more:
        for one in (first, second):
            one._meta.add_field("n", pw.IntegerField(null=True))
    return [first, second, third]


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    return tmp_path / "m"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[pw.Database]:
    database = pw.SqliteDatabase(tmp_path / "file.db")
    with database.connection_context():
        yield database


def names(database: pw.Database) -> set[tuple[Name, int]]:
    """The tables, with the number of their columns."""
    with dialect_for(database).reading(database, None) as reading:
        tables = reading.live().tables
    return {(table.name, len([one for one in table.parts if type(one).__name__ == "Column"]))
            for table in tables if "migratehistory" not in table.name.bare}  # fmt: skip


def test_names_with_equal_texts_on_postgres(postgres: pw.Database, steps: Path) -> None:
    before = names(postgres)
    create(postgres, models(), steps, "one")
    migrate(postgres, steps)
    assert not (report := verify(postgres, models())), str(report)
    first = names(postgres)
    made = create(postgres, models(more=True), steps, "two")
    assert made is not None
    assert all(text in made.text for text in ('"a"."b.c"', '"a.b"."c"', '"a.b.c"'))
    migrate(postgres, steps)
    assert not (report := verify(postgres, models(more=True))), str(report)
    assert names(postgres) == {(name, count + 1) for name, count in first}
    rollback(postgres, steps)
    assert names(postgres) == first
    rollback(postgres, steps)
    assert names(postgres) == before


def test_models_of_tables_with_equal_texts(postgres: pw.Database, steps: Path) -> None:
    create(postgres, models(), steps, "one")
    migrate(postgres, steps)
    with dialect_for(postgres).reading(postgres, None) as reading:
        live = reading.live()
    wanted = [Name("a", "b.c"), Name("a.b", "c"), Name("", "a.b.c")]
    adopted = reflected(live, "postgresql", wanted)
    assert adopted.keys() == set(wanted)
    assert not verify(postgres, adopted.values())


def test_the_sql_of_a_report(postgres: pw.Database) -> None:
    sql = verify(postgres, models()).to_sql()
    for name in ('"a"."b.c"', '"a.b"."c"', '"a.b.c"', '"a"."k.t"', '"a.b"."t"'):
        assert name in sql


def test_a_foreign_key_to_a_dotted_table_is_adopted_on_sqlite(file: pw.Database) -> None:
    file.execute_sql('CREATE TABLE "b.c" (id INTEGER NOT NULL PRIMARY KEY)')
    file.execute_sql('CREATE TABLE d (id INTEGER NOT NULL PRIMARY KEY, '
                       'c_id INTEGER NOT NULL REFERENCES "b.c" (id))')  # fmt: skip
    with dialect_for(file).reading(file, None) as reading:
        found = written(reading.live(), "sqlite")
    assert "ForeignKeyField(BC" in found.source
    assert not found.left_out


def test_dotted_tables_on_sqlite(file: pw.Database, steps: Path) -> None:
    def both(**more: Any) -> list[Any]:
        first = model("First", None, "a.b", **more)
        return [first, model("Second", None, "c", first=pw.ForeignKeyField(first))]

    create(file, both(), steps, "one")
    migrate(file, steps)
    first = names(file)
    create(file, both(n=pw.IntegerField(null=True)), steps, "two")
    migrate(file, steps)
    assert not verify(file, both(n=pw.IntegerField(null=True)))
    rollback(file, steps)
    assert names(file) == first
