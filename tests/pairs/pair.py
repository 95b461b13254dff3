"""What a pair of models is, and short words to write one down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import peewee as pw

Answers = Mapping[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Pair:
    """`v1` and `v2` build their models anew. `rows` are put into v1's tables. What a column that
    both have holds is compared without being asked for, unless its type changes.

    `after` are queries and what they give after v2; `changed` the columns whose values v2 changes,
    `lost` the tables and columns that are not as before when v2 was rolled back. v2's tables must
    take `accepts` and refuse `refuses`. `extra` is SQL of a migration by hand between the two,
    `extra_after` how the same reads after v2 if that differs, and `hidden` what it made. `idle` are
    the dialects to which v1 and v2 are the same.
    """

    v1: Callable[[], list[Any]]
    v2: Callable[[], list[Any]]
    rows: tuple[str, ...] = ()
    after: Answers = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    no_rename: bool = False
    accepts: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    extra_after: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()


Pairs = dict[str, Pair]


def table(name: str, meta: dict[str, Any] | None = None, /, **fields: Any) -> Any:
    """A model, by the name of its table."""
    options = {"table_name": name, "legacy_table_names": False, **(meta or {})}
    class_name = name.title() if name.isidentifier() else "Odd"
    return type(class_name, (pw.Model,), {"Meta": type("Meta", (), options), **fields})


def t(meta: dict[str, Any] | None = None, /, **fields: Any) -> list[Any]:
    """One model, of a table t."""
    return [table("t", meta, **fields)]


def indexed(*keys: Any, **options: Any) -> list[Any]:
    """A table t (a text, b integer) with an index over what the names or functions give."""
    model = table("t", a=pw.CharField(20), b=pw.IntegerField())
    parts = [key(model) if callable(key) else getattr(model, key) for key in keys]
    if parts:
        where = options.pop("where", None)
        model.add_index(*parts, where=where and where(model), **options)
    return [model]


def default(sql: str) -> dict[str, Any]:
    """A default that only the server knows."""
    return {"constraints": [pw.SQL(f"DEFAULT {sql}")]}


def insert(name: str, columns: str, *values: str) -> str:
    """`values` are rows, without their parentheses."""
    return f"INSERT INTO {name} ({columns}) VALUES " + ", ".join(f"({row})" for row in values)


def of_a(*values: str) -> tuple[str]:
    """Rows of t, with these values in column a."""
    return (insert("t", "a", *values),)


def a_is(*values: Any) -> Answers:
    """Column a of t, row by row."""
    return {"SELECT a FROM t ORDER BY id": [(value,) for value in values]}


AB = (insert("t", "a, b", "'x', 1", "'y', 2"),)
