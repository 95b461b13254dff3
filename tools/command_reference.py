"""Writes docs/commands.md, the reference of the commands, from their help texts."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from dbkit import config
from dbkit.cli import main
from dbkit.cli.options import OPTIONS
from dbkit.limits import LIMITS

PAGE = Path(__file__).resolve().parents[1] / "docs/commands.md"
BEGINNING = """\
<!-- python tools/command_reference.py writes this page from the help texts in dbkit/cli/. -->

# Commands

`dbkit COMMAND --help` prints the texts of this page. `dbkit` is the same as `python -m dbkit`.

| Command | What it does | More about it |
| --- | --- | --- |"""
SHARED = """\
## Options of several commands

These options mean the same for every command that has them. A variable of the environment (or of
`.env`), or one of the project's [settings](settings.md), can take the place of an option. The
option comes before the variable, and the variable before the setting.

| Option | Meaning | Variable, setting |
| --- | --- | --- |"""
DURATIONS = "SECONDS is a number (`3`, `0.5`), which may have a unit: `500ms`, `3s`, `2min`, `1h`."
GUIDES = {
    "adopting": ("init",),
    "deploying": ("up",),
    "diagrams": ("diagram", "docs"),
    "migrations": ("create", "migrate", "rollback", "status", "prove", "renumber", "reset"),
    "production#an-applied-file-was-edited-or-is-missing": ("repair",),
    "seeds": ("seed", "dump"),
    "troubleshooting": ("check",),
    "verify": ("verify", "diff"),
}
PAGES = {command: page for page, commands in GUIDES.items() for command in commands}
EVERYWHERE = ("quiet", "verbose", "no_color", "debug")  # each command has these
SETTINGS = {*inspect.signature(config.load).parameters, *LIMITS} - {"database", "limits"}
VARIABLES = {"database": "DATABASE_URL", "no_color": "NO_COLOR"}


def page() -> str:
    """Return the text of the page."""
    commands = sorted(main.commands.items())
    lines = [BEGINNING, *(_row(name, command) for name, command in commands), ""]
    lines += [_paragraphs(main)[-1], "", *_shared()]
    for name, command in commands:
        lines += ["", *_section(name, command)]
    return "\n".join(lines) + "\n"


def _row(name: str, command: click.Command) -> str:
    path, sign, anchor = PAGES[name].partition("#")
    link = f"[{path}]({path}.md{sign}{anchor})"
    return _cells(f"[{name}](#{name})", _paragraphs(command)[0], link)


def _shared() -> Iterator[str]:
    yield SHARED
    every = [option for command in main.commands.values() for option in _options(command)]
    by_name = {option.name: option for option in every}
    for name in OPTIONS:
        option = by_name[name]
        names = [VARIABLES[name]] if name in VARIABLES else []
        names += [f"DBKIT_{name.upper()}", name] if name in SETTINGS else []
        yield _cells(_written(option), _meaning(option), ", ".join(map(_code, names)))
    yield ""
    yield DURATIONS
    yield f"Every command has {_listed(by_name[name] for name in EVERYWHERE)}."


def _section(name: str, command: click.Command) -> Iterator[str]:
    usage = command.get_usage(click.Context(command, info_name=f"dbkit {name}"))
    yield f"## {name}\n\n```text\n{usage.removeprefix('Usage: ')}\n```\n"
    yield "\n\n".join(_paragraphs(command))
    options = _options(command)
    if own := [one for one in options if one.name not in OPTIONS]:
        yield "\n| Option | Meaning |\n| --- | --- |"
        yield from (_cells(_written(one), _meaning(one)) for one in own)
    shared = [one for one in options if one.name in OPTIONS and one.name not in EVERYWHERE]
    yield f"\n[Shared options](#options-of-several-commands): {_listed(shared)}."


def _options(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option)]


def _paragraphs(command: click.Command) -> list[str]:
    text = inspect.cleandoc(command.help or "")
    return [_marked(" ".join(one.split())) for one in text.split("\n\n")]


def _written(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(main))}"
    return _code(", ".join(option.opts) + value)


def _meaning(option: click.Option) -> str:
    text = _marked(option.help or "")
    return f"{text[:-1]} (default: {option.default})." if option.show_default else text


def _marked(text: str) -> str:
    """A help text, with its options as code."""
    return re.sub(r"(?<![\w`])--[a-z-]+[a-z]", lambda option: _code(option[0]), text)


def _listed(options: Iterable[click.Option]) -> str:
    return ", ".join(_code(max(one.opts, key=len)) for one in options)


def _code(text: str) -> str:
    return f"`{text}`"


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
