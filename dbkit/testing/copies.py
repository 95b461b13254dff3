"""The template, which is migrated once, and its copies, one for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

import peewee as pw

from dbkit.connection import opened
from dbkit.errors import DbkitError
from dbkit.migration.goal import Goal
from dbkit.migration.new_migration import provide
from dbkit.migration.replay import replaying_on
from dbkit.migration.router import Router
from dbkit.migration.stand_ins import stand_in
from dbkit.schema.peewee_models import with_targets
from dbkit.seeding import seed

from . import project
from .databases import Databases, databases_for

Value = TypeVar("Value")


class Once(Generic[Value]):
    """Calls a function once, and returns its value or raises its error each time: a server that
    does not answer is not tried again for each test."""

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make = make

    def __call__(self) -> Value:
        if isinstance(self._result, DbkitError):
            raise self._result
        return self._result

    @cached_property
    def _result(self) -> Value | DbkitError:
        try:
            return self._make()
        except DbkitError as error:
            return error


@dataclass(frozen=True)
class Copy:
    """A database of a test. The URL may contain a password."""

    url: str
    database: pw.Database


class Copies:
    """The copies of a run of pytest. Each process of pytest-xdist has its own template."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory  # of the project; a test may work in another
        with chdir(directory):
            self.project = project.load()
            self._databases: Databases = databases_for(self.project)
        self.close = self._databases.close
        self._templates = {
            False: Once(self._migrated),
            True: Once(self._seeded),
        }

    @contextmanager
    def copy(self, seeds: bool = False) -> Iterator[Copy]:
        """Yield a copy of the migrated database, with or without seeds, and drop it after the
        block. Raises DbkitError."""
        with chdir(self._directory):
            template = self._templates[seeds]()
        name = self._databases.create(template)
        try:
            yield Copy(self._databases.url(name), self._databases.database(name))
        finally:
            self._databases.drop(name)

    def _migrated(self) -> str:
        """A database with the migrations, and with the tables of others that models describe."""
        settings, models = self.project.settings, self.project.found.models
        goal = Goal.of(models, settings.ignore)

        def prepare(router: Router) -> list[str]:
            router.refuse(router.standing())
            provide(router.database, goal)
            return router.todo

        with replaying_on(
            self._databases.empty, settings.migrations, prepare, limits=settings.limits
        ) as router:
            others = [one for one in with_targets(models) if one not in goal.models]
            stand_in(router.database, others, complete=router.migrator_class.stand_ins)
        return self._databases.last

    def _seeded(self) -> str:
        """A database with the migrations and the seeds."""
        settings = self.project.settings
        name = self._databases.create(self._templates[False]())
        with opened(self._databases.database(name)) as database:
            seed(
                database,
                self.project.models,
                settings.seeds,
                settings.limits,
                environment="test",
            )
        return name
