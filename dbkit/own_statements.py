"""Marks the statements that dbkit sends for itself: reads, locks, and the limits of a transaction.

`--sql` leaves them out: without them, the other statements have the same effect. The databases that
dbkit opens for itself are marked too: they are not those of a project.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar
from weakref import WeakSet

import peewee as pw

Database = TypeVar("Database", bound=pw.Database)

OWN = ContextVar("own", default=False)
DATABASES = WeakSet[pw.Database]()


@contextmanager
def own_statements() -> Iterator[None]:
    """Mark the statements of the block."""
    token = OWN.set(True)
    try:
        yield
    finally:
        OWN.reset(token)


def are_own() -> bool:
    """Whether the statements that are sent now are dbkit's own."""
    return OWN.get()


def own_database(database: Database) -> Database:
    """Mark a database that dbkit opens for itself, and return it."""
    DATABASES.add(database)
    return database


def is_own(database: pw.Database) -> bool:
    """Whether dbkit opened the database for itself."""
    return database in DATABASES
