"""Whom a run waits for, how long, and what it says: other runs, and sessions that hold a table."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import Result

from dbkit import DbkitError, migrate, rollback, seed, status
from dbkit.adoption import adopt
from dbkit.limits import Limits
from dbkit.migration import Router, reset
from dbkit.schema.dialect import dialect_for
from dbkit.schema.postgres.other_sessions import KEY, OF_LOCK
from dbkit.transactions import is_open
from tests.conftest import opened
from tests.servers import BINARIES, Server

from .test_migration import MODEL, pw_migrate, write

AT_ONCE = Limits(wait=0, lock_timeout=0.2)
SOON = replace(AT_ONCE, wait=20)
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"


class A(pw.Model):
    label = pw.TextField(unique=True)

    class Meta:
        table_name = "a"


CHANGES = """
import peewee as pw
def migrate(migrator, database, *, fake=False):
    with open("runs", "a") as file:
        file.write("x" * (not fake))
    migrator.add_fields("a", more=pw.IntegerField(null=True))
def rollback(migrator, database, *, fake=False):
    migrator.remove_fields("a", "more")
"""
AGAIN = """
import peewee as pw
def migrate(migrator, database, *, fake=False):
    migrator.change_fields("a", more=pw.BigIntegerField(null=True))
def rollback(migrator, database, *, fake=False):
    migrator.change_fields("a", more=pw.IntegerField(null=True))
