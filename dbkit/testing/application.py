"""Lets an application use the database of a test, through the objects that the application has.

Most applications open the connections of their requests with a `Database` object of a module. For a
test, this object leads to the copy. So the models, the application and the test have the same
database, whether the connection is opened by a request, a pool or a query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import peewee as pw

from dbkit.errors import ConfigError
from dbkit.peewee_internals import exchange_connections
from dbkit.schema.peewee_models import Model

from .project import OF_TESTS, behind, dialect_of

POINTING = ("database", "connect_params", "deferred", "server_version")

# a test need not wait for the disk
FASTER = {"sqlite": "PRAGMA synchronous = off", "postgresql": "SET synchronous_commit TO off"}


@contextmanager
def application_uses(
    copy: pw.Database, databases: Iterable[Any], models: Iterable[Model]
) -> Iterator[pw.Database]:
    """Let these databases and proxies of an application lead to `copy` in the block, and bind
    models that have no database. Yield the database of the test. Raises ConfigError."""
    with ExitStack() as stack:
        stack.enter_context(_leading_to(copy, copy))
        used = [stack.enter_context(_given(one, copy)) for one in databases]
        first = next(iter(used), copy)
        stack.enter_context(_bound([one for one in models if one._meta.database is None], first))
        yield first


@contextmanager
def _bound(models: list[Model], database: pw.Database) -> Iterator[None]:
    for model in models:
        model._meta.set_database(database)
    try:
        yield
    finally:
        for model in models:
            if model._meta.database is database:  # the application has not bound it meanwhile
                model._meta.set_database(None)


@contextmanager
def _given(given: Any, copy: pw.Database) -> Iterator[pw.Database]:
    database = behind(given)
    if dialect_of(database) == dialect_of(copy) and database is not None:
        with _initialized(given, database), _leading_to(database, copy):
            yield database
    elif isinstance(given, pw.Proxy):
        with _initialized(given, copy):
            yield copy
    else:
        raise ConfigError(
            f"The application has a {type(given).__name__}, but the database of the tests is a "
            f"{type(copy).__name__}.",
            "Both must be of the same kind. "
            f"{OF_TESTS.get(str(dialect_of(database)), 'Set DBKIT_TEST_URL or DATABASE_URL.')}",
        )


@contextmanager
def _initialized(given: Any, database: pw.Database) -> Iterator[None]:
    """Give a proxy this database, and afterwards its own, even if the application changes it."""
    if not isinstance(given, pw.Proxy):
        yield
        return
    old = given.obj
    if behind(given) is not database:
        given.initialize(database)
    try:
        yield
    finally:
        if old is None:
            given.obj = None  # initialize() would tell the callbacks
        elif given.obj is not old:
            given.initialize(old)


@contextmanager
def _leading_to(database: pw.Database, copy: pw.Database) -> Iterator[None]:
    """Let a database lead to the copy, with connections of its own, and close them afterwards.

    A request may open the connection although the test has opened it: Flask's test client runs the
    application in the thread of the test.
    """
    dialect = dialect_of(copy)
    old = {name: getattr(database, name) for name in POINTING}
    connections = exchange_connections(database)
    own, opened = vars(database).get("connect"), []
    connect_ = database.connect

    def connect(reuse_if_open: bool = True) -> bool:
        is_new = bool(connect_(reuse_if_open=True))
        if is_new:
            opened.append(database.connection())
            opened[-1].cursor().execute(FASTER[str(dialect)])
        return is_new

    database.database, database.deferred = copy.database, False
    if dialect == "postgresql":
        objects = {key: value for key, value in database.connect_params.items()
                   if not isinstance(value, (str, int))}  # fmt: skip
        database.connect_params = {**objects, **copy.connect_params}
    database.connect = connect
    try:
        yield
    finally:
        for connection in opened:
            with suppress(Exception):  # SQLite closes a connection only in its own thread
                connection.close()
        vars(database).pop("connect", None)
        if own:
            database.connect = own
        exchange_connections(database, connections)
        for name, value in old.items():
            setattr(database, name, value)
