"""What a command that writes a migration asks on a terminal, and what it says afterwards."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from .migration import Created


def questions() -> dict[str, Any]:
    """The `confirm` and `prompt` of `create`; nothing where nobody can answer."""
    return {"confirm": click.confirm, "prompt": click.prompt} if is_terminal() else {}


def is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def created_text(created: Created | None, directory: Path, check: bool = False) -> str:
    """What was made, or would be, and its warnings."""
    if created is None:
        return "create: nothing to do, the migrations make what the models say"
    path = directory / f"{created.name}.py"
    first = f"create: a migration would be made\n{created.summary}" if check else f"create: {path}"
    proof = [f"  {created.proof}"] * bool(created.proof)
    return "\n".join([first, *(f"  warning: {one}" for one in created.hazards), *proof])
