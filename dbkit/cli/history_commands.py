"""The commands that show and correct what is recorded of the applied migrations; see `commands`."""

from __future__ import annotations

import click

from .. import migration
from ..errors import MigrationError, Refused
from ..limits import LIMITS
from . import completion
from .options import Session, command, exclusive
from .output import answer


@command("database", "migrations", "allow_edited", reads=True)
@click.option(
    "--log", is_flag=True, help="Show when each file was applied, by whom, and how long it ran."
)
def status_(session: Session, log: bool) -> None:
    """List applied and pending migrations.

    The exit code is 1 if a migration is pending, and 2 if the files and the history contradict each
    other.
    """
    settings = session.settings
    found = migration.status(session.database, settings.migrations, settings.allow_edited)
    complete = not (found.pending or found.half_done)
    session.output.values |= found.to_dict()
    session.output.say(found.to_text(log), even_if_quiet=not complete or bool(found.errors))
    if found.errors:
        raise MigrationError("\n".join(found.errors))
    answer(complete)


@command("database", "migrations", *LIMITS)
@click.argument("names", metavar="[MIGRATION]...", nargs=-1, shell_complete=completion.migrations)
@click.option(
    "--applied",
    metavar="MIGRATION",
    help="Mark this migration as applied, without running it.",
    shell_complete=completion.migrations,
)
@click.option(
    "--pending",
    metavar="MIGRATION",
    help="Mark this migration as not applied, without rolling it back.",
    shell_complete=completion.migrations,
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def repair_(
    session: Session,
    names: tuple[str, ...],
    applied: str | None,
    pending: str | None,
    yes: bool,
) -> None:
    """Correct the record of the applied migrations.

    Without options, the command accepts edited migrations as they are now: all, or each MIGRATION.
    With --applied or --pending, it marks one migration instead. It runs no migration, and changes
    only the history.
    """
    exclusive("applied", "pending")
    if names and (applied or pending):
        raise click.UsageError("Give --applied or --pending the only migration.")
    repair = migration.Repair(
        session.database,
        session.settings.migrations,
        names,
        applied,
        pending,
        session.settings.limits,
    )
    changes = repair.changes()
    output = session.output
    output.values |= {"changes": [vars(change) for change in changes], "done": False}
    for change in changes:
        output.say(f"repair: {change}", even_if_quiet=not yes)
    if not changes:
        output.say("repair: nothing to do, no applied migration was edited")
        return
    if not yes:
        _confirm()
    repair.run(changes)
    output.values["done"] = True
    output.say("repair: done")


def _confirm() -> None:
    from ..prompts import is_terminal

    if not is_terminal():
        raise Refused(
            "The repair was not confirmed, and without a terminal nobody can be asked.",
            "Use --yes to skip the question.",
        )
    if not click.confirm("Change the history of this database?"):
        raise Refused("Not confirmed; nothing was changed.", "Use --yes to skip the question.")
