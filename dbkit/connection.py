"""Database URLs become Peewee databases, and the driver's errors become errors with a next step.

Only the driver's parameters contain a password. dbkit prints `display` instead of the URL, and
never the driver's message about a URL, because that message quotes the URL.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import peewee as pw
import psycopg2
from playhouse.pool import MaxConnectionsExceeded
from psycopg2.extensions import parse_dsn

from . import config, diagnosis
from .errors import ConfigError, DatabaseFailed, DatabaseUnreachable
from .limits import Patience
from .project import hint_where
from .schema.sent import Heard
from .schema.sqlite.recording import Connection

# it prints on standard error unless the program configures it
logger = logging.getLogger(__name__)
CONNECT_TIMEOUT = 10  # seconds, unless the URL says otherwise
FORMS = """\
Use one of:
  postgresql://USER:PASSWORD@HOST:5432/NAME
  sqlite:///FILE.db (relative) or sqlite:////DIR/FILE.db (absolute)
  embedded:DIR (a PostgreSQL server in that folder; needs pip install "peewee-dbkit[embedded]")"""
ENCODE = """\
In a URL, write @ as %40, : as %3A, / as %2F, # as %23, % as %25; this prints an encoded password:
  python -c "import getpass, urllib.parse as u; print(u.quote(getpass.getpass(), safe=''))"
