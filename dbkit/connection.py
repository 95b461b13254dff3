"""From a URL to a Peewee database, and from a failure to what to do about it.

A password is in the parameters handed to the driver and nowhere else: `display` is what is
printed, and no message of the driver about a URL is passed on, since it quotes from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import peewee as pw
import psycopg2
from psycopg2.extensions import parse_dsn

from . import config, diagnosis
from .errors import ConfigError, DatabaseUnreachable

CONNECT_TIMEOUT = 10  # seconds, unless the URL says otherwise
FORMS = """\
Use one of:
  postgresql://USER:PASSWORD@HOST:5432/NAME
  sqlite:///FILE.db (relative) or sqlite:////DIR/FILE.db (absolute)
  embedded:DIR (a PostgreSQL of its own; needs pip install "peewee-dbkit[embedded]")"""
ENCODE = """\
In a URL, write @ as %40, : as %3A, / as %2F, # as %23, % as %25; this prints a password so:
  python -c "import getpass, urllib.parse as u; print(u.quote(getpass.getpass(), safe=''))"
Or leave the URL and set DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD, as they are."""


@dataclass(frozen=True)
class Target:
    """A database that has been named, not yet opened. `name` is its own name, for confirmation."""

    dialect: str
    name: str
    display: str
    params: Mapping[str, Any] = field(repr=False, default_factory=dict)

    def database(self, read_only: bool = False) -> pw.Database:
        """The Peewee database, unopened. With `read_only` a missing SQLite file is not made."""
        if self.dialect == "postgresql":
            return pw.PostgresqlDatabase(self.name, **self.params)
        if not read_only or self.name == ":memory:":
            return pw.SqliteDatabase(self.name, pragmas={"foreign_keys": 1})
        if not Path(self.name).exists():
            raise DatabaseUnreachable(
                "database missing",
                f"There is no file {self.name}.",
                "`python -m dbkit migrate` makes it.",
            )
        return pw.SqliteDatabase(Path(self.name).absolute().as_uri() + "?mode=ro", uri=True)


def connect(url: str | None = None) -> pw.Database:
    """The database that `url` names, or the settings do: a Peewee database, opened on first use.

    For SQLite foreign keys are enforced; for `embedded:DIR` the server is started. Raises
    ConfigError for a URL that cannot be used.
    """
    return parse(config.load(database=url).url).database()


def parse(url: str) -> Target:
    """What a URL names. Starts the server of an `embedded:DIR`. Raises ConfigError."""
    scheme, colon, rest = url.strip().partition(":")
    match scheme.lower() if colon else "":
        case "postgresql" | "postgres":
            return _postgresql("postgresql:" + rest)
        case "sqlite":
            return _sqlite(rest)
        case "embedded":
            from .embedded import start

            directory = Path(rest.removeprefix("//")).expanduser()
            if not rest:
                raise ConfigError("embedded: names no directory.", "Use embedded:pgdata.")
            target = _postgresql(start(directory))
            return Target(target.dialect, target.name, f"embedded:{directory}", target.params)
        case _:
            shown = scheme if colon and scheme.isalnum() else "it"
            raise ConfigError(
                f"The database URL is not understood: {shown} is no known scheme.", FORMS
            )


def _sqlite(rest: str) -> Target:
    path = unquote(rest.partition("?")[0])
    if path in ("", "//", "///", ":memory:", "///:memory:", "//:memory:"):
        return Target("sqlite", ":memory:", "sqlite:///:memory:")
    if path.startswith("//") and not path.startswith("///"):
        raise ConfigError("A SQLite URL with two slashes names a host, not a file.", FORMS)
    name = path.removeprefix("///")
    return Target("sqlite", name, f"sqlite:///{name}")


def _postgresql(url: str) -> Target:
    try:
        params = dict(parse_dsn(url))
    except psycopg2.ProgrammingError:
        # the driver's own words quote the part it stumbled over, which may be the password
        raise _unusable(url) from None
    host, name = params.get("host", ""), params.get("dbname", "")
    if "@" in host or "@" in name:
        raise _unusable(url)
    if "[" in params.get("password", ""):
        raise ConfigError(
            "The password in the database URL is still the provider's placeholder.",
            "Put the real password in the place of [YOUR-PASSWORD].",
        )
    user = params.get("user", "")
    name = params.setdefault("dbname", user or "postgres")
    params.setdefault("connect_timeout", str(CONNECT_TIMEOUT))
    params.setdefault("fallback_application_name", "dbkit")
    place = f"[{host}]" if ":" in host else host
    port = f":{params['port']}" if "port" in params else ""
    display = f"postgresql://{user}{'@' if user else ''}{place}{port}/{name}"
    if host.startswith("/"):
        display = f"postgresql://{user}{'@' if user else ''}/{name}?host={host}"
    return Target("postgresql", params.pop("dbname"), display, params)


def _unusable(url: str) -> ConfigError:
    if "@" in url:
        return ConfigError(
            "The database URL cannot be taken apart: a special character in the user name or "
            "password, probably, that must be URL-encoded.",
            ENCODE,
        )
    return ConfigError("The database URL cannot be taken apart.", FORMS)


@contextmanager
def diagnosed(database: pw.Database, display: str = "") -> Iterator[None]:
    """Turn the driver's errors inside the block into DatabaseUnreachable or DatabaseFailed."""
    try:
        yield
    except (pw.PeeweeException, psycopg2.Error) as error:
        raise diagnosis.explain(error, database, display) from error


@contextmanager
def opened(database: pw.Database, display: str = "") -> Iterator[pw.Database]:
    """Open the database for the block, with failures explained, and close it after."""
    with diagnosed(database, display):
        database.connect(reuse_if_open=True)
    try:
        with diagnosed(database, display):
            yield database
    finally:
        if not database.is_closed():
            database.close()
