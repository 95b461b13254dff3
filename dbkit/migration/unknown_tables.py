"""Tables and columns that no operation created: they are read from the database; or, while a file
is followed in memory, only their names are known from the file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import peewee as pw

from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model, table_name

from .edit_models import put_field, remove_field, rename_in_model
from .reshape import cloned, snapshot

Find = Callable[[Name], Model | None]  # a model by its table's name


class UnknownField(pw.BareField):
    """A column that a followed file only names."""


class _Unknown(pw.ModelBase):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        put_field(cls, name, UnknownField(null=True))
        return cls._meta.fields[name]


def unknown_model(text: str, database: pw.Database) -> Model:
    """Return a model for a table that a followed file only names. The text stands for the name of
    the table: until the database is read, a dot in it may or may not separate a schema from the
    table."""
    meta = type("Meta", (), {"table_name": text, "database": database})
    return _Unknown("Unknown", (pw.Model,), {"Meta": meta})


def is_unknown(model: Model) -> bool:
    """Whether `unknown_model` made a model."""
    return isinstance(model, _Unknown)


def forget_unknown(models: Iterable[Model]) -> None:
    """Remove the columns that no operation created from the models after a file was followed."""
    for model in models:
        for field in list(model._meta.sorted_fields):
            if isinstance(field, UnknownField):
                remove_field(model, field.name)


def is_of_project(model: Model) -> bool:
    """Whether a class belongs to a module, and not to a migration's file."""
    return getattr(sys.modules.get(model.__module__), model.__name__, None) is model


def own_copy(model: Model, find: Find) -> Model:
    """Return an editable copy of a project's model, whose foreign keys point to the models that
    `find` returns."""
    copy = snapshot(model)
    for field in copy._meta.sorted_fields:
        if isinstance(field, pw.ForeignKeyField):
            target = copy if field.rel_model is model else find(table_name(field.rel_model))
            field.declared_backref = model._meta.fields[field.name].backref
            point(field, target or field.rel_model)
    return copy


def point(field: Any, target: Model) -> None:
    """Let a foreign key and its back-reference belong to this target."""
    new = cloned(field)
    column = field.rel_field.column_name
    new.declared_backref = field.declared_backref or field.backref
    new.rel_model, new.rel_field = target, target._meta.columns.get(column, field.rel_field)
    put_field(field.model, field.name, new)


def learn(model: Model, live: Model) -> None:
    """Add the columns that only the live table has."""
    meta = model._meta
    for field in live._meta.sorted_fields:
        if field.column_name not in meta.columns and field.name not in meta.fields:
            put_field(model, field.name, cloned(field))


def named_as(model: Model, other: Model) -> None:
    """Give the fields the names that they have in another model of the same table."""
    for field in list(model._meta.sorted_fields):
        wanted = other._meta.columns.get(field.column_name)
        if wanted is not None and wanted.name != field.name not in other._meta.fields:
            rename_in_model(model, field, wanted.name, field.column_name)
