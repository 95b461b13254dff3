"""Which migrations are applied and which are pending, and what is recorded of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import peewee as pw

from dbkit.called_as import as_called
from dbkit.database_argument import takes_database

from .files import Files
from .recorder import MigrationRecorder
from .standing import Progress, Record


@dataclass(frozen=True)
class HalfDone:
    """A migration with ATOMIC = False that was interrupted.

    Attributes:
        name: The name of the file, without `.py`.
        done: The number of operations that ran.
        operations: The number of operations that the file has; None if it is not known.
        downgrade: Whether a rollback was interrupted.
    """

    name: str
    done: int
    operations: int | None
    downgrade: bool = False

    def __str__(self) -> str:
        of = "" if self.operations is None else f" of {self.operations}"
        number = self.done if self.operations is None else self.operations
        words = f"{self.done}{of} {'operation' if number == 1 else 'operations'} done"
        return f"rollback: {words}" if self.downgrade else words

    @property
    def next(self) -> str:
        """A sentence that says how to continue."""
        then = "completes its rollback, and applies it again" if self.downgrade else "continues it"
        command = as_called("python -m dbkit migrate")
        return f"`{command}` {then} after operation {self.done}: {self.name}"


@dataclass(frozen=True)
class Status:
    """The state of the migrations of a database.

    Attributes:
        applied: The names of the applied migrations, in order.
        pending: The names of the pending migrations, in order.
        gone: Applied migrations whose files are missing.
        edited: Applied migrations whose files have another meaning now.
        renamed: The new names of renamed files, by their old names.
        disorder: Sentences about numbers that repeat or come too late.
        errors: Sentences about the faults that stop every migration.
        gaps: Sentences about missing numbers, which are no fault.
        records: What is recorded of each applied migration: time, duration, role, host, version.
        half_done: The migrations with ATOMIC = False that were interrupted.
    """

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    gone: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    disorder: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    records: Mapping[str, Record] = field(default_factory=dict)
    half_done: tuple[HalfDone, ...] = ()

    def to_text(self, log: bool = False) -> str:
        """Return the status for people; with `log`, also the records."""
        return "\n".join(self._lines(log))

    def to_dict(self) -> dict[str, Any]:
        """Return the status for programs. Each applied migration has `file` (present, edited, gone)
        and the values of its record, or null."""
        old = {new: old for old, new in self.renamed.items()}
        applied = [
            {"name": name, "file": self._file(name), "recorded_as": old.get(name, name),
             "record": asdict(self.records[name]) if name in self.records else None}
            for name in self.applied
        ]  # fmt: skip
        kept = ("pending", "disorder", "gaps", "errors")
        half_done = [asdict(one) for one in self.half_done]
        lists = {key: list(getattr(self, key)) for key in kept}
        return {"applied": applied, **lists, "half_done": half_done}

    def _file(self, name: str) -> str:
        return "gone" if name in self.gone else "edited" if name in self.edited else "present"

    def _lines(self, log: bool) -> Iterator[str]:
        was = {new: f" (recorded as {old})" for old, new in self.renamed.items()}
        was |= dict.fromkeys(self.gone, " (its file is gone)")
        was |= dict.fromkeys(self.edited, " (its file was edited)")
        half = {one.name: one for one in self.half_done}
        was |= {name: f" ({one})" for name, one in half.items()}
        width = max(map(len, self.applied), default=0)
        for name in self.applied:
            record = f"{' ' * (width - len(name))}  {_described(self.records.get(name))}" * log
            yield f"[{'~' if name in half else 'x'}] {name}{record}{was.get(name, '')}"
        for name in self.pending:
            yield f"[{'~' if name in half else ' '}] {name}{was.get(name, '')}"
        for sentence in self.disorder:
            yield f"out of order: {sentence}"
        for sentence in self.gaps:
            yield f"gap: {sentence}"
        for one in self.half_done:
            yield f"half done: {one.next}"
        yield f"applied: {len(self.applied)}, pending: {len(self.pending)}"


def _described(record: Record | None) -> str:
    if record is None:
        return "not recorded"
    time = record.migrated_at[:19].replace("T", " ")
    if record.version is None:
        return f"{time}  not applied by dbkit"
    ran = "not run  " if record.seconds is None else f"{record.seconds:6.2f} s "
    who = "@".join(filter(None, (record.role, record.host)))
    return f"{time} {ran} {who}  dbkit {record.version}"


@takes_database
def status(
    database: pw.Database, directory: str | Path = "migrations", allow_edited: bool = False
) -> Status:
    """Return which migrations are applied and which are pending. Writes nothing.

    Args:
        database: A Peewee database of PostgreSQL or SQLite.
        directory: The folder of the migrations.
        allow_edited: Applied files that were edited, or that are gone, are not `errors`.

    Raises:
        MigrationError: A file cannot be read.
        DatabaseFailed: The role may not read the history.
    """
    return status_of(database, Files(Path(directory)), allow_edited)


def status_of(database: pw.Database, files: Files, allow_edited: bool = False) -> Status:
    """Return the status of a database with these files; see `status`."""
    directory, recorder = files.directory, MigrationRecorder(database)
    layout = files.layout()
    standing = layout.standing(recorder.read(), recorder.begun)
    return Status(
        standing.applied,
        tuple(standing.pending),
        standing.gone,
        standing.edited,
        standing.renamed,
        standing.disorder,
        tuple(map(str, standing.errors if allow_edited else standing.problems)),
        standing.gaps,
        {name: record for name in standing.applied if (record := standing.records.get(name))},
        tuple(_half_done(database, directory, *one) for one in standing.begun.items()),
    )


def _half_done(
    database: pw.Database, directory: str | Path, name: str, progress: Progress
) -> HalfDone:
    try:
        operations = max(_count(database, directory, name, progress.downgrade), progress.done)
    except Exception:  # the file may be gone, or wrong
        operations = None
    return HalfDone(name, progress.done, operations, progress.downgrade)


def _count(database: pw.Database, directory: str | Path, name: str, downgrade: bool) -> int:
    """The number of a file's operations."""
    # without a half-done file, `status` needs nothing that runs migrations
    from .intercept import silenced
    from .operation_calls import MigratorProxy, OperationCounter
    from .router import Router

    router = Router(database, directory)
    count = OperationCounter(router.migrator)
    migrate, rollback = router.read(name)
    function = rollback if downgrade else migrate
    silent = router.others.silent(router.files.path(name))
    with silenced(router.database), silent, count.migrator.fake():
        function(MigratorProxy(count), router.database, fake=True)
    return count.number
