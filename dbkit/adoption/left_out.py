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
class Why:
    """Why objects are left out: the predicate for several of them. `action` is what the user has to
    do about it."""

    many: str
    action: str = ""
    is_harmless: bool = False  # even if a baseline does not create the objects


UNDESCRIBABLE = Why("cannot be described by models")
PARTITION = Why("are partitions, so they have no models")
ONLY_ON_PARTITION = Why("exist only on a partition")
UNUSED = Why("are not the type of a column")
FIRST = Why("must be created before the tables")
FIRING = Why("have triggers that do not fire as usual")
INVALID = Why("are invalid", "REINDEX INDEX builds an invalid index again.")
NOT_VALIDATED = Why(
    "are not validated, but their models create them validated",
    "ALTER TABLE ... VALIDATE CONSTRAINT validates the existing rows.",
)
UNQUERYABLE = Why("have no models, because Peewee cannot query such names")
COMMENT = Why("are not part of the models")
KEY_NAME = Why("have their own names")
OPTIONS = Why("have options that their models leave out")
NULLABLE_SERIAL = Why("are nullable serials")
UNDECLARABLE_KEY = Why("cannot be declared by their models")
UNCOMPARABLE = Why("have no models, because the server cannot compare them")
LOST = Why(
    "cannot be created again (-v shows why)", "Create such objects on a new database by hand."
)
INEXACT = Why("cannot be created again exactly (-v shows why)")
REFUSED = Why(
    "are left out, because a migration must not contain their statements",
    "Run such statements on a new database by hand.",
)


@dataclass(frozen=True)
class LeftOut:
    """An object that models cannot express, or that was left out of them.

    `place` is its name for the setting `ignore`: a table, or `table.name`. If it `differs`,
    `verify` reports it unless it is ignored. `noun` is its kind, in words. Without a `why`, the
    sentence says it.
    """

    place: str
    sentence: str
    differs: bool = False
    noun: str = "object"
    why: Why | None = None
    label: str = ""  # in lists, if it says more than the place

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
            words = f"Table {table.name} is a partition, so it has no model."
            yield LeftOut(str(table.name), words, noun="table", why=PARTITION)
            yield from _of_partition(table, schema)
        elif not has_model(table):
            why = NO_MODELS[table.kind]
            words = f"{table.kind.capitalize()} {table.name} is left out: {why}."
            yield LeftOut(str(table.name), words, noun=table.kind, why=UNDESCRIBABLE)
    used = {part.type for table in schema.tables if has_model(table)
            for part in table.parts if isinstance(part, Column)}  # fmt: skip
    for enum in schema.enums:
        if enum.name not in used:
            words = f"No model has a column of enum type {enum.name}."
            yield LeftOut(str(enum.name), words, noun="enum type", why=UNUSED)
    for domain in schema.domains:
        words = f"Domain {domain.name} must be created before the tables: {domain.definition}."
        yield LeftOut(str(domain.name), words, noun="domain", why=FIRST)
    for sequence in schema.sequences:
        words = f"Sequence {sequence.name} must be created before the tables."
        yield LeftOut(str(sequence.name), words, noun="sequence", why=FIRST)
    for namespace in schema.namespaces:
        if namespace.name == "public":  # every new database has it
            continue
        words = f"Schema {namespace.name} must be created before its tables."
        yield LeftOut(namespace.name, words, noun="schema", why=FIRST)


def _of_partition(table: Table, schema: Schema) -> Iterator[LeftOut]:
    """The parts of a partition that its parent lacks."""
    parent = next((one for one in schema.tables if one.name in table.parents), None)
    changes = changes_within(table, as_inherited(table, parent)) if parent else ()
    for change in changes:
        item = change.item
        place = f"{table.name}.{item.name or subject(item)}"
        words = f"The {kind(item)} {subject(item)} exists only on partition {table.name}."
        yield LeftOut(place, words, True, kind(item), ONLY_ON_PARTITION)


def of_part(table: Table, part: Part) -> LeftOut | None:
    """Return the omission of a part that no model expresses exactly; None if a model can."""
    place = f"{table.name}.{part.name}"
    match part:
        case Trigger() | Rule() | Policy():
            word = type(part).__name__
            words = f"{word} {part.name} of table {table.name} is left out."
            return LeftOut(place, words, True, kind(part), UNDESCRIBABLE)
        case Comment():
            what = f"{part.of or 'column'} {part.name} of " if part.name else ""
            words = f"The comment on {what}table {table.name} is left out."
            return LeftOut(place, words, noun="comment", why=COMMENT)
        case Firing():
            states = ", ".join(map(str, part.states))
            words = f"The triggers of constraint {part.name} of table {table.name} do not fire as"
            return LeftOut(place, f"{words} usual ({states}).", True, "constraint", FIRING)
        case Index(valid=False):
            words = f"Index {part.name} of table {table.name} is left out, because it is invalid."
            return LeftOut(place, words, True, "index", INVALID)
        case ForeignKey(validated=False, enforced=True) | Check(validated=False, enforced=True):
            word = "Foreign key" if isinstance(part, ForeignKey) else "Check"
            words = (f"{word} {part.name} of table {table.name} is not validated, but the model "
                     "creates it validated.")  # fmt: skip
            return LeftOut(place, words, True, word.lower(), NOT_VALIDATED)
        case _:
            return None


def unsayable(table: Table) -> LeftOut:
    """Return the omission of a table that Peewee cannot query."""
    words = (f"Table {table.name} is left out: Peewee cannot query a table or column with such a "
             "name.")  # fmt: skip
    return LeftOut(str(table.name), words, noun="table", why=UNQUERYABLE)


def key_name(table: Table, key: PrimaryKey) -> LeftOut:
    """Return the omission of the name of a primary key."""
    words = (f"The model leaves out the name of primary key {key.name} of table {table.name}: "
             "Peewee cannot name it.")  # fmt: skip
    return LeftOut(f"{table.name}.{key.name}", words, noun="primary key", why=KEY_NAME)
