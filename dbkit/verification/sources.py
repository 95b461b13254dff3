"""The schemas that `diff`, `diagram` and `docs` can name: the models, the migrations, a live
database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import peewee as pw

from ..connection import Target, opened, parse
from ..discovery import Found
from ..errors import ConfigError, DatabaseUnreachable
from ..garbage_collection import paused
from ..migration.replay import replaying
from ..schema.dialect import dialect_for
from ..schema.values import Schema
from ..scratch_database import NoScratch, scratch_database, server_of
from ..source_places import or_in_migrations
from .comparison import (
    against_models,
    compare,
    require_same_kind,
    schema_of_models,
    schemas_of,
    sides,
    without_ignored,
)
from .report import Report

MODELS, MIGRATIONS, LIVE = "models", "migrations", "live"


class Sources:
    """The schemas that commands can name, in this project and for this database. `notes` are
    warnings about the schemas that were read."""

    def __init__(self, live: Target, migrations: Path, models: Callable[[], Found]) -> None:
        self.live, self.migrations, self.models = live, migrations, models
        self.notes: list[str] = []

    @paused()
    def diff(self, current: str, desired: str, ignore: tuple[str, ...] = ()) -> Report:
        """Compare two sources: 'models', 'migrations', 'live' or the URL of a database.

        With models, only the tables that they describe are compared. Raises ConfigError for an
        unknown source, and the errors of reading it.
        """
        left, right = self.name(current), self.name(desired)
        if MODELS in (current, desired):
            report = self._with_models(current, desired, ignore)
        else:
            with self._database(current) as first, self._database(desired) as second:
                report = compare(
                    dialect_for(second), _read(first), _read(second), ignore, dialect_for(first)
                )
        notes = (*report.notes, *self.notes)
        find = or_in_migrations(report.find, self.migrations)
        return replace(report, current=left, desired=right, notes=notes, find=find)

    @paused()
    def schema(self, source: str, ignore: tuple[str, ...] = ()) -> Schema:
        """Return the schema of a source, without dbkit's own tables. The models are read on a
        scratch database, or else on the live one. Raises as `diff`."""
        self.name(source)
        if source != MODELS:
            with self._database(source) as database:
                return without_ignored(_read(database), ignore)
        try:
            with scratch_database(self.live.database()) as database:
                dialect_for(database).provide(database, schemas_of(self.models().models))
                return self._of_models(database, ignore)
        except NoScratch as no_scratch:
            try:
                with self._database(LIVE) as database:
                    return self._of_models(database, ignore)
            except DatabaseUnreachable:  # its hint would be about a database that nobody named
                raise no_scratch from None

    @paused()
    def pair(
        self, current: str, desired: str, ignore: tuple[str, ...] = ()
    ) -> tuple[Schema, Schema]:
        """Return the two schemas that `diff` would compare. A table of the migrations that no model
        describes any more is among them. Raises as `diff`."""
        self.name(current), self.name(desired)
        if current == desired == MODELS:
            return (both := self.schema(MODELS, ignore)), both
        if MODELS in (current, desired):
            other = desired if current == MODELS else current
            with self._database(other) as database:
                found, strict = self.models(), other == MIGRATIONS
                report, old, new = sides(database, found.models, ignore, strict, found.bases)
            self._warn(report)
            return (new, old) if current == MODELS else (old, new)
        with self._database(current) as first, self._database(desired) as second:
            require_same_kind(dialect_for(first), dialect_for(second))
            old, new = _read(first), _read(second)
        return without_ignored(old, ignore), without_ignored(new, ignore)

    def _of_models(self, database: pw.Database, ignore: tuple[str, ...]) -> Schema:
        found = self.models()
        report, schema = schema_of_models(database, found.models, ignore, found.bases)
        self._warn(report)
        return schema

    def _warn(self, report: Report) -> None:
        self.notes += [f"{name} is left out: {reason}" for name, reason in report.unverified]

    def _with_models(self, current: str, desired: str, ignore: tuple[str, ...]) -> Report:
        other = desired if current == MODELS else current
        with self._database(LIVE if other == MODELS else other) as database:
            found, backwards = self.models(), current == MODELS != desired
            return against_models(database, found.models, ignore, backwards, found.bases)

    def name(self, source: str) -> str:
        """Return the source as people read it, without a password. Raises ConfigError if there is
        no such source."""
        if source in (MODELS, MIGRATIONS):
            return source
        if source != LIVE and ":" not in source:
            raise ConfigError(
                f"{source} does not name a schema.",
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
