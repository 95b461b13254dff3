"""Extensions: of interest between two databases, and not to models that do not need them."""

from __future__ import annotations

import peewee as pw
import pytest

from dbkit.schema.dialect import dialect_for
from dbkit.verification.comparison import compare
from dbkit.verification.drift import verify
from dbkit.verification.report import Report
from tests.conftest import opened
from tests.laws.test_statements import databases, live, run
from tests.servers import Server

AVAILABLE = "SELECT min(name) FROM pg_available_extensions WHERE name IN ('vector', 'citext')"
ELSEWHERE = 'CREATE SCHEMA "the extensions"; CREATE EXTENSION {} SCHEMA "the extensions"'
PAIRS = {
    "one has it": ("", "CREATE EXTENSION {}"),
    "in another schema": ('CREATE SCHEMA "the extensions"; CREATE EXTENSION {}', ELSEWHERE),
    "one has schema and extension": ("", ELSEWHERE),
}


def between(one: pw.Database, two: pw.Database) -> Report:
    return compare(dialect_for(one), live(one), live(two))


@pytest.mark.parametrize("name", PAIRS)
def test_two_databases_differ_in_an_extension(server: Server, name: str) -> None:
    with databases(server, "", "") as (url, other), opened(url) as one, opened(other) as two:
        (extension,) = one.execute_sql(AVAILABLE).fetchone()
        for place, sql in zip((url, other), PAIRS[name], strict=True):
            run(place, [sql.format(extension)])
        assert f"extension {extension}" in str(between(one, two))
        there, back = between(one, two), between(two, one)
        before = live(one)
        run(url, there.statements())
        assert not between(one, two)
        run(url, back.statements())
        assert live(one) == before


def test_models_do_not_mind_an_extension(server: Server) -> None:
    class Note(pw.Model):
        text = pw.TextField()

    with databases(server, "") as (url,), opened(url) as database:
        Note.bind(database)
        Note.create_table()
        (extension,) = database.execute_sql(AVAILABLE).fetchone()
        run(url, [f"CREATE EXTENSION {extension}"])
        assert not verify(database, [Note])
        assert not verify(database, [Note], strict=True)
