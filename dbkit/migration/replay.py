"""The schema that a migration history makes: replayed on a scratch database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee as pw

from dbkit.connection import diagnosed
from dbkit.schema.dialect import dialect_for
from dbkit.schema.values import Schema
from dbkit.scratch_database import scratch_database

from .router import Router
from .stand_ins import Rehearsal


@contextmanager
def replaying(live: pw.Database, directory: str | Path) -> Iterator[Router]:
    """A Router of the directory's files on a scratch database of the kind of `live`, on which
    nothing is applied yet. Raises NoScratch."""
    with scratch_database(live) as database, diagnosed(database):
        rehearsal = type("Rehearsal", (Rehearsal,), {"stand_ins": set()})
        yield Router(database, directory, migrator_class=rehearsal)


def applied(router: Router, names: Iterable[str], schemas: Iterable[str] | None) -> Schema:
    """Apply these files; the schema after it. Raises MigrationError."""
    router.apply(names)
    with dialect_for(router.database).reading(router.database, schemas) as reading:
        return reading.live()
