"""What the history says is true: it is decided under the lock, and names only what was run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any

import peewee as pw
import pytest
from click.testing import Result

from dbkit import DbkitError, create, migrate, rollback, status
from dbkit.migration import Router, merge, reset
from tests.conftest import opened

from .test_migration import MODEL, pw_migrate, tables, write

Run = Callable[..., Result]
TURNS: dict[str, Event] = {}  # the files of a test wait for these


def names(database: pw.Database) -> list[str]:
    """The history, read by other means than dbkit's."""
    rows = database.execute_sql("SELECT name FROM migratehistory ORDER BY id").fetchall()
    return [name for (name,) in rows]


def files(directory: Path, *numbers: int, **replaced: str) -> Path:
    sources = {f"m00{n}_m{n}": MODEL.format(name=f"t{n}") for n in numbers}
    return write(directory, **(sources | replaced))


WAITING = (
    MODEL
    + """
from tests.cases.test_history import TURNS
_migrate, _rollback = migrate, rollback
def migrate(migrator, database, *, fake=False):
    _migrate(migrator, database, fake=fake)
    if not fake and "{name}" in TURNS:
        TURNS["{name} runs"].set()
        assert TURNS["{name}"].wait(20)
def rollback(migrator, database, *, fake=False):
    if "back {name}" in TURNS:
        TURNS["back {name} runs"].set()
        assert TURNS["back {name}"].wait(20)
    _rollback(migrator, database, fake=fake)
"""
)


def a_and_b(directory: Path) -> Path:
    return write(directory, m001_a=MODEL.format(name="a"), m002_b=WAITING.format(name="b"))


@contextmanager
def beside(url: str, first: Callable[..., Any], at: str, *arguments: Any) -> Iterator[Future[Any]]:
    """Run a function that waits in a file for its turn, which comes after the block has begun to
    wait for the lock."""
    TURNS.update({at: Event(), f"{at} runs": Event()})

    def run() -> Any:
        with opened(url) as database:
            return first(database, *arguments)

    try:
        with ThreadPoolExecutor(2) as threads:
            going = threads.submit(run)
            assert TURNS[f"{at} runs"].wait(20)
            threads.submit(lambda: (sleep(0.3), TURNS[at].set()))
            yield going
    finally:
        TURNS.clear()


def test_a_rollback_beside_a_migrate_takes_back_what_is_last_then(url: str, tmp_path: Path) -> None:
    directory = write(
        tmp_path / "m", m001_a=MODEL.format(name="a"), m002_b=WAITING.format(name="b")
    )
    with opened(url) as database:
        migrate(database, directory, "001_a")
        with beside(url, migrate, "b", directory) as going:
            assert rollback(database, directory) == ["002_b"]
            assert going.result() == ["002_b"]
        assert (names(database), tables(database)) == (["001_a"], ["a"])


def test_a_migrate_beside_a_rollback_applies_what_is_pending_then(url: str, tmp_path: Path) -> None:
    directory = write(
        tmp_path / "m", m001_a=MODEL.format(name="a"), m002_b=WAITING.format(name="b")
    )
    with opened(url) as database:
        migrate(database, directory)
        write(directory, m003_c=MODEL.format(name="c"))
        with beside(url, rollback, "back b", directory):
            assert migrate(database, directory) == ["002_b", "003_c"]
        assert (names(database), tables(database)) == (["001_a", "002_b", "003_c"], ["a", "b", "c"])


@pytest.mark.parametrize("back", [rollback, reset])
def test_a_count_that_no_longer_fits_is_refused(
    url: str, tmp_path: Path, back: Callable[..., Any]
) -> None:
    directory = write(
        tmp_path / "m", m001_a=MODEL.format(name="a"), m002_b=WAITING.format(name="b")
    )
    with opened(url) as database:
        migrate(database, directory)
        with beside(url, rollback, "back b", directory):
            if back is reset:
                assert reset(database, directory) == ["001_a", "002_b"]
            else:
                with pytest.raises(
                    DbkitError, match=r"Cannot roll back 2 migrations: 1 migration is applied"
                ):
                    rollback(database, directory, 2)
        assert names(database) == (["001_a", "002_b"] if back is reset else ["001_a"])


