"""Settings: flags, then the environment, then `.env`, then `[dbkit]` in `setup.cfg`.

The database URL is a secret and is never read from `setup.cfg`. `.env`, `setup.cfg` and relative
paths are looked up in the current directory.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .errors import ConfigError
from .limits import LIMITS, Limits, seconds

DEFAULT_URL = "sqlite:///dbkit.db"
PROJECT = ("models", "migrations", "seeds", "ignore", "scratch", "wait_for_database",
           "allow_edited", "accept_data_loss", "quiet", "verbose", "cache", *LIMITS)  # fmt: skip
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
ENVIRONMENTS = ("development", "test", "staging", "production")
PLAIN = re.compile(r"[\w.$-]+")
ENTRY = re.compile(r'"(?:[^"\\]|\\.)*"(?!\S)|\S+')
Get = Callable[[str], str | None]  # reads a variable; None if it is missing or empty
PARTS = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD")


@dataclass(frozen=True)
class Settings:
    """The settings of a command. A URL may contain a password, so the repr leaves it out.

    `direct_url` leads to the same database as `url`, but not through a pooler.
    """

    url: str = field(repr=False)
    direct_url: str | None = field(repr=False)
    models: str | None
    migrations: Path
    seeds: Path
    environment: str
    names_environment: bool
    limits: Limits
    wait_for_database: float = 0  # seconds
    ignore: tuple[str, ...] = ()
    allow_edited: bool = False
    accept_data_loss: bool = False
    quiet: bool = False
    verbose: bool = False

    @property
    def seeds_environment(self) -> str | None:
        """The subfolder of seeds to read; None if DBKIT_ENV does not name it."""
        return self.environment if self.names_environment else None

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
    get, project = _with_dotenv(), _project()

    def setting(name: str, flag: str | Path | None) -> str | None:
        return str(flag or "") or get(f"DBKIT_{name.upper()}") or project.get(name)

    def time(name: str, flag: str | None) -> dict[str, Any]:
        text = setting(name, flag)
        where = f"--{name.replace('_', '-')} (DBKIT_{name.upper()})"
        return {name: seconds(text, where)} if text else {}

    def switch(name: str, flag: bool) -> bool:
        return _switch(name, setting(name, "yes" * flag))

    environment = _environment(get)
    url, direct = (database, None) if database else _urls(get)
    if url is None and environment == "production":
        raise ConfigError(
            "DBKIT_ENV is production, but no setting names a database.",
            "Set DATABASE_URL (it is missing or empty), or the DB_ variables.",
        )
    return Settings(
        url=url or DEFAULT_URL,
        direct_url=direct,
        models=setting("models", models),
        migrations=Path(setting("migrations", migrations) or "migrations"),
        seeds=Path(setting("seeds", seeds) or "seeds"),
        environment=environment,
        names_environment=get("DBKIT_ENV") is not None,
        limits=Limits(
            **reduce(or_, (time(name, limits.get(name)) for name in LIMITS)),
            session=direct is not None,
        ),
        **time("wait_for_database", wait_for_database),
        ignore=tuple(_patterns(project.get("ignore") or "")),
        allow_edited=switch("allow_edited", allow_edited),
        accept_data_loss=switch("accept_data_loss", accept_data_loss),
        quiet=switch("quiet", quiet),
        verbose=switch("verbose", verbose),
    )


def _switch(name: str, text: str | None) -> bool:
    text = (text or "no").strip().lower()
    if text not in (*YES, *NO):
        raise ConfigError(
            f"{name} (DBKIT_{name.upper()}) is {text}.", f"Use one of: {', '.join((*YES, *NO))}."
        )
    return text in YES


def adopting(settings: Settings, migrations: str | None) -> Path:
    """Return the directory to which `init` writes migrations; `migrations` is the flag.

    If [dbkit] names other models, its directory belongs to their migrations, so `init` uses that
    directory only if the flag names it.
    """
    configured = _project().get("models")
    if migrations or configured is None or _module(configured) == _module(settings.models):
        return settings.migrations
    return Path("migrations")


def _module(spec: str | None) -> str:
    return (spec or "").partition(":")[0]


def _without_dotenv(name: str) -> str | None:
    return os.environ.get(name) or None


def _with_dotenv() -> Get:
    """Read the variables of the environment and then those of `.env`. Raises ConfigError, also for
    a broken line: environs would skip the line, even if it holds the database URL."""
    path = Path.cwd() / ".env"
    try:
        if not path.exists():
            return _without_dotenv
        from dotenv.parser import parse_stream
        from environs import Env  # without a file, `status` would spend a quarter of its time here

        with path.open(encoding="utf-8") as stream:
            for binding in parse_stream(stream):
                if binding.error:
                    raise ValueError(f"line {binding.original.line} is not NAME=VALUE")
        both = Env()
        both.read_env(path, recurse=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f".env cannot be read: {error}") from None
    return lambda name: both.str(name, "") or None


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


def scratch() -> Scratch:
    """Return the settings for scratch databases. In production, dbkit creates them on the live
    server only with `scratch = live` (DBKIT_SCRATCH). Raises ConfigError."""
    get = _with_dotenv()
    where = get("DBKIT_SCRATCH") or _project().get("scratch")
    if where not in (None, "live", "embedded"):
        raise ConfigError(f"scratch (DBKIT_SCRATCH) is {where}.", "Use live or embedded.")
    usual = "embedded" if _environment(get) == "production" else "live"
    return Scratch(get("DBKIT_SCRATCH_URL"), (where or usual) == "live")


def cache_directory() -> Path | None:
    """Return dbkit's directory in the user's cache directory. None if the user has no directory, or
    if `cache` (DBKIT_CACHE) is off. Raises ConfigError."""
    if not _switch("cache", _with_dotenv()("DBKIT_CACHE") or _project().get("cache") or "on"):
        return None
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        place = os.path.expanduser("~/Library/Caches")
    else:
        place = os.environ.get("XDG_CACHE_HOME", "")
        place = place if os.path.isabs(place) else os.path.expanduser("~/.cache")
    return Path(place, "dbkit") if os.path.isabs(place) else None


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
    for get in (_without_dotenv, both):
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


def quoted_pattern(name: str) -> str:
    """Return an entry of `ignore` that matches only this name: the name itself, or a JSON string
    if the name has special characters."""
    if PLAIN.fullmatch(name):
        return name
    pattern = literal_pattern(name)
    return json.dumps(pattern, ensure_ascii=not pattern.isprintable())


def literal_pattern(name: str) -> str:
    """Return the pattern that matches only this name."""
    return re.sub(r"[*?\[]", r"[\g<0>]", name)


def _patterns(text: str) -> Iterator[str]:
    """The entries of `ignore`, which are separated by blanks."""
    for entry in ENTRY.findall(text):
        try:
            yield json.loads(entry) if entry.startswith('"') else entry
        except ValueError:
            raise ConfigError(
                f"In setup.cfg, ignore has an entry without a closing quote: {entry}",
                'Write it as a JSON string: "table.a \\"quoted\\" name".',
            ) from None


def _project() -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(Path("setup.cfg").read_text(encoding="utf-8-sig"), "setup.cfg")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, configparser.Error) as error:
        # the other lines of the error quote the file
        raise ConfigError(f"setup.cfg cannot be read: {str(error).splitlines()[0]}") from None
    section = dict(parser["dbkit"]) if parser.has_section("dbkit") else {}
    if unknown := section.keys() - parser.defaults().keys() - set(PROJECT):
        raise ConfigError(
            f"[dbkit] in setup.cfg has unknown settings: {', '.join(sorted(unknown))}. "
            f"Known settings: {', '.join(PROJECT)}.",
            "Set the database in DATABASE_URL or .env, which are not committed.",
        )
    return section
