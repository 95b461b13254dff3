"""Where settings come from, and which source is the strongest."""

# ruff: noqa: S105 - no password here opens anything

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import strategies as st

from dbkit import config
from dbkit.config import DEFAULT_URL
from dbkit.connection import parse
from dbkit.errors import ConfigError

Dbkit = Callable[..., Result]

# what an environment variable can hold
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
# of it, what means something to PostgreSQL, to a URL or to a shell, more often
secrets = (
    text | st.text("@:/?#%[]&+=$ \\'\"{}é", min_size=1) | st.sampled_from(["%40", "p@ss/w%rd"])
)


# Sources, from the strongest to the weakest

DATABASE = ("DATABASE_URL", ["flag", "environment", ".env"], DEFAULT_URL)
PROJECT = ["flag", "environment", ".env", "setup.cfg", "pyproject.toml"]
SETTINGS = {
    "url": DATABASE,
    "models": ("DBKIT_MODELS", PROJECT, None),
    "migrations": ("DBKIT_MIGRATIONS", PROJECT, Path("migrations")),
    "seeds": ("DBKIT_SEEDS", PROJECT, Path("seeds")),
    "environment": ("DBKIT_ENV", ["environment", ".env"], "development"),
}
# what a source says, where it may not say anything
VALUES = {("environment", "environment"): "staging", ("environment", ".env"): "test"}


@pytest.mark.parametrize(
    ("setting", "winner"),
    [
        (setting, winner)
        for setting, (_, sources, _) in SETTINGS.items()
        for winner in [*sources, None]
    ],
)
def test_the_strongest_source_wins(
    monkeypatch: pytest.MonkeyPatch, setting: str, winner: str | None
) -> None:
    variable, sources, default = SETTINGS[setting]
    used = sources[sources.index(winner) :] if winner else []
    used = used if winner == "pyproject.toml" else [one for one in used if one != "pyproject.toml"]
    flags = {}
    for source in used:
        match source:
            case "flag":
                flags[{"url": "database"}.get(setting, setting)] = "flag"
            case "environment":
                monkeypatch.setenv(variable, VALUES.get((setting, source), source))
            case ".env":
                Path(".env").write_text(f"{variable}={VALUES.get((setting, source), source)}\n")
            case "setup.cfg":
                Path("setup.cfg").write_text(f"[dbkit]\n{setting} = setup.cfg\n")
            case "pyproject.toml":
                Path(source).write_text(f'[tool.dbkit]\n{setting} = "{source}"\n')
    found = getattr(config.load(**flags), setting)
    expected = VALUES.get((setting, winner or ""), winner)
    assert found == (type(found)(expected) if winner else default)


def test_an_unknown_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBKIT_ENV", "prod")
    with pytest.raises(ConfigError, match="DBKIT_ENV is prod"):
        config.load()


def test_a_broken_line_of_dotenv_is_refused() -> None:
    Path(".env").write_text("DBKIT_ENV=test\nDATABASE_URL='x\n")
    with pytest.raises(ConfigError, match="line 2 is not NAME=VALUE"):
        config.load()


URL, OTHER = "sqlite:///a.db", "sqlite:///b.db"
PARTS = {"DB_HOST": "h", "DB_NAME": "n"}


