"""The command that writes rows as a seed file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from .. import seeding
from ..atomic_files import writing
from ..errors import WriteFailed
from ..plurals import counted
from . import completion
from .options import Session, command

SUFFIXES = {".toml": "toml", ".json": "json", ".csv": "csv"}


@command("database", "models", reads=True, formats=())
@click.argument(
    "tables", metavar="TABLE...", nargs=-1, required=True, shell_complete=completion.tables
)
@click.option("--where", metavar="SQL", default="",
              help="Write only the rows for which this SQL condition holds. It needs exactly one "
              "TABLE.")  # fmt: skip
@click.option("--anonymize", metavar="TABLE.COLUMN", multiple=True,
              shell_complete=completion.columns,
              help="Write fake values for this column and for the foreign keys to it. Can be "
              "repeated.")  # fmt: skip
@click.option("--format", "layout", type=click.Choice([*SUFFIXES.values()]),
              help="Write a file of this type (default: that of the suffix of "
              "--output, or else toml).")  # fmt: skip
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path),
              help="Write to this file instead of standard output.")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
def dump_(
    session: Session,
    tables: tuple[str, ...],
    where: str,
    anonymize: tuple[str, ...],
    layout: str | None,
    output: Path | None,
    force: bool,
) -> None:
    """Write the rows of tables as a seed file.

    `seed` loads the file back. A row that refers to another row names it by its key.
    """
    layout = _layout(layout, output)
    with _file(output, force) as file:
        rows = seeding.dump(
            session.database,
            session.seeded,
            _encoded(file),
            tables,
            where=where,
            anonymize=anonymize,
            layout=layout,
            file_name=output.name if output else "",
        )
    for name, count in rows.items():
        if not session.settings.quiet:
            click.echo(f"dump: {name}: {counted(count, 'row')}", err=True)


def _layout(chosen: str | None, output: Path | None) -> str:
    if output is None:
        return chosen or "toml"
    named = SUFFIXES.get(output.suffix.lower())
    if named is None:
        raise click.UsageError(f"{output} must end in {', '.join(SUFFIXES)}.")
    if chosen and chosen != named:
        raise click.UsageError(f"{output} must end in .{chosen}, or --format must be {named}.")
    return named


@contextmanager
def _file(output: Path | None, force: bool) -> Iterator[BinaryIO]:
    if output and output.exists() and not force:
        raise WriteFailed(f"{output} exists already.", "Choose another name, or use --force.")
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with writing(output, may_replace=force) as file:
            yield file


def _encoded(file: BinaryIO) -> Callable[[str], Any]:
    """A seed file is UTF-8, whatever the encoding of the terminal."""
    return lambda text: file.write(text.encode())
