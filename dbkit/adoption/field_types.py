"""The questions that models need a dialect to answer: fields for types, and pieces of SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from dbkit.python_source import Class
from dbkit.schema.details import Key
from dbkit.schema.values import Check, Column, Constraint, ForeignKey, Index, PrimaryKey, Table


@dataclass(frozen=True)
class Kind:
    """The field of a column's type: `function(*arguments, **options)`.

    `sql` is the type as SQL. A foreign key to such a column has the same type if `followed`.
    `method` is the default method of the field's index. `derived` is the field's class if the
    module must define it.
    """

    function: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    sql: str = ""
    followed: bool = True
    method: str = ""
    derived: Class | None = None


class TypesOfDialect(Protocol):
    """A dialect, as far as the source of models needs it. The SQL is escaped for Peewee."""

    links_late: bool  # whether a foreign key can be added to an existing table

    def is_sayable(self, name: str) -> bool:
        """Whether Peewee can quote a name."""
        ...

    def kind(self, column: Column, schema: str) -> Kind:
        """Return the field for a column of a table in that schema."""
        ...

    def automatic(self, column: Column) -> Kind | None:
        """Return the field for an automatic primary key; None if the column is not an automatic
        key."""
        ...

    def column_constraints(self, column: Column, is_key: bool) -> list[str]:
        """Return the clauses of a column except type, NOT NULL, PRIMARY KEY and collation."""
        ...

    def key_constraints(self, key: PrimaryKey) -> list[str] | None:
        """Return the clauses after PRIMARY KEY of a column; None if only a table constraint can
        have them."""
        ...

    def check(self, check: Check) -> str | None:
        """Return the expression of a CHECK; None if the CHECK has other clauses."""
        ...

    def constraint(self, part: Constraint, named: bool) -> str:
        """Return a table constraint as SQL, with or without its name."""
        ...

    def reference(self, key: ForeignKey, named: bool) -> tuple[str, str]:
        """Return the SQL of a foreign key before and after the name of its target."""
        ...

    def is_usual(self, table: Table, part: Constraint) -> bool:
        """Whether the server itself would choose this name of a part."""
        ...

    def index_key(self, key: Key) -> str: ...

    def where(self, index: Index) -> str | None:
        """Return the predicate of an index."""
        ...

    def create_index(self, table: Table, index: Index) -> tuple[str, str]:
        """Return the statement that creates an index, in two parts around the table's name."""
        ...

    def index_name(self, name: str) -> str:
        """Return a name that Peewee makes up, truncated as the server does it."""
        ...

    def table_options(self, table: Table) -> tuple[list[tuple[str, Any]], list[str]]:
        """Return (the options of class Meta, the options of the table that Meta cannot express)."""
        ...

    def references(self, key: ForeignKey) -> bool:
        """Whether a ForeignKeyField can express all of this foreign key."""
        ...
