"""Renames: told by `rename`, they keep the data and all that depends on the name."""

from __future__ import annotations

from typing import Any

import peewee as pw

from dbkit import EnumField

from .pair import AB, Pair, Pairs, default, insert, of_a, t, table

XY = of_a("'x'", "'y'")
BA = {"SELECT c FROM t ORDER BY id": [("x",), ("y",)]}
REFUSED = (insert("t", "c, b", "'x', 1"),)


def column(
    old: dict[str, Any], new: dict[str, Any], a: Any = None, c: Any = None, **options: Any
) -> Pair:
    """Column a becomes c; `old` and `new` are options of the table."""
    made: Any = lambda: pw.CharField(20)  # noqa: E731
    return Pair(
        lambda: t(old, a=(a or made)(), b=pw.IntegerField()),
        lambda: t(new, c=(c or a or made)(), b=pw.IntegerField()),
        AB, BA, rename={"t.a": "c"}, **options,
    )  # fmt: skip


def family(name: str, key: str = "t", **fields: Any) -> list[Any]:
    """A parent of this name and a child."""
    parent = table(name, **{"a": pw.TextField(), **fields})
    point = {key: pw.ForeignKeyField(parent, on_delete="CASCADE")}
    return [parent, table("child", **point, n=pw.IntegerField(unique=True))]


FAMILY = (*XY, insert("child", "t_id, n", "1, 5", "2, 6"))


def partial(name: str) -> list[Any]:
    model = table("t", **{name: pw.CharField(20)}, b=pw.IntegerField())
    field = getattr(model, name)
    model.add_index(pw.fn.lower(field), name="low", where=field > "A", unique=True)
    return [model]


def pointing_by(**options: Any) -> list[Any]:
    parent = table("t", a=pw.TextField())
    return [parent, table("u", t=pw.ForeignKeyField(parent, **options))]


