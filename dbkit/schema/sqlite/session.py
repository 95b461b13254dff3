"""The session of a run of migrations or seeds: its pragmas and attached databases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.errors import ModelsError

from ..peewee_models import Model
from ..sql import folded

# the pragmas that change the effect of statements, and can be set in a transaction
PRAGMAS = ("recursive_triggers", "ignore_check_constraints", "legacy_alter_table", "query_only",
           "writable_schema", "defer_foreign_keys", "reverse_unordered_selects", "trusted_schema",
           "secure_delete", "busy_timeout")  # fmt: skip
STATE = f"SELECT * FROM {', '.join(f'pragma_{name}' for name in PRAGMAS)}"


@contextmanager
def keeping(database: pw.Database) -> Iterator[None]:
    """Restore the connection's pragmas after the block."""
    before = database.execute_sql(STATE).fetchone()
    yield
    after = database.execute_sql(STATE).fetchone()
    for name, old, new in zip(PRAGMAS, before, after, strict=True):
        if old != new:
            database.execute_sql(f"PRAGMA {name} = {old}")


def require_no_sequences(models: Iterable[Model]) -> None:
    """Raise ModelsError for a field with `sequence=`, which Peewee sends as DEFAULT NEXTVAL."""
    for model in models:
        for field in model._meta.sorted_fields:
            if field.sequence:
                raise ModelsError(
                    f"{model.__name__}.{field.name} takes its values from the sequence "
                    f"{field.sequence}, and SQLite has no sequences.",
                    "Take `sequence=` out of the field.",
                )


def attached(database: pw.Database) -> list[str]:
    """Return the names of the attached databases with main, but without `temp`."""
    rows = database.execute_sql("PRAGMA database_list").fetchall()
    return [name for _, name, _ in rows if name != "temp"]


def require_schemas(database: pw.Database, models: Iterable[Model]) -> None:
    """Raise ModelsError for a model whose schema is not an attached database."""
    attached_names = {"main", *map(folded, internals.attached_schemas(database))}
    if not database.is_closed():
        attached_names |= {folded(name) for name in attached(database)}
    for model in models:
        schema = model._meta.schema
        if schema and folded(schema) == "temp":
            raise ModelsError(
                f"Model {model.__name__} names the schema temp, whose tables SQLite drops when the "
                "connection ends.",
                "Use `temporary = True` instead; dbkit ignores temporary tables.",
            )
        if schema and folded(schema) not in attached_names:
            raise ModelsError(
                f"Model {model.__name__} names the schema {schema}. SQLite has no schema {schema} "
                "unless a database file is attached under that name.",
                f"Attach it (`database.attach(FILE, {schema!r})`) and call dbkit from Python, "
                "or remove `schema` from the model's Meta.",
            )
