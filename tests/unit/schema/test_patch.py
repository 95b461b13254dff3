"""A schema after changes that were found between two others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbkit.errors import MigrationError
from dbkit.schema.changes import Add, Alter, Change, Drop
from dbkit.schema.details import Key, TableOptions
from dbkit.schema.diff import diff
from dbkit.schema.patch import filtered, marked_as, patched, with_names
from dbkit.schema.values import Check, Column, EnumType, Index, PrimaryKey, Schema, Sequence, Table
from tests.names import own

A, B = Column("a", "integer"), Column("b", "text")
INDEX = Index((Key("a"),), name="i", named=False)
ONE = Schema(
    enums=(EnumType(own("e"), ("x",)),),
    tables=(Table(own("t"), (A, INDEX, PrimaryKey(("a",), name="t_pkey"))), Table(own("u"), (B,))),
)
TWO = Schema(
    sequences=(Sequence(own("s")),),
    enums=(EnumType(own("e"), ("x", "y")),),
    tables=(
        Table(
            own("t"), (Column("a", "bigint"), B, Check("a > 0")), options=TableOptions(strict=True)
        ),
    ),
)


@pytest.mark.parametrize(("old", "new"), [(ONE, TWO), (TWO, ONE), (Schema(), ONE), (ONE, ONE)])
def test_the_changes_between_two_schemas_lead_from_one_to_the_other(
    old: Schema, new: Schema
) -> None:
    assert diff(patched(old, diff(old, new)), new) == ()


def test_a_part_is_found_by_what_it_is_about_where_its_name_is_another() -> None:
    found = patched(ONE, [Drop(own("t"), replace(INDEX, name="elsewhere"))])
    assert INDEX not in found.tables[0].parts
    found = patched(ONE, [Alter(own("t"), PrimaryKey(("b",)), PrimaryKey(("b",), deferrable="x"))])
    assert PrimaryKey(("a",), "x", name="t_pkey") in found.tables[0].parts


def test_a_changed_check_brings_the_text_of_its_model() -> None:
    old, new = Check("(a > 0)", name="c", source="a>0"), Check("(a > 1)", name="c", source="a>1")
    found = patched(Schema(tables=(Table(own("t"), (old,)),)), [Alter(own("t"), old, new)])
    assert [part.source for part in found.tables[0].parts if isinstance(part, Check)] == ["a>1"]


def test_an_index_that_nobody_named_gets_the_next_free_name() -> None:
    found = patched(ONE, [Add(own("u"), INDEX), Add(own("t"), INDEX)])
    assert [part.name for table in found.tables for part in table.parts if isinstance(part, Index)
            ] == ["i", "i_2", "i_1"]  # fmt: skip


def test_a_type_that_is_already_there_is_not_added_twice() -> None:
    assert patched(ONE, [Add(None, EnumType(own("e"), ("other",)))]) == ONE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Add(own("nowhere"), A), "no table nowhere"),
        (Drop(own("t"), Column("z", "text")), "Table t has no column z"),
        (Drop(own("t"), Check("z > 0")), "Table t has no check constraint z > 0"),
    ],
)
def test_what_is_not_there_is_an_error(change: Change, words: str) -> None:
    with pytest.raises(MigrationError, match=words):
        patched(ONE, [change])


def test_a_replica_identity_goes_with_its_index() -> None:
    options = TableOptions(replica_identity="USING INDEX", replica_index="i", strict=True)
    table = Table(own("t"), (A, INDEX), options=options)
    assert filtered(table, lambda part: True) == table
    left = Table(own("t"), (A,), options=TableOptions(strict=True))
    assert filtered(table, lambda part: part is A) == left


def test_which_names_count() -> None:
    assert with_names(ONE, True).tables[0].parts[1] == replace(INDEX, named=True)
    marked = marked_as(with_names(ONE, True).tables[0], ONE.tables[0])
    assert marked == ONE.tables[0]
