"""The pytest plugin, in runs of pytest on small projects."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import psycopg2
import pytest
from click.testing import Result
from psycopg2.extensions import parse_dsn

from dbkit.migration import replay_cache
from dbkit.testing.databases import postgresql_url
from dbkit.testing.plugin import CHECKS
from tests.conftest import Server, server_of

pytest_plugins = "pytester"
INSTALLED = bool(entry_points(group="pytest11", name="dbkit"))
PLUGIN = () if INSTALLED else ("-p", "dbkit.testing.plugin")
Run = Callable[..., pytest.RunResult]

SHOP = """
import peewee as pw
import dbkit

db = dbkit.connect()

class Customer(pw.Model):
    name = pw.CharField(unique=True)

    class Meta:
        database = db
"""
FIRST = """
import peewee as pw

def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Customer(pw.Model):
        name = pw.CharField(unique=True)

        class Meta:
            table_name = "customer"

def rollback(migrator, database, *, fake=False):
    migrator.remove_model("customer")
"""
ISOLATED = """
import pytest
from shop import Customer, db

@pytest.mark.parametrize("number", range(4))
def test_each_has_its_copy(dbkit_database, number):
    assert dbkit_database is db
    Customer.create(name="Ada")
    with db.atomic():
        Customer.create(name=f"Bob {number}")
    assert Customer.select().count() == 2
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> Callable[..., None]:
    """Write a project in the working directory: the models, a migration and its tests."""

    def write(
        tests: str = ISOLATED, shop: str = SHOP, first: str = FIRST, settings: str = ""
    ) -> None:
        root = pytester.path
        for folder in ("migrations", "seeds"):
            (root / folder).mkdir(exist_ok=True)
        (root / "shop.py").write_text(shop)
        (root / "migrations" / "001_first.py").write_text(first)
        (root / "seeds" / "1.toml").write_text('[[customer]]\nname = "Seed"\n')
        (root / "test_shop.py").write_text(tests)
        (root / "setup.cfg").write_text(f"[dbkit]\nmodels = shop\n[tool:pytest]\n{settings}\n")

    return write


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest in this process. Each run imports the modules of its project again."""
    monkeypatch.chdir(pytester.path)
    before = {*sys.modules}

    def run_pytest(*arguments: str) -> pytest.RunResult:
        for name in [*sys.modules]:
            file = getattr(sys.modules[name], "__file__", None)
            if name not in before and file and Path(file).is_relative_to(pytester.path):
                del sys.modules[name]
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *PLUGIN, *arguments)

    return run_pytest


@pytest.fixture
def live(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the project's own database, which is empty."""
    monkeypatch.setenv("DATABASE_URL", url)
    return url


def tables_of(url: str) -> int:
    """The number of tables, as the driver tells."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        if not Path(path).exists():
            return 0
        with sqlite3.connect(path) as connection:
            return len(connection.execute("SELECT name FROM sqlite_master").fetchall())
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        return int(cursor.fetchone()[0])


def left_on(server: Server) -> list[str]:
    """The databases of tests that a server has."""
    with psycopg2.connect(server.url()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'dbkit_test_%'")
        return [name for (name,) in cursor.fetchall()]


def test_each_test_has_a_fresh_copy_and_the_live_database_stays_empty(
    project: Callable[..., None], run: Run, live: str
) -> None:
    project()
    run().assert_outcomes(passed=4)
    assert tables_of(live) == 0


WITH_ROWS = FIRST.replace(
    "\ndef rollback",
    """
    migrator.sql("INSERT INTO customer (name) VALUES ('it''s')")

def rollback""",
)
MIGRATED = """
import dbkit
from shop import Customer

def test_the_copy_is_migrated(dbkit_database):
    assert [one.name for one in Customer.select()] == ["it's"]
    assert dbkit.status(dbkit_database, "migrations").pending == ()
    assert dbkit.status(dbkit_database, "migrations").applied == ("001_first",)
"""


def test_a_second_run_makes_its_template_by_the_kept_statements(
    project: Callable[..., None], run: Run, live: str, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setenv("DBKIT_CACHE", "on")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(replay_cache, "MIN_SECONDS", 0)
    sent: list[int] = []
    send = replay_cache._send
    monkeypatch.setattr(replay_cache, "_send",
                        lambda *given: (sent.append(len(given[1])), send(*given)))  # fmt: skip
    project(MIGRATED, first=WITH_ROWS)
    run().assert_outcomes(passed=1)
    assert sent == []
    run().assert_outcomes(passed=1)
    assert len(sent) == 1


# how applications hold their database
HOLDING = {
    "a proxy": "db = pw.DatabaseProxy()\n",
    "a proxy that is initialized": "db = pw.DatabaseProxy()\ndb.initialize(dbkit.connect())\n",
    "a pool": """
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase
given = dbkit.connect()
pooled, more = PooledPostgresqlDatabase, {}
if isinstance(given, pw.SqliteDatabase):
    pooled, more = PooledSqliteDatabase, {"check_same_thread": False}
