"""How far the running statement is, as the progress views of PostgreSQL report it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import peewee as pw

from dbkit.pinned_queries import ask, named_rows

from .other_sessions import OF_LOCK, beside

# The views cover index builds, VACUUM FULL, CLUSTER and VACUUM. (PostgreSQL has no view about an
# ALTER TABLE that rewrites a table.) The session holds the lock of dbkit or has the given process
# id, which may be that of a pooler.
PROGRESS = f"""
SELECT phase, done, total, unit FROM (
  SELECT pid, phase,
         CASE WHEN blocks_total > 0 THEN blocks_done WHEN tuples_total > 0 THEN tuples_done
              ELSE lockers_done END AS done,
         CASE WHEN blocks_total > 0 THEN blocks_total WHEN tuples_total > 0 THEN tuples_total
              ELSE lockers_total END AS total,
         CASE WHEN blocks_total > 0 THEN 'blocks' WHEN tuples_total > 0 THEN 'rows'
              ELSE 'sessions' END AS unit
  FROM pg_stat_progress_create_index
  UNION ALL SELECT pid, phase, heap_blks_scanned, heap_blks_total, 'blocks'
  FROM pg_stat_progress_cluster
  UNION ALL SELECT pid, phase, heap_blks_scanned, heap_blks_total, 'blocks'
  FROM pg_stat_progress_vacuum) progress
WHERE pid IN ({OF_LOCK} UNION SELECT %s)"""


def watching(database: pw.Database) -> AbstractContextManager[Callable[[], str]]:
    """See `Dialect.watching`."""
    return _watching(beside(database), database.connection().info.backend_pid)


@contextmanager
def _watching(other: pw.Database, pid: int) -> Iterator[Callable[[], str]]:
    is_possible = True

    def look() -> str:
        nonlocal is_possible
        try:
            rows = named_rows(ask(other, PROGRESS, (pid,))) if is_possible else []
        except pw.PeeweeException:
            rows, is_possible = [], False  # without another connection, no progress is shown
        return ", ".join(map(_words, rows))

    try:
        yield look
    finally:
        other.close()


def _words(row: Any) -> str:
    return f"{row.phase}{f' {row.done:,} of {row.total:,} {row.unit}' if row.total else ''}"
