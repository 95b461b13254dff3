"""What `migrate` and `rollback` would send: they run on a scratch database with the same history.

Of the target, only the history, the schema and the attachments of objects are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from glob import escape

import peewee as pw

from dbkit.called_as import as_called
from dbkit.connection import diagnosed
from dbkit.diagnosis import sqlstate
from dbkit.errors import DbkitError, MigrationError
from dbkit.plurals import first_of
from dbkit.schema.changes import Change, kind, subject
from dbkit.schema.dialect import dialect_for
from dbkit.schema.sent import Sent
from dbkit.schema.sql import NOT_DONE
from dbkit.schema.values import Schema
from dbkit.verification.comparison import drifted

from .operation_notes import Notes
from .replay import replaying
from .router import Router
from .sent_statements import StatementCollector, terminated
from .targets import pending_target, rollback_targets

CODE = (
    "runs Python code that uses the database (run(), queries of models): on the scratch database "
    "it reads empty tables, so its statements may depend on rows"
)
LACKING = (
    "Statements that restore owners and privileges may be missing here, because the scratch server "
    "lacks what the database server has ({}). The migration itself sends them."
)
UNDEFINED = "42704"  # undefined_object, such as a role (PostgreSQL manual, appendix A)
SHOWN = 10  # differences that a warning lists


@dataclass(frozen=True)
class DryFile:
    """A file that ran on the scratch database, with its statements."""

    name: str
    statements: tuple[Sent, ...]
    operations: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()


@dataclass(frozen=True)
class DryRun:
    """The files in the order in which they would run; and warnings: why the statements on the
    target may differ."""

    files: tuple[DryFile, ...]
    warnings: tuple[str, ...] = ()

    def script(self) -> str:
        """Return the statements as a script for psql or sqlite3."""
        return "\n".join(
            "\n".join([f"-- {file.name}", *map(terminated, file.statements), ""])
            for file in self.files
        )


def migrate(
    target: Router, to: str | None, fake: bool, ignore: Sequence[str], looks: bool = False
) -> DryRun:
    """Return what `target.run(to)` would send; with `looks`, also the operations, their hazards and
    the tables that the statements access. Raises MigrationError and NoScratch."""
    layout = target.files.layout()
    standing = layout.standing(target.recorder.read())
    target.refuse(standing)
    names = standing.until(pending_target(to, standing, layout, target.migrate_dir))

    def run(router: Router, name: str) -> None:
        router.run(name or None, fake=fake)

    return _dry_run(target, names or [""], ignore, run, looks)


def rollback(target: Router, to: str | None, count: int, ignore: Sequence[str]) -> DryRun:
    """Return what `target.rollback_files(count, to=to)` would send. Raises MigrationError and
    NoScratch."""
    standing = target.standing()
    standing.refuse(target.allow_edited)
    names = rollback_targets(to, count, standing)
    return _dry_run(target, names, ignore, lambda router, name: router.rollback_files(1))


def _dry_run(
    target: Router,
    names: Sequence[str],
    ignore: Sequence[str],
    run: Callable[[Router, str], object],
    looks: bool = False,
) -> DryRun:
    if target.recorder.begun:
        raise MigrationError(
            f"Migration {', '.join(target.recorder.begun)} is half done, so a scratch database "
            "cannot tell what remains.",
            "Complete it with `python -m dbkit migrate`.",
        )

    def prepare(router: Router) -> list[str]:
        router.allow_out_of_order = target.allow_out_of_order
        router.allow_edited = target.allow_edited
        there = router.files.names()
        return [name for name in target.done if name in there]

    with replaying(
        target.database, target.migrate_dir, same_version=True, prepare=prepare
    ) as router:
        warnings = _as_on_target(target, router, ignore)
        collector, files = StatementCollector(looks), []
        notes = Notes(router) if looks else None
        custom = router.migrator_class.custom
        with dialect_for(router.database).recorded(router.database, collector):
            for name in names:
                custom.clear()
                run(router, name)
                if statements := collector.taken():
                    noted = notes.taken() if notes else ()
                    files.append(DryFile(name or "the history", statements, *noted))
                if "code" in custom:
                    warnings.append(f"{name} {CODE}.")
                warnings += filter(None, [router.others.warning(name)])
    for file in files:
        warnings += [f"{file.name} copies rows, which the script does not copy: {one.sql}"
                     for one in file.statements if one.sql.startswith(NOT_DONE)]  # fmt: skip
    is_work = bool(files or any(names))
    return DryRun(tuple(files), tuple(warnings) if is_work else ())


def _as_on_target(target: Router, router: Router, ignore: Sequence[str]) -> list[str]:
    """Give the scratch database the history and the attachments of the target; return warnings
    about the differences."""
    target.recorder.copy_to(router.recorder)
    dialect, database = dialect_for(router.database), router.database
    others = [escape(str(name)) for name in router.migrator_class.stand_ins]
    live = _read(target.database)
    changes = drifted(dialect, live, _read(database), [*ignore, *others])
    warnings = []
    if changes:
        warnings.append(
            "The database differs from its migrations, so the migrations may send other "
            f"statements to it, or fail: {first_of([*map(_said, changes)], SHOWN)}. "
            + as_called("`python -m dbkit diff migrations live` lists the differences.")
        )
    try:
        with diagnosed(database), database.atomic():
            dialect.restore(database, _attached(target.database))
    except DbkitError as error:
        warnings.append(
            LACKING.format(str(error.__cause__).splitlines()[0])
            if sqlstate(error) == UNDEFINED else
            "The owners, privileges and comments of the database cannot be copied to the scratch "
            "database, so statements that restore them may be missing: "
            f"{error.message.splitlines()[0]}"
        )  # fmt: skip
    return warnings


def _said(change: Change) -> str:
    table = f" of table {change.table}" if change.table else ""
    return f"{kind(change.item)} {subject(change.item)}{table}"


def _read(database: pw.Database) -> Schema:
    with dialect_for(database).reading(database, None) as reading:
        return reading.whole()


def _attached(database: pw.Database) -> Schema:
    with dialect_for(database).reading(database, None) as reading:
        return reading.live(comments=True)
