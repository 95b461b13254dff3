"""A search path other than public, from wherever it comes: every command works in its schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from dbkit import connect
from tests.conftest import opened
from tests.servers import Server

MODELS = """\
import enum
import peewee as pw
from dbkit import EnumField
class Kind(enum.Enum):
    A = "a"
    B = "b"
class Thing(pw.Model):
    name = pw.CharField(unique=True)
    kind = EnumField(Kind, constraints=[pw.SQL("DEFAULT 'a'")])
    size = pw.IntegerField(constraints=[pw.Check("size IN (1, 2)")])
class Part(pw.Model):
    thing = pw.ForeignKeyField(Thing)
"""
SEEDS = """\
[[thing]]
name = "one"
kind = "b"
size = 1
"""
PATHS = {  # what sets the path, the schema that is then first, one more setting of the URL
    "the URL": ("", "app", "options=-csearch_path%3Dapp,public"),
    "PGOPTIONS": ("", "app", ""),
    "the database": ("ALTER DATABASE {database} SET search_path = missing, app", "app", ""),
    "the database, pg_catalog last": (
        "ALTER DATABASE {database} SET search_path = app, pg_catalog", "app", ""),
    "the role": ('ALTER ROLE "Some one" SET search_path = "$user", public', "Some one", ""),
    "a quoted name": (
        """ALTER DATABASE {database} SET search_path = 'a"B.c%', public""", 'a"B.c%', ""),
}  # fmt: skip


@pytest.fixture(params=PATHS)
def schema(
    request: pytest.FixtureRequest, server: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A project whose database has another schema first; its name."""
    sql, schema, option = PATHS[request.param]
    database = server.create_database()
    quoted = '"' + schema.replace('"', '""') + '"'
    server.create_role("Some one", "SUPERUSER")
    server.execute(f"CREATE SCHEMA {quoted}", database)
    if sql:
        server.execute(sql.replace("{database}", database))
    if request.param == "PGOPTIONS":
        monkeypatch.setenv("PGOPTIONS", "-c search_path=app")
    user = "Some%20one" if request.param == "the role" else "postgres"
    monkeypatch.setenv("DATABASE_URL", f"{server.url(database, user)}?{option}")
    monkeypatch.setenv("DBKIT_MODELS", "things_of_a_path")
    monkeypatch.syspath_prepend(Path.cwd())
    Path("things_of_a_path.py").write_text(MODELS)
    Path("seeds").mkdir()
    Path("seeds/1.toml").write_text(SEEDS)
    yield schema
    with opened(server.url()) as postgres:
        postgres.execute_sql('ALTER ROLE "Some one" RESET ALL')


def test_every_command_works_in_the_first_schema(
    dbkit: Callable[..., Result], schema: str, server: Server
) -> None:
    def run(*words: str, code: int = 0) -> str:
        result = dbkit(*words)
        assert result.exit_code == code, (words, result.output)
        return result.output

    run("create", "first")
    run("create", "--check")
    run("status", code=1)
    run("migrate")
    run("status")
    run("verify", "--strict")
    run("seed")
    assert "1 unchanged" in run("seed")
    _sql("ALTER TABLE part ADD x integer")
    assert "the database was changed by hand" in run("verify", code=1)
    run("diff", "migrations", "live", code=1)
    _sql("ALTER TABLE part DROP x")
    run("diff", "migrations", "live")
    run("reset", "--yes")
    assert _sql("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN "
                "('thing', 'part', 'migratehistory')") == [(schema,)]  # fmt: skip
    run("rollback")
    assert _sql("SELECT count(*) FROM pg_tables WHERE tablename = 'thing'") == [(0,)]
    run("migrate")
    _sql("DROP TABLE migratehistory")
    run("init", "--models", "adopted_of_a_path", "--migrations", "adopted")
    run("verify", "--models", "adopted_of_a_path", "--migrations", "adopted")


def _sql(sql: str) -> list[tuple[object, ...]]:
    database = connect()
    with database.connection_context():
        cursor = database.execute_sql(sql)
        return list(cursor.fetchall()) if cursor.description else []


def test_a_path_without_a_schema_is_a_sentence(
    dbkit: Callable[..., Result], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url(server.create_database()) + "?options=-csearch_path%3Dmissing"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DBKIT_MODELS", "dbkit.models:MODELS")
    Path("migrations").mkdir()
    Path("migrations/001_a.py").write_text("def migrate(migrator, database, *, fake=False): pass")
    for words in (
        ["verify"],
        ["create", "x"],
        ["migrate"],
        ["status"],
        ["init"],
        ["diff", "live", "live"],
    ):
        result = dbkit(*words)
        assert result.exit_code == 2, result.output
        assert "No schema of the connection's search_path exists" in result.output
