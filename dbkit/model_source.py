"""Models as Python source: the description that `create`, `merge` and `init` fill and print."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from . import fields
from . import peewee_internals as internals
from .python_source import Call, Class, Code, Statement, flat, is_plain

# The options that a field of any class can have, in the order in which they are written. Options
# that only its own class has come first.
OPTIONS = (
    "sql_type", "options", "field", "column_name", "object_id_name", "backref",
    "on_delete", "on_update", "deferrable", "constraint_name", internals.DEFERRED,
    "null", "primary_key", "unique", "index", "index_type",
    "sequence", "collation", "unindexed", "constraints",
)  # fmt: skip
# The entries of class Meta that come first, in order
META = ("table_name", "schema", "legacy_table_names", "primary_key", "indexes", "constraints")
STATEMENT = re.compile(r"\s*(?:CREATE|ALTER)\s", re.IGNORECASE)
CHECK = re.compile(r"CHECK \((.*)\)", re.DOTALL)
DEFAULT = re.compile(r"DEFAULT (.*)", re.DOTALL)


@dataclass(frozen=True)
class ModelSource:
    """A model as source, with the class name `name`. `table` is the name of its table, or empty if
    Peewee derives that name from the class.

    `fields` are its columns by field name. `key` is Meta.primary_key; None if a field is the key.
    `indexes` are calls of `add_index` with the names of fields or `pw.SQL`. `options` are the other
    entries of Meta. `after` are statements that follow, and `doc` is the docstring.
    """

    name: str
    base: str
    table: str
    fields: dict[str, Call]
    key: Any = None
    indexes: tuple[Call, ...] = ()
    constraints: tuple[Call, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    after: tuple[Call, ...] = ()
    doc: str = ""

    def statements(self, decorator: str = "") -> Iterator[Statement]:
        """Yield the class, and the calls for what class Meta cannot express."""
        pairs = [index for index in self.indexes if _is_pair(index)]
        meta = {
            **dict.fromkeys(META),
            "table_name": self.table or None,
            "primary_key": self.key,
            "indexes": [(one.arguments, "unique" in one.options) for one in pairs] or None,
            "constraints": list(self.constraints) or None,
            **self.options,
        }
        entries = {name: value for name, value in meta.items() if value is not None}
        # Peewee adds the key `id` itself, but a class needs at least one entry
        body = dict(one for one in self.fields.items() if one != ("id", Call("pw.AutoField")))
        body = body if body or entries else self.fields
        yield Class(self.name, self.base, body, entries, decorator, self.doc)
        for index in self.indexes:
            if index not in pairs:
                keys = (_class_key(self.name, key) for key in index.arguments)
                yield Call(f"{self.name}.add_index", tuple(keys), index.options)
        yield from self.after


def _is_pair(index: Call) -> bool:
    """Whether Meta.indexes can express the index: field names, and whether it is unique."""
    only_names = all(isinstance(key, str) for key in index.arguments)
    return only_names and index.options.keys() <= {"unique"}


def _class_key(model: str, key: Any) -> Any:
    """A key for Model.add_index, which reads a single pw.SQL as a whole statement."""
    if isinstance(key, str):
        return Code(f"{model}.{key}" if is_plain(key) else f"getattr({model}, {flat(key)})")
    (words,) = key.arguments
    return key if is_statement(words) else words


def is_statement(words: str) -> bool:
    """Whether the SQL of an index is a whole statement, and not a key."""
    return STATEMENT.match(words) is not None


def with_options(call: Call, **options: Any) -> Call:
    """Return the call of a field with more options, in order. None, False and empty values are
    Peewee's defaults and are left out, except for `index`, whose default is None here."""
    given = {name: value for name, value in options.items()
             if value or (name == "index" and value is not None)}  # fmt: skip
    every = {**call.options, **given}
    ordered = sorted(every, key=lambda name: OPTIONS.index(name) if name in OPTIONS else -1)
    return replace(call, options={name: every[name] for name in ordered})


def add_index(
    keys: tuple[Any, ...],
    name: str | None = None,
    unique: bool = False,
    using: str | None = None,
    nulls_distinct: bool | None = None,
    where: str | None = None,
) -> Call:
    """Return an index for a ModelSource; without `name`, Peewee makes its name."""
    options = {"unique": unique or None, "name": name, "where": where and sql(where),
               "using": using, "nulls_distinct": nulls_distinct}  # fmt: skip
    written = {option: value for option, value in options.items() if value is not None}
    return Call("add_index", keys, written)


def composite_key(names: list[str]) -> Call:
    """Return Meta.primary_key for several fields."""
    return Call("pw.CompositeKey", tuple(names))


def sql(words: str) -> Call:
    """Return SQL as a call of `pw.SQL`."""
    return Call("pw.SQL", (words,))


def check(expression: str, name: str | None = None) -> Call:
    """Return a CHECK constraint."""
    return Call("pw.Check", (expression, name) if name else (expression,))


def clause(words: str) -> Call:
    """Return a clause of a column or table, by Peewee's function for it if there is one."""
    if found := CHECK.fullmatch(words):
        return check(found[1])
    found = DEFAULT.fullmatch(words)
    return Call("pw.Default", (found[1],)) if found else sql(words)


def imports(source: str) -> list[str]:
    """Return the lines that import the names that the source uses, and Peewee in any case."""
    tree = [*ast.walk(ast.parse(source))]
    names = {node.id for node in tree if isinstance(node, ast.Name)}
    names -= {node.name for node in tree if isinstance(node, ast.ClassDef)}
    ours = ", ".join(sorted(names & {*fields.__all__}))
    lines = {
        "from enum import StrEnum\n": "StrEnum" in names,
        "import peewee as pw": True,
        f"from dbkit.fields import {ours}": bool(ours),
        "from dbkit.migration import Migrator": "Migrator" in names,
        "from playhouse import postgres_ext as pg": "pg" in names,
        "from playhouse import sqlite_ext as sq": "sq" in names,
    }
    return [line for line, needed in lines.items() if needed]
