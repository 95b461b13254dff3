"""Here a database is dropped after its test: there are hundreds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import migrate, verify
from dbkit.migration import create
from tests.conftest import POSTGRES, SQLITE, opened, server_of


@pytest.fixture(params=[SQLITE, *POSTGRES])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[pw.Database]:
    """An empty database, open."""
    if request.param == "sqlite":
        with opened(f"sqlite:///{tmp_path / 'test.db'}") as database:
            yield database
        return
    server = server_of(request.param)
    name = server.create_database()
    with opened(server.url(name)) as database:
        yield database
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def steps(database: pw.Database, tmp_path: Path) -> Callable[..., Any]:
    """Create and run a migration; gives it."""

    def step(models: list[Any], **decisions: Any) -> Any:
        made = create(database, models, tmp_path / "m", **decisions)
        migrate(database, tmp_path / "m")
        report = verify(database, models)
        assert not report, str(report)
        return made

    return step
