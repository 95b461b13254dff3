"""The command `seed`, and what other commands do with seed files."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from .. import seeding
from ..limits import LIMITS
from .options import Session, answer, command, exclusive
from .previews import text_or_json

if TYPE_CHECKING:
    from ..seeding import Preview, Result


@command("database", "models", "seeds", *LIMITS, "quiet")
@click.argument("tables", metavar="[TABLE]...", nargs=-1)
@click.option("--prune", is_flag=True, help="Delete rows that an earlier run inserted and that are "
              "no longer in the files.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show each row that would change; change nothing.")
@click.option("--check", is_flag=True, help="Exit with code 1 if the database lacks a seeded row.")
@text_or_json
def seed_(
    session: Session,
    tables: tuple[str, ...],
    prune: bool,
    dry_run: bool,
    check: bool,
    format_: str,
) -> None:
    """Load the seed files.

    Inserts missing rows, and updates rows that differ. With TABLE, loads only these tables and
    their parents.
    """
    exclusive("prune", "dry_run", "check")
    if dry_run or check:
        preview = compared(session, tables, rows=dry_run)
        session.output.values["seed"] = vars(preview)
        session.output.say(str(preview), even_if_quiet=bool(preview))
        if check:
            answer_seeds(preview)
        return
    result = loaded(session, tables, prune)
    session.output.values["seed"] = vars(result)
    session.output.say(str(result))


def loaded(session: Session, tables: tuple[str, ...] = (), prune: bool = False) -> Result:
    """Load the seed files of the session, with a progress bar on a terminal."""
    from .progress_bar import ProgressBar

    settings = session.settings
    with closing(ProgressBar(session.output.is_json or settings.quiet)) as progress:
        result = seeding.seed(
            session.database,
            session.seeded,
            settings.seeds,
            settings.limits,
            tables=tables,
            environment=settings.seeds_environment,
            prune=prune,
            progress=progress,
        )
    _note(session, result.notes)
    return result


def compared(session: Session, tables: tuple[str, ...] = (), rows: bool = False) -> Preview:
    """Compare the seed files of the session with its database; with `rows`, print each row that a
    run would change."""
    settings = session.settings
    preview = seeding.check(
        session.database,
        session.seeded,
        settings.seeds,
        tables=tables,
        environment=settings.seeds_environment,
        show=(lambda change: session.output.say(str(change))) if rows else None,
    )
    _note(session, preview.notes)
    return preview


def answer_seeds(preview: Preview) -> None:
    """Exit with 1 if a run would change something, and with 2 if dbkit cannot tell."""
    if preview.unknown and not preview:
        click.get_current_context().exit(2)
    answer(not preview)


def _note(session: Session, notes: list[str]) -> None:
    for note in notes:
        if not session.settings.quiet:
            click.echo(f"note: {note}", err=True)