db = pooled(given.database, max_connections=2, timeout=1, **given.connect_params, **more)
""",
    "an open connection": "db = dbkit.connect()\ndb.connect()\n",
    "a deferred database": "db = type(dbkit.connect())(None)\n",
    "models without a database": "db = None\n",
}
HELD = """
import pytest
from threading import Thread
from shop import Customer, db

@pytest.mark.parametrize("number", range(3))
def test_threads(dbkit_database, number):
    def work(name):
        with dbkit_database.connection_context():
            Customer.create(name=name)
    Customer.create(name="Ada")
    for name in "abcd":
        thread = Thread(target=work, args=(name,))
        thread.start()
        thread.join()
    assert Customer.select().count() == 5

def test_a_connection_stays_open_in_a_thread(dbkit_database):
    thread = Thread(target=Customer.create, kwargs={"name": "Ada"})
    thread.start()
    thread.join()
    assert Customer.get().name == "Ada"
"""


@pytest.mark.parametrize("holding", HOLDING)
def test_the_database_is_found_however_the_application_holds_it(
    project: Callable[..., None], run: Run, live: str, holding: str
) -> None:
    shop = SHOP.replace("db = dbkit.connect()\n", HOLDING[holding])
    project(HELD, shop)
    run("-W", "ignore::ResourceWarning").assert_outcomes(passed=4)
    assert tables_of(live) == 0


def test_seeds_are_loaded_if_the_setting_or_the_marker_says_so(
    project: Callable[..., None], run: Run, live: str
) -> None:
    project(
        """
import pytest
from shop import Customer

def test_default(dbkit_database):
    assert [one.name for one in Customer.select()] == ["Seed"]
    Customer.delete().execute()

def test_again(dbkit_database):
    assert Customer.select().count() == 1

@pytest.mark.dbkit(seeds=False)
def test_without(dbkit_database):
    assert Customer.select().count() == 0

@pytest.mark.dbkit(seed=True)
def test_wrong(dbkit_database):
    pass
""",
        settings="dbkit_seeds = true",
    )
    result = run()
    result.assert_outcomes(passed=3, errors=1)
    assert "Write @pytest.mark.dbkit(seeds=True) or (seeds=False)." in result.stdout.str()


def test_the_environment_names_the_copy_until_the_test_ends(
    project: Callable[..., None], run: Run, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_DIRECT_URL", live)
    project(
        f"""
import os
import dbkit
from shop import Customer

def test_connects(dbkit_url, dbkit_database):
    assert os.environ["DATABASE_URL"] == dbkit_url != {live!r}
    assert "DATABASE_DIRECT_URL" not in os.environ
    Customer.create(name="Ada")
    database = dbkit.connect()
    assert database.execute_sql("SELECT name FROM customer").fetchall() == [("Ada",)]
    database.close()

def test_afterwards():
    assert os.environ["DATABASE_URL"] == {live!r}
    assert os.environ["DATABASE_DIRECT_URL"] == {live!r}
