"""Enum types: their labels, and columns that take or lose one. On SQLite they are checks."""

from __future__ import annotations

from typing import Any

import peewee as pw

from dbkit import EnumField
from dbkit.fields import server_default

from .pair import Pair, Pairs, a_is, default, insert, of_a, t, table

XZ = of_a("'x'", "'z'")


def mood(*labels: str, name: str = "mood", **options: Any) -> list[Any]:
    """t (a mood)."""
    return t(a=EnumField(labels, name, **options))


def relabelled(
    old: tuple[str, ...], new: tuple[str, ...], *refuses: str, accepts: str = "x", **options: Any
) -> Pair:
    """A type with rows of x and z, so both have these."""
    return Pair(lambda: mood(*old), lambda: mood(*new), XZ, a_is("x", "z"),
                accepts=of_a(f"'{accepts}'"), refuses=refuses, **options)  # fmt: skip


def two(*labels: str, **options: Any) -> list[Any]:
    """Two tables that share a type."""
    return [*mood(*labels, **options), table("u", b=EnumField(labels, "mood", null=True))]


def ordered(where: str, *labels: str) -> list[Any]:
    """A type in an index, a check and a default."""
    model = table("t", {"constraints": [pw.Check("a <> 'bad'")]},
                  a=EnumField(labels, "mood", index=True, **default("'x'")))  # fmt: skip
    model.add_index(model.a, name="some", where=pw.SQL(where))
    return [model]


OLD, ODD = ("x", "z"), ("x", "it's", "größe", 'a "b"', "50%", "z")

