"""The values of a PostgreSQL schema as SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...details import Action, Key, KeyOption, Setting
from ...names import Name
from ...sql import listed, literal, quoted
from ...values import (
    Check,
    Column,
    Constraint,
    Exclusion,
    ForeignKey,
    Index,
    Part,
    Policy,
    PrimaryKey,
    Rule,
    Schema,
    Table,
    Trigger,
    Unique,
)

Type = str | Name  # of a column


class Spelling:
    """The values of some schemas as SQL, with the names of their enum types, and of all objects."""

    def __init__(self, *schemas: Schema) -> None:
        self.enums = {one.name for schema in schemas for one in schema.enums}
        self.known = {one.name for schema in schemas
                      for kind in (schema.enums, schema.tables, schema.domains, schema.sequences)
                      for one in kind}  # fmt: skip

    def column(self, column: Column, sequence: str = "") -> str:
        """Return the definition of a column; `sequence` is the sequence of a serial column, as
        SQL."""
        words = [quoted(column.name), type_sql(column.type)]
        if column.collation:
            words.append(f"COLLATE {column.collation}")
        if column.generated is not None:
            kind = column.generated.kind or "STORED"
            words.append(f"GENERATED ALWAYS AS ({column.generated.expression}) {kind}")
        elif sequence:
            words.append(f"DEFAULT pg_catalog.nextval({literal(sequence)})")
        elif column.identity:
            words.append(identity(column))
        elif column.default is not None:
            words.append(f"DEFAULT {column.default}")
        return " ".join(words) + (" NOT NULL" if not column.nullable else "")

    def constraint(self, part: Constraint) -> str:
        return (
            f"CONSTRAINT {quoted(part.name)} {self._rule(part)}" if part.name else self._rule(part)
        )

    def _rule(self, part: Constraint) -> str:
        match part:
            case PrimaryKey():
                return spaced("PRIMARY KEY", keyed(part))
            case Unique():
                nulls = "" if part.nulls_distinct else "NULLS NOT DISTINCT"
                return spaced("UNIQUE", nulls, keyed(part))
            case ForeignKey():
                return self._foreign_key(part)
            case Check(validated=False, not_null=str(column)):
                return f"NOT NULL {quoted(column)} NOT VALID"
            case Check():
                inherited = "" if part.inherited else "NO INHERIT"
                # if the server reads its own spelling again, it may store another expression (IN
                # over a varchar, for example)
                expression = part.source or part.expression
                return spaced(f"CHECK ({expression})", inherited, validity(part))
            case Exclusion():
                return part.definition

    def _foreign_key(self, key: ForeignKey) -> str:
        return spaced(
            f"FOREIGN KEY {timed(key.columns, key.period)}",
            f"REFERENCES {key.target.sql} {timed(key.target_columns, key.period)}",
            "" if key.match == "SIMPLE" else f"MATCH {key.match}",
            f"ON DELETE {action(key.on_delete)} ON UPDATE {key.on_update}",
            deferrable(key.deferrable),
            validity(key),
        )

    def index(self, table: Table, index: Index) -> str:
        keys = ", ".join(map(key, index.keys))
        return spaced(
            "CREATE UNIQUE INDEX" if index.unique else "CREATE INDEX",
            quoted(index.name) if index.name else "",
            f"ON {table.name.sql} USING {quoted(index.method)} ({keys})",
            included(index.include),
            "" if index.nulls_distinct else "NULLS NOT DISTINCT",
            settings(index.options),
            f"WHERE {index.where}" if index.where else "",
        )

    def policy(self, table: Name, policy: Policy) -> str:
        roles = (role.upper() if role == "public" else quoted(role) for role in policy.roles)
        return spaced(
            f"CREATE POLICY {quoted(policy.name)} ON {table.sql}",
            "AS PERMISSIVE" if policy.permissive else "AS RESTRICTIVE",
            f"FOR {policy.command} TO {', '.join(roles)}",
            f"USING ({policy.using})" if policy.using is not None else "",
            f"WITH CHECK ({policy.check})" if policy.check is not None else "",
        )

    def view(self, table: Table) -> str:
        kind = table.kind.upper()
        return spaced(f"CREATE {kind} {table.name.sql}", settings(table.options.settings),
                      f"AS {table.options.query.strip().rstrip(';')}",
                      "" if table.populated or kind == "VIEW" else "WITH NO DATA")  # fmt: skip


def type_sql(type_: Type) -> str:
    """Return a column's type as SQL."""
    return type_.sql if isinstance(type_, Name) else type_


def uses(type_: Type, name: Name) -> bool:
    """Whether a column's type is the enum type or domain `name`, or an array of it."""
    if isinstance(type_, Name):
        return type_ == name
    return type_.removesuffix("[]").replace('"', "") in (str(name), name.bare)


def keyed(part: PrimaryKey | Unique) -> str:
    """Return the common part of a primary key and a unique constraint as SQL."""
    columns = listed(part.columns)
    if part.period:
        columns = columns[:-1] + " WITHOUT OVERLAPS)"
    ending = (included(part.include), settings(part.options), deferrable(part.deferrable))
    return spaced(columns, *ending)


def timed(columns: tuple[str, ...], period: bool) -> str:
    """Return the columns of a foreign key as SQL; the last may be a PERIOD."""
    if not period:
        return listed(columns)
    return f"({', '.join([*map(quoted, columns[:-1]), f'PERIOD {quoted(columns[-1])}'])})"


def spaced(*words: str) -> str:
    """Join the words that are not empty."""
    return " ".join(word for word in words if word)


def key(key: Key) -> str:
    """Return an index key as SQL."""
    subject = key.expression if key.column is None else quoted(key.column)
    return spaced(subject or "", key.options, key.order)


def included(columns: tuple[str, ...]) -> str:
    """Return the INCLUDE clause of an index or a key."""
    return f"INCLUDE ({', '.join(columns)})" if columns else ""  # as the server prints them


def settings(options: Iterable[KeyOption]) -> str:
    """Return storage parameters as SQL."""
    text = ", ".join(f"{one.name} = {literal(one.value)}" for one in options
                     if isinstance(one, Setting))  # fmt: skip
    return f"WITH ({text})" if text else ""


def deferrable(text: str) -> str:
    """Return the DEFERRABLE clause of a constraint."""
    return f"DEFERRABLE {text}" if text else ""


def validity(part: ForeignKey | Check) -> str:
    """Return the NOT VALID and NOT ENFORCED clauses of a constraint."""
    if not part.enforced:
        return "NOT ENFORCED"
    return "" if part.validated else "NOT VALID"


def action(action: Action) -> str:
    """Return an action of a foreign key as SQL."""
    return f"{action.word} {listed(action.columns)}" if action.columns else action.word


def identity(column: Column) -> str:
    """Return the identity clause of a column; its sequence always has the column's type."""
    options = " ".join(replace(column.sequence, type="").clauses)
    return f"GENERATED {column.identity.upper()} AS IDENTITY" + (f" ({options})" if options else "")


def words_of(part: Part) -> str:
    """Return the texts in which a part may name columns, tables or types."""
    match part:
        case PrimaryKey() | Unique():
            words = (*part.columns, *part.include)
        case Index():
            words = (*map(str, part.keys), *part.include, part.where or "")
        case Check():
            words = (part.expression,)
        case Exclusion() | Trigger() | Rule():
            words = (part.definition,)
        case Policy():
            words = (part.using or "", part.check or "")
        case _:
            words = ()
    return "\n".join(words)
