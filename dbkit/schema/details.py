"""The details of tables and their parts that have fields of their own.

`str` of such a value, or its `words`, is the text of it in messages and in JSON; no code reads that
text again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

from .names import Name

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Decorate a dataclass that is frozen for mypy only. At run time, a frozen class would take
    five times as long to create a value, and `verify` creates 40 values per table."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


@value
class Setting:
    """A storage parameter of a table or an index."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


@value
class OnConflict:
    """What SQLite does with a row that breaks a constraint."""

    action: str

    def __str__(self) -> str:
        return f"ON CONFLICT {self.action}"


@value
class Key:
    """A key of an index: a column or an expression. `options` are its collation and operator class,
    and `order` its direction and the place of nulls, where they are not the default. On SQLite,
    `expression` is also the normal spelling of a column."""

    column: str | None
    expression: str | None = None
    options: str = ""
    order: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether the key is a column without options."""
        return self.column is not None and not (self.options or self.order)

    def __str__(self) -> str:
        subject = self.column if self.expression is None else self.expression
        return " ".join(filter(None, (subject, self.options, self.order)))


KeyOption = Setting | Key | OnConflict


@value
class Generated:
    """The expression of a generated column. `kind` is empty for the usual kind, which is STORED on
    PostgreSQL ('VIRTUAL' is the other) and VIRTUAL on SQLite ('stored' is the other)."""

    expression: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.expression} {self.kind}".rstrip()


@value
class Action:
    """An action of a foreign key; SET NULL and SET DEFAULT may name some of its `columns`."""

    word: str = "NO ACTION"
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.word} ({', '.join(self.columns)})" if self.columns else self.word


@value
class FiringState:
    """How a trigger of a constraint fires: its event, and `enabled` as in Trigger."""

    event: str
    enabled: str

    def __str__(self) -> str:
        return f"{self.event} {self.enabled}"


@value
class SequenceOptions:
    """The options of a sequence, where they are not the default. The default `type` is that of the
    column, or bigint. `owner` is (table, column)."""

    type: str = ""
    start: int | None = None
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cache: int = 1
    cycle: bool = False
    unlogged: bool = False
    owner: tuple[Name, str] | None = None

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses of CREATE SEQUENCE that say how it counts."""
        words = {
            "AS": self.type or None,
            "START": self.start,
            "INCREMENT": self.increment if self.increment != 1 else None,
            "MINVALUE": self.minimum,
            "MAXVALUE": self.maximum,
            "CACHE": self.cache if self.cache != 1 else None,
        }
        said = [f"{word} {option}" for word, option in words.items() if option is not None]
        return (*said, *["CYCLE"] * self.cycle)

    @property
    def words(self) -> tuple[str, ...]:
        """All options, for messages."""
        owner = ["OWNED BY {}.{}".format(*self.owner)] if self.owner else []
        return (*self.clauses, *["UNLOGGED"] * self.unlogged, *owner)


TABLE_OPTIONS = "table options"  # their name in the setting `ignore`: "users.table options"


@value
class TableOptions:
    """The properties of a table or view beyond its parts.

    `query` is that of a view; on SQLite, the statement of a view or the module of a virtual table.
    `parents` are the tables from which it inherits, as SQL; if it is a partition of its parent,
    `bound` are its values. `replica_identity` is NOTHING, FULL or USING INDEX.
    """

    query: str = ""
    partition_by: str = ""
    parents: tuple[str, ...] = ()
    bound: str = ""
    row_security: bool = False
    forces_row_security: bool = False
    replica_identity: str = ""
    replica_index: str = ""
    of_type: str = ""
    settings: tuple[Setting, ...] = ()
    strict: bool = False
    without_rowid: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """All options, for messages."""
        parents = f"({', '.join(self.parents)})" if self.parents else ""
        words = (
            self.query,
            self.partition_by and f"PARTITION BY {self.partition_by}",
            self.bound and f"PARTITION OF {parents} {self.bound}",
            parents and not self.bound and f"INHERITS {parents}",
            self.row_security and "ROW LEVEL SECURITY",
            self.forces_row_security and "FORCE ROW LEVEL SECURITY",
            self.replica_identity
            and f"REPLICA IDENTITY {self.replica_identity} {self.replica_index}".rstrip(),
            self.of_type and f"OF {self.of_type}",
            *map(str, self.settings),
            self.strict and "strict",
            self.without_rowid and "without rowid",
        )
        return tuple(word for word in words if word)
