"""The statements that change one PostgreSQL schema into another.

Run them one by one, or as a script that stops at the first error. They also run in one transaction,
unless a new label of an enum type is used at once (in a default): PostgreSQL refuses that. Objects
that depend on an altered object are dropped and created again, with their attachments
(`Schema.attached`). A statement may fail on rows that the desired schema does not allow; then it
loses nothing. If two schemas have a type or table of the same name, expressions find the first.

Foreign tables and invalid indexes are not changed, and a comment says so. Functions and composite
types are not known here, so they block the replacement of a type that they use.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ...changes import Add, Alter, Change, Drop, Hints, Using
from ...effects import Effects
from ...names import Name
from ...peewee_models import truncated
from ...sql import Statement, literal, mentions, quoted
from ...values import (
    VIEWS,
    Column,
    Domain,
    EnumType,
    Extension,
    Namespace,
    ObjectComment,
    Schema,
    Sequence,
)
from .as_sql import Spelling
from .column_ddl import Columns
from .losses import Losses
from .other_ddl import Beside
from .recreated_objects import Plan, columns_of_both
from .restore import restoring
from .sequence_ddl import Sequences
from .statement_order import Placed, Step
from .table_ddl import Tables
from .type_changes import Casts


def statements(current: Schema, desired: Schema, hints: Hints | None = None) -> list[Statement]:
    """Return the statements that change `current` into `desired`, in an order that runs."""
    written = _Writer(current, desired, hints or Hints())
    if not written.plan.changes:
        return []
    placed = sorted([*written.path(), *written.all()], key=lambda one: (one.step, one.rank))
    return list(dict.fromkeys(one.statement for one in placed))


def effects(current: Schema, desired: Schema, hints: Hints | None = None) -> Effects:
    """Return what these statements do to values."""
    return _Writer(current, desired, hints or Hints()).effects()


def views_in_the_way(current: Schema, desired: Schema) -> list[str]:
    """Return the names of the views that must be dropped and created again for the changes."""
    plan = Plan(current, desired, Hints().replaced)
    views = [name for name in plan.recreated if plan.old[name].kind in VIEWS]
    texts = [str(name) for name in plan.old]
    return sorted(str(one) if texts.count(str(one)) == 1 else one.exact for one in views)


ITEMS = (Namespace, Extension, ObjectComment)


class _Writer:
    def __init__(self, current: Schema, desired: Schema, hints: Hints) -> None:
        self.current, self.desired = current, desired
        self.spelling = Spelling(current, desired)
        self._ranks: dict[tuple[int, Name], int] = {}
        self.plan = Plan(current, desired, hints.replaced)
        self.casts = Casts(self.spelling, (*current.domains, *desired.domains),
                           _fewer_labels(current, desired), hints.using)  # fmt: skip
        columns = Columns(self.spelling, self.casts, self.plan.retyped, self._taken())
        self.sequences = Sequences()
        self.beside = Beside(self.plan)
        self.tables = Tables(self.spelling, self.plan, columns)

    @cached_property
    def losses(self) -> Losses:
        return Losses(self.current, self.desired, self.plan, self.casts)

    def retyped(self) -> Iterator[tuple[Name, Column, Column]]:
        """Yield (table, old column, new column) of each column whose type changes."""
        for table in self.desired.tables:
            for old, new in columns_of_both(self.plan.old.get(table.name, table), table):
                if (table.name, new.name) in self.plan.retyped and old.type != new.type:
                    yield table.name, old, new

    def effects(self) -> Effects:
        usings: dict[tuple[Name, str], str] = {}
        misfits: dict[tuple[Name, str], str] = {}
        refused: dict[tuple[Name, str], str] = {}
        labels = {enum.name: enum.labels for enum in self.desired.enums}
        for table, old, new in self.retyped():
            using = self.casts.using(table, old.name, old.type, new.type)
            usings[table, old.name] = using.removeprefix(" USING ")
            misfits[table, old.name] = self.casts.misfit(old.type, new.type)
            refused[table, old.name] = self.casts.refused(old.name, old.type, new.type)
            if isinstance(new.type, Name) and not str(old.type).endswith("[]"):
                listed = ", ".join(map(literal, labels[new.type]))
                refused[table, old.name] = f"{quoted(old.name)}::text NOT IN ({listed})"
        return Effects(self.losses.found, _given(misfits), _given(usings), _given(refused))

    def all(self) -> Iterator[Placed]:
        for change in self.plan.changes:
            loss = self.losses.of(change)
            for placed in self._placed(change):
                yield placed.losing(loss)
        for name in sorted(self.plan.replaced):
            loss = self.losses.of_object(name)
            for placed in self._replace_type(name):
                yield placed.losing(placed.statement.loses or loss)
        for rank, statement in enumerate(restoring(self.plan, self.current.attached)):
            yield Placed(Step.ATTACHED, statement, rank)

    def path(self) -> Iterator[Placed]:
        """Set the search path with which the schema was read: expressions omit these schemas."""
        names = [one.name for schema in (self.desired, self.current) for one in schema.namespaces]
        if names:
            more = literal(", ".join(map(quoted, dict.fromkeys(names))))
            path = f"pg_catalog.concat_ws(', ', pg_catalog.current_setting('search_path'), {more})"
            sql = f"SELECT pg_catalog.set_config('search_path', {path}, false)"
            yield Placed(Step.SEARCH_PATH, Statement(sql))

    def _taken(self) -> set[str]:
        """Names that a new sequence must not have. For a serial column, the usual name of its
        sequence is assumed."""
        return {name.bare for name in self.spelling.known} | {
            f"{table.name.bare}_{part.name}_seq"
            for table in self.current.tables
            for part in table.parts
            if isinstance(part, Column) and part.identity
        }

    def _placed(self, change: Change) -> Iterator[Placed]:
        match change:
            case Alter(old=EnumType() as old, new=EnumType() as new):
                if new.name not in self.plan.replaced:
                    yield from self._add_labels(old, new)
            case Alter(new=Domain()):
                pass  # the type is replaced
            case Add(item=EnumType() | Domain() as item):
                yield self._create_type(item)
            case Drop(item=EnumType() | Domain() as item):
                yield self._drop_type(item, item.name)
            case Add(item=Sequence() as item):
                yield from self.sequences.create(item)
            case Drop(item=Sequence(name)):
                yield self.sequences.drop(name)
            case Alter(old=Sequence() as old, new=Sequence() as new):
                yield from self.sequences.alter(old, new)
            case _ if isinstance(change.item, ITEMS):
                yield from self.beside.placed(change)
            case _:
                yield from self.tables.placed(change)

    def _add_labels(self, old: EnumType, new: EnumType) -> Iterator[Placed]:
        for place, label in enumerate(new.labels):
            if label in old.labels:
                continue
            where = f" AFTER {literal(new.labels[place - 1])}" if place else ""
            if not place and old.labels:
                where = f" BEFORE {literal(old.labels[0])}"
            sql = f"ALTER TYPE {new.name.sql} ADD VALUE {literal(label)}{where}"
            yield Placed(Step.TYPE, Statement(sql))

    def _replace_type(self, name: Name) -> Iterator[Placed]:
        """Replace a type. The old type is renamed, and is dropped when no column uses it."""
        old, new = (_types(schema)[name] for schema in (self.current, self.desired))
        other = self._free(name)
        kind = "TYPE" if isinstance(old, EnumType) else "DOMAIN"
        sql = f"ALTER {kind} {name.sql} RENAME TO {quoted(other.bare)}"
        yield Placed(Step.TYPE, Statement(sql), -1)
        yield self._create_type(new)
        yield self._drop_type(old, other).losing(self.losses.of_users(old))

    def _free(self, name: Name) -> Name:
        other = name.beside(f"{truncated(name.bare, 50)}_before")
        while other in self.spelling.known:
            other = name.beside(f"{other.bare}_")
        return other

    def _create_type(self, item: EnumType | Domain) -> Placed:
        name = item.name.sql
        if isinstance(item, EnumType):
            labels = ", ".join(map(literal, item.labels))
            return Placed(Step.TYPE, Statement(f"CREATE TYPE {name} AS ENUM ({labels})"))
        sql = f"CREATE DOMAIN {name} AS {item.definition}"
        return Placed(Step.TYPE, Statement(sql), 1 + self._rank(item, self.desired))

    def _drop_type(self, item: EnumType | Domain, name: Name) -> Placed:
        kind = "TYPE" if isinstance(item, EnumType) else "DOMAIN"
        sql = f"DROP {kind} {name.sql}"
        rank = 0 if isinstance(item, EnumType) else -1 - self._rank(item, self.current)
        return Placed(Step.DROP_TYPE, Statement(sql), rank)

    def _rank(self, item: EnumType | Domain, schema: Schema) -> int:
        """The number of domains below a type: a domain can be based on another domain."""
        if isinstance(item, EnumType):
            return 0
        place = (id(schema), item.name)
        if place not in self._ranks:
            self._ranks[place] = 0  # two domains may mention each other in strings
            under = (self._rank(one, schema) for one in schema.domains
                     if one.name != item.name and self._is_mentioned(one, item))  # fmt: skip
            self._ranks[place] = 1 + max(under, default=0)
        return self._ranks[place]

    def _is_mentioned(self, one: Domain, by: Domain) -> bool:
        return mentions(by.definition, one.name.bare)


def _given(texts: dict[tuple[Name, str], str]) -> Using:
    return {place: text for place, text in texts.items() if text}


def _fewer_labels(current: Schema, desired: Schema) -> dict[Name, str]:
    """The enum types that lose labels, with the data that this may lose."""
    new = {enum.name: enum.labels for enum in desired.enums}
    gone = {enum.name: [label for label in enum.labels if label not in new[enum.name]]
            for enum in current.enums if enum.name in new}  # fmt: skip
    return {name: f"labels of enum type {name}: {', '.join(labels)}"
            for name, labels in gone.items() if labels}  # fmt: skip


def _types(schema: Schema) -> dict[Name, EnumType | Domain]:
    enums: dict[Name, EnumType | Domain] = {one.name: one for one in schema.enums}
    return enums | {one.name: one for one in schema.domains}
