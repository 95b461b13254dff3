"""Tables: added, removed, of another kind; keys between them in every way."""

from __future__ import annotations

from typing import Any

import peewee as pw
from playhouse import postgres_ext as pg
from playhouse import sqlite_ext

from dbkit import EnumField
from dbkit.fields import DateTimeTZField, server_default

from .pair import AB, Pair, Pairs, default, indexed, insert, of_a, t, table


def family(**child: Any) -> list[Any]:
    """A parent t and its child u."""
    parent = table("t", a=pw.TextField())
    return [parent, table("u", t=pw.ForeignKeyField(parent, **child), n=pw.IntegerField())]


FAMILY = (*of_a("'x'", "'y'"), insert("u", "t_id, n", "1, 5", "2, 6", "2, 7"))


def cycle() -> list[Any]:
    """Two tables that point to each other."""

    class Early(pw.Model):
        late = pw.DeferredForeignKey("Late", null=True, on_delete="CASCADE")

    class Late(pw.Model):
        early = pw.ForeignKeyField(Early)

    return [*t(a=pw.TextField()), Early, Late]


def tagged() -> list[Any]:
    """Many to many."""

    class Tag(pw.Model):
        name = pw.TextField()

    class Post(pw.Model):
        tags = pw.ManyToManyField(Tag, backref="posts")

    return [Tag, Post, Post.tags.get_through_model()]


def tree(**options: Any) -> list[Any]:
    return t(a=pw.TextField(), parent=pw.ForeignKeyField("self", null=True, **options))


def enrolled(**more: Any) -> list[Any]:
    """A table whose key is two foreign keys."""
    one, two = table("one", a=pw.TextField()), table("two", a=pw.TextField())
    keys = {"one": pw.ForeignKeyField(one, on_delete="CASCADE"), "two": pw.ForeignKeyField(two)}
    meta = {"primary_key": pw.CompositeKey("one", "two")}
    return [one, two, table("pairs", meta, **keys, **more)]


ENROLLED = (
    insert("one", "a", "'x'"),
    insert("two", "a", "'y'", "'z'"),
    insert("pairs", "one_id, two_id", "1, 1", "1, 2"),
)


def everything() -> list[Any]:
    """A table with every plain field."""
    plain = (
        pw.BigIntegerField, pw.SmallIntegerField, pw.FloatField, pw.DoubleField, pw.TextField,
        pw.BlobField, pw.BitField, pw.BigBitField, pw.UUIDField, pw.BinaryUUIDField, pw.IPField,
        pw.DateTimeField, pw.DateField, pw.TimeField, pw.TimestampField, pw.BooleanField,
        pw.JSONField, DateTimeTZField,
    )  # fmt: skip
    model = table(
        "every",
        {"indexes": ((("c4", "c1"), True),), "constraints": [pw.Check("c0 < c1", "ordered")]},
        code=pw.CharField(12, unique=True, **server_default("it's")),
        fixed=pw.FixedCharField(3, index=True),
        price=pw.DecimalField(8, 3, constraints=[pw.Check("price > 0"), pw.SQL("DEFAULT 1.5")]),
        mood=EnumField(("x", "größe"), "mood", **server_default("größe")),
        **{f"c{number}": kind(null=number % 2 == 0) for number, kind in enumerate(plain)},
    )
    model.add_index(model.c0.desc(), name="down", where=model.c1 > 5)
    model.add_index(pw.fn.lower(model.code), name="low", unique=True)
    return [model]


def other(**fields: Any) -> list[Any]:
    """A table of a schema that is not the connection's own, and one that points there."""
    there = table("t", {"schema": "Other"}, a=pw.CharField(20, index=True), **fields)
    return [there, table("here", t=pw.ForeignKeyField(there))]


OTHER = (insert('"Other".t', "a", "'x'", "'y'"), insert("here", "t_id", "2", "1"))


def only(**meta: Any) -> list[Any]:
    return t(meta, a=pw.CharField(20), b=pw.IntegerField())


