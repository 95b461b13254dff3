"""The commands that draw and describe a schema."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from . import completion
from .options import Session, command
from .output import require_encodable, warn

if TYPE_CHECKING:
    from ..diagram import Picture
    from ..schema.values import Schema
    from ..verification.sources import Sources

SOURCE = click.argument(
    "source", metavar="[SOURCE]", required=False, shell_complete=completion.sides
)
NAMES = ("mermaid", "dot", "svg", "html", "json")
MODELS = "models"


@command("database", "models", "migrations", opens=False, formats=NAMES)
@SOURCE
@click.option(
    "--changed",
    nargs=2,
    metavar="A B",
    shell_complete=completion.sides,
    help="Show the changes from A to B in colours, instead of SOURCE.",
)
@click.option("--only", multiple=True, metavar="PATTERN", shell_complete=completion.tables,
              help="Draw only tables whose names match this pattern, with * and ?. Can be "
              "repeated.")  # fmt: skip
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path),
              help="Write to this file. Its suffix chooses the format.")  # fmt: skip
def diagram_(
    session: Session,
    source: str | None,
    format_: str,
    changed: tuple[str, str] | None,
    only: tuple[str, ...],
    output: Path | None,
) -> None:
    """Draw the tables and foreign keys of SOURCE.

    SOURCE, A and B are each `models`, `migrations`, `live`, or the URL of a database. Without
    SOURCE, the command draws the models.
    """
    from ..diagram import FORMATS, to_values
    from ..pages import written

    if source and changed:
        raise click.UsageError("SOURCE and --changed exclude each other.")
    format_ = _format(format_, output)
    with redirect_stdout(sys.stderr):  # the user's models may print
        picture = _picture(session, source or MODELS, changed, only)
    if format_ == "json":
        session.output.values |= to_values(picture)
        return
    text = FORMATS[format_](picture)
    if output is None:
        require_encodable(text)
        click.echo(text, nl=False)
    else:
        written(output, text)
        session.output.say(f"diagram: wrote {output}")


@command("database", "models", "migrations", opens=False)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@SOURCE
def docs_(session: Session, directory: Path, source: str | None) -> None:
    """Write a Markdown page about each table of SOURCE into DIR.

    SOURCE is `models` (the default), `migrations`, `live`, or the URL of a database. The file
    README.md is the index, with a diagram. The command removes the pages that it wrote for
    tables that no longer exist.
    """
    from ..pages import write

    schema = _read(_sources(session), session, source or MODELS)
    result = write(schema, directory)
    session.output.values |= vars(result)
    session.output.say(f"docs: {result}")


def _format(chosen: str, output: Path | None) -> str:
    """The format of the picture; that of the file, unless --format is given too."""
    from ..diagram import SUFFIXES

    source = click.get_current_context().get_parameter_source("format_")
    if output is None:
        return chosen
    if chosen == "json":
        raise click.UsageError("--output and --format json exclude each other.")
    named = SUFFIXES.get(output.suffix.lower())
    if source is not ParameterSource.COMMANDLINE:
        if named is None:
            raise click.UsageError(f"{output} must end in {', '.join(SUFFIXES)}; or give --format.")
        return named
    if named not in (None, chosen):
        raise click.UsageError(f"{output} is a file of {named}, not of --format {chosen}.")
    return chosen


def _picture(
    session: Session, source: str, changed: tuple[str, str] | None, only: tuple[str, ...]
) -> Picture:
    from ..diagram import draw

    sources = _sources(session)
    if not changed:
        schema = _read(sources, session, source)
        _require_match(only, schema)
        return draw(schema, only=only)
    old, new = sources.pair(*changed, session.settings.ignore)
    warn(sources.notes)
    _require_match(only, old, new)
    left, right = map(sources.name, changed)
    return draw(new, old, only, (left, right))


def _sources(session: Session) -> Sources:
    from ..verification.sources import Sources

    return Sources(session.target, session.settings.migrations, lambda: session.found)


def _read(sources: Sources, session: Session, source: str) -> Schema:
    schema = sources.schema(source, session.settings.ignore)
    warn(sources.notes)
    return schema


def _require_match(only: tuple[str, ...], *schemas: Schema) -> None:
    from ..schema.patterns import require_match

    require_match("--only", only, (table.name for schema in schemas for table in schema.tables))
