"""What every command prints: colours or none, SQL on request, and one JSON document."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ..errors import ConfigError, DbkitError

if TYPE_CHECKING:
    from ..run_output import RunOutput

JSON_VERSION = 1
EMPTY = "The value is empty; perhaps a variable of the shell is not set."


class Command(click.Command):
    """A command that refuses empty values, which an unset variable of a shell leaves: they would
    silently mean the default."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:  # as for the completion of a shell
            given, _, _ = self.make_parser(ctx).parse_args([*args])
            for parameter in self.params:
                value = given.get(str(parameter.name))
                texts = value if isinstance(value, list | tuple) else [value]
                if any(isinstance(text, str) and not text.strip() for text in texts):
                    raise click.BadParameter(EMPTY, ctx, parameter)
        return super().parse_args(ctx, args)


class JsonCommand(Command):
    """A command with --format json, which prints its document also if its options are wrong."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [*args]
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if _asks_for_json(words):
                echo_json(ok=False, error=described(error))
            raise


def _asks_for_json(words: Sequence[str]) -> bool:
    return "--format=json" in words or ("--format", "json") in pairwise(words)


@contextmanager
def output_of(format_: str | None, runs: bool) -> Iterator[RunOutput]:
    """Yield the output of a command. With --format json, it is one document, which is printed also
    after a failure. The document of a command that `runs` migrations lists their files."""
    from ..run_output import RunOutput

    output, ok = RunOutput(), False
    if format_ != "json":
        yield output
        return
    output.is_json = True
    try:
        with redirect_stdout(sys.stderr):  # a file of the user may print
            yield output
        ok = True
    except click.exceptions.Exit as error:
        ok = error.exit_code == 0
        raise
    except BaseException as error:
        output.error = described(error)
        raise
    finally:
        files = {"files": output.to_json()} if runs else {}
        echo_json(**{"ok": ok, **files, **output.values, "error": output.error})


def described(error: BaseException) -> dict[str, str]:
    """Return an error for programs."""
    match error:
        case DbkitError():
            return {"message": error.message, "hint": error.hint}
        case click.ClickException():
            return {"message": error.format_message(), "hint": ""}
        case KeyboardInterrupt() | click.Abort():
            return {"message": "interrupted", "hint": ""}
        case _:
            return {"message": f"unexpected {type(error).__name__}: {error}", "hint": ""}


def echo_json(**values: Any) -> None:
    """Print values for a program. Characters that the encoding of standard output lacks are
    escaped."""
    document = {"version": JSON_VERSION, **values}
    text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    click.echo(text if is_encodable(text) else json.dumps(document, indent=2, default=str))


def warn(sentences: Iterable[str]) -> None:
    """Print warnings on standard error."""
    for sentence in sentences:
        click.echo(f"warning: {sentence}", err=True)


def is_encodable(text: str) -> bool:
    """Whether the encoding of standard output has all characters of the text."""
    try:
        require_encodable(text)
    except ConfigError:
        return False
    return True


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


def answer(yes: bool) -> NoReturn:
    """Exit with 0 for yes, and with 1 for no."""
    click.get_current_context().exit(0 if yes else 1)


def unknown(output: RunOutput, message: str, hint: str = "") -> NoReturn:
    """Exit with 2, because dbkit cannot tell; a JSON document contains the reason."""
    output.error = {"message": message, "hint": hint}
    click.get_current_context().exit(2)


def wants_colour(no_color: bool) -> bool | None:
    """Whether to print colours; None if a terminal decides. An empty variable counts as unset
    (no-color.org, force-color.org)."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None