def sorted_table(name: str) -> Any:
    index = pw.SQL(f'CREATE INDEX "{name}_sorted" ON "{name}" ("a" DESC)')
    return table(name, {"indexes": [index]}, a=pw.TextField())


BOTH: Pairs = {
    "table added": Pair(
        lambda: t(a=pw.TextField()),
        lambda: family(),
        of_a("'x'", "'y'"),
        accepts=(insert("u", "t_id, n", "1, 5"),),
        refuses=(insert("u", "t_id, n", "9, 5"),),
    ),
    "table removed": Pair(
        lambda: family(), lambda: t(a=pw.TextField()), FAMILY, {"SELECT count(*) FROM t": [(2,)]},
        lost=("u",),
    ),
    "parent and child removed": Pair(
        lambda: [*family(), table("rest", a=pw.TextField())],
        lambda: [table("rest", a=pw.TextField())],
        (*FAMILY, insert("rest", "a", "'x'")),
        lost=("t", "u"),
    ),
    "table with an index in SQL removed, another added": Pair(
        lambda: [*t(a=pw.TextField()), sorted_table("u")],
        lambda: [*t(a=pw.TextField()), sorted_table("v")],
        (*of_a("'x'"), insert("u", "a", "'x'")),
        lost=("u",),
        no_rename=True,
    ),
    "two tables added, one removed": Pair(
        lambda: [table("rest", a=pw.TextField()), *t(a=pw.TextField())],
        lambda: [*enrolled(), *t(a=pw.TextField())],
        (insert("rest", "a", "'x'"), *of_a("'x'")),
        lost=("rest",),
        no_rename=True,
    ),
    "tables that point to each other added": Pair(
        lambda: t(a=pw.TextField()),
        cycle,
        of_a("'x'"),
        accepts=("INSERT INTO early (late_id) VALUES (NULL)",),
    ),
    "tables that point to each other removed": Pair(
        cycle,
        lambda: t(a=pw.TextField()),
        (
            *of_a("'x'"),
            insert("early", "late_id", "NULL"),
            insert("late", "early_id", "1"),
            "UPDATE early SET late_id = 1",
        ),
        lost=("early", "late"),
    ),
    "a tree added": Pair(lambda: [table("u", a=pw.TextField())],
                         lambda: [table("u", a=pw.TextField()), *tree(on_delete="CASCADE")],
                         (insert("u", "a", "'x'"),)),
    "a table made a tree": Pair(
        lambda: t(a=pw.TextField()),
        lambda: tree(on_delete="CASCADE"),
        of_a("'x'", "'y'"),
        accepts=("UPDATE t SET parent_id = 1 WHERE id = 2",),
        refuses=("UPDATE t SET parent_id = 7",),
    ),
    "a tree's action changed": Pair(
        lambda: tree(on_delete="CASCADE"),
        lambda: tree(on_delete="SET NULL"),
        (insert("t", "a, parent_id", "'x', NULL", "'y', 1", "'z', 2"),),
    ),
    "a tree's column added": Pair(
        lambda: tree(on_delete="CASCADE"),
        lambda: [*t(a=pw.TextField(), n=pw.IntegerField(**default("5")),
                    parent=pw.ForeignKeyField("self", null=True, on_delete="CASCADE"))],
        (insert("t", "a, parent_id", "'x', NULL", "'y', 1", "'z', 2"),),
        {"SELECT n FROM t": [(5,)] * 3},
    ),
    "many to many added": Pair(lambda: tagged()[:1], tagged, (insert("tag", "name", "'x'"),)),
    "many to many removed": Pair(
        tagged,
        lambda: tagged()[:1],
        (
            insert("tag", "name", "'x'"),
            "INSERT INTO post DEFAULT VALUES",
            insert("post_tag_through", "post_id, tag_id", "1, 1"),
        ),
        lost=("post", "post_tag_through"),
    ),
    "composite key of foreign keys added": Pair(
        lambda: enrolled()[:2], enrolled, ENROLLED[:2],
        accepts=ENROLLED[2:], refuses=(insert("pairs", "one_id, two_id", "1, 1", "1, 1"),),
    ),
    "column of a composite key's table": Pair(
        enrolled,
        lambda: enrolled(n=pw.IntegerField(**default("3"))),
        ENROLLED,
        {"SELECT two_id, n FROM pairs ORDER BY 1": [(1, 3), (2, 3)]},
    ),
    "table without a key added": Pair(
        lambda: t(a=pw.TextField()),
        lambda: [*t(a=pw.TextField()), table("u", {"primary_key": False}, n=pw.IntegerField())],
        of_a("'x'"),
    ),
    "column of a table without a key": Pair(
        lambda: t({"primary_key": False}, a=pw.TextField(), b=pw.IntegerField(null=True)),
        lambda: t({"primary_key": False}, a=pw.TextField(), b=pw.IntegerField(**default("7"))),
        (insert("t", "a, b", "'x', 1", "'x', 1"),),
        refuses=(insert("t", "a, b", "'x', NULL"),),
    ),
    "table of every field added": Pair(
        lambda: t(a=pw.TextField()), lambda: [*t(a=pw.TextField()), *everything()], of_a("'x'")
    ),
    "table of every field removed": Pair(
        lambda: [*t(a=pw.TextField()), *everything()],
        lambda: t(a=pw.TextField()),
        (*of_a("'x'"), insert("every", "fixed, c1, c3, c5, c7, c9, c11, c13, c15, c17",
                              "'abc', 1, 1, 'b', 'b', 'b', '2020-01-01', '10:00', TRUE, "
                              "'2020-01-01'")),
        lost=("every",),
    ),
    "first tables": Pair(
        lambda: [table("first", a=pw.IntegerField())],
        lambda: [table("first", a=pw.IntegerField()), *tagged(), *enrolled(), *tree()],
        (insert("first", "a", "1"),),
    ),
    "several changes in one table": Pair(
        lambda: t(a=pw.CharField(20, index=True), b=pw.IntegerField(null=True), c=pw.TextField()),
        lambda: t(
            {"constraints": [pw.Check("b > 0", "positive")], "indexes": ((("a", "b"), True),)},
            a=pw.CharField(40),
            b=pw.BigIntegerField(**default("1")),
            d=EnumField(("x", "y"), "mood", **default("'x'")),
        ),
        (insert("t", "a, b, c", "'x', 1, 'lost'", "'y', 2, 'lost'"),),
        {"SELECT a, b, d FROM t ORDER BY id": [("x", 1, "x"), ("y", 2, "x")]},
        lost=("t.c",),
        no_rename=True,
        accepts=(insert("t", "a", "'z'"),),
        refuses=(insert("t", "a, b", "'z', 0"), insert("t", "a, b", "'x', 1")),
    ),
    "changes in several tables": Pair(
        lambda: family(),
        lambda: [
            parent := table("t", a=pw.CharField(20)),
            table("u", t=pw.ForeignKeyField(parent, null=True, on_delete="SET NULL"),
                  n=pw.BigIntegerField(unique=True)),
            table("v", n=pw.ForeignKeyField(parent)),
        ],
        FAMILY,
        {"SELECT a FROM t ORDER BY id": [("x",), ("y",)],
         "SELECT t_id, n FROM u ORDER BY n": [(1, 5), (2, 6), (2, 7)]},
    ),
    "a parent with cascading children": Pair(
        lambda: [*family(on_delete="CASCADE")],
        lambda: [
            parent := table("t", a=pw.TextField(null=True)),
            table("u", t=pw.ForeignKeyField(parent, on_delete="CASCADE"), n=pw.IntegerField()),
        ],
        FAMILY,
        {"SELECT count(*) FROM u": [(3,)]},
        accepts=("DELETE FROM t",),
    ),
    "three generations, the middle one changed": Pair(
        lambda: generations(pw.IntegerField(null=True)),
        lambda: generations(pw.IntegerField(unique=True, constraints=[pw.Check("n > 0")])),
        (
            *of_a("'x'"),
            insert("u", "t_id, n", "1, 5", "1, 6"),
            insert("v", "u_id", "1", "2", "2"),
        ),
        {"SELECT u_id FROM v ORDER BY id": [(1,), (2,), (2,)]},
        fill={"u.n": "1"},
        refuses=(insert("u", "t_id, n", "1, 0"), insert("u", "t_id, n", "1, 5")),
    ),
}  # fmt: skip


