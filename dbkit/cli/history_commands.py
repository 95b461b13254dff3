"""The commands that show and correct what is recorded of the applied migrations; see `commands`."""

from __future__ import annotations

import click

from .. import migration
from ..errors import MigrationError, Refused
from ..limits import LIMITS
from .options import Session, answer, command, echo_json, exclusive
from .previews import text_or_json


@command("database", "migrations", "allow_edited", reads=True)
@click.option("--log", is_flag=True, help="Show when, how long and by whom each file was applied.")
@text_or_json
def status_(session: Session, log: bool, format_: str) -> None:
    """List applied and pending migrations.

    Exit with code 1 if a migration is pending, and with code 2 if the files and the history
    contradict each other.
    """
    settings = session.settings
    found = migration.status(session.database, settings.migrations, settings.allow_edited)
    if format_ == "json":
        echo_json(**found.to_dict())
    else:
        click.echo(found.to_text(log))
    if found.errors:
        raise MigrationError("\n".join(found.errors))
    answer(not found.pending and not found.half_done)


@command("database", "migrations", *LIMITS)
@click.argument("names", metavar="[MIGRATION]...", nargs=-1)
@click.option("--applied", metavar="MIGRATION", help="Mark this file as applied, without running.")
@click.option(
    "--pending", metavar="MIGRATION", help="Mark this file as not applied, without rolling back."
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def repair_(
    session: Session, names: tuple[str, ...], applied: str | None, pending: str | None, yes: bool
) -> None:
    """Accept edited migrations as they are now.

    Or mark one file as applied or not applied. Runs no migration, and changes only the history.
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
    for change in changes:
        click.echo(f"repair: {change}")
    if not changes:
        click.echo("repair: nothing to do, no applied migration was edited")
        return
    if not yes:
        _confirm()
    repair.run(changes)
    click.echo("repair: done")


def _confirm() -> None:
    from ..prompts import is_terminal

    if not is_terminal():
        raise Refused(
            "The repair was not confirmed, and without a terminal nobody can be asked.",
            "Use --yes to skip the question.",
        )
    if not click.confirm("Change the history of this database?"):
        raise Refused("Not confirmed; nothing was changed.", "Use --yes to skip the question.")
