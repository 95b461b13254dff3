"""Finds renamed enum labels, tables and columns.

A schema does not show whether a drop and an add are a rename, so a person decides. dbkit asks only
if they could be a rename.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from dbkit.schema.changes import Add, Change, Drop, items
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model
from dbkit.schema.values import Column, EnumType, Schema, Table

from .enum_operations import enums
from .render_lines import Lines
from .render_model import usual_column

if TYPE_CHECKING:
    from .autogenerate import Generator

    State = tuple[Schema, dict[Name, Model], list[Change]]


@dataclass
class Renaming:
    """The lines that rename, the lines that undo it, and their description."""

    up: Lines = field(default_factory=Lines)
    down: Lines = field(default_factory=Lines)
    said: list[str] = field(default_factory=list)
    # new table -> old, (table, new column) -> old; nothing where another had the name; label -> new
    tables: dict[Name, Name | None] = field(default_factory=dict)
    columns: dict[tuple[Name, str], str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    items: list[Change] = field(default_factory=list)  # as if each new name were added
    in_python = False  # fields have another name, and their columns stay

    def add(self, said: str, up: Lines, down: Lines) -> None:
        self.said += [said] if said else []
        self.up, self.down = self.up + up, down + self.down


def find_renames(generator: Generator) -> tuple[Renaming, State]:
    """Return the renames that are decided, and the state after them. Missing decisions are noted in
    the generator's decisions."""
    renaming = Renaming()
    state = generator.state(renaming.up)
    for rename in (_labels, _tables, _columns):
        before = renaming.up
        rename(generator, renaming, *state)
        if renaming.up is not before:
            state = generator.state(renaming.up)
    return renaming, state


def _labels(
    generator: Generator,
    renaming: Renaming,
    live: Schema,
    known: dict[Name, Model],
    changes: list[Change],
) -> None:
    old, new = enums(known.values()), enums(generator.models)
    for (schema, name), labels in old.items():
        now = new.get((schema, name), labels)
        came = [label for label in now if label not in labels]
        for label in [label for label in labels if label not in now]:
            keys = [f"{name}.{label}", f"{schema}.{name}.{label}"]
            enum = Add(None, EnumType(Name(schema or "", name), tuple(now)))
            other = generator.decisions.renamed("label", keys, came, came, enum)
            if other is not None:
                renaming.items.append(enum)
                came.remove(other)
                options = {"schema": schema} if schema else {}
                up, down = Lines(), Lines()
                up.call("rename_enum_value", name, label, other, **options)
                down.call("rename_enum_value", name, other, label, **options)
                renaming.labels[label] = other
                renaming.add(f"rename label {label} of {name} to {other}", up, down)


def _tables(
    generator: Generator,
    renaming: Renaming,
    live: Schema,
    known: dict[Name, Model],
    changes: list[Change],
) -> None:
    gone = [table for table in live.tables
            if table.name in known and generator.goal.owns(table.name)
            and (table.name not in generator.new
                 or str(table.name) in generator.decisions.rename)]  # fmt: skip
    came = items(changes, Add, Table)
    for table in gone:
        moved = [one for one in came if one.name.bare == table.name.bare]
        possible = [one for one in came if one.name.schema == table.name.schema] + moved
        likely = [one.name for one in possible if one in moved or _are_alike(table, one)]
        names = [one.name for one in possible]
        keys = [str(table.name), table.name.exact]
        about = Add(None, Table(likely[0])) if likely else None
        other = generator.decisions.renamed("table", keys, likely, names, about)
        if other is not None:
            renaming.items.append(Add(None, Table(other)))
            came = [one for one in came if one.name != other]
            up, down = _renamed_table(table.name, other, live)
            renaming.add(f"rename table {table.name} to {other}", up, down)
            renaming.tables |= {table.name: None, other: table.name}


def _renamed_table(old: Name, new: Name, live: Schema) -> tuple[Lines, Lines]:
    """The lines that rename a table or move it to another schema, and the lines that undo it."""
    up, down = Lines(), Lines()
    if old.schema == new.schema:
        up.call("rename_table", old, new.bare)
        down.call("rename_table", new, old.bare)
        return up, down
    is_new = bool(new.schema) and all(one.name != new.schema for one in live.namespaces)
    if is_new:
        up.call("create_schema", new.schema)
    up.call("move_table", old, new.schema or "public")
    down.call("move_table", new, old.schema or "public")
    if is_new:
        down.call("drop_schema", new.schema)
    return up, down


def _are_alike(one: Table, other: Table) -> bool:
    """Whether at least half of the columns are equal."""
    first, second = ({(part.name, part.type) for part in table.parts if isinstance(part, Column)}
                     for table in (one, other))  # fmt: skip
    return 2 * len(first & second) >= max(len(first), len(second))


