"""dbkit in peewee-migrate's own command: `migrations/conf.py` calls `install()`.

`pw_migrate` executes conf.py before every command, and looks up its Router only after that. So
`pw_migrate` and `python -m dbkit` run the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import wraps
from typing import Any

import click
import peewee as pw

from dbkit import config
from dbkit.connection import diagnosed, target_of
from dbkit.discovery import find_models, find_project
from dbkit.errors import DbkitError
from dbkit.peewee_internals import use_router
from dbkit.prompts import created_text, passed_over, questions
from dbkit.run_output import RunOutput
from dbkit.signals import Interrupted, interruptible
from dbkit.streams import prepare_streams

from .data_loss import Guard
from .new_migration import create, create_empty
from .router import Router
from .squash import merge

READING, WRITING_FILES = {"list"}, {"create", "merge"}


def install() -> pw.Database:
    """Let `pw_migrate` run dbkit's code; `migrations/conf.py` calls it.

    Returns:
        The database of the option `--database`, or else of the settings.
    """
    prepare_streams()
    _reported(find_project)()
    use_router(_CommandRouter)
    context = click.get_current_context(silent=True)
    command, flags = (context.info_name, context.params) if context else (None, {})
    database: pw.Database = _reported(_database)(flags.get("database"), command)
    if context:
        context.call_on_close(lambda: _close(database))
    return database


def _close(database: pw.Database) -> None:
    with suppress(pw.PeeweeException):  # a transaction that the command could not end
        database.close()


def _database(flag: str | None, command: str | None) -> pw.Database:
    target = target_of(config.load(database=flag), session=command not in READING)
    database = target.database(read_only=command in READING)
    if command in WRITING_FILES:
        return database
    with diagnosed(database, target.display):
        database.connect()
    return database


class _Failure(click.ClickException):
    exit_code = 2


def _reported(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a method so that click prints dbkit's errors: a sentence and exit code 2."""

    @wraps(method)
    def reporting(*args: Any, **kwargs: Any) -> Any:
        context = click.get_current_context(silent=True)  # None in a program
        try:
            with interruptible() if context else nullcontext():
                return method(*args, **kwargs)
        except DbkitError as error:
            raise _Failure(str(error)) from error
        except Interrupted as error:
            click.echo(f"Error: {error}", err=True)
            raise click.exceptions.Exit(error.exit_code) from error

    return reporting


class _CommandRouter(Router):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        context = click.get_current_context(silent=True)
        flags = context.params if context else {}
        settings = config.load(database=flags.get("database"))
        output = RunOutput(settings.quiet, settings.verbose or bool(flags.get("verbose")))
        options = {"limits": settings.limits, "allow_edited": settings.allow_edited,
                   "guard": Guard(settings.may_lose_data),
                   "log": output if context else None}  # fmt: skip
        super().__init__(*args, **{**options, **kwargs})
        self.count = flags.get("count", 1)
        if context and context.info_name == "rollback":
            _reported(self._check)()

    def _check(self) -> None:
        """Check the count: the command itself would print a traceback, or do nothing."""
        self.standing().newest(self.count)

    @_reported
    def create(self, name: str = "auto", *, auto: Any = False) -> str | None:
        """`pw_migrate create`, for the models of --auto-source or of the settings."""
        if not auto:
            click.echo(f"create: {create_empty(self.database, self.migrate_dir, name)}")
            return None
        settings = config.load()
        found = find_models(auto if isinstance(auto, str) else settings.models)
        for line in passed_over(found):
            click.echo(line, err=True)
        written = create(
            self.database,
            found.models,
            self.migrate_dir,
            name,
            ignore=settings.ignore,
            passed_over=(*found.bases, *found.outside),
            **questions(),
        )
        click.echo(created_text(written, self.migrate_dir))
        return written.name if written else None

    @_reported
    def merge(self, name: str = "initial") -> None:
        """`pw_migrate merge`: write one file that replaces all files, which are kept."""
        merged = merge(self.database, self.migrate_dir, name)
        click.echo(f"merge: {self.files.path(merged.name)} replaces all earlier migrations; delete "
                   "them once every database has applied them")  # fmt: skip

    run = _reported(Router.run)

    @_reported
    def rollback(self, baseline: bool = False) -> str:
        """`pw_migrate rollback` calls this method --count times. The first call rolls back all of
        these migrations, so that they are chosen only once."""
        if self.count:
            self.names, self.count = self.rollback_files(self.count, baseline), 0
        return self.names.pop(0)

    @property
    @_reported
    def done(self) -> Any:
        return super().done

    @property
    @_reported
    def diff(self) -> Any:
        """The pending files, which `pw_migrate list` shows last."""
        standing = self.standing()
        self.refuse(standing)
        return standing.pending
