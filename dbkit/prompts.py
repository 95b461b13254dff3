"""The questions and the output of the commands that create a migration."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .called_as import as_called
from .discovery import Found
from .migration import Created, Undecided
from .migration.rejected_rows import Rejected
from .schema.peewee_models import tableless
from .source_places import Find, place_of_any
from .verification.annotations import annotation

COLOURS = {"add": "green", "drop": "red"}
MISSING = "The models changed, and no migration was made. Run `python -m dbkit create`."

if TYPE_CHECKING:
    from .migration.prove_directory import Verdict


def questions() -> dict[str, Any]:
    """Return the arguments `confirm` and `prompt` of `create`; none without a terminal."""
    return {"confirm": click.confirm, "prompt": click.prompt} if is_terminal() else {}


def is_terminal() -> bool:
    """Whether a person can answer questions."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def which_first(names: Sequence[str]) -> str:
    """Ask which of these migrations keeps its number; the others follow it."""
    choice = click.Choice(names)
    return str(click.prompt("Which of these migrations comes first?", type=choice))


def created_text(created: Created | None, directory: Path, check: bool = False) -> str:
    """Return the output of `create`, or of `create --check`: the migration and its warnings."""
    if created is None:
        return "create: nothing to do, the migrations match the models"
    path = directory / f"{created.name}.py"
    before = [created_text(created.first, directory)] if created.first else []
    first = "create: a migration would be made" if check else f"create: {path}"
    return "\n".join(
        [
            *before,
            first,
            *(f"  {_coloured(words)}" for words in created.operations),
            *(f"  warning: {hazard}" for hazard in created.hazards),
            *[f"  {created.proof}"] * bool(created.proof),
        ]
    )


def created_for_programs(
    created: Created | None, directory: Path, check: bool = False
) -> list[dict[str, Any]]:
    """Return the created migrations in the order in which they run. With `check`, they have no
    path, because they were not written."""
    if created is None:
        return []
    shown = {"name": created.name, "path": None if check else str(directory / f"{created.name}.py"),
             "summary": created.summary, "operations": [*created.operations],
             "warnings": [*created.hazards], "proof": created.proof or None}  # fmt: skip
    return [*created_for_programs(created.first, directory, check), shown]


def proof_text(proof: Verdict) -> str:
    """Return the output of `prove` for a file."""
    text = f"{proof.name}: {proof.text}".replace("\n", "\n  ")
    return "\n".join([f"prove: {text}", *(f"  warning: {one}" for one in proof.warnings)])


def _coloured(operation: str) -> str:
    """An operation in the colour of its first word: to add, to drop, or to change something."""
    return str(click.style(operation, fg=COLOURS.get(operation.split()[0], "cyan")))


def rejected_text(rejected: Iterable[Rejected]) -> str:
    """Return the lines of `create --count-rows`: numbers of rows, and queries that show them."""
    return "\n".join(
        f"  rows: {one}" + f"\n    {one.query};" * (one.rows != 0 and bool(one.query))
        for one in rejected
    )


def github_annotation(
    created: Created | None, find: Find, undecided: Undecided | None = None
) -> str:
    """Return the annotation of `create --check` for a missing migration, in the first place that
    `find` finds; no text if no migration is missing."""
    if created is None and undecided is None:
        return ""
    hazards = (f"warning: {hazard}" for hazard in created.hazards) if created else ()
    operations, open_ = created.operations if created else (), str(undecided or "")
    lines = [*operations, *hazards, open_, as_called(MISSING)]
    changes = (*created.changes, *created.renaming.items) if created else ()
    at = place_of_any(find, undecided.changes if undecided else changes)
    return annotation("missing migration", "\n".join(filter(None, lines)), at)


def passed_over(found: Found) -> Iterator[str]:
    """Yield a line that names the base classes without a table, if there are any."""
    if names := tableless(found.bases):
        yield (
            f"base classes without a table: {', '.join(names)} "
            "(a list MODELS decides which classes have tables)"
        )
