"""Indexes: added, dropped, and all that can change about one."""

from __future__ import annotations

from typing import Any

import peewee as pw

from .pair import AB, Pair, Pairs, indexed, insert, t

SAME = (insert("t", "a, b", "'x', 1"),)


def ab(**options: Any) -> list[Any]:
    """t with options of column a."""
    return t(a=pw.CharField(20, **options), b=pw.IntegerField())


def multi(*indexes: Any) -> list[Any]:
    """t with indexes as Meta has them."""
    return t({"indexes": indexes}, a=pw.CharField(20), b=pw.IntegerField())


def made(*sql: str) -> list[Any]:
    """t with indexes in words of their own."""
    model = indexed()[0]
    for one in sql:
        model.add_index(pw.SQL(one))
    return [model]


def change(old: Any, new: Any, **options: Any) -> Pair:
    return Pair(old, new, AB, **options)


def low(m: Any) -> Any:
    return pw.fn.lower(m.a)


def upper(m: Any) -> Any:
    return pw.fn.upper(m.a)


def down(m: Any) -> Any:
    return m.b.desc()


def above(limit: int) -> Any:
    return lambda m: m.b > limit


BOTH: Pairs = {
    "index added": change(lambda: ab(), lambda: ab(index=True)),
    "index dropped": change(lambda: ab(index=True), lambda: ab()),
    "index made unique": change(lambda: ab(index=True), lambda: ab(unique=True), refuses=SAME),
    "unique index made plain": change(
        lambda: ab(unique=True), lambda: ab(index=True), accepts=SAME
    ),
    "index of two added": change(lambda: multi(), lambda: multi((("a", "b"), False))),
    "index of two dropped": change(lambda: multi((("a", "b"), True)), lambda: multi()),
    "index of two made unique": change(
        lambda: multi((("a", "b"), False)), lambda: multi((("a", "b"), True)), refuses=SAME
    ),
    "index of two in another order": change(
        lambda: multi((("a", "b"), False)), lambda: multi((("b", "a"), False))
    ),
    "column added to an index": change(
        lambda: multi((("a",), False)), lambda: multi((("a", "b"), False))
    ),
    "one index of two dropped": change(
        lambda: multi((("a", "b"), False), (("b",), False)), lambda: multi((("b",), False))
    ),
    "partial index added": change(
        lambda: indexed(), lambda: indexed("a", name="some", where=above(0))
    ),
    "predicate changed": change(
        lambda: indexed("a", name="some", unique=True, where=above(0)),
        lambda: indexed("a", name="some", unique=True, where=above(5)),
        accepts=SAME,
    ),
    "predicate dropped": change(
        lambda: indexed("a", name="some", unique=True, where=above(5)),
        lambda: indexed("a", name="some", unique=True),
        refuses=SAME,
    ),
    "index of an expression added": change(
        lambda: indexed(), lambda: indexed(low, name="low", unique=True),
        refuses=(insert("t", "a, b", "'X', 1"),),
    ),
    "expression changed": change(lambda: indexed(low, name="e"), lambda: indexed(upper, name="e")),
    "index of an expression dropped": change(
        lambda: indexed(low, "b", name="e"), lambda: indexed()
    ),
    "direction changed": change(
        lambda: indexed("b", name="d"), lambda: indexed(down, name="d")
    ),
    "index with a direction added": change(
        lambda: indexed(), lambda: indexed("a", down, name="d")
    ),
    "index renamed": change(lambda: indexed("a", name="old"), lambda: indexed("a", name="new")),
    "index of an expression renamed": change(
        lambda: indexed(low, name="old", where=above(0)),
        lambda: indexed(low, name="new", where=above(0)),
    ),
    "index given a name": change(lambda: ab(index=True), lambda: indexed("a", name="mine")),
    "index in words of its own": change(
        lambda: made(), lambda: made('CREATE UNIQUE INDEX "raw" ON "t" ("b" DESC, "a")'),
        refuses=SAME,
    ),
    "index with a name that needs quotes": change(
        lambda: indexed("a", name='odd "näme"'), lambda: indexed("a", "b", name='odd "näme"')
    ),
    "index on a column that becomes another type": Pair(
        lambda: indexed("b", name="some", where=above(0)),
        lambda: [m := t(a=pw.CharField(20), b=pw.BigIntegerField())[0],
                 m.add_index(m.b, name="some", where=m.b > 0)][:1],
        AB,
        idle=("sqlite",),
    ),
}  # fmt: skip

POSTGRES: Pairs = {
    "method changed": change(
        lambda: ab(index=True), lambda: ab(index=True, index_type="hash")
    ),
    "method changed back": change(
        lambda: ab(index=True, index_type="hash"), lambda: ab(index=True)
    ),
    "GIN index added": Pair(
        lambda: t(a=pw.JSONField()), lambda: t(a=pw.JSONField(index=True, index_type="gin")),
        (insert("t", "a", "'{\"x\": 1}'"),),
    ),
    "nulls not distinct": change(
        lambda: indexed("a", unique=True, name="n"),
        lambda: indexed("a", unique=True, name="n", nulls_distinct=False),
        refuses=SAME,
    ),
    "operator class": change(
        lambda: made('CREATE INDEX "o" ON "t" ("a")'),
        lambda: made('CREATE INDEX "o" ON "t" ("a" varchar_pattern_ops)'),
    ),
    "included column": change(
        lambda: made('CREATE INDEX "o" ON "t" ("a")'),
        lambda: made('CREATE INDEX "o" ON "t" ("a") INCLUDE ("b") WITH (fillfactor=70)'),
    ),
    "nulls first and a collation": change(
        lambda: made(), lambda: made('CREATE INDEX "o" ON "t" ("a" COLLATE "C" DESC NULLS LAST)')
    ),
}  # fmt: skip

SQLITE: Pairs = {
    "collation of an index": change(
        lambda: made('CREATE INDEX "o" ON "t" ("a")'),
        lambda: made('CREATE INDEX "o" ON "t" ("a" COLLATE NOCASE)'),
    ),
}  # fmt: skip
