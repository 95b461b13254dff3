"""The command `seed`, and what other commands do with seed files."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import click

from .. import seeding
from ..called_as import as_called
from ..limits import LIMITS
from . import completion
from .options import Session, command, exclusive
from .output import answer, unknown

if TYPE_CHECKING:
    from ..seeding import Preview, Result

LOAD = "To load the seed files, run `python -m dbkit seed`."
COUNT = re.compile(r"[0-9]{1,12}")


@command("database", "models", "seeds", *LIMITS)
@click.argument("tables", metavar="[TABLE]...", nargs=-1, shell_complete=completion.tables)
@click.option("--prune", is_flag=True, help="Also delete the rows that an earlier run inserted "
              "and that are no longer in the files.")  # fmt: skip
@click.option(
    "--dry-run", is_flag=True, help="Show each row that would change, and change nothing."
)
@click.option(
    "--check",
    is_flag=True,
    help="Change nothing; exit with code 1 if the database lacks a seeded row, or if a row "
    "differs.",
)
@click.option("--fake", metavar="TABLE=COUNT", multiple=True, help="Insert this number of "
              "generated rows into a table, and read no seed files. Can be repeated.")  # fmt: skip
@click.option("--seed", "number", type=int, metavar="N", help="Choose the rows of --fake: the same "
              "number always gives the same rows (default: 0).")  # fmt: skip
def seed_(
    session: Session,
    tables: tuple[str, ...],
    prune: bool,
    dry_run: bool,
    check: bool,
    fake: tuple[str, ...],
    number: int | None,
) -> None:
    """Load the seed files.

    The command inserts missing rows, and updates rows that differ. With TABLE, it loads only these
    tables and those to which they refer. With --fake, it inserts generated rows instead.
    """
    exclusive("dry_run", "check", "fake")
    exclusive("prune", "fake")
    if fake or number is not None:
        made(session, fake, tables, number)
        return
    if dry_run or check:
        preview = compared(session, tables, rows=dry_run, prune=prune)
        session.output.values["seed"] = vars(preview)
        text = "\n".join([str(preview), *[as_called(LOAD)] * bool(preview and check)])
        session.output.say(text, even_if_quiet=bool(preview or preview.unknown))
        if check:
            answer_seeds(session, preview)
        return
    result = loaded(session, tables, prune)
    session.output.values["seed"] = vars(result)
    session.output.say(str(result))


def made(
    session: Session, fakes: tuple[str, ...], tables: tuple[str, ...], number: int | None
) -> None:
    """Insert made rows, and print their numbers."""
    if not fakes or tables:
        raise click.UsageError("--seed N and --fake TABLE=COUNT belong together, without TABLE.")
    from ..seeding.fake import fake
    from .progress_bar import ProgressBar

    settings, counts = session.settings, counts_of(fakes)
    with closing(ProgressBar(session.output.is_json or settings.quiet, " rows")) as progress:
        result = fake(
            session.database, session.seeded, counts, number or 0, settings.limits,
            progress=progress,
        )  # fmt: skip
    _note(session, result.notes)
    session.output.values["seed"] = vars(result)
    for table, count in result.inserted.items():
        session.output.say(f"{table}: {count} inserted")


def counts_of(fakes: tuple[str, ...]) -> dict[str, int]:
    """Return the counts by table that the options --fake give."""
    counts: dict[str, int] = {}
    for option in fakes:
        table, _, count = option.rpartition("=")
        if not table or not COUNT.fullmatch(count):
            raise click.UsageError(
                f"--fake {option}: write TABLE=COUNT, with a whole number of rows: users=100."
            )
        if table in counts:
            raise click.UsageError(f"--fake names {table} twice.")
        counts[table] = int(count)
    return counts


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
            prune=prune,
            progress=progress,
        )
    _note(session, result.notes)
    return result


def compared(
    session: Session, tables: tuple[str, ...] = (), rows: bool = False, prune: bool = False
) -> Preview:
    """Compare the seed files of the session with its database; with `rows`, print each row that a
    run would change."""
    settings = session.settings
    preview = seeding.check(
        session.database,
        session.seeded,
        settings.seeds,
        tables=tables,
        prune=prune,
        show=(lambda change: session.output.say(str(change))) if rows else None,
    )
    _note(session, preview.notes)
    return preview


def answer_seeds(session: Session, preview: Preview) -> None:
    """Exit with 1 if a run would change something, and with 2 if dbkit cannot tell."""
    if preview.unknown and not preview:
        files = ", ".join(map(str, preview.unknown))
        unknown(session.output, f"Not checked: {files}.", "Their functions use the database.")
    answer(not preview)


def _note(session: Session, notes: list[str]) -> None:
    for note in notes:
        if not session.settings.quiet:
            click.echo(f"note: {note}", err=True)
