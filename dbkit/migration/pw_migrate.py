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
from dbkit.discovery import find_project
from dbkit.errors import DbkitError

from .router import Router, check_count

READING = {"list"}


def install() -> pw.Database:
    """Put dbkit's Router in place; give the database: --database, else as dbkit finds it."""
    find_project()
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


class _Failure(click.ClickException):
    exit_code = 2


def _reported(method: Callable[..., Any]) -> Callable[..., Any]:
    """dbkit's errors as click shows errors: a sentence and exit code 2, no traceback."""

    @wraps(method)
    def reporting(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except DbkitError as error:
            raise _Failure(str(error)) from error

    return reporting


class _CommandRouter(Router):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        context = click.get_current_context(silent=True)
        if context and context.info_name == "rollback":
            _reported(check_count)(self.done, context.params["count"])

    run = _reported(Router.run)
    rollback = _reported(Router.rollback)

    @property
    @_reported
    def done(self) -> Any:
        return super().done

    @property
    @_reported
    def diff(self) -> Any:
        return super().diff
