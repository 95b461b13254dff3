"""`dbkit diff A B`: any two of models, migrations, live, or databases by URL; and the formats."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from dbkit import migrate, verify
from dbkit.models import MODELS
from tests.conftest import MIGRATIONS, POSTGRES, opened, server_of

Run = Callable[..., Result]
PROJECT = ("--models", "dbkit.models", "--migrations", str(MIGRATIONS))


def migrated(url: str, name: str | None = None) -> str:
    with opened(url) as database:
        migrate(database, MIGRATIONS, name)
    return url


@pytest.mark.parametrize("pair", ["models migrations", "migrations live", "live models"])
def test_all_three_agree_both_ways(url: str, dbkit: Run, pair: str) -> None:
    migrated(url)
    first, second = pair.split()
    for sides in ((first, second), (second, first)):
        result = dbkit("diff", *sides, "--database", url, *PROJECT)
        assert (result.exit_code, result.stdout) == (0, "16 tables compared: no difference\n")


def test_what_differs_is_said_from_both_sides(url: str, dbkit: Run) -> None:
    migrated(url)
    with opened(url) as database:
        database.execute_sql("ALTER TABLE users ADD COLUMN nickname text")
    there = dbkit("diff", "live", "migrations", "--database", url, *PROJECT)
    back = dbkit("diff", "migrations", "live", "--database", url, *PROJECT)
    models = dbkit("diff", "live", "models", "--database", url, *PROJECT)
    assert {there.exit_code, back.exit_code, models.exit_code} == {1}
    assert f"column nickname is in {url} but not in migrations" in there.stdout
    assert "column nickname is missing from migrations" in back.stdout
    assert f"column nickname is in {url} but not in models" in models.stdout


def test_two_databases_by_url(url: str, dbkit: Run, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    if not url.startswith("sqlite"):
        server = next(
            server_of(p.values[0])
            for p in POSTGRES
            if url.startswith(server_of(p.values[0]).url(""))
        )
        other = server.url(server.create_database())
    with opened(url) as one, opened(other) as two:
        for database in (one, two):
            database.execute_sql("CREATE TABLE t (a integer)")
        assert dbkit("diff", url, other).exit_code == 0
        two.execute_sql("CREATE VIEW v AS SELECT a FROM t")
        one.execute_sql("ALTER TABLE t ADD COLUMN b integer")
    result = dbkit("diff", url, other)
    assert result.exit_code == 1
    assert f"view v is missing from {url}" in result.stdout
    assert f"column b is in {url} but not in {other}" in result.stdout


@pytest.mark.parametrize("server", POSTGRES, indirect=True)
def test_databases_of_two_kinds_are_not_compared(server: object, dbkit: Run) -> None:
    url = server.url(server.create_database())  # type: ignore[attr-defined]
    sqlite3.connect("some.db").execute("CREATE TABLE t (a)")
    result = dbkit("diff", "sqlite:///some.db", url)
    assert result.exit_code == 2
    assert "cannot be compared" in result.stderr


def test_a_password_is_not_shown(dbkit: Run) -> None:
    result = dbkit("diff", "postgresql://u:s3cret@localhost:1/a", "models")
    assert result.exit_code == 2
    assert "s3cret" not in result.output


def test_a_source_that_is_none_is_said(dbkit: Run) -> None:
    result = dbkit("diff", "modles", "live")
    assert result.exit_code == 2
    assert "modles does not name a schema" in result.stderr


def test_reading_a_url_creates_nothing(dbkit: Run) -> None:
    assert dbkit("diff", "sqlite:///none.db", "sqlite:///neither.db").exit_code == 2
    assert list(Path().iterdir()) == []


def test_json_names_both_sides(url: str, dbkit: Run) -> None:
    migrated(url, "002_marketing")
    result = dbkit("diff", "live", "migrations", "--database", url, *PROJECT, "--format", "json")
    found = json.loads(result.stdout)
    assert (found["current"], found["desired"], found["clean"]) == (url, "migrations", False)
    missing = [c for c in found["changes"] if c["kind"] == "table"]
    assert {c["change"] for c in missing} == {"missing"}
    assert [c["name"] for c in missing] == ["plans", "subscriptions", "tenant_config", "tenants"]
    assert missing[0]["migrations"]["name"] == "plans"
    assert missing[0][url] is None


def test_github_annotations(url: str, dbkit: Run) -> None:
    migrated(url)
    with opened(url) as database:
        database.execute_sql("DROP INDEX users_email")
        database.execute_sql(
            'ALTER TABLE users ADD COLUMN "a,b: 100%" text'.replace(
                "%", "%" if url.startswith("sqlite") else "%%"
            )
        )
    result = dbkit("verify", "--database", url, *PROJECT, "--format", "github")
    assert result.exit_code == 1
    assert sorted(result.stdout.splitlines()) == [
        "::error title=users%3A column a%2Cb%3A 100%25::+ column a,b: 100%25 is in the database"
        " but not in the models%0Adatabase: text%0Acause: the database was changed by hand",
        "::error title=users%3A unique index users_email (email)::- unique index users_email"
        " (email) is missing from the database%0Acause: the database was changed by hand",
    ]
    with opened(url) as database:
        database.execute_sql("DROP TABLE users" + " CASCADE" * (not url.startswith("sqlite")))


def test_sql_brings_the_database_to_the_models(url: str, dbkit: Run) -> None:
    migrated(url)
    with opened(url) as database:
        database.execute_sql("DROP INDEX users_email")
        database.execute_sql("ALTER TABLE users ADD COLUMN nickname text")
        database.execute_sql("ALTER TABLE users DROP COLUMN api_quota_daily")
    result = dbkit("verify", "--database", url, *PROJECT, "--format", "sql")
    assert result.exit_code == 1
    assert "-- not run, it would lose data" in result.stdout
    script = "\n".join(line for line in result.stdout.splitlines() if not line.startswith("--"))
    with opened(url) as database:
        if url.startswith("sqlite"):
            database.connection().executescript(script)
        else:
            database.execute_sql(script.replace("%", "%%"))
        assert [change.item.name for change in verify(database, MODELS).changes] == ["nickname"]


def test_a_clean_database_needs_no_sql(url: str, dbkit: Run) -> None:
    migrated(url)
    for format_ in ("sql", "github"):
        result = dbkit("verify", "--database", url, *PROJECT, "--format", format_)
        assert (result.exit_code, result.stdout) == (0, "")


def test_ignored_is_said_and_no_difference(url: str, dbkit: Run) -> None:
    migrated(url)
    Path("setup.cfg").write_text("[dbkit]\nignore = legacy_* users.nick*\n")
    with opened(url) as database:
        database.execute_sql("CREATE TABLE legacy_stuff (a integer)")
        database.execute_sql("ALTER TABLE users ADD COLUMN nickname text")
    result = dbkit("verify", "--database", url, *PROJECT)
    assert result.exit_code == 0
    assert result.stdout == (
        "ignored: users.nickname, legacy_stuff\n"
        "16 tables compared: the database matches the models\n"
    )
    assert dbkit("verify", "--database", url, *PROJECT, "--strict").exit_code == 0


def test_strict_makes_strangers_a_difference(url: str, dbkit: Run) -> None:
    migrated(url)
    with opened(url) as database:
        database.execute_sql("CREATE TABLE stray (a integer)")
    assert dbkit("verify", "--database", url, *PROJECT).exit_code == 0
    result = dbkit("verify", "--database", url, *PROJECT, "--strict")
    assert result.exit_code == 1
    assert "table stray is in the database but not in the models" in result.stdout


def test_colours_are_for_a_terminal(url: str, dbkit: Run) -> None:
    assert "\x1b[" in dbkit("verify", "--database", migrated(url), *PROJECT, color=True).stdout
    assert "\x1b[" not in dbkit("verify", "--database", url, *PROJECT).stdout
    with opened(url) as database:
        assert "\x1b[" not in str(verify(database, MODELS))


def test_no_ignore_compares_what_init_put_under_ignore(dbkit: Callable[..., Result]) -> None:
    with sqlite3.connect("a.db") as connection:
        connection.execute("CREATE TABLE t (id integer PRIMARY KEY, a text)")
        connection.execute("CREATE TRIGGER hears AFTER INSERT ON t BEGIN SELECT 1; END")
    with sqlite3.connect("b.db") as connection:
        connection.execute("CREATE TABLE t (id integer PRIMARY KEY, a text)")
    Path("setup.cfg").write_text("[dbkit]\nignore = t.hears\n")
    sides = ("sqlite:///a.db", "sqlite:///b.db")
    assert dbkit("diff", *sides).exit_code == 0
    result = dbkit("diff", "--no-ignore", *sides)
    assert result.exit_code == 1
    assert "trigger hears" in result.output
