"""Durations as users write them, and where limits and the direct URL come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbkit import config
from dbkit.connection import target_of
from dbkit.errors import ConfigError
from dbkit.limits import Limits, seconds

DURATIONS = {
    "3": 3,
    "0": 0,
    ".5": 0.5,
    "0.25": 0.25,
    " 500ms ": 0.5,
    "3 s": 3,
    "2MIN": 120,
    "1h": 3600,
}


@pytest.mark.parametrize("text", DURATIONS)
def test_a_duration(text: str) -> None:
    assert seconds(text, "wait") == DURATIONS[text]


@pytest.mark.parametrize(
    "text", ["", "-1", "3 weeks", "1e3", "inf", "nan", "3m", "٣", "1,5", "9999h"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ConfigError, match=f"wait is not a duration: {text}"):
        seconds(text, "wait")


@pytest.mark.parametrize("source", ["flag", "environment", ".env", "setup.cfg", None])
@pytest.mark.parametrize("name", ["wait", "lock_timeout", "statement_timeout"])
def test_the_sources_of_a_limit(
    monkeypatch: pytest.MonkeyPatch, source: str | None, name: str
) -> None:
    weaker = ["flag", "environment", ".env", "setup.cfg"]
    weaker = weaker[weaker.index(source) + 1 :] if source else []
    for number, one in enumerate([source, *weaker], 7):
        match one:
            case "environment":
                monkeypatch.setenv(f"DBKIT_{name.upper()}", f"{number}")
            case ".env":
                Path(".env").write_text(f"DBKIT_{name.upper()}={number}s\n")
            case "setup.cfg":
                Path("setup.cfg").write_text(f"[dbkit]\n{name} = {number}\n")
    limits = config.load(**({name: "7000ms"} if source == "flag" else {})).limits
    assert limits == (Limits(**{name: 7}) if source else Limits())  # type: ignore[arg-type]


def test_a_limit_that_is_no_duration_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBKIT_LOCK_TIMEOUT", "soon")
    with pytest.raises(ConfigError, match=r"--lock-timeout \(DBKIT_LOCK_TIMEOUT\) is not a"):
        config.load()


POOLER, DIRECT = "postgresql://pooler:6543/n", "postgresql://direct/n"
BOTH = {"DATABASE_URL": POOLER, "DATABASE_DIRECT_URL": DIRECT}
OTHER = {"DATABASE_URL": "postgresql://test/n"}


@pytest.mark.parametrize(
    ("environment", "dotenv", "flag", "display"),
    [
        (BOTH, {}, None, DIRECT),
        ({}, BOTH, None, DIRECT),
        ({"DB_NAME": "n", "DATABASE_DIRECT_URL": DIRECT}, {}, None, DIRECT),
        ({"DATABASE_DIRECT_URL": DIRECT}, {"DATABASE_URL": POOLER}, None, DIRECT),
        ({"DATABASE_DIRECT_URL": ""}, BOTH, None, POOLER),
        # a direct URL does not lead to a database other than that of its source
        (OTHER, BOTH, None, "postgresql://test/n"),
        (BOTH, {}, "postgresql://flag/n", "postgresql://flag/n"),
    ],
)
def test_which_url_a_session_uses(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    dotenv: dict[str, str],
    flag: str | None,
    display: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in dotenv.items()))
    settings = config.load(flag)
    assert target_of(settings, session=True).display == display
    assert target_of(settings, session=False).display != DIRECT
    assert settings.limits.session == (display == DIRECT)
    assert "direct" not in repr(settings)


@pytest.mark.parametrize("url", ["sqlite:///a.db", ""])
def test_a_direct_url_that_fits_no_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATABASE_DIRECT_URL", DIRECT)
    with pytest.raises(ConfigError, match="DATABASE_DIRECT_URL"):
        target_of(config.load(), session=True)
