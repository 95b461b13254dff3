"""Fixtures: `url` and `database` run a test once per dialect, each time on an empty database."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import CliRunner, Result

from dbkit import migrate, models, verify
from dbkit.cli.commands import main
from dbkit.connection import parse
from dbkit.migration import create

from .servers import BINARIES, DEBIAN_15, Server, pooled

ROOT = Path(__file__).parent.parent
MIGRATIONS = ROOT / "migrations"
SEEDS = ROOT / "seeds"
no_15 = pytest.mark.skipif(not DEBIAN_15.exists(), reason="no PostgreSQL 15 in " + str(DEBIAN_15))
POSTGRES = [
    pytest.param("postgres18", marks=pytest.mark.postgres),
    pytest.param("postgres15", marks=[pytest.mark.postgres, no_15]),
]
EVERY_CASE = bool(os.environ.get("DBKIT_EVERY_CASE"))
STEP = 8  # of the tests of a file on PostgreSQL 15
SQLITE = pytest.param("sqlite", marks=pytest.mark.sqlite)


def server_of(name: str) -> Server:
    """The one server of that version in this process."""
    marked = all(item.get_closest_marker("postgres") for item in RUNNING)
    assert marked, "`-m 'not postgres'` is to need no server: mark the test with postgres"
    return _server_of(name)


@cache
def _server_of(name: str) -> Server:
    return Server(BINARIES[name])


RUNNING: list[pytest.Item] = []


def pytest_configure() -> None:
    """A shell starts a background process with signals ignored, and dbkit would inherit that."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler),
                          (signal.SIGHUP, signal.SIG_DFL)):  # fmt: skip
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that gets a server's name by a parameter of whatever fixture is one of PostgreSQL. Of
    the tests of a file every eighth is run on 15, unless DBKIT_EVERY_CASE is set."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        given = getattr(item, "callspec", None)
        servers = [one for one in given.params.values() if isinstance(one, str) and one in BINARIES
                   ] if given else []  # fmt: skip
        if servers or "bouncer" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)
        if servers == ["postgres15"]:
            files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    left_out = {id(item) for tests in files.values() if not EVERY_CASE
                for number, item in enumerate(tests) if number % STEP}  # fmt: skip
    config.hook.pytest_deselected(items=[item for item in items if id(item) in left_out])
    items[:] = [item for item in items if id(item) not in left_out]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    RUNNING[:] = [item]


def pytest_sessionfinish() -> None:
    """A worker of pytest-xdist may be killed before its atexit functions have run."""
    for server in list(Server.running):
        server.delete()


@pytest.fixture(autouse=True)
def _modules_of_a_test_are_forgotten() -> Iterator[None]:
    """Another test may write a module of the same name."""
    before, temporary = {*sys.modules}, Path(tempfile.gettempdir()).resolve()
    yield
    for name in sys.modules.keys() - before:
        module = sys.modules[name]
        places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
        if any(Path(place).resolve().is_relative_to(temporary) for place in places if place):
            del sys.modules[name]


@pytest.fixture(autouse=True)
def _clean_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches a test; each works in an empty directory."""
    for name in (
        "DATABASE_URL",
        "DATABASE_DIRECT_URL",
        "DB_HOST",
        "DB_PORT",
        "DB_NAME",
        "DB_USER",
        "DB_PASSWORD",
        "DBKIT_ENV",
        "DBKIT_MODELS",
        "DBKIT_MIGRATIONS",
        "DBKIT_SEEDS",
        "DBKIT_ALLOW_EDITED",
        "DBKIT_WAIT",
        "DBKIT_LOCK_TIMEOUT",
        "DBKIT_STATEMENT_TIMEOUT",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DBKIT_CACHE", "off")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=POSTGRES)
def server(request: pytest.FixtureRequest) -> Server:
    return server_of(request.param)


@pytest.fixture(params=[SQLITE, *POSTGRES])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, which is dropped after the test: there are thousands."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server = server_of(request.param)
    name = server.create_database()
    yield server.url(name)
    server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def database(url: str) -> Iterator[pw.Database]:
    """An empty database, open; the reference models are bound to it."""
    with opened(url) as database, database.bind_ctx(models.MODELS):
        yield database


@pytest.fixture
def postgres(server: Server) -> Iterator[pw.Database]:
    """An empty PostgreSQL database, open; the reference models are bound to it."""
    with opened(server.url(server.create_database())) as database:
        with database.bind_ctx(models.MODELS):
            yield database


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


@contextmanager
def opened(url: str) -> Iterator[pw.Database]:
    """The database of a URL, open for the block."""
    database = parse(url).database()
    with database.connection_context():
        yield database


@contextmanager
def listening(database: pw.Database) -> Iterator[list[str]]:
    """The statements that a database gets in the block."""
    sent: list[str] = []
    execute = database.execute_sql

    def listen(sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    database.execute_sql = listen
    try:
        yield sent
    finally:
        del database.execute_sql


@pytest.fixture
def dbkit() -> Callable[..., Result]:
    """Run the command line: `dbkit("verify", "--format", "json")`; never raises."""

    def run(*arguments: str, command: Any = main, **options: object) -> Result:
        return CliRunner().invoke(command, list(arguments), prog_name="dbkit", **options)

    return run


def without_files(output: str) -> str:
    """The output of a command, without the lines that it prints of each file."""
    return re.sub(r"^(migrate|rollback): .* \(\d+\.\d\d s\)\n", "", output, flags=re.MULTILINE)


@pytest.fixture
def bouncer() -> Iterator[str]:
    """The URL of a database behind PgBouncer."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin:/opt/homebrew/bin")
    if not program:
        pytest.skip("no pgbouncer here: apt-get install pgbouncer")
    with pooled(server_of("postgres18"), program) as url:
        yield f"{url}/postgres"
