"""How far a database is, from the names of the files and of the history alone."""

from __future__ import annotations

import pytest

from dbkit.errors import MigrationError
from dbkit.migration.applied import FileLayout
from dbkit.migration.file_numbers import number
from dbkit.migration.standing import Standing

FILES = ("001_a", "002_b", "003_c")
SQUASH = FileLayout((*FILES, "004_all"), {"004_all": FILES})


def standing(*recorded: str) -> Standing:
    return FileLayout(FILES, {}).standing(dict.fromkeys(recorded))


def test_what_is_pending() -> None:
    assert standing().pending == list(FILES)
    assert standing("001_a").pending == ["002_b", "003_c"]
    assert standing(*FILES).pending == []


@pytest.mark.parametrize(("name", "names"), [(None, ["002_b", "003_c"]), ("002_b", ["002_b"]),
                                             ("001_a", []), ("009_z", [])])  # fmt: skip
def test_until(name: str | None, names: list[str]) -> None:
    assert standing("001_a").until(name) == names


def test_the_newest_come_first() -> None:
    assert standing(*FILES).newest(2) == ["003_c", "002_b"]
    for count in (0, -1, 4):
        with pytest.raises(MigrationError, match=f"Cannot roll back {count} migrations"):
            standing(*FILES).newest(count)


def test_a_name_that_was_recorded_twice_is_one() -> None:
    assert standing("001_a", "001_a").applied == ("001_a",)


@pytest.mark.parametrize(
    ("files", "recorded", "sentences"),
    [
        (FILES, (), []),
        (("20261125_1200_a", "20261125_1201_b", "20261126_120000_c"), (), []),
        (("20261125_1200_a", "20261125_120000_b"), (),
         ["Migrations 20261125_1200_a and 20261125_120000_b have the same number."]),
        (("001_a", "001_b"), (), ["Migrations 001_a and 001_b have the same number."]),
        (FILES, ("002_b",),
         ["Migration 001_a is not applied, but the later migration 002_b is."]),
    ],
)  # fmt: skip
def test_disorder(files: tuple[str, ...], recorded: tuple[str, ...], sentences: list[str]) -> None:
    assert list(FileLayout(files, {}).standing(dict.fromkeys(recorded)).disorder) == sentences


@pytest.mark.parametrize(
    ("files", "sentences"),
    [
        (FILES, []),
        (("001_a", "003_c"), ["A number is missing between migrations 001_a and 003_c."]),
        (("001_a", "20261125_1200_b", "20261225_1200_b"), []),
    ],
)
def test_a_gap_stops_nothing(files: tuple[str, ...], sentences: list[str]) -> None:
    found = FileLayout(files, {}).standing(dict.fromkeys(files[:1]))
    assert list(found.gaps) == sentences
    assert not found.disorder
    found.refuse()


def test_an_applied_file_that_is_gone_is_an_error() -> None:
    found = FileLayout(("001_a",), {}).standing(dict.fromkeys(["001_a", "002_b"]))
    assert found.gone == ("002_b",)
    with pytest.raises(MigrationError, match=r"Migration 002_b is applied .* its file is gone"):
        found.refuse()
    with pytest.raises(MigrationError, match="the directory has no migrations"):
        FileLayout((), {}).standing(dict.fromkeys(["001_a"])).refuse()


@pytest.mark.parametrize(
    ("recorded", "applied", "todo"),
    [
        ((), (), ("004_all",)),  # a new database runs the file that replaces the others
        (FILES, ("004_all",), ("004_all",)),
        (("004_all",), ("004_all",), ("004_all",)),
        (("001_a",), ("001_a",), FILES),  # half of them: the others first
    ],
)
def test_a_file_that_replaces_others(
    recorded: tuple[str, ...], applied: tuple[str, ...], todo: tuple[str, ...]
) -> None:
    found = SQUASH.standing(dict.fromkeys(recorded))
    assert (found.applied, found.todo, found.errors) == (applied, todo, ())


@pytest.mark.parametrize(
    ("names", "replacing", "recorded", "words"),
    [
        (("001_a", "003_all"), {"003_all": ("001_a", "002_b")}, ("001_a",), "no file for 002_b"),
        (("001_a", "003_all"), {"003_all": ("001_a", "002_x")}, (), "replaces 002_x, but neither"),
    ],
)  # fmt: skip
def test_a_squash_that_lacks_files_is_an_error(
    names: tuple[str, ...], replacing: dict[str, tuple[str, ...]], recorded: tuple[str, ...],
    words: str,
) -> None:  # fmt: skip
    with pytest.raises(MigrationError, match=words):
        FileLayout(names, replacing).standing(dict.fromkeys(recorded)).refuse()


@pytest.mark.parametrize(
    ("replacing", "words"),
    [
        ({"002_b": ("003_c",), "003_c": ("002_b",)}, "circular"),
        ({"002_b": ("001_a",), "003_c": ("001_a",)}, "both replace 001_a"),
    ],
)
def test_replacements_that_contradict_each_other(
    replacing: dict[str, tuple[str, ...]], words: str
) -> None:
    with pytest.raises(MigrationError, match=words):
        FileLayout(FILES, replacing)


def test_the_number_of_a_name() -> None:
    assert (number("001_a"), number("1234_b_5")) == (1, 1234)
