"""Errors for models from which Peewee cannot generate SQL: they name the model and the field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import peewee as pw

from . import peewee_internals as internals
from .errors import DbkitError, ModelsError
from .schema.peewee_models import Model, class_name, described, is_model

KNOWN = (DbkitError, pw.PeeweeException)  # the classes of errors that need no other message


@contextmanager
def naming(models: Iterable[Model], database: pw.Database) -> Iterator[None]:
    """Raise ModelsError if the block fails because of a model.

    Nearly all models are good, so the SQL of each model is checked only after a failure. The
    exception is a foreign key without a target: it is checked first, because on SQLite Peewee
    creates a column for it and nothing fails.
    """
    models = list(models)
    for model in filter(is_model, models):
        _require_targets(model)
    try:
        yield
    except Exception as error:
        cause = error.__cause__ if isinstance(error, DbkitError) else error
        if isinstance(cause, Exception) and not isinstance(cause, KNOWN):
            for model in models:
                _require_sql(model, database, cause)
        raise


def _require_sql(model: Model, database: pw.Database, cause: Exception) -> None:
    if not is_model(model):
        raise ModelsError(
            f"{model!r} is not a model.",
            "Pass subclasses of peewee.Model with no field or column called _meta.",
        )
    for field in model._meta.sorted_fields:
        if isinstance(getattr(field, "rel_field", None), pw.CompositeKey):
            raise ModelsError(
                f"{class_name(model)}.{field.name} points to {class_name(field.rel_model)}, which "
                "has a composite primary key.",
                "Point to a unique field of that model with `field=`.",
            ) from cause
        with _blamed(f"column {class_name(model)}.{field.name}"):
            _sql(field.ddl(database.get_sql_context()), database)
    with _blamed(f"table of model {class_name(model)}"):
        manager = internals.schema_manager(model, database)
        for sql, _ in (internals.table_statement(manager), *internals.index_statements(manager)):
            sql.encode()
    with _blamed(f"primary key of model {class_name(model)}"):
        model._meta.get_primary_keys()


def _require_targets(model: Model) -> None:
    for field in model._meta.sorted_fields:
        if isinstance(field, pw.DeferredForeignKey):
            raise ModelsError(
                f"{class_name(model)}.{field.name} points to the model {field.rel_model_name}, "
                "and no imported class has that name.",
                "Import the module with that class, or correct the name.",
            )


def _sql(node: Any, database: pw.Database) -> None:
    sql, params = database.get_sql_context().sql(node).query()
    sql.encode()
    if database.param == "%s" and sql.replace("%%", "").count("%") != len(params):
        raise pw.ProgrammingError(
            "psycopg2 reads the % in its SQL as a placeholder; write %% for a %"
        )


@contextmanager
def _blamed(part: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        message = f"Peewee cannot generate SQL for the {part}: {described(error)}"
        raise ModelsError(message, "Correct the model.") from error