def _columns(
    generator: Generator,
    renaming: Renaming,
    live: Schema,
    known: dict[Name, Model],
    changes: list[Change],
) -> None:
    for table, old in known.items():
        if (new := generator.new.get(table)) is None:
            continue
        columns = [part for part in _columns_of(live, table) if part.name in old._meta.columns]
        names = (renaming.tables.get(table) or table, table)
        keys = {column.name: [f"{text}.{column.name}" for name in names
                              for text in (name, name.exact)] for column in columns}  # fmt: skip
        candidates = _Candidates(
            [*new._meta.columns],
            {column.name: column for column in items(changes, Add, Column, table)},
            {column.name for column in items(changes, Drop, Column, table)},
            _kept_fields(old, new),
            {column for column in keys if generator.decisions.rename.keys() & {*keys[column]}},
        )
        moved: dict[str, str] = {}
        for column in columns:
            name, kept = column.name, candidates.kept.get(column.name)
            free = candidates.free(name, moved.values())
            if kept in free and candidates.follows(name) and not generator.decisions.no_rename:
                moved[name] = kept
                continue
            likely = candidates.likely(column, free)
            about = Add(table, Column(likely[0], "")) if likely else None
            other = generator.decisions.renamed("column", keys[name], likely, free, about)
            if other is not None:
                moved[name] = other
            elif kept is not None:
                renaming.in_python = True
                renaming.items.append(Add(table, column))
        _rename_columns(renaming, table, old, new, moved)


@dataclass(frozen=True)
class _Candidates:
    """The new `columns` of a table, and which of them may be an old column under a new name. `kept`
    are the new columns of fields that keep their names, and `told` are the old columns that a
    decision names."""

    columns: list[str]
    added: dict[str, Column]
    dropped: set[str]
    kept: dict[str, str]
    told: set[str]

    def free(self, old: str, taken: Container[str]) -> list[str]:
        """Return the names that an old column may get, without those that are taken."""
        may_be = {*self.added, *self.told, *self.kept, self.kept.get(old)} - {old}
        return [name for name in self.columns if name in may_be and name not in taken]

    def follows(self, old: str) -> bool:
        """Whether a column certainly follows its field: the chain of new names ends in an added
        column."""
        return old not in self.told and _ends_in(self.added, self.kept, old)

    def likely(self, old: Column, free: list[str]) -> list[str]:
        """Return the new names about which dbkit asks."""
        if old.name not in self.told and self.kept.get(old.name) in free:
            return [self.kept[old.name]]
        if old.name not in self.dropped:
            return []
        return [name for name in free if name in self.added and name not in self.kept.values()
                and _base(self.added[name]) == _base(old)]  # fmt: skip


def _kept_fields(old: Model, new: Model) -> dict[str, str]:
    """The columns of fields that keep their names but get another column: old column -> new. A
    column that another field keeps is left out."""
    fields, columns = new._meta.fields, new._meta.columns
    kept = {
        field.column_name: fields[name].column_name
        for name, field in old._meta.fields.items()
        if name in fields and fields[name].column_name != field.column_name
    }
    return {one: other for one, other in kept.items()
            if one not in columns or one in kept.values()}  # fmt: skip


def _ends_in(came: Container[str], kept: Mapping[str, str], column: str) -> bool:
    """Whether a chain of renames ends in an added column: the column gets a new name, or the name
    of a column that itself gets a new name, and so on."""
    for _ in kept:
        if kept[column] in came:
            return True
        if (column := kept[column]) not in kept:
            break
    return False


def _rename_columns(
    renaming: Renaming, table: Name, old: Model, new: Model, moved: Mapping[str, str]
) -> None:
    """Rename the columns, and give their fields the new names."""
    there = {column: (field, field.name) for column, field in old._meta.columns.items()}
    for before, after in in_order(moved, there):
        field, old_name = there.pop(before)
        is_last = moved.get(field.column_name) == after
        new_name = new._meta.columns[after].name if is_last else after
        there[after] = field, new_name
        up, down = Lines(), Lines()
        up.call("rename_field", table, old_name, new_name, **_column(new_name, field, after))
        down.call("rename_field", table, new_name, old_name, **_column(old_name, field, before))
        words = f"rename column {field.column_name} of {table} to {after}" if is_last else ""
        renaming.add(words, up, down)
        renaming.columns[table, before] = ""
        renaming.columns[table, after] = field.column_name
        renaming.items.append(Add(table, Column(after, "")))


def _column(name: str, field: Any, column: str) -> dict[str, str]:
    """The option of rename_field that a column needs."""
    return {} if usual_column(name, field) == column else {"column_name": column}


def in_order(moved: Mapping[str, str], columns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the renames (old, new) in an order in which each new name is free. In a cycle, a column
    first gets a temporary name."""
    left, taken = dict(moved), set(columns)
    while left:
        old = next((one for one, new in left.items() if new not in taken), None)
        if old is None:
            old = next(iter(left.values()))
            new = next(name for number in count(1)
                       if (name := f"aside_{number}") not in taken | moved.keys())  # fmt: skip
            if old in left:
                left[new] = left.pop(old)
        else:
            new = left.pop(old)
        taken = taken - {old} | {new}
        yield old, new


def _columns_of(schema: Schema, table: Name) -> Iterator[Column]:
    for one in schema.tables:
        if one.name == table:
            yield from (part for part in one.parts if isinstance(part, Column))


def _base(column: Column) -> str:
    return str(column.type).partition("(")[0].strip()
