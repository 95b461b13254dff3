"""`init` adopts a part of a database: --schema, --only, --skip, and no history of other tools."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from dbkit.config import load
from tests.conftest import opened
from tests.servers import DEBIAN_15, Server

from .test_whole_database import dump, rows

Dbkit = Callable[..., Result]
SHOP = """
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, tenant INTEGER, email VARCHAR(50) UNIQUE,
    UNIQUE (tenant, id));
CREATE TABLE "odd.%.table" (id INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, tenant INTEGER, user_id INTEGER,
    email VARCHAR(50) REFERENCES users (email),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE);
CREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders);
CREATE VIEW big AS SELECT id FROM orders;
CREATE VIEW names AS SELECT email FROM users;
CREATE VIEW more_names AS SELECT count(*) AS n FROM names;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
CREATE TABLE schema_migrations (version INTEGER, of_mine TEXT)
"""
USERS, *_ = (f"{one})" for one in SHOP.split(");"))
SKIP = ("--skip", "users", "--skip", "odd*")


@pytest.fixture(autouse=True)
def models_are_read_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(".")
    yield
    sys.modules.pop("models", None)


def ran(dbkit: Dbkit, *arguments: str) -> Result:
    result = dbkit(*arguments)
    assert result.exit_code == 0, result.output
    return result


def created(url: str, script: str) -> None:
    with opened(url) as database:
        for sql in script.split(";\n"):
            database.execute_sql(sql.replace("%", "%%") if "postgres" in url else sql)


def assert_clean(dbkit: Dbkit, url: str) -> None:
    """After init, no command finds anything to report or to do."""
    for command in ("verify", "verify --strict", "create --check", "prove"):
        result = dbkit(*command.split(), env={"DATABASE_URL": url})
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize("options", [SKIP, ("--only", "[!uo]*", "--only", "orders")])
def test_a_part_of_a_database(dbkit: Dbkit, url: str, options: tuple[str, ...]) -> None:
    created(url, SHOP)
    result = ran(dbkit, "init", "--database", url, *options)
    assert "alembic_version belongs to alembic: it gets no model, and dbkit leaves it alone" in (
        result.output
    )
    assert_clean(dbkit, url)
    assert {"users", "odd.%.table", "names", "more_names", "big", "alembic_version"} == {
        *load().ignore
    }
    models, baseline = (
        Path(path).read_text() for path in ("models.py", "migrations/001_baseline.py")
    )
    assert "managed = False" in models
    assert "class SchemaMigration" in models
    assert "email FROM" not in baseline
    assert "odd" not in models + baseline


def test_the_rest_stays_as_it_is(dbkit: Dbkit, url: str) -> None:
    """A change of an adopted table is migrated and rolled back, and no other table is touched."""
    created(url, SHOP)
    ran(dbkit, "init", "--database", url, *SKIP)
    before = definitions(url)
    path = Path("models.py")
    path.write_text(path.read_text().replace("class Order(BaseModel):\n", "class Order(BaseModel):"
                                             "\n    note = pw.CharField(null=True)\n"))  # fmt: skip
    sys.modules.pop("models")
    ran(dbkit, "create", "note", "--database", url)
    ran(dbkit, "migrate", "--database", url)
    ran(dbkit, "verify", "--strict", "--database", url)
    changed = definitions(url)
    assert {name for name in before if before[name] != changed[name]} == {"orders"}
    ran(dbkit, "rollback", "--database", url)
    with opened(url) as database:
        assert "note" not in {column.name for column in database.get_columns("orders")}


def definitions(url: str) -> dict[str, Any]:
    """The columns and constraints of each table and view, as the server tells them."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            query = ("SELECT name, sql FROM sqlite_master WHERE type <> 'index' "
                     "AND name NOT LIKE '%hist%'")  # fmt: skip
            return dict(connection.execute(query))
    return dict(rows(url, """
        SELECT c.relname::text, ARRAY(SELECT format('%s %s', a.attname, a.atttypid::regtype)
            FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 ORDER BY 1)
          || ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
                   WHERE k.conrelid = c.oid ORDER BY 1)
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r','p','v')
          AND c.relname NOT LIKE '%history'"""))  # type: ignore[arg-type]  # fmt: skip


