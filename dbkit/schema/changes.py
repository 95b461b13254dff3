"""The closed set of differences between two schemas: something is added, dropped or altered.

What it happened to is the value itself (`Add("users", Column(...))`), so a consumer matches on
both: `case Drop(item=Column())`. Everything reads from the current schema to the desired one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from .values import (
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
    Namespace,
    Part,
    Policy,
    PrimaryKey,
    Rule,
    Sequence,
    Table,
    Trigger,
    Unique,
)

Item = Part | Table | EnumType | Domain | Sequence | Namespace | Extension


@dataclass(frozen=True, slots=True)
class Add:
    """The desired schema has `item`, the current one lacks it."""

    table: str | None
    item: Item

    @property
    def inverse(self) -> Drop:
        return Drop(self.table, self.item)


@dataclass(frozen=True, slots=True)
class Drop:
    """The current schema has `item`, the desired one does not."""

    table: str | None
    item: Item

    @property
    def inverse(self) -> Add:
        return Add(self.table, self.item)


@dataclass(frozen=True, slots=True)
class Alter:
    """Both have it, and it is not the same; `differences` says in what."""

    table: str | None
    old: Item
    new: Item

    @property
    def item(self) -> Item:
        return self.new

    @property
    def inverse(self) -> Alter:
        return Alter(self.table, self.new, self.old)

    @property
    def differences(self) -> dict[str, tuple[Any, Any]]:
        """Attribute -> (old value, new value), for the attributes that differ; a name only where
        both were chosen, a table's parts not at all."""
        named = getattr(self.old, "named", True) and getattr(self.new, "named", True)
        passed_over = {"parts", "named"} if named else {"parts", "named", "name"}
        pairs = {
            f.name: (getattr(self.old, f.name), getattr(self.new, f.name))
            for f in fields(self.new)
            if f.compare and f.name not in passed_over
        }
        return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


Change = Add | Drop | Alter
OfKind = TypeVar("OfKind", bound=Item)


def items(
    changes: Iterable[Change], verb: type[Add | Drop], kind: type[OfKind], table: str | None = None
) -> list[OfKind]:
    """What of a kind is added, or dropped; of one table, if one is named."""
    return [
        change.item
        for change in changes
        if isinstance(change, verb)
        and isinstance(change.item, kind)
        and table in (None, change.table)
    ]


KINDS: dict[type, str] = {
    Column: "column",
    PrimaryKey: "primary key",
    ForeignKey: "foreign key",
    Unique: "unique constraint",
    Check: "check constraint",
    Exclusion: "exclusion constraint",
    Trigger: "trigger",
    Rule: "rule",
    Policy: "policy",
    Comment: "comment",
    Firing: "triggers of constraint",
    EnumType: "enum type",
    Domain: "domain",
    Sequence: "sequence",
    Namespace: "schema",
    Extension: "extension",
}


def kind(item: Item) -> str:
    """The field's own word for an item: 'column', 'foreign key', 'enum type', ..."""
    match item:
        case Table():
            return item.kind
        case Index():
            return "unique index" if item.unique else "index"
        case _:
            return KINDS[type(item)]


def covers(item: Item) -> tuple[str, ...]:
    """The columns of a key or constraint, the keys of an index; nothing for anything else."""
    match item:
        case PrimaryKey() | ForeignKey() | Unique():
            return item.columns
        case Index():
            return item.keys
        case _:
            return ()


def subject(item: Item) -> str:
    """What an item is about, for a person: its name, the columns, or both."""
    match item:
        case Check():
            return item.name or item.expression
        case Exclusion():
            return item.name or item.definition
        case Comment():
            return f"on {item.of} {item.name}".replace("  ", " ") if item.name else "on the table"
        case _:
            columns = f"({', '.join(covers(item))})" if covers(item) else ""
            return f"{item.name or ''} {columns}".strip()


def definition(item: Item) -> str:
    """One line with what `subject` leaves out."""
    match item:
        case Column():
            words = [
                item.type,
                item.collation and f"collate {item.collation}",
                "" if item.nullable else "not null",
                item.default is not None and f"default {item.default}",
                item.generated is not None and f"generated as {item.generated}",
                item.identity,
                *item.sequence,
            ]
            return " ".join(word for word in words if word)
        case ForeignKey():
            usual = item.on_delete == "NO ACTION"
            action = "" if usual else f" on delete {item.on_delete.lower()}"
            return f"references {item.target} ({', '.join(item.target_columns)}){action}"
        case Check():
            return item.expression if item.name else ""
        case Exclusion():
            return item.definition if item.name else ""
        case Trigger() | Rule() | Domain():
            return item.definition
        case Comment():
            return item.text
        case Firing():
            return ", ".join(item.states)
        case Extension():
            return f"in schema {item.schema}"
        case EnumType():
            return ", ".join(item.labels)
        case Index():
            return f"where {item.where}" if item.where else ""
        case _:
            return ""
