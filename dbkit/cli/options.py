"""The parts that commands share: options, settings, the open database, and error messages."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from ..called_as import as_called
from ..errors import DbkitError
from ..streams import prepare_streams
from . import completion
from .output import Command, JsonCommand, output_of, wants_colour
from .versions import print_versions

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
        "--database",
        metavar="URL",
        help="Use the database with this URL (default: DATABASE_URL, or else sqlite:///dbkit.db).",
    ),
    "models": click.option(
        "--models",
        metavar="MODULE[:NAME]",
        help="Read the models from this module, or from the list or function NAME in it.",
        shell_complete=completion.modules,
    ),
    "migrations": click.option(
        "--migrations",
        metavar="DIR",
        help="Use the migrations in this directory (default: migrations).",
        shell_complete=completion.directories,
    ),
    "seeds": click.option(
        "--seeds",
        metavar="DIR",
        help="Use the seed files in this directory (default: seeds).",
        shell_complete=completion.directories,
    ),
    "wait": click.option(
        "--wait",
        metavar="SECONDS",
        help="Wait at most this long for another run, and for sessions that block this one "
        "(default: 60).",
    ),
    "lock_timeout": click.option(
        "--lock-timeout",
        metavar="SECONDS",
        help="Let a statement wait at most this long for a lock (default: 3; 0: no limit).",
    ),
    "statement_timeout": click.option(
        "--statement-timeout",
        metavar="SECONDS",
        help="Let a statement run at most this long, on PostgreSQL (default: no limit).",
    ),
    "wait_for_database": click.option(
        "--wait-for-database",
        metavar="SECONDS",
        help="Wait at most this long for a database server that is still starting (default: 0).",
    ),
    "allow_edited": click.option(
        "--allow-edited",
        is_flag=True,
        help="Continue even if an applied migration was edited, or if its file is missing.",
    ),
    "accept_data_loss": click.option(
        "--accept-data-loss",
        is_flag=True,
        help="In production, run migrations that lose data without asking.",
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
    "no_color": click.option(
        "--no-color",
        is_flag=True,
        help="Print without colours, as with NO_COLOR in the environment.",
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
                fail(ctx, f"The output cannot be written: {error.strerror}.\n{as_called(WRITTEN)}")
            fail(
                ctx,
                f"unexpected {type(error).__name__}: {error}\n"
                "This should not happen. Run again with --debug and report the traceback.",
            )


def fail(ctx: click.Context, message: str, code: int = 2) -> NoReturn:
    """Print an error message, with --debug after its traceback, and exit."""
    if ctx.meta.get("debug"):
        traceback.print_exc()
    with suppress(OSError):  # after SIGHUP, the terminal is gone
        click.echo(f"error: {message}", err=True)
    ctx.exit(code)


def exclusive(*names: str) -> None:
    """Raise UsageError if more than one of these options is on the command line."""
    source = click.get_current_context().get_parameter_source
    given = [f"--{name.strip('_').removeprefix('as_').replace('_', '-')}" for name in names
             if source(name) is ParameterSource.COMMANDLINE]  # fmt: skip
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other.")


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_versions,
    help="Show the versions of dbkit, its libraries and the configured server, and exit.",
)
def main() -> None:
    """Migrate, seed and verify a database of Peewee models.

    The exit code is 0 after success, 1 if the answer is no (a difference, a pending migration), and
    2 after an error. If signal N ended the command, the exit code is 128 + N (130 after Ctrl-C).
    """


class Session:
    """The settings of a command, and the open database that they name."""

    def __init__(
        self, settings: Settings, target: Target, database: pw.Database, output: RunOutput
    ) -> None:
        self.settings, self.target, self.database = settings, target, database
        self.output = output

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


Function = Callable[..., None]
TEXT_OR_JSON = ("text", "json")


def command(
    *options: str,
    reads: bool = False,
    opens: bool = True,
    runs: bool = False,
    formats: tuple[str, ...] = TEXT_OR_JSON,
) -> Callable[[Function], click.Command]:
    """Decorate a function as a command that has these OPTIONS and gets a Session. The function of
    a command with other formats than TEXT_OR_JSON gets the chosen `format_`.

    `reads` opens SQLite read-only; without `opens`, the session has no database. A command that
    `runs` migrations prints only their statements with --verbose.
    """
    shown = (*options, *["wait_for_database"] * opens, "quiet", "verbose")

    def register(function: Function) -> click.Command:
        def run(debug: bool, no_color: bool, **flags: Any) -> None:
            context = click.get_current_context()
            context.meta["debug"], context.color = debug, wants_colour(no_color)
            named = {name: flags.pop(name) for name in shown}
            format_ = flags.get("format_")
            if formats == TEXT_OR_JSON:
                del flags["format_"]
            with (
                output_of(format_, runs) as output,
                _session(named, reads, opens, output, runs) as session,
            ):
                function(session, **flags)

        run.__doc__ = function.__doc__
        for name in ("debug", "no_color", *reversed(shown)):
            run = OPTIONS[name](run)
        if formats:
            run = _format_option(formats)(run)
        # --help lists the last of them first
        run.__click_params__ += getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
        kind = JsonCommand if "json" in formats else Command
        return main.command(function.__name__.rstrip("_"), cls=kind)(run)

    return register


def _format_option(formats: tuple[str, ...]) -> Callable[[Function], Function]:
    return click.option(
        "--format", "format_", type=click.Choice(formats), default=formats[0], show_default=True,
        help="Print the output in this format.",
    )  # fmt: skip


@contextmanager
def _session(
    flags: dict[str, Any], reads: bool, opens: bool, output: RunOutput, runs: bool
) -> Iterator[Session]:
    from .. import config
    from ..connection import LISTENER, opened, target_of
    from ..discovery import find_project

    exclusive("quiet", "verbose")
    find_project()
    settings = config.load(**flags)
    output.quiet, output.verbose = settings.quiet, settings.verbose
    if not runs:
        LISTENER.set(output.sent if settings.verbose else None)
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
