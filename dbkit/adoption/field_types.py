"""What the two dialects say in their own way: types as fields, and pieces of SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from dbkit.python_source import Call
from dbkit.schema.values import Check, Column, Constraint, ForeignKey, Index, PrimaryKey, Table


@dataclass(frozen=True)
class Kind:
    """The field of a column's type: `function(*arguments, **options)`.

    `sql` is the type as SQL. A foreign key to such a column is of the same type if `followed`.
    `method` is that of the index that the field makes unless told not to. A class of the module's
    own is `derived` from a field: (that field, its field_type).
    """

    function: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    sql: str = ""
    followed: bool = True
    method: str = ""
    derived: tuple[str, str] | None = None


@dataclass(frozen=True)
class Words:
    """An index key is a column's name, or SQL."""

    column: str | None
    sql: str


class Spoken(Protocol):
    """A dialect, as the models' source needs it. SQL is given as Peewee takes it."""

    links_late: bool  # whether a foreign key can be added to a table that is there

    def is_sayable(self, name: str) -> bool:
        """Whether Peewee can quote a name."""
        ...

    def split(self, name: str) -> tuple[str, str]:
        """(schema, bare name) of a table; the schema is empty where it is the connection's own."""
        ...

    def kind(self, column: Column, schema: str) -> Kind:
        """The field for a column of a table in that schema."""
        ...

    def automatic(self, column: Column) -> Kind | None:
        """The field for a primary key that counts by itself; None if this does not."""
        ...

    def column_constraints(self, column: Column, is_key: bool) -> list[str]:
        """What is said of a column beyond type, NOT NULL, PRIMARY KEY and collation."""
        ...

    def key_constraints(self, key: PrimaryKey) -> list[str] | None:
        """What follows the words PRIMARY KEY of a column; None if it cannot be said there."""
        ...

    def check(self, check: Check) -> str | None:
        """What stands in the parentheses of a CHECK that says no more than that."""
        ...

    def constraint(self, part: Constraint, named: bool) -> str:
        """A table constraint."""
        ...

    def reference(self, key: ForeignKey, named: bool) -> tuple[str, str]:
        """A foreign key as a table constraint, before and after the target's name."""
        ...

    def is_usual(self, table: Table, part: Constraint) -> bool:
        """Whether the server gives it this name, where nobody else does."""
        ...

    def index_key(self, key: str, columns: list[str]) -> Words: ...

    def where(self, index: Index) -> str | None:
        """The predicate of an index."""
        ...

    def create_index(self, table: Table, index: Index) -> tuple[str, str]:
        """The statement that makes an index, less the table's name."""
        ...

    def index_name(self, name: str) -> str:
        """A name that Peewee makes up, as the server keeps it."""
        ...

    def table_options(self, table: Table) -> tuple[list[tuple[str, Any]], list[str]]:
        """(what class Meta says of them, those that it cannot say)."""
        ...

    def references(self, key: ForeignKey) -> bool:
        """Whether a ForeignKeyField can say all of this foreign key."""
        ...


def sql(words: str) -> Call:
    return Call("pw.SQL", (words,))
