"""Facts about Peewee models that both dialects need: their tables, names, keys and targets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import peewee as pw
from playhouse import sqlite_ext

from dbkit import peewee_internals as internals

from .names import Name

# the classes of libraries whose tables are of different kinds
BASES = (sqlite_ext.FTS5Model, sqlite_ext.FTSModel, sqlite_ext.VirtualModel, pw.Model)
USUAL = ("public", "main")  # the schemas that a connection has by default
HISTORY_TABLE = "migratehistory"  # the history table of peewee-migrate
# and dbkit's records of the applied files, and of the half-done files
SEEDED_TABLE = "dbkit_seeded_rows"  # dbkit's record of the rows that seeds inserted
OWN_TABLES = (HISTORY_TABLE, f"dbkit_{HISTORY_TABLE}", f"dbkit_{HISTORY_TABLE}_steps", SEEDED_TABLE)
Model = Any  # a class derived from peewee.Model; peewee ships no types


def is_model(thing: Any) -> bool:
    """Whether an object is a model class. `peewee.Model` itself has no table, so it does
    not count."""
    return pw.is_model(thing) and isinstance(getattr(thing, "_meta", None), pw.Metadata)


def with_targets(models: Iterable[Model]) -> list[Model]:
    """Return the models and all models to which they point, parents first."""
    found: dict[Model, None] = {}
    waiting = list(models)
    while waiting:
        model = waiting.pop()
        if model not in found:
            found[model] = None
            waiting.extend(model._meta.refs.values())
            waiting.extend(filter(is_model, model._meta.depends_on or ()))
    return list(pw.sort_models(found))


def table_name(model: Model) -> Name:
    """Return the name of the model's table; the usual schemas count as the connection's own."""
    return in_schema(model._meta.schema, model._meta.table_name)


def in_schema(schema: str | None, bare: str) -> Name:
    """Return the name of an object in the schema that a model names, as in `table_name`."""
    return Name("" if schema in USUAL else schema or "", bare)


def sequences(models: Iterable[Model]) -> list[tuple[str | None, str]]:
    """Return (schema, truncated name) of the sequences that fields use (`sequence=`)."""
    fields = (field for model in models for field in model._meta.sorted_fields)
    places = (internals.sequence_parts(one) for one in fields if one.sequence)
    return list(dict.fromkeys((schema, truncated(name)) for schema, name in places))


def class_name(model: Model) -> str:
    """Return the class with its module, for messages."""
    return f"{model.__module__}.{model.__qualname__}"


def tableless(bases: Iterable[Model]) -> tuple[str, ...]:
    """Return the base classes without a table that somebody may have meant as a table: those with
    a field other than the primary key."""
    keys = {base: base._meta.primary_key for base in bases}
    return tuple(
        class_name(base)
        for base, key in keys.items()
        if any(field is not key for field in base._meta.sorted_fields)
    )


def described(error: Exception) -> str:
    """Return the first line of an error of Peewee, a driver or Python. Python's own errors get
    their class in front (`KeyError: 'title'`), because they say little without it."""
    if isinstance(error, UnicodeEncodeError):
        return f"{error.encoding} lacks the character {error.object[error.start : error.end]!r}"
    reason = (str(error).strip().splitlines() or [""])[0]
    return reason if isinstance(error, pw.PeeweeException) else f"{type(error).__name__}: {reason}"


def is_managed(model: Model) -> bool:
    """Whether the table is the project's. `class Meta: managed = False` says that it is not."""
    return bool(getattr(model._meta, "managed", True))


def key_fields(model: Model) -> tuple[Any, ...]:
    """Return the fields of the primary key. A model with a field `id` that is not the key has no
    key, although `Meta.primary_key` still contains the key that Peewee would have added."""
    fields = {id(field) for field in model._meta.sorted_fields}
    return tuple(key for key in model._meta.get_primary_keys() if id(key) in fields)


def made_up_index_names(model: Model) -> set[str]:
    """Return the names of those indexes of the model whose names Peewee made."""
    indexes = filter(is_made_up, model._meta.fields_to_index())
    return {internals.index_parts(index).name for index in indexes}


def truncated(name: str, length: int = 63) -> str:
    """Return the name as PostgreSQL truncates it, to 63 bytes (PostgreSQL manual, 4.1.1)."""
    if len(name) <= length and name.isascii():
        return name
    return name.encode()[:length].decode(errors="ignore")


def is_made_up(index: Any) -> bool:
    """Whether Peewee made the index's name from its columns."""
    if not isinstance(index, pw.ModelIndex):
        return False
    try:
        made = internals.generated_index_name(index)
    except ValueError:  # Peewee cannot make a name from these keys, so a person wrote the name
        return False
    return made == internals.index_name(index)


def only_inherited_from(model: Model) -> bool:
    """Whether a class exists only as a base for other models.

    Peewee has no mark for this, so its use decides: models derive from the class, no foreign key
    points to it, and it has no explicit table name.
    """
    meta = model._meta
    named = meta.table_name != meta.make_table_name() and meta.table_function is None
    return bool(model.__subclasses__()) and not meta.backrefs and not named
