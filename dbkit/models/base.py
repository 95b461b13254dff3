"""The base of all models: the times at which a row was created and last changed."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import signature
from typing import Any

import peewee as pw

from dbkit.fields import DateTimeTZField, server_default, utcnow

CONFLICT = signature(pw.OnConflict)  # its arguments are those of on_conflict()


class TimestampedModel(pw.Model):
    """created_at and updated_at in UTC; updated_at moves on every update through the ORM."""

    created_at = DateTimeTZField(**server_default(utcnow, "CURRENT_TIMESTAMP"))
    updated_at = DateTimeTZField(**server_default(utcnow, "CURRENT_TIMESTAMP"))

    class Meta:
        legacy_table_names = False  # indexes are named after the table

    @classmethod
    def update(cls, __data: Any = None, **update: Any) -> Any:
        # Peewee's save(), set_by_id() and bulk_update() all come through here
        if not _given([*(__data or ()), *update]):
            update["updated_at"] = utcnow()
        return super().update(__data, **update)

    @classmethod
    def insert(cls, __data: Any = None, **insert: Any) -> Any:
        return _upserting(super().insert(__data, **insert))

    @classmethod
    def insert_many(cls, rows: Any, fields: Any = None) -> Any:
        return _upserting(super().insert_many(rows, fields))

    @classmethod
    def insert_from(cls, query: Any, fields: Any) -> Any:
        return _upserting(super().insert_from(query, fields))

    def save(self, force_insert: bool = False, only: Any = None) -> Any:
        if self.get_id() is not None and not force_insert:
            self.updated_at = utcnow()  # type: ignore[assignment]
            only = [*only, "updated_at"] if only else only
        return super().save(force_insert=force_insert, only=only)


def _given(keys: Iterable[Any]) -> bool:
    return any(getattr(key, "name", key) == "updated_at" for key in keys)


class _Insert(pw.ModelInsert):
    """An insert whose ON CONFLICT ... DO UPDATE moves updated_at too."""

    def on_conflict(self, *args: Any, **kwargs: Any) -> Any:
        options = CONFLICT.bind(*args, **kwargs).arguments
        kept = pw.ensure_tuple(options.get("preserve")) or ()
        changed = [*kept, *(options.get("update") or ())]
        if changed and not _given(changed):
            options["preserve"] = (*kept, self.model.updated_at)
        return super().on_conflict(**options)


def _upserting(query: Any) -> Any:
    query.__class__ = _Insert
    return query
