"""The parts that commands share: options, settings, the open database, and error messages."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from .. import __version__
from ..errors import ConfigError, DbkitError
from ..streams import prepare_streams

JSON_VERSION = 1
UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF)  # of a stream, not of a file
WRITTEN = "The command stopped there. `python -m dbkit status` shows which migrations are applied."

if TYPE_CHECKING:
    import peewee as pw

    from ..config import Settings
    from ..connection import Target
    from ..discovery import Found
    from ..run_output import RunOutput

OPTIONS = {
    "database": click.option(
        "--database", metavar="URL", help="URL of the database (default: DATABASE_URL)."
    ),
    "models": click.option("--models", metavar="MODULE[:NAME]", help="Module of the models."),
    "migrations": click.option("--migrations", metavar="DIR", help="Migrations directory."),
    "seeds": click.option("--seeds", metavar="DIR", help="Seeds directory."),
    "wait": click.option(
        "--wait",
        metavar="SECONDS",
        help="Longest wait for another run, and for sessions that block this one (default: 60).",
    ),
    "lock_timeout": click.option(
        "--lock-timeout",
        metavar="SECONDS",
        help="Longest wait of a statement for a lock (default: 3; 0: no limit).",
    ),
    "statement_timeout": click.option(
        "--statement-timeout",
        metavar="SECONDS",
        help="Longest time of a statement, on PostgreSQL (default: no limit).",
    ),
    "wait_for_database": click.option(
        "--wait-for-database",
        metavar="SECONDS",
        help="Longest wait for a database server that is still starting (default: 0).",
    ),
    "allow_edited": click.option(
        "--allow-edited",
        is_flag=True,
        help="Continue if an applied migration was edited, or if its file is gone.",
    ),
    "accept_data_loss": click.option(
        "--accept-data-loss",
        is_flag=True,
        help="In production, run migrations that lose data without a question.",
    ),
    "quiet": click.option(
        "-q", "--quiet", is_flag=True, help="Print only warnings, errors and questions."
    ),
    "verbose": click.option(
        "-v",
        "--verbose",
        is_flag=True,
        help="Print each SQL statement and its time on standard error.",
    ),
    "debug": click.option("--debug", is_flag=True, help="Show the traceback of an error."),
}


class Group(click.Group):
    """Turns every error into a sentence and exit code 2; `--debug` adds the traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        prepare_streams()
        from ..signals import Interrupted, interruptible

        try:
            with interruptible():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Interrupted as error:
            fail(ctx, str(error), error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            fail(ctx, "interrupted")
        except DbkitError as error:
            fail(ctx, str(error))
        except BaseException as error:  # a SystemExit(0) of a user's module would look clean
            if isinstance(error, OSError) and error.filename is None and error.errno in UNWRITABLE:
                fail(ctx, f"The output cannot be written: {error.strerror}.\n{WRITTEN}")
            fail(
                ctx,
                f"unexpected {type(error).__name__}: {error}\n"
                "This should not happen. Run again with --debug and report the traceback.",
            )


def require_encodable(text: str) -> None:
    """Raise ConfigError if the encoding of standard output lacks a character of the text."""
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"The output has a character that {error.encoding} does not have: "
            f"{text[error.start : error.end]!a}.",
            "Set PYTHONIOENCODING=utf-8.",
        ) from error


def fail(ctx: click.Context, message: str, code: int = 2) -> NoReturn:
    """Print an error message, with --debug after its traceback, and exit."""
    if ctx.meta.get("debug"):
        traceback.print_exc()
    with suppress(OSError):  # after SIGHUP, the terminal is gone
        click.echo(f"error: {message}", err=True)
    ctx.exit(code)


def echo_json(**values: Any) -> None:
    """Print values for a program."""
    text = json.dumps({"version": JSON_VERSION, **values}, indent=2, ensure_ascii=False)
    require_encodable(text)
    click.echo(text)


def answer(yes: bool) -> NoReturn:
    """Exit with 0 for yes, and with 1 for no."""
    click.get_current_context().exit(0 if yes else 1)


