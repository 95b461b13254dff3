"""Following migrations in memory: their models are needed, their statements must not run again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, get_ident
from typing import Any
from unittest.mock import MagicMock

import peewee as pw

METHODS = ("execute_sql", "cursor", "connection")
LOCK = Lock()
SILENT: dict[int, Counter[int]] = {}  # of a database, by its id, the threads that are in a block


@contextmanager
def silenced(database: pw.Database) -> Iterator[None]:
    """In this thread the database answers every statement with nothing and sends none; other
    threads that share it go on as before. (peewee-migrate patches Peewee for the whole process.)
    """
    me, key = get_ident(), id(database)
    with LOCK:
        if key not in SILENT:
            SILENT[key] = Counter()
            for name in METHODS:
                setattr(database, name, _quiet(getattr(database, name), SILENT[key]))
        SILENT[key][me] += 1
    try:
        yield
    finally:
        with LOCK:
            SILENT[key][me] -= 1
            if not +SILENT[key]:  # the last one
                del SILENT[key]
                for name in METHODS:
                    delattr(database, name)


def _quiet(real: Callable[..., Any], threads: Counter[int]) -> Callable[..., Any]:
    def method(*args: Any, **kwargs: Any) -> Any:
        return _nothing() if threads[get_ident()] else real(*args, **kwargs)

    return method


def _nothing() -> MagicMock:
    """A cursor without rows."""
    return MagicMock(
        **{
            "fetchone.return_value": None,
            "fetchall.return_value": [],
            "fetchmany.return_value": [],
            "description": [],
            "rowcount": 0,
        }
    )
