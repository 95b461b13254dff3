"""Replays a migration history on a scratch database."""

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
def replaying(
    live: pw.Database, directory: str | Path, same_version: bool = False
) -> Iterator[Router]:
    """Yield a Router for the files of the directory on an empty scratch database of the same kind
    as `live`, and with `same_version` of the same major version. Raises NoScratch."""
    with scratch_database(live, same_version) as database, diagnosed(database):
        rehearsal = type("Rehearsal", (Rehearsal,), {"stand_ins": set(), "custom": set()})
        yield Router(database, directory, migrator_class=rehearsal)


def applied(router: Router, names: Iterable[str], schemas: Iterable[str] | None) -> Schema:
    """Apply these files, and return the schema. Raises MigrationError."""
    router.apply(names)
    with dialect_for(router.database).reading(router.database, schemas) as reading:
        return reading.live()
