"""Refuses names in models that Peewee and psycopg2 cannot send to this database."""

from __future__ import annotations

from collections.abc import Iterable

import peewee as pw
from psycopg2.extensions import encodings

from dbkit.errors import ModelsError

from ..chosen_names import names
from ..peewee_models import Model, truncated


def require_names(database: pw.Database, models: Iterable[Model]) -> None:
    """Raise ModelsError for a name that cannot be sent."""
    codec = "utf-8" if database.is_closed() else encodings[database.connection().encoding]
    for model in models:
        for what, given in names(model):
            name = str(given or "")
            if name.isascii() and name.isprintable() and "%" not in name:
                continue
            if reason := _reason(name, codec):
                raise ModelsError(
                    f"Model {model.__name__} gives {what} the name {name!r}: {reason}.",
                    "Choose another name.",
                )
        schema = model._meta.schema or ""
        if truncated(schema) != schema:
            raise ModelsError(
                f"Model {model.__name__} has the schema {schema}, which is longer than 63 bytes.",
                f"PostgreSQL truncates it to {truncated(schema)}: write that name.",
            )


def _reason(name: str, codec: str) -> str:
    """The reason why a name cannot be sent; empty if it can."""
    if "%" in name:  # %% would mean one % in some statements, and two in others
        return "psycopg2 reads the % as a placeholder"
    if "\0" in name:
        return "PostgreSQL ends the name there"
    try:
        name.encode(codec)
    except UnicodeEncodeError as error:
        return f"{error.encoding} lacks the character {name[error.start : error.end]!r}"
    return ""
