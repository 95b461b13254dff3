"""The names that a model chooses: of its table, and of the objects that the table needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.errors import ModelsError
from dbkit.fields import EnumField

from .peewee_models import OWN_TABLES, Model


def require_free_names(models: Iterable[Model]) -> None:
    """Raise ModelsError if an index, sequence or type of a model has the name of dbkit's own table.
    (A table may have that name: then its model describes the history.)"""
    for model in models:
        for what, name in _beside(model):
            if name in OWN_TABLES and not model._meta.schema:
                raise ModelsError(
                    f"Model {model.__name__} gives {what} the name {name}, which belongs to the "
                    "table in which the applied migrations are recorded.",
                    "Choose another name.",
                )


def names(model: Model) -> Iterator[tuple[str, object]]:
    """Yield (the object that has the name, the name)."""
    yield "its table", model._meta.table_name
    yield "its schema", model._meta.schema
    for field in model._meta.sorted_fields:
        yield f"the column of {field.name}", field.column_name
        yield f"the constraint of {field.name}", getattr(field, "constraint_name", None)
        for label in field.labels if isinstance(field, EnumField) else ():
            yield f"a label of {field.name}", label.replace("%", "")  # it is sent as a parameter
    yield from _beside(model)


def _beside(model: Model) -> Iterator[tuple[str, object]]:
    """The names of the other objects that the model creates in the schema of its table."""
    for field in model._meta.sorted_fields:
        yield f"the sequence of {field.name}", field.sequence
        if isinstance(field, EnumField):
            yield f"the type of {field.name}", field.type_name
    for index in model._meta.indexes:
        if isinstance(index, pw.ModelIndex):
            yield "an index", internals.index_name(index)
