"""The values of existing rows in a column that becomes NOT NULL."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import peewee as pw
from playhouse import postgres_ext

from dbkit.errors import ConfigError
from dbkit.fields import ColumnField, TypedIdentityField, is_json
from dbkit.python_source import Call
from dbkit.schema.changes import Add, Alter, Change
from dbkit.schema.names import Name
from dbkit.schema.values import Column

from .edit_models import is_default
from .questioner import Decisions, plain
from .table_operations import Fill

SQL = "sql:"
TIMES = (pw.DateTimeField, pw.DateField, pw.TimeField)
# PostgreSQL reads many forms of a time, and these words
TIME = re.compile(
    r"[0-9]|^(now|today|tomorrow|yesterday|epoch|-?infinity|allballs)$", re.IGNORECASE
)
# for the rollback, if the values of the column are lost
EMPTY: tuple[tuple[tuple[type, ...], Any], ...] = (
    ((pw.BooleanField,), False),
    ((pw.IPField,), "127.0.0.1"),
    ((pw.BigBitField,), None),
    ((pw.BinaryUUIDField,), "0" * 32),
    ((postgres_ext.IntervalField,), "0"),
    ((postgres_ext.ArrayField,), []),
    ((pw.IntegerField, pw.FloatField, pw.DecimalField), 0),
    ((pw.DateTimeField,), "1970-01-01 00:00:00"),
    ((pw.DateField,), "1970-01-01"),
    ((pw.TimeField,), "00:00:00"),
    ((pw.UUIDField,), "00000000-0000-0000-0000-000000000000"),
)


def filled(
    changes: Sequence[Change],
    decisions: Decisions,
    escaped: Callable[[str], str] = str,
    rows: Callable[[Change], str] = lambda _: "",
) -> Fill:
    """Return the function that finds the value of a column: no value if the column has a DEFAULT;
    or else the value of a decision, which is SQL after `sql:`; or else the field's default in
    Python. `escaped` prepares SQL for the driver, and `rows` returns what is known about the rows
    that need a value after a change."""

    def fill(table: Name, field: Any) -> Any:
        change = _change_that_needs_value(changes, table, field)
        if change is None:
            return None
        if default := _default(field):
            return Call("pw.SQL", (default,))
        value = plain(field.default)
        if value is not None and not decisions.is_filled(table, field.column_name):
            return value

        def typed(given: str) -> Any:
            if given.startswith(SQL):
                return Call("pw.SQL", (escaped(given.removeprefix(SQL).strip()),))
            return _typed(field, given)

        return decisions.value(table, field.column_name, typed, change, lambda: rows(change))

    return fill


def emptied(changes: Sequence[Change]) -> Fill:
    """Return the function that fills a column with the zero value of its type. Unique columns and
    foreign keys have no such value."""

    def fill(table: Name, field: Any) -> Any:
        if _change_that_needs_value(changes, table, field) is None:
            return None
        if default := _default(field):
            return Call("pw.SQL", (default,))
        if field.unique or field.primary_key or isinstance(field, pw.ForeignKeyField):
            return None
        return plain(_empty(field))

    return fill


def noting(fill: Fill, filled: set[tuple[Name, str]]) -> Fill:
    """Return the function `fill`, extended: it adds each filled (table, column) to `filled`."""

    def fill_and_note(table: Name, field: Any) -> Any:
        value = fill(table, field)
        if value is not None:
            filled.add((table, field.column_name))
        return value

    return fill_and_note


def _change_that_needs_value(changes: Sequence[Change], table: Name, field: Any) -> Change | None:
    """The change that adds a field's column without a default, or makes it NOT NULL."""
    if field.sequence or isinstance(field, pw.AutoField | TypedIdentityField):
        return None
    for change in changes:
        if change.table != table or change.item.name != field.column_name:
            continue
        match change:
            case Add(item=Column() as column):
                plain = column.default is None and not column.identity and column.generated is None
                return change if plain and not column.nullable else None
            case Alter(old=Column(nullable=True), new=Column(nullable=False)):
                return change
    return None


def _default(field: Any) -> str:
    clauses = (one.sql[8:].strip() for one in field.constraints or () if is_default(one))
    return next((clause for clause in clauses if clause.upper() != "NULL"), "")


def _typed(field: Any, value: str) -> Any:
    """The value of a flag, as a number if the column's type is numeric."""
    word = value.lower()
    if isinstance(field, pw.BooleanField):
        if word not in ("true", "false", "1", "0"):
            raise _wrong(field, value, "Use true or false.")
        return word in ("true", "1")
    if isinstance(field, pw.IPField):
        return value
    if is_json(field):
        try:
            found = json.loads(value)
        except ValueError:
            raise ConfigError(
                f"{value} is not JSON for column {field.column_name}.",
                "Put texts in double quotes.",
            ) from None
        return value if isinstance(field, ColumnField) else found
    numbers: Any = ((pw.IntegerField, int), (pw.FloatField, float),
                                             (pw.DecimalField, Decimal))  # fmt: skip
    for kind, number in numbers:
        if isinstance(field, kind):
            try:
                found = plain(number(value))
            except (ValueError, InvalidOperation):
                found = None
            if found is None:
                raise _wrong(field, value, "Use a number.")
            return found
    _require_possible(field, value)
    return value


def _require_possible(field: Any, value: str) -> None:
    """Raise ConfigError for a text that the database would refuse."""
    labels, longest = getattr(field, "labels", None), getattr(field, "max_length", None)
    if labels and value not in labels:
        raise _wrong(field, value, f"Use one of: {', '.join(labels)}.")
    if isinstance(field, pw.UUIDField) and not _is_uuid(value):
        raise _wrong(field, value, "Use a UUID.")
    if isinstance(field, TIMES) and not (TIME.search(value.strip())):
        raise _wrong(field, value, "Use a date or time such as 2026-01-31 or 12:30, or sql:now().")
    if isinstance(field, pw.CharField) and longest and len(value) > longest:
        raise _wrong(field, value, f"Use at most {longest} characters.")


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _wrong(field: Any, value: str, hint: str) -> ConfigError:
    return ConfigError(f"{value} is not a valid value for column {field.column_name}.", hint)


def _empty(field: Any) -> Any:
    if labels := getattr(field, "labels", None):
        return labels[0]
    if is_json(field):
        return "{}" if isinstance(field, ColumnField) else {}
    return next(
        (value for kinds, value in EMPTY if isinstance(field, kinds)),
        "" if "text" in str(getattr(field, "sql_type", "text")) else None,
    )
