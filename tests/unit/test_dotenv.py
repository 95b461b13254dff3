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
