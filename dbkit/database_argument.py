"""The databases that programs pass to dbkit's functions: proxies, pooled or closed databases."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import peewee as pw

from .connection import diagnosed
from .errors import ConfigError
from .peewee_internals import uses_psycopg3

Function = TypeVar("Function", bound=Callable[..., Any])

KINDS = "dbkit works with Peewee's PostgresqlDatabase and SqliteDatabase, also pooled."
# these are subclasses of the two, but dbkit's statements do not run on them
OTHERS = {
    "CockroachDatabase": "Its catalogs differ from those of PostgreSQL.",
    "SqliteQueueDatabase": "It writes in another thread and has no transactions. Pass a "
    "SqliteDatabase of the same file.",
    "AsyncDatabaseMixin": "It is asynchronous. Pass a PostgresqlDatabase or SqliteDatabase of the "
    "same name.",
}


def takes_database(function: Function) -> Function:
    """Decorate a function whose first argument is a database that a program passes: the function
    gets the database that `usable` returns, and raises every database failure as a DbkitError."""

    @wraps(function)
    def wrapper(database: pw.Database, *args: Any, **kwargs: Any) -> Any:
        database = usable(database)
        with diagnosed(database):
            return function(database, *args, **kwargs)

    return cast(Function, wrapper)


def usable(database: Any) -> pw.Database:
    """Return the database, or the database behind a proxy.

    Raises ConfigError for a database that dbkit cannot use, and for any other object.
    """
    given = database
    while isinstance(database, pw.Proxy):
        database = database.obj
    if database is None and given is not None:
        raise ConfigError(
            "The proxy has no database yet.", "Call its initialize() with a database first."
        )
    name = type(database).__name__
    if not isinstance(database, (pw.PostgresqlDatabase, pw.SqliteDatabase)):
        what = "is not supported" if isinstance(database, pw.Database) else "is not a database"
        hint = " dbkit.connect(URL) returns a database." if isinstance(database, str) else ""
        raise ConfigError(f"{name} {what}.", KINDS + hint)
    for base in type(database).__mro__:
        if reason := OTHERS.get(base.__name__):
            raise ConfigError(f"{name} is not supported: {reason}", KINDS)
    if uses_psycopg3(database):
        raise ConfigError(
            "This database uses psycopg 3, but dbkit works with psycopg2.",
            "Remove prefer_psycopg3, and install psycopg2-binary.",
        )
    if database.deferred:
        raise ConfigError(
            f"This {name} does not have the name of its database yet.",
            "Call its init() with the database's name first.",
        )
    return database
