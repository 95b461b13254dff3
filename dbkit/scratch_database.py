"""Scratch databases: dbkit replays migrations on them, and they judge models if the live database
accepts no temporary tables."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import peewee as pw

from . import config
from .connection import Target, opened, parse
from .diagnosis import sqlstate
from .embedded import start
from .errors import DbkitError
from .own_statements import own_database
from .pinned_queries import ask
from .schema.postgres.other_sessions import beside
from .schema.sql import literal, quoted
from .schema.sqlite.recording import Connection

HINT = """\
Grant CREATEDB on the same server, set DBKIT_SCRATCH_URL to a server where dbkit may create a
database, or pip install "peewee-dbkit[embedded]"."""

# the settings that change the meaning of SQL in models and migrations
SETTINGS = ("TimeZone", "DateStyle", "IntervalStyle", "standard_conforming_strings", "xmloption",
            "backslash_quote", "array_nulls", "transform_null_equals")  # fmt: skip
SESSION = """
SELECT current_schemas(false), ARRAY(
    SELECT format('SET %%I TO %%L', name, setting) FROM pg_settings WHERE name = ANY (%s)),
    getdatabaseencoding()
"""
# The server's time in hexadecimal seconds, and the scratch databases without a session that are
# older than a number of seconds. Their names contain the time.
LEFT = """
SELECT to_hex(now.seconds), ARRAY(
    SELECT d.datname::text FROM pg_database d
    WHERE d.datname ~ '^dbkit_scratch_[0-9a-f]{8}_[0-9a-f]{12}$'
      AND pg_has_role(d.datdba, 'USAGE')
      AND ('x' || substr(d.datname, 15, 8))::bit(32)::bigint < now.seconds - %s
      AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid))