def test_a_rollback_of_several_stops_where_another_run_came_between(
    database: pw.Database, tmp_path: Path
) -> None:
    directory = files(tmp_path / "m", 1, 2)
    migrate(database, directory)
    router = Router(database, directory)
    take_turn = router._take_turn

    def then_migrate(*arguments: Any) -> list[str]:
        found = take_turn(*arguments)
        migrate(database, directory)
        return found

    router._take_turn = then_migrate  # type: ignore[method-assign]
    with pytest.raises(
        DbkitError, match="Another run changed the history: 001_m1 is no longer the last"
    ):
        router.rollback_files(2)
    assert names(database) == ["001_m1", "002_m2"]


def test_many_runs_at_once_keep_the_history_whole(url: str, tmp_path: Path) -> None:
    """A squash is recorded while they run: the history is rewritten, and loses nothing."""
    directory = files(tmp_path / "m", 1, 2, 4, m003_all=_replaces(MODEL.format(name="x"), 1, 2))
    with opened(url) as database:
        for _ in range(5):
            migrate(database, files(tmp_path / "old", 1, 2))

            def run(_: int) -> list[str]:
                with opened(url) as other:
                    return migrate(other, directory)

            with ThreadPoolExecutor(6) as threads:
                applied = [name for names in threads.map(run, range(6)) for name in names]
            assert (names(database), applied) == (["003_all", "004_m4"], ["004_m4"])
            database.execute_sql("DELETE FROM migratehistory")
            for table in tables(database):
                database.execute_sql(f"DROP TABLE {table}")


@pytest.mark.postgres
def test_a_run_that_waits_lets_an_index_be_created_concurrently(url: str, tmp_path: Path) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite creates no index concurrently")
    directory = write(
        tmp_path / "m", m001_a=MODEL.format(name="a"), m002_b=WAITING.format(name="b")
    )
    with opened(url) as database, opened(url) as third, ThreadPoolExecutor(1) as threads:
        migrate(database, directory, "001_a")
        with beside(url, migrate, "b", directory) as going:
            waiting = threads.submit(migrate, database, directory)
            third.execute_sql("SET statement_timeout = '10s'")
            third.execute_sql("CREATE INDEX CONCURRENTLY a_label ON a (label)")
            assert going.result() + waiting.result() == ["002_b"]


def test_an_isolation_level_does_not_hide_what_another_run_did(url: str, tmp_path: Path) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite has one level")
    directory = write(
        tmp_path / "m", m001_a=WAITING.format(name="a"), m002_b=MODEL.format(name="b")
    )
    with opened(url) as database:
        database.execute_sql("SET default_transaction_isolation = 'serializable'")
        with beside(url, migrate, "a", directory) as going:
            ran = migrate(database, directory)
            assert sorted(going.result() + ran) == ["001_a", "002_b"]
        assert names(database) == ["001_a", "002_b"]


def _replaces(source: str, *numbers: int) -> str:
    return f"REPLACES = {tuple(f'00{n}_m{n}' for n in numbers)}\n{source}"


def test_a_history_that_is_squashed_keeps_its_order_and_its_times(
    database: pw.Database, tmp_path: Path
) -> None:
    directory = files(tmp_path / "m", 1, 2, 3)
    migrate(database, directory)
    moment = database.execute_sql("SELECT migrated_at FROM migratehistory ORDER BY id").fetchall()
    write(directory, m004_first=_replaces(MODEL.format(name="x"), 1, 2))
    assert status(database, directory).applied == ("004_first", "003_m3")
    assert migrate(database, directory, allow_out_of_order=True) == []
    assert names(database) == ["004_first", "003_m3"]
    rows = database.execute_sql("SELECT migrated_at FROM migratehistory ORDER BY id").fetchall()
    assert rows == moment[1:]


@pytest.mark.parametrize("applied", [1, 2, 3, 4])
def test_a_squash_of_a_squash_is_reached_from_everywhere(
    database: pw.Database, tmp_path: Path, applied: int
) -> None:
    directory = files(tmp_path / "m", 1, 2)
    migrate(database, directory, f"00{min(applied, 2)}_m{min(applied, 2)}")
    merge(database, directory, "one")
    files(directory, 4)
    if applied > 2:
        migrate(database, directory, {3: "003_one", 4: "004_m4"}[applied])
    merge(database, directory, "two")
    migrate(database, directory)
    assert status(database, directory).applied == ("005_two",)
    assert status(database, directory).pending == ()
    assert migrate(database, directory) == []
    assert (names(database), tables(database)) == (["005_two"], ["t1", "t2", "t4"])


