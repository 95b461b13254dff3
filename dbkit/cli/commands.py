"""The commands: each parses its options, calls one function, prints the result, and exits.

Exit codes: 0 success, 1 the answer is no (a difference, a pending migration), 2 an error.

A command imports what it needs when it runs, so that `--help` and `status` start fast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

import dbkit

from .. import migration, seeding
from ..errors import MigrationError, Refused
from ..limits import LIMITS
from ..verification.report import Report
from .options import Session, answer, command, main, require_encodable

if TYPE_CHECKING:
    from ..connection import Target

__all__ = ["main"]


@command("database", "models", "migrations", "seeds", *LIMITS)
def up_(session: Session) -> None:
    """Migrate, seed and verify the database."""
    from .. import config

    found, limits = session.found, session.settings.limits
    _migrated(migration.migrate(session.database, session.settings.migrations, limits=limits))
    if session.production:
        click.echo("seed: skipped, DBKIT_ENV is production")
    elif not config.is_directory(session.settings.seeds):
        click.echo(f"seed: skipped, there is no directory {session.settings.seeds}")
    else:
        result = seeding.seed(session.database, session.seeded, session.settings.seeds, limits)
        click.echo(f"seed: {result.summary}")
    settings = session.settings
    report = dbkit.verify(
        session.database,
        found.models,
        settings.migrations,
        ignore=settings.ignore,
        bases=found.bases,
    )
    _report(report, prefix="verify: ")


def _migrated(names: list[str], done: str = "applied") -> None:
    click.echo(f"migrate: {done} {', '.join(names)}" if names else "migrate: nothing to apply")


FORMATS = {
    "text": Report.to_text,
    "json": Report.to_json,
    "github": Report.to_github,
    "sql": Report.to_sql,
}
EXACT = ("json", "sql")  # formats that programs read
reporting = [
    click.option("--format", "format_", type=click.Choice(list(FORMATS)), default="text",
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


def _report(
    report: Report, format_: str = "text", allow_unverified: bool = False, prefix: str = ""
) -> None:
    """Print a report, and exit with the code of its result."""
    text = FORMATS[format_](report)
    if format_ in EXACT:
        require_encodable(text)
    if text:
        click.echo(text if report else prefix + text)
    if report.unverified and not allow_unverified:
        click.get_current_context().exit(2)
    answer(not report.changes)


@command("database", reads=True)
def check_(session: Session) -> None:
    """Connect to the database and describe the connection."""
    from .. import diagnosis

    for name, value in vars(diagnosis.facts(session.database)).items():
        if value != "-":
            click.echo(f"{name}: {value:.2f} ms" if name == "latency" else f"{name}: {value}")


out_of_order = click.option(
    "--allow-out-of-order",
    is_flag=True,
    help="Accept numbers that repeat, are missing, or come late.",
)


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


@command("database", "models", "migrations", opens=False)
@click.argument("name", default="auto")
@click.option(
    "--rename",
    metavar="OLD:NEW",
    multiple=True,
    help="Rename table.column:new, table:new or type.label:new.",
)
@click.option(
    "--no-rename", is_flag=True, help="Treat everything else that was removed as dropped."
)
@click.option(
    "--fill",
    metavar="TABLE.COLUMN=VALUE",
    multiple=True,
    help="Value of the existing rows in a new NOT NULL column.",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with code 1 if a migration is missing."
)
@click.option("--empty", is_flag=True, help="Create an empty migration to edit by hand.")
@out_of_order
def create_(
    session: Session,
    name: str,
    rename: tuple[str, ...],
    no_rename: bool,
    fill: tuple[str, ...],
    check: bool,
    empty: bool,
    allow_out_of_order: bool,
) -> None:
    """Create a migration for the changed models.

    Runs the migration forwards and backwards on a scratch database before it writes the file.
    """
    from ..prompts import created_text, passed_over, questions

    database, directory = session.target.database(), session.settings.migrations
    if empty:
        click.echo(f"create: {migration.create_empty(database, directory, name)}")
        return
    found = session.found
    for line in passed_over(found):
        click.echo(line, err=True)
    try:
        created = migration.create(
            database,
            found.models,
            directory,
            name,
            rename=_pairs(rename, ":", "--rename"),
            no_rename=no_rename,
            fill=_pairs(fill, "=", "--fill"),
            write=not check,
            allow_out_of_order=allow_out_of_order,
            ignore=session.settings.ignore,
            passed_over=(*found.bases, *found.outside),
            **({} if check else questions()),
        )
    except migration.Undecided as error:
        if not check:
            raise
        click.echo(f"create: a migration would be made\n{error}")
        answer(False)
    click.echo(created_text(created, directory, check))
    answer(not check or created is None)


def _pairs(texts: tuple[str, ...], sign: str, flag: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        before, between, after = text.partition(sign)
        if not between or not before or before in pairs:
            wrong = "is given twice" if between and before else f"has no {sign}"
            raise click.BadParameter(f"{before or text} {wrong}", param_hint=flag)
        pairs[before] = after
    return pairs


@command("database", "migrations", *LIMITS)
@click.option("--name", metavar="MIGRATION", help="Apply migrations up to this name.")
@click.option("--fake", is_flag=True, help="Mark migrations as applied without running them.")
@out_of_order
def migrate_(session: Session, name: str | None, fake: bool, allow_out_of_order: bool) -> None:
    """Apply the pending migrations."""
    settings = session.settings
    names = migration.migrate(
        session.database, settings.migrations, name, fake, allow_out_of_order, settings.limits
    )
    _migrated(names, "marked as applied" if fake else "applied")


@command("database", "migrations", *LIMITS)
@click.option(
    "--count",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Number of migrations, newest first.",
)
def rollback_(session: Session, count: int) -> None:
    """Roll back the last migrations."""
    settings = session.settings
    for name in migration.rollback(
        session.database, settings.migrations, count, limits=settings.limits
    ):
        click.echo(f"rollback: {name}")


@command("database", "migrations", reads=True)
def status_(session: Session) -> None:
    """List applied and pending migrations.

    Exit with code 1 if a migration is pending, and with code 2 if the files and the history
    contradict each other.
    """
    found = migration.status(session.database, session.settings.migrations)
    for name in found.applied:
        click.echo(f"[x] {name}" + " (its file is gone)" * (name in found.gone))
    for name in found.pending:
        click.echo(f"[ ] {name}")
    for sentence in found.disorder:
        click.echo(f"out of order: {sentence}")
    click.echo(f"applied: {len(found.applied)}, pending: {len(found.pending)}")
    if found.errors:
        raise MigrationError("\n".join(found.errors))
    answer(not found.pending)


@command("database", "models", "seeds", *LIMITS)
def seed_(session: Session) -> None:
    """Load the seed files.

    Inserts missing rows, and updates rows that differ.
    """
    if session.production:
        raise Refused("Seeds are development data, and DBKIT_ENV is production.")
    settings = session.settings
    click.echo(seeding.seed(session.database, session.seeded, settings.seeds, settings.limits))


@command("database", "models", "migrations", reads=True)
@click.option(
    "--strict", is_flag=True, help="Report tables that no model describes as differences."
)
@_with(reporting)
def verify_(session: Session, strict: bool, format_: str, allow_unverified: bool) -> None:
    """Compare the models with the live database.

    Exit with code 1 if they differ.
    """
    settings = session.settings
    found = session.found
    report = dbkit.verify(
        session.database, found.models, settings.migrations, strict, settings.ignore, found.bases
    )
    _report(report, format_, allow_unverified)


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


@command("database", "models", "migrations", "seeds", *LIMITS)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--seed", "with_seeds", is_flag=True, help="Load the seed files afterwards.")
def reset_(session: Session, yes: bool, with_seeds: bool) -> None:
    """Roll back all migrations and apply them again.

    Drops all data in their tables.
    """
    if session.production:
        raise Refused("A reset destroys all data, and DBKIT_ENV is production.")
    if not yes:
        _confirm(session.target)
    models = session.seeded if with_seeds else []
    settings = session.settings
    _migrated(migration.reset(session.database, settings.migrations, settings.limits))
    if with_seeds:
        result = seeding.seed(session.database, models, settings.seeds, settings.limits)
        click.echo(f"seed: {result.summary}")


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
