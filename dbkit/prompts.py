"""What a command that writes a migration asks on a terminal, and what it says afterwards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from .discovery import Found
from .migration import Created
from .schema.peewee_models import class_name


def questions() -> dict[str, Any]:
    """The `confirm` and `prompt` of `create`; nothing where nobody can answer."""
    return {"confirm": click.confirm, "prompt": click.prompt} if is_terminal() else {}


def is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def created_text(created: Created | None, directory: Path, check: bool = False) -> str:
    """What was made, or would be, and its warnings."""
    if created is None:
        return "create: nothing to do, the migrations match the models"
    path = directory / f"{created.name}.py"
    first = f"create: a migration would be made\n{created.summary}" if check else f"create: {path}"
    proof = [f"  {created.proof}"] * bool(created.proof)
    return "\n".join([first, *(f"  warning: {one}" for one in created.hazards), *proof])


def passed_over(found: Found) -> Iterator[str]:
    """The classes that were taken for no tables."""
    if found.bases:
        names = ", ".join(map(class_name, found.bases))
        yield (
            f"base classes without a table: {names} (a table that a migration made for such a "
            "class stays; a list MODELS settles which classes have tables)"
        )
