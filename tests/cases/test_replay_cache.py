"""Replays that are kept in the user's cache directory: they give what running the files gives."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import migrate, verify
from dbkit.migration import create, replay_cache
from dbkit.migration.replay import replaying
from tests.conftest import no_15, opened, server_of
from tests.laws.dumps import dumped

FILES = {
    "001_tables": """
    @migrator.create_model
    class Author(pw.Model):
        name = pw.CharField(unique=True, constraints=[pw.Check("name <> '100%%'")])
        mood = EnumField(("glad", "sad"), "mood", null=True)
    @migrator.create_model
    class Book(pw.Model):
        author = pw.ForeignKeyField(Author, on_delete="CASCADE")
        title = pw.TextField()
""",
    "002_rows": """
    migrator.sql("INSERT INTO author (name) VALUES ('50%% \\u00e9'), ('a;b') -- two")
    if not fake:
        database.execute_sql("INSERT INTO book (author_id, title) SELECT id, name FROM author")
""",
    "003_labels": """
    migrator.change_enum("mood", ("glad", "bored", "sad"))
""",
    "004_alone": """
    migrator.add_fields("book", pages=pw.IntegerField(default=3))
    migrator.add_index("book", "pages", concurrently=True)
    migrator.sql("VACUUM")
    migrator.sql("UPDATE author SET mood = 'bored'")
""",
    "005_more": """
    migrator.sql("CREATE VIEW titles AS SELECT title FROM book")
    migrator.sql("ALTER TABLE author ADD COLUMN by_sql integer DEFAULT 7")
    migrator.change_fields("author", name=pw.CharField(max_length=99, unique=True))
""",
}
TEXT = """
import peewee as pw
from dbkit.fields import EnumField
{}
def migrate(migrator, database, *, fake=False):{}
"""


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DBKIT_CACHE", "on")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(replay_cache, "MIN_SECONDS", 0)
    return tmp_path / "home" / "dbkit"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "m"
    directory.mkdir()
    for name, body in FILES.items():
        write(directory, name, body)
    return directory


def write(directory: Path, name: str, body: str, head: str = "") -> None:
    head += "ATOMIC = False" * ("concurrently" in body)
    (directory / f"{name}.py").write_text(TEXT.format(head, body))


Replay = Callable[..., tuple[list[str], Any]]


@pytest.fixture
def replay(caplog: pytest.LogCaptureFixture, directory: Path) -> Replay:
    """Replay the files; give the numbers of those that ran, and the database for other judges."""
    caplog.set_level("INFO", "peewee_migrate.logs")

    def replay(database: pw.Database) -> tuple[list[str], Any]:
        caplog.clear()
        with replaying(database, directory, prepare=lambda router: router.todo) as router:
            ran = [record.args[1] for record in caplog.records if record.args
                   and record.args[0] == "Migrating"]  # fmt: skip
            done = [*router.recorder.read().items()]
            assert [name for name, _ in done] == router.todo
            sums = [record and record.checksum for _, record in done]
            return [name[:3] for name in ran], (sums, state(router.database))

    return replay


def state(database: pw.Database) -> Any:
    found = [database.execute_sql(f"SELECT * FROM {table} ORDER BY id").fetchall()
             for table in ("author", "book") if database.table_exists(table)]  # fmt: skip
    return dumped(database, ()), found


ALL = [name[:3] for name in FILES]


def test_a_replay_from_the_cache_is_the_same(url: str, replay: Replay, home: Path) -> None:
    with opened(url) as database:
        assert replay(database)[0] == ALL
        ran, from_cache = replay(database)
        assert ran == []
        os.environ["DBKIT_CACHE"] = "off"
        ran, without = replay(database)
        assert ran == ALL
        assert from_cache == without
        assert len(without[1][1][1]) == 2
        assert home.stat().st_mode & 0o777 == 0o700


def test_verify_and_create_answer_the_same(url: str, directory: Path, home: Path) -> None:
    class Author(pw.Model):
        name = pw.CharField(max_length=99, unique=True)
        age = pw.IntegerField(null=True)

    with opened(url) as database:
        migrate(database, directory)
        database.execute_sql("DROP VIEW titles")

        def answers() -> Iterator[str]:
            yield str(verify(database, [Author], directory))
            created = create(database, [Author], directory, no_rename=True, write=False)
            assert created
            yield created.text

        first, (kept,) = [*answers()], home.iterdir()
        when = kept.stat().st_mtime_ns
        assert [*answers()] == first
        assert kept.stat().st_mtime_ns > when
        (text,) = [text for text in first if "cause: " in text]
        assert "determined" not in text
        assert not [one for one in home.iterdir() if one != kept]


@pytest.fixture
def short(directory: Path) -> Path:
    """The directory with two files."""
    for name in [*FILES][2:]:
        (directory / f"{name}.py").unlink()
    return directory


def test_the_longest_replay_in_the_cache_is_used(
    replay: Replay, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = pw.SqliteDatabase(":memory:")
    assert replay(database)[0] == ["001", "002"]
    for head, kept in (("", True), ("import os\n", False)):
        write(short, "003_other", FILES["005_more"], head)
        assert replay(database)[0] == ["003"]
        assert replay(database)[0] == ["003"] * (not kept)
    write(short, "001_tables", f"{FILES['001_tables']}#")
    assert replay(database)[0] == ["001", "002", "003"]
    assert replay(database)[0] == ["003"]
    monkeypatch.setattr(replay_cache, "_code", lambda: "another version of dbkit")
    assert replay(database)[0] == ["001", "002", "003"]


@no_15
@pytest.mark.postgres
def test_another_server_runs_the_files(replay: Replay, short: Path) -> None:
    every = ["001", "002"]
    versions = ("postgres18", "postgres15")
    for expected in (every, []):
        for version in versions:
            with opened(server_of(version).url()) as database:
                assert replay(database)[0] == expected
    assert replay(pw.SqliteDatabase(":memory:"))[0] == every
    with opened(server_of("postgres18").url()) as database:
        database.execute_sql("SET TimeZone TO 'Asia/Tokyo'")
        assert replay(database)[0] == every


def test_a_damaged_or_unusable_cache_is_no_error(
    replay: Replay, short: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, every = pw.SqliteDatabase(":memory:"), ["001", "002"]
    assert replay(database)[0] == every
    (kept,) = home.iterdir()
    content = kept.read_bytes()
    for damaged in (content[:-9], b"", b"\xff\n[]", content.replace(b"50%", b"60%")):
        kept.write_bytes(damaged)
        assert replay(database)[0] == every
    assert replay(database)[0] == []
    home.chmod(0o777)  # somebody else could have written the statements
    assert replay(database)[0] == every
    for place in (str(kept), "/proc/none"):  # a file, and a directory in which nobody can write
        monkeypatch.setenv("XDG_CACHE_HOME", place)
        assert replay(database)[0] == every


def test_statements_that_fail_are_not_kept(replay: Replay, short: Path, home: Path) -> None:
    """The function exists only on the connection on which the file ran."""
    write(
        short,
        "003_function",
        """
    database.register_function(lambda: "five", "five")
    migrator.sql("UPDATE book SET title = five()")
