"""dbkit under peewee-migrate's own command: `migrations/conf.py` calls `install()`.

`pw_migrate` executes conf.py before every command and only then looks its Router up, so the
command and `python -m dbkit` run the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
import peewee as pw
from peewee_migrate import cli

from dbkit import config
from dbkit.connection import diagnosed, parse
from dbkit.errors import DbkitError

from .router import Router

READING = {"list"}


def install() -> pw.Database:
    """Put dbkit's Router in place; give the database: --database, else as dbkit finds it."""
    cli.Router = _CommandRouter
    context = click.get_current_context(silent=True)
    command, flags = (context.info_name, context.params) if context else (None, {})
    return _reported(_database)(flags.get("database"), command in READING)


def _database(flag: str | None, read_only: bool) -> pw.Database:
    target = parse(config.load(database=flag).url)
    database = target.database(read_only)
    with diagnosed(database, target.display):
        database.connect()
    return database


def _reported(method: Callable[..., Any]) -> Callable[..., Any]:
    """dbkit's errors as click shows errors: a sentence and exit code 2, no traceback."""

    @wraps(method)
    def reporting(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except DbkitError as error:
            failure = click.ClickException(str(error))
            failure.exit_code = 2
            raise failure from error

    return reporting


class _CommandRouter(Router):
    run = _reported(Router.run)
    rollback = _reported(Router.rollback)
    done = property(_reported(Router.done.fget))
    diff = property(_reported(Router.diff.fget))
