"""Each error of the server comes with what to do next, whichever command meets it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest
from click.testing import Result

from dbkit import DbkitError, migrate, rollback, seed
from dbkit.connection import diagnosed
from dbkit.migration import create, reset
from tests.conftest import opened
from tests.servers import Server

from .test_migration import MODEL, write

Run = Callable[..., Result]
BEFORE = """
CREATE TABLE t (a integer, b integer); INSERT INTO t VALUES (1, NULL), (1, 2);
CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c (p integer);
CREATE VIEW v AS SELECT a FROM t
"""
BOTH = {
    "CREATE TABLE t (a integer)": "migrate --fake --to 001_a`",
    "ALTER TABLE t ADD COLUMN b integer": "migrate --fake",
    "CREATE UNIQUE INDEX u ON t (a)": "Remove or merge the duplicates",
    "SELECT * FROM nowhere": "check the name of the table",
    "SELECT absent FROM t": "Check its name",
    "SELEKT 1": "Check",
}
POSTGRES = {
    "CREATE TYPE k AS ENUM ('a'); CREATE TYPE k AS ENUM ('a')": "python -m dbkit init",
    "CREATE SCHEMA public": "migrate --fake",
    "CREATE TABLE nowhere.x (a integer)": "migrator.create_schema",
    "SET search_path = ''; CREATE TABLE x (a integer)": "set search_path to an existing schema",
    "ALTER TABLE t ALTER b SET NOT NULL": "Fill the column first: migrator.fill(",
    "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 1)": "Correct the rows first",
    "INSERT INTO c VALUES (9); ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p": "missing parents",
    "DROP TABLE t": "Drop or change these objects first",
    "CREATE INDEX CONCURRENTLY i ON t (a)": "Leave out CONCURRENTLY",
    "VACUUM": "Leave out CONCURRENTLY",
    "CREATE TYPE k AS ENUM ('a'); ALTER TYPE k ADD VALUE 'b'; SELECT 'b'::k": None,
    "ALTER TABLE t ALTER a TYPE integer[]": "migrator.alter_type",
    "ALTER TABLE t ALTER a TYPE smallint USING 70000": "Correct the rows first",
    "ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p DEFERRABLE INITIALLY DEFERRED;"
    " INSERT INTO p VALUES (1); INSERT INTO c VALUES (1); ALTER TABLE c ADD x integer":
        "SET CONSTRAINTS ALL IMMEDIATE",
    "CREATE EXTENSION no_such_thing": "Install its package on the server",
    "SELECT no_such_thing(1)": "CREATE EXTENSION first",
    "SELECT 1::no_such_thing": "CREATE EXTENSION first",
    "SET statement_timeout = 10; SELECT pg_sleep(5)": "SET statement_timeout = 0",
    "SET TRANSACTION READ ONLY; CREATE TABLE x (a integer)": "Connect to the primary",
}  # fmt: skip
SQLITE = {
    "INSERT INTO p VALUES (1), (1)": "Remove or merge the duplicates",
    "CREATE TABLE n (a integer NOT NULL); INSERT INTO n VALUES (NULL)": "Fill the column first",
    "CREATE TABLE n (a integer CHECK (a > 1)); INSERT INTO n VALUES (0)": "Correct the rows first",
}


def migration(statements: str) -> str:
    lines = "".join(f"    database.execute_sql({one!r})\n" for one in statements.split("; "))
    return (
        "def migrate(migrator, database, *, fake=False): pass\n"
        f"def rollback(migrator, database, *, fake=False):\n{lines}"
    )


def test_migrate_rollback_and_reset_keep_the_hint(database: pw.Database, tmp_path: Path) -> None:
    on_postgres = isinstance(database, pw.PostgresqlDatabase)
    for statement in BEFORE.strip().split(";"):
        database.execute_sql(statement)
    for number, (sql, hint) in enumerate((BOTH | (POSTGRES if on_postgres else SQLITE)).items()):
        if hint is None:
            continue
        forward = migration(sql).replace("migrate(", "x(").replace("rollback(", "migrate(")
        directory = write(tmp_path / f"m{number}", m001_a=migration(sql))
        other = write(tmp_path / f"n{number}", m001_a=forward)
        with pytest.raises(DbkitError) as error:
            migrate(database, other)
        assert hint.replace("\n", " ") in str(error.value).replace("\n", " "), str(error.value)
        assert "Nothing was committed." in str(error.value)
        migrate(database, directory)
        for function in (rollback, reset):
            with pytest.raises(DbkitError) as error:
                function(database, directory)
            assert hint.replace("\n", " ") in str(error.value).replace("\n", " ")
        assert "Nothing was committed." in str(error.value)  # a reset is one transaction
        migrate(database, directory)
        database.execute_sql("DELETE FROM migratehistory")


def test_a_new_label_is_used_in_the_next_migration(server: Server, tmp_path: Path) -> None:
    with opened(server.url(server.create_database())) as database:
        database.execute_sql("CREATE TYPE k AS ENUM ('a')")
        source = "def migrate(migrator, database, *, fake=False):\n" + "".join(
            f"    database.execute_sql({sql!r})\n"
            for sql in ("ALTER TYPE k ADD VALUE 'b'", "SELECT 'b'::k")
        )
        with pytest.raises(DbkitError, match="use the label in the next migration"):
            migrate(database, write(tmp_path / "m", m001_a=source))


CODES = {
    "25006": "Connect to the primary",
    "40001": "run the command again",
    "40P01": "run the command again",
    "42501": "let the owner or a superuser GRANT",
    "42601": "the LINE shows where",
    "53100": "Free space on the server",
    "53200": "max_locks_per_transaction",
    "53300": "connect through a pooler",
    "55006": "Let the other session end",
    "55P03": "pg_locks",
    "57014": "Run the command again",
    "58030": "Free space on the server",
    "23P01": "Correct the rows first",
}


def test_each_code_of_the_server_has_its_advice(postgres: pw.Database) -> None:
    for code, hint in CODES.items():
        with pytest.raises(DbkitError) as error, diagnosed(postgres):
            postgres.execute_sql(f"DO $$ BEGIN RAISE 'it failed' USING ERRCODE = '{code}'; END $$")
        assert hint in error.value.hint, (code, error.value)


@pytest.fixture
def poor(server: Server) -> str:
    """The URL of a database whose user may connect, and no more."""
    name = server.create_database()
    for sql in (
        'DROP ROLE IF EXISTS "Poor ""role"',
        'CREATE ROLE "Poor ""role" LOGIN',
        'CREATE SCHEMA "Their s"; CREATE TABLE theirs (a integer)',
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC",
    ):
        server.execute(sql, name if "SCHEMA" in sql else "postgres")
    yield server.url(name, user="Poor %22role".replace(" ", "%20"))
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.execute('DROP ROLE "Poor ""role"')


RIGHTS = {
    "CREATE TABLE public.x (a integer)": 'GRANT USAGE, CREATE ON SCHEMA public TO "Poor ""role"',
    'CREATE TABLE "Their s".x (a integer)':
        'GRANT USAGE, CREATE ON SCHEMA "Their s" TO "Poor ""role"',
    "CREATE SCHEMA x": 'GRANT CREATE, TEMPORARY ON DATABASE test_',
    "SELECT * FROM theirs": 'GRANT SELECT ON theirs TO "Poor ""role"',
    "ALTER TABLE theirs ADD b integer": "Run the migrations as the role that owns the object",
    "CREATE EXTENSION plpgsql": "migrate --fake",
}  # fmt: skip


def test_the_right_that_is_missing_is_named(poor: str) -> None:
    with opened(poor) as database:
        for sql, hint in RIGHTS.items():
            with pytest.raises(DbkitError) as error, diagnosed(database):
                database.execute_sql(sql)
            assert hint in error.value.hint, error.value


def test_every_command_says_which_right_is_missing(poor: str, tmp_path: Path, dbkit: Run) -> None:
    directory = write(tmp_path / "m", m001_t=MODEL.format(name="t"))
    grant = 'GRANT USAGE, CREATE ON SCHEMA public TO "Poor ""role"'
    check = dbkit("check", "--database", poor)
    assert (check.exit_code, grant in check.stdout) == (0, True), check.output
    for command in (("migrate",), ("migrate", "--fake"), ("up", "--models", "dbkit.models")):
        result = dbkit(*command, "--database", poor, "--migrations", str(directory))
        assert (result.exit_code, grant in result.stderr) == (2, True), result.output


def test_create_keeps_the_hint_of_what_cannot_be_replayed(tmp_path: Path) -> None:
    source = (
        "def migrate(migrator, database, *, fake=False):\n    migrator.sql('SELECT * FROM x')\n"
    )
    with opened("sqlite:///:memory:") as database:
        with pytest.raises(DbkitError, match=r"name of the table(?s:.*)\nCorrect the file"):
            create(database, [], write(tmp_path / "m", m001_a=source))


def test_a_seed_keeps_the_hint(database: pw.Database, tmp_path: Path) -> None:
    class Seeded(pw.Model):
        a = pw.IntegerField(unique=True)
        b = pw.IntegerField(null=True)

        class Meta:
            table_name = "seeded"

    database.bind([Seeded])
    database.execute_sql("CREATE TABLE seeded (id integer, a integer, b integer NOT NULL)")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.toml").write_text("[[seeded]]\nid = 1\na = 1\n")
    with pytest.raises(DbkitError, match=r"Give the row a value(?s:.*)\nNothing was loaded"):
        seed(database, [Seeded], tmp_path / "seeds")


def test_a_sqlite_file_that_may_not_be_written_is_a_sentence(tmp_path: Path, dbkit: Run) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with opened(url) as database:
        database.execute_sql("PRAGMA user_version = 1")
        database.execute_sql("PRAGMA query_only = 1")
        with pytest.raises(DbkitError, match=r"is not writable(?s:.*)Check the permissions"):
            migrate(database, write(tmp_path / "m", m001_t=MODEL.format(name="t")))


@pytest.mark.parametrize("atomic", [True, False])
def test_a_disk_that_becomes_full_is_a_sentence(tmp_path: Path, atomic: bool) -> None:
    """SQLite then rolls back itself."""
    rows = "    for _ in range(50): migrator.sql('INSERT INTO y VALUES (zeroblob(5000))')\n"
    source = MODEL.format(name="t").replace(
        "def rollback", f"    migrator.sql('CREATE TABLE y (a)')\n{rows}def rollback"
    )  # fmt: skip
    files = write(tmp_path / "m", m001_t=f"{source}ATOMIC = {atomic}\n")
    with opened(f"sqlite:///{tmp_path / 'x.db'}") as database:
        database.execute_sql("PRAGMA cache_size = 2")
        database.execute_sql("PRAGMA max_page_count = 40")
        with pytest.raises(DbkitError, match=r"The disk is full(?s:.*)Free space") as raised:
            migrate(database, files)
        assert "ended its own" not in str(raised.value)
        database.execute_sql("PRAGMA max_page_count = 4000")
        assert migrate(database, files) == ["001_t"]
        assert database.execute_sql("SELECT count(*) FROM y").fetchone() == (50,)


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'x.db'}") as database:
        database.execute_sql("CREATE TABLE x (a)")
        database.execute_sql("PRAGMA max_page_count = 2")
        source = MODEL.format(name="t").replace(
            "def rollback", "    migrator.sql('CREATE TABLE y AS SELECT zeroblob(99999) AS a')\n"
            "def rollback"
        )  # fmt: skip
        with pytest.raises(DbkitError, match=r"The disk is full(?s:.*)Free space"):
            migrate(database, write(tmp_path / "m", m001_t=source))
