"""Primary keys, foreign keys, unique constraints and checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import peewee as pw

from dbkit import EnumField

from .pair import AB, Pair, Pairs, default, insert, of_a, t, table

XY = of_a("'x'", "'y'")
SAME: Any = {"idle": ("sqlite",)}  # which has one integer type
NEXT = (insert("t", "a", "'next'"),)


def keyed(key: Callable[[], Any] | None = None, *, child: bool = False) -> list[Any]:
    """t with another kind of key, and perhaps a child that points to it."""
    parent = table("t", **({"id": key()} if key else {}), a=pw.TextField())
    return [parent, table("u", t=pw.ForeignKeyField(parent, null=True, on_delete="CASCADE"))][
        : 2 if child else 1
    ]


def coded(**meta: Any) -> list[Any]:
    return t(meta, code=pw.CharField(20), n=pw.IntegerField(), a=pw.TextField())


CODED = (insert("t", "code, n, a", "'p', 1, 'x'", "'q', 2, 'y'"),)


def pointing(**options: Any) -> list[Any]:
    """u points to t; what is not said is as Peewee has it."""
    parent = table("t", a=pw.CharField(20, unique=True))
    other = table("o", a=pw.TextField())
    key = {"null": True, "column_name": "t_id", **options}
    target = other if key.pop("other", False) else parent
    return [parent, other, table("u", t=pw.ForeignKeyField(target, **key), n=pw.IntegerField())]


def by_number() -> list[Any]:
    """The same without a foreign key."""
    return [*pointing()[:2], table("u", t_id=pw.IntegerField(null=True), n=pw.IntegerField())]


POINTING = (*XY, insert("o", "a", "'x'", "'y'"), insert("u", "t_id, n", "1, 5", "2, 6", "NULL, 7"))
ORPHAN = insert("u", "t_id, n", "99, 1")


def key_changed(old: dict[str, Any], new: dict[str, Any], *refuses: str) -> Pair:
    return Pair(lambda: pointing(**old), lambda: pointing(**new), POINTING, refuses=refuses)


def numbered(kind: Callable[..., Any], *, more: bool = False) -> list[Any]:
    """A key, a key that points to it and to which another points, and a key to its own table; a
    table in between that has nothing to do with them may get one column `more`."""
    cell = table("cell", code=kind(primary_key=True))
    alpha = table("alpha", a=pw.TextField(), **({"n": pw.IntegerField(default=0)} if more else {}))
    link = table("link", cell=pw.ForeignKeyField(cell, primary_key=True))
    tail = table("tail", link=pw.ForeignKeyField(link, null=True), m=pw.TextField())
    tree = table("tree", code=kind(primary_key=True), up=pw.ForeignKeyField("self", null=True))
    return [cell, alpha, link, tail, tree]


NUMBERED = (
    insert("cell", "code", "'1'", "'2'"),
    insert("alpha", "a", "'x'"),
    insert("link", "cell_id", "'1'", "'2'"),
    insert("tail", "link_id, m", "'1', 'x'", "NULL, 'y'"),
    insert("tree", "code, up_id", "'7', NULL", "'8', '7'"),
)


def checked(*constraints: Any, **fields: Any) -> list[Any]:
    """t (a varchar, b integer) with constraints of the table."""
    fields = {"a": pw.CharField(20), "b": pw.IntegerField(), **fields}
    return t({"constraints": list(constraints)}, **fields)


def limited(old: list[Any], new: list[Any], **options: Any) -> Pair:
    return Pair(lambda: checked(*old), lambda: checked(*new), AB, **options)


def column_check(*clauses: Any) -> list[Any]:
    return checked(b=pw.IntegerField(constraints=list(clauses)))


ZERO, AGAIN = (insert("t", "a, b", "'z', 0"),), (insert("t", "a, b", "'x', 1"),)
POSITIVE, SMALL = pw.Check("b > 0"), pw.Check("b < 100")

PRIMARY: Pairs = {
    "key made big": Pair(
        lambda: keyed(), lambda: keyed(pw.BigAutoField), XY,
        {"SELECT id FROM t ORDER BY id": [(1,), (2,)]}, accepts=NEXT, **SAME,
    ),
    "key made big, with a child": Pair(
        lambda: keyed(child=True), lambda: keyed(pw.BigAutoField, child=True),
        (*XY, insert("u", "t_id", "1", "2", "2")),
        {"SELECT t_id FROM u ORDER BY id": [(1,), (2,), (2,)]},
        accepts=(*NEXT, "DELETE FROM t"), refuses=(insert("u", "t_id", "99"),),
        **SAME,
    ),
    "key made small": Pair(lambda: keyed(pw.BigAutoField), lambda: keyed(), XY, accepts=NEXT,
                           **SAME),
    "key of one column made one of two": Pair(
        lambda: coded(primary_key=pw.CompositeKey("code")),
        lambda: coded(primary_key=pw.CompositeKey("code", "n")),
        CODED,
        accepts=(insert("t", "code, n, a", "'p', 2, 'z'"),),
    ),
    "id replaced by a key of two columns": Pair(
        lambda: coded(),
        lambda: coded(primary_key=pw.CompositeKey("code", "n")),
        CODED,
        lost=("t.id",),
        refuses=CODED,
    ),
    "key of two columns replaced by an id": Pair(
        lambda: coded(primary_key=pw.CompositeKey("code", "n")),
        lambda: coded(),
        CODED,
        {"SELECT DISTINCT a FROM t ORDER BY 1": [("x",), ("y",)],
         "SELECT count(DISTINCT id) FROM t": [(2,)]},
        accepts=CODED,
    ),
    "columns of a key in another order": Pair(
        lambda: coded(primary_key=pw.CompositeKey("code", "n")),
        lambda: coded(primary_key=pw.CompositeKey("n", "code")),
        CODED,
    ),
    "key added to a table without one": Pair(
        lambda: coded(primary_key=False),
        lambda: coded(primary_key=pw.CompositeKey("code")),
        CODED,
        refuses=CODED,
    ),
    "id added to a table without a key": Pair(
        lambda: coded(primary_key=False), lambda: coded(), CODED,
        {"SELECT count(DISTINCT id) FROM t": [(2,)]}, accepts=CODED,
    ),
    "key of text widened": Pair(
        lambda: t(a=pw.CharField(10, primary_key=True)),
        lambda: t(a=pw.CharField(30, primary_key=True)),
        XY,
        {"SELECT a FROM t ORDER BY a": [("x",), ("y",)]},
    ),
    "key of another column": Pair(
        lambda: coded(primary_key=pw.CompositeKey("code")),
        lambda: coded(primary_key=pw.CompositeKey("n")),
        CODED,
    ),
    "key renamed": Pair(
        lambda: keyed(child=True),
        lambda: [
            parent := table("t", number=pw.AutoField(), a=pw.TextField()),
            table("u", t=pw.ForeignKeyField(parent, null=True, on_delete="CASCADE",
                                            column_name="t_id")),
        ],
        (*XY, insert("u", "t_id", "2", "1")),
        {"SELECT number, a FROM t ORDER BY 1": [(1, "x"), (2, "y")]},
        rename={"t.id": "number"},
        accepts=NEXT,
    ),
    "key with a server default": Pair(
        lambda: t(id=pw.CharField(40, primary_key=True), a=pw.TextField()),
        lambda: t(id=pw.CharField(40, primary_key=True, **default("'new'")), a=pw.TextField()),
        (insert("t", "id, a", "'p', 'x'"),),
        accepts=NEXT,
    ),
}  # fmt: skip

FOREIGN: Pairs = {
    "foreign key added to a column": Pair(by_number, lambda: pointing(), POINTING,
                                          refuses=(ORPHAN,)),
    "foreign key dropped, the column kept": Pair(lambda: pointing(), by_number, POINTING,
                                                 accepts=(ORPHAN,)),
    "on delete set": key_changed({}, {"on_delete": "CASCADE"}, ORPHAN),
    "on delete changed": key_changed({"on_delete": "CASCADE"}, {"on_delete": "SET NULL"}, ORPHAN),
    "on delete dropped": key_changed({"on_delete": "CASCADE"}, {}, "DELETE FROM t"),
    "on update set": key_changed({}, {"on_update": "CASCADE"}),
    "both actions changed": key_changed(
        {"on_delete": "CASCADE"}, {"on_delete": "RESTRICT", "on_update": "CASCADE"},
        "DELETE FROM t",
    ),
    "deferrable set": key_changed({}, {"deferrable": "INITIALLY DEFERRED"}),
    "deferrable dropped": key_changed({"deferrable": "INITIALLY DEFERRED"}, {}, ORPHAN),
    "another target": key_changed({}, {"other": True}, ORPHAN),
    "a name of one's own": key_changed({}, {"constraint_name": "my_own"}),
    "name of one's own changed": key_changed(
        {"constraint_name": "my_own"}, {"constraint_name": "mine"}
    ),
    "foreign key made not null": Pair(
        lambda: pointing(), lambda: pointing(null=False), POINTING,
        {"SELECT t_id FROM u ORDER BY id": [(1,), (2,), (2,)]},
        fill={"u.t_id": "2"}, changed=("u.t_id",), lost=("u.t_id",),
    ),
    "foreign key made unique": Pair(
        lambda: pointing(), lambda: pointing(unique=True), POINTING,
        refuses=(insert("u", "t_id, n", "1, 9"),),
    ),
    "foreign key without an index": key_changed({}, {"index": False}),
    "foreign key to a column that is no key": Pair(
        lambda: [*pointing()[:2], table("u", t=pw.CharField(20, null=True, column_name="t_id"),
                                        n=pw.IntegerField())],
        lambda: pointing(field="a"),
        (*XY, insert("u", "t_id, n", "'x', 1", "'y', 2")),
        {"SELECT t_id FROM u ORDER BY id": [("x",), ("y",)]},
        refuses=(insert("u", "t_id, n", "'z', 1"),),
    ),
    "key and keys to it become numbers": Pair(
        lambda: numbered(pw.CharField), lambda: numbered(pw.BigIntegerField, more=True), NUMBERED
    ),
    "key and keys to it become text": Pair(
        lambda: numbered(pw.IntegerField), lambda: numbered(pw.CharField, more=True), NUMBERED
    ),
    "target of a foreign key widened": Pair(
        lambda: pointing(field="a", on_update="CASCADE"),
        lambda: [
            parent := table("t", a=pw.CharField(40, unique=True)),
            table("o", a=pw.TextField()),
            table("u", t=pw.ForeignKeyField(parent, field="a", null=True, column_name="t_id",
                                            on_update="CASCADE"), n=pw.IntegerField()),
        ],
        (*XY, insert("u", "t_id, n", "'x', 1", "'y', 2")),
        {"SELECT t_id FROM u ORDER BY id": [("x",), ("y",)]},
        accepts=("UPDATE t SET a = 'z' WHERE a = 'x'",),
    ),
    "foreign key under another Python name": Pair(
        lambda: pointing(object_id_name="which"),
        lambda: pointing(object_id_name="number", on_delete="CASCADE"),
        POINTING,
    ),
    "foreign key of one's own SQL": limited(
        [pw.SQL("UNIQUE (a, b)")],
        [pw.SQL("UNIQUE (a, b)"), pw.SQL("FOREIGN KEY (a, b) REFERENCES t (a, b)")],
    ),
}  # fmt: skip

CONSTRAINTS: Pairs = {
    "check added": limited([], [POSITIVE], refuses=ZERO),
    "named check added": limited([], [pw.Check("b > 0", "positive")], refuses=ZERO),
    "check dropped": limited([POSITIVE], [], accepts=ZERO),
    "named check dropped": limited([pw.Check("b > 0", "positive"), SMALL], [SMALL], accepts=ZERO),
    "check changed": limited([POSITIVE], [pw.Check("b >= 0")], accepts=ZERO),
    "named check changed": limited(
        [pw.Check("b >= 0", "right")], [pw.Check("b > 0 AND a <> ''", "right")], refuses=ZERO
    ),
    "check renamed": limited([pw.Check("b > 0", "old")], [pw.Check("b > 0", "new")], refuses=ZERO),
    "check given a name": limited([POSITIVE], [pw.Check("b > 0", "positive")], refuses=ZERO),
    "one check of two dropped": limited([POSITIVE, SMALL], [SMALL], accepts=ZERO),
    "checks swapped for others": limited(
        [POSITIVE, SMALL], [pw.Check("b IN (1, 2)"), pw.Check("length(a) < 5", "short")],
        refuses=ZERO,
    ),
    "check with brackets and quotes": limited(
        [], [pw.Check("a IN ('x', 'y', ')', 'it''s', 'CHECK (', ',')")], refuses=ZERO
    ),
    "check of a column added": Pair(
        lambda: checked(), lambda: column_check(POSITIVE), AB, refuses=ZERO
    ),
    "check of a column dropped": Pair(
        lambda: column_check(POSITIVE, pw.SQL("DEFAULT 5")),
        lambda: column_check(pw.SQL("DEFAULT 5")), AB, accepts=ZERO,
    ),
    "check of a column changed": Pair(
        lambda: column_check(pw.Check("b <> 3")), lambda: column_check(POSITIVE), AB, refuses=ZERO
    ),
    "check beside an enum": Pair(
        lambda: t(a=EnumField(("x", "y"), "mood")),
        lambda: t({"constraints": [pw.Check("a <> 'y'", "no_y")]}, a=EnumField(("x", "y"), "mood")),
        of_a("'x'"),
        refuses=of_a("'y'"),
    ),
    "unique constraint added": limited([], [pw.SQL("UNIQUE (a, b)")], refuses=AGAIN),
    "named unique constraint added": limited(
        [], [pw.SQL("CONSTRAINT once UNIQUE (b, a)")], refuses=AGAIN
    ),
    "unique constraint dropped": limited([pw.SQL("UNIQUE (a, b)")], [], accepts=AGAIN),
    "unique constraint changed": limited(
        [pw.SQL("UNIQUE (a, b)")], [pw.SQL("UNIQUE (b)")], refuses=AGAIN
    ),
    "unique constraint of a column": Pair(
        lambda: checked(), lambda: column_check(pw.SQL("UNIQUE")), AB, refuses=AGAIN
    ),
    "unique added": Pair(
        lambda: checked(), lambda: checked(b=pw.IntegerField(unique=True)), AB, refuses=AGAIN
    ),
    "unique dropped": Pair(
        lambda: checked(b=pw.IntegerField(unique=True)), lambda: checked(), AB, accepts=AGAIN
    ),
}  # fmt: skip

BOTH: Pairs = PRIMARY | FOREIGN | CONSTRAINTS


class Range(pw.Field):
    field_type = "INT4RANGE"


def ranges(*constraints: str) -> list[Any]:
    return t({"constraints": [pw.SQL(one) for one in constraints]}, a=Range())


APART = "CONSTRAINT apart EXCLUDE USING gist (a WITH &&)"
RANGES = of_a("'[1,3)'", "'[3,5)'")


def always() -> Any:
    return pw.IdentityField(generate_always=True)


POSTGRES: Pairs = {
    "exclusion added": Pair(lambda: ranges(), lambda: ranges(APART), RANGES,
                            refuses=of_a("'[2,4)'")),
    "exclusion dropped": Pair(lambda: ranges(APART), lambda: ranges(), RANGES,
                              accepts=of_a("'[2,4)'")),
    "exclusion changed": Pair(
        lambda: ranges(APART),
        lambda: ranges(APART + " WHERE (NOT isempty(a))"),
        RANGES,
        accepts=of_a("'empty'", "'empty'"),
    ),
    "serial made an identity": Pair(lambda: keyed(), lambda: keyed(pw.IdentityField), XY,
                                    accepts=NEXT),
    "identity made a serial": Pair(lambda: keyed(pw.IdentityField), lambda: keyed(), XY,
                                   accepts=NEXT),
    "identity always": Pair(
        lambda: keyed(pw.IdentityField), lambda: keyed(always), XY,
        accepts=NEXT, refuses=(insert("t", "id, a", "77, 'x'"),),
    ),
    "identity by default, with a child": Pair(
        lambda: [parent := table("t", id=always(), a=pw.TextField()),
                 table("u", t=pw.ForeignKeyField(parent, null=True))],
        lambda: [parent := table("t", id=pw.IdentityField(), a=pw.TextField()),
                 table("u", t=pw.ForeignKeyField(parent, null=True))],
        (*XY, insert("u", "t_id", "1")),
        accepts=NEXT,
    ),
    "column with a sequence of its own": Pair(
        lambda: t(a=pw.TextField()),
        lambda: t(a=pw.TextField(), n=pw.IntegerField(constraints=[pw.SQL(
            "GENERATED BY DEFAULT AS IDENTITY (START WITH 10)")])),
        XY,
        {"SELECT n FROM t ORDER BY id": [(10,), (11,)]},
        accepts=NEXT,
    ),
    "check with a percent sign": limited(
        [], [pw.Check("a NOT LIKE '%%0'", "odd")], accepts=ZERO,
        refuses=(insert("t", "a, b", "'10', 1"),),
    ),
    "unique with nulls": limited(
        [pw.SQL("UNIQUE (a, b)")], [pw.SQL("UNIQUE NULLS NOT DISTINCT (a, b)")], refuses=AGAIN
    ),
    "unique, deferred": limited(
        [pw.SQL("UNIQUE (b)")], [pw.SQL("UNIQUE (b) DEFERRABLE INITIALLY DEFERRED")],
        accepts=("UPDATE t SET b = 3 - b",),
    ),
}  # fmt: skip

SQLITE: Pairs = {
    "check with a percent sign, here": limited(
        [], [pw.Check("a NOT LIKE '%0'", "odd")], accepts=ZERO,
        refuses=(insert("t", "a, b", "'10', 1"),),
    ),
    "unique constraint with its conflict": limited(
        [], [pw.SQL("UNIQUE (a) ON CONFLICT IGNORE")], accepts=AGAIN
    ),
}  # fmt: skip
