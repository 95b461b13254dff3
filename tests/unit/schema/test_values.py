"""Values compare by all that they say, and by nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, get_args

import pytest

from dbkit.schema.details import SequenceOptions, Setting, TableOptions
from dbkit.schema.names import Name
from dbkit.schema.values import Column, EnumType, Nameable, Part, Schema, Table
from tests.names import own

KINDS: list[Any] = [*get_args(Part), EnumType, Table, SequenceOptions, TableOptions]


def example(kind: Any) -> Any:
    return kind(**{one.name: "x" for one in fields(kind)})


@pytest.mark.parametrize("kind", KINDS)
def test_equal_values_are_one(kind: Any) -> None:
    assert example(kind) == example(kind)
    assert len({example(kind), example(kind)}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_compared_field_makes_a_difference(kind: Any) -> None:
    for field in fields(kind):
        other = replace(example(kind), **{field.name: "other"})
        assert (other != example(kind)) is field.compare, field.name


@pytest.mark.parametrize("kind", KINDS)
def test_no_value_takes_further_attributes(kind: Any) -> None:
    with pytest.raises((AttributeError, TypeError)):
        example(kind).unheard_of = 1


def test_what_the_server_may_name_says_whether_somebody_chose_the_name() -> None:
    for kind in get_args(Nameable):
        assert {"name", "named"} <= {one.name for one in fields(kind)}


def test_a_sequence_says_only_what_is_not_the_default() -> None:
    assert SequenceOptions().words == ()
    downwards = SequenceOptions("smallint", 0, -1, -9, 0, 2, True, True, (Name("t", "u"), "a"))
    assert downwards.clauses == (
        *("AS smallint", "START 0", "INCREMENT -1", "MINVALUE -9", "MAXVALUE 0"),
        *("CACHE 2", "CYCLE"),
    )
    assert downwards.words == (*downwards.clauses, "UNLOGGED", "OWNED BY t.u.a")


def test_the_options_of_a_table_in_words() -> None:
    assert TableOptions().words == ()
    partition = TableOptions(
        "", "LIST (a)", ("p",), "DEFAULT", True, True, "USING INDEX", "i", "o",
        (Setting("fillfactor", "7"),), True, True)  # fmt: skip
    assert partition.words == (
        *("PARTITION BY LIST (a)", "PARTITION OF (p) DEFAULT"),
        *("ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY", "REPLICA IDENTITY USING INDEX i"),
        *("OF o", "fillfactor=7", "strict", "without rowid"),
    )
    assert TableOptions("SELECT 1", parents=("p", "q")).words == ("SELECT 1", "INHERITS (p, q)")


def test_what_is_attached_is_not_compared() -> None:
    assert Schema(attached={("relation", own("t"), ""): ("GRANT ...",)}) == Schema()
    assert Column("a", "text") != Column("a", "text", False)