def generations(n: Any) -> list[Any]:
    """Grandparent, parent and child, each deleted with the one before."""
    first = table("t", a=pw.TextField())
    second = table("u", t=pw.ForeignKeyField(first, on_delete="CASCADE"), n=n)
    return [first, second, table("v", u=pw.ForeignKeyField(second, on_delete="CASCADE"))]


FUNCTION = (
    "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN NEW.a := upper(NEW.a); RETURN NEW; END'"
)
TRIGGER = "CREATE TRIGGER loud BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION shout()"
VIEW = "CREATE VIEW seen AS SELECT a AS x, b AS y FROM t WHERE b > 0"
LOG = "CREATE TABLE log (x text)"
LOGGING = "CREATE TRIGGER logged AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.a); END"


def loud(**fields: Any) -> list[Any]:
    """t (a, b), changed so that the table has to be made anew on SQLite."""
    return t(**{"a": pw.CharField(20), "b": pw.IntegerField(), **fields})


POSTGRES: Pairs = {
    "table in another schema added": Pair(lambda: other()[:1], lambda: other(), OTHER[:1]),
    "first table of another schema": Pair(
        lambda: t(a=pw.TextField()),
        lambda: [*t(a=pw.TextField()), table("o", {"schema": "Other"}, a=pw.TextField())],
        of_a("'x'"),
    ),
    "column in another schema": Pair(
        lambda: other(),
        lambda: other(
            mood=EnumField(("x", "y"), "mood", index=True, **default("'y'")),
            low=pw.TextField(**default("lower('X')")),
        ),
        OTHER,
        {'SELECT mood, low FROM "Other".t': [("y", "x"), ("y", "x")]},
    ),
    "check and key in another schema": Pair(
        lambda: other(),
        lambda: [
            there := table("t", {"schema": "Other", "constraints": [pw.Check("a <> ''", "some")]},
                           a=pw.CharField(30, unique=True)),
            table("here", t=pw.ForeignKeyField(there, on_delete="CASCADE")),
        ],
        OTHER,
        refuses=(insert('"Other".t', "a", "''"),),
    ),
    "table in another schema removed": Pair(
        lambda: other(), lambda: other()[:1], OTHER, lost=("here",)
    ),
    "table of the fields of playhouse.postgres_ext": Pair(
        lambda: t(a=pw.TextField()),
        lambda: [
            *t(a=pw.TextField()),
            table("u", a=pg.ArrayField(pw.IntegerField), b=pg.BinaryJSONField(),
                  c=pg.DateTimeTZField(), d=pg.IntervalField(), e=pg.JSONField(),
                  f=pg.TSVectorField(), g=pg.ArrayField(pw.CharField, {"max_length": 5},
                                                        null=True, dimensions=2)),
        ],
        of_a("'x'"),
    ),
    "storage parameter added": Pair(
        lambda: only(), lambda: only(table_settings=["WITH (fillfactor=70)"]), AB
    ),
    "storage parameter changed": Pair(
        lambda: only(table_settings=["WITH (fillfactor=70)"]),
        lambda: only(table_settings=["WITH (fillfactor=80)"]),
        AB,
    ),
    "trigger and view, column made nullable": Pair(
        lambda: loud(), lambda: loud(b=pw.IntegerField(null=True)), AB,
        extra=(FUNCTION, TRIGGER, VIEW), hidden=("seen", "t.loud"),
    ),
    "trigger and view, type changed": Pair(
        lambda: loud(), lambda: loud(b=pw.BigIntegerField()), AB,
        {"SELECT x, y FROM seen ORDER BY y": [("X", 1), ("Y", 2)]},
        extra=(FUNCTION, TRIGGER, VIEW), hidden=("seen", "t.loud"),
    ),
    "trigger and view, column renamed": Pair(
        lambda: loud(),
        lambda: t(a=pw.CharField(20), c=pw.IntegerField()),
        AB,
        {"SELECT x, y FROM seen ORDER BY y": [("X", 1), ("Y", 2)]},
        rename={"t.b": "c"},
        extra=(FUNCTION, TRIGGER, VIEW),
        extra_after=(FUNCTION, TRIGGER, VIEW.replace("b ", "c ")),
        hidden=("seen", "t.loud"),
    ),
}  # fmt: skip


