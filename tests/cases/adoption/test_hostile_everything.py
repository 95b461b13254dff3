"""Every kind of object may have every name: the baseline makes the same again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from dbkit.schema.sql import literal, quoted
from tests.conftest import POSTGRES, SQLITE, opened, server_of

from .test_hostile_names import HOSTILE, assert_adopted

NAMES = (*HOSTILE, "select", "user", "self", "import", "a\nb", "a'''b\"\"\"", "%s", "{0}", "#\n")


def statements(is_postgres: bool) -> Iterator[str]:
    for number, name in enumerate(NAMES):
        table, column, index = quoted(name), quoted(f"{name}c"), quoted(f"{name}i")
        yield f"CREATE TABLE {table} (id INTEGER NOT NULL PRIMARY KEY, {column} INTEGER)"
        yield f"CREATE INDEX {index} ON {table} ({column})"
        if is_postgres:
            kind, schema = quoted(f"{name}e"), quoted(f"{name}s")
            yield f"CREATE TYPE {kind} AS ENUM ({literal(name)}, {literal(name * 2)})"
            yield f"ALTER TABLE {table} ADD {quoted(name)} {kind} DEFAULT {literal(name)}"
            if number % 4 == 0:
                yield f"CREATE SCHEMA {schema}"
                yield f"CREATE TABLE {schema}.{table} ({column} INTEGER UNIQUE)"
        else:
            yield f"CREATE TRIGGER {quoted(f'{name}t')} AFTER INSERT ON {table} BEGIN SELECT 1; END"


@pytest.mark.parametrize("url", [SQLITE, POSTGRES[0]], indirect=True)
def test_everything(dbkit: Callable[..., Result], url: str, tmp_path: Path) -> None:
    is_postgres = not url.startswith("sqlite")
    fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    if is_postgres:
        server = server_of("postgres18")
        url, fresh = (server.url(server.create_database()) for _ in range(2))
    with opened(url) as database:
        for sql in statements(is_postgres):
            if is_postgres:
                database.cursor().execute(sql)
            else:
                database.execute_sql(sql)
    assert_adopted(dbkit, url, fresh)
