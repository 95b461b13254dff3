"""Pairs of models that say the same to a database."""

from __future__ import annotations

import peewee as pw

from dbkit import EnumField
from dbkit.fields import server_default

from .pair import Pair, Pairs, default, t, table

BOTH: Pairs = {
    "field renamed in Python only": Pair(
        lambda: t(a=pw.CharField(20, index=True)),
        lambda: t(title=pw.CharField(20, index=True, column_name="a")),
    ),
    "class renamed in Python only": Pair(
        lambda: t(a=pw.TextField()),
        lambda: [type("Other", (pw.Model,), {"a": pw.TextField(),
                                             "Meta": type("Meta", (), {"table_name": "t"})})],
    ),
    "words for people": Pair(
        lambda: t(a=pw.IntegerField()),
        lambda: t(a=pw.IntegerField(help_text="how many", verbose_name="A", choices=[(1, "one")])),
    ),
    "Python default": Pair(
        lambda: t(a=pw.IntegerField(default=5)), lambda: t(a=pw.IntegerField(default=lambda: 6))
    ),
    "fields in another order": Pair(
        lambda: t(a=pw.IntegerField(), b=pw.TextField(index=True)),
        lambda: t(b=pw.TextField(index=True), a=pw.IntegerField()),
    ),
    "models in another order": Pair(
        lambda: [*t(a=pw.TextField()), table("u", a=pw.TextField())],
        lambda: [table("u", a=pw.TextField()), *t(a=pw.TextField())],
    ),
    "name back to the other model": Pair(
        lambda: [p := table("p"), table("t", p=pw.ForeignKeyField(p, backref="ones"))],
        lambda: [p := table("p"), table("t", p=pw.ForeignKeyField(p, object_id_name="number"))],
    ),
    "foreign key under another Python name": Pair(
        lambda: [p := table("p"), table("t", p=pw.ForeignKeyField(p))],
        lambda: [p := table("p"), table("t", parent=pw.ForeignKeyField(p, column_name="p_id"))],
    ),
    "default both here and there": Pair(
        lambda: t(a=pw.TextField(**default("'x'"))),
        lambda: t(a=pw.TextField(**server_default("x"))),
    ),
    "another spelling of a check": Pair(
        lambda: t({"constraints": [pw.Check("a>0")]}, a=pw.IntegerField()),
        lambda: t({"constraints": [pw.Check("a  >  0")]}, a=pw.IntegerField()),
    ),
    "check of a column, of the table": Pair(
        lambda: t(a=pw.IntegerField(constraints=[pw.Check("a > 0")])),
        lambda: t({"constraints": [pw.Check("a > 0")]}, a=pw.IntegerField()),
    ),
    "index of a column, of the table": Pair(
        lambda: t(a=pw.CharField(20, unique=True)),
        lambda: t({"indexes": ((("a",), True),)}, a=pw.CharField(20)),
    ),
    "enum of another Python class": Pair(
        lambda: t(a=EnumField(("x", "y"), "mood")), lambda: t(a=EnumField(["x", "y"], "mood"))
    ),
}  # fmt: skip
