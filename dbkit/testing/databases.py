"""Creates, copies and drops the databases of tests: files of SQLite, or databases of a server."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import peewee as pw

from dbkit import config
from dbkit.connection import diagnosed, opened, parse
from dbkit.errors import ConfigError, DbkitError
from dbkit.pinned_queries import ask
from dbkit.schema.postgres.other_sessions import beside
from dbkit.schema.sql import quoted
from dbkit.scratch_database import (
    NoScratch,
    create_empty,
    on_a_server,
    scratch_database,
    session_of,
)

from .project import SERVER, TestedProject

# The databases of runs that were killed. While a run lasts, it has a session with its name.
LEFT = """
SELECT datname::text FROM pg_database d
WHERE datname ~ '^dbkit_test_[0-9a-f]{12}_[0-9]+$' AND pg_has_role(datdba, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_stat_activity a
                  WHERE a.datid = d.oid OR a.application_name = left(d.datname, 23))
"""
PATH = "SELECT current_schemas(false), current_setting('search_path')"


class Databases(Protocol):
    """Databases that belong to the tests. A name is only used with the object that returned it."""

    def create(self, template: str | None = None) -> str:
        """Create a database, empty or as a copy of another; return its name."""

    def database(self, name: str) -> pw.Database:
        """Return a database, not open."""

    def url(self, name: str) -> str:
        """Return the URL of a database, which may contain a password."""

    last: str  # the name of the database that was created last

    def empty(self) -> AbstractContextManager[pw.Database]:
        """Create a database, and open it for migrations."""

    def drop(self, name: str) -> None:
        """Drop a database, even if it has sessions."""

    def close(self) -> None:
        """Drop all databases."""


def databases_for(project: TestedProject) -> Databases:
    """Return the databases of the project's tests: on the server of DBKIT_TEST_URL, or else where
    scratch databases are created. Raises DbkitError."""
    url = config.url_of_tests()
    place = parse(url, project.settings.url_base).database() if url else project.live()
    if isinstance(place, pw.SqliteDatabase):
        return SqliteDatabases()
    session, version, encoding = session_of(place)
    create = partial(PostgresDatabases, session=session, encoding=encoding)
    if url:
        with opened(place):
            return create(place)
    try:
        return on_a_server(place, version, create)[1]
    except NoScratch as error:
        raise ConfigError(f"There is no server for the tests. {error.message}", SERVER) from error


class SqliteDatabases:
    """Files in a temporary directory."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="dbkit-test-"))
        self._numbers = count(1)

    def create(self, template: str | None = None) -> str:
        path = self.directory / f"{next(self._numbers)}.db"
        if template:
            shutil.copyfile(template, path)
        self.last = path.as_posix()
        return self.last

    def database(self, name: str) -> pw.Database:
        return parse(self.url(name)).database()

    def url(self, name: str) -> str:
        return f"sqlite:///{name}"

    @contextmanager
    def empty(self) -> Iterator[pw.Database]:
        """Yield a database in memory, which is faster, and write it into a new file."""
        path = self.create()
        with scratch_database(self.database(path)) as database:
            yield database
            with closing(sqlite3.connect(path)) as file:
                database.connection().backup(file)

    def drop(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):  # on Windows, a file that is still open
                Path(name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)


class PostgresDatabases:
    """Databases of a server. `server` is open, and `session` is SQL for an empty database.

    DROP DATABASE waits for a checkpoint, so another thread drops a database while the next test
    runs.
    """

    def __init__(self, server: pw.Database, session: str, encoding: str) -> None:
        self.session, self.encoding = session, encoding
        self.run = f"dbkit_test_{uuid.uuid4().hex[:12]}"
        self._numbers, self._created = count(1), set[str]()
        self.server = beside(server)  # stays open, also in the other thread
        self.params = self.server.connect_params
        self._thread = ThreadPoolExecutor(1)
        self._send(f"SET application_name TO {self.run}")
        left = ask(self.server, LEFT).fetchall()
        self._dropping = self._thread.submit(self._drop, *(name for (name,) in left))
        self.drop(self.create())  # raises an error if the role must not

    def create(self, template: str | None = None) -> str:
        name = f"{self.run}_{next(self._numbers)}"
        if template:
            self._send(f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)}")
        else:
            with diagnosed(self.server):
                create_empty(self.server, name, self.encoding)
        self._created.add(name)
        self.last = name
        return name

    def database(self, name: str) -> pw.Database:
        return pw.PostgresqlDatabase(name, **self.params)

    def url(self, name: str) -> str:
        return postgresql_url(name, self.params)

    @contextmanager
    def empty(self) -> Iterator[pw.Database]:
        with opened(self.database(self.create())) as database:
            self._prepare(database)
            yield database

    def _prepare(self, database: pw.Database) -> None:
        """Create the schema in which the project's database works, and put it on the path of all
        databases that are created later."""
        if not self.session:
            return
        usual, _ = ask(database, PATH).fetchone()
        database.execute_sql(self.session)
        schemas, path = ask(database, PATH).fetchone()
        if schemas != usual:
            option = path.replace("\\", "\\\\").replace(" ", "\\ ")
            options = f"{self.params.get('options', '')} -c search_path={option}"
            self.params = {**self.params, "options": options.strip()}

    def drop(self, name: str) -> None:
        self._dropping.result()
        self._dropping = self._thread.submit(self._drop, name)

    def close(self) -> None:
        self._thread.submit(self._drop, *self._created)
        self._thread.submit(self.server.close)
        self._thread.shutdown()
        self.server.close()

    def _drop(self, *names: str) -> None:
        for name in names:
            with suppress(DbkitError):  # another run may be dropping it, or the server is gone
                self._send(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
                self._created.discard(name)

    def _send(self, sql: str) -> None:
        with diagnosed(self.server):
            if self.server.is_closed():
                self.server.execute_sql("SET default_transaction_read_only TO off")
            self.server.execute_sql(sql)


def postgresql_url(name: str, params: dict[str, Any]) -> str:
    """Return the URL of a database with these parameters of libpq."""
    given = {key: str(one) for key, one in params.items() if isinstance(one, (str, int))}
    host = given.get("host", "")
    if "/" in host or "," in host:  # only a parameter can name a socket or several hosts
        place = ""
    else:
        port = given.pop("port", "")
        place = f"[{host}]" if ":" in host else host
        place += f":{port}" if port else ""
        given.pop("host", None)
    user, password = (quote(given.pop(key, ""), safe="") for key in ("user", "password"))
    credentials = f"{user}:{password}@" if password else f"{user}@" if user else ""
    query = urlencode(given, quote_via=quote)
    return f"postgresql://{credentials}{place}/{quote(name, safe='')}{query and f'?{query}'}"