"""


@pytest.fixture
def project(url: str, tmp_path: Path) -> Iterator[pw.Database]:
    """A database with the table `a`, a pending change of it, and a row to load."""
    write(tmp_path / "migrations", m001_a=MODEL.format(name="a"))
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.toml").write_text('[[a]]\nlabel = "x"\n')
    with opened(url) as database, database.bind_ctx([A]):
        migrate(database)
        write(tmp_path / "migrations", m002_b=CHANGES, m003_c=AGAIN)
        yield database


def history(database: pw.Database) -> list[str]:
    rows = database.execute_sql("SELECT name FROM migratehistory ORDER BY id").fetchall()
    return [name for (name,) in rows]


RUNS: dict[str, Callable[[pw.Database, Limits], Any]] = {
    "migrate": lambda database, limits: migrate(database, limits=limits),
    "rollback": lambda database, limits: rollback(database, limits=limits),
    "reset": lambda database, limits: reset(database, limits=limits),
    "seed": lambda database, limits: seed(database, [A], limits=limits),
    "init": lambda database, limits: adopt(
        database, "models_of_waiting", "migrations", limits=limits
    ),
}


@contextmanager
def running(url: str, session: bool = False) -> Iterator[None]:
    """Another run has the lock in the block."""
    with opened(url) as other:
        dialect, limits = dialect_for(other), Limits(session=session)
        with dialect.whole_run(other, limits) if session else dialect.transaction(other, limits):
            yield


@pytest.mark.parametrize("run", RUNS)
def test_a_second_run_names_the_first_and_gives_up(
    project: pw.Database, url: str, run: str, caplog: pytest.LogCaptureFixture
) -> None:
    with running(url):
        with pytest.raises(DbkitError, match=r"Another run of dbkit has held the lock: pid \d+ \("):
            RUNS[run](project, AT_ONCE)
        with pytest.raises(DbkitError, match=r"has held the lock for 0.01 s: .*, since 20\d\d-"):
            RUNS[run](project, replace(AT_ONCE, wait=0.01))
    assert [one.getMessage().partition(": ")[0] for one in caplog.records] == [
        "waiting for another run of dbkit"
    ]
    assert history(project) == ["001_a"]
    assert project.execute_sql("SELECT count(*) FROM a").fetchone() == (0,)


COMMANDS = ["migrate --lock-timeout 1s", "rollback --statement-timeout 1h", "reset --yes",
            "seed --models models_of_waiting", "up --models models_of_waiting",
            "init --models models_of_waiting"]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_take_the_limits(
    project: pw.Database, url: str, dbkit: Callable[..., Result], command: str
) -> None:
    Path("models_of_waiting.py").write_text(
        "import peewee as pw\nclass A(pw.Model): label = pw.TextField()\n"
    )
    with running(url):
        result = dbkit(*command.split(), "--database", url, "--wait", "0")
    assert (result.exit_code, "has held the lock: pid" in result.stderr) == (2, True), result.output


def test_pw_migrate_takes_them_from_the_environment(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBKIT_WAIT", "0")
    with running(url):
        result = pw_migrate(url, "migrate")
    assert (result.returncode, "has held the lock: pid" in result.stderr) == (2, True), result


@contextmanager
def at_the_message(words: str, action: Callable[[], Any]) -> Iterator[list[str]]:
    """Do something when dbkit first says that it waits."""
    said: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())
            if len(said) == 1:
                assert re.search(words, said[0])
                action()

    logger, handler = logging.getLogger("dbkit"), Handler()
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)


@pytest.mark.parametrize("session", [False, True])
def test_a_run_that_waits_goes_on_when_the_other_ends(
    project: pw.Database, url: str, session: bool
) -> None:
    if session and url.startswith("sqlite"):
        pytest.skip("SQLite has no sessions")
    other = running(url, session)
    other.__enter__()
    with at_the_message("another run", lambda: other.__exit__(None, None, None)) as said:
        assert migrate(project, limits=replace(SOON, session=session)) == ["002_b", "003_c"]
    assert len(said) == 1


def test_no_lock_outlives_its_run(server: Server, tmp_path: Path) -> None:
    url = server.url(server.create_database())
    write(tmp_path / "migrations", m001_a=MODEL.format(name="a"))
    write(tmp_path / "migrations", m002_b="def migrate(migrator, *a, **k): migrator.sql('oops')")
    with opened(url) as database:
        for session in (False, True):
            with pytest.raises(DbkitError, match="002_b failed"):
                migrate(database, limits=Limits(session=session))
            assert database.execute_sql(LOCKS).fetchone() == (0,)
        with opened(url) as other, dialect_for(other).whole_run(other, Limits(session=True)):
            database.execute_sql(f"SELECT pg_terminate_backend(pid, 9000) FROM ({OF_LOCK}) holder")
            assert rollback(database, limits=SOON) == ["001_a"]


@pytest.mark.parametrize("session", [False, True])
@pytest.mark.postgres
def test_a_direct_connection_lets_no_other_run_between_two_files(
    project: pw.Database, url: str, session: bool
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite has no sessions")
    router, free = Router(project, limits=replace(SOON, session=session)), []
    take_turn = router._take_turn

    def then_look(*arguments: Any) -> list[str]:
        found = take_turn(*arguments)
        with opened(url) as other:
            free.extend(other.execute_sql(f"SELECT pg_try_advisory_lock({KEY})").fetchone())
        return found

    router._take_turn = then_look  # type: ignore[method-assign]
    assert router.run() == ["002_b", "003_c"]
    assert free == [not session] * 2


def test_commands_that_write_use_the_direct_url(
    server: Server, dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = server.url(server.create_database())
    write(Path("migrations"), m001_a=MODEL.format(name="a"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://postgres@127.0.0.1:1/pooler")
    monkeypatch.setenv("DATABASE_DIRECT_URL", direct)
    for command, code in (("migrate", 0), ("rollback", 0), ("status", 2)):
        result = dbkit(command)
        assert result.exit_code == code, result.output
        assert (f"database: {direct}" in result.stderr) == (code == 0)


# Sessions that hold a table


@contextmanager
def holding(url: str) -> Iterator[Callable[[], Any]]:
    """Another program has read the table `a` in a transaction, which the function ends."""
    with opened(url) as other, other.manual_commit():
        if url.startswith("postgres"):
            other.execute_sql("SET application_name TO reader")
        other.begin()
        other.execute_sql("SELECT * FROM a WHERE label <> 'secret'").fetchall()
        yield other.rollback
        if is_open(other):
            other.rollback()


def columns(database: pw.Database) -> list[str]:
    return [column.name for column in database.get_columns("a")]


BLOCKED = {
    "sqlite": r"locked by pid \d+ \(user \w+, application \w+\), since 20",
    "postgr": r"blocked by pid \d+ \(user postgres, host 127.0.0.1, application reader\), its "
    r"transaction is open for \d\d:\d\d:\d\d: SELECT \* FROM a WHERE label <> '\.\.\.'",
}


@pytest.mark.parametrize("run", ["migrate", "rollback", "reset"])
def test_a_file_that_is_blocked_names_the_session_and_is_rolled_back(
    project: pw.Database, url: str, run: str
) -> None:
    with holding(url), pytest.raises(DbkitError) as error:
        RUNS[run](project, AT_ONCE)
    words = ["--wait SECONDS", BLOCKED[url[:6]]]
    assert all(re.search(word, str(error.value)) for word in words), str(error.value)
    assert (history(project), columns(project)) == (["001_a"], ["id", "label"])


@pytest.mark.parametrize("run", ["migrate", "rollback", "reset"])
def test_a_file_that_was_blocked_runs_again_as_a_whole(
    project: pw.Database, url: str, run: str
) -> None:
    """The third file needs the models after the second, which ran twice. (A reader blocks DDL on
    PostgreSQL, and COMMIT on SQLite.)"""
    with holding(url) as end, at_the_message("lock", end) as said:
        RUNS[run](project, SOON)
    assert [one.splitlines()[-1] for one in said] == ["dbkit runs it again."]
    applied = {"rollback": []}.get(run, ["001_a", "002_b", "003_c"])
    assert history(project) == applied
    if applied:
        before = run == "reset" and not url.startswith("sqlite")
        assert Path("runs").read_text() == ("x" if before else "xx")
        assert columns(project) == ["id", "label", "more"]
        assert rollback(project, count=2) == ["003_c", "002_b"]


def test_rows_that_are_locked_let_seed_wait(project: pw.Database, url: str) -> None:
    seed(project, [A])
    project.execute_sql("UPDATE a SET label = 'y'")
    with opened(url) as other, other.manual_commit():
        other.begin()
        other.execute_sql("INSERT INTO a (label) VALUES ('x')")
        words = "another run" if url.startswith("sqlite") else "Another session holds a lock"
        with at_the_message(words, other.rollback):
            assert seed(project, [A], limits=SOON).inserted == {"a": 1}


ENDS = """
def migrate(migrator, database, *, fake=False):
    database.execute_sql("COMMIT")
    database.execute_sql("BEGIN")
    database.execute_sql("SET LOCAL lock_timeout TO '50ms'")
    migrator.sql("DROP TABLE a")
