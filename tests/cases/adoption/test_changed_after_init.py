"""After init, models say `unique=True` and `index=True` where the database has constraints, and
names of its own. The baseline creates exactly these again, and later changes find them."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest
from click.testing import Result

from tests.cases.adoption.test_whole_database import rows
from tests.conftest import server_of

TABLES = """
CREATE TABLE teams (id INTEGER NOT NULL CONSTRAINT teams_pk PRIMARY KEY,
    name VARCHAR(20) NOT NULL UNIQUE, code VARCHAR(20) NOT NULL CONSTRAINT uq_teams_code UNIQUE);
CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY, email VARCHAR(20) NOT NULL,
    team_code VARCHAR(20) NOT NULL REFERENCES teams (code), nick VARCHAR(20), badge INTEGER,
    passport_id INTEGER NOT NULL UNIQUE REFERENCES teams (id),
    CONSTRAINT one_nick UNIQUE (team_code, nick), UNIQUE (badge));
CREATE UNIQUE INDEX ix_people_email ON people (email);
CREATE INDEX ix_people_nick ON people (nick);
CREATE TABLE people_nick (a INTEGER);
"""
CONSTRAINTS = """
SELECT conrelid::regclass, conname, contype, pg_get_constraintdef(oid), NULL FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    AND conrelid::regclass::text NOT LIKE '%%migratehistory%%'
UNION ALL SELECT indrelid::regclass, indexrelid::regclass::text, 'i', pg_get_indexdef(indexrelid),
    indisunique::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = 'public'::regnamespace
    AND indrelid::regclass::text NOT LIKE '%%migratehistory%%' ORDER BY 1, 2, 3
"""
INDEXES = """
SELECT t.name, CASE WHEN i.origin = 'c' THEN i.name END AS own, i."unique", i.origin,
    (SELECT group_concat(name) FROM pragma_index_info(i.name))
    FROM sqlite_master t, pragma_index_list(t.name) i WHERE t.type = 'table'
    AND t.name NOT LIKE '%migratehistory%' ORDER BY 1, 2, 5
"""
CHANGES = [
    ("name = pw.CharField(max_length=20, unique=True)", "name = pw.TextField(unique=True)"),
    ("code = pw.CharField(max_length=20, unique=True)",
     "code = pw.CharField(max_length=30, unique=True)"),
    ("email = pw.CharField(max_length=20, unique=True)",
     "email = pw.CharField(max_length=20, null=True, unique=True)"),
    ("badge = pw.IntegerField(null=True, unique=True)", "badge = pw.IntegerField(null=True)"),
    ('indexes = [(("team", "nick"), True)]', 'indexes = [(("team", "nick"), False)]'),
    ("nick = pw.CharField(max_length=20, null=True)",
     "nick = pw.CharField(max_length=25, null=True)"),
]  # fmt: skip
# unique=True comes and goes in the model of a column whose database has a constraint
BACK = [
    ("badge = pw.IntegerField(null=True)", "badge = pw.BigIntegerField(null=True, unique=True)")
]


def found(url: str) -> list[tuple[object, ...]]:
    """The indexes and constraints, as the server says."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            return connection.execute(INDEXES).fetchall()
    connection = psycopg2.connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(CONSTRAINTS.replace("%%", "%"))
        return cursor.fetchall()
    finally:
        connection.close()


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.sqlite),
                        pytest.param("postgres18", marks=pytest.mark.postgres)])  # fmt: skip
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """Two empty databases."""
    if request.param == "sqlite":
        return [f"sqlite:///{tmp_path / name}.db" for name in ("old", "new")]
    server = server_of(request.param)
    return [server.url(server.create_database()) for _ in range(2)]


def test_what_init_leaves_to_the_baseline(
    dbkit: Callable[..., Result], urls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(".")
    old, new = urls
    if old.startswith("sqlite"):
        sqlite3.connect(old.removeprefix("sqlite:///")).executescript(TABLES)
    else:
        rows(old, TABLES)
    before = found(old)

    def run(*arguments: str, database: str = old) -> None:
        sys.modules.pop("models_after_init", None)
        result = dbkit(*arguments, "--database", database)
        assert result.exit_code == 0, result.output

    run("init", "--models", "models_after_init")
    path = Path("models_after_init.py")
    assert "UNIQUE" not in path.read_text(), path.read_text()
    run("verify")
    run("create", "--check")
    run("migrate", database=new)
    run("verify", database=new)
    assert found(new) == before == found(old)
    run("rollback", database=new)
    run("migrate", database=new)
    states = [before]
    for step, changes in enumerate((CHANGES, BACK)):
        text = path.read_text()
        for was, now in changes:
            assert was in text, (was, text)
            text = text.replace(was, now)
        path.write_text(text)
        run("create", f"step_{step}", "--no-rename")
        for url in urls:
            run("migrate", database=url)
            run("verify", database=url)
        run("create", "--check")
        assert found(old) == found(new)
        states.append(found(old))
    for state in reversed(states[:-1]):
        for url in urls:
            run("rollback", database=url)
            assert found(url) == state
