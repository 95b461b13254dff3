"""The commands: each parses its options, calls one function, prints the result, and exits.

Exit codes: 0 success, 1 the answer is no (a difference, a pending migration), 2 an error.

A command imports what it needs when it runs, so that `--help` and `status` start fast.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import click

import dbkit

from .. import migration
from ..limits import LIMITS
from . import dump_command, history_commands, seed_commands
from .migration_commands import RUNNING, accepting, migrated
from .options import Session, answer, command, echo_json, main, require_encodable
from .previews import text_or_json
from .seed_commands import answer_seeds, compared, loaded

if TYPE_CHECKING:
    from ..verification.report import Report

__all__ = ["dump_command", "history_commands", "main", "seed_commands"]


@command("database", "models", "migrations", "seeds", *RUNNING, "allow_edited", "accept_data_loss")
@text_or_json
def up_(session: Session, format_: str) -> None:
    """Migrate, seed and verify the database."""
    from .. import config

    found, settings, output = session.found, session.settings, session.output
    names = accepting(
        session,
        lambda accepted, _: migration.migrate(
            session.database,
            settings.migrations,
            limits=settings.limits,
            allow_edited=settings.allow_edited,
            may_lose_data=accepted,
            log=output,
        ),
    )
    migrated(session, names)
    if not config.is_directory(session.settings.seeds):
        output.say(f"seed: skipped, there is no directory {session.settings.seeds}")
    else:
        output.seeded(loaded(session))
    report = dbkit.verify(
        session.database,
        found.models,
        settings.migrations,
        ignore=settings.ignore,
        bases=found.bases,
        allow_edited=settings.allow_edited,
    )
    output.values["verify"] = json.loads(report.to_json())
    output.say(
        report.to_text() if report else f"verify: {report.to_text()}", even_if_quiet=bool(report)
    )
    _exit(report)


FORMATS = ("text", "json", "github", "sql")
EXACT = ("json", "sql")  # formats that programs read
SEED_FORMATS = ("text", "json")  # of verify --seeds
reporting = [
    click.option("--format", "format_", type=click.Choice(FORMATS), default="text",
                 show_default=True, help="Format of the report."),
    click.option("--allow-unverified", is_flag=True,
                 help="Do not exit with code 2 for objects that could not be compared."),
]  # fmt: skip


def _with(options: list[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def add(function: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def _report(report: Report, format_: str, allow_unverified: bool) -> None:
    """Print a report, and exit with the code of its result."""
    text = getattr(report, f"to_{format_}")()
    if format_ in EXACT:
        require_encodable(text)
    if format_ == "sql":
        click.echo("".join(f"error: {one}\n" for one in report.history), nl=False, err=True)
    if text:
        click.echo(text)
    _exit(report, allow_unverified)


def _exit(report: Report, allow_unverified: bool = False) -> NoReturn:
    if report.history or (report.unverified and not allow_unverified):
        click.get_current_context().exit(2)
    answer(not report.changes)


@command("database", reads=True)
def check_(session: Session) -> None:
    """Connect to the database and describe the connection."""
    from .. import diagnosis

    for name, value in vars(diagnosis.facts(session.database)).items():
        if value != "-":
            click.echo(f"{name}: {value:.2f} ms" if name == "latency" else f"{name}: {value}")


@command("database", "models", "migrations", *LIMITS)
def init_(session: Session) -> None:
    """Adopt an existing database.

    Writes models, a baseline migration and the configuration.
    """
    from .. import adoption, config

    settings = session.settings
    directory = config.adopting(settings, click.get_current_context().params["migrations"])
    adopted = adoption.adopt(
        session.database, settings.models, directory, settings.ignore, limits=settings.limits
    )
    if adopted is None:
        click.echo("init: nothing to do, the migrations match the database")
        return
    for path in adopted.files:
        click.echo(f"init: wrote {path}")
    click.echo(f"init: {adopted.baseline} is marked as applied")
    for note in adopted.notes:
        click.echo(f"  warning: {note}")


@command("database", "models", "migrations", "allow_edited", reads=True)
@click.option(
    "--strict", is_flag=True, help="Report tables that no model describes as differences."
)
@click.option("--seeds", "with_seeds", is_flag=True, help="Also check the rows of the seed files.")
@_with(reporting)
def verify_(
    session: Session, strict: bool, with_seeds: bool, format_: str, allow_unverified: bool
) -> None:
    """Compare the models with the live database.

    Exit with code 1 if they differ.
    """
    settings = session.settings
    found = session.found
    report = dbkit.verify(
        session.database,
        found.models,
        settings.migrations,
        strict,
        settings.ignore,
        found.bases,
        settings.allow_edited,
    )
    if not with_seeds or report:
        _report(report, format_, allow_unverified)
    if format_ not in SEED_FORMATS:
        raise click.UsageError(f"--seeds has no --format {format_}.")
    preview = compared(session)
    if format_ == "json":
        echo_json(**json.loads(report.to_json()), seeds=vars(preview))
    else:
        seeds = "".join(f"\nseeds: {line}" for line in str(preview).splitlines())
        click.echo(f"{report.to_text()}{seeds}")
    answer_seeds(preview)


@command("database", "models", "migrations", opens=False)
@click.argument("current", metavar="A")
@click.argument("desired", metavar="B")
@_with(reporting)
def diff_(
    session: Session, current: str, desired: str, format_: str, allow_unverified: bool
) -> None:
    """Compare A with B.

    A and B are each `models`, `migrations`, `live`, or the URL of a database. Exit with code 1 if
    they differ. --format sql prints the statements that change A into B.
    """
    from ..verification.sources import Sources

    settings = session.settings
    sources = Sources(session.target, settings.migrations, lambda: session.found)
    _report(sources.diff(current, desired, settings.ignore), format_, allow_unverified)
