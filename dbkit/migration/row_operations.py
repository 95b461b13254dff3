"""The operation that fills the existing rows of columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

import peewee as pw

from dbkit import fields
from dbkit.errors import MigrationError
from dbkit.schema.peewee_models import Model, table_name
from dbkit.schema.sql import literal

from .edit_models import field_of, is_default
from .operation_queue import OperationQueue
from .reshape import Reshape


class RowOperations(OperationQueue):
    """The operation on rows."""

    def fill(self, model: Model | str, /, **values: Any) -> Model:
        """Give a value to the rows that have NULL in a column, in one statement::

            migrator.fill("users", country="CH", created_at=pw.SQL("CURRENT_TIMESTAMP"))

        On PostgreSQL, a column that the lines above add gets a constant at once, and no row is
        written.
        """
        model = self._with_fields(model, *values)
        by_field = {field_of(model, name): value for name, value in values.items()}
        self.guard.filled |= {(table_name(model), field.column_name) for field in by_field}
        left = {field: value for field, value in by_field.items()
                if not self._is_added_with(model, field, _stored(field, value))}  # fmt: skip
        if left:
            new = {field: pw.fn.COALESCE(field, value) if len(left) > 1 else value
                   for field, value in left.items()}  # fmt: skip
            self._update(model, new, reduce(or_, (field.is_null() for field in left)))
        return model

    def _is_added_with(self, model: Model, field: Any, stored: Any) -> bool:
        """Whether the waiting `Reshape` adds the field's column, and can add it with this value."""
        last = self.queue[-1] if self.queue else None
        if not isinstance(last, Reshape) or self.following or not self._dialect.alters_tables:
            return False
        constant = _constant(field, stored)
        if constant is None or not last.adds(table_name(model), field.column_name):
            return False
        last.fills[table_name(model), field.column_name] = constant
        return True

    def _update(self, model: Model, values: Mapping[Any, Any], where: Any) -> None:
        names = ", ".join(field.name for field in values)
        query = model.update(values).where(where)
        if any(isinstance(field, fields.EnumField) for field in values) and not self.following:
            self._before_statements()
        self._do(f"fill {table_name(model)}.{names}", query.execute, writes_rows=True)


def _stored(field: Any, value: Any) -> Any:
    """The value as the driver gets it; a piece of SQL is unchanged."""
    if isinstance(value, pw.Node):
        return value
    try:
        return field.db_value(value)
    except (ValueError, TypeError) as error:
        raise MigrationError(
            f"{value!r} is not a valid value for {table_name(field.model)}.{field.name}: {error}"
        ) from error


def _constant(field: Any, stored: Any) -> str | None:
    """The value as an SQL constant; None for values of other types. A label of an enum type may be
    too new to be used in the transaction that added it."""
    if isinstance(field, fields.EnumField) or any(map(is_default, field.constraints or ())):
        return None
    match stored:
        case bool():
            return str(stored).lower()
        case int() | Decimal() if math.isfinite(stored):
            return f"({stored})"
        case str() if "\0" not in stored:
            return literal(stored)
    return None
