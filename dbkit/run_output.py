"""What the command lines print of a run of migrations, while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import click
import peewee as pw

from . import live_line
from .masking import masked
from .migration.run_log import FileRun, RunLog
from .own_statements import are_own
from .schema.dialect import dialect_for
from .schema.sent import Sent

LONGEST = 100  # characters of the operations in a line


class RunOutput(RunLog):
    """Prints a line for each file that is complete, and on a terminal a line about the file that
    runs. `quiet` prints neither; `verbose` prints each statement on standard error."""

    def __init__(self, quiet: bool = False, verbose: bool = False) -> None:
        super().__init__()
        self.quiet, self.verbose, self.is_json = quiet, verbose, False
        self.values: dict[str, Any] = {}  # further values of the JSON document
        self.error: dict[str, str] | None = None  # of the JSON document
        self.is_live = live_line.is_possible()
        self.sql = ""  # the statement that runs
        self.stack = ExitStack()

    @property
    def hears_statements(self) -> bool:
        return self.verbose or self.shows_line

    @property
    def shows_line(self) -> bool:
        return self.is_live and not self.quiet

    def say(self, text: str, even_if_quiet: bool = False) -> None:
        """Print a result, unless the output is quiet or JSON."""
        if (even_if_quiet or not self.quiet) and not self.is_json:
            click.echo(text)

    def seeded(self, result: Any) -> None:
        self.values["seed"] = vars(result)
        self.say(f"seed: {result.summary}")

    def begin(self, database: pw.Database, name: str, downgrade: bool, fake: bool) -> None:
        super().begin(database, name, downgrade, fake)
        if self.shows_line:
            watching = dialect_for(database).watching(database)
            self.stack.enter_context(live_line.live_line(self._status_text, watching))

    def _status_text(self, progress: str) -> str:
        """The line about the file that runs."""
        if (file := self.running) is None:
            return ""
        seconds = f"({time.monotonic() - file.begun:.0f} s)"
        parts = progress, self.sql or "".join(file.operations[-1:])
        return ": ".join(filter(None, (file.direction, f"{file.name} {seconds}", *parts)))

    def statement(self, sql: str, send: Callable[[bool], Sent]) -> None:
        """A file sends a statement. Those of dbkit itself are not shown."""
        if are_own():
            send(False)
        else:
            self.sent(sql, send)

    def sent(self, sql: str, send: Callable[[bool], Sent]) -> None:
        """Send a statement; if the output is verbose, print it with its time."""
        self.sql, begun = masked(sql), time.monotonic()
        outcome = "failed after "
        try:
            send(False)
            outcome = ""
        finally:
            if self.verbose:
                took = f"{(time.monotonic() - begun) * 1000:.1f} ms"
                click.echo(f"{self.sql.strip().rstrip(';')};  -- {outcome}{took}", err=True)
            self.sql = ""

    def end(self, complete: bool) -> FileRun | None:
        self.stack.close()
        file = super().end(complete)
        if file and not file.fake:
            what = f": {_listed(file.operations)}" if file.operations else ""
            self.say(f"{file.direction}: {file.name}{what} ({file.seconds:.2f} s)")
        return file


def _listed(operations: Sequence[str]) -> str:
    """As many of the operations as a line has room for."""
    shown = operations[0]
    for number, text in enumerate(operations[1:], 1):
        if len(shown) + len(text) > LONGEST:
            return f"{shown}, and {len(operations) - number} more"
        shown += f", {text}"
    return shown
