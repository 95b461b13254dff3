"""What a change says of itself: its inverse, what differs, its kind and its words."""

from __future__ import annotations

from typing import get_args

import pytest

from dbkit.schema.changes import KINDS, Add, Alter, Drop, Item, definition, items, kind, subject
from dbkit.schema.details import Action, Key, SequenceOptions
from dbkit.schema.values import (
    Check,
    Column,
    Comment,
    EnumType,
    Extension,
    ForeignKey,
    Index,
    PrimaryKey,
    Table,
    Trigger,
)
from tests.names import own

A = Column("a", "integer")


def test_each_change_has_an_inverse() -> None:
    assert Add(own("t"), A).inverse == Drop(own("t"), A)
    assert Drop(own("t"), A).inverse == Add(own("t"), A)
    altered = Alter(own("t"), A, Column("a", "text"))
    assert altered.inverse == Alter(own("t"), Column("a", "text"), A)
    assert altered.inverse.inverse == altered
    assert altered.item == Column("a", "text")


@pytest.mark.parametrize(
    ("old", "new", "differences"),
    [
        (A, Column("a", "text", False), {"type": ("integer", "text"), "nullable": (True, False)}),
        (Index((Key("a"),), name="i"), Index((Key("a"),), name="j"), {"name": ("i", "j")}),
        (Index((Key("a"),), name="i"), Index((Key("b"),), name="j", named=False),
         {"keys": ((Key("a"),), (Key("b"),))}),
        (Table(own("t"), (A,)), Table(own("t"), kind="view"), {"kind": ("table", "view")}),
        (Table(own("t"), parents=(own("p"),)), Table(own("t")), {}),
    ],
)  # fmt: skip
def test_differences(old: Item, new: Item, differences: dict[str, object]) -> None:
    assert Alter(own("t"), old, new).differences == differences


def test_items_of_a_kind() -> None:
    key = PrimaryKey(("a",))
    changes = [
        Add(own("t"), A),
        Add(own("u"), Column("b", "text")),
        Drop(own("t"), A),
        Add(own("t"), key),
    ]
    assert items(changes, Add, Column) == [A, Column("b", "text")]
    assert items(changes, Add, Column, own("t")) == [A]
    assert items(changes, Drop, Column) == [A]


def test_every_kind_of_item_has_a_word() -> None:
    assert {*KINDS, Table, Index} == set(get_args(Item))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (A, ("column", "a", "integer")),
        (Column("a", "text", False, "'x'", collation="C"),
         ("column", "a", "text collate C not null default 'x'")),
        (Column("a", "integer", identity="always", sequence=SequenceOptions(start=5)),
         ("column", "a", "integer always START 5")),
        (PrimaryKey(("a", "b")), ("primary key", "(a, b)", "")),
        (ForeignKey(("a",), own("u"), ("id",), Action("CASCADE"), name="f"),
         ("foreign key", "f (a)", "references u (id) on delete cascade")),
        (Index((Key("a"),), True, name="i", where="a > 0"),
         ("unique index", "i (a)", "where a > 0")),
        (Index((Key("a", None, "int4_ops", "DESC"), Key(None, "lower(b)")), name="i"),
         ("index", "i (a int4_ops DESC, lower(b))", "")),
        (Check("a > 0"), ("check constraint", "a > 0", "")),
        (Check("a > 0", name="c"), ("check constraint", "c", "a > 0")),
        (Comment("", "x"), ("comment", "on the table", "x")),
        (Comment("a", "x"), ("comment", "on a", "x")),
        (Comment("i", "x", "index"), ("comment", "on index i", "x")),
        (Trigger("t", "BEFORE ..."), ("trigger", "t", "BEFORE ...")),
        (EnumType(own("e"), ("a", "b")), ("enum type", "e", "a, b")),
        (Extension("citext", "public"), ("extension", "citext", "in schema public")),
        (Table(own("v"), kind="view"), ("view", "v", "")),
    ],
)  # fmt: skip
def test_an_item_in_words(item: Item, words: tuple[str, str, str]) -> None:
    assert (kind(item), subject(item), definition(item)) == words
