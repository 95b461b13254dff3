"""The one comparison: what is added, dropped and altered between two schemas."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbkit.schema.changes import Add, Alter, Change, Drop
from dbkit.schema.details import Key, TableOptions
from dbkit.schema.diff import counterpart, diff
from dbkit.schema.values import (
    Check,
    Column,
    Comment,
    EnumType,
    ForeignKey,
    Index,
    Namespace,
    Part,
    PrimaryKey,
    Schema,
    Table,
    Unique,
)
from tests.names import own

A, B = Column("a", "integer"), Column("b", "text")
KEY = PrimaryKey(("a",), name="t_pkey", named=False)


def schema(*parts: Part) -> Schema:
    return Schema(tables=(Table(own("t"), parts),))


def index(name: str, named: bool = True, column: str = "a") -> Index:
    return Index((Key(column),), name=name, named=named)


CASES: dict[str, tuple[tuple[Part, ...], tuple[Part, ...], list[Change]]] = {
    "the order of columns means nothing": ((A, B), (B, A), []),
    "a column is added": ((A,), (A, B), [Add(own("t"), B)]),
    "a column is dropped": ((A, B), (A,), [Drop(own("t"), B)]),
    "a column has another type": (
        (A,), (Column("a", "text"),), [Alter(own("t"), A, Column("a", "text"))]),
    "a name that nobody chose matches any": ((index("i", False),), (index("j", False),), []),
    "a name that one side did not choose matches": ((index("i", False),), (index("j"),), []),
    "a name that both chose is a difference": (
        (index("i"),), (index("j"),), [Alter(own("t"), index("i"), index("j"))]),
    "of two equals that of the same name stays": (
        (index("i"), index("j")), (index("j"),), [Drop(own("t"), index("i"))]),
    "a second of two equals is added": (
        (index("i"),), (index("i"), index("j")), [Add(own("t"), index("j"))]),
    "indexes of one name are one that changed": (
        (index("i"),), (index("i", True, "b"),),
        [Alter(own("t"), index("i"), index("i", True, "b"))]),
    "an index on the same keys is one that changed": (
        (index("i", False),), (Index((Key("a"),), unique=True, name="j", named=False),),
        [Alter(own("t"), index("i", False),
               Index((Key("a"),), unique=True, name="j", named=False))]),
    "a table has one primary key": (
        (KEY,), (PrimaryKey(("b",), named=False),),
        [Alter(own("t"), KEY, PrimaryKey(("b",), named=False))]),
    "a foreign key of the same column points elsewhere": (
        (ForeignKey(("a",), own("x"), ("id",)),), (ForeignKey(("a",), own("y"), ("id",)),),
        [Alter(own("t"), ForeignKey(("a",), own("x"), ("id",)),
               ForeignKey(("a",), own("y"), ("id",)))]),
    "checks without names are told by what they say": (
        (Check("a > 0"),), (Check("a > 1"),),
        [Drop(own("t"), Check("a > 0")), Add(own("t"), Check("a > 1"))],
    ),
    "a unique constraint is not a unique index": (
        (Unique(("a",)),), (Index((Key("a"),), unique=True),),
        [Drop(own("t"), Unique(("a",))), Add(own("t"), Index((Key("a"),), unique=True))]),
    "a comment on a column is not that on its index": (
        (Comment("a", "x"),), (Comment("a", "x", "index"),),
        [Drop(own("t"), Comment("a", "x")), Add(own("t"), Comment("a", "x", "index"))]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_parts_of_a_table(case: str) -> None:
    old, new, changes = CASES[case]
    assert list(diff(schema(*old), schema(*new))) == changes


@pytest.mark.parametrize("case", CASES)
def test_the_way_back_is_the_inverse(case: str) -> None:
    old, new, changes = CASES[case]
    back = diff(schema(*new), schema(*old))
    assert {change.inverse for change in changes} == set(back)


def test_types_come_before_tables_and_names_in_order() -> None:
    old = Schema(enums=(EnumType(own("e"), ("a",)),), tables=(Table(own("a")),))
    new = Schema(
        namespaces=(Namespace("s"),),
        enums=(EnumType(own("e"), ("a", "b")), EnumType(own("d"), ("x",))),
        tables=(Table(own("c")), Table(own("b"))),
    )
    assert diff(old, new) == (
        Add(None, Namespace("s")),
        Add(None, EnumType(own("d"), ("x",))),
        Alter(None, EnumType(own("e"), ("a",)), EnumType(own("e"), ("a", "b"))),
        Drop(None, Table(own("a"))),
        Add(None, Table(own("b"))),
        Add(None, Table(own("c"))),
    )


def test_a_table_of_another_kind_is_altered_once_and_its_parts_are_compared() -> None:
    old, new = Table(own("t"), (A,)), Table(own("t"), (A, B), options=TableOptions(strict=True))
    assert diff(Schema(tables=(old,)), Schema(tables=(new,))) == (
        Alter(None, old, new),
        Add(own("t"), B),
    )


def test_what_is_not_compared_makes_no_difference() -> None:
    old = Schema(
        tables=(Table(own("t"), parents=(own("p"),)),),
        attached={("relation", own("t"), ""): ("x",)},
    )
    assert diff(old, Schema(tables=(Table(own("t")),))) == ()
    column, check = Column("a", "integer", True, "1"), Check("(a > 0)", name="c")
    ours = schema(replace(column, source=" 1"), replace(check, source="a>0"))
    assert diff(schema(column, check), ours) == ()


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (index("other", False), index("i")),  # the same content
        (Column("a", "text"), A),  # the same name
        (PrimaryKey(("b",)), KEY),  # the same subject
        (Column("c", "text"), None),
        (Check("a > 0"), None),
    ],
)
def test_the_counterpart_of_a_part(part: Part, found: Part | None) -> None:
    assert counterpart(Table(own("t"), (A, KEY, index("i"))), part) == found


ASKED = Index((Key("a"),), unique=True, name="t_a", named=False)  # Peewee's, for unique=True
UNIQUE = Unique(("a",), name="uq")


@pytest.mark.parametrize(
    ("live", "model", "is_equal"),
    [
        (UNIQUE, ASKED, True),
        (replace(UNIQUE, name=None, named=False), ASKED, True),
        (Unique(("a", "b"), name="uq"), replace(ASKED, keys=(Key("a"), Key("b"))), True),
        (Unique(("b", "a"), name="uq"), replace(ASKED, keys=(Key("a"), Key("b"))), False),
        (UNIQUE, replace(ASKED, named=True), False),
        (replace(ASKED, named=True), UNIQUE, False),
        (UNIQUE, replace(ASKED, where="a > 0"), False),
        (UNIQUE, replace(ASKED, unique=False), False),
        (UNIQUE, replace(ASKED, keys=(Key("a", order="DESC"),)), False),
        (replace(UNIQUE, deferrable="INITIALLY DEFERRED"), ASKED, False),
        (replace(UNIQUE, nulls_distinct=False), ASKED, False),
        (replace(UNIQUE, include=("b",)), ASKED, False),
    ],
)
def test_a_constraint_satisfies_unique_of_a_field(live: Part, model: Part, is_equal: bool) -> None:
    assert (diff(schema(live), schema(model)) == ()) == is_equal


def test_a_constraint_satisfies_one_field_only() -> None:
    index = replace(ASKED, named=True, name="i")
    assert diff(schema(UNIQUE, index), schema(ASKED)) == (Drop(own("t"), UNIQUE),)
    assert diff(schema(UNIQUE, index), schema(ASKED, replace(UNIQUE, name="other"))) == (
        Alter(own("t"), UNIQUE, replace(UNIQUE, name="other")),
    )
