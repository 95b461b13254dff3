"""Files with ATOMIC = False: interrupted anywhere, they are completed by the next run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import Result

from dbkit import migrate, rollback, status, verify
from dbkit.errors import MigrationError
from dbkit.fields import EnumField
from dbkit.limits import Limits
from dbkit.migration import Router, create, reset
from dbkit.migration.data_loss import WouldLoseData
from dbkit.schema.dialect import dialect_for
from tests.conftest import opened

from .test_migration import MODEL, write

FILE = """
import peewee as pw
from tests.cases.test_atomic import stopping
ATOMIC = False
def migrate(migrator, database, *, fake=False):
    stop = stopping(fake)
    migrator.add_fields("a", n=pw.IntegerField(default=1), m=pw.IntegerField(null=True))
    stop(1)
    migrator.add_index("a", "label", "n", name="by n", concurrently=True)
    stop(2)
    database.execute_sql("INSERT INTO a (label, n) VALUES ('own', 2)")
    stop(2)
    migrator.sql("VACUUM")
    stop(3)
    labels = [label for (label,) in database.execute_sql("SELECT label FROM a")]
    with database.atomic():
        migrator.fill("a", m=len(labels))
        migrator.sql("UPDATE a SET n = n + 1")
        stop(3)
    stop(5)
    database.execute_sql("VACUUM")
    stop(6)
    migrator.run(lambda: database.execute_sql("UPDATE a SET n = n + 1"))
    stop(7)
    migrator.drop_index("a", "m") if False else None
def rollback(migrator, database, *, fake=False):
    stop = stopping(fake)
    migrator.sql("DELETE FROM a WHERE label = 'own'")
    stop(1)
    migrator.drop_index("a", name="by n", concurrently=True)
    stop(2)
    migrator.remove_fields("a", "n", "m")
    stop(3)
