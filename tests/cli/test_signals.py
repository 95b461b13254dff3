"""Ctrl-C and other signals end a command at once, and leave nothing half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from dbkit import migrate, status
from dbkit.schema.postgres.other_sessions import KEY
from dbkit.signals import Interrupted, interruptible
from tests.cases.test_migration import MODEL, write
from tests.conftest import opened
from tests.servers import Server

LONG = {
    "postgresql": "SELECT pg_sleep(60)",
    "sqlite": "WITH RECURSIVE a (n) AS (SELECT 1 UNION ALL SELECT n FROM a) SELECT max(n) FROM a",
}
FILE = """
import os, signal, threading
def strike():
    for name in os.environ["STRIKE"].split():
        os.kill(os.getpid(), getattr(signal, name))
def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE TABLE b (n integer)")
    if not fake and "STRIKE" in os.environ:
        threading.Timer(0.3, strike).start()
        migrator.sql("{long}")
def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP TABLE b")
"""
CONF = "from dbkit.migration import pw_migrate\nDATABASE = pw_migrate.install()\n"
SEEN: list[list[object]] = []
MODELS = "import peewee as pw\nclass C(pw.Model): n = pw.IntegerField()\n"


def struck(
    url: str, signals: str, *command: str, ignored: str = "", file: str = FILE
) -> subprocess.CompletedProcess[str]:
    """Run a command, to which these signals come while it runs a long statement of 002_b."""
    text = file.format(long=LONG[url.partition(":")[0]])
    directory = write(Path("migrations"), m001_a=MODEL.format(name="a"), m002_b=text)
    Path(directory, "conf.py").write_text(CONF)
    Path("models.py").write_text(MODELS)
    program = [sys.executable, "-m", "dbkit"]
    if command[0] == "pw_migrate":
        program = [str(Path(sys.executable).with_name("pw_migrate"))]
        command = command[1:]
    ignore = (lambda: signal.signal(getattr(signal, ignored), signal.SIG_IGN)) if ignored else None
    return subprocess.run(
        [*program, *command],
        env={**os.environ, "DATABASE_URL": url, "STRIKE": signals, "DBKIT_MODELS": "models"},
        text=True,
        capture_output=True,
        timeout=30,
        preexec_fn=ignore,
    )


def agrees(url: str) -> None:
    """The history has the first file only, and so has the schema; the next run does the rest."""
    with opened(url) as database:
        assert status(database).applied == ("001_a",)
        assert {"a", "b"} & set(database.get_tables()) == {"a"}
        assert migrate(database) == ["002_b"]


@pytest.mark.parametrize(
    ("signals", "command"),
    [
        ("SIGINT", "migrate"),
        ("SIGINT SIGTERM SIGINT", "migrate"),  # the later signals do not break the roll-back
        ("SIGHUP", "up"),
        ("SIGTERM", "pw_migrate migrate"),
    ],
)
def test_a_signal_cancels_the_statement_and_rolls_back(
    url: str, signals: str, command: str
) -> None:
    done = struck(url, signals, *command.split())
    name = signals.partition(" ")[0]
    assert done.returncode == 128 + getattr(signal, name), done.stderr
    assert f"interrupted by {name}: the running statement was cancelled" in done.stderr
    assert "Earlier migrations of this run were kept: 001_a." in done.stderr
    assert "Traceback" not in done.stderr
    agrees(url)


def test_an_error_that_a_signal_causes_is_not_the_answer(url: str) -> None:
    """SQLite, for example, may also interrupt the ROLLBACK."""
    file = FILE.replace('        migrator.sql("{long}")', """
        try:
            migrator.sql("{long}")
        except BaseException:
            raise ValueError""")  # fmt: skip
    done = struck(url, "SIGTERM", "migrate", file=file)
    assert (done.returncode, "interrupted by SIGTERM" in done.stderr) == (143, True), done.stderr
    agrees(url)


def test_a_signal_that_the_process_ignores_ends_nothing(url: str) -> None:
    done = struck(url, "SIGHUP SIGTERM", "migrate", ignored="SIGHUP")  # as nohup does
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    agrees(url)


@pytest.mark.parametrize("signals", ["SIGTERM", "SIGHUP"])
def test_a_signal_leaves_no_scratch_database(server: Server, signals: str) -> None:
    url = server.url(server.create_database())
    done = struck(url, signals, "create", "more")
    assert done.returncode == 128 + getattr(signal, signals), done.stderr
    assert sorted(path.name for path in Path("migrations").glob("0*")) == ["001_a.py", "002_b.py"]
    with opened(url) as database:
        left = "SELECT datname FROM pg_database WHERE datname ~ '^dbkit'"
        assert database.execute_sql(left).fetchall() == []


def test_the_server_ends_the_statement_of_a_killed_client(server: Server) -> None:
    url = server.url(server.create_database())
    assert struck(url, "SIGKILL", "migrate").returncode == -signal.SIGKILL
    with opened(url) as database:
        database.execute_sql("SET lock_timeout TO '20s'")
        database.execute_sql(f"SELECT pg_advisory_lock({KEY}), pg_advisory_unlock({KEY})")
    agrees(url)


def handlers() -> list[object]:
    return [signal.getsignal(getattr(signal, name)) for name in ("SIGINT", "SIGTERM", "SIGHUP")]


def test_a_program_keeps_its_own_handlers(url: str, dbkit: Callable[..., Result]) -> None:
    before = handlers()
    text = (
        "from tests.cli.test_signals import SEEN, handlers\n"
        "def migrate(migrator, database, *, fake=False): SEEN.append(handlers())\n"
        "def rollback(migrator, database, *, fake=False): SEEN.append(handlers())\n"
    )
    write(Path("migrations"), m001_a=text)
    SEEN.clear()
    with opened(url) as database:
        migrate(database)
    assert dbkit("rollback", "--database", url).exit_code == 0
    assert SEEN[0] == before
    assert before[0] not in SEEN[-1]
    assert handlers() == before


def test_later_signals_say_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Python reports on stderr if it cannot write to the socket that wakes the thread."""
    with interruptible():
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGINT)
        for _ in range(50):  # while the thread wakes and does its work
            signal.raise_signal(signal.SIGTERM)
            time.sleep(0.001)
    assert capfd.readouterr() == ("", "")