def test_a_half_applied_squash_without_its_files_is_an_error(
    database: pw.Database, url: str, tmp_path: Path, dbkit: Run
) -> None:
    directory = files(tmp_path / "m", 1, 2, 3)
    migrate(database, directory, "001_m1")
    merge(database, directory)
    for path in directory.glob("00[123]_*"):
        path.unlink()
    words = "004_initial replaces 001_m1, 002_m2, 003_m3. This database has applied only 001_m1"
    for command in ("status", "migrate", "rollback", "up"):
        result = dbkit(command, "--database", url, "--migrations", str(directory),
                       *(("--models", "dbkit.models") if command == "up" else ()))  # fmt: skip
        assert (result.exit_code, words in result.stderr) == (2, True), result.output
    files(directory, 1, 2, 3)
    assert migrate(database, directory) == ["002_m2", "003_m3"]
    assert status(database, directory).applied == ("004_initial",)


@pytest.mark.parametrize(
    ("replaces", "words"),
    [
        ("('003_x',)", "REPLACES is circular: 003_x replaces 003_x"),
        (
            "('001_m1', '002_m9')",
            "003_x replaces 002_m9, but neither the migrations directory nor the",
        ),
        (
            "('001_acounts',)",
            "003_x replaces 001_acounts, but neither the migrations directory nor",
        ),
        ("'001_m1'", "REPLACES is not a tuple of names"),
        ("('001_m1', 2)", "REPLACES is not a tuple of names"),
        ("{'001_m1': 1}", "REPLACES is not a tuple of names"),
        ("tuple(one for one in ())", "REPLACES is not a tuple of names"),
        ("None", "REPLACES is not a tuple of names"),
        ("('001_m1',)\nREPLACES += ('002_m2',)", "REPLACES is not a tuple of names"),
        ("('001_m1'", r"003_x.py, line 1: '\(' was never closed"),
    ],
)
def test_what_cannot_be_replaced_is_an_error(
    database: pw.Database, tmp_path: Path, replaces: str, words: str
) -> None:
    source = f"REPLACES = {replaces}\n{MODEL.format(name='x')}"
    directory = files(tmp_path / "m", 1, 2, m003_x=source)
    for function in (migrate, rollback, lambda *where: create(where[0], [], where[1])):
        with pytest.raises(DbkitError, match=words):
            function(database, directory)
    assert tables(database) == []


@pytest.mark.parametrize("source", ["REPLACES: tuple = ('001_m1',)", "REPLACES = ['001_m1']",
                                    "A = REPLACES = ('001_m1',)"])  # fmt: skip
def test_replaces_is_read_however_it_is_assigned(tmp_path: Path, source: str) -> None:
    directory = files(tmp_path / "m", 1, m002_x=f"{source}\n{MODEL.format(name='x')}")
    with opened("sqlite:///:memory:") as database:
        assert migrate(database, directory) == ["002_x"]


@pytest.mark.parametrize(
    ("replaces", "words"),
    [
        (((1, 2), (2,)), "003_x and 004_y both replace 002_m2"),
        (((1, 2), (1, 2)), "003_x and 004_y both replace 001_m1"),
    ],
)
def test_two_files_cannot_replace_the_same(
    database: pw.Database, tmp_path: Path, replaces: tuple[tuple[int, ...], ...], words: str
) -> None:
    first, second = (_replaces(MODEL.format(name="x"), *numbers) for numbers in replaces)
    directory = files(tmp_path / "m", 1, 2, m003_x=first, m004_y=second)
    with pytest.raises(DbkitError, match=words):
        migrate(database, directory)


def test_files_that_replace_each_other_are_an_error(database: pw.Database, tmp_path: Path) -> None:
    texts = [f"REPLACES = ('{name}',)\n{MODEL.format(name='x')}" for name in ("002_y", "001_x")]
    directory = write(tmp_path / "m", m001_x=texts[0], m002_y=texts[1])
    with pytest.raises(DbkitError, match=r"REPLACES is circular: 00._. replaces 00._."):
        migrate(database, directory)


