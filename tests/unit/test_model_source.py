"""The description of a model, as source."""

from __future__ import annotations

from typing import Any

import pytest

from dbkit.model_source import ModelSource, add_index, clause, imports, is_statement, sql
from dbkit.model_source import with_options as options_of
from dbkit.python_source import Call, body, statement_lines

ID = Call("pw.AutoField")
NAME = Call("pw.TextField")


def source(fields: dict[str, Call], table: str = "t", decorator: str = "", **more: Any) -> str:
    return body(ModelSource("T", "pw.Model", table, fields, **more).statements(decorator)).strip()


def test_the_key_that_peewee_adds_is_written_only_if_nothing_else_is() -> None:
    assert source({"id": ID}) == 'class T(pw.Model):\n    class Meta:\n        table_name = "t"'
    assert source({"id": ID}, "") == "class T(pw.Model):\n    id = pw.AutoField()"
    assert source({"id": ID, "a": NAME}, "") == "class T(pw.Model):\n    a = pw.TextField()"
    assert source({}, "") == "class T(pw.Model):\n    pass"


def test_the_entries_of_meta_are_in_order() -> None:
    text = source({}, key=False, constraints=(clause("CHECK (a > 0)"),),
                  options={"strict_tables": True, "schema": "s", "depends_on": None})  # fmt: skip
    assert [line.split(" = ")[0].strip() for line in text.splitlines()[2:]] == [
        "table_name", "schema", "primary_key", "constraints", "strict_tables",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("index", "line"),
    [
        (add_index(("a", "b")), '        indexes = [(("a", "b"), False)]'),
        (add_index(("a",), unique=True), '        indexes = [(("a",), True)]'),
        (add_index(("a",), "n"), 'T.add_index(T.a, name="n")'),
        (add_index(("a", sql("lower(b)")), "n"), 'T.add_index(T.a, "lower(b)", name="n")'),
        (add_index((sql("created DESC"),), "n"), 'T.add_index("created DESC", name="n")'),
        (add_index(("my a",), "n"), 'T.add_index(getattr(T, "my a"), name="n")'),
        (add_index((sql("create index i on t (a)"),)),
         'T.add_index(pw.SQL("create index i on t (a)"))'),
        (add_index(("a",), "n", True, "gin", False, "a > 0"),
         'T.add_index(T.a, unique=True, name="n", where=pw.SQL("a > 0"), using="gin", '
         "nulls_distinct=False)"),
    ],
)  # fmt: skip
def test_an_index(index: Call, line: str) -> None:
    assert source({}, indexes=(index,)).splitlines()[-1] == line


@pytest.mark.parametrize(
    "fields",
    [{"class": NAME}, {"__a": NAME}, {"pw": NAME, "b": NAME}, {"Other": NAME, "b": Call("Other")}],
)
def test_a_class_whose_body_would_change_a_name_is_a_call_of_type(fields: dict[str, Call]) -> None:
    text = source(fields, decorator="migrator.create_model")
    assert text.startswith("T = migrator.create_model(\n") or "create_model(type(" in text
    assert source({"a": NAME}, decorator="f").startswith("@f\nclass T(pw.Model):")


def test_the_options_of_a_field_are_in_order_and_without_defaults() -> None:
    call = options_of(Call("F", (), {"max_length": 5}), constraints=[], null=True, column_name="b")
    call = options_of(call, index=False, unique=False, on_delete="CASCADE", collation=None)
    assert statement_lines(call) == [
        'F(max_length=5, column_name="b", on_delete="CASCADE", null=True, index=False)'
    ]
    assert options_of(Call("F"), index=None) == Call("F")


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("CHECK (a > 0)", Call("pw.Check", ("a > 0",))),
        ("CHECK ((a > 0)) NO INHERIT", Call("pw.SQL", ("CHECK ((a > 0)) NO INHERIT",))),
        ("DEFAULT 5", Call("pw.Default", ("5",))),
        ("DEFERRABLE", Call("pw.SQL", ("DEFERRABLE",))),
    ],
)
def test_a_clause(words: str, call: Call) -> None:
    assert clause(words) == call


@pytest.mark.parametrize(
    ("words", "answer"),
    [("CREATE INDEX i", True), (" create\nindex i", True), ("ALTER SEQUENCE s", True),
     ("created DESC", False), ("create_year(a)", False), ("altered", False)],
)  # fmt: skip
def test_a_statement(words: str, answer: bool) -> None:
    assert is_statement(words) is answer


def test_imports_are_those_that_the_source_uses() -> None:
    used = (
        "class EnumField: pass\nclass A(pw.Model, StrEnum):\n    a = pg.X(EnumField, ColumnField)"
    )
    assert imports(used) == [
        "from enum import StrEnum\n",
        "import peewee as pw",
        "from dbkit.fields import ColumnField",
        "from playhouse import postgres_ext as pg",
    ]
    assert imports("") == ["import peewee as pw"]
    assert imports("def f(a: Migrator): sq") == [
        "import peewee as pw",
        "from dbkit.migration import Migrator",
        "from playhouse import sqlite_ext as sq",
    ]