def exclusive(*names: str) -> None:
    """Raise UsageError if more than one of these options is on the command line."""
    source = click.get_current_context().get_parameter_source
    given = [f"--{name.strip('_').removeprefix('as_').replace('_', '-')}" for name in names
             if source(name) is ParameterSource.COMMANDLINE]  # fmt: skip
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other.")


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dbkit")
def main() -> None:
    """Migrate, seed and verify a database of Peewee models.

    Exit codes: 0 success; 1 the answer is no; 2 an error; 128 + N: signal N ended the command (130
    after Ctrl-C).
    """


class Session:
    """The settings of a command, and the open database that they name."""

    def __init__(
        self, settings: Settings, target: Target, database: pw.Database, output: RunOutput
    ) -> None:
        self.settings, self.target, self.database = settings, target, database
        self.output = output  # only of the commands with --quiet

    @property
    def production(self) -> bool:
        return self.settings.environment == "production"

    @cached_property
    def found(self) -> Found:
        from ..discovery import find_models

        return find_models(self.settings.models)

    @property
    def seeded(self) -> list[Any]:
        """The models whose tables seed files may name."""
        return [*self.found.models, *self.found.bases]


def command(
    *options: str, reads: bool = False, opens: bool = True
) -> Callable[[Callable[..., None]], click.Command]:
    """Decorate a function as a command that has these OPTIONS and gets a Session.

    `reads` opens SQLite read-only; without `opens`, the session has no database.
    """

    shown = (*options, "wait_for_database") if opens else options

    def register(function: Callable[..., None]) -> click.Command:
        def run(debug: bool, **flags: Any) -> None:
            click.get_current_context().meta["debug"] = debug
            named = {name: flags.pop(name) for name in shown}
            with (
                _output(named, flags) as output,
                _session(named, reads, opens, output) as session,
            ):
                function(session, **flags)

        run.__doc__ = function.__doc__
        run.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
        for name in ("debug", *reversed(shown)):
            run = OPTIONS[name](run)
        return main.command(function.__name__.rstrip("_"))(run)

    return register


@contextmanager
def _output(named: dict[str, Any], flags: dict[str, Any]) -> Iterator[Any]:
    """Yield the output of a command that runs migrations. With --format json, it is one document,
    which is also printed after a failure."""
    if "quiet" not in named:
        yield None
        return
    from ..run_output import RunOutput

    exclusive("quiet", "verbose")
    output = RunOutput()
    if flags.get("format_") != "json" or flags.get("as_plan"):
        yield output
        return
    output.is_json, ok, reason = True, False, None
    try:
        with redirect_stdout(sys.stderr):  # a file may print
            yield output
        ok = True
    except click.exceptions.Exit as error:
        ok = error.exit_code == 0
        raise
    except BaseException as error:
        reason = str(error) or type(error).__name__
        raise
    finally:
        echo_json(ok=ok, files=output.to_json(), **output.values, error=reason)


@contextmanager
def _session(flags: dict[str, Any], reads: bool, opens: bool, output: Any) -> Iterator[Session]:
    from .. import config
    from ..connection import opened, target_of
    from ..discovery import find_project

    find_project()
    settings = config.load(**flags)
    if output:
        output.quiet, output.verbose = settings.quiet, settings.verbose
    target = target_of(settings, session=not reads)
    if not opens:
        yield Session(settings, target, None, output)
        return
    if not settings.quiet:
        click.echo(f"database: {target.display}", err=True)
    with _no_empty_file_left(target):
        database = target.database(read_only=reads)
        with opened(database, target.display, settings.wait_for_database) as database:
            yield Session(settings, target, database, output)


@contextmanager
def _no_empty_file_left(target: Target) -> Iterator[None]:
    """Remove a new SQLite file that is still empty: SQLite creates it when it opens it."""
    file = target.name
    new = target.dialect == "sqlite" and not os.path.exists(file)
    try:
        yield
    finally:
        if new and os.path.isfile(file) and not os.path.getsize(file):
            os.unlink(file)