Or set DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD, unencoded, instead of the URL."""


NOT_SET = """\
DATABASE_URL is not set (or is empty), so dbkit uses the default, sqlite:///dbkit.db.
Set DATABASE_URL in the environment or in .env"""
PLACEHOLDER = re.compile(r"\[[A-Z _-]*(PASSWORD|REF)\]", re.IGNORECASE)
STARTING = {"host not found", "refused", "timed out", "not ready", "connection lost"}
QUOTES = ('""', "''", "``", "“”", "‘’")
OPENING = tuple(pair[0] for pair in QUOTES)
# SQLAlchemy writes the driver after the dialect; URLs for these drivers are like ours
POSTGRESQL = re.compile(r"postgres(ql)?(\+psycopg2?)?")
SQLITE = re.compile(r"sqlite(\+pysqlite)?")
# what is copied along with a URL
PREFIX = re.compile(
    r"((?:export\s+)?[A-Z_]+=|psql|jdbc:)\s*['\"]?(?=postgres|sqlite|embedded)", re.IGNORECASE
)
NO_TEXT = re.compile("[\0\ud800-\udfff]")
# hears each statement of the databases that `opened` opens
LISTENER: ContextVar[Heard | None] = ContextVar("listener", default=None)


@dataclass(frozen=True)
class Target:
    """A database that a URL names; it is not open. `reset` asks for its `name`.

    With `directory`, the database is on an embedded server, whose `params` are known after the
    server has started. `is_default` if no setting names the database.
    """

    dialect: str
    name: str
    display: str
    params: Mapping[str, Any] = field(repr=False, default_factory=dict)
    directory: Path | None = None
    is_default: bool = field(repr=False, default=False)

    def database(self, read_only: bool = False) -> pw.Database:
        """Return the Peewee database, not open; start its server if that is embedded.

        With `read_only`, no SQLite file and no folder of a server is created. Raises
        DatabaseUnreachable or ConfigError.
        """
        if self.dialect == "sqlite":
            reads_file = read_only and self.name != ":memory:"
            return _sqlite_database(self.name, reads_file, self.is_default)
        params = self.params
        if self.directory:
            from .embedded import start

            params = start(self.directory, create=not read_only)
        return pw.PostgresqlDatabase(self.name, **params)


def _sqlite_database(name: str, read_only: bool, is_default: bool) -> pw.Database:
    if not read_only:
        return pw.SqliteDatabase(name, pragmas={"foreign_keys": 1}, factory=Connection)
    try:
        Path(name).stat()
    except FileNotFoundError:
        raise _missing(name, is_default) from None
    except OSError:
        pass  # SQLite says what is wrong with the path when it is opened
    uri = Path(name).absolute().as_uri()
    if os.path.exists(f"{name}-journal"):  # false for a name that is too long
        # after a killed run, SQLite restores the file, and so writes, before it reads
        pragmas = {"query_only": 1}
        return pw.SqliteDatabase(f"{uri}?mode=rw", uri=True, pragmas=pragmas, factory=Connection)
    return pw.SqliteDatabase(f"{uri}?mode=ro", uri=True, factory=Connection)


def _missing(name: str, is_default: bool) -> DatabaseUnreachable:
    folder = diagnosis.missing_folder(name)
    what, hint = f"There is no file {name}.", "`python -m dbkit migrate` creates it."
    if folder:
        what, hint = f"There is no folder {folder} for the file {name}.", diagnosis.CREATE_FOLDER
    if is_default:
        hint = f"{NOT_SET}, or, if that is the right file: {hint}"
    return DatabaseUnreachable("database missing", f"database missing: {what}", hint_where(hint))


def connect(url: str | None = None) -> pw.Database:
    """Return the Peewee database of a URL. Its first query opens a connection.

    SQLite enforces foreign keys. The server of an `embedded:DIR` is started.

    Args:
        url: `postgresql://USER:PASSWORD@HOST/NAME`, `sqlite:///FILE` or `embedded:DIR`. Without it,
            the settings name the database, as they do for the commands (DATABASE_URL).

    Raises:
        ConfigError: The URL or a setting cannot be used.
        DatabaseUnreachable: The embedded server does not start.
    """
    target = target_of(config.load(database=url), session=False)
    database = target.database()
    if target.directory:
        from .embedded import stop_after_this_process

        stop_after_this_process(target.directory)
    return database


def parse(url: str, base: Path = Path()) -> Target:
    """Return the target that a URL names; open and start nothing. Relative paths of the URL begin
    in `base`. Raises ConfigError."""
    if NO_TEXT.search(unquote(url)):
        raise ConfigError("The database URL contains a character that is not text.", FORMS)
    url = _without_quotes(url.strip())
    if not url:
        raise ConfigError("The database URL is empty.", FORMS)
    scheme, colon, rest = url.partition(":")
    name = scheme.lower() if colon else ""
    if POSTGRESQL.fullmatch(name):
        return _postgresql("postgresql:" + rest)
    if SQLITE.fullmatch(name):
        return _sqlite(rest, base)
    if name == "embedded":
        return _embedded(rest.removeprefix("//"), base)
    raise _unknown_scheme(url, scheme, rest)


def _unknown_scheme(url: str, scheme: str, rest: str) -> ConfigError:
    if prefix := PREFIX.match(url):
        return ConfigError(
            f"The database URL begins with {prefix[1]}, which is not part of a URL.",
            f"Remove {prefix[1]} and any quotes around the rest.",
        )
    driver = re.fullmatch(r"(?:postgres|postgresql|sqlite)(\+\w+)", scheme.lower())
    known = re.fullmatch(r"[a-z][a-z0-9+]*", scheme) and rest.startswith("//")
    return ConfigError(
        "The database URL is not understood: "
        f"{f'{scheme} is not' if known else 'it does not begin with'} a known scheme.",
        f"Remove {driver[1]}, the name of a driver." if driver else FORMS,
    )


def _without_quotes(url: str) -> str:
    """The URL without quotes around it, which `docker --env-file`, for one, leaves there."""
    if len(url) > 1 and f"{url[0]}{url[-1]}" in QUOTES:
        return url[1:-1].strip()
    if url[:1] in OPENING:
        raise ConfigError(
            f"The database URL begins with the quote {url[0]}, but does not end with one.",
            "Remove the quotes.",
        )
    return url


def target_of(settings: config.Settings, session: bool) -> Target:
    """Return the database of the settings; with `session`, by DATABASE_DIRECT_URL if that is set,
    because a pooler may give each transaction another session. Raises ConfigError."""
    target = replace(parse(settings.url, settings.url_base), is_default=settings.is_default)
    if not session or settings.direct_url is None:
        return target
    direct = parse(settings.direct_url, settings.url_base)
    if direct.dialect != target.dialect:
        raise ConfigError(
            f"DATABASE_DIRECT_URL is the URL of a {direct.dialect} database, but DATABASE_URL is "
            f"the URL of a {target.dialect} database.",
            "Both must lead to the same database.",
        )
    return direct


def _embedded(name: str, base: Path) -> Target:
    if not name:
        raise ConfigError("embedded: does not name a directory.", "Use embedded:pgdata.")
    directory = base / os.path.expanduser(name)  # Path.expanduser() raises for an unknown user
    return Target("postgresql", "postgres", f"embedded:{directory}", directory=directory)


def _sqlite(rest: str, base: Path) -> Target:
    path, question, _ = rest.partition("?")
    if question:
        raise ConfigError(
            "A SQLite URL takes no options.",
            "Remove the ? and what follows it. Write a ? in a file's name as %3F.",
        )
    path = unquote(path)
    if path in ("", "//", "///", ":memory:", "///:memory:", "//:memory:"):
        return Target("sqlite", ":memory:", "sqlite:///:memory:")
    if path.startswith("//") and not path.startswith("///"):
        raise ConfigError("A SQLite URL with two slashes names a host, not a file.", FORMS)
    name = path.removeprefix("///")
    name = name if base == Path() else str(base / name)
    return Target("sqlite", name, f"sqlite:///{name}")


def _postgresql(url: str) -> Target:
    credentials, at, place = url.removeprefix("postgresql://").partition("@")
    if at and ("/" in credentials or "@" in place):
        raise _unusable(url)  # the driver would read a part of the password as the host
    try:
        params = dict(parse_dsn(url))
    except (psycopg2.ProgrammingError, UnicodeError) as error:
        # the driver's message quotes the part that it cannot parse, which may be the password
        raise _unusable(url, str(error)) from None
    host, user, port = (params.get(name, "") for name in ("host", "user", "port"))
    if not re.fullmatch("[0-9,]*", port):
        raise ConfigError("The port in the database URL, or DB_PORT, is not a number.", FORMS)
    if PLACEHOLDER.fullmatch(params.get("password", "")) or PLACEHOLDER.search(f"{user} {host}"):
        raise ConfigError(
            "The database URL, or DB_PASSWORD, still contains a placeholder of the provider.",
            "Replace [YOUR-PASSWORD] with the real password, and [PROJECT-REF] with the project's "
            "reference.",
        )
    name = params.pop("dbname", "") or user or "postgres"
    params.setdefault("connect_timeout", str(CONNECT_TIMEOUT))
    params.setdefault("fallback_application_name", "dbkit")
    before, after = user and f"{user}@", port and f":{port}"
    display = f"postgresql://{before}{f'[{host}]' if ':' in host else host}{after}/{name}"
    if host.startswith("/"):
        display = f"postgresql://{before}/{name}?host={host}{port and f'&port={port}'}"
    return Target("postgresql", name, display, params)


def _unusable(url: str, words: str = "") -> ConfigError:
    # The driver's message may quote secrets; only an option's name is safe to print.
    if option := re.search(r'invalid URI query parameter: "(\w+)"', words):
        return ConfigError(
            f"The database URL has the option {option[1]}, which PostgreSQL does not know.",
            "Remove the option: it belongs to another program.",
        )
    if "@" in url:
        return ConfigError(
            "The database URL cannot be parsed: the user name or password probably contains a "
            "special character that must be URL-encoded.",
            ENCODE,
        )
    return ConfigError("The database URL cannot be parsed.", FORMS)


@contextmanager
def diagnosed(database: pw.Database, display: str = "") -> Iterator[None]:
    """Turn the driver's errors in the block into DatabaseUnreachable or DatabaseFailed.

    `display` is the database's URL for the message. Raises ConfigError in a block of
    manual_commit().
    """
    try:
        yield
    except (pw.PeeweeException, psycopg2.Error, MaxConnectionsExceeded) as error:
        raise diagnosis.explain(error, database, display) from error
    except UnicodeDecodeError as error:  # in a database in SQL_ASCII, PostgreSQL checks no text
        raise DatabaseFailed(
            f"The database contains a name or text that is not valid {error.encoding}: {error}.",
            "If the encoding of the database is SQL_ASCII, set PGCLIENTENCODING to the encoding "
            "of its text (UTF8, for example).",
        ) from error
    except ValueError as error:
        if "manual commit" not in str(error):  # the words of Peewee's atomic()
            raise
        raise ConfigError(
            "dbkit cannot begin a transaction in a block of manual_commit().",
            "Call dbkit outside the block.",
        ) from error


@contextmanager
def opened(database: pw.Database, display: str = "", wait: float = 0) -> Iterator[pw.Database]:
    """Open the database for the block, explain its failures (see `diagnosed`), and close it. Wait
    up to `wait` seconds for a server that is still starting."""
    patience = Patience(wait)
    while database.is_closed():
        try:
            with diagnosed(database, display):
                database.connect()
        except DatabaseUnreachable as error:
            if error.cause not in STARTING or patience.over():
                raise
            reason = error.message.splitlines()[0]
            patience.announce(logger.warning, "waiting for the database: %s", reason)
            patience.sleep(1)
    try:
        with diagnosed(database, display), _listening(database):
            yield database
    finally:
        if not database.is_closed():
            database.close()


def _listening(database: pw.Database) -> AbstractContextManager[None]:
    from .schema.dialect import dialect_for

    heard = LISTENER.get()
    return dialect_for(database).recorded(database, heard) if heard else nullcontext()
