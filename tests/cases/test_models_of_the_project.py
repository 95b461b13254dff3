"""Files that use the models and Database objects of the project instead of the migration's."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from click.testing import Result

from dbkit import migrate

PROJECT = """
import os

import peewee as pw
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase

import dbkit

db = dbkit.connect()
pooled_class = PooledSqliteDatabase if isinstance(db, pw.SqliteDatabase) else \\
    PooledPostgresqlDatabase
params = {} if isinstance(db, pw.SqliteDatabase) else db.connect_params
pool = pooled_class(db.database, **params)
OTHER_URL = os.environ["DATABASE_URL"].replace("/test.db", "/./test.db")
OTHER_URL = OTHER_URL.replace("127.0.0.1", "localhost")  # of the same database
proxy = pw.DatabaseProxy()
proxy.initialize(dbkit.connect())

class Person(pw.Model):
    times = pw.IntegerField(default=0)

    class Meta:
        database = db
        table_name = "people"

class OfPool(Person):
    class Meta:
        database = pool
        table_name = "people"

class OfProxy(Person):
    class Meta:
        database = proxy
        table_name = "people"

class Unbound(pw.Model):
    class Meta:
        table_name = "people"

def helper():
    add(Person)
    return 0

def add(model):
    model.update(times=model.times + 1).execute()
"""
FIRST = """
import peewee as pw

def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Person(pw.Model):
        times = pw.IntegerField()

        class Meta:
            table_name = "people"

def rollback(migrator, database, *, fake=False):
    migrator.remove_model("people")
"""
SQL = '"UPDATE people SET times = times + 1"'
# each adds 1 to `times`, through an object that is not the migration's
WAYS = {
    "model": "add(Person)",
    "save": "for one in Person.select(): one.times += 1; one.save()",
    "pool": "add(OfPool)",
    "proxy": "add(OfProxy)",
    "helper": "migrator.run(helper)",
    "another": f"dbkit.connect().execute_sql({SQL})",
    "other_url": f"dbkit.connect(OTHER_URL).execute_sql({SQL})",
    "cursor": f"db.cursor().execute({SQL})",
    "connection": f"pool.connection().cursor().execute({SQL})",
    "block": f"with db: db.execute_sql({SQL})",
    "atomic": f"with db.connection_context(), db.atomic(): db.execute_sql({SQL})",
    "opened": f"db.connect(reuse_if_open=True); db.execute_sql({SQL}); db.close()",
    "default": "migrator.add_fields('people', n=pw.IntegerField(default=helper)); "
    "migrator.run_queue(); migrator.remove_fields('people', 'n')",
    "bound": "with database.bind_ctx([Unbound, Person]): add(Person)",
    "orm": 'add(migrator.orm["people"])',
}
COMMANDS = (
    "prove",
    "migrate --plan",
    "migrate --sql",
    "create",
    "create --check",
    "verify",
    "diff migrations live",
    "diagram migrations",
    "docs pages migrations",
    "status",
    "rollback --sql",
)


def write(name: str, up: str, head: str = "", down: str = "pass") -> None:
    Path(f"migrations/{name}.py").write_text(
        f"import dbkit, peewee as pw\nfrom project_of_test import *\n{head}\n"
        f"def migrate(migrator, database, *, fake=False):\n    {up}\n\n"
        f"def rollback(migrator, database, *, fake=False):\n    {down}\n"
    )


@pytest.fixture
def live(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dbkit: Callable[..., Result]
) -> Iterator[Callable[[], Any]]:
    """A project whose live database has a person. Returns a function that reads the live database,
    without dbkit."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("migrations").mkdir()
    Path("project_of_test.py").write_text(PROJECT)
    Path("setup.cfg").write_text("[dbkit]\nmodels = project_of_test\n")
    Path("migrations/001_first.py").write_text(FIRST)
    assert dbkit("migrate").exit_code == 0

    def connect() -> Any:
        return sqlite3.connect("test.db") if url.startswith("sqlite") else psycopg2.connect(url)

    def read() -> Any:
        connection = connect()
        cursor = connection.cursor()
        cursor.execute("SELECT * FROM people ORDER BY id")
        found = [one[0] for one in cursor.description], cursor.fetchall()
        cursor.execute("SELECT name FROM migratehistory ORDER BY id")
        found += ([name for (name,) in cursor.fetchall()],)
        connection.close()
        return found

    connection = connect()
    connection.cursor().execute("INSERT INTO people (times) VALUES (0)")
    connection.commit()
    connection.close()
    yield read
    if module := sys.modules.pop("project_of_test", None):
        module.db.close()
        module.pool.close_all()


def times(live: Callable[[], Any]) -> int:
    return live()[1][0][1]


def test_commands_that_write_nothing(live: Callable[[], Any], dbkit: Callable[..., Result]) -> None:
    for number, name in enumerate(["proxy", "connection", "atomic"], 2):
        write(f"{number:03}_{name}", WAYS[name], down=WAYS[name])
    add = "migrator.add_fields('people', x=pw.TextField(null=True)); add(Person)"
    write("005_last", add, "add(Person)", "migrator.remove_fields('people', 'x')")
    with Path("project_of_test.py").open("a") as file:
        file.write("\nclass Missing(pw.Model): pass\n")  # a difference, so that `verify` replays
    before = live()
    for command in COMMANDS:
        result = dbkit(*command.split())
        assert live() == before, command
        assert result.exit_code in (0, 1), result.output
    output = dbkit("migrate", "--plan").output
    assert "warning: 005_last, line 3, uses the model Person" in output, output


