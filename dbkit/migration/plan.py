"""`migrate --plan`: what the pending files do, to which tables, with which locks.

Locks, scans and rewrites are not taken from a manual: they are observed on the scratch database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dbkit.masking import masked
from dbkit.plurals import counted
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import OWN_TABLES
from dbkit.schema.sent import Sent, Size, TableAccess

from .dry_run import DryFile, migrate
from .router import Router

LONGEST = 100  # characters of a statement in the text
UNITS = ("bytes", "kB", "MB", "GB", "TB")
OUTSIDE = "runs outside a transaction: dbkit could not observe its locks"


@dataclass(frozen=True)
class Plan:
    """The files with their statements, the sizes of the tables that they touch, and `file_lock`:
    what a file locks in any case. `warnings` are as in `DryRun`."""

    files: tuple[DryFile, ...]
    sizes: Mapping[Name, Size]
    file_lock: str = ""
    warnings: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Return the plan for people."""
        return "\n".join(line for file in self.files for line in self._lines(file))

    def to_json(self) -> dict[str, Any]:
        """Return the plan for programs."""
        return {"files": [self._json(file) for file in self.files], "warnings": list(self.warnings)}

    def _lines(self, file: DryFile) -> Iterator[str]:
        yield file.name
        yield from (f"  operation: {operation}" for operation in file.operations)
        yield from (f"  warning: {hazard}" for hazard in file.hazards)
        for table in _tables(file):
            yield f"  table {table}: {_size(self.sizes.get(table))}"
        if self.file_lock:
            yield f"  locks {self.file_lock} until the file has run"
        for sent in _shown(file):
            sql = " ".join(masked(sent.sql).split())
            yield f"  {sql if len(sql) <= LONGEST else f'{sql[: LONGEST - 3]}...'}"
            if sent.outside and not self.file_lock and not any(one.lock for one in _accesses(sent)):
                yield f"      {OUTSIDE}"
            for access in _accesses(sent):
                yield f"      {access.table}: {', '.join(_words(access))}"

    def _json(self, file: DryFile) -> dict[str, Any]:
        statements = [
            {"sql": masked(sent.sql), "in_transaction": not sent.outside,
             "effects": [{**asdict(one), "table": str(one.table)} for one in _accesses(sent)]}
            for sent in _shown(file)
        ]  # fmt: skip
        tables = [{"name": str(name), **asdict(self.sizes.get(name, Size()))}
                  for name in _tables(file)]  # fmt: skip
        return {
            "name": file.name,
            "operations": list(file.operations),
            "hazards": list(file.hazards),
            "tables": tables,
            "locks": self.file_lock,
            "statements": statements,
        }


def plan(target: Router, to: str | None, fake: bool, ignore: Sequence[str]) -> Plan:
    """Return the plan of `target.run(to)`. Raises MigrationError and NoScratch."""
    run = migrate(target, to, fake, ignore, looks=True)
    dialect = dialect_for(target.database)
    names = dict.fromkeys(name for file in run.files for name in _tables(file))
    sizes = dialect.sizes(target.database, names)
    return Plan(run.files, sizes, dialect.file_lock, run.warnings)


def _tables(file: DryFile) -> list[Name]:
    """The tables that existed before, and that the file touches."""
    return list(dict.fromkeys(one.table for sent in file.statements for one in _accesses(sent)))


def _accesses(sent: Sent) -> list[TableAccess]:
    return [one for one in sent.accesses if one.table.bare not in OWN_TABLES]


def _shown(file: DryFile) -> list[Sent]:
    """The statements that are not dbkit's: without transactions, and without the history."""
    others = [sent for sent in file.statements if not (sent.begins or sent.ends)]
    return [sent for sent in others if not any(name in sent.sql for name in OWN_TABLES)]


def _words(access: TableAccess) -> Iterator[str]:
    if access.lock:
        yield f"{access.lock} lock"
    elif access.held:
        yield f"under the {access.held} lock"
    if access.rewrites:
        yield "rewrites the table"
    elif access.scans:
        yield "scans the table"


def _size(size: Size | None) -> str:
    if size is None or size.rows is None:
        return "size unknown"
    rows = f"about {counted(size.rows, 'row')}"
    return rows if size.bytes is None else f"{rows}, {_amount(size.bytes)}"


def _amount(count: float) -> str:
    for unit in UNITS[:-1]:
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.0f} {UNITS[-1]}"
