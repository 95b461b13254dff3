"""Settings: flags, then the environment, then `.env`, then the project's settings, which are
`[dbkit]` in `setup.cfg` or `[tool.dbkit]` in `pyproject.toml`.

The database URL is a secret and is never read from these two files. Relative paths begin in the
project's folder; those of flags begin in the current directory, as a shell completes them.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .dotenv_file import Get, names_in, of_environment, with_dotenv
from .errors import ConfigError
from .limits import LIMITS, Limits, seconds
from .project import KNOWN, Project, current_project, hint_where
from .similar_names import similar

DEFAULT_URL = "sqlite:///dbkit.db"
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
ENVIRONMENTS = ("development", "test", "staging", "production")
PARTS = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD")
URLS = ("DATABASE_URL", "DATABASE_DIRECT_URL")
VARIABLES = [
    f"DBKIT_{name.upper()}"
    for name in ("env", "scratch_url", "test_url", *KNOWN)
    if name != "ignore"
]
ALIKE = 0.85  # of 1; DB_PASS, which other programs have, differs more from DB_PASSWORD


@dataclass(frozen=True)
class Settings:
    """The settings of a command. A URL may contain a password, so the repr leaves it out.

    `is_default` if no setting names a database. `direct_url` leads to the same database as `url`,
    but not through a pooler. `url_base` is the folder in which relative paths of the two begin.
    """

    url: str = field(repr=False)
    direct_url: str | None = field(repr=False)
    models: str | None
    migrations: Path
    seeds: Path
    environment: str
    limits: Limits
    url_base: Path = Path()
    is_default: bool = field(repr=False, default=False)
    wait_for_database: float = 0  # seconds
    ignore: tuple[str, ...] = ()
    allow_edited: bool = False
    accept_data_loss: bool = False
    quiet: bool = False
    verbose: bool = False

    @property
    def may_lose_data(self) -> frozenset[str] | None:
        """The migrations that may lose data: in production none, unless the user accepts it; None
        means all."""
        free = self.environment != "production" or self.accept_data_loss
        return None if free else frozenset()


def load(
    database: str | None = None,
    models: str | None = None,
    migrations: str | Path | None = None,
    seeds: str | Path | None = None,
    wait_for_database: str | None = None,
    allow_edited: bool = False,
    accept_data_loss: bool = False,
    quiet: bool = False,
    verbose: bool = False,
    **limits: str | None,
) -> Settings:
    """Return the settings: each from its flag, if given, or else from the other sources. `limits`
    are the flags of LIMITS.

    Raises ConfigError if a source cannot be read or has an invalid value.
    """
    project, get = _sources()

    def setting(name: str, flag: str | Path | None) -> str | None:
        return str(flag or "") or get(f"DBKIT_{name.upper()}") or project.settings.get(name)

    def directory(name: str, flag: str | Path | None) -> Path:
        return Path(flag) if flag else project.directory / (setting(name, None) or name)

    def time(name: str, flag: str | None) -> dict[str, Any]:
        text = setting(name, flag)
        where = f"--{name.replace('_', '-')} (DBKIT_{name.upper()})"
        return {name: seconds(text, where)} if text else {}

    def switch(name: str, flag: bool) -> bool:
        return _switch(name, setting(name, "yes" * flag))

    environment = _environment(get)
    url, direct = _urls(get) if database is None else (database, None)
    if database is None:
        _refuse_misspelt(project.directory / ".env", get)
    if url is None and environment == "production":
        raise ConfigError(
            "DBKIT_ENV is production, but no setting names a database.",
            hint_where("Set DATABASE_URL (it is missing or empty), or the DB_ variables."),
        )
    return Settings(
        url=DEFAULT_URL if url is None else url,
        direct_url=direct,
        is_default=url is None,
        url_base=project.directory if database is None else Path(),
        models=setting("models", models),
        migrations=directory("migrations", migrations),
        seeds=directory("seeds", seeds),
        environment=environment,
        limits=Limits(
            **reduce(or_, (time(name, limits.get(name)) for name in LIMITS)),
            session=direct is not None,
        ),
        **time("wait_for_database", wait_for_database),
        ignore=project.ignore,
        allow_edited=switch("allow_edited", allow_edited),
        accept_data_loss=switch("accept_data_loss", accept_data_loss),
        quiet=switch("quiet", quiet),
        verbose=switch("verbose", verbose),
    )


def _sources() -> tuple[Project, Get]:
    project = current_project()
    return project, with_dotenv(project.directory / ".env", VARIABLES)


def _switch(name: str, text: str | None) -> bool:
    text = (text or "no").strip().lower()
    if text not in (*YES, *NO):
        raise ConfigError(
            f"{name} (DBKIT_{name.upper()}) is {text}.", f"Use one of: {', '.join((*YES, *NO))}."
        )
    return text in YES


def adopting(settings: Settings, migrations: str | None) -> Path:
    """Return the directory to which `init` writes migrations; `migrations` is the flag.

    If the project's settings name other models, its directory belongs to their migrations, so
    `init` uses that directory only if the flag names it.
    """
    project = current_project()
    configured = project.settings.get("models")
    if migrations or configured is None or _module(configured) == _module(settings.models):
        return settings.migrations
    return project.directory / "migrations"


def _module(spec: str | None) -> str:
    return (spec or "").partition(":")[0]


def is_directory(path: Path) -> bool:
    """Whether the directory exists. An unreadable directory counts; reading it raises the error."""
    try:
        return path.is_dir()
    except OSError:
        return True


@dataclass(frozen=True)
class Scratch:
    """Where dbkit may create scratch databases: only on the server of `url` (DBKIT_SCRATCH_URL), if
    it is set. Without it, on the live server if `on_live`, and otherwise on an embedded server."""

    url: str | None = field(repr=False)
    on_live: bool = True
    url_base: Path = Path()


def scratch() -> Scratch:
    """Return the settings for scratch databases. In production, dbkit creates them on the live
    server only with `scratch = live` (DBKIT_SCRATCH). Raises ConfigError."""
    project, get = _sources()
    where = get("DBKIT_SCRATCH") or project.settings.get("scratch")
    if where not in (None, "live", "embedded"):
        raise ConfigError(f"scratch (DBKIT_SCRATCH) is {where}.", "Use live or embedded.")
    usual = "embedded" if _environment(get) == "production" else "live"
    return Scratch(get("DBKIT_SCRATCH_URL"), (where or usual) == "live", project.directory)


def environment() -> str:
    """Return DBKIT_ENV. Raises ConfigError."""
    _, get = _sources()
    return _environment(get)


def url_of_tests() -> str | None:
    """Return DBKIT_TEST_URL, where the pytest plugin creates databases. Raises ConfigError."""
    _, get = _sources()
    return get("DBKIT_TEST_URL")


def cache_directory() -> Path | None:
    """Return dbkit's directory in the user's cache directory. None if the user has no directory, or
    if `cache` (DBKIT_CACHE) is off. Raises ConfigError."""
    project, get = _sources()
    if not _switch("cache", get("DBKIT_CACHE") or project.settings.get("cache") or "on"):
        return None
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        place = os.path.expanduser("~/Library/Caches")
    else:
        place = os.environ.get("XDG_CACHE_HOME", "")
        place = place if os.path.isabs(place) else os.path.expanduser("~/.cache")
    return Path(place, "dbkit") if os.path.isabs(place) else None


def named_environment() -> str | None:
    """Return the environment that DBKIT_ENV names; None if it is not set. Raises ConfigError."""
    _, get = _sources()
    return _environment(get) if get("DBKIT_ENV") else None


def _environment(get: Get) -> str:
    name = (get("DBKIT_ENV") or "").strip().lower() or "development"
    if name not in ENVIRONMENTS:  # "prod" must not go unprotected
        raise ConfigError(f"DBKIT_ENV is {name}.", f"Use one of: {', '.join(ENVIRONMENTS)}.")
    return name


def _urls(both: Get) -> tuple[str | None, str | None]:
    """Return the URL and the direct URL. `.env`'s direct URL is ignored if the environment names
    the database.

    The URL may be given in DB_ parts. If the environment has only some of the parts, `.env`
    completes them.
    """
    for get in (of_environment, both):
        direct = get("DATABASE_DIRECT_URL")
        if url := get("DATABASE_URL"):
            return url, direct
        if get("DB_HOST") or get("DB_NAME"):
            return _joined(both), direct
    if any(map(both, PARTS)):
        return _joined(both), direct
    if direct:
        raise ConfigError(
            "DATABASE_DIRECT_URL is set, but DATABASE_URL is not.", "Set DATABASE_URL too."
        )
    return None, None


def _refuse_misspelt(path: Path, get: Get) -> None:
    """Raise ConfigError if `.env` has a variable that looks like a variable of the database that is
    not set. A variable of another program may look so too, if dbkit's own variable is set."""
    is_url, is_parts = get("DATABASE_URL") is not None, any(map(get, PARTS))
    wanted = ["DATABASE_DIRECT_URL"] if is_url else [*PARTS] if is_parts else [*URLS]
    missing = [name for name in wanted if get(name) is None]
    for name in names_in(path):
        if name in (*URLS, *PARTS):
            continue
        if meant := similar(name.upper(), missing, ALIKE):
            raise ConfigError(
                f"{path} sets {name}, and {meant} is not set.",
                f"Did you mean {meant} instead of {name}?",
            )


def _joined(get: Get) -> str:
    # bytes that are not UTF-8 are kept here, and parse() refuses them
    host, port, name, user, password = (
        quote(get(part) or "", safe="", errors="surrogateescape") for part in PARTS
    )
    if not name:
        raise ConfigError(
            "Some of the DB_ variables are set, but DB_NAME is not.",
            f"Set {', '.join(PARTS)}, or DATABASE_URL alone.",
        )
    credentials = f"{user}{password and ':'}{password}"
    at, colon = credentials and "@", port and ":"
    return f"postgresql://{credentials}{at}{host or 'localhost'}{colon}{port}/{name}"
