"""An empty value, which an unset variable of a shell leaves, does not silently mean the default."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

import dbkit
from dbkit.cli.commands import main
from dbkit.errors import ConfigError

Dbkit = Callable[..., Result]


def _given(parameter: click.Parameter, value: str) -> list[str]:
    values = [value, *["x"] * (parameter.nargs - 1)]
    return values if isinstance(parameter, click.Argument) else [parameter.opts[0], *values]


def _cases() -> list[tuple[str, click.Parameter]]:
    return [
        (name, parameter)
        for name, command in main.commands.items()
        for parameter in command.params
        if isinstance(parameter, click.Argument)
        or (isinstance(parameter, click.Option) and not parameter.is_flag)
    ]


@pytest.mark.parametrize(
    ("name", "parameter"), _cases(), ids=lambda one: one if isinstance(one, str) else one.name
)
@pytest.mark.parametrize("value", ["", " "])
def test_every_option_and_argument(
    dbkit: Dbkit, name: str, parameter: click.Parameter, value: str
) -> None:
    arguments = [one for one in main.commands[name].params if isinstance(one, click.Argument)]
    others = [one for one in arguments if one.required and one is not parameter]
    words = [word for one in others for word in _given(one, "x")]
    result = dbkit(name, *_given(parameter, value), *words)
    assert result.exit_code == 2
    assert "is empty" in result.stderr or "is not one of" in result.stderr
    assert (parameter.opts[0] if isinstance(parameter, click.Option) else "") in result.stderr
    assert not list(Path().iterdir())


def test_migrate_with_an_unset_variable_leaves_the_database_of_the_settings_alone(
    dbkit: Dbkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text("DATABASE_URL=sqlite:///live.db\nDBKIT_ENV=production\n")
    result = dbkit("migrate", "--database", "", "--format", "json")
    assert result.exit_code == 2
    assert "'--database': The value is empty" in json.loads(result.stdout)["error"]["message"]
    assert not Path("live.db").exists()


@pytest.mark.parametrize("url", ["", " ", "''"])
def test_connect_with_an_empty_url(url: str) -> None:
    with pytest.raises(ConfigError, match="The database URL is empty"):
        dbkit.connect(url)
