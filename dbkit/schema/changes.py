"""The closed set of changes from the current schema to the desired schema: Add, Drop and Alter.

A change contains the value that it changes (`Add("users", Column(...))`), so code can match both:
`case Drop(item=Column())`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from .details import Action
from .names import Name
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
    ObjectComment,
    Part,
    Policy,
    PrimaryKey,
    Rule,
    Sequence,
    Table,
    Trigger,
    Unique,
)

Item = Part | Table | EnumType | Domain | Sequence | Namespace | Extension | ObjectComment


@dataclass(frozen=True, slots=True)
class Add:
    """The desired schema has `item`, and the current schema lacks it."""

    table: Name | None
    item: Item

    @property
    def inverse(self) -> Drop:
        return Drop(self.table, self.item)


@dataclass(frozen=True, slots=True)
class Drop:
    """The current schema has `item`, and the desired schema lacks it."""

    table: Name | None
    item: Item

    @property
    def inverse(self) -> Add:
        return Add(self.table, self.item)


@dataclass(frozen=True, slots=True)
class Alter:
    """Both schemas have the item, but it differs."""

    table: Name | None
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
        """The old and the new value of each attribute that differs. Names count only if both were
        chosen.
        """
        named = getattr(self.old, "named", True) and getattr(self.new, "named", True)
        passed_over = {"parts", "named"} if named else {"parts", "named", "name"}
        pairs = {
            f.name: (getattr(self.old, f.name), getattr(self.new, f.name))
            for f in fields(self.new)
            if f.compare and f.name not in passed_over
        }
        return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


Change = Add | Drop | Alter
Using = Mapping[tuple[Name, str], str]  # (table, column) -> an expression of the old value


@dataclass(frozen=True)
class Hints:
    """Decisions that two schemas do not contain: `using` are the USING expressions of columns whose
    type changes, and `replaced` are the enum types to replace although labels are only added."""

    using: Using = field(default_factory=dict)
    replaced: frozenset[Name] = frozenset()


# Models cannot declare these, and migrations do not drop them.
UNDECLARABLE = (Trigger, Rule, Policy, Comment, Firing)
OfKind = TypeVar("OfKind", bound=Item)


def items(
    changes: Iterable[Change], verb: type[Add | Drop], kind: type[OfKind], table: Name | None = None
) -> list[OfKind]:
    """Return the items of a kind that the changes add or drop, in `table` or in any table."""
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
    ObjectComment: "comment",
    Firing: "triggers of constraint",
    EnumType: "enum type",
    Domain: "domain",
    Sequence: "sequence",
    Namespace: "schema",
    Extension: "extension",
}


def is_undeclarable(change: Change) -> bool:
    """Whether the current schema has an object more, and models cannot declare it."""
    return isinstance(change, Drop) and isinstance(change.item, UNDECLARABLE)


def kind(item: Item) -> str:
    """Return the word for an item in messages: 'column', 'foreign key', 'enum type', ..."""
    match item:
        case Table():
            return item.kind
        case Index():
            return "unique index" if item.unique else "index"
        case _:
            return KINDS[type(item)]


def covers(item: Item) -> tuple[str, ...]:
    """Return the columns of a key or unique constraint, or the keys of an index; else nothing."""
    match item:
        case PrimaryKey() | ForeignKey() | Unique():
            return item.columns
        case Index():
            return tuple(map(str, item.keys))
        case _:
            return ()


def subject(item: Item) -> str:
    """Return the words that identify an item in messages: its name, its columns, or both."""
    match item:
        case Check():
            return item.name or item.expression
        case Exclusion():
            return item.name or item.definition
        case Comment() | ObjectComment():
            return f"on {item.of} {item.name}".replace("  ", " ") if item.name else "on the table"
        case _:
            columns = f"({', '.join(covers(item))})" if covers(item) else ""
            return f"{item.name or ''} {columns}".strip()


def definition(item: Item) -> str:
    """Return the rest of an item's definition, which `subject` leaves out, in one line."""
    match item:
        case Column():
            words = [
                str(item.type),
                item.collation and f"collate {item.collation}",
                "" if item.nullable else "not null",
                item.default is not None and f"default {item.default}",
                item.generated is not None and f"generated as {item.generated}",
                item.identity,
                *item.sequence.words,
            ]
            return " ".join(word for word in words if word)
        case ForeignKey():
            usual = item.on_delete == Action()
            action = "" if usual else f" on delete {str(item.on_delete).lower()}"
            return f"references {item.target} ({', '.join(item.target_columns)}){action}"
        case Check():
            return item.expression if item.name else ""
        case Exclusion():
            return item.definition if item.name else ""
        case Trigger() | Rule() | Domain():
            return item.definition
        case Comment() | ObjectComment():
            return item.text
        case Firing():
            return ", ".join(map(str, item.states))
        case Extension():
            return f"in schema {item.schema}"
        case EnumType():
            return ", ".join(item.labels)
        case Index():
            return f"where {item.where}" if item.where else ""
        case _:
            return ""