@pytest.mark.parametrize(
    ("environment", "dotenv", "display"),
    [
        ({"DATABASE_URL": URL, **PARTS}, {}, URL),
        ({}, {"DATABASE_URL": URL, **PARTS}, URL),
        ({"DATABASE_URL": URL}, PARTS, URL),
        (PARTS, {"DATABASE_URL": URL}, "postgresql://h/n"),
        ({"DATABASE_URL": URL}, {"DATABASE_URL": OTHER}, URL),
        # parts complete each other
        ({"DB_HOST": "x"}, {**PARTS, "DB_USER": "u", "DB_PORT": "1"}, "postgresql://u@x:1/n"),
        ({"DB_PASSWORD": "p"}, {**PARTS, "DB_USER": "u"}, "postgresql://u@h/n"),
        ({"DB_NAME": "x"}, {**PARTS, "DATABASE_URL": URL}, "postgresql://h/x"),
        ({"DB_NAME": "n"}, {}, "postgresql://localhost/n"),
        ({**PARTS, "DB_HOST": "::1", "DB_PORT": "7"}, {}, "postgresql://[::1]:7/n"),
        ({**PARTS, "DB_HOST": "fe80::1%eth0"}, {}, "postgresql://[fe80::1%eth0]/n"),
        (
            {**PARTS, "DB_HOST": "/run/pg", "DB_PORT": "7"},
            {},
            "postgresql:///n?host=/run/pg&port=7",
        ),
        ({"DB_NAME": "a/b?c=d", "DB_USER": "x@y"}, {}, "postgresql://x@y@localhost/a/b?c=d"),
        # an empty variable takes back what .env says, and is nothing itself
        ({"DATABASE_URL": ""}, {"DATABASE_URL": URL}, DEFAULT_URL),
        ({"DATABASE_URL": ""}, PARTS, "postgresql://h/n"),
    ],
)
def test_a_url_or_its_parts(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    dotenv: dict[str, str],
    display: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in dotenv.items()))
    assert parse(config.load().url).display == display


def test_dotenv_does_not_touch_the_environment() -> None:
    Path(".env").write_text("DATABASE_URL=sqlite:///a.db\nexport DB_PASSWORD='p#s s'\n")
    config.load()
    assert not {"DATABASE_URL", "DB_PASSWORD"} & os.environ.keys()


@pytest.mark.parametrize("line", ["DB_PASSWORD=p#ss@/%+", "DB_PASSWORD='p#ss@/%+'  # why"])
def test_a_password_in_dotenv(line: str) -> None:
    Path(".env").write_text(f"DB_HOST=h\nDB_NAME=n\n{line}\n")
    assert parse(config.load().url).params["password"] == "p#ss@/%+"


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        (".env", b"DB_NAME=\xff\n", ".env cannot be read"),
        (".env", None, ".env cannot be read"),
        (".env", b"DB_HOST=h\n", "DB_NAME is not."),
        (".env", b"DB_USER=u\nDB_PASSWORD=p\n", "DB_NAME is not."),
        (".env", b"DB_NAME=n\nDB_PORT=s3cret\n", "DB_PORT, is not a number"),
        (".env", b"DATABASE_URL=[YOUR-PASSWORD]\n", "not understood"),
        ("setup.cfg", b"models = s3cret\n", "setup.cfg cannot be read: File contains no section"),
        ("setup.cfg", b"[dbkit]\ns3cret\n", "setup.cfg cannot be read"),
        ("setup.cfg", b"[dbkit]\nseeds=a\nseeds=b\n", "setup.cfg cannot be read"),
        ("setup.cfg", b"[dbkit]\nseeds=\xff\n", "setup.cfg cannot be read"),
        ("setup.cfg", None, "setup.cfg cannot be read"),
        ("setup.cfg", b"[dbkit]\ndatabase=s3cret\n", "has unknown settings: database"),
    ],
)
def test_a_source_that_cannot_be_read(
    dbkit: Dbkit, file: str, content: bytes | None, words: str
) -> None:
    if content is None:
        Path(file).mkdir()
    else:
        Path(file).write_bytes(content)
    result = dbkit("check")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert words in result.stderr
    assert "s3cret" not in result.output


@pytest.mark.parametrize(
    "content", ["[metadata]\nname = x\n", "[dbkit]\n", "[DEFAULT]\nx = y\n[dbkit]\nseeds = a%b\n"]
)
def test_a_setup_cfg_that_says_little(content: str) -> None:
    Path("setup.cfg").write_text(content)
    settings = config.load()
    assert str(settings.seeds) == ("a%b" if "seeds" in content else "seeds")
    assert settings.models is None


def test_every_command_says_which_database_it_works_on(dbkit: Dbkit) -> None:
    assert dbkit("check").stderr.splitlines()[0] == "database: sqlite:///dbkit.db"


def test_production_needs_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A default would be a new and empty database."""
    monkeypatch.setenv("DBKIT_ENV", "production")
    for value in (None, ""):
        if value is not None:
            monkeypatch.setenv("DATABASE_URL", value)
        with pytest.raises(ConfigError, match="production, but no setting names a database"):
            config.load()
    assert config.load(database="sqlite:///a.db").url == "sqlite:///a.db"
