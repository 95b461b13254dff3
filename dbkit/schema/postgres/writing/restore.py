"""The statements that restore the attachments of objects that are dropped and created again."""

from __future__ import annotations

from collections.abc import Iterator

from ...changes import Add, Change, Drop, Item, kind
from ...names import Name
from ...sql import Statement
from ...values import (
    VIEWS,
    Attached,
    Attachment,
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    Policy,
    PrimaryKey,
    Rule,
    Schema,
    Table,
    Trigger,
    Unique,
)
from .recreated_objects import Plan
from .type_changes import STRINGS, base_type

NO_TABLE = Name("", "")  # of a table itself
LONG = {*STRINGS, "bytea", "json", "jsonb", "xml"}  # types whose values can be stored out of line


def restoring(plan: Plan, attached: Attached) -> Iterator[Statement]:
    """Yield the statements for each object that the plan drops and creates again."""
    dropped = {_place(change): change.item for change in plan.changes if isinstance(change, Drop)}
    for change in plan.changes:
        old = dropped.get(_place(change)) if isinstance(change, Add) else None
        if old is not None:
            what = f"{kind(old)} {old.name}"
            yield from _of(attached, _keys(change.table or NO_TABLE, old, change.item), what)
    for name in sorted(plan.replaced):
        yield from _of(attached, [("type", name, "")], f"type {name}")
    for old, new in plan.kept:
        for before in old.parts:
            if isinstance(before, Column) and (new.name, before.name) in plan.retyped:
                after = next(one for one in new.parts if isinstance(one, Column)
                             and one.name == before.name)  # fmt: skip
                if {base_type(before.type), base_type(after.type)} <= LONG:
                    key = ("storage", new.name, before.name)
                    yield from _of(attached, [key], f"column {before.name} of table {new.name}")


def lost(before: Schema, after: Schema) -> Iterator[Statement]:
    """Yield the statements for each object that exists `before` and `after`, and has lost an
    attachment."""
    types = (*(one.name for one in after.enums), *(one.name for one in after.domains))
    existing = {("type", name, "") for name in types}
    existing |= {key for table in after.tables for key in _keys(NO_TABLE, table, table)}
    for key, statements in before.attached.items():
        left = after.attached.get(key, ())
        if key not in existing or set(left) == set(statements):
            continue
        whole = key[0] in ("owner", "type")  # no single statement revokes an excess privilege
        for sql in statements:
            if whole or sql not in left:
                yield Statement(sql, restores=" ".join(filter(None, map(str, key))))


def _place(change: Change) -> tuple[Name | None, type, Name | str | None]:
    return change.table, type(change.item), change.item.name


def _of(attached: Attached, keys: list[Attachment], what: str) -> Iterator[Statement]:
    for key in keys:
        for sql in attached.get(key, ()):
            yield Statement(sql, restores=what)


def _keys(table: Name, old: Item, new: Item) -> list[Attachment]:
    """The keys of Attached for an object that is created again; for a table also those of its
    parts, unless its kind changes."""
    match old, new:
        case Table(name), Table():
            whole = [("owner", name, "")]
            if _word(old) != _word(new):
                return whole
            names = {(type(part), part.name) for part in old.parts}
            parts = [part for part in new.parts if (type(part), part.name) in names]
            keys = [key for part in parts for key in _keys(name, part, part)]
            return [*whole, ("relation", name, ""), ("column", name, ""), *keys]
        case Column(), _:
            return [("column", table, old.name)]
        case PrimaryKey() | ForeignKey() | Unique() | Check() | Exclusion(), _:
            return [("constraint", table, old.name or "")]
        case Index() | Trigger() | Rule() | Policy(), _:
            return [(type(old).__name__.lower(), table, old.name or "")]
        case _:
            return []


def _word(table: Table) -> str:
    return table.kind if table.kind in (*VIEWS, "foreign table") else "table"