def test_a_squash_whose_files_are_deleted_makes_a_new_database(
    database: pw.Database, tmp_path: Path
) -> None:
    directory = files(tmp_path / "m", 1, 2)
    merge(database, directory)
    for path in directory.glob("00[12]_*"):
        path.unlink()
    assert migrate(database, directory) == ["003_initial"]
    assert tables(database) == ["t1", "t2"]


UNRUN = {
    "async def {f}(migrator, database, *, fake=False):\n    migrator.sql('CREATE TABLE a (i int)')":
        r"{f}\(\) in .*001_a.py is async or a generator",
    "def {f}(migrator, database, *, fake=False):\n    yield migrator.sql('SELECT 1')":
        r"{f}\(\) in .*001_a.py is async or a generator",
    "async def {f}(migrator, database, *, fake=False):\n    yield 1":
        r"{f}\(\) in .*001_a.py is async or a generator",
    "class Run:\n    async def __call__(self, a, b, *, fake=False): pass\n{f} = Run()":
        r"{f}\(\) in .*001_a.py is async or a generator",
    "import functools\nasync def run(migrator, database, more, *, fake=False): pass\n"
    "{f} = functools.partial(run, more=1)": r"{f}\(\) in .*001_a.py is async or a generator",
    "{f} = 'x'": "{f} in .*001_a.py is not a function",
    "def {f}(): pass": r"{f}\(\) in .*001_a.py cannot be called: too many positional arguments",
    "def {f}(migrator, database): pass": r"{f}\(\) in .*cannot be called: .* 'fake'",
    "def {f}(migrator, database, fake, more): pass": r"{f}\(\) in .*cannot be called: .* 'more'",
}  # fmt: skip


@pytest.mark.parametrize("function", ["migrate", "rollback"])
@pytest.mark.parametrize("source", UNRUN)
def test_what_would_not_be_run_is_not_recorded(tmp_path: Path, source: str, function: str) -> None:
    both = source.replace("{f}", function)
    if function == "rollback":
        both += "\ndef migrate(migrator, database, *, fake=False): pass"
    directory = write(tmp_path / "m", m001_a=both)
    with opened("sqlite:///:memory:") as database:
        for fake in (False, True):
            with pytest.raises(DbkitError, match=UNRUN[source].replace("{f}", function)):
                migrate(database, directory, fake=fake)
        assert status(database, directory).applied == ()


@pytest.mark.parametrize("body", ["async def f(): pass\n    return f()", "return (x for x in ())"])
def test_what_a_function_leaves_unrun_is_not_recorded(
    database: pw.Database, tmp_path: Path, body: str
) -> None:
    source = f"def migrate(migrator, database, *, fake=False):\n    {body}\n"
    directory = write(tmp_path / "m", m001_a=source)
    with pytest.raises(DbkitError, match="001_a: It returns a coroutine or a generator"):
        migrate(database, directory)
    assert status(database, directory).applied == ()


@pytest.mark.parametrize("source", [
    "def {f}(migrator, database, fake=False, **kwargs): pass",
    "def {f}(migrator, database, **options): pass",
    "{f} = lambda migrator, database, fake: None",
    "from functools import partial\ndef run(more, a, b, fake): pass\n{f} = partial(run, 1)",
])  # fmt: skip
def test_other_signatures_that_fit_are_fine(tmp_path: Path, source: str) -> None:
    both = "\n".join(source.replace("{f}", function) for function in ("migrate", "rollback"))
    directory = write(tmp_path / "m", m001_a=both)
    with opened("sqlite:///:memory:") as database:
        assert migrate(database, directory) == ["001_a"]
        assert rollback(database, directory) == ["001_a"]


def test_a_history_beside_no_files_is_an_error(
    database: pw.Database, url: str, tmp_path: Path, dbkit: Run
) -> None:
    migrate(database, files(tmp_path / "m", 1, 2))
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    words = {
        "empty": "are applied to this database, but the directory empty has no migrations",
        "missing": "There is no migrations directory missing",
        "file": "The migrations directory file cannot be read: Not a directory",
    }
    for command in ("status", "migrate", "rollback"):
        for directory, sentence in words.items():
            result = dbkit(command, "--database", url, "--migrations", directory)
            assert (result.exit_code, sentence in result.stderr) == (2, True), result.output
    assert names(database) == ["001_m1", "002_m2"]


