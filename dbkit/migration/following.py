"""Following migrations in memory: their models are needed, their statements must not run again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any
from unittest.mock import MagicMock

import peewee as pw


@contextmanager
def silenced(database: pw.Database) -> Iterator[None]:
    """In this thread the database answers every statement with nothing and sends none; other
    threads that share it go on as before. (peewee-migrate patches Peewee for the whole process.)
    """
    me = get_ident()
    methods = ("execute_sql", "cursor", "connection")
    real = {name: getattr(database, name) for name in methods}

    def quiet(name: str) -> Any:
        def method(*args: Any, **kwargs: Any) -> Any:
            return _nothing() if get_ident() == me else real[name](*args, **kwargs)

        return method

    for name in methods:
        setattr(database, name, quiet(name))
    try:
        yield
    finally:
        for name in methods:
            delattr(database, name)


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
