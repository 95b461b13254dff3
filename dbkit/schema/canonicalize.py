"""Models in canonical form: a table has one model, and a column has one field.

Peewee allows two models of one table, and two fields of one column. PostgreSQL truncates names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.errors import ModelsError

from .peewee_models import BASES, Model, key_fields

META = ("schema", "options", "table_settings", "strict_tables", "without_rowid", "temporary",
        "legacy_table_names", "database")  # fmt: skip
Cut = Callable[[str], str]  # truncates a name as the database does
Place = tuple[str | None, str]  # schema, table


def layers(models: Iterable[Model], cut: Cut) -> list[Model]:
    """Return the models so that each has a column only once: if two fields of a model have the same
    column, the second field moves to another model of the same table. Raises ModelsError."""
    result = []
    by_table(models := list(models), cut)
    for model in models:
        _require_different_keys(model)
        first, *others = _layers(model._meta.sorted_fields, cut)
        if others:
            columns = {cut(field.column_name): field for field in first}
            result.append(_copy([model], first, cut))
            for fields in others:
                further = [_further(field, columns[cut(field.column_name)]) for field in fields]
                result.append(_copy([model], further, cut, bare=True))
        else:
            result.append(model)
    return result


def _require_different_keys(model: Model) -> None:
    """Raise ModelsError for a key with a repeated column. SQLite accepts it, but such a key is not
    the rowid."""
    names = [key.name for key in key_fields(model)]
    if len({*names}) < len(names):
        raise ModelsError(
            f"The primary key of {model.__name__} names a field twice: {', '.join(names)}.",
            "Name it once.",
        )


def joined(models: Sequence[Model], cut: Cut) -> list[Model]:
    """Return one model for each table, with all its columns, each once. Raises ModelsError."""
    places = by_table(models, cut)
    if all(len(some) == 1 and _is_canonical(some[0], cut) for some in places.values()):
        return list(models)
    copies: dict[Place, Model] = {}
    for model in pw.sort_models(models):
        place = _place(model, cut)
        if place not in copies:
            copies[place] = _copy(places[place], _columns(places[place], cut), cut, copies)
    for copy in copies.values():  # tables that point to each other
        for field, target in list(copy._meta.refs.items()):
            own = copies.get(_place(target, cut), target)
            if own is not target:
                field.rel_model = copy._meta.refs[field] = own
                field.rel_field = own._meta.columns[cut(field.rel_field.column_name)]
    return list(copies.values())


def by_table(models: Iterable[Model], cut: Cut) -> dict[Place, list[Model]]:
    """Return the models of each table. Raises ModelsError if PostgreSQL truncates the names of two
    tables to the same name."""
    places: dict[Place, list[Model]] = {}
    for model in models:
        others = places.setdefault(_place(model, cut), [])
        others.append(model)
        if others[0]._meta.table_name != model._meta.table_name:
            raise ModelsError(
                f"PostgreSQL truncates the table names of {others[0].__name__} and "
                f"{model.__name__} to the same name, {cut(model._meta.table_name)}.",
                "Give one of the models a shorter table_name.",
            )
    return places


def _place(model: Model, cut: Cut) -> Place:
    schema = model._meta.schema
    return schema and cut(schema), cut(model._meta.table_name)


def _is_canonical(model: Model, cut: Cut) -> bool:
    fields = model._meta.sorted_fields
    names = [_place(model, cut)[1], *(cut(field.column_name) for field in fields)]
    return len({*names[1:]}) == len(fields) and names == [
        model._meta.table_name, *(field.column_name for field in fields)
    ]  # fmt: skip


def _layers(fields: Iterable[Any], cut: Cut) -> list[list[Any]]:
    """Lists of the fields in which no column occurs twice."""
    found: list[dict[str, Any]] = [{}]
    for field in fields:
        column = cut(field.column_name)
        other = found[0].get(column)
        if other and other.column_name != field.column_name:
            raise ModelsError(
                f"PostgreSQL truncates the column names of {field.model.__name__}.{other.name} and "
                f".{field.name} to the same name, {column}.",
                "Give one of the fields a shorter column_name.",
            )
        layer = next((one for one in found if column not in one), None)
        if layer is None:
            found.append(layer := {})
        layer[column] = field
    return [list(one.values()) for one in found]


def _further(field: Any, first: Any) -> Any:
    """A second field of a column. It needs no index if the first field has one."""
    field = field.clone()
    field.primary_key = False
    field.index = field.index and not _is_indexed(first)
    return field


def _is_indexed(field: Any) -> bool:
    return bool(field.primary_key or field.unique or field.index)


def _columns(models: Iterable[Model], cut: Cut) -> list[Any]:
    """One field for each column; a foreign key is preferred, because it says more."""
    found: dict[str, list[Any]] = {}
    for model in models:
        for layer in _layers(model._meta.sorted_fields, cut):
            for field in layer:
                found.setdefault(cut(field.column_name), []).append(field)
    return [_one(fields) for fields in found.values()]


def _one(fields: list[Any]) -> Any:
    keys = [field for field in fields if isinstance(field, pw.ForeignKeyField)]
    field = (keys or fields)[0].clone()
    field.primary_key = any(one.primary_key for one in fields)
    field.unique = any(one.unique for one in fields)
    field.index = fields[0].index or (field.index and not _is_indexed(fields[0]))
    said = [one.constraints for one in fields if one.constraints]
    field.constraints = said[0] if said else None
    return field


def _copy(
    models: Sequence[Model],
    fields: Sequence[Any],
    cut: Cut,
    copies: dict[Place, Model] | None = None,
    bare: bool = False,
) -> Model:
    """A model of a table with these fields of its models; with `bare`, it has nothing else."""
    first = models[0]
    options = {name: getattr(first._meta, name) for name in META}
    options["table_name"] = cut(first._meta.table_name)
    options["primary_key"] = False
    options["schema_manager_class"] = internals.schema_manager_class(first)
    place = None if bare else _place(first, cut)  # it may lack the target of a key to itself
    columns = {cut(field.column_name): field.name for field in fields}
    attributes = {field.name: _field(field, place, cut, copies or {}, columns) for field in fields}
    if not bare:
        options["constraints"] = [one for model in models for one in model._meta.constraints or ()]
        if any(field.primary_key for field in attributes.values()):
            del options["primary_key"]
    base = next(one for one in BASES if issubclass(first, one))
    meta = type("Meta", (), options)
    copy = type(first)(
        first.__name__, (base,), {**attributes, "Meta": meta, "__module__": first.__module__}
    )
    for model in () if bare else models:
        _copy_key_and_indexes(model, copy, cut)
    return copy


def _copy_key_and_indexes(model: Model, copy: Model, cut: Cut) -> None:
    """Copy the key and the indexes of a model's Meta, with the fields of the copy."""

    def renamed(key: Any) -> Any:
        field = model._meta.combined.get(key) if isinstance(key, str) else key
        if not isinstance(field, pw.Field):
            return key
        own = copy._meta.columns[cut(field.column_name)]
        return own.name if isinstance(key, str) else own

    if model._meta.composite_key and not copy._meta.primary_key:
        names = map(renamed, model._meta.primary_key.field_names)
        internals.set_composite_key(copy, *names)
    for index in model._meta.indexes:
        if isinstance(index, pw.ModelIndex):
            parts = internals.index_parts(index)
            if parts.name in map(internals.index_name, copy._meta.indexes):
                continue
            index = internals.index_with(index, copy, keys=list(map(renamed, parts.keys)))
        elif isinstance(index, (tuple, list)):
            index = (tuple(map(renamed, index[0])), *index[1:])
        if index not in copy._meta.indexes:
            copy._meta.indexes.append(index)


def _field(
    field: Any,
    place: Place | None,
    cut: Cut,
    copies: dict[Place, Model],
    columns: dict[str, str],
) -> Any:
    """A field for the copy of the table at `place`; `columns` are the names of its fields by
    column."""
    copy = field.clone()
    copy.column_name = cut(field.column_name)
    if isinstance(field, pw.ForeignKeyField):
        copy.declared_backref, copy.backref = "+", None
        target = _place(field.rel_model, cut)
        if target == place:
            column = cut(field.rel_field.column_name)
            if column == copy.column_name:
                raise ModelsError(
                    f"The foreign key {field.model.__name__}.{field.name} points to its own "
                    f"column, {column}.",
                    "Give it another column_name, or remove it.",
                )
            internals.point_to_self(copy, columns[column])
        elif target in copies:
            copy.rel_model = copies[target]
            copy.rel_field = copy.rel_model._meta.columns[cut(field.rel_field.column_name)]
    return copy
