"""Help texts are sentences, and docs/commands.md has them all."""

from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner

from dbkit.cli import main
from tests.conftest import ROOT
from tools import command_reference

COMMANDS = sorted(main.commands.items())
OPTIONS = [(name, one) for name, command in COMMANDS for one in command.params
           if isinstance(one, click.Option)]  # fmt: skip


def test_the_page_is_what_the_tool_writes() -> None:
    """If not, run `python tools/command_reference.py`."""
    assert (ROOT / "docs/commands.md").read_text(encoding="utf-8") == command_reference.page()


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_the_page_has_all_of_a_command(name: str, command: click.Command) -> None:
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    context = click.Context(command, info_name=f"dbkit {name}")
    assert command.get_usage(context).removeprefix("Usage: ") in section
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in command_reference.EVERYWHERE:
            assert re.search(rf"{max(option.opts, key=len)}(?![\w-])", section), option.name


def test_each_help_text_is_made_of_sentences() -> None:
    texts = [(f"{name} {option.opts[0]}", option.help or "") for name, option in OPTIONS]
    texts += [(name, " ".join((command.help or "").split())) for name, command in COMMANDS]
    wrong = [(where, text) for where, text in texts
             if not re.fullmatch(r"[A-Z`].*\.", text)]  # fmt: skip
    assert wrong == []


def test_no_summary_is_cut_off() -> None:
    printed = CliRunner().invoke(main, ["--help"], terminal_width=80).output
    for name, command in COMMANDS:
        first = (command.help or "").split("\n\n")[0]
        assert re.search(rf"^ +{name} +{re.escape(first)}$", printed, re.MULTILINE), printed


def test_help_shows_the_options_of_the_command_first() -> None:
    names = [one.name for one in main.commands["create"].params if isinstance(one, click.Option)]
    assert names.index("rename") < names.index("format_") < names.index("database")
    assert names[-1] == "debug"
