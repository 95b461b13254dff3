"""Intercepts the statements that a migration itself sends to the database.

When a migration is followed in memory for its models, its statements must not run again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock, get_ident
from typing import Any
from unittest.mock import MagicMock

import peewee as pw

Handler = Callable[[Callable[[], Any]], Any]  # gets the call of a method, and returns its result

METHODS = ("execute_sql", "cursor", "connection")
LOCK = Lock()
HANDLERS: dict[int, dict[int, list[Handler]]] = {}  # by database (its id) and thread


@contextmanager
def intercepted(database: pw.Database, handler: Handler) -> Iterator[None]:
    """Pass every use of the database's connection in this thread to `handler`, or to that of an
    inner block. Other threads that share the database are not affected. (peewee-migrate patches
    Peewee for the whole process.)"""
    me, key = get_ident(), id(database)
    with LOCK:
        if key not in HANDLERS:
            HANDLERS[key] = defaultdict(list)
            for name in METHODS:
                setattr(database, name, _intercepted(getattr(database, name), HANDLERS[key]))
        HANDLERS[key][me].append(handler)
    try:
        yield
    finally:
        with LOCK:
            HANDLERS[key][me].pop()
            if not any(HANDLERS[key].values()):
                del HANDLERS[key]
                for name in METHODS:
                    delattr(database, name)


def _intercepted(real: Callable[..., Any], threads: dict[int, list[Handler]]) -> Callable[..., Any]:
    def method(*args: Any, **kwargs: Any) -> Any:
        call = partial(real, *args, **kwargs)
        handlers = threads.get(get_ident())
        return handlers[-1](call) if handlers else call()

    return method


def sql_of(call: Callable[[], Any]) -> str:
    """Return the statement of an intercepted call; it is empty if the call gets the connection."""
    match call:
        case partial(func=function, args=(str(sql), *_)) if function.__name__ == "execute_sql":
            return sql
        case partial(func=function, keywords={"sql": str(sql)}):
            return sql
    return ""


@contextmanager
def silenced(database: pw.Database) -> Iterator[None]:
    """Let the database send no statement of this thread, and return no rows."""
    with intercepted(database, lambda call: nothing()):
        yield


def nothing() -> MagicMock:
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