def test_a_run_sends_them_in_its_transaction(
    live: Callable[[], Any], dbkit: Callable[..., Result], caplog: pytest.LogCaptureFixture
) -> None:
    for number, (name, way) in enumerate(WAYS.items(), 2):
        write(f"{number:03}_{name}", way, "ATOMIC = False" * (name == "pool"), way)
    before, proved = live(), dbkit("prove").output
    for name in WAYS:
        assert (f"_{name}, line 5, uses" in proved) == (name not in ("bound", "orm")), proved
    assert live() == before
    assert (result := dbkit("migrate")).exit_code == 0, result.output
    assert times(live) == len(WAYS)
    assert caplog.text.count("uses the model") == 6
    assert (
        "002_model, line 5, uses the model Person of the project. dbkit sent its statements to the "
        "database of the migration. The file may fail when the model changes later. Write `Person "
        '= migrator.orm["people"]` instead.'
    ) in caplog.text
    write("098_fails", "add(Person); add(OfPool); raise ValueError('no')")
    before = live()
    assert (result := dbkit("migrate")).exit_code == 2
    assert 'Write `Person = migrator.orm["people"]` instead.\nNothing was comm' in result.output
    assert live() == before  # neither the failed file, nor the files that were only followed
    Path("migrations/098_fails.py").unlink()
    assert dbkit("rollback", "--to", "001").exit_code == 0
    assert times(live) == 2 * len(WAYS)


def test_the_same_object(live: Callable[[], Any], caplog: pytest.LogCaptureFixture) -> None:
    """Such as the DATABASE of conf.py."""
    write("002_model", "add(Person)")
    import project_of_test

    assert migrate(project_of_test.db) == ["002_model"]
    assert (times(live), caplog.text) == (1, "")


def test_another_database(
    url: str, live: Callable[[], Any], dbkit: Callable[..., Result], caplog: Any
) -> None:
    """A real run may read it; on a scratch database the file does not reach it."""
    with sqlite3.connect("legacy.db") as legacy:
        legacy.execute("CREATE TABLE old (times INTEGER)")
        legacy.execute("INSERT INTO old VALUES (7)")
    Path("helper_of_test.py").write_text(
        "import peewee as pw\ndef read():\n"
        "    return pw.SqliteDatabase('legacy.db').execute_sql('SELECT * FROM old').fetchone()\n"
    )
    write("002_legacy", "from helper_of_test import read; "
          "migrator.sql('UPDATE people SET times = ' + str(read()[0]))")  # fmt: skip
    result = dbkit("create")
    assert result.exit_code == 2
    if url.startswith("sqlite"):
        assert "002_legacy, line 5, uses another Database object than its own." in result.output
    else:
        assert "002_legacy, line 5, uses a SqliteDatabase, but the file runs on a" in result.output
    assert "Write `if not (fake or migrator.on_scratch):` before lines" in result.output
    assert dbkit("migrate").exit_code == 0
    assert (times(live), caplog.text) == (7, "")
    file = Path("migrations/002_legacy.py")
    before = "    if not (fake or migrator.on_scratch):\n        from"
    file.write_text(file.read_text().replace("    from", before))
    assert dbkit("prove").exit_code == 0


def test_a_model_that_changed(live: Callable[[], Any], dbkit: Callable[..., Result]) -> None:
    write("002_model", "list(Person.select())")
    with Path("project_of_test.py").open("a") as file:
        file.write('\nPerson._meta.add_field("phone", pw.TextField(null=True))\n')
    result = dbkit("create")
    assert result.exit_code == 2
    assert "002_model, line 5, uses the model Person of the project. Here it leads" in result.output


def test_without_a_database(live: Callable[[], Any], dbkit: Callable[..., Result]) -> None:
    for way in (
        "Unbound.delete().execute()",
        "Unbound.create_table()",
        "pw.DatabaseProxy().execute_sql('SELECT 1')",
    ):
        write("002_unbound", way)
        result = dbkit("migrate")
        assert result.exit_code == 2
        assert "uses a model or a proxy without a database. Use `migrator.orm[" in result.output


def test_an_import_is_not_intercepted(
    live: Callable[[], Any], dbkit: Callable[..., Result], tmp_path: Path
) -> None:
    """A module may read its database when it is imported, and keeps what it has read."""
    Path("settings_of_test.py").write_text(
        "import dbkit\nCOUNT, = dbkit.connect().execute_sql('SELECT count(*) FROM people')"
        ".fetchone()\n"
    )
    write("002_count", "from settings_of_test import COUNT; assert COUNT == 1")
    try:
        assert dbkit("diagram", "migrations").exit_code == 0
        assert sys.modules["settings_of_test"].COUNT == 1
    finally:
        del sys.modules["settings_of_test"]


def test_databases_of_dbkit(live: Callable[[], Any], dbkit: Callable[..., Result]) -> None:
    """A scratch database that dbkit opens while a file runs is not redirected."""
    head = "from dbkit.scratch_database import scratch_database as scratch"
    write(
        "002_inside",
        "with scratch(database) as other: other.execute_sql('CREATE TABLE people (a int)')",
        head,
    )
    before = live()
    assert (result := dbkit("migrate")).exit_code == 0, result.output
    assert live()[:2] == before[:2]
