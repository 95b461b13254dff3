"""What only a person knows is asked for, and nothing is written until it is answered; what loses
data is said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import DbkitError, EnumField, migrate
from dbkit.migration import Undecided, create
from dbkit.schema.dialect import dialect_for
from tests.pairs.pair import Pair, default, t, table


@dataclass(frozen=True)
class Open:
    """`flags` settle it: each is in the hint, and the keywords make `create` go through."""

    pair: Pair
    flags: tuple[str, ...]
    answers: dict[str, Any] = field(default_factory=dict)


def ab(**fields: Any) -> list[Any]:
    return t(a=pw.CharField(20), **fields)


def mood(*labels: str) -> list[Any]:
    return t(a=EnumField(labels, "mood"))


def asked(new: Any, *flags: str, **answers: Any) -> Open:
    """A column b that comes."""
    return Open(Pair(ab, lambda: ab(b=new())), flags or ("--fill t.b=",), answers)


NO_RENAME = {"no_rename": True}

OPEN: dict[str, Open] = {
    "column renamed": Open(
        Pair(ab, lambda: t(c=pw.CharField(20))), ("--rename t.a:c", "--no-rename"),
        {"rename": {"t.a": "c"}},
    ),
    "column gone, another come": Open(
        Pair(ab, lambda: t(c=pw.CharField(20, null=True))), ("--rename t.a:c", "--no-rename"),
        NO_RENAME,
    ),
    "column with an index renamed": Open(
        Pair(lambda: t(a=pw.CharField(20, unique=True)),
             lambda: t(c=pw.CharField(20, unique=True))),
        ("--rename t.a:c", "--no-rename"), {"rename": {"t.a": "c"}},
    ),
    "one of two columns renamed": Open(
        Pair(lambda: ab(b=pw.CharField(20)), lambda: t(c=pw.CharField(20))),
        ("--rename t.a:c", "--rename t.b:c", "--no-rename"), {"rename": {"t.b": "c"}},
    ),
    "column renamed to one of two": Open(
        Pair(ab, lambda: t(c=pw.CharField(20, null=True), d=pw.CharField(20, null=True))),
        ("--rename t.a:c", "t.a:d", "--no-rename"), {"rename": {"t.a": "d"}},
    ),
    "column that points somewhere renamed": Open(
        Pair(lambda: [p := table("p"), table("t", old=pw.ForeignKeyField(p))],
             lambda: [p := table("p"), table("t", new=pw.ForeignKeyField(p))]),
        ("--rename t.old_id:new_id", "--no-rename"), {"rename": {"t.old_id": "new_id"}},
    ),
    "key renamed": Open(
        Pair(ab, lambda: t(number=pw.AutoField(), a=pw.CharField(20))),
        ("--rename t.id:number", "--no-rename"), {"rename": {"t.id": "number"}},
    ),
    "columns renamed in two tables": Open(
        Pair(lambda: [*ab(), table("u", a=pw.TextField())],
             lambda: [*t(c=pw.CharField(20)), table("u", d=pw.TextField())]),
        ("--rename t.a:c", "--rename u.a:d", "--no-rename"),
        {"rename": {"t.a": "c", "u.a": "d"}},
    ),
    "one rename of two said": Open(
        Pair(lambda: [*ab(), table("u", a=pw.TextField())],
             lambda: [*t(c=pw.CharField(20)), table("u", d=pw.TextField(null=True))]),
        ("--rename u.a:d",), {"rename": {"t.a": "c", "u.a": "d"}},
    ),
    "table renamed": Open(
        Pair(ab, lambda: [table("u", a=pw.CharField(20))]), ("--rename t:u", "--no-rename"),
        {"rename": {"t": "u"}},
    ),
    "table gone, another come": Open(
        Pair(ab, lambda: [table("u", a=pw.CharField(20))]), ("--rename t:u", "--no-rename"),
        NO_RENAME,
    ),
    "table and column renamed": Open(
        Pair(lambda: ab(b=pw.TextField(), c=pw.TextField()),
             lambda: [table("u", a=pw.CharField(20), b=pw.TextField(), d=pw.TextField())]),
        ("--rename t:u", "--no-rename"), {"rename": {"t": "u", "t.c": "d"}},
    ),
    "label renamed": Open(
        Pair(lambda: mood("x", "y"), lambda: mood("x", "z")),
        ("--rename mood.y:z", "--no-rename"), {"rename": {"mood.y": "z"}},
    ),
    "label gone, another come": Open(
        Pair(lambda: mood("x", "y"), lambda: mood("z", "x")),
        ("--rename mood.y:z", "--no-rename"), NO_RENAME,
    ),
    "not null": asked(pw.CharField, fill={"t.b": "x"}),
    "not null, number": asked(pw.IntegerField, fill={"t.b": "1"}),
    "not null, function for a default": asked(
        lambda: pw.DateTimeField(default=dt.datetime.now), fill={"t.b": "2020-01-01"}
    ),
    "not null, foreign key": Open(
        Pair(lambda: [table("p"), *ab()],
             lambda: [p := table("p"), *ab(p=pw.ForeignKeyField(p))]),
        ("--fill t.p_id=",),
    ),
    "not null, enum": asked(lambda: EnumField(("x", "y"), "mood"), fill={"t.b": "x"}),
    "not null from now on": Open(
        Pair(lambda: t(a=pw.IntegerField(null=True)), lambda: t(a=pw.IntegerField())),
        ("--fill t.a=",), {"fill": {"t.a": "1"}},
    ),
    "two not null": Open(
        Pair(ab, lambda: ab(b=pw.TextField(), c=pw.IntegerField())),
        ("--fill t.b=", "--fill t.c="), {"fill": {"t.b": "x", "t.c": "1"}},
    ),
    "renamed or not null": Open(
        Pair(ab, lambda: t(c=pw.CharField(20), d=pw.IntegerField())),
        ("--rename t.a:c", "--no-rename"), {"rename": {"t.a": "c"}, "fill": {"t.d": "1"}},
    ),
    "name that needs quotes": Open(
        Pair(lambda: [table('Weird "Näme"', select=pw.TextField())],
             lambda: [table('Weird "Näme"', order=pw.TextField())]),
        ('--rename', 'Weird "Näme".select:order'), {"rename": {'Weird "Näme".select': "order"}},
    ),
}  # fmt: skip

HAZARDS: dict[str, tuple[Pair, tuple[str, ...]]] = {
    "column dropped": (Pair(lambda: ab(b=pw.TextField(null=True)), ab), ("t", "b")),
    "table dropped": (Pair(lambda: [*ab(), table("u")], ab), ("u",)),
    "two dropped": (Pair(lambda: [*ab(b=pw.TextField(null=True)), table("u")], ab), ("b", "u")),
    "label removed": (
        Pair(lambda: mood("x", "old"), lambda: mood("x")), ("old",),
    ),
    "varchar narrowed": (Pair(ab, lambda: t(a=pw.CharField(10))), ("t", "a")),
    "text to a number": (Pair(ab, lambda: t(a=pw.IntegerField())), ("t", "a")),
    "decimal narrowed": (
        Pair(lambda: t(a=pw.DecimalField(12, 4)), lambda: t(a=pw.DecimalField(8, 2))), ("t", "a"),
    ),
}  # fmt: skip

HARMLESS: dict[str, Pair] = {
    "table added": Pair(ab, lambda: [*ab(), table("u")]),
    "column added": Pair(ab, lambda: ab(b=pw.TextField(null=True))),
    "varchar widened": Pair(ab, lambda: t(a=pw.CharField(30))),
    "default set": Pair(ab, lambda: t(a=pw.CharField(20, **default("'x'")))),
    "index added": Pair(ab, lambda: t(a=pw.CharField(20, index=True))),
    "column made nullable": Pair(ab, lambda: t(a=pw.CharField(20, null=True))),
}  # fmt: skip


def first(database: pw.Database, pair: Pair, directory: Path) -> Path:
    assert create(database, pair.v1(), directory, "one")
    migrate(database, directory)
    return directory


def files(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("*.py"))


@pytest.mark.parametrize("name", OPEN)
def test_what_is_open_is_asked_for(database: pw.Database, name: str, tmp_path: Path) -> None:
    case = OPEN[name]
    directory = first(database, case.pair, tmp_path / "m")
    said = {"rename": {"t.a": "c"}} if name == "one rename of two said" else {}
    with pytest.raises(Undecided) as caught:
        create(database, case.pair.v2(), directory, "two", **said)
    assert isinstance(caught.value, DbkitError)
    assert [flag for flag in case.flags if flag not in caught.value.hint] == []
    assert files(directory) == ["001_one.py"]
    if case.answers:
        created = create(database, case.pair.v2(), directory, "two", **case.answers)
        assert created
        assert files(directory) == ["001_one.py", f"{created.name}.py"]


def test_a_filled_key_must_be_there(database: pw.Database, tmp_path: Path) -> None:
    """Nothing of the kind is in the proof's tables either."""
    case = OPEN["not null, foreign key"]
    directory = first(database, case.pair, tmp_path / "m")
    assert create(database, case.pair.v2(), directory, "two", fill={"t.p_id": "1"})


