"""The content of a picture, the same for every format: a box per table, an arrow per foreign key.

All texts of a picture are printable, so that no format has to care about control characters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..plurals import counted
from ..printable import printable
from ..schema.changes import Add, Alter, Change, Drop, definition, kind, subject
from ..schema.diff import diff
from ..schema.inheritance import is_partition
from ..schema.names import Name
from ..schema.patterns import matches
from ..schema.values import (
    Column,
    Domain,
    EnumType,
    ForeignKey,
    Index,
    Part,
    PrimaryKey,
    Schema,
    Table,
    Unique,
)

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
STATES = {Add: ADDED, Drop: REMOVED, Alter: CHANGED}
SIGNS = {"": "", ADDED: "+ ", REMOVED: "\N{MINUS SIGN} ", CHANGED: "~ "}
ELSEWHERE = "not in the picture"  # the kind of the box of a table that is only referenced
INHERITS = "inherits"
TIME = re.compile(r"(time(?:stamp)?)(\(\d+\))? (with|without) time zone")


@dataclass(frozen=True)
class Row:
    """A column; or, without a type, another part of the table that differs."""

    name: str
    type: str = ""
    keys: tuple[str, ...] = ()
    nullable: bool = False
    state: str = ""

    @property
    def text(self) -> str:
        """The name with a sign, so that a difference is visible without colours too."""
        return SIGNS[self.state] + self.name

    @property
    def words(self) -> str:
        return f"{self.type} null" if self.nullable else self.type


@dataclass(frozen=True)
class Box:
    """A table or view."""

    name: str
    kind: str
    rows: tuple[Row, ...]
    state: str = ""

    @property
    def text(self) -> str:
        return SIGNS[self.state] + self.name

    @property
    def note(self) -> str:
        """The kind, unless it is an ordinary table."""
        return "" if self.kind == "table" else self.kind


@dataclass(frozen=True)
class Arrow:
    """A foreign key; `child` and `parent` are numbers of boxes, and the rows are numbers of rows.

    `optional` says whether a child may have no parent, and `single` whether a parent has at most
    one child. Rows are None if the box has no such row.
    """

    child: int
    parent: int
    label: str
    text: str
    child_row: int | None = None
    parent_row: int | None = None
    optional: bool = False
    single: bool = False
    state: str = ""
    inherits: bool = False


@dataclass(frozen=True)
class Picture:
    """Boxes in the order of their names. `compared` names the two sources of a comparison."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    compared: tuple[str, str] | None = None

    @property
    def title(self) -> str:
        if self.compared:
            return "Changes from {} to {}".format(*self.compared)
        return counted(sum(box.kind != ELSEWHERE for box in self.boxes), "table")


def draw(
    schema: Schema,
    before: Schema | None = None,
    only: Sequence[str] = (),
    compared: tuple[str, str] = ("", ""),
) -> Picture:
    """Return the picture of a schema; with `before`, of its differences from an earlier schema.

    `only` are patterns for names of tables. A table that is referenced and is not among them gets a
    box without columns. Partitions are left out, because they have the columns of their parent.
    """
    old = before or Schema()
    changes = diff(old, schema) if before else ()
    new = {table.name for table in schema.tables}
    every = (*schema.tables, *(table for table in old.tables if table.name not in new))
    tables = {table.name: table for table in sorted(every, key=lambda table: table.name)
              if _is_drawn(table, only)}  # fmt: skip
    names = (printable(compared[0]), printable(compared[1])) if before else None
    return _Drawing(tables, _states(changes), changes).picture(names)


def short(type_: str | Name) -> str:
    """Return a type as people abbreviate it."""
    text = str(type_).replace("character varying", "varchar")
    text = TIME.sub(lambda found: f"{found[1]}{'tz' * (found[3] == 'with')}{found[2] or ''}", text)
    return printable(text)


def _is_drawn(table: Table, only: Sequence[str]) -> bool:
    if only:
        return matches(table.name, only)
    return not is_partition(table)


# (table, identity of the part) -> state; parts are not compared, because two may be equal
States = dict[tuple[Name | None, int], str]


def _states(changes: Iterable[Change]) -> States:
    return {(change.table, id(change.item)): STATES[type(change)] for change in changes}