"""
    )
    run().assert_outcomes(passed=2)


@pytest.mark.postgres
def test_workers_of_xdist_have_their_own_templates(
    project: Callable[..., None], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = server_of("postgres18")
    monkeypatch.setenv("DATABASE_URL", server.url())
    project(settings="dbkit_checks = true")
    run("-n", "2", "-W", "ignore").assert_outcomes(passed=8)
    assert left_on(server) == []


CHECKED = "dbkit_checks = true"
NO_TESTS = "def test_nothing():\n    pass\n"


def failed(result: pytest.RunResult) -> set[str]:
    """The names of the checks that failed. None prints a traceback."""
    text = result.stdout.str()
    assert "Traceback" not in text
    assert "runtest" not in text
    return {name for name in CHECKS if f"FAILED dbkit::{name}" in text}


def test_the_checks_pass_for_a_clean_project(
    project: Callable[..., None], run: Run, live: str
) -> None:
    project(NO_TESTS, settings=CHECKED)
    run().assert_outcomes(passed=5)
    run("test_shop.py").assert_outcomes(passed=1)
    run("-k", "head").assert_outcomes(passed=1, deselected=4)


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (["dbkit::no_migration_is_missing"], 1),
        (["dbkit::history_has_one_head", "test_shop.py"], 2),
        (["dbkit"], 4),
        (["dbkit", "-o", "dbkit_checks=false"], 4),
    ],
)
def test_the_names_that_pytest_prints_choose_checks(
    project: Callable[..., None], run: Run, live: str, arguments: list[str], number: int
) -> None:
    project(NO_TESTS, settings=CHECKED)
    run(*arguments).assert_outcomes(passed=number)


def test_a_name_of_no_check_is_an_error(project: Callable[..., None], run: Run, live: str) -> None:
    project(NO_TESTS, settings=CHECKED)
    assert run("dbkit::history_has_two_heads").ret == pytest.ExitCode.USAGE_ERROR
    Path("dbkit").mkdir()
    assert run("dbkit").ret == pytest.ExitCode.OK  # the folder, and the checks of the setting


def test_a_migration_with_a_model_of_the_project_writes_only_to_copies(
    project: Callable[..., None], run: Run, live: str
) -> None:
    project(NO_TESTS, settings=CHECKED)
    Path("migrations/002_rows.py").write_text(
        "from shop import Customer\n"
        "def migrate(migrator, database, *, fake=False):\n    Customer.create(name='Ada')\n"
        "def rollback(migrator, database, *, fake=False):\n    Customer.delete().execute()\n"
    )
    run().assert_outcomes(passed=5)
    assert tables_of(live) == 0


def test_a_model_without_a_migration_fails_two_checks_with_dbkits_report(
    project: Callable[..., None], run: Run, live: str
) -> None:
    project(NO_TESTS, SHOP.replace("unique=True", "unique=True, null=True"), settings=CHECKED)
    result = run()
    assert failed(result) == {"no_migration_is_missing", "models_match_the_migrations"}
    result.stdout.fnmatch_lines(
        ["create: a migration would be made", "*change column name of customer*"]
    )


def test_a_rollback_that_leaves_the_table_fails_the_check_of_the_migrations(
    project: Callable[..., None], run: Run, live: str
) -> None:
    project(NO_TESTS, first=FIRST.replace('migrator.remove_model("customer")', "pass"),
            settings=CHECKED)  # fmt: skip
    result = run()
    assert failed(result) == {"each_migration_runs_up_down_and_up_again"}
    result.stdout.fnmatch_lines(["prove: 001_first: not proven: *"])


def test_two_heads_are_reported_with_the_next_step(project: Callable[..., None], run: Run) -> None:
    project(settings=CHECKED)
    text = "def migrate(migrator, database, *, fake=False):\n    pass\n"
    Path("migrations/001_other.py").write_text(text)
    result = run()
    assert failed(result) == {*CHECKS}
    result.assert_outcomes(failed=4, errors=4)
    result.stdout.fnmatch_lines(["Migrations 001_first and 001_other have the same number."])


FAILURES = {
    "production": ({"DBKIT_ENV": "production", "DATABASE_URL": "sqlite:///x.db"},
                   "*DBKIT_ENV is production, but these are tests.*"),
    "no models": ({"DBKIT_MODELS": "nowhere"}, "*There is no module nowhere for the models.*"),
    "no server": ({"DATABASE_URL": "postgresql://127.0.0.1:1/x",
                   "DBKIT_TEST_URL": "postgresql://127.0.0.1:1/x"}, "*refused: Nothing answers*"),
    "another kind": ({"DBKIT_TEST_URL": "sqlite:///x.db",
                      "DATABASE_URL": "postgresql://127.0.0.1:1/x"},
                     "*The application has a PostgresqlDatabase, but*SqliteDatabase.*"),
    "the next step": ({"DBKIT_TEST_URL": "sqlite:///x.db",
                       "DATABASE_URL": "postgresql://127.0.0.1:1/x"},
                      "*Set DBKIT_TEST_URL to the URL of a PostgreSQL server*"),
}  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES)
def test_an_error_says_what_to_set_and_has_no_traceback(
    project: Callable[..., None], run: Run, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    settings, expected = FAILURES[failure]
    project()
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    result = run()
    result.assert_outcomes(errors=4)
    result.stdout.fnmatch_lines([expected])
    assert "Traceback" not in result.stdout.str()
    assert "plugin.py" not in result.stdout.str()


OUTSIDE = """
import peewee as pw
import dbkit

db = dbkit.connect()

class Account(pw.Model):
    email = pw.CharField()

    class Meta:
        database = db
        table_name = "accounts"
        managed = False

class Customer(pw.Model):
    account = pw.ForeignKeyField(Account)

    class Meta:
        database = db
"""


def test_a_table_that_no_migration_creates_is_made_from_its_model(
    project: Callable[..., None], run: Run, live: str, dbkit: Callable[..., Result]
) -> None:
    project(
        """
from shop import Account, Customer

def test_rows(dbkit_database):
    Customer.create(account=Account.create(email="ada@example.com"))
    assert Customer.get().account.email == "ada@example.com"
