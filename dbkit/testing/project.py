"""The project under test: its settings, its models, and the databases that they use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import peewee as pw

from dbkit import config
from dbkit.connection import target_of
from dbkit.discovery import Found, find_models
from dbkit.errors import ConfigError
from dbkit.schema.peewee_models import Model

SERVER = "Set DBKIT_TEST_URL to the URL of a PostgreSQL server where dbkit may create databases."
OF_TESTS = {
    "postgresql": SERVER,
    "sqlite": "Set DBKIT_TEST_URL=sqlite:///test.db: the databases of the tests are then temporary "
    "files.",
}


@dataclass(frozen=True)
class TestedProject:
    """The project under test. `models` are those of its tables and their base classes."""

    settings: config.Settings
    found: Found

    @property
    def models(self) -> list[Model]:
        return [*self.found.models, *self.found.bases]

    def live(self) -> pw.Database:
        """Return the database of the project, not open. Copies are made beside it, and of its kind;
        it is only asked for its version and its settings. Raises ConfigError."""
        target = target_of(self.settings, session=True)
        found = filter(None, map(behind, databases_of(self.models)))
        kinds = {dialect_of(one): one for one in found}
        if not kinds or target.dialect in kinds:
            return target.database()
        dialect, database = kinds.popitem()
        if kinds or database.deferred:
            raise ConfigError(
                f"The models use a database of {dialect}, but {target.display} is not one.",
                f"Set DATABASE_URL to the same kind of database. {OF_TESTS[str(dialect)]}",
            )
        return database


def load() -> TestedProject:
    """Return the project of the working directory. Raises ConfigError and ModelsError."""
    if config.environment() == "production":
        raise ConfigError(
            "DBKIT_ENV is production, but these are tests.",
            "Set DBKIT_ENV=test, and DATABASE_URL or DBKIT_TEST_URL to a database that is not of "
            "production.",
        )
    settings = config.load()
    return TestedProject(settings, find_models(settings.models))


def databases_of(models: Iterable[Model]) -> list[Any]:
    """Return the databases and proxies to which the models are bound."""
    bound = [model._meta.database for model in models]
    return [*{id(one): one for one in bound if one is not None}.values()]


def behind(database: Any) -> pw.Database | None:
    """Return the database behind a proxy; None if the proxy has none yet."""
    while isinstance(database, pw.Proxy):
        database = database.obj
    return database


def dialect_of(database: pw.Database | None) -> str | None:
    """Return the name of the dialect, as in `Target.dialect`."""
    if isinstance(database, pw.SqliteDatabase):
        return "sqlite"
    return "postgresql" if isinstance(database, pw.PostgresqlDatabase) else None
