"""Tables below other tables, and what a partition has from its parent."""

from __future__ import annotations

from dbkit.schema.details import Key, TableOptions
from dbkit.schema.inheritance import as_inherited, descendants, is_partition, parents_first
from dbkit.schema.values import Check, Column, Comment, Index, Table, Trigger
from tests.names import own

TREE = [
    Table(own("leaf"), parents=(own("child"),)),
    Table(own("child"), parents=(own("root"),)),
    Table(own("other")),
    Table(own("root")),
    Table(own("both"), parents=(own("other"), own("child"))),
]


def names(tables: list[Table]) -> list[str]:
    return [str(table.name) for table in tables]


def test_parents_come_first() -> None:
    found = names(parents_first(TREE))
    assert sorted(found) == sorted(names(TREE))
    for table in TREE:
        for parent in table.parents:
            assert found.index(str(parent)) < found.index(str(table.name))


def test_a_parent_that_is_not_among_them_is_none() -> None:
    assert names(parents_first(TREE[:1])) == ["leaf"]


def test_descendants_are_those_below_and_not_the_tables_themselves() -> None:
    assert set(names(descendants(TREE, lambda table: table.name == own("root")))) == {
        "child", "leaf", "both",
    }  # fmt: skip
    assert descendants(TREE, lambda table: table.name == own("leaf")) == []


def test_a_partition_is_told_by_its_option() -> None:
    assert is_partition(
        Table(own("t"), options=TableOptions(parents=("p",), bound="FOR VALUES IN (1)"))
    )
    assert not is_partition(
        Table(own("t"), options=TableOptions(partition_by="LIST (a)", parents=("p",)))
    )


def test_a_partition_has_its_parents_defaults_and_no_parts_of_its_own() -> None:
    shared, other = Check("a > 0", name="c"), Check("a > 9", name="d")
    parent = Table(own("p"), (Column("a", "integer", False, "1"), shared))
    column, index = Column("a", "integer", True, "2"), Index((Key("a"),))
    parts = (column, shared, other, Comment("a", "x"), index, Trigger("t", "..."))
    partition = Table(own("q"), parts)
    assert as_inherited(partition, parent).parts == (
        Column("a", "integer", False, "1"), shared, Comment("a", "x"),
    )  # fmt: skip


def test_an_identity_stays_the_partitions_own() -> None:
    parent = Table(own("p"), (Column("a", "integer", False, identity="always"),))
    partition = Table(own("q"), (Column("a", "integer", True, "2"),))
    assert as_inherited(partition, parent) == partition
