"""Whatever a name in the database holds, what init writes says just that name."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import psycopg2
import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from dbkit.config import load
from dbkit.project import quoted_pattern
from dbkit.schema.sql import quoted
from tests.conftest import opened, server_of

HOSTILE = (
    "x\nseeds = /etc", "a b", "[x]", "semi;colon", "#hash", "; comment", "100%", "%(models)s", "*",
    "what?", "a,b", " before", "after ", 'double"quote', "single'quote", "back\\slash", "\\N", "{}",
    "{head}", "dot.dot", "ünïcode", "日本", "\t", "a\rb", "\u2028", "# imports", '"""', "'''",
    "class", "None", "1st", "!!!", "list", "a=b", "x: y", "[dbkit]", "__init__", "$1", "\x01",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_modules_left() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("adopted"):
            del sys.modules[name]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_an_entry_of_ignore_says_just_its_name(names: list[str]) -> None:
    entries = "".join(f"    {quoted_pattern(name)}\n" for name in (*HOSTILE, *names))
    Path("setup.cfg").write_text(f"[dbkit]\nignore =\n{entries}", encoding="utf-8")
    parser = configparser.ConfigParser(interpolation=None)
    parser.read("setup.cfg", encoding="utf-8")
    assert list(parser["dbkit"]) == ["ignore"]
    found = load().ignore
    assert len(found) == len(HOSTILE) + len(names)
    for name, pattern in zip((*HOSTILE, *names), found, strict=True):
        assert fnmatchcase(name, pattern)
        assert not fnmatchcase(f"{name}x", pattern)


def test_plain_entries_stay_readable() -> None:
    assert [quoted_pattern(name) for name in ("users.audit", "größe.x_1", "a b")] == [
        "users.audit", "größe.x_1", '"a b"',
    ]  # fmt: skip


def test_an_entry_that_does_not_end_is_refused(dbkit: Callable[..., Result]) -> None:
    Path("setup.cfg").write_text('[dbkit]\nignore = "users\\"\n', encoding="utf-8")
    result = dbkit("check")
    assert result.exit_code == 2, result.output
    assert "an entry without a closing quote" in result.output


@pytest.mark.postgres
def test_names_of_triggers(dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    server = server_of("postgres18")
    url = server.url(server.create_database())
    monkeypatch.setenv("DATABASE_URL", url)
    triggers = "".join(
        f"CREATE TRIGGER {quoted(name)} BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
        for name in HOSTILE
    )
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE t (id serial PRIMARY KEY, v int); CREATE FUNCTION f() RETURNS trigger "
            f"LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; {triggers}"
        )
    connection.close()
    assert_adopted(dbkit, url, server.url(server.create_database()))


def assert_adopted(dbkit: Callable[..., Result], url: str, fresh: str) -> None:
    """init works, verify is clean, and the baseline makes the same in another database."""
    module = f"adopted_{abs(hash(url))}"
    for arguments in (("init", "--models", module), ("verify",)):
        result = dbkit(*arguments, "--database", url)
        assert result.exit_code == 0, result.output
    settings = load()
    assert (settings.models, str(settings.seeds)) == (module, "seeds")
    for arguments in (("migrate", "--database", fresh), ("diff", url, fresh)):
        result = dbkit(*arguments)
        assert result.exit_code == 0, result.output


@pytest.mark.sqlite
@pytest.mark.parametrize("other", ["old_migratehistory", "x.migratehistory", "Migratehistory2"])
def test_only_the_history_table_is_left_out(
    dbkit: Callable[..., Result], tmp_path: Path, other: str
) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    with opened(url) as database:
        database.execute_sql(f"CREATE TABLE {quoted(other)} (id INTEGER NOT NULL PRIMARY KEY)")
        database.execute_sql("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY)")
    assert_adopted(dbkit, url, f"sqlite:///{tmp_path / 'fresh.db'}")
    with opened(f"sqlite:///{tmp_path / 'fresh.db'}") as database:
        assert other in database.get_tables()


@pytest.mark.sqlite
def test_ignore_goes_into_a_section_that_exists(
    dbkit: Callable[..., Result], tmp_path: Path
) -> None:
    Path("setup.cfg").write_text("[metadata]\nname = x\n[dbkit]\nseeds = s\n\n[x]\ny = 1\n")
    url = f"sqlite:///{tmp_path / 'test.db'}"
    with opened(url) as database:
        database.execute_sql("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY)")
        database.execute_sql('CREATE TRIGGER "a b" AFTER INSERT ON t BEGIN SELECT 1; END')
    assert dbkit("init", "--models", "adopted_section", "--database", url).exit_code == 0
    result = dbkit("verify", "--models", "adopted_section", "--database", url)
    assert result.exit_code == 0, result.output
    parser = configparser.ConfigParser()
    parser.read("setup.cfg")
    assert {name: dict(parser[name]) for name in parser.sections()} == {
        "metadata": {"name": "x"}, "dbkit": {"ignore": '\n"t.a b"', "seeds": "s"}, "x": {"y": "1"},
    }  # fmt: skip