"""


def test_a_file_that_ended_its_transaction_does_not_run_again(
    project: pw.Database, url: str
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("on SQLite, the COMMIT itself would fail")
    write(Path("migrations"), m002_b=ENDS)
    with holding(url), at_the_message("nothing is said", lambda: None) as said:
        with pytest.raises(DbkitError, match="It ended its own transaction"):
            migrate(project, limits=SOON)
    assert said == []


SHOWS = """
{0}
def migrate(migrator, database, *, fake=False):
    if not fake:
        settings = "lock_timeout", "statement_timeout", "client_connection_check_interval"
        for name in settings:
            print(*database.execute_sql(f"SHOW {{name}}").fetchone())
    {1}
"""
LEFT = "SET lock_timeout TO '50ms'", "SET statement_timeout TO '7s'", "RESET ALL", "SELECT 1"


@pytest.mark.parametrize("left", LEFT)
def test_a_file_has_its_limits_and_the_session_keeps_its_own(
    postgres: pw.Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], left: str
) -> None:
    postgres.execute_sql("SET statement_timeout TO '70s'")
    line = f"migrator.sql({left!r})"
    directory = write(tmp_path / "m", m001_a=SHOWS.format("", line),
                      m002_b=SHOWS.format("LOCK_TIMEOUT = 0.05\nSTATEMENT_TIMEOUT = '2min'", line),
                      m003_c=SHOWS.format("", line))  # fmt: skip
    migrate(postgres, directory, limits=Limits(statement_timeout=9))
    assert capsys.readouterr().out.split() == [
        *("3s", "9s", "1s"), *("50ms", "2min", "1s"), *("3s", "9s", "1s")]  # fmt: skip
    for name, value in (("lock_timeout", "0"), ("statement_timeout", "70s"),
                        ("client_connection_check_interval", "0")):  # fmt: skip
        assert postgres.execute_sql(f"SHOW {name}").fetchone() == (value,)


def test_a_statement_that_takes_too_long_is_an_error(postgres: pw.Database, tmp_path: Path) -> None:
    text = "def migrate(migrator, *a, **k): migrator.sql('SELECT pg_sleep(60)')"
    directory = write(tmp_path / "m", m001_a=f"STATEMENT_TIMEOUT = '50ms'\n{text}")
    with pytest.raises(DbkitError, match="took longer than statement_timeout allows"):
        migrate(postgres, directory)
    assert status(postgres, directory).applied == ()


@pytest.mark.parametrize("value", ["'3 weeks'", "-1", "None", "2 * 60", "[]", "True", "1e400"])
def test_a_limit_that_is_no_duration_is_refused(
    database: pw.Database, tmp_path: Path, value: str
) -> None:
    directory = write(tmp_path / "m", m001_a=f"LOCK_TIMEOUT = {value}\n" + MODEL.format(name="a"))
    with pytest.raises(DbkitError, match=r"001_a.py: LOCK_TIMEOUT is not a duration: "):
        migrate(database, directory)


def test_a_prepared_transaction_is_named(tmp_path: Path) -> None:
    server = Server(BINARIES["postgres18"], ("max_prepared_transactions=1",))
    with opened(server.url()) as database:
        directory = write(tmp_path / "m", m001_a=MODEL.format(name="a"))
        migrate(database, directory)
        server.execute("BEGIN; SELECT * FROM a; PREPARE TRANSACTION 'x'")
        write(directory, m002_b=CHANGES)
        with pytest.raises(DbkitError, match="blocked by a prepared transaction"):
            migrate(database, directory, limits=AT_ONCE)
    server.delete()
