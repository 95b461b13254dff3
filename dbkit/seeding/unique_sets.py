"""The sets of columns that identify a row."""

from __future__ import annotations

from collections.abc import Iterator

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.schema.peewee_models import Model, key_fields
from dbkit.schema.staging import LiveTable


def unique_sets(model: Model, live: LiveTable | None = None) -> Iterator[list[pw.Field]]:
    """Yield the fields of the primary key, then those of the unique columns and indexes of the
    model, then those that only the live table declares as unique."""
    meta = model._meta
    yield list(key_fields(model))
    yield from ([one] for one in meta.sorted_fields if one.unique)
    for index in meta.indexes:
        if isinstance(index, pw.ModelIndex):
            parts = internals.index_parts(index)
            keys = list(parts.keys)
            if (
                parts.unique
                and parts.where is None
                and all(isinstance(one, pw.Field) for one in keys)
            ):
                yield keys
        elif isinstance(index, (tuple, list)) and index[1]:
            yield [meta.combined[name] for name in index[0] if name in meta.combined]
    for columns in live.unique if live else ():
        if columns <= meta.columns.keys():
            yield [meta.columns[name] for name in sorted(columns)]
