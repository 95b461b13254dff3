"""`create`; see `commands`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from .. import migration
from .migration_commands import out_of_order
from .options import Session, command
from .output import answer

if TYPE_CHECKING:
    import peewee as pw


@command("database", "models", "migrations", opens=False, formats=("text", "json", "github"))
@click.argument("name", nargs=-1)
@click.option(
    "--rename",
    metavar="OLD:NEW",
    multiple=True,
    help="Rename instead of dropping and adding: table.column:new, table:new or type.label:new. "
    "Can be repeated.",
)
@click.option(
    "--no-rename",
    is_flag=True,
    help="Do not ask about renames: drop every table, column and label that the models no longer "
    "have, except those of --rename.",
)
@click.option(
    "--fill",
    metavar="TABLE.COLUMN=VALUE",
    multiple=True,
    help="Give the existing rows this value in a new NOT NULL column. After sql:, the value is an "
    "SQL expression. Can be repeated.",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with code 1 if a migration is missing."
)
@click.option(
    "--count-rows",
    is_flag=True,
    help="Count the rows of the database that a new UNIQUE, CHECK or NOT NULL would reject.",
)
@click.option("--empty", is_flag=True, help="Create an empty migration to edit by hand.")
@out_of_order
def create_(
    session: Session,
    name: tuple[str, ...],
    rename: tuple[str, ...],
    no_rename: bool,
    fill: tuple[str, ...],
    check: bool,
    count_rows: bool,
    empty: bool,
    format_: str,
    allow_out_of_order: bool,
) -> None:
    """Create a migration for the changed models.

    NAME may be several words: "add phone" becomes the file 004_add_phone.py.

    Before the command writes the file, it runs the migration up, down and up again on a scratch
    database.
    """
    from ..prompts import created_for_programs, created_text, passed_over, questions

    if format_ == "github" and not check:
        raise click.UsageError("--format github is for --check.")
    words = " ".join(name) if name else "auto"
    database, directory = session.target.database(), session.settings.migrations
    output = session.output
    if empty:
        path = migration.create_empty(database, directory, words)
        output.values["migrations"] = [{"name": path.stem, "path": str(path)}]
        output.say(f"create: {path}")
        return
    found = session.found
    for line in passed_over(found):
        if not session.settings.quiet:
            click.echo(line, err=True)
    output.values |= {"migrations": [], "undecided": None}
    with _live(session) if count_rows else nullcontext() as live:
        try:
            created = migration.create(
                database,
                found.models,
                directory,
                words,
                rename=_pairs(rename, ":", "--rename"),
                no_rename=no_rename,
                fill=_pairs(fill, "=", "--fill"),
                write=not check,
                allow_out_of_order=allow_out_of_order,
                ignore=session.settings.ignore,
                passed_over=(*found.bases, *found.outside),
                **({} if check or output.is_json else questions()),
            )
        except migration.Undecided as error:
            if not check:
                raise
            output.values["undecided"] = str(error)
            _say(session, format_, f"create: a migration would be made\n{error}", None, str(error))
            answer(False)
        rows = _counted(session, live, created)
    output.values["migrations"] = created_for_programs(created, directory, check)
    _say(session, format_, created_text(created, directory, check) + rows, created)
    answer(not check or created is None)


@contextmanager
def _live(session: Session) -> Iterator[pw.Database]:
    """Open the database of the settings for reading."""
    from ..connection import opened

    display = session.target.display
    if not session.settings.quiet:
        click.echo(f"database: {display}", err=True)
    with opened(session.target.database(read_only=True), display) as database:
        yield database


def _counted(session: Session, live: pw.Database | None, created: migration.Created | None) -> str:
    """The lines about the rows of the database that the migration would reject."""
    from ..migration.rejected_rows import TIMEOUT, rejected_rows
    from ..prompts import rejected_text

    if live is None:
        return ""
    timeout = session.settings.limits.statement_timeout or TIMEOUT
    rejected = rejected_rows(live, created, timeout) if created else []
    session.output.values["rows"] = [vars(one) for one in rejected]
    return rejected_text(rejected)


def _say(
    session: Session, format_: str, text: str, created: migration.Created | None, error: str = ""
) -> None:
    """Print the result: a text, or an annotation if a migration is missing."""
    from ..prompts import github_annotation

    is_news = bool(error) or (created is not None and bool(created.hazards or not created.proof))
    if format_ == "github":
        text = github_annotation(created, error)
    if text or format_ == "text":
        session.output.say(text, even_if_quiet=is_news)


def _pairs(texts: tuple[str, ...], sign: str, flag: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        before, between, after = text.partition(sign)
        if not between or not before or before in pairs:
            wrong = "is given twice" if between and before else f"has no {sign}"
            raise click.BadParameter(f"{before or text} {wrong}", param_hint=flag)
        pairs[before] = after
    return pairs
