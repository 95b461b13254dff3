"""What a router tells while it runs migrations. The command lines print it; see `run_output`."""

from __future__ import annotations

from collections.abc import Callable

import peewee as pw

from dbkit.schema.sent import Sent


class Observer:
    """Hears what a run does. This class says nothing, and hears no statements."""

    hears_statements = False

    def begin(self, database: pw.Database, name: str, downgrade: bool, fake: bool = False) -> None:
        """A file begins to run; with `fake`, it is only marked as applied."""

    def operation(self, text: str) -> None:
        """The file has called an operation, which may still wait in the queue."""

    def statement(self, sql: str, send: Callable[[bool], Sent]) -> None:
        """Send a statement of the file; this is a `Heard`."""
        send(False)

    def end(self, complete: bool) -> None:
        """The file has run, and is committed if it is complete; it may not have begun."""
