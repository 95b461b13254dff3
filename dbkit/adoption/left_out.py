"""The objects of a database that models cannot express."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbkit.schema.changes import kind, subject
from dbkit.schema.diff import changes_within
from dbkit.schema.inheritance import as_inherited, is_partition
from dbkit.schema.values import (
    Check,
    Column,
    Comment,
    Firing,
    ForeignKey,
    Index,
    Part,
    Policy,
    PrimaryKey,
    Rule,
    Schema,
    Table,
    Trigger,
)

NO_MODELS = {
    "view": "Peewee would create a table for its model",
    "materialized view": "Peewee would create a table for its model",
    "foreign table": "Peewee cannot create foreign tables",
    "virtual table": "its module defines the columns and options",
}


@dataclass(frozen=True)
class LeftOut:
    """An object that models cannot express, or that was left out of them.

    `place` is its name for the setting `ignore`: a table, or `table.name`. If it `differs`,
    `verify` reports it unless it is ignored.
    """

    place: str
    sentence: str
    differs: bool = False

    def __str__(self) -> str:
        return " ".join(self.sentence.split())


def capitalized(words: str) -> str:
    """Return the words with a capital first letter. (`str.capitalize` also changes others.)"""
    return words[:1].upper() + words[1:]


def has_model(table: Table) -> bool:
    """Whether a table gets a model."""
    return table.kind not in NO_MODELS and not is_partition(table)


def of_schema(schema: Schema) -> Iterator[LeftOut]:
    """Yield the objects that are not part of a table with a model."""
    for table in schema.tables:
        if is_partition(table):
            yield LeftOut(
                str(table.name), f"Table {table.name} is a partition, so it has no model."
            )
            yield from _of_partition(table, schema)
        elif not has_model(table):
            why = NO_MODELS[table.kind]
            yield LeftOut(
                str(table.name), f"{table.kind.capitalize()} {table.name} is left out: {why}."
            )
    used = {part.type for table in schema.tables if has_model(table)
            for part in table.parts if isinstance(part, Column)}  # fmt: skip
    for enum in schema.enums:
        if enum.name not in used:
            yield LeftOut(str(enum.name), f"No model has a column of enum type {enum.name}.")
    for domain in schema.domains:
        yield LeftOut(str(domain.name), f"Domain {domain.name} must be created before the tables: "
                     f"{domain.definition}.")  # fmt: skip
    for sequence in schema.sequences:
        yield LeftOut(
            str(sequence.name), f"Sequence {sequence.name} must be created before the tables."
        )
    for namespace in schema.namespaces:
        if namespace.name == "public":  # every new database has it
            continue
        yield LeftOut(namespace.name, f"Schema {namespace.name} must be created before its tables.")


def _of_partition(table: Table, schema: Schema) -> Iterator[LeftOut]:
    """The parts of a partition that its parent lacks."""
    parent = next((one for one in schema.tables if one.name in table.parents), None)
    changes = changes_within(table, as_inherited(table, parent)) if parent else ()
    for change in changes:
        item = change.item
        place = f"{table.name}.{item.name or subject(item)}"
        yield LeftOut(place, f"The {kind(item)} {subject(item)} exists only on partition "
                     f"{table.name}.", True)  # fmt: skip


def of_part(table: Table, part: Part) -> LeftOut | None:
    """Return the omission of a part that no model expresses exactly; None if a model can."""
    place = f"{table.name}.{part.name}"
    match part:
        case Trigger() | Rule() | Policy():
            word = type(part).__name__
            return LeftOut(place, f"{word} {part.name} of table {table.name} is left out.", True)
        case Comment():
            what = f"{part.of or 'column'} {part.name} of " if part.name else ""
            return LeftOut(place, f"The comment on {what}table {table.name} is left out.")
        case Firing():
            states = ", ".join(map(str, part.states))
            words = f"The triggers of constraint {part.name} of table {table.name} do not fire as"
            return LeftOut(place, f"{words} usual ({states}).", True)
        case Index(valid=False):
            words = f"Index {part.name} of table {table.name} is left out, because it is invalid."
            return LeftOut(place, words, True)
        case ForeignKey(validated=False, enforced=True) | Check(validated=False, enforced=True):
            word = "Foreign key" if isinstance(part, ForeignKey) else "Check"
            return LeftOut(place, f"{word} {part.name} of table {table.name} is not validated, but "
                          "the model creates it validated.", True)  # fmt: skip
        case _:
            return None


def unsayable(table: Table) -> LeftOut:
    """Return the omission of a table that Peewee cannot query."""
    return LeftOut(str(table.name), f"Table {table.name} is left out: Peewee cannot query a table "
                  "or column with such a name.")  # fmt: skip


def key_name(table: Table, key: PrimaryKey) -> LeftOut:
    """Return the omission of the name of a primary key."""
    return LeftOut(f"{table.name}.{key.name}", f"The model leaves out the name of primary "
                  f"key {key.name} of table {table.name}: Peewee cannot name it.")  # fmt: skip