def test_a_new_database_needs_the_tables_of_others(dbkit: Dbkit, server: Server) -> None:
    url, fresh = (server.url(server.create_database()) for _ in range(2))
    created(url, SHOP)
    ran(dbkit, "init", "--database", url, *SKIP)
    result = dbkit("migrate", "--database", fresh)
    assert result.exit_code == 2
    assert "Table users does not exist." in result.output
    created(fresh, USERS)
    ran(dbkit, "migrate", "--database", fresh)
    ran(dbkit, "verify", "--strict", "--database", fresh)
    made, there = definitions(fresh), definitions(url)
    assert made == {name: there[name] for name in made}
    assert made.keys() >= {"users", "orders", "items", "big"}


SCHEMAS = """
CREATE SCHEMA auth; CREATE SCHEMA "App.1"; CREATE SCHEMA drizzle;
CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text, created_at bigint);
CREATE TABLE "App.1".my_alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TYPE unused AS ENUM ('z');
CREATE TYPE "App.1".kind AS ENUM ('k'); CREATE TYPE auth.level AS ENUM ('x');
CREATE DOMAIN "App.1".pos AS integer CHECK (VALUE > 0);
CREATE SEQUENCE "App.1".numbers; CREATE SEQUENCE others;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql AS 'SELECT null::uuid';
CREATE FUNCTION unrelated() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION "App.1".related() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TABLE auth.users (id uuid PRIMARY KEY, email text UNIQUE, l auth.level UNIQUE{more});
CREATE TABLE country (code char(2) PRIMARY KEY, name text);
CREATE TABLE stray (id serial PRIMARY KEY, m mood);
CREATE SEQUENCE stray_numbers OWNED BY stray.id;
CREATE TABLE "App.1".profile (id integer PRIMARY KEY, m mood, k "App.1".kind, p "App.1".pos,
    user_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users ON DELETE CASCADE,
    email text REFERENCES auth.users (email), country char(2) REFERENCES country,
    n integer DEFAULT nextval('"App.1".numbers'){key});
ALTER TABLE "App.1".profile ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON "App.1".profile USING (user_id = auth.uid());
CREATE TRIGGER touched BEFORE UPDATE ON "App.1".profile FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE "App.1".event (id integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE "App.1".event_1 PARTITION OF "App.1".event DEFAULT;
CREATE VIEW "App.1".emails AS SELECT u.email FROM "App.1".profile p JOIN auth.users u
    ON u.id = p.user_id;
CREATE VIEW "App.1".ids AS SELECT id FROM "App.1".profile;
CREATE VIEW profiles AS SELECT id FROM "App.1".profile;
COMMENT ON TYPE unused IS 'x'; COMMENT ON SCHEMA drizzle IS 'others'; COMMENT ON TABLE stray IS 's'
"""
OTHERS = """
CREATE SCHEMA auth; CREATE TABLE auth.users (id uuid PRIMARY KEY, email text UNIQUE{more});
CREATE TABLE country (code char(2) PRIMARY KEY, name text)
"""
COMPOSITE = {
    "more": ", a integer, b integer, UNIQUE (a, b)",
    "key": ", a integer, b integer, FOREIGN KEY (a, b) REFERENCES auth.users (a, b)",
}


@pytest.mark.postgres
@pytest.mark.parametrize("keys", [{"more": "", "key": ""}, COMPOSITE], ids=["usual", "composite"])
def test_a_schema(dbkit: Dbkit, server: Server, keys: dict[str, str]) -> None:
    """The baseline has the schema and what its tables need elsewhere, and points to the rest."""
    url, fresh = (server.url(server.create_database()) for _ in range(2))
    rows(url, SCHEMAS.format(**keys))
    ran(dbkit, "init", "--schema", "App.1", "--database", url)
    assert_clean(dbkit, url)
    rows(fresh, OTHERS.format(**keys))
    ran(dbkit, "migrate", "--database", fresh)
    ran(dbkit, "verify", "--strict", "--database", fresh)
    if server.binaries == DEBIAN_15:
        made, there = (dump(server, one, "-n", '"App.1"') for one in (fresh, url))
        assert made <= there
        assert len(there - made) < 20  # my_alembic_version and emails, with their comments
    absent = rows(fresh, "SELECT to_regclass('stray'), to_regtype('unused'), "
                         "to_regproc('unrelated'), to_regclass('others')")  # fmt: skip
    assert absent == [(None,) * 4]
    present = rows(fresh, "SELECT to_regtype('mood')::text, to_regproc('touch')::text, "
                          "to_regproc('auth.uid')::text")  # fmt: skip
    assert present == [("mood", "touch", "auth.uid")]


