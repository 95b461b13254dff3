"""How a person names a migration: by its name, its number, or the beginning of its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dbkit.errors import MigrationError

from .applied import FileLayout
from .file_numbers import number
from .standing import LISTED, Standing

NO_NAME = "''"
CANDIDATES = 10  # names that an error lists


def pending_target(
    text: str | None, standing: Standing, layout: FileLayout, directory: Path
) -> str | None:
    """Return the file up to which files are to be applied. Raises MigrationError."""
    if text is None:
        return None
    names = standing.todo if matching(text, standing.todo) else layout.names
    name = only_match(text, names, f"in {directory}")
    if name not in standing.todo:
        raise MigrationError(
            f"Migration {name} does not run: a migration that replaces it has run, or the "
            "migrations that it replaces have.",
            LISTED,
        )
    return name


def rollback_targets(text: str | None, count: int, standing: Standing) -> list[str]:
    """Return the files that were applied after the applied file that the text names, or else the
    last `count` files; the newest first. Raises MigrationError."""
    if text is None:
        return standing.newest(count)
    name = only_match(text, standing.applied, "among the applied migrations")
    return list(reversed(standing.applied[standing.applied.index(name) + 1 :]))


def matching(text: str, names: Sequence[str]) -> list[str]:
    """Return the names that a user may mean: the name of the file, all with this number, or else
    all with this beginning."""
    name = text.removesuffix(".py").rpartition("/")[2]
    if name in names:
        return [name]
    numbered = [one for one in names if name.isdecimal() and number(one) == int(name)]
    return numbered or [one for one in names if name and one.startswith(name)]


def only_match(text: str, names: Sequence[str], where: str) -> str:
    """Return the name that a user means. Raises MigrationError if there is none, or several."""
    found = matching(text, names)
    if len(found) == 1:
        return found[0]
    wrong = "There is no migration" if not found else "There are several migrations"
    shown = (found or list(names))[-CANDIDATES:]
    more = "..., " * (len(found or names) > CANDIDATES)
    candidates = f"Candidates: {more}{', '.join(shown)}. " if shown else ""
    raise MigrationError(f"{wrong} {text or NO_NAME} {where}.", f"{candidates}{LISTED}")