class Doc(sqlite_ext.FTS5Model):
    body = sqlite_ext.SearchField()


SQLITE: Pairs = {
    "WITHOUT ROWID added": Pair(
        lambda: t({}, a=pw.CharField(20, primary_key=True), b=pw.IntegerField()),
        lambda: t({"without_rowid": True}, a=pw.CharField(20, primary_key=True),
                  b=pw.IntegerField()),
        AB,
    ),
    "WITHOUT ROWID removed": Pair(
        lambda: t({"without_rowid": True}, a=pw.TextField(primary_key=True), b=pw.IntegerField()),
        lambda: t({}, a=pw.TextField(primary_key=True), b=pw.IntegerField()),
        AB,
    ),
    "STRICT added": Pair(
        lambda: t({}, a=pw.TextField(), b=pw.IntegerField()),
        lambda: t({"strict_tables": True}, a=pw.TextField(), b=pw.IntegerField()),
        AB,
        refuses=(insert("t", "a, b", "'x', 'no'"),),
    ),
    "STRICT kept": Pair(
        lambda: t({"strict_tables": True}, a=pw.TextField(), b=pw.IntegerField()),
        lambda: t({"strict_tables": True}, a=pw.TextField(), b=pw.IntegerField(null=True)),
        AB,
        refuses=(insert("t", "a, b", "'x', 'no'"),),
    ),
    "STRICT and WITHOUT ROWID table added": Pair(
        lambda: t(a=pw.TextField()),
        lambda: [*t(a=pw.TextField()),
                 table("u", {"strict_tables": True, "without_rowid": True},
                       a=pw.TextField(primary_key=True))],
        of_a("'x'"),
    ),
    "virtual table added": Pair(
        lambda: t(a=pw.TextField()), lambda: [*t(a=pw.TextField()), Doc], of_a("'x'")
    ),
    "AUTOINCREMENT added": Pair(
        lambda: only(),
        lambda: t(id=sqlite_ext.AutoIncrementField(), a=pw.CharField(20), b=pw.IntegerField()),
        AB,
    ),
    "trigger and view, column made nullable, here": Pair(
        lambda: loud(), lambda: loud(b=pw.IntegerField(null=True)), AB,
        {"SELECT x, y FROM seen ORDER BY y": [("x", 1), ("y", 2)],
         "SELECT x FROM log": [("x",), ("y",)]},
        extra=(LOG, LOGGING, VIEW), hidden=("seen", "t.logged", "log"),
    ),
    "trigger and view, column renamed, here": Pair(
        lambda: loud(),
        lambda: t(c=pw.CharField(20), b=pw.IntegerField()),
        AB,
        {"SELECT x, y FROM seen ORDER BY y": [("x", 1), ("y", 2)],
         "SELECT x FROM log": [("x",), ("y",)]},
        rename={"t.a": "c"},
        extra=(LOG, LOGGING, VIEW),
        extra_after=(LOG, LOGGING.replace("NEW.a", 'NEW."c"'),
                     VIEW.replace("a AS", '"c" AS')),
        hidden=("seen", "t.logged", "log"),
    ),
    "partial and expression indexes survive": Pair(
        lambda: [*indexed(lambda m: pw.fn.lower(m.a), name="low", where=lambda m: m.b > 0)],
        lambda: [made := table("t", a=pw.CharField(30, collation="NOCASE"), b=pw.IntegerField()),
                 made.add_index(pw.fn.lower(made.a), name="low", where=made.b > 0)][:1],
        AB,
    ),
}  # fmt: skip
