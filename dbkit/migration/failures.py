"""The messages about a migration that fails: which file, why, and what was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import peewee as pw

from dbkit.connection import diagnosed
from dbkit.errors import DatabaseFailed, DbkitError, MigrationError, MigrationFailed

from .data_loss import WouldLoseData

if TYPE_CHECKING:
    from .non_atomic import NonAtomicRun

# Peewee's words about a model or a proxy without a database
UNBOUND = ("Query must be bound", "database attribute does not appear", "uninitialized Proxy")


@contextmanager
def explained(
    database: pw.Database,
    running: Callable[[], list[str]],
    ran: Sequence[str],
    non_atomic: Sequence[NonAtomicRun] = (),
    hint_for: Callable[[str], str] = lambda _: "",
) -> Iterator[None]:
    """Turn errors into a MigrationError that names the `running` file, if there is one, and the
    files that `ran` before and are kept. The file may run `non_atomic`. `hint_for` gets the name of
    the file, and returns a further hint."""
    kept = kept_files(ran)
    try:
        with diagnosed(database):
            yield
    except KeyboardInterrupt as error:
        if non_atomic:
            error.add_note(f"Migration {non_atomic[0].name}: {non_atomic[0].kept()}")
        raise
    except (Exception, SystemExit) as error:
        name = "".join(running())
        if not name and not isinstance(error, DbkitError):
            raise
        end = "failed and was rolled back"
        if non_atomic:
            end = f"failed in {non_atomic[0].place}"
            kept = "\n".join([non_atomic[0].kept(), *[kept] * bool(ran)])
        advice = _advice(error)
        kept = "\n".join(filter(None, [advice, hint_for(name), kept]))
        match error:
            case DatabaseFailed() if name:
                hint = error.hint.replace("--to NAME", f"--to {name}")
                raise MigrationFailed(
                    f"Migration {name} {end}. {error.message}",
                    "\n".join(filter(None, (hint, kept))),
                    error.message,
                    hint or advice,
                ) from error.__cause__
            case MigrationError() if name not in error.message:
                hint = "\n".join(filter(None, (error.hint, kept if non_atomic else "")))
                raise MigrationError(f"Migration {name}: {error.message}", hint) from error
            case DbkitError():
                error.hint += f"\n{non_atomic[0].kept()}" if non_atomic else ""
                raise
        reason = f"{type(error).__name__}: {error}"
        raise MigrationFailed(
            f"Migration {name} {end}: {reason}",
            f"{kept} Run with --debug to see the line.",
            reason,
            advice,
        ) from error


def _advice(error: BaseException) -> str:
    """A hint for errors of Peewee and of the driver whose words do not name their cause."""
    if isinstance(error, IndexError):
        return "In SQL for PostgreSQL, write % as %%."
    if any(words in str(error) for words in UNBOUND):
        return (
            "The file uses a model or a proxy without a database. Use `migrator.orm[TABLE]` "
            "instead of the model, or the argument `database`."
        )
    return ""


@contextmanager
def naming_files(ran: Sequence[str], kept: Callable[[], Sequence[str]]) -> Iterator[None]:
    """Name the files that are `kept` after an interruption or a refusal in the block; `ran` are
    those of them that this call ran."""
    try:
        yield
    except KeyboardInterrupt as error:
        if (names := kept()) or not hasattr(error, "__notes__"):
            error.add_note(kept_files(names))
        raise
    except WouldLoseData as error:
        error.ran = list(ran)
        if names := kept():
            error.hint += f"\n{kept_files(names)}"
        raise


def kept_files(ran: Sequence[str]) -> str:
    """Return a sentence about the files that ran before a failure."""
    if not ran:
        return "Nothing was committed."
    return f"Earlier migrations of this run were kept: {', '.join(ran)}."
