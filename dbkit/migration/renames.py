"""What has another name now: enum labels, tables, columns.

The schema alone cannot tell a rename from a drop and an add, so it is a decision; only where the
two could be one is it asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbkit.schema.changes import Add, Change, Drop, items
from dbkit.schema.models import Model
from dbkit.schema.values import Column, Schema, Table

from .enums import enums
from .frozen import usual_column
from .lines import Lines

if TYPE_CHECKING:
    from .generating import Generator

    State = tuple[Schema, dict[str, Model], list[Change]]


@dataclass
class Renaming:
    """The lines that rename, the lines that undo it, and what they do in words."""

    up: Lines = field(default_factory=Lines)
    down: Lines = field(default_factory=Lines)
    said: list[str] = field(default_factory=list)
    # new table or table.column -> old name, or nothing where another was called so; label -> new
    names: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    def add(self, said: str, up: Lines, down: Lines) -> None:
        self.said.append(said)
        self.up, self.down = self.up + up, down + self.down


def find_renames(generator: Generator) -> tuple[Renaming, State]:
    """As far as the decisions go, and the state after it; what is open is noted with them."""
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
    known: dict[str, Model],
    changes: list[Change],
) -> None:
    old, new = enums(known.values()), enums(generator.models)
    for (schema, name), labels in old.items():
        now = new.get((schema, name), labels)
        came = [label for label in now if label not in labels]
        for label in [label for label in labels if label not in now]:
            keys = [f"{name}.{label}", f"{schema}.{name}.{label}"]
            other = generator.decisions.renamed("label", keys, came, came)
            if other is not None:
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
    known: dict[str, Model],
    changes: list[Change],
) -> None:
    gone = [table for table in live.tables
            if table.name in known and generator.goal.owns(table.name)
            and (table.name not in generator.new
                 or table.name in generator.decisions.rename)]  # fmt: skip
    came = items(changes, Add, Table)
    for table in gone:
        schema, _, bare = table.name.rpartition(".")
        moved = [one for one in came if one.name.rpartition(".")[2] == bare]
        possible = [one for one in came if one.name.rpartition(".")[0] == schema] + moved
        likely = [one.name for one in possible if one in moved or _are_alike(table, one)]
        names = [one.name for one in possible]
        other = generator.decisions.renamed("table", [table.name], likely, names)
        if other is not None:
            came = [one for one in came if one.name != other]
            up, down = _renamed_table(table.name, other, live)
            renaming.add(f"rename table {table.name} to {other}", up, down)
            renaming.names |= {table.name: "", other: table.name}


def _renamed_table(old: str, new: str, live: Schema) -> tuple[Lines, Lines]:
    """The lines that give a table another name, or the same in another schema, and back."""
    up, down = Lines(), Lines()
    (before, _, bare), (after, _, other) = old.rpartition("."), new.rpartition(".")
    if before == after:
        up.call("rename_table", old, other)
        down.call("rename_table", new, bare)
        return up, down
    is_new = bool(after) and all(one.name != after for one in live.namespaces)
    if is_new:
        up.call("create_schema", after)
    up.call("move_table", old, after or "public")
    down.call("move_table", new, before or "public")
    if is_new:
        down.call("drop_schema", after)
    return up, down


def _are_alike(one: Table, other: Table) -> bool:
    """Whether at least half of the columns are the same."""
    first, second = ({(part.name, part.type) for part in table.parts if isinstance(part, Column)}
                     for table in (one, other))  # fmt: skip
    return 2 * len(first & second) >= max(len(first), len(second))


def _columns(
    generator: Generator,
    renaming: Renaming,
    live: Schema,
    known: dict[str, Model],
    changes: list[Change],
) -> None:
    for table, old in known.items():
        new = generator.new.get(table)
        if new is None:
            continue
        came = items(changes, Add, Column, table)
        gone = {column.name for column in items(changes, Drop, Column, table)}
        for column in _columns_of(live, table):
            keys = [f"{renaming.names.get(table) or table}.{column.name}", f"{table}.{column.name}"]
            named = any(key in generator.decisions.rename for key in keys)
            if column.name not in old._meta.columns or not (named or column.name in gone):
                continue
            likely = [one.name for one in came if _base(one) == _base(column)]
            names = [one.name for one in came]
            same = new._meta.fields.get(old._meta.columns[column.name].name)
            if not named and same is not None and same.column_name in names:
                # the field kept its name, and only its column_name is another
                other = None if generator.decisions.no_rename else same.column_name
            else:
                other = generator.decisions.renamed("column", keys, likely, names)
            if other is not None and other in new._meta.columns:
                came = [one for one in came if one.name != other]
                fields = old._meta.columns[column.name], new._meta.columns[other]
                _rename_field(renaming, table, *fields)


def _rename_field(renaming: Renaming, table: str, old: Any, new: Any) -> None:
    lines = []
    for before, after in ((old, new), (new, old)):
        options = {}
        if usual_column(after.name, before) != after.column_name:
            options["column_name"] = after.column_name
        lines.append(Lines())
        lines[-1].call("rename_field", table, before.name, after.name, **options)
    words = f"rename column {old.column_name} of {table} to {new.column_name}"
    renaming.add(words, *lines)
    renaming.names[f"{table}.{old.column_name}"] = ""
    renaming.names[f"{table}.{new.column_name}"] = old.column_name


def _columns_of(schema: Schema, table: str) -> Iterator[Column]:
    for one in schema.tables:
        if one.name == table:
            yield from (part for part in one.parts if isinstance(part, Column))


def _base(column: Column) -> str:
    return column.type.partition("(")[0].strip()
