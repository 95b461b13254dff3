"""`fill` gives new columns their constant without writing rows, and else needs one UPDATE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import peewee as pw
import pytest

from dbkit import EnumField
from dbkit.migration import create
from dbkit.migration.migrator import Migrator
from dbkit.schema.dialect import dialect_for
from tests.conftest import listening
from tests.pairs.pair import table

SQL = pw.SQL("lower('ABC')")
# field, value, the values of the rows, whether PostgreSQL writes the rows
CONSTANTS: dict[str, tuple[Callable[..., Any], Any, Any, bool]] = {
    "integer": (pw.IntegerField, -7, -7, False),
    "big": (pw.BigIntegerField, 2**40, 2**40, False),
    "boolean": (pw.BooleanField, False, False, False),
    "text": (pw.TextField, "it's 100% \\n \"x\" é", "it's 100% \\n \"x\" é", False),
    "decimal": (lambda **o: pw.DecimalField(9, 2, **o), Decimal("-0.50"), Decimal("-0.5"), False),
    "sql": (pw.TextField, SQL, "abc", True),
    "enum": (lambda **o: EnumField(("a", "b"), "kind_of_fill", **o), "b", "b", True),
    "json": (pw.JSONField, {"a": [1, "%"]}, {"a": [1, "%"]}, True),
    "float": (pw.DoubleField, 0.1, 0.1, True),
}  # fmt: skip


def note(**more: Any) -> Any:
    return table("note", text=pw.TextField(), **more)


@contextmanager
def migrating(database: pw.Database) -> Iterator[Migrator]:
    """A migration of a table with two rows."""
    migrator = Migrator(database)
    migrator.create_model(note())
    migrator()
    database.execute_sql("INSERT INTO note (text) VALUES ('a'), ('b')")
    with dialect_for(database).migrating(database):
        yield migrator
        migrator()


def values(model: Any, *names: str) -> list[Any]:
    fields = [model._meta.fields[name] for name in names]
    return list(model.select(*fields).order_by(model.text).tuples())


@pytest.mark.parametrize("case", CONSTANTS)
def test_a_constant_comes_with_its_column(database: pw.Database, case: str) -> None:
    kind, value, stored, writes = CONSTANTS[case]
    with listening(database) as sent, migrating(database) as migrator:
        if case == "enum":
            migrator.create_enum("kind_of_fill", ("a", "b"))
        migrator.add_fields("note", c=kind(null=True), d=pw.IntegerField(null=True))
        migrator.fill("note", d=1)
        migrator.add_not_null("note", "d")
        migrator.fill("note", c=value)
        migrator.add_not_null("note", "c")
    on_postgres = isinstance(database, pw.PostgresqlDatabase)
    updates = [sql for sql in sent if sql.startswith("UPDATE") and "note" in sql]
    assert len(updates) == (writes if on_postgres else 2)
    assert values(migrator.orm["note"], "c", "d") == [(stored, 1), (stored, 1)]
    columns = {column.name: column for column in database.get_columns("note")}
    assert (columns["c"].null, columns["c"].default) == (False, None)
    assert (columns["d"].null, columns["d"].default) == (False, None)


def test_rows_that_have_a_value_keep_it(database: pw.Database) -> None:
    with migrating(database) as migrator:
        migrator.add_fields("note", c=pw.IntegerField(null=True), d=pw.IntegerField(null=True))
        migrator.sql("UPDATE note SET c = 5 WHERE text = 'a'")
        with listening(database) as sent:
            migrator.fill("note", c=6, d=7)
    assert len([sql for sql in sent if sql.startswith("UPDATE")]) == 1
    assert values(migrator.orm["note"], "text", "c", "d") == [("a", 5, 7), ("b", 6, 7)]


def test_create_writes_one_fill_for_a_table(
    database: pw.Database, steps: Callable[..., Any]
) -> None:
    steps([note()])
    database.execute_sql("INSERT INTO note (text) VALUES ('a'), ('b')")
    model = note(c=pw.TextField(), d=pw.BooleanField(default=True))
    made = steps([model], fill={"note.c": "sql: text || '%'"})
    percent = "%%" if isinstance(database, pw.PostgresqlDatabase) else "%"
    assert f"""fill("note", c=pw.SQL("text || '{percent}'"), d=True)""" in made.text
    with database.bind_ctx([model]):
        assert values(model, "c", "d") == [("a%", True), ("b%", True)]
    assert create(database, [model], write=False, directory="none") is not None
