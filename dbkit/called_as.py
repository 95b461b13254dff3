"""How the user calls dbkit: the commands that a hint names are called the same way."""

from __future__ import annotations

import re
import sys
from pathlib import Path

MODULE = "python -m dbkit"  # so hints are written in the source
COMMAND = re.compile(rf"{MODULE} (\w+)")
PEEWEE_MIGRATE, ITS_COMMANDS = "pw_migrate", ("migrate", "rollback")


def as_called(text: str) -> str:
    """Return a hint with its commands as the user of this process calls them: `dbkit migrate`, or
    `pw_migrate migrate` if peewee-migrate has that command."""
    return COMMAND.sub(_called, text) if MODULE in text else text


def _called(match: re.Match[str]) -> str:
    program, name = _program(), match[1]
    if program == "dbkit" or (program == PEEWEE_MIGRATE and name in ITS_COMMANDS):
        return f"{program} {name}"
    return match[0]


def _program() -> str:
    click = sys.modules.get("click")  # errors need no library
    context = click.get_current_context(silent=True) if click else None
    name = context.find_root().info_name if context else sys.argv[0]
    return Path(name or "").stem
