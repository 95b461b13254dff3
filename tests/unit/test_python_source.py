"""Python source, wrapped as ruff would."""

from __future__ import annotations

import ast

import pytest

from dbkit.python_source import Call, Class, Code, body, is_name, lines, module, text

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
    some = Class("Some", "Base", {"a": Call("pw.F")}, {"schema": "s"})
    call = Call("Some.add_index", ("a",))
    assert module("Doc.", ["import peewee as pw"], body([base, some, call, call]), ["Note."]) == (
        '"""Doc."""\n\nimport peewee as pw\n\n\nclass Base(pw.Model):\n    pass\n\n\n'
        'class Some(Base):\n    a = pw.F()\n\n    class Meta:\n        schema = "s"\n\n\n'
        'Some.add_index("a")\nSome.add_index("a")\n\n\n# - Note.\n'
    )


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({"a": 1, "class": 2, "b c": "x"}, 'f(a=1, **{"class": 2, "b c": "x"})'),
        ({"ﬁ": 1}, 'f(**{"ﬁ": 1})'),
        ({}, "f()"),
    ],
)
def test_a_keyword_that_source_cannot_say(options: dict[str, object], source: str) -> None:
    assert lines("", Call("f", (), options), "", "") == [source]


@pytest.mark.parametrize(
    ("name", "answer"),
    [("a", True), ("größe", True), ("class", False), ("a b", False), ("1a", False), ("ﬁ", False)],
)
def test_a_name(name: str, answer: bool) -> None:
    assert is_name(name) is answer


def test_wide_letters_take_two_columns() -> None:
    wide = Call("f", ("日" * 40, "x" * 20))
    assert len(lines("", wide, "", "")) == 4
    assert len(lines("", Call("f", ("d" * 40, "x" * 20)), "", "")) == 1