BOTH: Pairs = {
    "field that gets a column_name": Pair(
        lambda: t(a=pw.CharField(20)), lambda: t(a=pw.CharField(40, column_name="b", index=True)),
        XY, {"SELECT b FROM t ORDER BY id": [("x",), ("y",)]}, lost=("t.a",),
    ),
    "field that loses its column_name": Pair(
        lambda: t(a=pw.CharField(20, column_name="b")), lambda: t(a=pw.CharField(20)),
        (insert("t", "b", "'x'"),), {"SELECT a FROM t": [("x",)]}, lost=("t.b",),
    ),
    "foreign key that gets a column_name": Pair(
        lambda: pointing_by(), lambda: pointing_by(column_name="owner"),
        (*of_a("'x'"), insert("u", "t_id", "1")), {"SELECT owner FROM u": [(1,)]}, lost=("u.t_id",),
        refuses=(insert("u", "owner", "9"),),
    ),
    "column renamed": column({}, {}),
    "column renamed, indexed": column({}, {}, lambda: pw.CharField(20, index=True)),
    "column renamed, unique": column({}, {}, lambda: pw.CharField(20, unique=True),
                                     refuses=REFUSED),
    "column renamed, in an index of two": column(
        {"indexes": ((("a", "b"), True),)}, {"indexes": ((("c", "b"), True),)}, refuses=REFUSED
    ),
    "column renamed, in an expression and a predicate": Pair(
        lambda: partial("a"), lambda: partial("c"), AB, BA, rename={"t.a": "c"},
        refuses=(insert("t", "c, b", "'X', 1"),),
    ),
    "column renamed, in a check": column(
        {"constraints": [pw.Check("a <> '' AND b > 0")]},
        {"constraints": [pw.Check("c <> '' AND b > 0")]},
        refuses=(insert("t", "c, b", "'', 1"),),
    ),
    "column renamed, in a named check": column(
        {"constraints": [pw.Check("a <> 'a'", "not_a")]},
        {"constraints": [pw.Check("c <> 'a'", "not_a")]},
        refuses=(insert("t", "c, b", "'a', 1"),),
    ),
    "column renamed, in a unique constraint": column(
        {"constraints": [pw.SQL("UNIQUE (a, b)")]}, {"constraints": [pw.SQL("UNIQUE (c, b)")]},
        refuses=REFUSED,
    ),
    "column renamed, with a default": column(
        {}, {}, lambda: pw.CharField(20, **default("'a'")),
        accepts=(insert("t", "b", "1"),),
    ),
    "column renamed, enum": column(
        {}, {}, lambda: EnumField(("x", "y"), "mood", **default("'x'")),
        refuses=(insert("t", "c, b", "'z', 1"),),
    ),
    "column renamed and widened": column({}, {}, c=lambda: pw.CharField(40)),
    "column renamed and made nullable": column({}, {}, c=lambda: pw.CharField(20, null=True)),
    "column renamed and indexed": column({}, {}, c=lambda: pw.CharField(20, unique=True)),
    "column renamed, another added": Pair(
        lambda: t(a=pw.CharField(20)),
        lambda: t(c=pw.CharField(20), d=pw.CharField(20, null=True)),
        XY, {"SELECT c, d FROM t ORDER BY id": [("x", None), ("y", None)]}, rename={"t.a": "c"},
    ),
    "column renamed, another takes its name": Pair(
        lambda: t(a=pw.CharField(20)),
        lambda: t(a=pw.IntegerField(**default("5")), c=pw.CharField(20)),
        XY, {"SELECT a, c FROM t ORDER BY id": [(5, "x"), (5, "y")]}, rename={"t.a": "c"},
    ),
    "two columns renamed": Pair(
        lambda: t(a=pw.CharField(20), b=pw.CharField(20)),
        lambda: t(c=pw.CharField(20), d=pw.CharField(20)),
        (insert("t", "a, b", "'x', 'p'"),), {"SELECT c, d FROM t": [("x", "p")]},
        rename={"t.a": "c", "t.b": "d"},
    ),
    "column in a composite key renamed": Pair(
        lambda: t({"primary_key": pw.CompositeKey("a", "b")}, a=pw.CharField(20),
                  b=pw.IntegerField()),
        lambda: t({"primary_key": pw.CompositeKey("c", "b")}, c=pw.CharField(20),
                  b=pw.IntegerField()),
        AB, {"SELECT c FROM t ORDER BY b": [("x",), ("y",)]}, rename={"t.a": "c"},
        refuses=REFUSED,
    ),
    "column that others point to renamed": Pair(
        lambda: [p := table("t", a=pw.CharField(20, unique=True)),
                 table("u", t=pw.ForeignKeyField(p, field="a", on_update="CASCADE"))],
        lambda: [p := table("t", c=pw.CharField(20, unique=True)),
                 table("u", t=pw.ForeignKeyField(p, field="c", on_update="CASCADE",
                                                 column_name="t_id"))],
        (*XY, insert("u", "t_id", "'y'")),
        rename={"t.a": "c"},
        accepts=("UPDATE t SET c = 'z' WHERE c = 'y'",),
        refuses=(insert("u", "t_id", "'n'"),),
    ),
    "foreign key's column renamed": Pair(
        lambda: family("t"), lambda: family("t", "parent"), FAMILY,
        {"SELECT parent_id, n FROM child ORDER BY n": [(1, 5), (2, 6)]},
        rename={"child.t_id": "parent_id"},
        refuses=(insert("child", "parent_id, n", "9, 9"),),
    ),
    "table renamed": Pair(
        lambda: t(a=pw.TextField()), lambda: [table("u", a=pw.TextField())], XY,
        {"SELECT id, a FROM u ORDER BY id": [(1, "x"), (2, "y")]}, rename={"t": "u"},
        accepts=(insert("u", "a", "'z'"),),
    ),
    "table renamed, with indexes and checks": Pair(
        lambda: named("t"), lambda: named("u"), AB,
        {"SELECT a, b FROM u ORDER BY id": [("x", 1), ("y", 2)]}, rename={"t": "u"},
        refuses=(insert("u", "a, b", "'x', 3"), insert("u", "a, b", "'z', 0")),
    ),
    "table renamed, with children": Pair(
        lambda: family("t"),
        lambda: [p := table("parent", a=pw.TextField()),
                 table("child", t=pw.ForeignKeyField(p, on_delete="CASCADE"),
                       n=pw.IntegerField(unique=True))],
        FAMILY,
        {"SELECT a FROM parent ORDER BY id": [("x",), ("y",)]},
        rename={"t": "parent"},
        accepts=("DELETE FROM parent WHERE id = 1",),
        refuses=(insert("child", "t_id, n", "9, 9"),),
    ),
    "table renamed that points to itself": Pair(
        lambda: [table("t", a=pw.TextField(), up=pw.ForeignKeyField("self", null=True))],
        lambda: [table("u", a=pw.TextField(), up=pw.ForeignKeyField("self", null=True))],
        (insert("t", "a, up_id", "'x', NULL", "'y', 1"),),
        {"SELECT a, up_id FROM u ORDER BY id": [("x", None), ("y", 1)]},
        rename={"t": "u"},
        refuses=(insert("u", "a, up_id", "'z', 9"),),
    ),
    "table and column renamed": Pair(
        lambda: family("t"),
        lambda: [p := table("parent", title=pw.TextField()),
                 table("child", parent=pw.ForeignKeyField(p, on_delete="CASCADE"),
                       n=pw.IntegerField(unique=True))],
        FAMILY,
        {"SELECT title FROM parent ORDER BY id": [("x",), ("y",)],
         "SELECT parent_id, n FROM child ORDER BY n": [(1, 5), (2, 6)]},
        rename={"t": "parent", "t.a": "title", "child.t_id": "parent_id"},
    ),
    "table renamed and a column added": Pair(
        lambda: t(a=pw.TextField()),
        lambda: [table("u", a=pw.CharField(30, null=True), b=pw.IntegerField(**default("5")))],
        XY, {"SELECT a, b FROM u ORDER BY id": [("x", 5), ("y", 5)]}, rename={"t": "u"},
    ),
    "table renamed, another takes its name": Pair(
        lambda: t(a=pw.TextField()),
        lambda: [table("u", a=pw.TextField()), table("t", n=pw.IntegerField())],
        XY, {"SELECT a FROM u ORDER BY id": [("x",), ("y",)], "SELECT count(*) FROM t": [(0,)]},
        rename={"t": "u"}, changed=("t",),
    ),
    "table with an enum renamed": Pair(
        lambda: [table("t", a=EnumField(("x", "y"), "mood", **default("'x'")))],
        lambda: [table("u", a=EnumField(("x", "y"), "mood", **default("'x'")))],
        XY, {"SELECT a FROM u ORDER BY id": [("x",), ("y",)]}, rename={"t": "u"},
    ),
    "renamed to reserved words": Pair(
        lambda: t(a=pw.CharField(20, index=True),
                  b=pw.IntegerField(constraints=[pw.Check("b > 0")])),
        lambda: [table("order", select=pw.CharField(20, index=True),
                       check=pw.IntegerField(constraints=[pw.Check('"check" > 0')]))],
        AB, {'SELECT "select", "check" FROM "order" ORDER BY id': [("x", 1), ("y", 2)]},
        rename={"t": "order", "t.a": "select", "t.b": "check"},
        refuses=(insert('"order"', '"select", "check"', "'x', 0"),),
    ),
    "renamed from reserved words": Pair(
        lambda: [table("order", select=pw.CharField(20), user=pw.IntegerField())],
        lambda: t(a=pw.CharField(20), b=pw.IntegerField()),
        (insert('"order"', '"select", "user"', "'x', 1"),), {"SELECT a, b FROM t": [("x", 1)]},
        rename={"order": "t", "order.select": "a", "order.user": "b"},
    ),
    "renamed to names that need quotes": Pair(
        lambda: t(a=pw.CharField(20, unique=True)),
        lambda: [table('Weird "Näme"', a=pw.CharField(20, unique=True, column_name='Größe "x"'))],
        XY, {'SELECT "Größe ""x""" FROM "Weird ""Näme"""': [("x",), ("y",)]},
        rename={"t": 'Weird "Näme"', "t.a": 'Größe "x"'},
    ),
    "names that need quotes, changed": Pair(
        lambda: odd(pw.IntegerField(null=True, column_name="Upper")),
        lambda: odd(pw.IntegerField(column_name="Upper", index=True, constraints=[
            pw.Check('"Upper" > 0', 'my "check"'), pw.SQL("DEFAULT 1")])),
        (insert('"Weird ""Näme"""', '"größe", "select", "Upper"', "1, 'x', 5"),),
        refuses=(insert('"Weird ""Näme"""', '"größe", "select", "Upper"', "1, 'x', 0"),),
    ),
    "a letter made a capital": Pair(
        lambda: t(a=pw.CharField(20)), lambda: t(A=pw.CharField(20)), XY,
        {'SELECT "A" FROM t ORDER BY id': [("x",), ("y",)]}, rename={"t.a": "A"},
    ),
    "field renamed in Python, another column renamed": Pair(
        lambda: t(a=pw.CharField(20), b=pw.CharField(20)),
        lambda: t(first=pw.CharField(20, column_name="a"), c=pw.CharField(20)),
        (insert("t", "a, b", "'x', 'y'"),), {"SELECT a, c FROM t": [("x", "y")]},
        rename={"t.b": "c"},
    ),
}  # fmt: skip


