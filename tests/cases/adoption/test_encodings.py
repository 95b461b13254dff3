"""init on PostgreSQL databases that are not encoded as UTF-8: it works, or says why not."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2
import pytest
from click.testing import Result

from tests.conftest import server_of

from .test_hostile_names import assert_adopted

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_encodings(
    dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    name = "größe"
    server = server_of("postgres18")
    urls = []
    for part in ("old", "new"):
        database = f"{encoding.lower()}_{part}"
        server.execute(
            f"CREATE DATABASE {database} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        )
        urls.append(server.url(database))
    connection = psycopg2.connect(urls[0])
    with connection, connection.cursor() as cursor:
        if encoding == "LATIN1":
            connection.set_client_encoding("UTF8")
        sql = f'CREATE TABLE "{name}" (id int PRIMARY KEY, "{name}_c" text DEFAULT \'{name}\')'
        cursor.execute(sql.encode())
    connection.close()
    if encoding == "SQL_ASCII":
        result = dbkit("init", "--models", "adopted_ascii", "--database", urls[0])
        assert result.exit_code == 2, result.output
        assert "set PGCLIENTENCODING" in result.output
        monkeypatch.setenv("PGCLIENTENCODING", "UTF8")
    assert_adopted(dbkit, *urls)