def test_an_applied_file_that_is_gone_makes_status_an_error(
    database: pw.Database, url: str, tmp_path: Path, dbkit: Run
) -> None:
    directory = files(tmp_path / "m", 1, 2)
    migrate(database, directory)
    (directory / "001_m1.py").unlink()
    result = dbkit("status", "--database", url, "--migrations", str(directory))
    assert (result.exit_code, result.stdout) == (
        2,
        "[x] 001_m1 (its file is gone)\n[x] 002_m2\napplied: 2, pending: 0\n",
    )
    assert "Migration 001_m1 is applied to this database, but its file is gone." in result.stderr


def test_rows_of_nonsense_in_the_history_are_sentences(
    database: pw.Database, tmp_path: Path, url: str, dbkit: Run
) -> None:
    directory = files(tmp_path / "m", 1)
    migrate(database, directory)
    for name in ("", "x", "999", "../../etc/passwd", "001_m1", "'; --", "001_M1", "_"):
        Router(database, directory).model.create(name=name)
    for command in ("status", "migrate", "rollback"):
        result = dbkit(command, "--database", url, "--migrations", str(directory))
        assert result.exit_code == 2, result.output
        assert "but their files are gone" in result.stderr
        assert "unexpected" not in result.output


@pytest.mark.parametrize("count", [0, -1])
def test_a_rollback_of_nothing_is_refused(
    database: pw.Database, tmp_path: Path, count: int
) -> None:
    directory = files(tmp_path / "m", 1)
    migrate(database, directory)
    with pytest.raises(DbkitError, match=f"Cannot roll back {count} migrations"):
        rollback(database, directory, count)


def test_a_name_that_is_replaced_is_not_run(database: pw.Database, tmp_path: Path) -> None:
    directory = files(tmp_path / "m", 1, 2)
    merge(database, directory)
    with pytest.raises(
        DbkitError, match="001_m1 does not run: a migration that replaces it has run"
    ):
        migrate(database, directory, "001_m1")


def test_pw_migrate_claims_no_more(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    conf = "from dbkit.migration import pw_migrate\nDATABASE = pw_migrate.install()\n"
    directory = files(tmp_path / "m", 1, 2, conf=conf)
    with opened(url) as database:
        migrate(database, directory)
        (directory / "002_m2.py").unlink()
        for command in (("list",), ("migrate",), ("rollback",), ("rollback", "--count", "0")):
            done = pw_migrate(url, *command, "--directory", str(directory))
            assert done.returncode == 2, done
            assert "Traceback" not in done.stderr
        assert names(database) == ["001_m1", "002_m2"]
        files(directory, 2)
        done = pw_migrate(url, "rollback", "--count", "2", "--directory", str(directory))
        assert (done.returncode, names(database)) == (0, [])


def test_an_init_beside_a_migrate_reads_what_that_has_made(
    url: str, tmp_path: Path, dbkit: Run
) -> None:
    directory = write(tmp_path / "m", m001_a=WAITING.format(name="a"))
    with opened(url) as database:
        database.execute_sql("CREATE TABLE old (id integer PRIMARY KEY)")
        with beside(url, migrate, "a", directory):
            result = dbkit("init", "--database", url, "--models", f"models_{tmp_path.name}",
                           "--migrations", str(directory))  # fmt: skip
        assert result.exit_code == 0, result.output
        assert "002_baseline is marked as applied" in result.output
        assert status(database, directory).applied == ("002_baseline",)
        assert migrate(database, directory) == []
        assert names(database) == ["002_baseline"]


def test_init_replaces_a_history_whose_files_are_gone(
    database: pw.Database, url: str, tmp_path: Path, dbkit: Run
) -> None:
    directory = files(tmp_path / "m", 1, 2)
    migrate(database, directory)
    for path in directory.glob("*.py"):
        path.unlink()
    where = ("--database", url, "--migrations", str(directory))
    result = dbkit("init", *where, "--models", f"models_{tmp_path.name}")
    assert result.exit_code == 0, result.output
    assert dbkit("status", *where).exit_code == 0
    assert migrate(database, directory) == []
    assert names(database) == ["003_baseline"]
