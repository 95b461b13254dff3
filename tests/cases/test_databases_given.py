"""Every function takes a database as programs have it: behind a proxy, pooled, open or not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from playhouse.cockroachdb import CockroachDatabase
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase
from playhouse.postgres_ext import PooledPostgresqlExtDatabase, PostgresqlExtDatabase
from playhouse.sqliteq import SqliteQueueDatabase

import dbkit
from dbkit import DbkitError
from dbkit.adoption import adopt
from dbkit.connection import parse
from dbkit.migration import Router, create_empty, merge, reset

from .test_migration import MODEL, write


class T(pw.Model):
    label = pw.TextField()

    class Meta:
        table_name = "t"


Function = Callable[[Any, Path], Any]
FUNCTIONS: dict[str, Function] = {  # in an order in which each finds something to do
    "status": lambda database, where: dbkit.status(database, where),
    "create": lambda database, where: dbkit.create(database, [T], where, write=False),
    "migrate": lambda database, where: dbkit.migrate(database, where),
    "verify": lambda database, where: dbkit.verify(database, [T], where),
    "seed": lambda database, where: dbkit.seed(database, [T], where.parent / "seeds"),
    "adopt": lambda database, where: adopt(database, "given_models", where),
    "Router": lambda database, where: Router(database, where).done,
    "reset": lambda database, where: reset(database, where),
    "rollback": lambda database, where: dbkit.rollback(database, where),
    "create_empty": lambda database, where: create_empty(database, where, "more"),
    "merge": lambda database, where: merge(database, where),
}
MODELS = "import peewee as pw\nclass T(pw.Model):\n    label = pw.TextField()\n"


QUICK = [name for name in FUNCTIONS if name not in ("create", "adopt", "merge")]  # no scratch


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, given_models=MODELS)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/t.toml").write_text('keys.t = ["label"]\n[[t]]\nlabel = "x"\n')
    return write(tmp_path / "m", m001_t=MODEL.format(name="t"))


def proxied(database: pw.Database) -> pw.Proxy:
    proxy = pw.DatabaseProxy()
    proxy.initialize(database)
    return proxy


def of_class(on_postgres: Any, on_sqlite: Any, **more: Any) -> Callable[[str], pw.Database]:
    def make(url: str) -> pw.Database:
        target = parse(url)
        if target.dialect == "sqlite":
            return on_sqlite(target.name, pragmas={"foreign_keys": 1}, **more)
        return on_postgres(target.name, **target.params, **more)

    return make


def by_string(url: str) -> pw.Database:
    """Peewee takes a connection string for a name."""
    return pw.PostgresqlDatabase(url) if url.startswith("postgresql") else dbkit.connect(url)


KINDS: dict[str, Callable[[str], Any]] = {
    "proxy of a proxy": lambda url: proxied(proxied(dbkit.connect(url))),
    "pooled": of_class(PooledPostgresqlDatabase, PooledSqliteDatabase),
    "extended": of_class(PostgresqlExtDatabase, pw.SqliteDatabase),
    "pooled and extended": of_class(PooledPostgresqlExtDatabase, PooledSqliteDatabase),
    "a string": by_string,
    "proxy of a pool": lambda url: proxied(KINDS["pooled"](url)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_function_takes_every_kind(url: str, directory: Path, kind: str) -> None:
    database = KINDS[kind](url)
    try:
        for name in FUNCTIONS if kind in ("a string", "proxy of a pool") else QUICK:
            FUNCTIONS[name](database, directory)
            assert name != "migrate" or database.table_exists("t")
        assert not database.table_exists("t")
    finally:
        database.close()


def test_a_database_that_is_open_stays_open(url: str, directory: Path) -> None:
    database = KINDS["proxy of a pool"](url)
    with database.connection_context():
        connection = database.connection()
        for name in QUICK:
            FUNCTIONS[name](database, directory)
            assert database.connection() is connection, name


def test_a_database_in_a_transaction_stays_in_it(url: str, directory: Path) -> None:
    database = dbkit.connect(url)
    database.foreign_keys = 0  # SQLite refuses otherwise, with a sentence
    with database.connection_context():
        with database.atomic() as transaction:
            assert dbkit.migrate(database, directory) == ["001_t"]
            assert not dbkit.verify(database, [T])
            assert dbkit.seed(database, [T], directory.parent / "seeds").inserted == {"t": 1}
            transaction.rollback()
        assert not database.table_exists("t")


def test_threads_share_a_database(url: str, directory: Path) -> None:
    database = KINDS["proxy of a pool"](url)

    def run(_: int) -> Any:
        with database.connection_context():
            return dbkit.migrate(database, directory)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(run, range(4)), key=len) == [[], [], [], ["001_t"]]


def closed(url: str) -> pw.Database:
    target = parse(url)
    kind = pw.SqliteDatabase if target.dialect == "sqlite" else pw.PostgresqlDatabase
    return kind(target.name, autoconnect=False, **target.params)


class Queue(SqliteQueueDatabase):
    def __init__(self) -> None:
        super().__init__("queue.db", autostart=False)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "empty proxy": (pw.DatabaseProxy, r"no database yet.\nCall its initialize\(\)"),
    "proxy of an empty proxy": (lambda: proxied(pw.DatabaseProxy()), r"Call its initialize\(\)"),
    "deferred": (lambda: pw.PostgresqlDatabase(None), r"Call its init\(\)"),
    "deferred SQLite": (lambda: proxied(pw.SqliteDatabase(None)), r"Call its init\(\)"),
    "MySQL": (lambda: pw.MySQLDatabase("x"), "MySQLDatabase is not supported"),
    "Cockroach": (lambda: CockroachDatabase("x"), "CockroachDatabase is not supported"),
    "queue": (Queue, "Queue is not supported: It writes in another thread"),
    "URL": (lambda: "sqlite:///x.db", r"str is not a database.\n.*dbkit.connect\(URL\)"),
    "nothing": (lambda: None, "NoneType is not a database"),
    "model": (lambda: T, "ModelBase is not a database"),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))
def test_what_cannot_be_used_is_a_sentence(directory: Path, function: Function) -> None:
    for make, words in REFUSED.values():
        with pytest.raises(DbkitError, match=words):
            function(make(), directory)


ASKING = sorted(FUNCTIONS.keys() - {"create", "create_empty", "merge", "Router"})


@pytest.mark.parametrize("name", ASKING)
def test_a_closed_database_that_is_not_to_be_opened_is_a_sentence(
    url: str, directory: Path, name: str
) -> None:
    database = closed(url)
    with pytest.raises(DbkitError, match=r"closed.*\nCall connect\(\) first"):
        FUNCTIONS[name](database, directory)
    assert database.is_closed()


@pytest.mark.postgres
@pytest.mark.parametrize("name", ASKING)
def test_a_server_that_is_not_there_is_a_sentence(directory: Path, name: str) -> None:
    database = pw.PostgresqlDatabase("x", host="127.0.0.1", port=1)
    with pytest.raises(DbkitError, match="refused: Nothing answers at that host and port"):
        FUNCTIONS[name](database, directory)


def test_an_exhausted_pool_is_a_sentence(url: str, directory: Path) -> None:
    database = KINDS["pooled"](url)
    database._max_connections = 1
    with database.connection_context(), ThreadPoolExecutor(1) as threads:
        with pytest.raises(DbkitError, match="The connection pool has no free connection"):
            threads.submit(dbkit.status, database, directory).result()


def test_a_block_of_manual_commit_is_named(database: pw.Database, directory: Path) -> None:
    for name in QUICK:
        with database.manual_commit():
            try:
                FUNCTIONS[name](database, directory)
            except DbkitError as error:
                assert "outside the block" in str(error)  # noqa: PT017 (what works is no error)
    with database.manual_commit(), pytest.raises(DbkitError, match=r"manual_commit\(\)"):
        dbkit.migrate(database, directory)


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_verify_says_why_it_gives_no_causes(
    database: pw.Database, tmp_path: Path, kind: str
) -> None:
    where = tmp_path / "none"
    if kind == "file":
        where.write_text("")
    report = dbkit.verify(database, [T], where)
    assert len(report.changes) == 1
    (note,) = [one for one in report.notes if "causes could not be determined" in one]
    assert str(where) in note
