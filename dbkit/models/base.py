"""What every table has: when a row was made and when it last changed."""

from __future__ import annotations

from typing import Any

import peewee as pw

from dbkit.fields import DateTimeTZField, server_default, utcnow


class TimestampedModel(pw.Model):
    """created_at and updated_at in UTC; updated_at moves on every update through the ORM."""

    created_at = DateTimeTZField(**server_default(utcnow, "CURRENT_TIMESTAMP"))
    updated_at = DateTimeTZField(**server_default(utcnow, "CURRENT_TIMESTAMP"))

    class Meta:
        legacy_table_names = False  # indexes are named after the table

    @classmethod
    def update(cls, __data: Any = None, **update: Any) -> Any:
        # Peewee's save(), set_by_id() and bulk_update() all come through here
        given = [*(__data or ()), *update]
        if not any(
            key == "updated_at" if isinstance(key, str) else key is cls.updated_at for key in given
        ):
            update["updated_at"] = utcnow()
        return super().update(__data, **update)

    def save(self, force_insert: bool = False, only: Any = None) -> Any:
        if self._pk is not None and not force_insert:
            self.updated_at = utcnow()  # type: ignore[assignment]
        return super().save(force_insert=force_insert, only=only)