"""
STOPS: list[int] = []  # how many of the calls of stop() are still passed, and what it gets


class Stop(Exception):
    pass


def stopping(fake: bool) -> Callable[[int], None]:
    """A function for files, which fails at one of its calls."""

    def stop(done: int) -> None:
        if STOPS and not fake:
            STOPS[0] -= 1
            if STOPS[0] < 0:
                STOPS[:] = [done]
                raise Stop

    return stop


@pytest.fixture
def half(database: pw.Database, tmp_path: Path) -> Iterator[pw.Database]:
    """A database with the table `a` and a row; migration 002 is pending."""
    write(tmp_path / "migrations", m001_a=MODEL.format(name="a"))
    migrate(database)
    database.execute_sql("INSERT INTO a (label) VALUES ('first')")
    write(tmp_path / "migrations", m002_b=FILE)
    yield database
    STOPS.clear()


def rows(database: pw.Database, columns: str = "label, n, m") -> list[Any]:
    return list(database.execute_sql(f"SELECT {columns} FROM a ORDER BY label").fetchall())


def indexes(database: pw.Database) -> dict[str, bool]:
    """The indexes of the table without its key, and whether they are valid."""
    if isinstance(database, pw.SqliteDatabase):
        return {one.name: True for one in database.get_indexes("a")}
    sql = """SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid
             WHERE indrelid = 'a'::regclass AND NOT indisprimary AND relname <> 'a_label'"""
    return dict(database.execute_sql(sql).fetchall())


UP = [("first", 3, 2), ("own", 4, 2)]


def interrupted(run: Callable[[], Any], number: int) -> int | None:
    """Interrupt a run at a stop; return how many operations are then done, or None at the end."""
    STOPS[:] = [number]
    try:
        run()
    except MigrationError as error:
        if not isinstance(error.__cause__, Stop):
            raise
        return STOPS.pop()
    STOPS.clear()
    return None


def test_a_file_continues_after_each_operation(half: pw.Database) -> None:
    for number in range(20):
        done = interrupted(lambda: migrate(half), number)
        if done is None:
            break
        (progress,) = status(half).half_done
        assert (progress.done, progress.downgrade) == (done, False)
        assert migrate(half) == ["002_b"]
        assert rows(half) == UP
        assert indexes(half) == {"by n": True}
        assert status(half).half_done == ()
        back = interrupted(lambda: rollback(half), number)
        if back is not None:
            (progress,) = status(half).half_done
            assert (progress.done, progress.downgrade) == (back, True)
            assert rollback(half) == ["002_b"]
        assert rows(half, "label") == [("first",)]
        assert indexes(half) == {}
    assert number == 8


def test_the_other_direction_completes_the_file_first(half: pw.Database) -> None:
    assert interrupted(lambda: migrate(half), 1) == 2
    assert rollback(half) == ["002_b"]
    assert rows(half, "label") == [("first",)]
    migrate(half)
    assert interrupted(lambda: rollback(half), 1) == 2
    assert migrate(half) == ["002_b"]
    assert rows(half) == UP
    assert interrupted(lambda: rollback(half), 0) == 1
    assert reset(half) == ["001_a", "002_b"]
    assert [row[0] for row in rows(half)] == ["own"]


def test_a_statement_is_not_sent_again_if_the_operation_after_it_was_interrupted(
    half: pw.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was committed before VACUUM ran without a transaction."""
    dialect = type(dialect_for(half))
    run_alone = dialect.run_alone

    def stopped(self: Any, database: Any, sql: str, *arguments: Any) -> Any:
        if sql == "VACUUM":
            raise Stop
        return run_alone(self, database, sql, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(dialect, "run_alone", stopped)
        with pytest.raises(MigrationError):
            migrate(half)
    assert migrate(half) == ["002_b"]
    assert rows(half) == UP


def test_another_run_completes_the_file_during_a_statement_without_a_transaction(
    half: pw.Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite, only a transaction can hold the lock."""
    if not url.startswith("sqlite"):
        pytest.skip("the lock is held")
    dialect = type(dialect_for(half))
    run_alone = dialect.run_alone

    def later(self: Any, *arguments: Any) -> Any:
        monkeypatch.setattr(dialect, "run_alone", run_alone)
        with opened(url) as other:
            assert migrate(other) == ["002_b"]
        return run_alone(self, *arguments)

    monkeypatch.setattr(dialect, "run_alone", later)
    assert migrate(half) == []
    assert (rows(half), status(half).half_done) == (UP, ())


def test_another_run_rolls_the_table_back_before_the_first_operation(
    half: pw.Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is free between the decision and the first operation."""
    execute = Router._execute_non_atomic

    def later(self: Router, *arguments: Any) -> bool:
        monkeypatch.setattr(Router, "_execute_non_atomic", execute)
        with opened(url) as other:
            rollback(other)
        return execute(self, *arguments)

    monkeypatch.setattr(Router, "_execute_non_atomic", later)
    assert migrate(half) == ["001_a", "002_b"]
    assert [row[0] for row in rows(half)] == ["own"]


def test_status_says_how_to_continue(
    half: pw.Database, url: str, dbkit: Callable[..., Result]
) -> None:
    interrupted(lambda: migrate(half), 1)
    result = dbkit("status", "--database", url)
    assert result.exit_code == 1
    assert "[~] 002_b (2 of 6 operations done)" in result.output
    assert "continues it after operation 2: 002_b" in result.output
    assert migrate(half, fake=True) == ["002_b"]
    assert status(half).half_done == ()
    interrupted(lambda: rollback(half), 0)
    result = dbkit("status", "--database", url)
    assert result.exit_code == 1
    assert "[~] 002_b (rollback: 1 of 3 operations done)" in result.output


def test_verify_and_create_with_a_half_done_file(half: pw.Database) -> None:
    interrupted(lambda: migrate(half), 1)

    class A(pw.Model):
        label = pw.TextField(unique=True)

        class Meta:
            table_name, database = "a", half

    report = verify(half, [A], "migrations")
    assert "half done: 002_b" in str(report)
    assert create(half, [A]) is not None


def test_the_operations_that_ran_cannot_change(half: pw.Database, tmp_path: Path) -> None:
    interrupted(lambda: migrate(half), 1)
    write(tmp_path / "migrations", m002_b=FILE.replace('name="by n"', 'name="other"'))
    with pytest.raises(MigrationError, match="half applied: 2 operations ran, but its operation 2"):
        migrate(half)
    write(tmp_path / "migrations", m002_b=FILE.replace("VACUUM", "ANALYZE"))
    migrate(half)
    assert rows(half) == UP


def test_concurrently_needs_a_file_without_a_transaction(half: pw.Database, tmp_path: Path) -> None:
    for line in ('add_index("a", "label", "n"', 'drop_index("a", "label"'):
        lines = FILE.replace("ATOMIC = False", "").replace('add_index("a", "label", "n"', line)
        lines = lines.replace('name="by n", ', "")
        write(tmp_path / "migrations", m002_b=lines)
        with pytest.raises(MigrationError, match="ATOMIC = False"):
            migrate(half)
        assert rows(half, "*") == [(1, "first")]
    write(tmp_path / "migrations", m002_b=FILE.replace("ATOMIC = False", "ATOMIC = 'no'"))
    with pytest.raises(MigrationError, match="ATOMIC is not True or False"):
        migrate(half)


def test_an_open_transaction_contains_the_whole_file(half: pw.Database, tmp_path: Path) -> None:
    without = FILE.replace('migrator.sql("VACUUM")', "").replace(
        'database.execute_sql("VACUUM")', ""
    )
    write(tmp_path / "migrations", m002_b=without)
    half.execute_sql("PRAGMA foreign_keys = 0") if isinstance(half, pw.SqliteDatabase) else None
    with half.atomic() as transaction:
        migrate(half)
        assert rows(half) == UP
        transaction.rollback()
    assert rows(half, "*") == [(1, "first")]


BLOCK = """
ATOMIC = False
def migrate(migrator, database, *, fake=False):
    with migrator.without_views("v"):
        migrator.alter_type("a", "label", __import__("peewee").CharField(100))
        migrator.sql("INSERT INTO a (label) VALUES ('block')")
    migrator.sql("FAIL")
"""


def test_the_operations_in_a_block_are_one_operation(half: pw.Database, tmp_path: Path) -> None:
    half.execute_sql("CREATE VIEW v AS SELECT label FROM a")
    for sql in ("nonsense", "SELECT 1 FROM v"):
        write(tmp_path / "migrations", m002_b=BLOCK.replace("FAIL", sql))
        if sql == "nonsense":
            with pytest.raises(MigrationError, match="operation 2"):
                migrate(half)
            assert status(half).half_done[0].done == 1
    migrate(half)
    assert half.execute_sql("SELECT label FROM v ORDER BY 1").fetchall() == [
        ("block",),
        ("first",),
    ]


# of PostgreSQL


UNIQUE = {
    "operation": """
ATOMIC = False
LOCK_TIMEOUT = "200ms"
def migrate(migrator, database, *, fake=False):
    migrator.add_index("a", "kind", unique=True, concurrently=True)
def rollback(migrator, database, *, fake=False):
    migrator.drop_index("a", "kind", concurrently=True)
""",
    "statement": """
ATOMIC = False
LOCK_TIMEOUT = "200ms"
def migrate(migrator, database, *, fake=False):
    migrator.sql('CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "a_kind" ON public."a" (kind)')
def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP INDEX CONCURRENTLY a_kind")
""",
    "own": """
ATOMIC = False
LOCK_TIMEOUT = "200ms"
def migrate(migrator, database, *, fake=False):
    database.execute_sql("create unique index concurrently A_KIND on a (kind)")
def rollback(migrator, database, *, fake=False):
    database.execute_sql("DROP INDEX CONCURRENTLY a_kind")
""",
}
KIND = """
def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE TABLE a (id int PRIMARY KEY, kind int)")
    migrator.sql("INSERT INTO a VALUES (1, 1), (2, 1)")
def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP TABLE a")
"""


@pytest.fixture
def kinds(postgres: pw.Database, tmp_path: Path) -> pw.Database:
    write(tmp_path / "migrations", m001_a=KIND)
    migrate(postgres)
    return postgres


@pytest.mark.parametrize("how", UNIQUE)
def test_an_invalid_index_is_built_again(kinds: pw.Database, tmp_path: Path, how: str) -> None:
    write(tmp_path / "migrations", m002_b=UNIQUE[how])
    with pytest.raises(MigrationError, match=r"operation 1|own statements"):
        migrate(kinds)
    assert indexes(kinds) == {"a_kind": False}
    kinds.execute_sql("DELETE FROM a WHERE id = 2")
    migrate(kinds)
    assert indexes(kinds) == {"a_kind": True}
    rollback(kinds)
    assert indexes(kinds) == {}


@pytest.mark.parametrize("how", UNIQUE)
def test_a_statement_that_had_its_effect_is_not_sent_again(
    kinds: pw.Database, tmp_path: Path, how: str
) -> None:
    """The server may complete the statement of a killed client."""
    kinds.execute_sql("DELETE FROM a WHERE id = 2")
    for down in (False, True):
        write(tmp_path / "migrations", m002_b=UNIQUE[how])
        begin_only(kinds, rollback if down else migrate)
        effect = "DROP INDEX a_kind" if down else "CREATE UNIQUE INDEX a_kind ON a (kind)"
        kinds.execute_sql(effect)
        (rollback if down else migrate)(kinds)
        assert indexes(kinds) == ({} if down else {"a_kind": True})


def begin_only(database: pw.Database, run: Callable[[pw.Database], Any]) -> None:
    """Let a run end after it has recorded its intent."""
    dialect = type(dialect_for(database))
    real = dialect.run_alone

    def die(*_: Any) -> Any:
        raise Stop

    try:
        dialect.run_alone = die  # type: ignore[method-assign]
        with pytest.raises(MigrationError):
            run(database)
    finally:
        dialect.run_alone = real  # type: ignore[method-assign]


def url_of(database: pw.Database) -> str:
    port = database.connect_params["port"]
    return f"postgresql://postgres@127.0.0.1:{port}/{database.database}"


@pytest.mark.parametrize("session", [False, True])
def test_the_lock_is_held_during_a_statement_without_a_transaction(
    kinds: pw.Database, tmp_path: Path, session: bool
) -> None:
    """A session that waits for the table is blocked by that of the statement, not of the lock."""
    text = UNIQUE["operation"].replace("unique=True, ", "")
    write(tmp_path / "migrations", m002_b=text)
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    with opened(url_of(kinds)) as other:
        other.execute_sql("BEGIN; INSERT INTO a VALUES (3, 3)")
        limits = Limits(wait=0, session=session)
        with pytest.raises(MigrationError, match="blocked by pid"):
            migrate(kinds, limits=limits)
        other.execute_sql("COMMIT")
        assert other.execute_sql(locks).fetchone() == (0,)
        assert kinds.execute_sql("SHOW lock_timeout").fetchone() == ("0",)
        migrate(kinds, limits=limits)
        assert indexes(kinds) == {"a_kind": True}
        assert Router(kinds, "migrations").done == ["001_a", "002_b"]


INTERRUPTED = {
    "REINDEX TABLE CONCURRENTLY a": "INSERT INTO a VALUES (3, 3)",
    "reindex (verbose) index concurrently a_pkey": "INSERT INTO a VALUES (3, 3)",
    'ALTER TABLE p DETACH PARTITION "the part" CONCURRENTLY': "SELECT * FROM p",
}
STATES = """
SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid
WHERE indrelid = 'a'::regclass
UNION ALL SELECT inhrelid::regclass::text, inhdetachpending FROM pg_inherits"""


@pytest.mark.parametrize("sql", INTERRUPTED)
def test_a_concurrent_statement_that_was_interrupted_is_completed(
    kinds: pw.Database, tmp_path: Path, sql: str
) -> None:
    kinds.execute_sql("CREATE TABLE p (id int) PARTITION BY LIST (id)")
    kinds.execute_sql('CREATE TABLE "the part" PARTITION OF p FOR VALUES IN (1)')
    text = f"ATOMIC = False\nLOCK_TIMEOUT = '100ms'\ndef migrate(m, *a, **k): m.sql({sql!r})"
    write(tmp_path / "migrations", m002_b=text)
    with opened(url_of(kinds)) as other:
        other.execute_sql(f"BEGIN; {INTERRUPTED[sql]}")
        with pytest.raises(MigrationError):
            migrate(kinds, limits=Limits(wait=0))
        assert len(kinds.execute_sql(STATES).fetchall()) == 2 + ("REINDEX" in sql.upper())
        other.execute_sql("COMMIT")
    migrate(kinds)
    part = [('"the part"', False)] * ("REINDEX" in sql.upper())
    assert kinds.execute_sql(STATES).fetchall() == [("a_pkey", True), *part]


def test_a_concurrent_index_without_a_name_is_refused(kinds: pw.Database, tmp_path: Path) -> None:
    text = UNIQUE["statement"].replace('IF NOT EXISTS "a_kind" ', "")
    write(tmp_path / "migrations", m002_b=text)
    with pytest.raises(MigrationError, match="CREATE INDEX CONCURRENTLY name ON public"):
        migrate(kinds)


class Mood(pw.Model):
    mood = EnumField(["ok", "bad"], type_name="mood", null=True)

    class Meta:
        table_name = "a"


class NewDefault(pw.Model):
    mood = EnumField(
        ["ok", "new", "bad"], type_name="mood", null=True, constraints=[pw.SQL("DEFAULT 'new'")]
    )

    class Meta:
        table_name = "a"


class NewFill(pw.Model):
    mood = EnumField(["ok", "new", "bad"], type_name="mood")

    class Meta:
        table_name = "a"


@pytest.mark.parametrize(("model", "fill"), [(NewDefault, {}), (NewFill, {"a.mood": "new"})])
def test_labels_that_are_used_at_once_are_added_by_a_file_of_their_own(
    postgres: pw.Database, tmp_path: Path, model: Any, fill: dict[str, str]
) -> None:
    """So no type is replaced, which would rewrite the tables."""
    create(postgres, [Mood])
    migrate(postgres)
    postgres.execute_sql("INSERT INTO a (mood) VALUES (NULL)")
    postgres.execute_sql("CREATE VIEW v AS SELECT mood FROM a")
    place = "SELECT pg_relation_filenode('a'), 'mood'::regtype::oid"
    before = postgres.execute_sql(place).fetchone()
    created = create(postgres, [model], fill=fill)
    assert created is not None
    assert created.first is not None
    assert (created.first.name, created.name) == ("002_auto", "003_auto")
    assert 'add_enum_value("mood", "new", after="ok")' in created.first.text
    assert "add_enum_value" not in created.text
    assert migrate(postgres) == ["002_auto", "003_auto"]
    assert not verify(postgres, [model], "migrations", ignore=["v"])
    assert postgres.execute_sql(place).fetchone() == before
    assert create(postgres, [model]) is None
    postgres.execute_sql("DROP VIEW v")  # the way back removes the label, and so replaces the type
    postgres.execute_sql("UPDATE a SET mood = 'ok'")
    rollback(postgres, count=2)
    assert not verify(postgres, [Mood], "migrations")


def test_a_new_label_can_be_used_by_the_next_operation(
    postgres: pw.Database, tmp_path: Path
) -> None:
    """The type is not replaced, which would rewrite the tables."""
    write(
        tmp_path / "migrations",
        m001_a="""
import peewee as pw
from dbkit.fields import EnumField
def migrate(migrator, database, *, fake=False):
    migrator.create_enum("mood", ["ok"])
    class A(pw.Model):
        mood = EnumField(["ok"], type_name="mood", null=True)
        class Meta: table_name = "a"
    migrator.create_model(A)
    migrator.sql("INSERT INTO a (mood) VALUES (NULL)")
""",
        m002_b="""
ATOMIC = False
def migrate(migrator, database, *, fake=False):
    migrator.add_enum_value("mood", "new")
    migrator.set_default("a", "mood", "'new'")
    migrator.fill("a", mood="new")
""",
    )
    migrate(postgres, name="001")
    before = postgres.execute_sql("SELECT pg_relation_filenode('a'), 'mood'::regtype::oid")
    old = before.fetchone()
    migrate(postgres)
    after = postgres.execute_sql("SELECT pg_relation_filenode('a'), 'mood'::regtype::oid")
    assert after.fetchone() == old
    assert postgres.execute_sql("SELECT mood FROM a").fetchall() == [("new",)]


@pytest.mark.parametrize("end", ["raise KeyboardInterrupt", "migrator.sql('DELETE FROM kept')"])
def test_an_end_that_is_no_failure_names_the_kept_operations(
    database: pw.Database, tmp_path: Path, end: str
) -> None:
    source = ("ATOMIC = False\ndef migrate(migrator, database, **_):\n"
              f"    migrator.sql('CREATE TABLE kept (a int)')\n    {end}\n")  # fmt: skip
    with pytest.raises((KeyboardInterrupt, WouldLoseData)) as raised:
        migrate(database, write(tmp_path / "m", m001_x=source), may_lose_data=())
    said = f"{raised.value} {getattr(raised.value, '__notes__', '')}"
    assert "Its first operation is kept" in said
    assert "Nothing was committed" not in said
