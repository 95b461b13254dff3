"""What a run of migrations does: its files and their operations. `run_output` also prints it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import peewee as pw

from dbkit.schema.sent import Sent


@dataclass
class FileRun:
    """A file of a run.

    Attributes:
        name: The name of the file, without `.py`.
        direction: "migrate" or "rollback".
        fake: The file is only marked as applied.
        operations: Its operations in words.
        begun: The time at which it began, on the clock of `time.monotonic`.
        seconds: How long it ran.
    """

    name: str
    direction: str
    fake: bool = False
    operations: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    seconds: float = 0


class RunLog:
    """Is told what a run of migrations does, and keeps the files that are complete. It prints
    nothing; a subclass can.

    Attributes:
        files: The files that are complete, in order.
        running: The file that runs, or None.
    """

    def __init__(self) -> None:
        self.files: list[FileRun] = []
        self.committed = 0  # of these files, although a transaction of several files is open
        self.running: FileRun | None = None

    @property
    def hears_statements(self) -> bool:
        return False

    def begin(self, database: pw.Database, name: str, downgrade: bool, fake: bool) -> None:
        """A file begins to run: forwards, backwards (`downgrade`), or only marked as applied
        (`fake`).
        """
        self.running = FileRun(name, "rollback" if downgrade else "migrate", fake)

    def operation(self, text: str) -> None:
        """The file has called an operation, which may still wait in the queue."""
        if self.running:
            self.running.operations.append(text)

    def statement(self, sql: str, send: Callable[[bool], Sent]) -> None:
        """The file sends a statement (see `Heard`)."""
        send(False)

    def end(self, complete: bool) -> FileRun | None:
        """End the running file. If it is `complete` (committed), keep it and return it."""
        file, self.running = self.running, None
        if file is None or not complete:
            return None
        file.seconds = time.monotonic() - file.begun
        self.files.append(file)
        return file

    def commit(self) -> None:
        """A transaction of several files is committed."""
        self.committed = len(self.files)

    def roll_back(self) -> None:
        """Forget the files of a transaction of several files, which is rolled back."""
        del self.files[self.committed :]

    def kept(self, in_transaction: bool = False) -> list[str]:
        """Return the names of the complete files, with their directions if these differ. With
        `in_transaction`, these are the files that were committed before the open transaction."""
        files = self.files[: self.committed] if in_transaction else self.files
        both = len({file.direction for file in files}) > 1
        return [f"{file.direction} {file.name}" if both else file.name for file in files]

    def to_json(self) -> list[dict[str, Any]]:
        """Return the complete files for programs."""
        return [{"name": file.name, "direction": file.direction,
                 "seconds": round(file.seconds, 3), "operations": file.operations}
                for file in self.files]  # fmt: skip