""",
        OUTSIDE,
    )
    Path("migrations/001_first.py").unlink()
    assert dbkit("create", "first").exit_code == 0
    run().assert_outcomes(passed=1)
    assert tables_of(live) == 0


def test_models_may_be_bound_by_an_application_that_is_imported_late(
    project: Callable[..., None], run: Run, live: str
) -> None:
    shop = SHOP.replace("db = dbkit.connect()\n", "db = None\n")
    project(
        """
import pytest
from shop import Customer

@pytest.mark.parametrize("number", range(3))
def test_rows(dbkit_database, number):
    from application import database
    with database.atomic():
        Customer.create(name="Ada")
    assert Customer.select().count() == 1
    assert database.execute_sql("SELECT name FROM customer").fetchall() == [("Ada",)]
""",
        shop,
    )
    Path("application.py").write_text(
        "import dbkit, shop\ndatabase = dbkit.connect()\ndatabase.bind([shop.Customer])\n"
    )
    run("-W", "ignore::ResourceWarning").assert_outcomes(passed=3)
    assert tables_of(live) == 0


def test_the_copies_are_beside_dbkit_test_url(
    project: Callable[..., None], run: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes precedence over the project's database, which is not asked."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")
    monkeypatch.setenv("DBKIT_TEST_URL", server.url())
    project()
    run().assert_outcomes(passed=4)
    assert left_on(server) == []


def test_a_role_without_createdb_gets_the_next_step(
    project: Callable[..., None], run: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.create_role("tester")
    monkeypatch.setenv("DATABASE_URL", server.url())
    monkeypatch.setenv("DBKIT_TEST_URL", server.url(user="tester"))
    project()
    result = run()
    result.assert_outcomes(errors=4)
    result.stdout.fnmatch_lines(["*permission denied to create database*"])
    assert "Traceback" not in result.stdout.str()


def test_the_database_object_of_flask_utils_leads_to_the_copy(
    project: Callable[..., None], run: Run, live: str
) -> None:
    project(
        """
import pytest
from shop import Customer, app

@pytest.mark.parametrize("number", range(2))
def test_request(dbkit_database, number):
    Customer.create(name="Ada")
    assert app.test_client().get("/").text == "Ada"
    assert Customer.select().count() == 1
""",
        """
import os
import flask
import peewee as pw
from playhouse.flask_utils import FlaskDB

app = flask.Flask(__name__)
wrapper = FlaskDB(app, os.environ["DATABASE_URL"])

class Customer(wrapper.Model):
    name = pw.CharField(unique=True)

@app.get("/")
def name():
    return Customer.get().name
""",
    )
    run("-W", "ignore").assert_outcomes(passed=2)
    assert tables_of(live) == 0


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"host": "db.example.com", "port": 5433, "user": "ada", "password": "p@s/s: %"},
        {"host": "/var/run/my sockets", "port": "5432", "user": "o'hara@x"},
        {"host": "::1", "options": "-c search_path=my\\\\ shop"},
        {"host": "one,two", "port": "1,2", "sslmode": "require"},
    ],
)
def test_the_driver_reads_the_parameters_from_the_url(params: dict[str, object]) -> None:
    expected = {key: str(value) for key, value in params.items()}
    assert parse_dsn(postgresql_url("my/db", params)) == {"dbname": "my/db", **expected}


@pytest.mark.postgres
def test_databases_that_a_killed_run_left_are_dropped(
    project: Callable[..., None], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = server_of("postgres18")
    server.execute("CREATE DATABASE dbkit_test_0123456789ab_1")
    monkeypatch.setenv("DATABASE_URL", server.url())
    project()
    run().assert_outcomes(passed=4)
    assert left_on(server) == []


@pytest.mark.postgres
def test_the_copies_have_the_search_path_of_the_project(
    project: Callable[..., None], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = server_of("postgres18")
    name = server.create_database()
    server.execute('CREATE SCHEMA "my shop"', name)
    server.execute(f'ALTER DATABASE {name} SET search_path TO "my shop", public')
    monkeypatch.setenv("DATABASE_URL", server.url(name))
    project(
        ISOLATED
        + """
def test_schema(dbkit_database):
    sql = "SELECT schemaname FROM pg_tables WHERE tablename = 'customer'"
    assert dbkit_database.execute_sql(sql).fetchall() == [("my shop",)]
"""
    )
    run().assert_outcomes(passed=5)


def test_a_suite_that_does_not_use_the_plugin_imports_no_peewee(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing():
            assert "dbkit.testing.plugin" in sys.modules
            assert not {"peewee", "psycopg2", "click"} & sys.modules.keys()
        """
    )
    pytester.runpytest_subprocess(*PLUGIN, "-p", "no:hypothesispytest").assert_outcomes(passed=1)
