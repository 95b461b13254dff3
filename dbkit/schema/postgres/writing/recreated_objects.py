"""The objects that must be dropped and created again so that changes are possible.

PostgreSQL refuses to alter an object on which another depends: a column's type under a view, a
unique constraint under a foreign key. A `Plan` contains the changes of a diff and these additional
drops and adds; it does not alter parts. If only a text shows a dependency, a name in it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...changes import Add, Alter, Change, Drop
from ...diff import diff
from ...inheritance import is_partition
from ...names import Name
from ...sql import mentions
from ...values import (
    VIEWS,
    Check,
    Column,
    Comment,
    Domain,
    EnumType,
    Exclusion,
    Extension,
    Firing,
    ForeignKey,
    Index,
    Part,
    Policy,
    PrimaryKey,
    Rule,
    Schema,
    Sequence,
    Table,
    Trigger,
    Unique,
)
from .as_sql import uses, words_of
from .replaced_types import replaced

Keys = PrimaryKey | Unique | Index
PLAIN = ("table", "unlogged table")


class Plan:
    """The completed changes. `replaced` are types, and `recreated` are tables and views, that are
    dropped and created again. `retyped` are columns whose type changes, and `again` are columns
    that are dropped and added."""

    def __init__(self, current: Schema, desired: Schema, also: frozenset[Name]) -> None:
        self.old = {table.name: table for table in current.tables}
        self.new = {table.name: table for table in desired.tables}
        self.both = [(self.old[name], table) for name, table in self.new.items()
                     if name in self.old]  # fmt: skip
        changes = diff(current, desired)
        wanted = also & {enum.name for enum in current.enums}
        self.replaced = replaced(changes, current.domains, wanted)
        self.recreated = self._recreated(changes)
        self.kept = [pair for pair in self.both if pair[1].name not in self.recreated]
        self.retyped: set[tuple[Name, str]] = set()
        self.again: set[tuple[Name, str]] = set()
        self._find_columns()
        dropped = [(change.table, change.old if isinstance(change, Alter) else change.item)
                   for change in changes
                   if not isinstance(change, Add) and not self._is_rename(change)]  # fmt: skip
        self._dropped = {pair for pair in dropped if pair[0] and pair[0] not in self.recreated}
        self._find_keys()
        self._find_views()
        self.kept = [pair for pair in self.kept if pair[1].name not in self.recreated]
        self.changes = [*self._simple(changes), *self._in_the_way(), *self._all_again()]

    def _recreated(self, changes: tuple[Change, ...]) -> set[Name]:
        """Views that differ, tables that cannot be altered, and partitions of those."""
        names: set[Name] = set()
        for change in changes:
            match change:
                case Alter(old=Table() as old, new=Table() as new) if not _is_alterable(old, new):
                    names.add(new.name)
                case Add(item=Column()) | Drop(item=Column()) | Alter(new=Column()):
                    if change.table and self.new[change.table].kind in VIEWS:
                        names.add(change.table)
        gone = set(self.old) - set(self.new)
        waiting = [old for old, _ in self.both]
        while found := {old.name for old in waiting if _is_partition_of(old, names | gone)} - names:
            names |= found
        return names

    def _find_columns(self) -> None:
        for old, new in self.kept:
            pairs = list(columns_of_both(old, new))
            for before, after in pairs:
                if self._is_retyped(before, after):
                    self.retyped.add((new.name, after.name))
            for before, after in pairs:
                if self._is_again(new.name, before, after):
                    self.again.add((new.name, after.name))
        self.retyped -= self.again

    def _is_retyped(self, old: Column, new: Column) -> bool:
        return (
            (old.type, old.collation) != (new.type, new.collation)
            or any(uses(old.type, name) for name in self.replaced)
        )  # fmt: skip

    def _is_again(self, table: Name, old: Column, new: Column) -> bool:
        if new.generated is None:  # a stored value can be kept
            return old.generated is not None and old.generated.kind == "VIRTUAL"
        expression = new.generated.expression
        return (
            old.generated != new.generated
            or (table, new.name) in self.retyped
            or any(mentions(expression, column) for owner, column in self.retyped if owner == table)
            or self._names_replaced(expression)
        )

    def _names_replaced(self, text: str) -> bool:
        return any(mentions(text, name.bare) for name in self.replaced)

    def _find_keys(self) -> None:
        """Find the dropped keys and the foreign keys to them."""
        self.parts_again: dict[Name, list[Part]] = {}
        for old, new in self.kept:
            own: list[Part] = [
                part for part in self._unchanged(old)
                if isinstance(part, Keys | Check | Exclusion) and self._is_cut(new, part)
            ]  # fmt: skip
            self.parts_again[new.name] = own
            self._dropped |= {(new.name, part) for part in own}
        self.dropped_keys = {
            (table, frozenset(_columns(part)))
            for table, part in self._dropped
            if isinstance(part, Keys)
        }
        for old, new in self.kept:
            for part in self._unchanged(old):
                if isinstance(part, ForeignKey) and self._is_cut_off(new.name, part):
                    self.parts_again[new.name].append(part)

    def _unchanged(self, table: Table) -> Iterator[Part]:
        return (part for part in table.parts if (table.name, part) not in self._dropped)

    def _is_cut(self, table: Table, part: Part) -> bool:
        """Whether a column of the part is dropped, or a type that the part names."""
        text = words_of(part)
        of_replaced = (
            column.name
            for column in table.parts
            if isinstance(column, Column) and any(uses(column.type, name) for name in self.replaced)
        )
        again = (column for owner, column in self.again if owner == table.name)
        return self._names_replaced(text) or any(
            mentions(text, column) for column in (*again, *of_replaced)
        )

    def _is_cut_off(self, table: Name, key: ForeignKey) -> bool:
        touched = self.retyped | self.again
        return (
            any((table, column) in touched for column in key.columns)
            or any((key.target, column) in touched for column in key.target_columns)
            or (key.target, frozenset(key.target_columns)) in self.dropped_keys
            or key.target in self.recreated
        )

    def _find_views(self) -> None:
        """Find the views of touched tables, and the views of these views."""
        views = [new for _, new in self.kept if new.kind in VIEWS]
        while found := {view.name for view in views if view.name not in self.recreated
                        and self._reads_touched(view.options.query)}:  # fmt: skip
            self.recreated |= found

    def _reads_touched(self, text: str) -> bool:
        # GROUP BY of a primary key lets a view read other columns, and so depends on the key
        keyless = {table for table, part in self._dropped if isinstance(part, PrimaryKey) and table}
        whole = self.recreated | (keyless if "GROUP BY" in text else set())
        return (
            self._names_replaced(text)
            or any(self._names(text, table) for table in whole)
            or any(self._names(text, table) and (mentions(text, column) or "*" in text)
                   for table, column in self.retyped | self.again)
        )  # fmt: skip

    def _names(self, text: str, table: Name) -> bool:
        return mentions(text, table.bare)

    def _is_rename(self, change: Change) -> bool:
        """Whether only the name of a key, check or index changes, and no column forces a drop."""
        if not isinstance(change, Alter) or not isinstance(change.old, Keys | Check | Exclusion):
            return False
        assert change.table is not None
        renamed = replace(change.old, name=change.item.name, named=change.new.named)  # type: ignore[arg-type,union-attr]
        has_names = bool(change.old.name and change.item.name)
        return (
            has_names
            and renamed == change.new
            and not self._is_cut(self.new[change.table], change.old)
        )

    def _simple(self, changes: tuple[Change, ...]) -> Iterator[Change]:
        for change in changes:
            if change.table in self.recreated and not isinstance(change.item, Comment):
                continue
            if self._comes_with_parent(change):
                old = change.old if isinstance(change, Alter) else change.item
                if isinstance(old, Check) and not isinstance(change, Add):
                    yield Drop(change.table, old)  # it remains if the child defines it too
                continue
            match change:
                case Alter(table, Column() as old, Column() as new) if (
                    table, new.name) in self.again:  # fmt: skip
                    yield from (Drop(table, old), Add(table, new))
                case Alter(_, _, Table() as new) if new.name in self.recreated:
                    pass
                case Alter(
                    _, _, Table() | Column() | EnumType() | Domain() | Sequence() | Extension()
                ):
                    yield change
                case Alter() if self._is_rename(change):
                    yield change
                case Alter(table, Comment() | Firing(), new):
                    yield Add(table, new)
                case Alter(table, old, new):
                    yield from (Drop(table, old), Add(table, new))
                case Add() | Drop():
                    yield change

    def _all_again(self) -> Iterator[Change]:
        for name in sorted(self.recreated):
            yield from (Drop(None, self.old[name]), Add(None, self.new[name]))
        for old, new in self.kept:
            parts = [*self.parts_again[new.name], *self._hooks(old, new)]
            for before, after in columns_of_both(old, new):
                if before == after and (new.name, after.name) in self.retyped:
                    yield Alter(new.name, before, after)
                if before == after and (new.name, after.name) in self.again:
                    parts.append(before)
            for part in parts:
                yield from (Drop(new.name, part), Add(new.name, part))
            for part in new.parts:
                if isinstance(part, Comment) and (new.name, part.name) in self.again:
                    yield Add(new.name, part)
                if isinstance(part, Firing) and part.name in {one.name for one in parts}:
                    yield Add(new.name, part)

    def _hooks(self, old: Table, new: Table) -> Iterator[Part]:
        """The triggers, rules and policies that stop PostgreSQL from altering a column."""
        touched = {column for owner, column in self.retyped | self.again if owner == new.name}
        for part in self._unchanged(old):
            if isinstance(part, Trigger | Rule | Policy):
                text = words_of(part)
                if self._reads_touched(text) or any(mentions(text, one) for one in touched):
                    yield part

    def _comes_with_parent(self, change: Change) -> bool:
        """Whether the same change of a parent reaches this table."""
        table = self.new.get(change.table) if change.table else None
        inherited = isinstance(change.item, Column | Check) and table is not None
        return inherited and any(
            _same(change, other)
            for parent in self.parents(table)  # type: ignore[arg-type]
            if parent.name in self.old
            and self.old[table.name].options.parents == table.options.parents  # type: ignore[union-attr]
            for other in diff(Schema(tables=(self.old[parent.name],)), Schema(tables=(parent,)))
        )

    def _in_the_way(self) -> Iterator[Change]:
        for table in self.old.values():
            yield from (Drop(table.name, part) for part in table.parts
                        if self.is_in_the_way(table, part))  # fmt: skip

    def is_in_the_way(self, table: Table, part: Part) -> bool:
        """Whether a part of a dropped table must be dropped even if the table is kept for its rows:
        something on which the part depends is dropped."""
        if table.name in self.new or table.kind == "foreign table":
            return False
        match part:
            case ForeignKey():
                return (part.target, frozenset(part.target_columns)) in self.dropped_keys
            case Policy() | Rule():
                gone = (name for name, table in self.old.items() if table.kind in VIEWS
                        and (name not in self.new or name in self.recreated))  # fmt: skip
                return any(self._names(words_of(part), view) for view in gone)
        return False

    def parents(self, table: Table) -> list[Table]:
        """Return the desired tables from which this table inherits columns."""
        return [self.new[name] for name in table.parents if name in self.new]


def _columns(key: Keys) -> Iterable[str | None]:
    return (one.column for one in key.keys) if isinstance(key, Index) else key.columns


def _is_alterable(old: Table, new: Table) -> bool:
    if old.kind != new.kind:
        return old.kind in PLAIN and new.kind in PLAIN
    return old.kind not in VIEWS and _partitioning(old) == _partitioning(new)


def _partitioning(table: Table) -> tuple[str, str, tuple[str, ...]]:
    options = table.options
    return options.partition_by, options.bound, options.parents if options.bound else ()


def _is_partition_of(table: Table, names: set[Name]) -> bool:
    return is_partition(table) and not names.isdisjoint(table.parents)


def columns_of_both(old: Table, new: Table) -> Iterator[tuple[Column, Column]]:
    """Yield the pairs of columns that both tables have."""
    before = {part.name: part for part in old.parts if isinstance(part, Column)}
    for part in new.parts:
        if isinstance(part, Column) and part.name in before:
            yield before[part.name], part


def _same(one: Change, other: Change) -> bool:
    if isinstance(one.item, Check) and isinstance(other.item, Check):
        return type(one) is type(other) and one.item.name == other.item.name
    if isinstance(one, Alter) and isinstance(other, Alter):
        return (one.old, one.new) == (other.old, other.new)
    return type(one) is type(other) and one.item == other.item
