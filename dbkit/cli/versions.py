"""`dbkit --version`: the versions that matter to a report of a fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click

from .. import __version__
from ..errors import DbkitError
from ..streams import prepare_streams

LONGEST_WAIT = 2  # seconds; libpq takes 1 for 2


def print_versions(ctx: click.Context, _: click.Parameter, given: Any) -> None:
    """The callback of the option. It prints, and exits with 0 even if no server answers."""
    if not given or ctx.resilient_parsing:
        return
    prepare_streams()
    for line in _libraries():
        click.echo(line)
    if server := _server():
        click.echo(server)
    ctx.exit()


def _libraries() -> Iterator[str]:
    import platform  # each of these imports would delay every command
    import sqlite3
    from importlib import metadata

    import peewee
    import psycopg2

    yield f"dbkit {__version__}"
    yield f"Python {platform.python_version()}"
    yield f"Peewee {peewee.__version__}"
    yield f"peewee-migrate {metadata.version('peewee-migrate')}"
    yield f"psycopg2 {psycopg2.__version__.split()[0]}"  # type: ignore[attr-defined]
    yield f"SQLite {sqlite3.sqlite_version}"


def _server() -> str | None:
    """The version of the PostgreSQL server that the settings name, if they name one."""
    from .. import config
    from ..connection import opened, target_of

    try:
        target = target_of(config.load(), session=False)
        if target.dialect == "sqlite":
            return None
        quick = replace(target, params={**target.params, "connect_timeout": str(LONGEST_WAIT)})
        with opened(quick.database(read_only=True), target.display) as database:
            version = database.connection().get_parameter_status("server_version")
    except DbkitError as error:
        return f"server: {str(error).splitlines()[0]}"
    return f"server: PostgreSQL {version} ({target.display})"