@pytest.mark.parametrize(
    "answers",
    [
        {"rename": {"t.a": "nothing"}},
        {"rename": {"t.nothing": "c"}},
        {"rename": {"nothing": "t"}},
        {"fill": {"t.nothing": "1"}},
        {"fill": {"t.d": "no number"}},
    ],
)
def test_an_answer_to_nothing_is_refused(
    database: pw.Database, answers: dict[str, Any], tmp_path: Path
) -> None:
    """It may be misspelt."""
    pair = OPEN["renamed or not null"].pair
    directory = first(database, pair, tmp_path / "m")
    good = {"rename": {"t.a": "c"}, "fill": {"t.d": "1"}}
    mixed = {key: {**good[key], **answers.get(key, {})} for key in good}
    with pytest.raises(DbkitError):
        create(database, pair.v2(), directory, "two", **mixed)
    assert files(directory) == ["001_one.py"]


@pytest.mark.parametrize("name", HAZARDS)
def test_what_loses_data_is_said(database: pw.Database, name: str, tmp_path: Path) -> None:
    pair, words = HAZARDS[name]
    if name == "decimal narrowed" and dialect_for(database).name == "sqlite":
        pytest.skip("SQLite stores any number in any column")
    directory = first(database, pair, tmp_path / "m")
    created = create(database, pair.v2(), directory, "two")
    assert created
    assert created.hazards
    assert [word for word in words if word not in " ".join(created.hazards)] == []
    assert created.hazards[0] in created.text


@pytest.mark.parametrize("name", HARMLESS)
def test_what_loses_nothing_is_no_hazard(database: pw.Database, name: str, tmp_path: Path) -> None:
    pair = HARMLESS[name]
    directory = first(database, pair, tmp_path / "m")
    created = create(database, pair.v2(), directory, "two")
    assert created
    assert created.hazards == ()


def test_only_the_rollback_of_a_label_fails(database: pw.Database, tmp_path: Path) -> None:
    pair = Pair(lambda: mood("x"), lambda: mood("x", "y"))
    created = create(database, pair.v2(), first(database, pair, tmp_path / "m"), "two")
    assert created
    assert [one.split(":")[0] for one in created.hazards] == [
        "the rollback fails where a row has the label"
    ]


def test_the_rows_are_not_asked(database: pw.Database, tmp_path: Path) -> None:
    """An empty table of the developer's says nothing of the one in production."""
    pair = OPEN["not null"].pair
    directory = first(database, pair, tmp_path / "m")

    assert database.execute_sql("SELECT count(*) FROM t").fetchone() == (0,)
    with pytest.raises(Undecided):
        create(database, pair.v2(), directory)
