"""Python source, wrapped as ruff would."""

from __future__ import annotations

import ast

import pytest

from dbkit.adoption.python_names import class_name, field_name, member_names
from dbkit.python_source import Call, Class, Code, lines, module, text

LONG = "x" * 40


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("", '""'),
        ("it's", '"it\'s"'),
        ('say "x"', "'say \"x\"'"),
        ("'\"", '"\'\\""'),
        ('"\'"', "'\"\\'\"'"),
        ("\\ \n é \x00", '"\\\\ \\n é \\x00"'),
    ],
)
def test_a_string(value: str, source: str) -> None:
    assert text(value) == source
    assert ast.literal_eval(source) == value


def test_a_call_that_fits() -> None:
    call = Call("f", (1, Code("x"), ["a"], ("b",)), {"k": None, "d": {"m": True}})
    assert lines("a = ", call, "", "") == ['a = f(1, x, ["a"], ("b",), k=None, d={"m": True})']


def test_a_call_that_takes_more_than_a_line() -> None:
    assert lines("name = ", Call("f", (LONG, LONG), {"k": 1}), "", "    ") == [
        "    name = f(",
        f'        "{LONG}", "{LONG}", k=1',
        "    )",
    ]
    assert lines("", Call("f", (LONG, [LONG, LONG])), "", "") == [
        "f(",
        f'    "{LONG}",',
        f'    ["{LONG}", "{LONG}"],',
        ")",
    ]


def test_a_module() -> None:
    base = Class("Base", "pw.Model")
    some = Class("Some", "Base", (("a", Call("pw.F")),), (("schema", "s"),))
    call = Call("Some.add_index", ("a",))
    assert module("Doc.", ["import peewee as pw\n"], [base, some, call, call], ["Note."]) == (
        '"""Doc."""\n\nimport peewee as pw\n\n\nclass Base(pw.Model):\n    pass\n\n\n'
        'class Some(Base):\n    a = pw.F()\n\n    class Meta:\n        schema = "s"\n\n\n'
        'Some.add_index("a")\nSome.add_index("a")\n\n\n# - Note.\n'
    )


@pytest.mark.parametrize(
    ("table", "name"),
    [("order_lines", "OrderLines"), ("Order Details", "OrderDetails"), ("2fa", "Table2fa"),
     ("@", "Table"), ("ünïts", "Ünïts"), ("api_keys", "ApiKeys")],
)  # fmt: skip
def test_class_names(table: str, name: str) -> None:
    assert class_name(table) == name


@pytest.mark.parametrize(
    ("column", "name"),
    [("CustomerID", "customer_id"), ("a b", "a_b"), ("_meta", "meta"), ("1st", "column_1st"),
     ("'", "column"), ("ﬁ", "fi")],
)  # fmt: skip
def test_field_names(column: str, name: str) -> None:
    assert field_name(column) == name


def test_foreign_keys_lose_their_ending() -> None:
    assert field_name("user_id", is_foreign_key=True) == "user"
    assert field_name("_id", is_foreign_key=True) == "id"


def test_labels_of_an_enum() -> None:
    assert member_names(["on", "PG-13"]) == ["ON", "PG_13"]
    assert member_names(["a-b", "a_b"]) is None
    assert member_names([""]) is None
