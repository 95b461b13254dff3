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
from ..called_as import as_called
from ..limits import LIMITS
from . import (
    completion,
    create_command,
    dump_command,
    history_commands,
    picture_commands,
    seed_commands,
)
from .migration_commands import accepting, migrated
from .options import Session, command, main
from .output import answer, require_encodable, unknown
from .seed_commands import LOAD, answer_seeds, compared, loaded

if TYPE_CHECKING:
    from ..verification.report import Report

__all__ = [
    "create_command",
    "dump_command",
    "history_commands",
    "main",
    "picture_commands",
    "seed_commands",
]


@command("database", "models", "migrations", "seeds", *LIMITS, "allow_edited", "accept_data_loss",
         runs=True)  # fmt: skip
def up_(session: Session) -> None:
    """Migrate, seed and verify the database.

    The command applies the pending migrations, loads the seed files if there is a directory of
    seeds, and compares the database with the models. The exit code is 1 if they differ.
    """
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
    _exit(session, report)


FORMATS = ("text", "json", "github", "sarif", "html", "sql")
EXACT = ("json", "sql")  # formats that programs read
SEED_FORMATS = ("text", "json")  # of verify --seeds
reporting = [
    click.option("--allow-unverified", is_flag=True,
                 help="Do not exit with code 2 because of objects that could not be compared."),
]  # fmt: skip


def _with(options: list[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def add(function: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def _report(session: Session, report: Report, format_: str, allow_unverified: bool) -> NoReturn:
    """Print a report, and exit with the code of its result."""
    if format_ == "json":
        session.output.values |= json.loads(report.to_json())
    elif format_ == "text":
        session.output.say(report.to_text(session.output.verbose), even_if_quiet=bool(report))
    else:
        text = getattr(report, f"to_{format_}")()
        if format_ in EXACT:
            require_encodable(text)
        if format_ == "sql":
            click.echo("".join(f"error: {one}\n" for one in report.history), nl=False, err=True)
        if text:
            click.echo(text)
    _exit(session, report, allow_unverified)


def _exit(session: Session, report: Report, allow_unverified: bool = False) -> NoReturn:
    if report.history:
        unknown(session.output, "\n".join(report.history))
    if report.unverified and not allow_unverified:
        names = ", ".join(name for name, _ in report.unverified)
        unknown(session.output, f"Not verified: {names}.", "--allow-unverified accepts this.")
    answer(not report.changes)


@command("database", reads=True)
def check_(session: Session) -> None:
    """Connect to the database and describe the connection.

    If the connection fails, the message names the cause and the next step.
    """
    from .. import diagnosis

    facts = vars(diagnosis.facts(session.database))
    known = {name: value for name, value in facts.items() if value != "-"}
    session.output.values |= {name: known.get(name) for name in facts}
    for name, value in known.items():
        session.output.say(f"{name}: {value:.2f} ms" if name == "latency" else f"{name}: {value}")
    if session.target.directory:  # the folder of the socket is known only now
        names = ("host", "port", "user")
        words = " ".join(f"{name}={session.database.connect_params[name]}" for name in names)
        session.output.say(f'connect with: psql "{words} dbname={session.target.name}"')


@command("database", "models", "migrations", *LIMITS)
@click.option(
    "--schema",
    "schemas",
    multiple=True,
    metavar="NAME",
    help="Adopt only the tables of this schema, on PostgreSQL. Can be repeated.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="PATTERN",
    shell_complete=completion.tables,
    help="Adopt only tables whose names match this pattern. Can be repeated.",
)
@click.option("--skip", multiple=True, metavar="PATTERN", shell_complete=completion.tables,
              help="Leave out tables whose names match this pattern. Can be repeated.")  # fmt: skip
def init_(
    session: Session, schemas: tuple[str, ...], only: tuple[str, ...], skip: tuple[str, ...]
) -> None:
    """Write models and a first migration for an existing database.

    The command writes models that describe the tables, a migration that creates them, and the
    configuration. It marks the migration as applied, and changes nothing else in the database.
    """
    from .. import adoption, config

    settings = session.settings
    directory = config.adopting(settings, click.get_current_context().params["migrations"])
    adopted = adoption.adopt(
        session.database,
        settings.models,
        directory,
        settings.ignore,
        limits=settings.limits,
        scope=adoption.Scope(schemas, only, skip),
    )
    output, files = session.output, adopted.files if adopted else ()
    notes = adopted.notes if adopted else ()
    output.values |= {
        "written": [str(path) for path in files],
        "baseline": adopted.baseline if adopted else None,
        "warnings": [str(one) for note in notes if note.is_warning for one in note.objects],
        "notes": [note.to_json() for note in notes],
    }
    if adopted is None:
        output.say("init: nothing to do, the migrations match the database")
        return
    for path in files:
        output.say(f"init: wrote {path}")
    output.say(f"init: {adopted.baseline} is marked as applied")
    for note in notes:
        word = "warning" if note.is_warning else "note"
        output.say(f"  {word}: {note}", even_if_quiet=note.is_warning)
        for one in note.objects if output.verbose and len(note.objects) > 1 else ():
            output.say(f"    {one}", even_if_quiet=note.is_warning)


@command("database", "models", "migrations", "allow_edited", reads=True, formats=FORMATS)
@click.option(
    "--strict", is_flag=True, help="Report tables that no model describes as differences."
)
@click.option(
    "--seeds", "with_seeds", is_flag=True, help="Also compare the rows of the seed files."
)
@_with(reporting)
def verify_(
    session: Session, strict: bool, with_seeds: bool, format_: str, allow_unverified: bool
) -> None:
    """Compare the models with the live database.

    The command changes neither. The exit code is 1 if they differ, and 2 if an object could not be
    compared, or if an applied migration was edited.
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
        _report(session, report, format_, allow_unverified)
    if format_ not in SEED_FORMATS:
        raise click.UsageError(f"--seeds has no --format {format_}.")
    preview = compared(session)
    session.output.values |= {**json.loads(report.to_json()), "seeds": vars(preview)}
    seeds = "".join(f"\nseeds: {line}" for line in str(preview).splitlines())
    seeds += as_called(f"\n{LOAD}") * bool(preview)
    session.output.say(
        f"{report.to_text(session.output.verbose)}{seeds}", even_if_quiet=bool(preview)
    )
    answer_seeds(session, preview)


@command("database", "models", "migrations", opens=False, formats=FORMATS)
@click.argument("current", metavar="A", shell_complete=completion.sides)
@click.argument("desired", metavar="B", shell_complete=completion.sides)
@click.option(
    "--no-ignore",
    is_flag=True,
    help="Compare also what the setting `ignore` names, such as triggers, policies and views.",
)
@_with(reporting)
def diff_(
    session: Session,
    current: str,
    desired: str,
    no_ignore: bool,
    format_: str,
    allow_unverified: bool,
) -> None:
    """Compare the schemas A and B.

    A and B are each `models`, `migrations`, `live`, or the URL of a database. The exit code is 1 if
    they differ. With --format sql, the command prints the statements that change A into B.
    """
    from ..verification.sources import Sources

    settings = session.settings
    sources = Sources(session.target, settings.migrations, lambda: session.found)
    _report(
        session,
        sources.diff(current, desired, () if no_ignore else settings.ignore),
        format_,
        allow_unverified,
    )
