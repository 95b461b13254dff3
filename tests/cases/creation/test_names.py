"""No name, comment or value becomes syntax in a migration, and none hides what the file uses."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbkit import migrate, rollback
from dbkit.fields import EnumField
from dbkit.migration import create
from dbkit.migration.autogenerate import file_text
from dbkit.migration.goal import whole
from dbkit.migration.render_lines import Lines
from dbkit.python_source import Call, flat
from dbkit.schema.diff import diff
from tests.pairs.pair import table

Steps = Callable[..., Any]
# each hides something in the body of a class, or in the function, or is no name to Python
FIELDS = ("pw", "pg", "migrator", "database", "fake", "EnumField", "Level", "type", "print",
          "SQL", "Meta_", "model", "self", "allow_not_null", "class", "None", "from", "a b",
          "__dunder", "ﬁeld", "1st", "a.b", 'a"b', "été")  # fmt: skip
CLASSES = ("pw", "migrator", "database", "fake", "type", "getattr", "None", "class", "1st", "a b",
           "__x", "ﬁeld", "Migrator", "EnumField", "Level", "level", "")  # fmt: skip


def model(name: str, table_name: str, /, **attributes: Any) -> Any:
    meta = type("Meta", (), {"table_name": table_name, "legacy_table_names": False})
    return type(name, (pw.Model,), {"Meta": meta, **attributes})


def round_trip(database: pw.Database, directory: Path, before: Any) -> None:
    rollback(database, directory)
    assert diff(before, whole(database)) == ()
    migrate(database, directory)


def test_a_field_may_have_any_name(database: pw.Database, tmp_path: Path, steps: Steps) -> None:
    """As text, as an enum and as a foreign key; in a new table and in one that is there."""
    level = model("Level", "level", name=pw.TextField())
    first = model("Task", "task", Level=pw.ForeignKeyField(level, backref="+"), a=pw.TextField())
    steps([level, first])
    before = whole(database)

    def fields() -> dict[str, Any]:
        kinds = (
            lambda: pw.TextField(null=True, index=True),
            lambda: EnumField(("a", "b"), "mood", null=True),
            lambda: pw.ForeignKeyField(level, backref="+", null=True),
        )
        return {name: kinds[place % 3]() for place, name in enumerate(FIELDS) if name != "Level"}

    keys = {"Level": pw.ForeignKeyField(level, backref="+"), "a": pw.TextField()}
    old = model("Task", "task", **keys, **fields())
    new = model("Other", "other", **{"Level": pw.ForeignKeyField(level, backref="+"), **fields()})
    for one in (old, new):
        one.add_index(one._meta.fields["from"], one._meta.fields["a b"], name=f"two {one.__name__}")
    steps([level, old, new])
    round_trip(database, tmp_path / "m", before)


def test_a_class_may_have_any_name(database: pw.Database, tmp_path: Path, steps: Steps) -> None:
    before = whole(database)
    models: list[Any] = []
    for place, name in enumerate(CLASSES):
        keys = {"up": pw.ForeignKeyField(models[-1], backref="+")} if models else {}
        own = {"own": pw.ForeignKeyField("self", backref="+", null=True)}
        models.append(model(name, f"t{place}", **keys, **own))
    steps(models)
    round_trip(database, tmp_path / "m", before)
    every = [
        model(name, f"t{place}", a=pw.TextField(null=True)) for place, name in enumerate(CLASSES)
    ]
    steps(every, no_rename=True)


def test_two_classes_of_one_name_point_to_each_other(database: pw.Database, steps: Steps) -> None:
    """As those of two modules may be called."""
    first = model("User", "a_user", other=pw.DeferredForeignKey("USER", null=True, backref="+"))
    second = model("USER", "b_user", other=pw.ForeignKeyField(first, backref="+"))
    third = model("User", "c_user", other=pw.ForeignKeyField(second, backref="+"))
    made = steps([first, second, third])
    assert made.text.count("create_model") == 3


ODD = ("it's", 'a "b"', "a\nb", "a\\", "a.b", "50%", "# imports", '"""', "{summary}", "\t", "𝔘😀",
       "\u202ea", "a;b", "%(x)s", "\u2028", "'\\'")  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_word_may_be_anywhere(
    database: pw.Database, tmp_path: Path, steps: Steps, odd: str
) -> None:
    before = whole(database)
    is_postgres = isinstance(database, pw.PostgresqlDatabase)
    name = odd.replace("%", "٪") if is_postgres else odd  # Peewee does not double it in a name

    def models(**more: Any) -> list[Any]:
        text = odd.replace("'", "''").replace("%", "%%" if is_postgres else "%")
        meta = {"constraints": [pw.Check(f"n <> '{text}!'", f"check {name}")]}
        one = table(
            name,
            meta,
            a=pw.TextField(constraints=[pw.SQL(f"DEFAULT '{text}'")], column_name=f"{name}."),
            n=pw.TextField(null=True),
            e=EnumField(("x", odd), f"type {name}"),
            **more,
        )
        one.add_index(one.a, name=f"index {name}")
        return [one]

    steps(models())
    between = whole(database)
    steps(models(**{"b": pw.TextField(null=True, column_name=f"{name}!")}))
    round_trip(database, tmp_path / "m", between)
    rollback(database, tmp_path / "m")
    rollback(database, tmp_path / "m")
    assert diff(before, whole(database)) == ()


WORDS = st.text(st.characters(exclude_categories=()), max_size=12)


@settings(max_examples=300, deadline=None)
@given(summary=WORDS, words=st.lists(WORDS), options=st.dictionaries(WORDS, WORDS))
def test_a_file_says_the_same_to_python(
    summary: str, words: list[str], options: dict[str, str]
) -> None:
    from dbkit.migration.render_file import quotable

    lines = Lines()
    lines.call("any", *words, **{name: value for name, value in options.items() if name != "name"})
    text = file_text(f"A{quotable(summary)}.", lines, Lines())
    tree = ast.parse(text)
    compile(text.encode("utf-8"), "file", "exec")
    (call,) = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert [ast.literal_eval(one) for one in call.args] == words
    found: dict[str, str] = {}
    for one in call.keywords:
        value = ast.literal_eval(one.value)
        found |= {one.arg: value} if one.arg else value
    assert found == {name: value for name, value in options.items() if name != "name"}
    assert ast.literal_eval(flat(options)) == options
    assert flat(Call("a", ("x",))) == 'a("x")'


def test_a_field_called_as_its_model(database: pw.Database, tmp_path: Path, steps: Steps) -> None:
    level = model("Level", "level", name=pw.CharField())
    task = model("Task", "task", Level=pw.ForeignKeyField(level))
    steps([level, task])
    assert create(database, [level, task], tmp_path / "m", write=False) is None
