"""The decisions before models are written: their order, their names, and their foreign keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from dbkit.schema.names import Name
from dbkit.schema.values import Check, Column, ForeignKey, Nameable, PrimaryKey, Schema, Table

from .backrefs import backrefs
from .field_types import Kind, TypesOfDialect
from .python_names import OF_MODELS, class_name, field_name, model_name, unique


@dataclass
class Layout:
    """The decisions: `classes`, `fields` (by column) and taken attributes by table name, and by
    (table, column) the foreign keys that become fields (`links`) and their `backrefs`. `relations`
    are the names, in lower case, that a new index must not have. `enums` are fields that a CHECK of
    the column implies."""

    tables: dict[Name, Table]
    classes: dict[Name, str]
    relations: set[Name] = field(default_factory=set)
    fields: dict[Name, dict[str, str]] = field(default_factory=dict)
    taken: dict[Name, set[str]] = field(default_factory=dict)
    links: dict[tuple[Name, str], ForeignKey] = field(default_factory=dict)
    late: set[tuple[Name, ForeignKey]] = field(default_factory=set)
    backrefs: dict[tuple[Name, str], str] = field(default_factory=dict)
    enums: dict[tuple[Name, str], tuple[Kind, Check]] = field(default_factory=dict)
    base: str = "BaseModel"

    def key(self, table: Name) -> str | None:
        """Return the only column of a table's primary key; None if it has no key, or a key of
        several columns."""
        columns = key_of(self.tables[table])
        return columns[0] if len(columns) == 1 else None


def layout(
    schema: Schema, tables: Iterable[Table], types: TypesOfDialect, classes: dict[Name, str],
    taken: set[str],
) -> Layout:  # fmt: skip
    """Decide the layout of models for these tables of a schema, whose `classes` are known; `taken`
    are other names of the module."""
    ordered, late = parents_first(tables)
    plan = Layout({table.name: table for table in ordered}, classes, _relations(schema), late=late)
    for table in ordered:
        _link(table, plan, types, late=False)
    for table in ordered:
        if types.links_late:
            _link(table, plan, types, late=True)
        _name_fields(table, plan, taken | set(classes.values()))
    plan.backrefs = backrefs(ordered, classes, plan.fields, plan.links, plan.taken)
    return plan


def _relations(schema: Schema) -> set[Name]:
    """The names of tables, indexes and sequences, which are distinct in a database."""
    found = {table.name for table in schema.tables} | {one.name for one in schema.sequences}
    for table in schema.tables:
        for part in table.parts:
            if isinstance(part, Column) and part.identity:
                found.add(table.name.beside(f"{table.name.bare}_{part.name}_seq"))
            elif isinstance(part, Nameable) and part.name:
                found.add(table.name.beside(part.name))
    return {Name(name.schema, name.bare.lower()) for name in found}


def columns_of(table: Table) -> list[Column]:
    """Return the columns of a table."""
    return [part for part in table.parts if isinstance(part, Column)]


def column_of(table: Table, name: str) -> Column:
    """Return the column of a table with this name."""
    return next(column for column in columns_of(table) if column.name == name)


def key_of(table: Table) -> tuple[str, ...]:
    """Return the columns of a table's primary key."""
    keys = [part.columns for part in table.parts if isinstance(part, PrimaryKey)]
    return keys[0] if keys else ()


def foreign_keys(table: Table) -> list[ForeignKey]:
    """Return the foreign keys of a table."""
    return [part for part in table.parts if isinstance(part, ForeignKey)]


def parents_first(
    tables: Iterable[Table],
) -> tuple[list[Table], set[tuple[Name, ForeignKey]]]:
    """Return (the tables, each after the tables to which it points; the foreign keys that would
    close a cycle, with their tables)."""
    by_name = {table.name: table for table in sorted(tables, key=lambda table: table.name)}
    needs = {name: list(_needs(table, by_name)) for name, table in by_name.items()}
    late: set[tuple[Name, ForeignKey]] = set()
    while circle := _circle(needs):
        name, key = min(circle, key=lambda link: _strength(by_name[link[0]], link[1], by_name))
        late.add((name, key))
        needs[name] = [need for need in needs[name] if need[1] is not key]
    ordered: dict[Name, Table] = {}

    def visit(name: Name) -> None:
        for target, _ in needs[name]:
            if target not in ordered:
                visit(target)
        ordered[name] = by_name[name]

    for name in by_name:
        if name not in ordered:
            visit(name)
    return list(ordered.values()), late


