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

A, B = Column("a", "integer"), Column("b", "text")
KEY = PrimaryKey(("a",), name="t_pkey", named=False)


def schema(*parts: Part) -> Schema:
    return Schema(tables=(Table("t", parts),))


def index(name: str, named: bool = True, column: str = "a") -> Index:
    return Index((Key(column),), name=name, named=named)


CASES: dict[str, tuple[tuple[Part, ...], tuple[Part, ...], list[Change]]] = {
    "the order of columns means nothing": ((A, B), (B, A), []),
    "a column is added": ((A,), (A, B), [Add("t", B)]),
    "a column is dropped": ((A, B), (A,), [Drop("t", B)]),
    "a column has another type": (
        (A,), (Column("a", "text"),), [Alter("t", A, Column("a", "text"))]),
    "a name that nobody chose matches any": ((index("i", False),), (index("j", False),), []),
    "a name that one side did not choose matches": ((index("i", False),), (index("j"),), []),
    "a name that both chose is a difference": (
        (index("i"),), (index("j"),), [Alter("t", index("i"), index("j"))]),
    "of two equals that of the same name stays": (
        (index("i"), index("j")), (index("j"),), [Drop("t", index("i"))]),
    "a second of two equals is added": (
        (index("i"),), (index("i"), index("j")), [Add("t", index("j"))]),
    "indexes of one name are one that changed": (
        (index("i"),), (index("i", True, "b"),),
        [Alter("t", index("i"), index("i", True, "b"))]),
    "an index on the same keys is one that changed": (
        (index("i", False),), (Index((Key("a"),), unique=True, name="j", named=False),),
        [Alter("t", index("i", False), Index((Key("a"),), unique=True, name="j", named=False))]),
    "a table has one primary key": (
        (KEY,), (PrimaryKey(("b",), named=False),),
        [Alter("t", KEY, PrimaryKey(("b",), named=False))]),
    "a foreign key of the same column points elsewhere": (
        (ForeignKey(("a",), "x", ("id",)),), (ForeignKey(("a",), "y", ("id",)),),
        [Alter("t", ForeignKey(("a",), "x", ("id",)), ForeignKey(("a",), "y", ("id",)))]),
    "checks without names are told by what they say": (
        (Check("a > 0"),), (Check("a > 1"),), [Drop("t", Check("a > 0")), Add("t", Check("a > 1"))]
    ),
    "a unique constraint is not a unique index": (
        (Unique(("a",)),), (Index((Key("a"),), unique=True),),
        [Drop("t", Unique(("a",))), Add("t", Index((Key("a"),), unique=True))]),
    "a comment on a column is not that on its index": (
        (Comment("a", "x"),), (Comment("a", "x", "index"),),
        [Drop("t", Comment("a", "x")), Add("t", Comment("a", "x", "index"))]),
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
    old = Schema(enums=(EnumType("e", ("a",)),), tables=(Table("a"),))
    new = Schema(
        namespaces=(Namespace("s"),),
        enums=(EnumType("e", ("a", "b")), EnumType("d", ("x",))),
        tables=(Table("c"), Table("b")),
    )
    assert diff(old, new) == (
        Add(None, Namespace("s")),
        Add(None, EnumType("d", ("x",))),
        Alter(None, EnumType("e", ("a",)), EnumType("e", ("a", "b"))),
        Drop(None, Table("a")),
        Add(None, Table("b")),
        Add(None, Table("c")),
    )


def test_a_table_of_another_kind_is_altered_once_and_its_parts_are_compared() -> None:
    old, new = Table("t", (A,)), Table("t", (A, B), options=TableOptions(strict=True))
    assert diff(Schema(tables=(old,)), Schema(tables=(new,))) == (
        Alter(None, old, new),
        Add("t", B),
    )


def test_what_is_not_compared_makes_no_difference() -> None:
    old = Schema(tables=(Table("t", parents=("p",)),), attached={("table", "", "t"): ("x",)})
    assert diff(old, Schema(tables=(Table("t"),))) == ()
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
    assert counterpart(Table("t", (A, KEY, index("i"))), part) == found
