"""The values of an SQLite schema as SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...details import Key, KeyOption, OnConflict
from ...names import Name
from ...sql import folded, listed, quoted
from ...values import (
    Check,
    Column,
    Constraint,
    Exclusion,
    ForeignKey,
    Index,
    PrimaryKey,
    Table,
    Trigger,
    Unique,
)
from ..tokenizer import spaced, tokens, write_type

TEXT = re.compile(r"CREATE (UNIQUE INDEX|INDEX|VIEW|TRIGGER) ")  # SQLite itself writes it so
NOW = {"current_date", "current_time", "current_timestamp"}


def columns(table: Table) -> list[Column]:
    """Return the columns of a table."""
    return [part for part in table.parts if isinstance(part, Column)]


def key_of(table: Table) -> PrimaryKey | None:
    """Return the primary key of a table, or None."""
    return next((part for part in table.parts if isinstance(part, PrimaryKey)), None)


def create_table(table: Table, name: str | None = None) -> str:
    """Return the CREATE TABLE of a table, under its own or another `name`, without indexes."""
    if table.kind == "virtual table":
        module = spaced(tokens(table.options.query))
        return f"CREATE VIRTUAL TABLE {table.name.sql} {module}"
    key = key_of(table)
    inline = key if key and len(key.columns) == 1 and not _collates(key) else None
    lines = [column_text(column, inline) for column in columns(table)]
    for part in table.parts:
        if isinstance(part, Constraint) and part is not inline:
            lines.append(_constraint(part))
    body = "".join(f"\n    {line}," for line in lines).rstrip(",")
    options = ", ".join(table.options.words)
    own = table.name.beside(name or table.name.bare)
    return f"CREATE TABLE {own.sql} ({body}\n) {options}".strip()


def column_text(column: Column, key: PrimaryKey | None = None) -> str:
    """Return the definition of a column. It contains the `key` if that is AUTOINCREMENT, or DESC
    without being the rowid: only a column definition can say so."""
    words = [quoted(column.name), write_type(str(column.type))]
    if key and key.columns == (column.name,):
        words += [_named(key.name), "PRIMARY KEY", *_clauses(column.name, key.options)]
        words += _conflict(key.options)
        words.append("AUTOINCREMENT" if column.identity else "")
    if column.collation:
        words.append(f"COLLATE {column.collation}")
    if not column.nullable:
        words += ["NOT NULL", *_conflict(column.options)]
    if column.default is not None:
        words.append(f"DEFAULT {_default(column.default)}")
    if column.generated is not None:
        expression = spaced(tokens(column.generated.expression))
        kind = column.generated.kind.upper() or "VIRTUAL"
        words.append(f"GENERATED ALWAYS AS ({expression}) {kind}")
    return " ".join(filter(None, words))


def _constraint(part: Constraint) -> str:
    return f"{_named(part.name)} {_rule(part)}".strip()


def _rule(part: Constraint) -> str:
    match part:
        case PrimaryKey() | Unique():
            keys = ", ".join(_key(column, part.options) for column in part.columns)
            word = "PRIMARY KEY" if isinstance(part, PrimaryKey) else "UNIQUE"
            return " ".join([f"{word} ({keys})", *_conflict(part.options)])
        case Check():
            return f"CHECK ({spaced(tokens(part.expression))})"
        case ForeignKey():
            target = listed(part.target_columns) if part.target_columns else ""
            words = (
                f"FOREIGN KEY {listed(part.columns)} REFERENCES {quoted(part.target.bare)} {target}"
            )
            deferrable = f" DEFERRABLE {part.deferrable}" if part.deferrable else ""
            return f"{words} ON DELETE {part.on_delete} ON UPDATE {part.on_update}{deferrable}"
        case Exclusion():
            raise NotImplementedError  # only PostgreSQL has it


def _named(name: str | None) -> str:
    return f"CONSTRAINT {quoted(name)}" if name else ""


def _key(column: str, options: Iterable[KeyOption]) -> str:
    """A column of a key with its options."""
    return " ".join([quoted(column), *_clauses(column, options)])


def _clauses(column: str, options: Iterable[KeyOption]) -> Iterator[str]:
    return (one.options or one.order for one in options
            if isinstance(one, Key) and one.column == column)  # fmt: skip


def _collates(key: PrimaryKey) -> bool:
    return any(isinstance(one, Key) and one.options for one in key.options)


def _conflict(options: Iterable[KeyOption]) -> Iterator[str]:
    return (str(option) for option in options if isinstance(option, OnConflict))


def _default(text: str) -> str:
    words = tokens(text)
    return spaced(words) if is_literal(text) or text in NOW else f"({spaced(words)})"


def is_literal(text: str) -> bool:
    """Whether a default is a constant and needs no parentheses."""
    words = tokens(text)
    signed = len(words) == 2 and words[0] in "+-" and words[1][0] in ".0123456789"
    return (len(words) == 1 and text not in NOW) or signed


def create_index(table: Table, index: Index) -> str:
    """Return the CREATE INDEX of an index."""
    keys = ", ".join(_index_key(tokens(str(key))) for key in index.keys)
    where = f" WHERE {spaced(tokens(index.where))}" if index.where else ""
    kind = "UNIQUE INDEX" if index.unique else "INDEX"
    on = quoted(table.name.bare)
    return f"CREATE {kind} {table.name.beside(index.name or '').sql} ON {on} ({keys}){where}"


def _index_key(words: list[str]) -> str:
    """A key of an index as SQL. A constant text needs double quotes: SQLite takes a text in single
    quotes for a column, and a text in double quotes only if a column has that name."""
    if words[0].startswith("'"):
        words = [quoted(words[0][1:-1].replace("''", "'")), *words[1:]]
    return spaced(words)


def as_it_was(text: str, table: Name) -> str:
    """Return SQLite's text of an index, view or trigger, for the database of a table."""
    head = TEXT.match(text)
    if not table.schema or head is None:
        return text
    return f"{head[0]}{quoted(table.schema)}.{text[head.end() :]}"


def create_view(view: Table) -> str:
    """Return the CREATE VIEW of a view. It names the columns, because the text is in lower case."""
    names = {folded(column.name): quoted(column.name) for column in columns(view)}
    words = tokens(view.options.query)[3:]
    for place, word in enumerate(words):
        called = words[place + 1 : place + 2] == ["("]
        if word in names and names[word] != quoted(word) and not called:
            words[place] = names[word]
    return f"CREATE VIEW {view.name.sql} {spaced(words)}"


def create_trigger(table: Table, trigger: Trigger) -> str:
    """Return the CREATE TRIGGER of a trigger."""
    words = tokens(trigger.definition)[3:]
    return f"CREATE TRIGGER {table.name.beside(trigger.name).sql} {spaced(words)}"