def _needs(table: Table, by_name: dict[Name, Table]) -> Iterator[tuple[Name, ForeignKey | None]]:
    """The tables that must exist before this table, with the foreign key that needs them."""
    for parent in table.parents:
        if parent in by_name:
            yield parent, None
    for key in foreign_keys(table):
        if key.target in by_name and key.target != table.name:
            yield key.target, key


def _circle(
    needs: dict[Name, list[tuple[Name, ForeignKey | None]]],
) -> list[tuple[Name, ForeignKey]]:
    """The foreign keys of a cycle; empty if there is no cycle."""
    try:
        TopologicalSorter({name: [one for one, _ in needs[name]] for name in needs}).prepare()
    except CycleError as error:
        path = error.args[1][::-1]  # each table needs the next
        return [(name, key) for name, after in pairwise(path)
                for target, key in needs[name] if target == after and key]  # fmt: skip
    return []


def _strength(table: Table, key: ForeignKey, by_name: dict[Name, Table]) -> tuple[bool, ...]:
    """The reasons against adding a foreign key after both tables; the least is added late."""
    column = key.columns[0]
    nullable = any(one.name == column and one.nullable for one in columns_of(table))
    pointed_to = any(other.target == table.name and column in other.target_columns
                     for one in by_name.values() for other in foreign_keys(one))  # fmt: skip
    return len(key.columns) > 1, column in key_of(table) or pointed_to, not nullable


def class_names(tables: Iterable[Table], taken: set[str]) -> dict[Name, str]:
    """Return the class names by table: the singular, unless another table is called so. They differ
    in more than case, because a DeferredForeignKey ignores case."""
    names: dict[Name, str] = {}
    lower = {"none", "true", "false", *(name.lower() for name in taken)}
    ordered = sorted((table.name for table in tables), key=lambda table: (_is_plural(table), table))
    for table in ordered:
        longer = f"{table.schema}_{table.bare}" if table.schema else table.bare
        possible = [model_name(table.bare), class_name(table.bare), model_name(longer)]
        possible += [possible[-1] + "_" * count for count in range(1, len(lower) + 2)]
        names[table] = next(name for name in possible if name.lower() not in lower)
        lower.add(names[table].lower())
    return names


def _is_plural(table: Name) -> bool:
    return model_name(table.bare) != class_name(table.bare)


def _link(table: Table, plan: Layout, types: TypesOfDialect, late: bool) -> None:
    """Find the foreign keys that can be fields, at most one per column; either the `late` keys or
    the others. (A DeferredForeignKey has no type of its own.)"""
    for key in foreign_keys(table):
        place = (table.name, key.columns[0])
        known = len(key.columns) == len(key.target_columns) == 1 and _exist(key, plan)
        if ((table.name, key) in plan.late) != late or not known or not types.references(key):
            continue
        if place not in plan.links and not (late and own_type(table, key, plan, types)):
            plan.links[place] = key


def own_type(table: Table, key: ForeignKey, plan: Layout, types: TypesOfDialect) -> str | None:
    """Return the type of a foreign key's column if Peewee would derive another from its target."""
    column, target_table = column_of(table, key.columns[0]), plan.tables[key.target]
    target = column_of(target_table, key.target_columns[0])
    on_key = plan.key(key.target) == target.name
    kind = types.automatic(target) if on_key else None
    kind = kind or types.kind(target, key.target.schema)
    is_late = any((key.target, other) in plan.late and other.columns == (target.name,)
                  for other in foreign_keys(target_table))  # fmt: skip
    if kind.followed and not is_late and not column.identity and column.type == target.type:
        return None
    return types.kind(column, table.name.schema).sql


def _exist(key: ForeignKey, plan: Layout) -> bool:
    """Whether the target table and columns exist. SQLite does not require that."""
    target = plan.tables.get(key.target)
    return target is not None and {one.name for one in columns_of(target)}.issuperset(
        key.target_columns
    )


def _name_fields(table: Table, plan: Layout, taken: set[str]) -> None:
    columns = [column.name for column in columns_of(table)]
    names: dict[str, str] = {}
    used = {*taken, *OF_MODELS}
    # columns without a foreign key first: a column "user" may exist beside a foreign key "user_id"
    for column in sorted(columns, key=lambda column: (table.name, column) in plan.links):
        link = plan.links.get((table.name, column))
        name = field_name(column, link.target_columns[0] if link else None)
        if name in used:
            name = field_name(column)
        names[column] = unique(name, used, lambda count: "_" * count)
        used.add(names[column])
    plan.fields[table.name] = names
    plan.taken[table.name] = used - taken
