"""Settings: flags, then the environment, then `.env`, then `[dbkit]` in `setup.cfg`.

What is secret (the database) is never read from `setup.cfg`. Relative paths start from the
current directory, where `.env` and `setup.cfg` are looked for too.
"""

from __future__ import annotations

import configparser
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from environs import Env

from .errors import ConfigError

DEFAULT_URL = "sqlite:///dbkit.db"
PARTS = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD")


@dataclass(frozen=True)
class Settings:
    """Where dbkit works. `url` may hold a password and stays out of the repr."""

    url: str = field(repr=False)
    models: str | None
    migrations: Path
    seeds: Path
    environment: str


def load(
    database: str | None = None,
    models: str | None = None,
    migrations: str | Path | None = None,
    seeds: str | Path | None = None,
) -> Settings:
    """Settings for these flags, completed from the other sources. Raises ConfigError."""
    environ, both = Env(), Env()
    try:
        both.read_env(Path.cwd() / ".env", recurse=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f".env cannot be read: {error}") from None
    project = _project()

    def setting(name: str, flag: str | Path | None) -> str | None:
        return str(flag) if flag else _get(both, f"DBKIT_{name.upper()}") or project.get(name)

    return Settings(
        url=database or _url(environ) or _url(both) or DEFAULT_URL,
        models=setting("models", models),
        migrations=Path(setting("migrations", migrations) or "migrations"),
        seeds=Path(setting("seeds", seeds) or "seeds"),
        environment=_get(both, "DBKIT_ENV") or "development",
    )


def _get(env: Env, name: str) -> str | None:
    return env.str(name, "") or None


def _url(env: Env) -> str | None:
    """The database that an environment names, by URL or in parts."""
    url = _get(env, "DATABASE_URL")
    if url or not (_get(env, "DB_HOST") or _get(env, "DB_NAME")):
        return url
    host, port, name, user, password = (_get(env, part) for part in PARTS)
    if not name:
        raise ConfigError(
            "DB_HOST is set, but DB_NAME is not.", f"Set {', '.join(PARTS)}, or DATABASE_URL alone."
        )
    credentials = quote(user or "", safe="")
    if password:
        credentials += ":" + quote(password, safe="")
    host = host or "localhost"
    host = f"[{host}]" if ":" in host else quote(host, safe="")
    return (
        f"postgresql://{credentials}{'@' if credentials else ''}{host}"
        f"{f':{port}' if port else ''}/{quote(name, safe='')}"
    )


def _project() -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read("setup.cfg", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"setup.cfg cannot be read: {reason}") from None
    return dict(parser["dbkit"]) if parser.has_section("dbkit") else {}
