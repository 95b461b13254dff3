"""A schema as plain values: the same for models, a migration history and a live database.

Equality is the comparison, so every value is written the way the server writes it: types as
`format_type` gives them, expressions as `pg_get_expr` does (PostgreSQL manual, 9.26.5). A part
that is not `named` has a name that the server or Peewee made up, or none: any other will do.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """`identity` is '', 'serial', 'always' or 'by default' ('autoincrement' on SQLite);
    `generated` is the expression of a generated column, `default` any other default."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    identity: str = ""
    generated: str | None = None
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    columns: tuple[str, ...]
    name: str | None = None
    named: bool = True


@dataclass(frozen=True, slots=True)
class ForeignKey:
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    match: str = "SIMPLE"
    deferrable: str = ""
    validated: bool = True
    name: str | None = None
    named: bool = True


@dataclass(frozen=True, slots=True)
class Unique:
    """A UNIQUE constraint; a unique index made by CREATE INDEX is an Index."""

    columns: tuple[str, ...]
    nulls_distinct: bool = True
    deferrable: str = ""
    name: str | None = None
    named: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    expression: str
    validated: bool = True
    name: str | None = None
    named: bool = True


@dataclass(frozen=True, slots=True)
class Exclusion:
    definition: str
    name: str | None = None
    named: bool = True


@dataclass(frozen=True, slots=True)
class Index:
    """`keys` are columns or expressions as the server prints them, with collation, operator
    class, direction and place of nulls where those are not the default."""

    keys: tuple[str, ...]
    unique: bool = False
    method: str = "btree"
    include: tuple[str, ...] = ()
    where: str | None = None
    nulls_distinct: bool = True
    valid: bool = True
    name: str | None = None
    named: bool = True


Part = Column | PrimaryKey | ForeignKey | Unique | Check | Exclusion | Index


@dataclass(frozen=True, slots=True)
class Table:
    """`name` carries the schema in front where that is not the connection's own."""

    name: str
    parts: tuple[Part, ...] = ()
    kind: str = "table"
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnumType:
    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    tables: tuple[Table, ...] = ()
    enums: tuple[EnumType, ...] = ()