""",
    )
    database = pw.SqliteDatabase(":memory:")
    first, second = (replay(database) for _ in range(2))
    assert first == second
    assert first[0] == ["001", "002", "003"]
    assert not [*home.iterdir()]


def test_a_history_that_needs_stand_ins_is_not_kept(
    replay: Replay, short: Path, home: Path
) -> None:
    write(
        short,
        "003_key",
        """
    class Planet(pw.Model):
        pass
    migrator.add_fields("book", planet=pw.ForeignKeyField(Planet, null=True))
""",
    )
    database = pw.SqliteDatabase(":memory:")
    states = [replay(database) for _ in range(2)]
    assert states[0] == states[1]
    assert states[0][0] == ["001", "002", "003"]


def test_only_the_last_replays_are_kept(
    replay: Replay, short: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_cache, "MAX_REPLAYS", 2)
    database = pw.SqliteDatabase(":memory:")
    for number in range(3):
        write(short, "001_tables", f"{FILES['001_tables']}#{number}")
        replay(database)
    assert len([*home.iterdir()]) == 2
    assert replay(database)[0] == []


@pytest.mark.parametrize(
    ("text", "is_pure"),
    [
        ("import peewee as pw\nfrom playhouse import postgres_ext as pg, sqlite_ext", True),
        ("from dbkit.fields import EnumField\nfrom dbkit.migration import Migrator", True),
        ("import datetime as dt\npw.DateTimeField(default=dt.datetime.now)", True),
        ("import datetime as dt\nname = f'log_{dt.date.today()}'", False),
        ("from dbkit.config import load", False),
        ("from dbkit import connect", False),
        ("from __future__ import annotations\nimport playhouse.postgres_ext as pg", True),
        ("from playhouse.db_url import parse", False),
        ("from playhouse import postgres_ext, db_url", False),
        ("def migrate(migrator: Migrator, database: pw.Database): pass", True),
        ("other = pw.SqliteDatabase('other.db')", False),
        ("from peewee import SqliteDatabase as S", False),
        ("from peewee import *", True),
        ("from uuid import uuid4\npw.UUIDField(default=uuid4)", True),
        ("from uuid import uuid4 as u\nname = u()", False),
        ("name = str(hash('a'))", False),
        ("def migrate(migrator, database):\n    from app.models import User", False),
        ("from . import shared", False),
        ("import os.path", False),
        ("pw.os.environ['HOME']", False),
        ("open('names.sql')", False),
        ("__import__('os')", False),
        ("database.connection().create_function('f', 0, f)", False),
        ("def (", False),
    ],
)
def test_which_files_depend_only_on_their_text(text: str, is_pure: bool) -> None:
    assert replay_cache.is_pure(text) == is_pure
