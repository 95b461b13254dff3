"""The numbered files of a directory: their order, the next name, and what is no migration."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbkit.errors import MigrationError
from dbkit.migration.files import Files, refuse_unrun

MIGRATE = "def migrate(migrator, database, *, fake=False): pass\n"


def files(directory: Path, **texts: str) -> Files:
    for name, text in texts.items():
        (directory / f"{name[1:]}.py").write_text(text, encoding="utf-8")
    return Files(directory)


def test_files_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    found = files(tmp_path, m010_a="", m002_b="", m1000_c="", m999_d="")
    assert found.names() == ["002_b", "010_a", "999_d", "1000_c"]
    assert found.next_name("x", []) == "1001_x"
    assert found.next_name("x", ["1500_gone"]) == "1501_x"


def test_a_file_that_is_not_written_yet_counts(tmp_path: Path) -> None:
    found = files(tmp_path, m001_a="")
    found.texts["002_b"] = "x = 1"
    assert (found.names(), found.text("002_b")) == (["001_a", "002_b"], "x = 1")


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    found = Files(tmp_path / "nowhere")
    with pytest.raises(MigrationError, match="no migrations directory"):
        found.names()
    found.needed = False
    assert found.names() == []
    assert found.next_name("first", []) == "001_first"


@pytest.mark.parametrize("name", ["conf.py", "__init__.py", "_001_a.py", "notes.txt", ".001_a.py"])
def test_other_files_are_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("", encoding="utf-8")
    assert Files(tmp_path).names() == []


@pytest.mark.parametrize("name", ["1_a.py", "001-a.py", "001.py", "001_a.b.py", "001_a.PY"])
def test_a_file_that_would_never_run_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(MigrationError, match=r"the name must be NNN_name\.py"):
        Files(tmp_path).names()


def test_a_migration_under_another_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="would never run"):
        files(tmp_path, mfirst=MIGRATE).names()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x =", "line 1: invalid syntax"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("", r"has no function migrate\(\)"),
        ("migrate = 1", "is not a function"),
        ("async " + MIGRATE, "is async or a generator"),
        ("def migrate(): pass", "cannot be called"),
        (MIGRATE + "def rollback(): pass", r"rollback\(\) .* cannot be called"),
    ],
)
def test_a_file_that_cannot_run_is_an_error(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(MigrationError, match=words):
        files(tmp_path, m001_a=text).functions("001_a")


def test_the_functions_of_a_file(tmp_path: Path) -> None:
    migrate, rollback = files(tmp_path, m001_a=MIGRATE).functions("001_a")
    assert (migrate.__name__, rollback) == ("migrate", None)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("REPLACES = ('001_a', '002_b')", ("001_a", "002_b")),
        ("REPLACES: tuple = ['001_a']", ("001_a",)),
        ("REPLACES = ()", ()),
        ("'REPLACES = 1'", None),
        ("# REPLACES", None),
    ],
)
def test_what_a_file_replaces(tmp_path: Path, text: str, names: tuple[str, ...] | None) -> None:
    found = files(tmp_path, m003_c=text).replacing()
    assert found == ({} if names is None else {"003_c": names})


def test_what_is_still_to_be_run_is_refused() -> None:
    async def later() -> None: ...

    for result in (later(), (one for one in ())):
        with pytest.raises(MigrationError, match="so nothing ran"):
            refuse_unrun(result)
    refuse_unrun(None)
    refuse_unrun([1])
