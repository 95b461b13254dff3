"""The database that the requirement documents describe: migrated, not made from the models.

`migrated` is shared by a session and each test's changes are rolled back; `migrated_copy` is a
database of the test's own. Both come from one run of the migrations per server.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import peewee as pw
import pytest

from dbkit import migrate
from dbkit.models import MODELS
from tests.conftest import MIGRATIONS, POSTGRES, SQLITE, opened, server_of


@cache
def template(server: str) -> str:
    """The name of a migrated database that nobody is connected to, so that it can be copied."""
    name = server_of(server).create_database()
    with opened(server_of(server).url(name)) as database:
        migrate(database, MIGRATIONS)
    return name


def copy_url(kind: str, directory: Path) -> str:
    """The URL of a new copy of the migrated database."""
    if kind != "sqlite":
        return server_of(kind).url(server_of(kind).create_database(template(kind)))
    pristine, file = directory / "pristine.db", directory / "copy.db"
    if not pristine.exists():
        with opened(f"sqlite:///{pristine}") as database:
            migrate(database, MIGRATIONS)
    shutil.copy(pristine, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="session", params=[SQLITE, *POSTGRES])
def _shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[pw.Database]:
    with opened(copy_url(request.param, tmp_path_factory.mktemp("migrated"))) as database:
        yield database


@pytest.fixture(scope="session", params=POSTGRES)
def _shared_postgres(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[pw.Database]:
    with opened(copy_url(request.param, tmp_path_factory.mktemp("migrated"))) as database:
        yield database


def _undone(database: pw.Database) -> Iterator[pw.Database]:
    with database.bind_ctx(MODELS), database.atomic() as transaction:
        yield database
        transaction.rollback()


@pytest.fixture
def migrated(_shared: pw.Database) -> Iterator[pw.Database]:
    yield from _undone(_shared)


@pytest.fixture
def migrated_postgres(_shared_postgres: pw.Database) -> Iterator[pw.Database]:
    yield from _undone(_shared_postgres)


@pytest.fixture(params=[SQLITE, *POSTGRES])
def migrated_copy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[pw.Database]:
    with opened(copy_url(request.param, tmp_path)) as database, database.bind_ctx(MODELS):
        yield database