@dataclass(frozen=True)
class _Drawing:
    tables: dict[Name, Table]
    states: States
    changes: Sequence[Change]

    def picture(self, compared: tuple[str, str] | None) -> Picture:
        boxes = [self._box(table) for table in self.tables.values()]
        numbers = {name: number for number, name in enumerate(self.tables)}
        for name in sorted({*self._referenced()} - numbers.keys()):
            numbers[name] = len(boxes)
            boxes.append(Box(printable(name), ELSEWHERE, ()))
        arrows = [arrow for table in self.tables.values() for arrow in self._arrows(table, numbers)]
        arrows.sort(key=lambda arrow: (arrow.child, arrow.label, arrow.text))
        return Picture(tuple(boxes), tuple(arrows), compared)

    def _referenced(self) -> Iterator[Name]:
        for table in self.tables.values():
            yield from (key.target for key in self._parts(table) if isinstance(key, ForeignKey))

    def _parts(self, table: Table) -> tuple[Part, ...]:
        """All parts of the table, and then the parts that were removed."""
        gone = (one.item for one in self._changes[table.name] if isinstance(one, Drop))
        return (*table.parts, *(item for item in gone if isinstance(item, Part)))

    def _whole(self, table: Table) -> str:
        """The state of a table that was added or removed."""
        state = self.states.get((None, id(table)), "")
        return "" if state == CHANGED else state

    def _state(self, table: Table, part: Part) -> str:
        return self._whole(table) or self.states.get((table.name, id(part)), "")

    def _place(self, name: Name, columns: Sequence[str]) -> int | None:
        """The row of the first of these columns."""
        parts = self._parts(self.tables[name]) if name in self.tables else ()
        names = [part.name for part in parts if isinstance(part, Column)]
        return names.index(columns[0]) if columns and columns[0] in names else None

    def _box(self, table: Table) -> Box:
        columns = [part for part in self._parts(table) if isinstance(part, Column)]
        keys = _Keys(self._parts(table))
        rows = [self._row(table, column, keys) for column in columns]
        rows += self._differences(table)
        differs = (None, id(table)) in self.states or any(row.state for row in rows)
        state = self._whole(table) or (CHANGED if differs else "")
        return Box(printable(table.name), table.kind, tuple(rows), state)

    def _row(self, table: Table, column: Column, keys: _Keys) -> Row:
        state = self._state(table, column)
        if not state and column.type in self._changed_types:
            state = CHANGED
        words = keys.of(column.name)
        return Row(printable(column.name), short(column.type), words, column.nullable, state)

    @cached_property
    def _changes(self) -> dict[Name | None, list[Change]]:
        """The changes by table."""
        found = defaultdict[Name | None, list[Change]](list)
        for change in self.changes:
            found[change.table].append(change)
        return found

    @cached_property
    def _changed_types(self) -> set[Name | str]:
        return {name for change in self.changes if isinstance(change, Alter)
                and isinstance(change.item, EnumType | Domain)
                for name in (change.item.name, str(change.item.name))}  # fmt: skip

    def _differences(self, table: Table) -> Iterator[Row]:
        """A row for each part that differs and is no column."""
        if self.states.get((None, id(table))) == CHANGED:
            yield Row("options", state=CHANGED)
        for change in self._changes[table.name]:
            if not isinstance(change.item, Column):
                text = f"{kind(change.item)} {subject(change.item)}"
                yield Row(printable(text), state=STATES[type(change)])

    def _arrows(self, table: Table, numbers: dict[Name, int]) -> Iterator[Arrow]:
        parts, child = self._parts(table), numbers[table.name]
        keys = _Keys(parts)
        for key in parts:
            if isinstance(key, ForeignKey):
                yield Arrow(
                    child,
                    numbers[key.target],
                    printable(", ".join(key.columns)),
                    printable(f"{table.name} ({', '.join(key.columns)}) {definition(key)}"),
                    self._place(table.name, key.columns),
                    self._place(key.target, key.target_columns),
                    optional=keys.is_optional(key),
                    single=keys.is_single(key),
                    state=self._state(table, key),
                )
        for parent in table.parents:
            if parent in numbers and not is_partition(table):
                text = printable(f"{table.name} inherits from {parent}")
                yield Arrow(child, numbers[parent], INHERITS, text, inherits=True)


class _Keys:
    """The keys of a table, by column."""

    def __init__(self, parts: Iterable[Part]) -> None:
        parts = list(parts)
        self.primary = {name for part in parts if isinstance(part, PrimaryKey)
                        for name in part.columns}  # fmt: skip
        self.foreign = {name for part in parts if isinstance(part, ForeignKey)
                        for name in part.columns}  # fmt: skip
        self.unique = [columns for part in parts if (columns := _unique(part))]
        self.nullable = {part.name for part in parts if isinstance(part, Column) and part.nullable}

    def of(self, column: str) -> tuple[str, ...]:
        words = {"PK": self.primary, "FK": self.foreign, "UK": {
            name for columns in self.unique if len(columns) == 1 for name in columns
        } - self.primary}  # fmt: skip
        return tuple(word for word, columns in words.items() if column in columns)

    def is_optional(self, key: ForeignKey) -> bool:
        return not self.nullable.isdisjoint(key.columns)

    def is_single(self, key: ForeignKey) -> bool:
        return any(columns <= {*key.columns} for columns in self.unique)


def _unique(part: Part) -> set[str]:
    """The columns that are unique together; empty if the part makes none unique."""
    match part:
        case PrimaryKey() | Unique():
            return {*part.columns}
        case Index(unique=True, where=None) if all(key.column for key in part.keys):
            return {key.column for key in part.keys if key.column}
        case _:
            return set()
