"""Nothing is collected while a schema is read and compared."""

from __future__ import annotations

import gc

import peewee as pw

from dbkit import verify
from dbkit.models import MODELS


def test_the_collector_is_off_while_verify_runs() -> None:
    database, seen = pw.SqliteDatabase(":memory:"), list[bool]()
    database.query_hooks.append(lambda _: seen.append(gc.isenabled()))
    with database:
        verify(database, MODELS)
    assert seen
    assert not any(seen)
    assert gc.isenabled()
