"""`create`; see `commands`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from .. import migration
from .migration_commands import out_of_order
from .options import Session, command
from .output import answer, warn

if TYPE_CHECKING:
    from ..migration.rejected_rows import RowCounter


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
    help="Count the rows of the database that a new rule (UNIQUE, CHECK, NOT NULL, a foreign key) "
    "or a narrower type would reject, and print queries that show them.",
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
    from ..migration.directory_notes import directory_notes
    from ..prompts import (
        created_for_programs,
        created_text,
        passed_over,
        questions,
        rejected_text,
    )

    if format_ == "github" and not check:
        raise click.UsageError("--format github is for --check.")
    words = " ".join(name) if name else "auto"
    database, directory = session.target.database(), session.settings.migrations
    output, notes = session.output, [*directory_notes(directory)]
    if empty:
        warn(notes)
        path = migration.create_empty(database, directory, words)
        output.values["migrations"] = [{"name": path.stem, "path": str(path)}]
        output.say(f"create: {path}")
        return
    found = session.found
    for line in passed_over(found):
        if not session.settings.quiet:
            click.echo(line, err=True)
    output.values |= {"migrations": [], "undecided": None}
    with _counting(session, count_rows) as counter:
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
                count=_rows_in_words(counter) if counter else None,
                **({} if check or output.is_json else questions()),
            )
        except migration.Undecided as error:
            if not check:
                raise
            output.values["undecided"] = str(error)
            _note_rows(session, counter)
            _say(session, format_, f"create: a migration would be made\n{error}", None, error)
            answer(False)
        rows = counter.of_all(created) if counter and created else []
        _note_rows(session, counter)
    output.values["migrations"] = created_for_programs(created, directory, check)
    warn(notes if created else ())
    text = "\n".join(filter(None, [created_text(created, directory, check), rejected_text(rows)]))
    _say(session, format_, text, created)
    answer(not check or created is None)


@contextmanager
def _counting(session: Session, count_rows: bool) -> Iterator[RowCounter | None]:
    """Open the database of the settings for reading, if rows are to be counted."""
    from ..connection import opened
    from ..migration.rejected_rows import TIMEOUT, RowCounter

    if not count_rows:
        yield None
        return
    display = session.target.display
    if not session.settings.quiet:
        click.echo(f"database: {display}", err=True)
    with opened(session.target.database(read_only=True), display) as database:
        yield RowCounter(database, session.settings.limits.statement_timeout or TIMEOUT)


def _rows_in_words(counter: RowCounter) -> Callable[..., str]:
    from ..prompts import rejected_text

    return lambda renaming, rule: rejected_text([counter.of_rule(renaming, rule)])


def _note_rows(session: Session, counter: RowCounter | None) -> None:
    """Put the counted rows into the JSON document."""
    if counter:
        session.output.values["rows"] = [vars(one) for one in counter.found.values()]


def _say(
    session: Session,
    format_: str,
    text: str,
    created: migration.Created | None,
    error: migration.Undecided | None = None,
) -> None:
    """Print the result: a text, or an annotation if a migration is missing."""
    from ..prompts import github_annotation
    from ..source_places import or_in_migrations, place_of

    is_news = bool(error) or (created is not None and bool(created.hazards or not created.proof))
    if format_ == "github":
        models = [*session.found.models, *session.found.bases]
        find = or_in_migrations(partial(place_of, models), session.settings.migrations)
        text = github_annotation(created, find, error)
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