BOTH: Pairs = {
    "label added at the end": relabelled(OLD, ("x", "z", "new"), accepts="new"),
    "label added at the front": relabelled(OLD, ("new", "x", "z"), accepts="new"),
    "label added in the middle": relabelled(OLD, ("x", "new", "z"), accepts="new"),
    "several labels added": relabelled(OLD, ("a", "b", "x", "c", "d", "z", "e"), accepts="d"),
    "odd labels added": relabelled(OLD, ODD, accepts="it''s"),
    "odd labels removed": relabelled(ODD, OLD, *of_a("'50%'")),
    "label removed": relabelled(("x", "old", "z"), OLD, *of_a("'old'")),
    "labels in another order": relabelled(("x", "y", "z"), ("z", "y", "x")),
    "label removed and others added": relabelled(
        ("x", "old", "z"), ("x", "new", "newer", "z"), *of_a("'old'"), no_rename=True
    ),
    "label renamed": Pair(
        lambda: mood("x", "z"), lambda: mood("x", "last"), XZ, a_is("x", "last"),
        rename={"mood.z": "last"}, changed=("t.a",), refuses=of_a("'z'"),
    ),
    "label renamed that is the default": Pair(
        lambda: mood("x", "z", **default("'z'")), lambda: mood("x", "last", **default("'last'")),
        XZ, a_is("x", "last"), rename={"mood.z": "last"}, changed=("t.a",),
        accepts=("INSERT INTO t DEFAULT VALUES",),
    ),
    "odd label renamed": Pair(
        lambda: mood("x", "it's"), lambda: mood("x", "größe 'ü' 5%"), of_a("'x'", "'it''s'"),
        a_is("x", "größe 'ü' 5%"), rename={"mood.it's": "größe 'ü' 5%"}, changed=("t.a",),
    ),
    "label renamed and another added": Pair(
        lambda: mood("x", "z"), lambda: mood("new", "x", "last"), XZ, a_is("x", "last"),
        rename={"mood.z": "last"}, changed=("t.a",), accepts=of_a("'new'"),
    ),
    "label renamed of a type that two tables share": Pair(
        lambda: two("x", "z"), lambda: two("x", "last"), (*XZ, insert("u", "b", "'z'", "NULL")),
        {**a_is("x", "last"), "SELECT b FROM u ORDER BY id": [("last",), (None,)]},
        rename={"mood.z": "last"}, changed=("t.a", "u.b"),
    ),
    "label added and the default at once": Pair(
        lambda: mood("x", "z", **default("'x'")),
        lambda: mood("x", "new", "z", **default("'new'")),
        XZ, a_is("x", "z"), accepts=("INSERT INTO t DEFAULT VALUES",),
    ),
    "label removed that was the default": Pair(
        lambda: mood("x", "old", "z", **default("'old'")), lambda: mood("x", "z", **default("'x'")),
        XZ, a_is("x", "z"), accepts=("INSERT INTO t DEFAULT VALUES",),
    ),
    "label added to a type that two tables share": Pair(
        lambda: two("x", "z"), lambda: two("x", "new", "z"), (*XZ, insert("u", "b", "'z'")),
        {"SELECT b FROM u": [("z",)]}, accepts=(insert("u", "b", "'new'"),),
    ),
    "label removed of a type that two tables share": Pair(
        lambda: two("x", "old", "z"), lambda: two("x", "z"), (*XZ, insert("u", "b", "'z'")),
        {"SELECT b FROM u": [("z",)]}, refuses=(insert("u", "b", "'old'"),),
    ),
    "label removed under an index, a check and a default": Pair(
        lambda: ordered("a <> 'z'", "x", "old", "bad", "z"),
        lambda: ordered("a <> 'z'", "x", "bad", "z"),
        XZ, a_is("x", "z"), refuses=of_a("'old'", "'bad'"),
    ),
    "label added under an index, a check and a default": Pair(
        lambda: ordered("a <> 'z'", "x", "bad", "z"),
        lambda: ordered("a <> 'z'", "x", "bad", "new", "z"),
        XZ, a_is("x", "z"), accepts=of_a("'new'"),
    ),
    "type taken by one more table": Pair(
        lambda: [*mood("x", "z"), table("u", n=pw.IntegerField())],
        lambda: [*mood("x", "z"), table("u", n=pw.IntegerField(),
                                        b=EnumField(("x", "z"), "mood", null=True))],
        (*XZ, insert("u", "n", "1")),
    ),
    "type dropped by one table of two": Pair(
        lambda: two("x", "z"), lambda: [*mood("x", "z"), table("u")],
        (*XZ, insert("u", "b", "'z'")), lost=("u.b",),
    ),
    "type of another name": Pair(
        lambda: mood("x", "z"), lambda: mood("x", "y", "z", name="feeling"), XZ, a_is("x", "z"),
        no_rename=True,
    ),
    "two types added": Pair(
        lambda: t(a=pw.TextField()),
        lambda: t(a=pw.TextField(), b=EnumField(("x",), 'Odd "Type"', **server_default("x")),
                  c=EnumField(("x", "y"), "order", null=True)),
        XZ,
        {"SELECT b, c FROM t": [("x", None), ("x", None)]},
    ),
    "enum made nullable": Pair(
        lambda: mood("x", "z"), lambda: mood("x", "z", null=True), XZ, accepts=of_a("NULL")
    ),
    "enum's default changed": Pair(
        lambda: mood("x", "z", **default("'x'")), lambda: mood("x", "z", **default("'z'")), XZ
    ),
}  # fmt: skip

POSTGRES: Pairs = {
    "label added under a view": Pair(
        lambda: mood("x", "z"), lambda: mood("new", "x", "z"), XZ,
        {"SELECT x FROM seen": [("z",)]},
        extra=("CREATE VIEW seen AS SELECT a AS x FROM t WHERE a > 'x'",), hidden=("seen",),
    ),
    "label removed under a view": Pair(
        lambda: mood("x", "old", "z"), lambda: mood("x", "z"), XZ,
        {"SELECT x FROM seen": [("z",)]},
        extra=("CREATE VIEW seen AS SELECT a AS x FROM t WHERE a > 'x'",), hidden=("seen",),
    ),
    "labels in another schema": Pair(
        lambda: [table("t", {"schema": "Other"}, a=EnumField(("x", "z"), "mood"))],
        lambda: [table("t", {"schema": "Other"}, a=EnumField(("x", "y", "z"), "mood"))],
        (insert('"Other".t', "a", "'x'", "'z'"),),
        accepts=(insert('"Other".t', "a", "'y'"),),
    ),
}  # fmt: skip
