"""Settings: flags, then the environment, then `.env`, then `[dbkit]` in `setup.cfg`.

What is secret (the database) is never read from `setup.cfg`. Relative paths start from the
current directory, where `.env` and `setup.cfg` are looked for too.
"""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from dotenv.parser import parse_stream
from environs import Env

from .errors import ConfigError

DEFAULT_URL = "sqlite:///dbkit.db"
PROJECT = ("models", "migrations", "seeds", "ignore")
ENVIRONMENTS = ("development", "test", "staging", "production")
PLAIN = re.compile(r"[\w.$-]+")
ENTRY = re.compile(r'"(?:[^"\\]|\\.)*"(?!\S)|\S+')
PARTS = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD")


@dataclass(frozen=True)
class Settings:
    """Where dbkit works. `url` may hold a password and stays out of the repr."""

    url: str = field(repr=False)
    models: str | None
    migrations: Path
    seeds: Path
    environment: str
    ignore: tuple[str, ...] = ()


def load(
    database: str | None = None,
    models: str | None = None,
    migrations: str | Path | None = None,
    seeds: str | Path | None = None,
) -> Settings:
    """Settings for these flags, completed from the other sources. Raises ConfigError."""
    both = Env()
    try:
        _refuse_broken_lines(Path(".env"))
        both.read_env(Path.cwd() / ".env", recurse=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f".env cannot be read: {error}") from None
    project = _project()

    def setting(name: str, flag: str | Path | None) -> str | None:
        return str(flag or "") or _get(both, f"DBKIT_{name.upper()}") or project.get(name)

    return Settings(
        url=database or _url(Env(), both) or DEFAULT_URL,
        models=setting("models", models),
        migrations=Path(setting("migrations", migrations) or "migrations"),
        seeds=Path(setting("seeds", seeds) or "seeds"),
        environment=_environment(both),
        ignore=tuple(_patterns(project.get("ignore") or "")),
    )


def adopting(settings: Settings, migrations: str | None) -> Path:
    """Where `init` writes migrations. A [dbkit] section for other models has a directory with their
    migrations, so it is taken only if a flag names it."""
    others = _project().get("models")
    if migrations or others is None or _module(others) == _module(settings.models):
        return settings.migrations
    return Path("migrations")


def _module(spec: str | None) -> str:
    return (spec or "").partition(":")[0]


def _refuse_broken_lines(path: Path) -> None:
    """environs passes over a line it cannot read, and the database in it."""
    if path.exists():
        with path.open(encoding="utf-8") as stream:
            for binding in parse_stream(stream):
                if binding.error:
                    raise ValueError(f"line {binding.original.line} is not NAME=VALUE")


def is_directory(path: Path) -> bool:
    """Whether there is a directory, which perhaps cannot be read: whoever does says so."""
    try:
        return path.is_dir()
    except OSError:
        return True


def scratch_url() -> str | None:
    """DBKIT_SCRATCH_URL: a server on which a scratch database may be made."""
    both = Env()
    both.read_env(Path.cwd() / ".env", recurse=False)
    return _get(both, "DBKIT_SCRATCH_URL")


def _environment(env: Env) -> str:
    name = (_get(env, "DBKIT_ENV") or "").strip().lower() or "development"
    if name not in ENVIRONMENTS:  # "prod" must not go unprotected
        raise ConfigError(f"DBKIT_ENV is {name}.", f"Use one of: {', '.join(ENVIRONMENTS)}.")
    return name


def _get(env: Env, name: str) -> str | None:
    return env.str(name, "") or None


def _url(environment: Env, both: Env) -> str | None:
    """The database that the environment names, or else `.env`: by URL or in parts.

    If the environment gives but some of the parts, `.env` completes them.
    """
    for env in (environment, both):
        if url := _get(env, "DATABASE_URL"):
            return url
        if _get(env, "DB_HOST") or _get(env, "DB_NAME"):
            return _joined(both)
    return _joined(both) if any(_get(both, part) for part in PARTS) else None


def _joined(env: Env) -> str:
    # bytes that are no UTF-8 stay what they are: parse() refuses them
    host, port, name, user, password = (
        quote(_get(env, part) or "", safe="", errors="surrogateescape") for part in PARTS
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
    """An entry of `ignore` that stands for just this name: as it is, or as a JSON string, in which
    it cannot be anything but an entry."""
    if PLAIN.fullmatch(name):
        return name
    pattern = literal_pattern(name)
    return json.dumps(pattern, ensure_ascii=not pattern.isprintable())


def literal_pattern(name: str) -> str:
    """The pattern that matches just this name."""
    return re.sub(r"[*?\[]", r"[\g<0>]", name)


def _patterns(text: str) -> Iterator[str]:
    """The entries of `ignore`, with blanks between them."""
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
        # the further lines quote the file
        raise ConfigError(f"setup.cfg cannot be read: {str(error).splitlines()[0]}") from None
    section = dict(parser["dbkit"]) if parser.has_section("dbkit") else {}
    if unknown := section.keys() - parser.defaults().keys() - set(PROJECT):
        raise ConfigError(
            f"[dbkit] in setup.cfg has unknown settings: {', '.join(sorted(unknown))}. "
            f"Known settings: {', '.join(PROJECT)}.",
            "Set the database in DATABASE_URL or .env, which are not committed.",
        )
    return section
