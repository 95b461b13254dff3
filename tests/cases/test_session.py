"""What a migration sets in its session ends with it; a stranger's table is not the history."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

import peewee as pw
import pytest

from dbkit import DbkitError, migrate, rollback, status
from dbkit.migration.intercept import silenced
from tests.conftest import opened
from tests.servers import Server

POSTGRES = {  # what a file may run -> what must be as before
    "SELECT pg_catalog.set_config('search_path', '', false)": "search_path",
    "SET LOCAL search_path TO pg_catalog": "search_path",
    "SET search_path TO public, pg_catalog": "search_path",
    "SET default_transaction_read_only TO on": "default_transaction_read_only",
    "SET row_security TO off": "row_security",
    "SET statement_timeout TO '9s'": "statement_timeout",
    "SET ROLE pg_monitor": "role",
    "SET LOCAL ROLE pg_monitor": "role",
    "SET SESSION AUTHORIZATION pg_monitor": "session_authorization",
    "SET DateStyle TO 'SQL, DMY'": "DateStyle",
    "SET standard_conforming_strings TO off": "standard_conforming_strings",
    "SET session_replication_role TO replica": "session_replication_role",
    "RESET lock_timeout": "lock_timeout",  # which the application has set
}
SQLITE = ("recursive_triggers", "ignore_check_constraints", "legacy_alter_table", "query_only",
          "writable_schema", "reverse_unordered_selects", "foreign_keys")  # fmt: skip
FILE = """\
def migrate(migrator, database, *, fake=False):
    {0}
    migrator.sql({1!r})
    migrator.sql({2!r})
def rollback(migrator, database, *, fake=False):
    migrator.sql({3!r})
    migrator.sql({1!r})
"""


def file(name: str, sql: str, first: str = "") -> None:
    Path("migrations").mkdir(exist_ok=True)
    up = f"CREATE TABLE t{name[:3]} (n integer)" if sql == "SELECT 1" else "SELECT 1"
    down = up.replace("CREATE TABLE", "DROP TABLE").replace(" (n integer)", "")
    text = FILE.format(first or "pass", sql, up, down)
    Path("migrations", f"{name}.py").write_text(text)


@pytest.mark.parametrize("sql", POSTGRES)
def test_settings_of_a_file_end_with_it(postgres: pw.Database, sql: str) -> None:
    def setting() -> tuple[str, ...]:
        name = POSTGRES[sql]
        row = postgres.execute_sql("SELECT current_setting(%s), current_user", (name,)).fetchone()
        return tuple(row)

    postgres.execute_sql("SET lock_timeout TO '7s'")
    before = setting()
    file("001_a", sql)
    file("002_b", "SELECT 1", first=f"assert fake or tuple(database.execute_sql("
         f"'SELECT current_setting(%s), current_user', ({POSTGRES[sql]!r},)).fetchone()) "
         f"== {before!r}" if "path" not in sql and "lock_" not in sql else "")  # fmt: skip
    assert migrate(postgres) == ["001_a", "002_b"]
    assert setting() == before
    found = postgres.execute_sql("SELECT count(*) FROM public.migratehistory").fetchone()
    assert found == (2,)
    assert rollback(postgres, count=2) == ["002_b", "001_a"]
    assert setting() == before
    assert status(postgres).applied == ()


@pytest.mark.sqlite
@pytest.mark.parametrize("name", SQLITE)
def test_pragmas_of_a_file_end_with_it(tmp_path: Path, name: str) -> None:
    with opened(f"sqlite:///{tmp_path / 'a.db'}") as database:
        (before,) = database.execute_sql(f"PRAGMA {name}").fetchone()
        file("001_a", f"PRAGMA {name} = {1 - before}")
        file("002_b", "SELECT 1")
        assert migrate(database) == ["001_a", "002_b"]
        assert database.execute_sql(f"PRAGMA {name}").fetchone() == (before,)
        assert rollback(database, count=2) == ["002_b", "001_a"]
        assert database.execute_sql(f"PRAGMA {name}").fetchone() == (before,)


OWNERS = {  # who owns the history; may a superuser write it, may a superuser read it
    "a stranger's table": ("CREATE TABLE migratehistory (id serial, name varchar(255),"
                           " migrated_at timestamp)", False, True),
    "a stranger's view": ("CREATE VIEW migratehistory AS SELECT 1 AS id, ''::varchar AS name,"
                          " now() AS migrated_at", False, False),
}  # fmt: skip


@pytest.mark.parametrize("case", OWNERS)
def test_a_strangers_history_is_refused(server: Server, case: str) -> None:
    sql, may_write, may_read = OWNERS[case]
    name = server.create_database()
    server.create_role("mallory")
    server.execute("GRANT CREATE ON SCHEMA public TO mallory", name)
    with opened(server.url(name, "mallory")) as database:
        database.execute_sql(sql)
    file("001_a", "SELECT 1")
    with opened(server.url(name)) as database:
        for run, may in ((migrate, may_write), (status, may_read)):
            if may:
                run(database)
                continue
            with pytest.raises(DbkitError) as refused:
                run(database)
            assert '"public"."migratehistory" belongs to the role mallory' in str(refused.value)


@pytest.mark.parametrize("owner", ["itself", "the database's", "a superuser", "a role of its own"])
def test_a_trusted_owners_history_is_used(server: Server, owner: str) -> None:
    name = server.create_database()
    with opened(server.url(name)) as database:
        database.execute_sql("DROP ROLE IF EXISTS app, group_of_app")
        database.execute_sql("CREATE ROLE app LOGIN; CREATE ROLE group_of_app;"
                             "GRANT group_of_app TO app;"
                             "GRANT ALL ON SCHEMA public TO app, group_of_app")  # fmt: skip
        file("001_a", "SELECT 1")
        migrate(database)
        database.execute_sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO app; "
                             "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app")  # fmt: skip
        new = {"itself": "app", "a role of its own": "group_of_app"}.get(owner)
        if new:
            database.execute_sql(f"ALTER TABLE migratehistory OWNER TO {new}")
        if owner == "the database's":
            database.execute_sql("ALTER TABLE migratehistory OWNER TO app")
            database.execute_sql(f"ALTER DATABASE {name} OWNER TO app")
            assert status(database).applied == ("001_a",)
        file("002_b", "SELECT 1")
    user = "postgres" if owner == "the database's" else "app"
    with opened(server.url(name, user)) as database:
        assert migrate(database) == ["002_b"]
    with opened(server.url(name)) as database:
        database.execute_sql("REASSIGN OWNED BY app, group_of_app TO postgres")
        database.execute_sql("DROP OWNED BY app, group_of_app")


def test_two_threads_follow_on_one_database(database: pw.Database) -> None:
    """The first to begin ends first; the other must still be silent, and be so no longer after."""
    first, second, together = Barrier(2), Barrier(2), []

    def one() -> None:
        with silenced(database):
            first.wait()
        second.wait()

    def other() -> None:
        with silenced(database):
            with silenced(database):
                first.wait()
                second.wait()
            together.append(database.execute_sql("this is no SQL").fetchall())

    threads = [Thread(target=one), Thread(target=other)]
    for thread in threads:
        thread.start()
    assert database.execute_sql("SELECT 1").fetchone() == (1,)
    for thread in threads:
        thread.join(10)
    assert together == [[]]
    assert not {"execute_sql", "cursor", "connection"} & vars(database).keys()
    assert database.execute_sql("SELECT 1").fetchone() == (1,)
