"""The commands that create and run migrations; see `commands`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import click

from .. import migration
from ..errors import Refused
from ..limits import LIMITS
from . import completion
from .options import Session, command, exclusive
from .output import answer, warn
from .previews import as_sql, echo_plan, echo_script, router_of
from .seed_commands import loaded

if TYPE_CHECKING:
    from ..connection import Target


def migrated(session: Session, names: list[str], done: str = "applied") -> None:
    what = f"{done} {', '.join(names)}" if names else "nothing to apply"
    session.output.say(f"migrate: {what}")


out_of_order = click.option(
    "--allow-out-of-order",
    is_flag=True,
    help="Accept files that share a number, and pending files whose number is below that of an "
    "applied file.",
)


def accepting(
    session: Session, run: Callable[[Collection[str] | None, int], list[str]]
) -> list[str]:
    """Return the names of the files that `run` has run. It gets the names of those that may lose
    data, and the number of files that have run before. In production a person is asked about each
    loss; without a terminal, and for a program, WouldLoseData is raised."""
    from ..migration.data_loss import WouldLoseData
    from ..prompts import is_terminal

    accepted, ran = session.settings.may_lose_data, list[str]()
    while True:
        try:
            return ran + run(accepted, len(ran))
        except WouldLoseData as error:
            ran += error.ran
            if not is_terminal() or session.output.is_json or accepted is None:
                raise
            click.echo(f"warning: {error.message}")
            if not click.confirm("Continue, and lose this data?"):
                raise
            accepted |= {error.name}


@command("database", "migrations", *LIMITS, "allow_edited", "accept_data_loss", runs=True)
@click.option(
    "--to",
    "--name",
    "to",
    metavar="NAME",
    shell_complete=completion.migrations,
    help="Stop after this migration, which may be given by its name, its number, or the beginning "
    "of its name.",
)
@click.option("--fake", is_flag=True, help="Mark migrations as applied without running them.")
@out_of_order
@as_sql
@click.option(
    "--plan",
    "as_plan",
    is_flag=True,
    help="Print the operations with their risks and locks, and change nothing in the database.",
)
def migrate_(
    session: Session,
    to: str | None,
    fake: bool,
    allow_out_of_order: bool,
    sql: bool,
    as_plan: bool,
) -> None:
    """Apply the pending migrations.

    Each migration runs in a transaction of its own, so a failure keeps those before it. In
    production, the command asks before it runs a migration that loses data.
    """
    settings = session.settings
    exclusive("sql", "as_plan")
    if as_plan:
        from ..migration.plan import plan

        router = router_of(session, allow_out_of_order)
        echo_plan(session, plan(router, to, fake, settings.ignore))
        return
    exclusive("sql", "format_")
    if sql:
        from ..migration import dry_run

        router = router_of(session, allow_out_of_order)
        echo_script(dry_run.migrate(router, to, fake, settings.ignore))
        return
    names = accepting(
        session,
        lambda accepted, _: migration.migrate(
            session.database,
            settings.migrations,
            to,
            fake,
            allow_out_of_order,
            settings.limits,
            settings.allow_edited,
            accepted,
            session.output,
        ),
    )
    migrated(session, names, "marked as applied" if fake else "applied")


@command("database", "migrations", *LIMITS, "allow_edited", "accept_data_loss", runs=True)
@click.option(
    "--count",
    metavar="N",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Roll back this number of migrations, the newest first.",
)
@click.option(
    "--to",
    metavar="NAME",
    shell_complete=completion.migrations,
    help="Roll back every migration after this one, which may be given by its name, its number, or "
    "the beginning of its name.",
)
@as_sql
def rollback_(session: Session, count: int, to: str | None, sql: bool) -> None:
    """Roll back the last migration, or several.

    In production, the command asks before it runs a rollback that loses data.
    """
    settings = session.settings
    exclusive("count", "to")
    exclusive("sql", "format_")
    if sql:
        from ..migration import dry_run

        echo_script(dry_run.rollback(router_of(session), to, count, settings.ignore))
        return
    names = accepting(
        session,
        lambda accepted, ran: migration.rollback(
            session.database,
            settings.migrations,
            count - ran,
            limits=settings.limits,
            to=to,
            allow_edited=settings.allow_edited,
            may_lose_data=accepted,
            log=session.output,
        ),
    )
    if not names:
        session.output.say("rollback: nothing to roll back")


@command("migrations", opens=False)
@click.option(
    "--after",
    metavar="MIGRATION",
    help="Keep the number of this migration, and renumber those that share it.",
    shell_complete=completion.migrations,
)
def renumber_(session: Session, after: str | None) -> None:
    """Rename migrations that share a number.

    After a merge of two branches, files of both may have the same number. The migrations of the
    main branch keep their numbers, and the others follow them.
    """
    from ..migration.renumber import renumber
    from ..prompts import is_terminal, which_first

    choose = which_first if is_terminal() else None
    new = renumber(session.settings.migrations, after, choose)
    session.output.values["renamed"] = new
    for old, name in new.items():
        session.output.say(f"renumber: {old} -> {name}")
    if not new:
        session.output.say("renumber: nothing to do, every number is used once")


@command("database", "models", "migrations", "seeds", *LIMITS, runs=True)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--seed", "with_seeds", is_flag=True, help="Load the seed files at the end.")
def reset_(session: Session, yes: bool, with_seeds: bool) -> None:
    """Roll back all migrations and apply them again.

    This destroys all data in their tables. In production, it is refused.
    """
    if session.production:
        raise Refused("A reset destroys all data, and DBKIT_ENV is production.")
    if not yes:
        _confirm(session.target)
    if with_seeds:
        session.found  # noqa: B018 - models that cannot be imported are an error before the reset
    settings = session.settings
    names = migration.reset(session.database, settings.migrations, settings.limits, session.output)
    migrated(session, names)
    if with_seeds:
        session.output.seeded(loaded(session))


def _confirm(target: Target) -> None:
    click.echo(f"This destroys all data in the tables of {target.display}.")
    try:
        typed = click.prompt(
            f"Type the name of the database, {target.name}, to continue",
            default="",
            show_default=False,
        )
    except click.Abort:
        typed = ""
    if typed.strip() != target.name:
        raise Refused("Not confirmed; nothing was changed.", "Use --yes to skip the question.")


@command("database", "models", "migrations", opens=False)
@click.option(
    "--since",
    metavar="REVISION",
    help="Prove only the files that changed since this revision of git.",
)
@out_of_order
def prove_(session: Session, since: str | None, allow_out_of_order: bool) -> None:
    """Prove that every migration runs up, down and up again.

    The command runs each file, also those written by hand, on a scratch database with rows, and
    compares the final schema with the models. The exit code is 1 if a file is not proven.
    """
    from ..migration.directory_notes import directory_notes
    from ..migration.prove_directory import prove_directory
    from ..prompts import proof_text

    found, settings, output, proven = session.found, session.settings, session.output, True
    proofs = output.values["proofs"] = []
    warn(directory_notes(settings.migrations))
    for proof in prove_directory(
        session.target.database(),
        found.models,
        settings.migrations,
        since=since,
        ignore=settings.ignore,
        passed_over=(*found.bases, *found.outside),
        allow_out_of_order=allow_out_of_order,
    ):
        keys = ("name", "proven", "text", "warnings")
        proofs.append({key: getattr(proof, key) for key in keys})
        proven = proven and proof.proven
        noted = not proof.proven or bool(proof.warnings)
        output.say(proof_text(proof), even_if_quiet=noted)
    answer(proven)
