"""The schemas that `dbkit diff` can compare: the models, the migrations, a live database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import peewee as pw

from ..connection import Target, opened, parse
from ..discovery import Found
from ..errors import ConfigError
from ..garbage_collection import paused
from ..migration.replay import replaying
from ..schema.dialect import dialect_for
from ..schema.values import Schema
from ..scratch_database import server_of
from .comparison import against_models, compare
from .report import Report

MODELS, MIGRATIONS, LIVE = "models", "migrations", "live"


class Sources:
    """The schemas that `dbkit diff A B` can name, in this project and for this database."""

    def __init__(self, live: Target, migrations: Path, models: Callable[[], Found]) -> None:
        self.live, self.migrations, self.models = live, migrations, models

    @paused()
    def diff(self, current: str, desired: str, ignore: tuple[str, ...] = ()) -> Report:
        """Compare two sources: 'models', 'migrations', 'live' or the URL of a database.

        With models, only the tables that they describe are compared. Raises ConfigError for an
        unknown source, and the errors of reading it.
        """
        left, right = self._name(current), self._name(desired)
        self.notes: list[str] = []
        if MODELS in (current, desired):
            report = self._with_models(current, desired, ignore)
        else:
            with self._database(current) as first, self._database(desired) as second:
                report = compare(
                    dialect_for(second), _read(first), _read(second), ignore, dialect_for(first)
                )
        notes = (*report.notes, *self.notes)
        return replace(report, current=left, desired=right, notes=notes)

    def _with_models(self, current: str, desired: str, ignore: tuple[str, ...]) -> Report:
        other = desired if current == MODELS else current
        with self._database(LIVE if other == MODELS else other) as database:
            found, backwards = self.models(), current == MODELS != desired
            return against_models(database, found.models, ignore, backwards, found.bases)

    def _name(self, source: str) -> str:
        if source in (MODELS, MIGRATIONS):
            return source
        if source != LIVE and ":" not in source:
            raise ConfigError(
                f"{source} cannot be compared.",
                "Use models, migrations, live, or the URL of a database.",
            )
        return self.live.display if source == LIVE else parse(source).display

    @contextmanager
    def _database(self, source: str) -> Iterator[pw.Database]:
        """Yield an open database with the source's schema."""
        if source == MIGRATIONS:
            with replaying(
                self.live.database(), self.migrations, prepare=lambda router: router.todo
            ) as router:
                self.notes += filter(None, [server_of(router.database).difference])
                yield router.database
        else:
            target = self.live if source == LIVE else parse(source)
            with opened(target.database(read_only=True), target.display) as database:
                yield database


def _read(database: pw.Database) -> Schema:
    with dialect_for(database).reading(database, None) as reading:
        return reading.whole()
