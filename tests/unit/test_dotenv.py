"""References to variables in .env."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbkit import config
from dbkit.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("DATABASE_URL=postgresql://u:${PW}@h/n\n", "PW", 1),
        ("# why\n\nA=1\n\nDATABASE_URL='postgresql://u:${PW}@h/n'\n", "PW", 5),
        ("B=${A}\nA=1\n", "A", 1),
        ('B="x\ny"\nexport C=${A}\n', "A", 3),
        ("DB_NAME=n${A:-x}${A}\n", "A", 1),
        ("A=${A}\n", "A", 1),
    ],
)
def test_a_reference_to_an_unset_variable(text: str, name: str, line: int) -> None:
    Path(".env").write_text(text)
    with pytest.raises(ConfigError) as raised:
        config.load()
    assert f".env, line {line}: " in raised.value.message
    assert f"${{{name}}}, and {name} is not set" in raised.value.message
    assert f"${{{name}:-}}" in raised.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "PW=p\nDB_NAME=${PW}\n",
        "DB_NAME=${OUTSIDE}p\n",
        "DB_NAME=${PW:-p}\n",
        "E=\nDB_NAME=p${E}\n",
        "# ${PW}\nDB_NAME=p\n",
        "GIVEN=${PW}\nDB_NAME=p\n",
    ],
)
def test_references_that_are_set(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTSIDE", "")
    monkeypatch.setenv("GIVEN", "1")
    Path(".env").write_text(text)
    assert config.load().url == "postgresql://localhost/p"


MISSPELT = {
    "DATABSE_URL=x": "DATABASE_URL",
    "database_url=x": "DATABASE_URL",
    "DATABASE_URI=x": "DATABASE_URL",
    "DATABASE_URL=sqlite:///a.db\nDATABASE_DIRCT_URL=x": "DATABASE_DIRECT_URL",
    "DB_NAME=n\nDB_PASSWROD=x": "DB_PASSWORD",
    "DB_NAME=n\nDB_HSOT=x": "DB_HOST",
    "DBKIT_MODLES=x": "DBKIT_MODELS",
    "DATABASE_URL=sqlite:///a.db\nDBKIT_ENVIRONMENT=production": "DBKIT_ENV",
    "DBKIT_SCRATCH_URI=x": "DBKIT_SCRATCH_URL",
}


@pytest.mark.parametrize("text", MISSPELT)
@pytest.mark.parametrize("environment", ["development", "production"])
def test_a_misspelt_variable(text: str, environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBKIT_ENV", environment)
    Path(".env").write_text(text)
    wrong = text.splitlines()[-1].partition("=")[0]
    with pytest.raises(ConfigError, match=f"Did you mean {MISSPELT[text]} instead of {wrong}"):
        config.load()


OTHERS = [
    "DATABASE=x", "DATABASE_NAME=x", "TEST_DATABASE_URL=x", "SQLALCHEMY_DATABASE_URI=x",
    "DATABASE_URL=sqlite:///a.db\nDATABASE_URI=x", "DATABASE_URL_TEST=x", "URL=x", "DEBUG=1",
    "DB_PASS=x", "DB_USERNAME=x", "DB_DATABASE=x", "DB_HOST1=x", "DB=x", "DBKITTY_MODELS=x",
    "DATABASE_URL=sqlite:///a.db\nDB_HOSTS=x", "DB_NAME=n\nDB_PASS=x\nDB_POOL=1\nDATABASE_URI=x",
]  # fmt: skip


@pytest.mark.parametrize("text", OTHERS)
def test_variables_of_other_programs(text: str) -> None:
    Path(".env").write_text(text)
    config.load()