def named(name: str) -> list[Any]:
    meta = {"constraints": [pw.Check("b > 0", "positive"), pw.SQL("UNIQUE (b)")]}
    return [table(name, meta, a=pw.CharField(20, unique=True), b=pw.IntegerField(index=True))]


def odd(field: Any) -> list[Any]:
    fields = {"größe": pw.IntegerField(), "select": pw.TextField(index=True), "n": field}
    return [table('Weird "Näme"', **fields)]


POSTGRES: Pairs = {
    "table in another schema renamed": Pair(
        lambda: [table("t", {"schema": "Other"}, a=pw.TextField(index=True))],
        lambda: [table("u", {"schema": "Other"}, c=pw.TextField(index=True))],
        (insert('"Other".t', "a", "'x'"),),
        {'SELECT c FROM "Other".u': [("x",)]},
        rename={"Other.t": "Other.u", "Other.t.a": "c"},
    ),
    "column in an exclusion renamed": Pair(
        lambda: excluded("a"), lambda: excluded("c"), of_a("'[1,3)'"),
        rename={"t.a": "c"}, refuses=(insert("t", "c", "'[2,4)'"),),
    ),
    "identity renamed": Pair(
        lambda: t(id=pw.IdentityField(), a=pw.TextField()),
        lambda: [table("u", number=pw.IdentityField(), a=pw.TextField())],
        XY, {"SELECT number FROM u ORDER BY 1": [(1,), (2,)]},
        rename={"t": "u", "t.id": "number"}, accepts=(insert("u", "a", "'z'"),),
    ),
}  # fmt: skip


class Range(pw.Field):
    field_type = "INT4RANGE"


def excluded(name: str) -> list[Any]:
    clause = pw.SQL(f"CONSTRAINT apart EXCLUDE USING gist ({name} WITH &&)")
    return t({"constraints": [clause]}, **{name: Range()})


SQLITE: Pairs = {}