FROM (SELECT extract(epoch FROM clock_timestamp())::bigint) AS now (seconds)
"""
OLD = 60
# settings that protect data from a crash; an embedded server is deleted with its data
FOR_SAFETY = ("fsync", "full_page_writes", "synchronous_commit")
# the encoding does not match the locale (PostgreSQL manual, appendix A)
NOT_OF_LOCALE = {"22023", "42809"}


Connect = Callable[[pw.Database, str], pw.Database]  # (the live database, its version) -> a server


Result = TypeVar("Result")


class NoScratch(DbkitError):
    """No server can be used for a scratch database."""


@dataclass(frozen=True)
class Server:
    """The server of a scratch database; `live` is the version of the live server, if known."""

    place: str
    version: str
    live: str = ""

    def __str__(self) -> str:
        return f"{self.version} ({self.place})"

    @property
    def difference(self) -> str:
        """A sentence, if the two servers have different major versions."""
        if not self.live or _major(self.live) == _major(self.version):
            return ""
        return (
            f"The scratch server is {self}, but the database is {self.live}: one version may "
            "refuse or print differently an SQL statement that the other accepts. Set "
            f"DBKIT_SCRATCH_URL to a server of {_major(self.live)}."
        )


def server_of(database: pw.Database) -> Server:
    """Return the server of a database that `scratch_database` yielded."""
    return database.dbkit_server  # type: ignore[no-any-return]


@contextmanager
def scratch_database(live: pw.Database, same_version: bool = False) -> Iterator[pw.Database]:
    """Yield an empty, open database of the same kind as the live database; drop it after the block.

    On SQLite it is in memory. On PostgreSQL it is on the server of DBKIT_SCRATCH_URL, or else on
    the live server (in production only if the settings say so), or else on an embedded server. It
    has the live database's search path with that path's first schema, and the settings that change
    the meaning of SQL. Raises NoScratch if no server can be used; with `same_version`, the server
    must have the live major version.
    """
    if isinstance(live, pw.SqliteDatabase):
        database = own_database(
            pw.SqliteDatabase(":memory:", pragmas={"foreign_keys": 1}, factory=Connection)
        )
        database.dbkit_server = Server("in memory", f"SQLite {sqlite3.sqlite_version}")
        with database.connection_context():
            yield database
        return
    session, version, encoding = session_of(live)
    server, name = on_a_server(live, version, lambda one: _create(one, encoding), same_version)
    yield from _dropped_after(server, name, session)


def on_a_server(
    live: pw.Database,
    version: str,
    create: Callable[[pw.Database], Result],
    same_version: bool = False,
) -> tuple[pw.Database, Result]:
    """Return the first server of PostgreSQL on which `create` succeeds, and its result. `version`
    is that of the live server. See `scratch_database` for the servers. Raises NoScratch."""
    reasons, allowed = [], config.scratch()
    for place, connect in _places(allowed):
        try:
            server = connect(live, version)
            with writable(server):
                server.dbkit_server = found = Server(place, _version(server), version)
                if found.difference and (same_version or not (allowed.url or allowed.on_live)):
                    raise NoScratch(found.difference)
                return server, create(server)
        except DbkitError as error:
            reasons.append(error.message.splitlines()[0])
    if not allowed.on_live and not allowed.url:
        reasons.append(
            "On a production server, dbkit creates one only if the settings have `scratch = live`."
        )
    raise NoScratch(f"There is no scratch database: {' '.join(reasons)}", HINT)


def _places(allowed: config.Scratch) -> Iterator[tuple[str, Connect]]:
    """The servers to try, in order."""
    if url := allowed.url:
        yield (
            "the server of DBKIT_SCRATCH_URL",
            lambda live, version: _named(parse(url, allowed.url_base)),
        )
        return
    if allowed.on_live:
        yield BESIDE
    yield EMBEDDED


def _version(database: pw.Database) -> str:
    """The version of the server to which the database was last connected."""
    major, minor = divmod(database.server_version, 10_000)
    return f"PostgreSQL {major}.{minor}"


def _major(version: str) -> str:
    return version.partition(".")[0]


def _named(target: Target) -> pw.Database:
    if target.dialect != "postgresql":
        raise NoScratch("DBKIT_SCRATCH_URL is not the URL of a PostgreSQL server.", HINT)
    return target.database()


def _beside(live: pw.Database, _: str) -> pw.Database:
    return beside(live)  # CREATE DATABASE does not run in the transaction of the live connection


def _embedded(_: pw.Database, version: str) -> pw.Database:
    major = _major(version).removeprefix("PostgreSQL ")
    return own_database(pw.PostgresqlDatabase("postgres", **_embedded_server(major)))


BESIDE = ("beside the database", _beside)
EMBEDDED = ("an embedded server", _embedded)


@cache
def _embedded_server(major: str) -> dict[str, str]:
    directory = Path(tempfile.mkdtemp(prefix="dbkit-scratch-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)  # after the server is stopped
    if os.name == "posix":
        directory.chmod(0o755)
    params = start(directory / "data", preferred=major)
    with opened(own_database(pw.PostgresqlDatabase("postgres", **params))) as server:
        for name in FOR_SAFETY:
            server.execute_sql(f"ALTER SYSTEM SET {name} TO off")
        server.execute_sql("SELECT pg_reload_conf()")
    return params


def _create(server: pw.Database, encoding: str) -> str:
    """Create a temporary database on a server; return its name. Drop those that killed runs left.

    Databases that another run is about to use are young, and those in use have a session."""
    now, left = ask(server, LEFT, (OLD,)).fetchone()
    for old in left:
        with suppress(pw.PeeweeException):  # another run may be removing it
            server.execute_sql(f"DROP DATABASE IF EXISTS {quoted(old)}")
    name = f"dbkit_scratch_{now}_{uuid.uuid4().hex[:12]}"
    create_empty(server, name, encoding)
    return name


def create_empty(server: pw.Database, name: str, encoding: str) -> None:
    """Create an empty database on a server."""
    sql = f"CREATE DATABASE {name} TEMPLATE template0"
    if encoding:
        sql += f" ENCODING {literal(encoding)}"
    try:
        server.execute_sql(sql)
    except pw.PeeweeException as error:
        if sqlstate(error) not in NOT_OF_LOCALE:
            raise
        server.execute_sql(f"{sql} LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'")


@contextmanager
def writable(database: pw.Database) -> Iterator[pw.Database]:
    """Open a database for writing, even if transactions of the role are read-only by default."""
    with opened(database):
        database.execute_sql("SET default_transaction_read_only TO off")
        yield database


def session_of(live: pw.Database) -> tuple[str, str, str]:
    """(SQL that gives a session on an empty database the settings of a live session, the version of
    the live server, the live encoding); empty if the live database cannot be reached."""
    if live.is_closed():
        try:
            with opened(beside(live)) as live:
                return session_of(live)
        except DbkitError:
            return "", "", ""
    path, settings, encoding = ask(live, SESSION, (list(SETTINGS),)).fetchone()
    schemas = [quoted(name) for name in path if not name.startswith("pg_")]
    first = [f"CREATE SCHEMA IF NOT EXISTS {schemas[0]}"] if schemas else []
    shown = f"SET search_path TO {', '.join(schemas or [literal('')])}"
    return "; ".join([*first, shown, *settings]).replace("%", "%%"), _version(live), encoding


def _dropped_after(server: pw.Database, name: str, session: str) -> Iterator[pw.Database]:
    database = own_database(pw.PostgresqlDatabase(name, **server.connect_params))
    database.dbkit_server = server.dbkit_server
    try:
        with writable(database):
            if session:
                database.execute_sql(session)
            yield database
    finally:
        with writable(server):
            server.execute_sql(f"DROP DATABASE {name} WITH (FORCE)")
