"""Which migrations are applied and which are pending, and what is recorded of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import peewee as pw

from dbkit.database_argument import takes_database

from .applied import Record
from .router import Router


@dataclass(frozen=True)
class Status:
    """The names of the applied and the pending migrations, in order; the applied migrations whose
    files are gone, or were edited; the new names of renamed files by their old names; faults of the
    numbers; errors that stop every migration; missing numbers, which stop nothing; and the records
    of the applied migrations."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    gone: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    disorder: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    records: Mapping[str, Record] = field(default_factory=dict)

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
        return {"applied": applied, **{key: list(getattr(self, key)) for key in kept}}

    def _file(self, name: str) -> str:
        return "gone" if name in self.gone else "edited" if name in self.edited else "present"

    def _lines(self, log: bool) -> Iterator[str]:
        was = {new: f" (recorded as {old})" for old, new in self.renamed.items()}
        was |= dict.fromkeys(self.gone, " (its file is gone)")
        was |= dict.fromkeys(self.edited, " (its file was edited)")
        width = max(map(len, self.applied), default=0)
        for name in self.applied:
            record = f"{' ' * (width - len(name))}  {_described(self.records.get(name))}" * log
            yield f"[x] {name}{record}{was.get(name, '')}"
        for name in self.pending:
            yield f"[ ] {name}"
        for sentence in self.disorder:
            yield f"out of order: {sentence}"
        for sentence in self.gaps:
            yield f"gap: {sentence}"
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

    With `allow_edited`, applied files that were edited, or that are gone, are no errors.
    """
    standing = Router(database, directory).standing()
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
    )
