"""A schema as plain values, the same for models, migrations and a live database.

Values are compared by equality, so every value has the server's spelling: types as `format_type`
prints them, expressions as `pg_get_expr` does (PostgreSQL manual, 9.26.5). If that spelling was
only predicted, from a model, `source` is the model's own text of the expression. A part that is not
`named` has no name, or a name that the server or Peewee made up; such a name equals any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from .details import (
    Action,
    FiringState,
    Generated,
    Key,
    KeyOption,
    OnConflict,
    SequenceOptions,
    Setting,
    TableOptions,
    value,
)
from .names import Name

VIEWS = ("view", "materialized view")  # kinds of Table


@value
class Column:
    """A column. `identity` is '', 'serial', 'always' or 'by default' ('autoincrement' on SQLite),
    and `sequence` are the options of its sequence. `options` is the ON CONFLICT of NOT NULL on
    SQLite. The `type` is a Name if it is an enum type, and otherwise the server's text. `source` is
    another spelling of the default: that of the model, or `now()` for CURRENT_TIMESTAMP."""

    name: str
    type: str | Name
    nullable: bool = True
    default: str | None = None
    identity: str = ""
    sequence: SequenceOptions = SequenceOptions()
    generated: Generated | None = None
    collation: str | None = None
    options: tuple[OnConflict, ...] = ()
    source: str | None = field(default=None, compare=False, repr=False)  # of the default


@value
class PrimaryKey:
    """A primary key. `period` means WITHOUT OVERLAPS of the last column. `options` are the storage
    parameters of the index; on SQLite, ON CONFLICT and the unusual collation or direction of a
    column."""

    columns: tuple[str, ...]
    deferrable: str = ""
    include: tuple[str, ...] = ()
    name: str | None = None
    named: bool = True
    period: bool = False
    options: tuple[KeyOption, ...] = ()


@value
class ForeignKey:
    """A foreign key. `period` means PERIOD of the last column."""

    columns: tuple[str, ...]
    target: Name
    target_columns: tuple[str, ...]
    on_delete: Action = Action()
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
    """A UNIQUE constraint; an index of CREATE UNIQUE INDEX is an Index. `period` and `options` are
    as in PrimaryKey."""

    columns: tuple[str, ...]
    nulls_distinct: bool = True
    deferrable: str = ""
    include: tuple[str, ...] = ()
    name: str | None = None
    named: bool = True
    period: bool = False
    options: tuple[KeyOption, ...] = ()


@value
class Check:
    """A CHECK constraint. `inherited` is false for NO INHERIT. A NOT NULL that is not validated is
    a Check too, and `not_null` is its column."""

    expression: str
    validated: bool = True
    enforced: bool = True
    inherited: bool = True
    name: str | None = None
    named: bool = True
    source: str | None = field(default=None, compare=False, repr=False)
    not_null: str | None = field(default=None, compare=False)


@value
class Exclusion:
    """An exclusion constraint."""

    definition: str
    name: str | None = None
    named: bool = True
    options: tuple[Setting, ...] = ()


@value
class Index:
    """An index."""

    keys: tuple[Key, ...]
    unique: bool = False
    method: str = "btree"
    include: tuple[str, ...] = ()
    where: str | None = None
    nulls_distinct: bool = True
    options: tuple[Setting, ...] = ()
    valid: bool = True
    name: str | None = None
    named: bool = True


@value
class Trigger:
    """A trigger. `enabled` is 'origin' (the default), 'disabled', 'replica' or 'always'. `for_rows`
    says whether it is FOR EACH ROW."""

    name: str
    definition: str
    enabled: str = "origin"
    for_rows: bool = field(default=True, compare=False)  # `definition` says it too


@value
class Rule:
    """A rewrite rule. `enabled` is as in Trigger."""

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
    """A comment. `of` is the kind of its object; it is empty for a column and for the table itself,
    whose comment has no `name`."""

    name: str
    text: str
    of: str = ""


@value
class Firing:
    """How the triggers fire that enforce the constraint `name`, if that is not the default."""

    name: str
    states: tuple[FiringState, ...]


Constraint = PrimaryKey | ForeignKey | Unique | Check | Exclusion
Nameable = Constraint | Index  # the server names these if a person does not
Part = Column | Nameable | Trigger | Rule | Policy | Comment | Firing


@value
class Table:
    """A table or view. `name` is qualified unless the schema is the connection's own."""

    name: Name
    parts: tuple[Part, ...] = ()
    kind: str = "table"
    options: TableOptions = TableOptions()
    parents: tuple[Name, ...] = field(default=(), compare=False)  # of a partition, or INHERITS
    populated: bool = field(default=True, compare=False)  # a materialized view may be WITH NO DATA


@value
class EnumType:
    """An enum type with its labels in order."""

    name: Name
    labels: tuple[str, ...]


@value
class Domain:
    """A domain; `definition` is its SQL without the name. It is based on `type`, and `has_rule`
    says whether it refuses values of that type."""

    name: Name
    definition: str
    type: str = field(default="", compare=False)  # `definition` says both too
    has_rule: bool = field(default=False, compare=False)


@value
class Sequence:
    """A sequence that no column needs."""

    name: Name
    options: SequenceOptions = SequenceOptions()


@value
class Namespace:
    """A schema in the sense of SQL. A Schema does not list the connection's own."""

    name: str


@value
class Extension:
    """An extension. Its version is left out, because it depends on the server."""

    name: str
    schema: str


@value
class ObjectComment:
    """A comment on an object outside tables; `of` is the kind of the object."""

    name: Name
    text: str
    of: str


# (kind of object, its table or the type itself, its name in the table or "") -> statements
Attachment = tuple[str, Name, str]
Attached = Mapping[Attachment, tuple[str, ...]]


@value
class Schema:
    """A whole schema. `attached` are the statements that restore what an object loses when it is
    dropped and created again, such as its owner and its privileges."""

    namespaces: tuple[Namespace, ...] = ()
    tables: tuple[Table, ...] = ()
    enums: tuple[EnumType, ...] = ()
    domains: tuple[Domain, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    extensions: tuple[Extension, ...] = ()
    comments: tuple[ObjectComment, ...] = ()
    attached: Attached = field(default_factory=dict, compare=False, repr=False)
