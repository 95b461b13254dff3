"""The session of a run of migrations or seeds: its pragmas and attached databases."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from urllib.parse import urlsplit

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.diagnosis import explain, is_lock_conflict
from dbkit.errors import DatabaseFailed, ModelsError
from dbkit.limits import LONGEST, Busy, Limits
from dbkit.own_statements import own_statements
from dbkit.transactions import UNBROKEN, NotInTransaction, is_open, unbroken

from ..peewee_models import Model
from ..sql import folded
from .other_programs import other_programs

# the pragmas that change the effect of statements, and can be set in a transaction
PRAGMAS = ("recursive_triggers", "ignore_check_constraints", "legacy_alter_table", "query_only",
           "writable_schema", "defer_foreign_keys", "reverse_unordered_selects", "trusted_schema",
           "secure_delete", "busy_timeout")  # fmt: skip
REFUSED = re.compile(r"(within|inside) a? ?transaction")  # VACUUM, DETACH, some pragmas
STATE = f"SELECT * FROM {', '.join(f'pragma_{name}' for name in PRAGMAS)}"


@contextmanager
def locked(database: pw.Database, limits: Limits) -> Iterator[Limits]:
    """Begin a transaction that locks the whole database. Raises Busy if another program has locked
    it. Until it is committed, statements wait for other programs as long as `limits` say."""
    if is_open(database):
        with database.atomic():
            yield limits
        return
    begun, hidden = False, None
    with _busy_timeout(database) as wait:
        wait(0)
        try:
            with database.atomic("IMMEDIATE"):
                begun = True
                wait(limits.lock_timeout or LONGEST)
                yield limits
        except pw.OperationalError as error:
            hidden = _hidden_by_rollback(error)
            if hidden is None:
                if not is_lock_conflict(error):
                    raise
                holders = other_programs(database)
                if not begun:
                    raise Busy(f"{holders} (SQLite does not say whether it is dbkit)") from error
                failed = explain(error, database)
                locked_by = f"{failed.message}\n  locked by {holders}"
                raise DatabaseFailed(locked_by, failed.hint) from error
        if hidden:  # raised here, it keeps its own cause
            raise hidden


def _hidden_by_rollback(error: BaseException) -> BaseException | None:
    """The error that ended a transaction, if the error is only that of Peewee's ROLLBACK: when the
    disk is full, SQLite itself has rolled back."""
    hidden: BaseException | None = None
    while "cannot rollback" in str(error) and error.__context__:
        hidden = error = error.__context__
    return hidden


@contextmanager
def _busy_timeout(database: pw.Database) -> Iterator[Callable[[float], Any]]:
    """A function that sets how many seconds a statement waits; 0 means not to wait."""

    @own_statements()
    def send(sql: str) -> Any:
        return database.execute_sql(sql)

    (before,) = send("PRAGMA busy_timeout").fetchone()
    try:
        yield lambda seconds: send(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
    finally:
        send(f"PRAGMA busy_timeout = {before}")


@contextmanager
def keeping(database: pw.Database, whole: bool) -> Iterator[None]:
    """Restore the connection's pragmas after the block. Raises MigrationError if the `whole` block
    has one transaction and ends it (see `unbroken`)."""

    @own_statements()
    def send(sql: str) -> Any:
        return database.execute_sql(sql).fetchone()

    before = send(STATE)
    if whole:
        send(f"SAVEPOINT {UNBROKEN}")
    with unbroken(database, send) if whole else nullcontext():
        yield
    for name, old, new in zip(PRAGMAS, before, send(STATE), strict=True):
        if old != new:
            database.execute_sql(f"PRAGMA {name} = {old}")


def attempt(call: Callable[[], Any]) -> Any:
    """See `Dialect.attempt`. SQLite keeps the transaction in which it refuses a statement."""
    try:
        return call()
    except pw.OperationalError as error:
        if REFUSED.search(str(error)):
            raise NotInTransaction from error
        raise


def require_no_sequences(models: Iterable[Model]) -> None:
    """Raise ModelsError for a field with `sequence=`, which Peewee sends as DEFAULT NEXTVAL."""
    for model in models:
        for field in model._meta.sorted_fields:
            if field.sequence:
                raise ModelsError(
                    f"{model.__name__}.{field.name} takes its values from the sequence "
                    f"{field.sequence}, and SQLite has no sequences.",
                    "Remove `sequence=` from the field.",
                )


def attached(database: pw.Database) -> list[str]:
    """Return the names of the attached databases with main, but without `temp`."""
    rows = database.execute_sql("PRAGMA database_list").fetchall()
    return [name for _, name, _ in rows if name != "temp"]


def file_of(database: pw.Database) -> tuple[int, int] | None:
    """Return the device and the inode of the database's file, or None for a database without a
    file. The function opens no connection, which could wait for a lock."""
    name = os.fsdecode(database.database or "")
    if name.startswith("file:"):
        from urllib.request import url2pathname  # slow, and for such names only

        uri = urlsplit(name)
        name = "" if "mode=memory" in uri.query else url2pathname(uri.path)
    try:
        found = os.stat(name)
    except (OSError, ValueError):  # such as :memory:
        return None
    return found.st_dev, found.st_ino


def require_schemas(database: pw.Database, models: Iterable[Model]) -> None:
    """Raise ModelsError for a model whose schema is not an attached database."""
    attached_names = {"main", *map(folded, internals.attached_schemas(database))}
    if not database.is_closed():
        attached_names |= {folded(name) for name in attached(database)}
    for model in models:
        schema = model._meta.schema
        if schema and folded(schema) == "temp":
            raise ModelsError(
                f"Model {model.__name__} names the schema temp, whose tables SQLite drops when the "
                "connection ends.",
                "Use `temporary = True` instead; dbkit ignores temporary tables.",
            )
        if schema and folded(schema) not in attached_names:
            raise ModelsError(
                f"Model {model.__name__} names the schema {schema}. SQLite has no schema {schema} "
                "unless a database file is attached under that name.",
                f"Attach it (`database.attach(FILE, {schema!r})`) and call dbkit from Python, "
                "or remove `schema` from the model's Meta.",
            )
