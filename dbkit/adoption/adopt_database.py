"""`dbkit init`: writes models, a baseline migration and the configuration for a database."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import peewee as pw

from dbkit.atomic_files import new_directories_removed, overwrite
from dbkit.database_argument import takes_database
from dbkit.discovery import load_models
from dbkit.errors import DatabaseFailed, DbkitError, MigrationError, ModelsError, NoStandIn
from dbkit.formatter import write_python
from dbkit.limits import DEFAULT, Limits
from dbkit.migration import Router, create
from dbkit.migration.goal import Goal, wanted, whole
from dbkit.migration.squash import baseline
from dbkit.project import current_project, literal_pattern
from dbkit.schema.database_objects import Object
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.patterns import matches
from dbkit.schema.peewee_models import Model, is_managed, table_name
from dbkit.schema.values import Schema, Table
from dbkit.verification.comparison import examine
from dbkit.verification.report import place

from .left_out import REFUSED, LeftOut, capitalized
from .lost_objects import Lost
from .notes import Note, grouped
from .render_models import written
from .scope import EVERYTHING, Scope, Selection, select
from .write_settings import settings_file, write_settings

CONF = '''\
"""Read by pw_migrate before every command: the same router and database as `python -m dbkit`."""

from dbkit.migration import pw_migrate

DATABASE = pw_migrate.install()
'''


@dataclass(frozen=True)
class Adopted:
    """The written files, the name of the baseline, and the notes about omissions, in groups."""

    files: tuple[Path, ...]
    baseline: str
    notes: tuple[Note, ...]


@takes_database
def adopt(
    database: pw.Database,
    spec: str | None,
    directory: Path,
    ignore: Sequence[str] = (),
    name: str = "baseline",
    limits: Limits = DEFAULT,
    scope: Scope = EVERYTHING,
) -> Adopted | None:
    """Write the files with which a project manages an existing database, or the tables in `scope`.

    They are conf.py, the settings, a module of models unless `spec` names an existing module, and a
    baseline migration, which creates what the database has now and is marked as applied. The
    baseline replaces existing migrations, whose files are kept. Returns None if the existing
    migrations create the same schema. If it raises a DbkitError, it leaves no file behind.
    """
    router = Router(database, directory, limits=limits)
    router.files.needed = False
    with router.locked():
        return _adopted(router, spec or "models", directory, ignore, name, scope)


def _adopted(
    router: Router, spec: str, directory: Path, ignore: Sequence[str], name: str, scope: Scope
) -> Adopted | None:
    """Try without looking for objects that cannot be created again; look for them on a failure."""
    models = load_models(spec) if _is_written(spec) else []
    described = {table_name(model) for model in models if is_managed(model)}
    selection = select(router.database, scope, ignore, described)
    lost = selection.lost
    while True:
        try:
            return _attempt(router, spec, directory, ignore, name, selection, lost)
        except (MigrationError, DatabaseFailed, ModelsError) as error:
            if _is_written(spec):
                raise
            if isinstance(error, NoStandIn) and lost.without_target(error.table) != lost:
                lost = lost.without_target(error.table)
                continue
            reason = error.message.splitlines()[0]
            more = lost.more(router.database, selection.ignore, reason)
            if more is None:
                raise
            lost = more
        except _Unjudged as error:
            lost = lost.without_models(error.tables)


class _Unjudged(Exception):
    """The server cannot create temporary copies of the models of some tables."""

    def __init__(self, tables: frozenset[Name]) -> None:
        self.tables = tables


def _attempt(
    router: Router,
    spec: str,
    directory: Path,
    ignore: Sequence[str],
    name: str,
    selection: Selection,
    lost: Lost,
) -> Adopted | None:
    database = router.database
    schema = lost.left(whole(database, selection.ignore))
    if not schema.tables:
        raise MigrationError(
            "The database has no tables to adopt.",
            "For a new project, write models and run `python -m dbkit create`.",
        )
    files: list[Path] = []
    with new_directories_removed(directory / "conf.py"), _taken_back(files):
        models, left = _models(database, lost.modelled(_spelled(database, schema)), spec, files,
                               lost.targets)  # fmt: skip
        is_new = bool(files)
        ignored = [one.place for one in (*left, *lost.left_out) if one.differs]
        with _judging(database, models if is_new else []):
            ignored += _differing(database, models, (*ignore, *ignored), selection.others, is_new)
            managed = [model for model in models if is_managed(model)]
            wanted = lost.wanted(database, managed, selection.ignore)
            goal = Goal(managed, *wanted, selection.ignore, lost.by_sql)
        applied, pending = _history(router)
        replaced = applied or pending
        if replaced and _is_made(database, models, directory):
            if pending:
                raise _only_unmarked(router, pending)
            return None
        made, failure = _baseline(database, directory, name, goal, replaced)
        files.append(directory / f"{made}.py")
        _require_own(router, made)
        _new(directory / "conf.py", CONF, files)
        ignored += [one.place for one in selection.left_out
                    if one.differs and not matches(one.place, ignore)]  # fmt: skip
        files += filter(None, [write_settings(spec, directory, ignored)])
        if not applied:
            router.run(fake=True)
    refused = () if lost.tried else tuple(map(_refused, goal.objects))
    uncreated = (*selection.left_out, *filter(None, refused), *lost.left_out, *failure)
    created = "" if failure else made
    patterns = (*ignore, *map(literal_pattern, ignored))
    notes = *grouped(left, created, patterns), *grouped(uncreated, "", patterns)
    return Adopted(tuple(files), made, notes)


def _refused(one: Object) -> LeftOut | None:
    """The omission of an object whose statement must not be in a migration."""
    if one.is_possible:
        return None
    words = f"{one.what} is left out: a migration must not contain its statement."
    return LeftOut(one.what, capitalized(words), why=REFUSED)


def _spelled(database: pw.Database, schema: Schema) -> Schema:
    """The schema with qualified names in the SQL of its tables: models have no search path."""
    with dialect_for(database).reading(database, None) as reading:
        spelled = {table.name: table for table in reading.spelled()}
    return replace(schema, tables=tuple(spelled.get(one.name, one) for one in schema.tables))


@contextmanager
def _taken_back(files: list[Path]) -> Iterator[None]:
    """If the block fails, delete the files that it wrote, and restore the settings."""
    config = settings_file()
    before = config.read_bytes() if config.exists() else None
    try:
        yield
    except BaseException:
        for path in files:
            path.unlink(missing_ok=True)
        if before is not None and config.read_bytes() != before:
            overwrite(config, before)
        raise


def _models(
    database: pw.Database,
    schema: Schema,
    spec: str,
    files: list[Path],
    targets: Collection[Table],
) -> tuple[list[Model], tuple[LeftOut, ...]]:
    """The existing models, or new models and the objects that they leave out."""
    path = _module_path(spec)
    if _is_written(spec):
        return load_models(spec), ()
    source, left = written(schema, dialect_for(database).name, targets)
    _new(path, source, files)
    importlib.invalidate_caches()  # the module is new
    sys.modules.pop(spec.partition(":")[0], None)  # an earlier attempt may have imported another
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
    return load_models(spec), left


def _is_written(spec: str) -> bool:
    """Whether the module of models exists."""
    path = _module_path(spec)
    return path.exists() or path.with_suffix("").is_dir()


def _module_path(spec: str) -> Path:
    module = Path(*spec.partition(":")[0].split(".")).with_suffix(".py")
    return current_project().directory / module


def _differing(
    database: pw.Database,
    models: list[Model],
    ignore: Sequence[str],
    others: Collection[Name],
    is_new: bool,
) -> list[str]:
    """What `verify --strict` would report for new models, or the tables of `others` among it.
    Raises MigrationError if existing models differ from the database."""
    ignore = [*ignore]
    report, _, _ = examine(database, models, ignore=ignore, family=is_new)
    if report.unverified or (report and not is_new):
        raise MigrationError(
            f"The models do not match the database:\n{report}",
            "Make the models match first, or give --models the name of a new module.",
        )
    found = list(map(place, report.changes))
    ignore += map(literal_pattern, found)
    strict, _, _ = examine(database, models, True, ignore, family=True)
    return found + [place(change) for change in strict.changes
                    if is_new or (change.table is None and change.item.name in others)]  # fmt: skip


@contextmanager
def _judging(database: pw.Database, models: list[Model]) -> Iterator[None]:
    """Raise _Unjudged if the block fails because of these models, which are new."""
    try:
        yield
    except ModelsError as error:
        if tables := frozenset(_unjudged(database, models)):
            raise _Unjudged(tables) from error
        raise


def _unjudged(database: pw.Database, models: list[Model]) -> Iterator[Name]:
    """The tables whose models cannot be compared."""
    for model in models:
        try:
            examine(database, [model])
            wanted(database, [model])
        except ModelsError:
            yield table_name(model)


def _require_own(router: Router, name: str) -> None:
    """Raise MigrationError if the history has a migration of this name that is another file."""
    record = router.standing().records.get(name)
    if record and not record.is_of(router.files.content(name)):
        raise MigrationError(
            f"The history of this database already has a migration {name}, which is not the file "
            "that init would write.",
            f"If you deleted the files of an earlier init, run `python -m dbkit repair --pending "
            f"{name}` and then init again. If another project keeps its history in this database, "
            "leave the database to that project.",
        )


def _history(router: Router) -> tuple[list[str], list[str]]:
    """(the applied migrations, the pending ones). Raises MigrationError if there are both."""
    standing = router.standing()
    for error in standing.errors:
        raise error
    if standing.pending and standing.applied:
        raise MigrationError(
            f"Migrations in {router.migrate_dir} are not applied: {', '.join(standing.pending)}.",
            "Apply them, or delete their files. Then run init again.",
        )
    return list(standing.applied), list(standing.pending)


def _only_unmarked(router: Router, pending: list[str]) -> MigrationError:
    """The error for a second database of a project, such as that of production."""
    return MigrationError(
        f"The migrations in {router.migrate_dir} create the tables of this database already, but "
        f"they are not marked as applied here: {', '.join(pending)}.",
        "Mark them as applied: `python -m dbkit migrate --fake`.",
    )


def _is_made(database: pw.Database, models: list[Model], directory: Path) -> bool:
    """Whether the existing migrations can be replayed and create the schema of the models."""
    try:
        return create(database, models, directory, write=False) is None
    except DbkitError:
        return False


def _baseline(
    database: pw.Database,
    directory: Path,
    name: str,
    goal: Goal,
    replaced: list[str],
) -> tuple[str, tuple[LeftOut, ...]]:
    """(name, failure) of a baseline that creates exactly the database; if that needs objects that
    dbkit does not know, it creates the schema of the models, and the failure says why."""
    try:
        made = baseline(database, directory, name, goal, replaced)
    except (MigrationError, DatabaseFailed) as error:
        if goal.objects and not goal.by_sql:
            raise
        try:
            made = baseline(
                database, directory, name, Goal(goal.models, ignore=goal.ignore), replaced
            )
        except (MigrationError, DatabaseFailed, ModelsError):
            raise error from None
        reason = error.message.splitlines()[0]
        words = f"{made.name} creates the tables of the models, not the whole database. {reason}"
        return made.name, (LeftOut("", words),)
    return made.name, ()


def _new(path: Path, text: str, files: list[Path]) -> None:
    if path.exists():
        return
    write_python(path, text)
    files.append(path)
