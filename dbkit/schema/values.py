"""A schema as plain values: the same for models, a migration history and a live database.

Equality is the comparison, so every value is written the way the server writes it: types as
`format_type` gives them, expressions as `pg_get_expr` does (PostgreSQL manual, 9.26.5). A part
that is not `named` has a name that the server or Peewee made up, or none: any other will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """A dataclass that mypy keeps frozen. Were it so at run time too, making one would take five
    times as long; `verify` makes 40 a table."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


@value
class Column:
    """`identity` is '', 'serial', 'always' or 'by default' ('autoincrement' on SQLite), `sequence`
    the options of its sequence that are not the usual ones; `generated` is the expression of a
    generated column, `default` any other default. `options` is SQLite's ON CONFLICT of NOT NULL.
    """

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    identity: str = ""
    sequence: tuple[str, ...] = ()
    generated: str | None = None
    collation: str | None = None
    options: tuple[str, ...] = ()


@value
class PrimaryKey:
    """`period` is WITHOUT OVERLAPS of the last column, `options` are the index's WITH; on SQLite,
    what of the key's columns and conflicts is not the usual."""

    columns: tuple[str, ...]
    deferrable: str = ""
    include: tuple[str, ...] = ()
    name: str | None = None
    named: bool = True
    period: bool = False
    options: tuple[str, ...] = ()


@value
class ForeignKey:
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    match: str = "SIMPLE"
    deferrable: str = ""
    validated: bool = True
    enforced: bool = True
    name: str | None = None
    named: bool = True
    period: bool = False


@value
class Unique:
    """A UNIQUE constraint; a unique index made by CREATE INDEX is an Index. `period` and `options`
    as in a PrimaryKey."""

    columns: tuple[str, ...]
    nulls_distinct: bool = True
    deferrable: str = ""
    include: tuple[str, ...] = ()
    name: str | None = None
    named: bool = True
    period: bool = False
    options: tuple[str, ...] = ()


@value
class Check:
    expression: str
    validated: bool = True
    enforced: bool = True
    inherited: bool = True
    name: str | None = None
    named: bool = True


@value
class Exclusion:
    definition: str
    name: str | None = None
    named: bool = True
    options: tuple[str, ...] = ()


@value
class Index:
    """`keys` are columns or expressions as the server prints them, with collation, operator
    class, direction and place of nulls where those are not the default."""

    keys: tuple[str, ...]
    unique: bool = False
    method: str = "btree"
    include: tuple[str, ...] = ()
    where: str | None = None
    nulls_distinct: bool = True
    options: tuple[str, ...] = ()
    valid: bool = True
    name: str | None = None
    named: bool = True


@value
class Trigger:
    """`enabled` is 'origin' (the usual), 'disabled', 'replica' or 'always'."""

    name: str
    definition: str
    enabled: str = "origin"


@value
class Rule:
    name: str
    definition: str
    enabled: str = "origin"


@value
class Policy:
    """A row-level security policy; `using` and `check` are expressions."""

    name: str
    command: str
    roles: tuple[str, ...]
    permissive: bool = True
    using: str | None = None
    check: str | None = None


@value
class Comment:
    """`of` is the kind of object, and empty for a column and for the table itself, which has no
    `name` here."""

    name: str
    text: str
    of: str = ""


@value
class Firing:
    """How the triggers fire with which the server enforces the constraint `name`, where that is not
    the usual: `states` are such as 'insert disabled'."""

    name: str
    states: tuple[str, ...]


Constraint = PrimaryKey | ForeignKey | Unique | Check | Exclusion
Nameable = Constraint | Index  # what the server names where a person does not
Part = Column | Nameable | Trigger | Rule | Policy | Comment | Firing


@value
class Table:
    """`name` carries the schema in front where that is not the connection's own. `options` are
    what the table is beyond its parts: partitioning, row-level security, STRICT, a view's query.
    """

    name: str
    parts: tuple[Part, ...] = ()
    kind: str = "table"
    options: tuple[str, ...] = ()
    parents: tuple[str, ...] = field(default=(), compare=False)  # of a partition, or INHERITS
    populated: bool = field(default=True, compare=False)  # a materialized view may be WITH NO DATA


@value
class EnumType:
    name: str
    labels: tuple[str, ...]


@value
class Domain:
    name: str
    definition: str


@value
class Sequence:
    """One that no column owns; `options` are those that are not the usual ones."""

    name: str
    options: tuple[str, ...] = ()


@value
class Namespace:
    """What SQL calls a schema; the connection's own is not listed."""

    name: str


@value
class Extension:
    """Not its version, which is the server's."""

    name: str
    schema: str


# (kind of object, its table or "", its name) -> statements
Attached = Mapping[tuple[str, str, str], tuple[str, ...]]


@value
class Schema:
    """`attached` is what an object loses when it is dropped and created again, although its value
    does not say it (its owner, its privileges): the statements that give it back."""

    namespaces: tuple[Namespace, ...] = ()
    tables: tuple[Table, ...] = ()
    enums: tuple[EnumType, ...] = ()
    domains: tuple[Domain, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    extensions: tuple[Extension, ...] = ()
    comments: tuple[Comment, ...] = ()  # on objects that are no tables and in no table
    attached: Attached = field(default_factory=dict, compare=False, repr=False)


def in_namespace(name: str, namespaces: Iterable[str]) -> tuple[str, str]:
    """(schema, bare name) of a name in a Schema; both may have dots of their own. The schema is
    empty where it is the connection's own."""
    for space in namespaces:
        if name.startswith(f"{space}."):
            return space, name.removeprefix(f"{space}.")
    return "", name
