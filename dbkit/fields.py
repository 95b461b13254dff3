"""Fields that Peewee lacks: native enum types, UTC timestamps, and defaults of the server."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

import peewee as pw

from .errors import ModelsError
from .identity_fields import BigIdentityField, TypedIdentityField
from .peewee_internals import database_of_context, extend_schema_manager
from .pinned_queries import ask

__all__ = [
    "BigIdentityField",
    "ColumnField",
    "DateTimeTZField",
    "EnumField",
    "ServerDefault",
    "TypeName",
    "TypedForeignKeyField",
    "TypedIdentityField",
    "is_json",
    "server_default",
    "utcnow",
]


def utcnow() -> dt.datetime:
    """Return the current time as an aware datetime in UTC."""
    return dt.datetime.now(dt.UTC)


def server_default(value: Any, sql: str | None = None) -> dict[str, Any]:
    """Return field options that make `value` the default in Python and in the database.

    Peewee's `default=` never reaches the schema, so rows of other programs would not get it::

        api_quota_daily = IntegerField(**server_default(5))
        created_at = DateTimeTZField(**server_default(utcnow, "CURRENT_TIMESTAMP"))

    Args:
        value: The default, or a function that returns it.
        sql: An SQL expression with the same meaning. A function needs it.

    Raises:
        TypeError: `sql` is missing, and the value is a function or has no literal in SQL.
    """
    if callable(value) and sql is None:
        raise TypeError("a callable default needs sql=, the same expression in SQL")
    default = (lambda: json.loads(json.dumps(value))) if isinstance(value, (dict, list)) else value
    return {
        "default": default,
        "constraints": [ServerDefault("DEFAULT " + (sql or _literal(value)))],
    }


class ServerDefault(pw.SQL):
    """A DEFAULT clause that may contain a percent sign, for the `constraints` of a field:
    `ServerDefault("DEFAULT '5%'")`. (psycopg2 reads the sign in a `pw.SQL` as a placeholder.)
    """

    def __sql__(self, ctx: Any) -> Any:
        return ctx.literal(self.sql.replace("%", "%%") if _native_enums(ctx) else self.sql)


def _literal(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case Enum():
            return _literal(value.value)
        case int() | float() | Decimal():
            return str(value)
        case dict() | list():
            return _literal(json.dumps(value))
        case str():
            return "'" + value.replace("'", "''") + "'"
        case dt.date() if not isinstance(value, dt.datetime):
            return f"'{value}'"
        case _:
            raise TypeError(
                f"a default of type {type(value).__name__} needs sql=, the literal in SQL"
            )


class DateTimeTZField(pw.DateTimeField):
    """A point in time: `timestamp with time zone` on PostgreSQL, UTC text on SQLite.

    The value is always read as an aware datetime. A naive value means UTC; a date, its midnight.
    """

    field_type = "TIMESTAMPTZ"

    def adapt(self, value: Any) -> Any:
        value = super().adapt(value)
        if isinstance(value, dt.datetime):
            utc = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value
            return utc.astimezone(dt.UTC)
        if isinstance(value, dt.date):
            return dt.datetime.combine(value, dt.time(tzinfo=dt.UTC))
        return value

    def db_value(self, value: Any) -> Any:
        value = super().db_value(value)
        if isinstance(value, dt.datetime):
            return _Moment.combine(value.date(), value.timetz())
        return value


class _Moment(dt.datetime):
    """A time in UTC. SQLite stores it like its own CURRENT_TIMESTAMP, without an offset: SQLite
    compares texts, and the same time in two formats would neither be equal nor in order."""


sqlite3.register_adapter(_Moment, lambda moment: moment.replace(tzinfo=None).isoformat(" "))


class ColumnField(pw.Field):
    """A column of any type, which is given in SQL: `ColumnField("citext", null=True)`."""

    def __init__(self, sql_type: str, **kwargs: Any) -> None:
        self.sql_type = sql_type
        super().__init__(**kwargs)

    def ddl_datatype(self, ctx: Any) -> Any:
        return pw.SQL(self.sql_type)


def is_json(field: Any) -> bool:
    """Whether a field holds JSON. Peewee has three unrelated classes called JSONField; the type of
    the column does not always tell, because the JSONField of playhouse.sqlite_ext is TEXT."""
    sql_type = getattr(field, "sql_type", getattr(field, "field_type", ""))
    is_named = "JSONField" in {kind.__name__ for kind in type(field).__mro__}
    return is_named or str(sql_type).upper() in ("JSON", "JSONB")


class TypedForeignKeyField(pw.ForeignKeyField):
    """A foreign key whose type differs from that of its target, as in legacy schemas:
    `TypedForeignKeyField(User, sql_type="bigint")` if the key of User is an integer.
    """

    def __init__(self, model: Any, field: Any = None, *, sql_type: str, **kwargs: Any) -> None:
        self.sql_type = sql_type
        super().__init__(model, field, **kwargs)

    def ddl_datatype(self, ctx: Any) -> Any:
        return pw.SQL(self.sql_type)


class TypeName(pw.Node):
    """The name of a user-defined type in DDL. It is a node of its own, so that dbkit can use the
    name of a temporary copy of the type instead."""

    def __init__(self, name: str, schema: str | None = None) -> None:
        self.name, self.schema = name, schema

    def __sql__(self, ctx: Any) -> Any:
        return ctx.sql(pw.Entity(self.schema, self.name) if self.schema else pw.Entity(self.name))


class EnumField(pw.Field):
    """A column that holds one member of a Python enum.

    On PostgreSQL, its type is a native enum type in the model's schema. `create_table` creates the
    type, and dropping the last table that uses the type drops it. On SQLite, the column is text
    with a CHECK.

    Args:
        enum_class: An `Enum` whose values are strings. A migration must not import the
            application, so it passes the labels instead; values are then read as str.
        type_name: The name of the type, by default that of the class in lower case. Labels need it.
        **kwargs: Options of every Peewee field: `null`, `default`, `column_name`, ...

    Raises:
        TypeError: The labels are not distinct strings, or there are none.
        ValueError: A value that is written or read is no member of the enum.
    """

    field_type = "TEXT"

    def __init__(
        self, enum_class: type[Enum] | Iterable[str], type_name: str | None = None, **kwargs: Any
    ) -> None:
        self.enum_class = enum_class if isinstance(enum_class, type) else None
        members = [getattr(value, "value", value) for value in enum_class]
        self.labels = tuple(member for member in members if isinstance(member, str))
        if len(self.labels) != len(members) or not members:
            raise TypeError(
                "an EnumField needs at least one label, and every label must be a string"
            )
        if len({*self.labels}) != len(members):
            raise TypeError("an EnumField needs distinct labels")
        self.type_name = type_name or (self.enum_class.__name__.lower() if self.enum_class else "")
        if not self.type_name:
            raise TypeError("an EnumField without an Enum class needs type_name=")
        super().__init__(**kwargs)

    def bind(self, model: Any, name: str, set_attribute: bool = True) -> None:
        super().bind(model, name, set_attribute)
        extend_schema_manager(model, _creating_types)

    def _wrong(self, value: Any) -> ValueError:
        return ValueError(
            f"{value!r} is not a {self.type_name}: use one of {', '.join(map(repr, self.labels))}"
        )

    def db_value(self, value: Any) -> str | None:
        label = value.value if isinstance(value, Enum) else value
        foreign = isinstance(value, Enum) and self.enum_class and type(value) is not self.enum_class
        if label is not None and (foreign or label not in self.labels):
            raise self._wrong(value)
        return None if label is None else str(label)

    def python_value(self, value: Any) -> Any:
        if value is not None and value not in self.labels:
            raise self._wrong(value)
        return self.enum_class(value) if self.enum_class and value is not None else value

    def case_value(self, value: Any) -> Any:
        # the CASE of bulk_update has the type text, which PostgreSQL does not assign to an enum
        return _Typed(self, value)

    def ddl_datatype(self, ctx: Any) -> Any:
        if not _native_enums(ctx):
            return super().ddl_datatype(ctx)
        return TypeName(self.type_name, self.model._meta.schema)

    def ddl(self, ctx: Any) -> Any:
        column = super().ddl(ctx)
        if _native_enums(ctx):
            return column
        name = self.column_name.replace('"', '""')
        labels = ", ".join(map(_literal, self.labels))
        return pw.NodeList((column, pw.SQL(f'CHECK ("{name}" IN ({labels}))')))


class _Typed(pw.Node):
    """A value of an EnumField, with a cast to the type if that is native."""

    def __init__(self, field: EnumField, value: Any) -> None:
        self.field, self.value = field, field.to_value(value)

    def __sql__(self, ctx: Any) -> Any:
        if not _native_enums(ctx):
            return ctx.sql(self.value)
        return ctx.sql(pw.NodeList((self.value, pw.SQL("::"), self.field.ddl_datatype(ctx)), ""))


def _native_enums(ctx: Any) -> bool:
    return isinstance(database_of_context(ctx), pw.PostgresqlDatabase)


class _CreatesTypes(pw.SchemaManager):
    """A mixin for SchemaManager: it creates types before the table, and drops them after it."""

    def create_all(self, *args: Any, **kwargs: Any) -> None:
        for field in self._native_fields():
            if not _type_oid(self.database, field.type_name, self.model._meta.schema):
                create_enum(self.database, field.type_name, field.labels, self.model._meta.schema)
        super().create_all(*args, **kwargs)

    def drop_all(self, *args: Any, **kwargs: Any) -> None:
        super().drop_all(*args, **kwargs)
        for field in self._native_fields():
            oid = _type_oid(self.database, field.type_name, self.model._meta.schema)
            if oid and not _type_in_use(self.database, oid):
                drop_enum(self.database, field.type_name, self.model._meta.schema)

    def _native_fields(self) -> list[EnumField]:
        database = getattr(self.database, "obj", self.database)  # it may be a DatabaseProxy
        if not isinstance(database, pw.PostgresqlDatabase):
            return []
        return [field for field in self.model._meta.sorted_fields if isinstance(field, EnumField)]


@cache
def _creating_types(manager: Any) -> Any:
    if issubclass(manager, _CreatesTypes):
        return manager
    if manager is pw.SchemaManager:
        return _CreatesTypes
    return type(manager.__name__, (_CreatesTypes, manager), {})


def create_enum(
    database: pw.Database, name: str, labels: Iterable[str], schema: str | None = None
) -> None:
    """Create an enum type with these labels, in this order. PostgreSQL only.

    Raises ModelsError if PostgreSQL has a built-in type of that name.
    """
    if not schema and _type_oid(database, name, "pg_catalog"):
        # "path" would mean the geometric type, because pg_catalog comes first in a search path
        raise ModelsError(
            f"PostgreSQL has a built-in type named {name}.",
            f'Give the EnumField whose type_name is "{name}" another type_name.',
        )
    labels = tuple(labels)
    marks = ", ".join(["%s"] * len(labels))
    sql = f"CREATE TYPE {_quoted(database, name, schema)} AS ENUM ({marks})"
    database.execute_sql(sql, labels)


def drop_enum(database: pw.Database, name: str, schema: str | None = None) -> None:
    """Drop an enum type. PostgreSQL only, and it refuses while a column uses the type."""
    database.execute_sql(f"DROP TYPE {_quoted(database, name, schema)}")


def _quoted(database: pw.Database, name: str, schema: str | None) -> str:
    sql, _ = database.get_sql_context().sql(TypeName(name, schema)).query()
    return str(sql).replace("%", "%%")  # psycopg2 reads a single % as a placeholder


def _type_oid(database: pw.Database, name: str, schema: str | None) -> int | None:
    row = ask(
        database,
        "SELECT t.oid FROM pg_catalog.pg_type t"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
        " WHERE t.typname = %s AND n.nspname = coalesce(%s, current_schema())",
        (name, schema),
    ).fetchone()
    return row[0] if row else None


def _type_in_use(database: pw.Database, oid: int) -> bool:
    return bool(
        ask(
            database,
            "SELECT 1 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_depend d"
            " ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)"
            " WHERE t.oid = %s AND d.deptype <> 'i' LIMIT 1",
            (oid,),
        ).fetchone()
    )