@pytest.mark.postgres
def test_a_key_to_a_type_of_others_is_lost_and_said(dbkit: Dbkit, server: Server) -> None:
    """A scratch database cannot have such a table, so the key is the only thing that is lost."""
    url, fresh = (server.url(server.create_database()) for _ in range(2))
    rows(url, SCHEMAS.format(more="", key=", l auth.level REFERENCES auth.users (l)"))
    result = ran(dbkit, "init", "--schema", "App.1", "--database", url, "-q")
    assert "Foreign key profile_l_fkey of table App.1.profile is left out" in result.output
    assert_clean(dbkit, url)
    rows(fresh, OTHERS.format(more=""))
    ran(dbkit, "migrate", "--database", fresh)
    ran(dbkit, "verify", "--strict", "--database", fresh)


@pytest.mark.postgres
def test_partitions_come_with_their_table(dbkit: Dbkit, server: Server) -> None:
    script = """
        CREATE TABLE event (id integer, at date) PARTITION BY RANGE (at);
        CREATE TABLE part PARTITION OF event FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
        CREATE TABLE above (id integer); CREATE TABLE below (more integer) INHERITS (above);
        CREATE TABLE other (id integer PRIMARY KEY)"""
    for options, tables in ((("--only", "event"), {"event", "part"}),
                            (("--skip", "event", "--skip", "above"), {"other"})):  # fmt: skip
        url, fresh = (server.url(server.create_database()) for _ in range(2))
        rows(url, script)
        name = f"models_{len(tables)}"
        where = ("--migrations", name)
        ran(dbkit, "init", *where, "--models", name, "--database", url, *options)
        ran(dbkit, "verify", "--strict", *where, "--database", url)
        ran(dbkit, "migrate", *where, "--database", fresh)
        assert definitions(fresh).keys() == tables
        Path("setup.cfg").unlink()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--only", "order*", "--skip", "nope_*"), "--skip nope_* matches no table."),
        (("--only", "Users"), "--only Users matches no table."),
        (("--only", "orders", "--skip", "orders"), "No table is left to adopt."),
        (("--only", "alembic_version"), "No table is left to adopt."),
    ],
)
@pytest.mark.sqlite
def test_a_choice_that_cannot_be_meant(
    dbkit: Dbkit, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    created(url, SHOP)
    result = dbkit("init", "--database", url, *options)
    assert (result.exit_code, message in result.output) == (2, True), result.output
    assert not [path for path in Path().iterdir() if path.suffix != ".db"]


@pytest.mark.sqlite
def test_sqlite_has_no_schemas(dbkit: Dbkit, tmp_path: Path) -> None:
    result = dbkit("init", "--schema", "x", "--database", f"sqlite:///{tmp_path / 'test.db'}")
    assert result.exit_code == 2
    assert "A SQLite database has no schemas to choose from." in result.output


@pytest.mark.postgres
def test_a_schema_that_does_not_exist(dbkit: Dbkit, server: Server) -> None:
    url = server.url(server.create_database())
    rows(url, "CREATE SCHEMA app; CREATE TABLE app.t (id serial PRIMARY KEY)")
    result = dbkit("init", "--schema", "apps", "--database", url)
    assert result.exit_code == 2
    assert "The database has no schema apps.\nIt has public, app." in result.output


@pytest.mark.sqlite
def test_a_model_that_exists_is_not_left_out(dbkit: Dbkit, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    created(url, USERS)
    ran(dbkit, "init", "--database", url)
    sys.modules.pop("models")
    created(url, "CREATE TABLE t (a INTEGER)")
    result = dbkit("init", "--database", url, "--skip", "users")
    assert result.exit_code == 2
    assert "--skip leaves out table users, but an existing model describes it." in result.output


@pytest.mark.sqlite
def test_objects_without_models_are_in_a_second_baseline_too(dbkit: Dbkit, tmp_path: Path) -> None:
    """`ignore` has the names of views because init wrote them there, not because they are
    others'."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    created(url, SHOP)
    ran(dbkit, "init", "--database", url)
    Path("migrations/001_baseline.py").write_text("broken")
    again = ("--models", "again", "--migrations", "again")
    ran(dbkit, "init", "--database", url, *again)
    assert "CREATE VIEW" in Path("again/001_baseline.py").read_text()
    assert "alembic" not in Path("again/001_baseline.py").read_text()
    ran(dbkit, "verify", "--strict", "--database", url, *again)


@pytest.mark.parametrize("schema", ["auth", 'A.u "t"%*[h]'])
@pytest.mark.postgres
def test_a_schema_of_which_only_a_table_is_needed(
    dbkit: Dbkit, server: Server, schema: str
) -> None:
    """The schema is not adopted, and the baseline does not drop it."""
    url = server.url(server.create_database())
    space = '"{}"'.format(schema.replace('"', '""').replace("%", "%%"))
    rows(url, f"CREATE SCHEMA {space}; CREATE TABLE {space}.users (id uuid PRIMARY KEY);"
              f"CREATE TABLE t (id serial PRIMARY KEY, u uuid REFERENCES {space}.users);"
              "CREATE VIEW v AS SELECT id FROM t")  # fmt: skip
    result = ran(dbkit, "init", "--database", url, "--schema", "public")
    assert "001_baseline creates it" in result.output  # the view
    assert "SCHEMA" not in Path("migrations/001_baseline.py").read_text()
    assert_clean(dbkit, url)


@pytest.mark.postgres
def test_row_level_security_does_not_hide_a_table(dbkit: Dbkit, server: Server) -> None:
    """Only the options of the table are under `ignore`: `create` migrates its columns."""
    url = server.url(server.create_database())
    rows(url, "CREATE TABLE t (id serial PRIMARY KEY); ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    ran(dbkit, "init", "--database", url)
    assert load().ignore == ("t.table options",)
    path = Path("models.py")
    path.write_text(path.read_text().replace("class T(BaseModel):", "class T(BaseModel):\n"
                                             "    note = pw.TextField(null=True)\n"))  # fmt: skip
    sys.modules.pop("models")
    assert dbkit("create", "--check", "--database", url).exit_code == 1
    rows(url, "ALTER TABLE t DISABLE ROW LEVEL SECURITY; ALTER TABLE t ADD note text")
    ran(dbkit, "verify", "--strict", "--database", url)


@pytest.mark.sqlite
def test_notes_come_in_groups(dbkit: Dbkit, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    created(url, "CREATE TABLE t (a INTEGER);\n" + ";\n".join(
        [f"CREATE VIEW v{n} AS SELECT a FROM t" for n in range(4)]
        + ["CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM t; END",
           "CREATE TABLE alembic_version (version_num VARCHAR(32))",
           "CREATE TABLE x_alembic_version (version_num VARCHAR(32))",
           "CREATE TABLE b_alembic_version (version_num VARCHAR(31))"]))  # fmt: skip
    result = ran(dbkit, "init", "--database", url, "-v")
    lines = [line for line in result.stdout.splitlines() if not line.startswith("init: ")]
    assert lines[0] == (
        "  note: 4 views and 1 trigger cannot be described by models; 001_baseline creates them, "
        "and they are under `ignore`: v0, v1, v2, and 2 more"
    )
    assert lines[1] == "    View v0 is left out: Peewee would create a table for its model."
    assert (
        "  note: 2 tables belong to other tools: they get no models, and dbkit leaves them alone; "
        "they are under `ignore`: alembic_version (alembic), x_alembic_version (alembic)"
    ) in lines
    other = ("--models", "others", "--migrations", "others", "--format", "json")
    document = json.loads(ran(dbkit, "init", "--database", url, *other).stdout)
    first, second = document["notes"]
    assert [one["name"] for one in first["objects"]] == ["v0", "v1", "v2", "v3", "t.tr"]
    assert {one["kind"] for one in first["objects"]} == {"view", "trigger"}
    assert (first["baseline"], first["ignored"]) == ("001_baseline", True)
    assert (second["baseline"], document["warnings"]) == (None, [])
