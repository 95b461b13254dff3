"""The data that is lost by a change of a PostgreSQL schema."""

from __future__ import annotations

from collections.abc import Iterator

from ...changes import Add, Change, Drop
from ...effects import Place, losses
from ...names import Name
from ...values import (
    VIEWS,
    Column,
    Domain,
    EnumType,
    Extension,
    Namespace,
    Schema,
    Sequence,
    Table,
)
from .as_sql import uses
from .recreated_objects import Plan
from .type_changes import Casts


class Losses:
    """The losses of a plan, in words, by their place."""

    def __init__(self, current: Schema, desired: Schema, plan: Plan, casts: Casts) -> None:
        self.current, self.plan, self.casts = current, plan, casts
        changed = {_place(change) for change in plan.changes}  # a partition follows its parent
        found = losses(current, desired, plan.recreated, self._column_loss)
        self.found: dict[Place, str] = {
            **{place: loss for place, loss in found.items() if place in changed},
            **{(None, name): loss for name, loss in casts.fewer.items()},
            **dict(self._of_others()),
        }

    def _column_loss(self, table: Table, old: Column, new: Column) -> str | None:
        if (table.name, new.name) in self.plan.again:  # dropped and added
            return "" if old.generated is None or new.generated is None else None
        if (table.name, new.name) in self.plan.retyped:
            return self.casts.loss(old.type, new.type) or None
        return None

    def _of_others(self) -> Iterator[tuple[Place, str]]:
        """The losses of objects that are dropped and are neither tables nor parts of them."""
        for change in self.plan.changes:
            match change:
                case Drop(None, Extension(name)):
                    yield (None, name), f"extension {name}, with all that belongs to it"
                case Drop(None, Sequence(name)):
                    yield (None, name), f"the current value of sequence {name}"
                case Drop(None, Namespace(name)) if within := self._within(name):
                    yield (None, name), f"{', '.join(map(str, within))} in schema {name}"

    def _within(self, schema: str) -> list[Name]:
        """The objects with data in a schema."""
        tables = [table.name for table in self.current.tables if table.kind not in VIEWS]
        names = [*tables, *(sequence.name for sequence in self.current.sequences)]
        return [name for name in names if name.schema == schema]

    def of(self, change: Change) -> str:
        """Return what the statements of a change lose, or an empty text."""
        match change:
            case Add(None, Table() as table):  # a partition is created after its recreated parent
                tables = [table, *self.plan.parents(table)]
                return next(filter(None, (self.of_object(one.name) for one in tables)), "")
            case Drop(None, EnumType() | Domain() as item):
                return self.of_users(item)
        place = _place(change)
        return self.found.get(place, "") if place else ""

    def of_object(self, name: Name) -> str:
        """Return what the replacement of a table or type loses, or an empty text."""
        return self.found.get((None, name), "")

    def of_users(self, item: EnumType | Domain) -> str:
        """Return what the columns of a type lose. If they are kept, the type cannot be dropped."""
        for table in self.current.tables:
            for part in table.parts:
                if isinstance(part, Column) and uses(part.type, item.name):
                    column = self.found.get((table.name, part.name), "")
                    if loss := self.of_object(table.name) or column:
                        return loss
        return ""


def _place(change: Change) -> Place | None:
    """The place of what a change can lose: a column, or an object that is not part of a
    table."""
    item = change.item
    if isinstance(item, Column):
        return change.table, item.name
    return (None, item.name or "") if change.table is None else None
