"""What to do about a model that the server refuses, where the server's words do not say it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.diagnosis import sqlstate
from dbkit.fields import TypedIdentityField
from dbkit.model_source import is_statement

from .peewee_models import Model

POSTGRES = "playhouse.postgres_ext"
UNDEFINED_TABLE = "42P01"
CORRECT = "Correct the model, or first create the objects that it needs (an extension, a type)."


def hint_on_postgres(model: Model, error: Exception) -> str:
    """What to do if PostgreSQL refuses the model's table."""
    if sqlstate(error) == UNDEFINED_TABLE:  # Peewee does not read a foreign key in SQL
        return f"If another model has that table, name it in `depends_on` of {model.__name__}.Meta."
    if isinstance(error, IndexError | ValueError | TypeError):  # psycopg2 cannot fill placeholders
        return f"In SQL of {model.__name__}, write %% for a percent sign, as Peewee requires."
    return next(chain(bare_expressions(model), only_on_sqlite(model)), CORRECT)


def hint_on_sqlite(model: Model) -> str:
    """What to do if SQLite refuses the model's table."""
    return next(chain(bare_expressions(model), only_on_postgres(model)), "Correct the model.")


def bare_expressions(model: Model) -> Iterator[str]:
    """Peewee takes a single `pw.SQL` in `add_index` for a whole statement."""
    name = model.__name__
    for index in model._meta.indexes:
        if isinstance(index, pw.SQL) and not is_statement(index.sql):
            made = f'{name}.add_index({name}.index(pw.SQL({index.sql!r}), name="..."))'
            yield (
                f"{name}.add_index() takes a single pw.SQL for a whole CREATE INDEX statement. "
                f"For an expression, write {made}."
            )


def only_on_postgres(model: Model) -> Iterator[str]:
    """The declarations for which SQLite has no SQL."""
    for field in model._meta.sorted_fields:
        place = f"{model.__name__}.{field.name}"
        if isinstance(field, pw.IdentityField | TypedIdentityField):
            yield f"SQLite has no identity columns: make {place} an AutoField."
        elif POSTGRES in {kind.__module__ for kind in type(field).__mro__}:
            yield f"{place} is a field of {POSTGRES}: for SQLite too, make it a peewee.JSONField."
        elif field.index and field.index_type:
            yield f"SQLite has no {field.index_type} indexes: remove index_type from {place}."
    for index in model._meta.indexes:
        if isinstance(index, pw.Index) and (method := internals.index_parts(index).using):
            yield f"SQLite has no {method} indexes: remove using={method!r}, or use PostgreSQL."


def only_on_sqlite(model: Model) -> Iterator[str]:
    """The options of Meta for which PostgreSQL has no SQL."""
    for name in ("strict_tables", "without_rowid"):
        if getattr(model._meta, name, False):
            yield f"PostgreSQL has no such tables: remove {name} from {model.__name__}.Meta."
