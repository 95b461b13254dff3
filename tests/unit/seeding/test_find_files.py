"""Which seed files load, in which order, and for which environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbkit.config import ENVIRONMENTS
from dbkit.errors import SeedError
from dbkit.seeding.find_files import find_files

FILES = {
    "10_x.toml": "",
    "9_x.csv": "a\n",
    "b.toml": "",
    "a.toml": "reference = true\n",
    ".hidden": "",
    "__pycache__/x.pyc": "",
    "development/1_dev.toml": "",
    "production/2_prod.csv": "a\n",
    "production/1_prod.toml": "",
}
TOP = ["9_x.csv", "10_x.toml", "a.toml", "b.toml"]


def seeds(directory: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = directory / "seeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return directory / "seeds"


@pytest.mark.parametrize(
    ("environment", "is_explicit", "names", "note"),
    [
        ("development", False, TOP, "development is not loaded because DBKIT_ENV is not set"),
        ("development", True, [*TOP, "1_dev.toml"], ""),
        ("test", True, TOP, ""),
        ("production", True, ["a.toml", "1_prod.toml", "2_prod.csv"], "3 files are not loaded"),
    ],
)
def test_the_environment_chooses_files(
    tmp_path: Path, environment: str, is_explicit: bool, names: list[str], note: str
) -> None:
    found = find_files(seeds(tmp_path, FILES), environment, is_explicit)
    assert [file.path.name for file in found.files] == names
    assert note in "".join(found.notes)
    assert len(found.notes) == bool(note)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("notes.txt", "notes.txt is not a seed file"),
        ("a.toml~", "a.toml~ is not a seed file"),
        ("README", "README is not a seed file"),
        ("two\nlines", r"two\\nlines is not a seed file"),
        ("\x1b[31m", r"\\x1b\[31m is not a seed file"),
        ("dev/a.toml", "dev is not the folder of an environment.\nDid you mean development"),
        ("old/a.toml", "The environments are development, test, staging, production"),
        ("x.toml/a.toml", "x.toml is not the folder of an environment"),
        ("development/sub/a.toml", "sub is a folder inside the folder of an environment"),
        ("development/a.yml", "a.yml is not a seed file"),
    ],
)
def test_every_other_file_is_an_error(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(SeedError, match=message):
        find_files(seeds(tmp_path, {name: ""}), "development", True)


def test_missing_directories(tmp_path: Path) -> None:
    for path in (tmp_path / "seeds", seeds(tmp_path / "x", {"a": ""}) / "a" / "b"):
        with pytest.raises(SeedError, match=f"There is no seeds directory {path}"):
            find_files(path, "development", False)


def test_a_broken_link(tmp_path: Path) -> None:
    directory = seeds(tmp_path, {"a.toml": ""})
    (directory / "b.toml").symlink_to(directory / "missing.toml")
    with pytest.raises(SeedError, match=r"b.toml is a broken link"):
        find_files(directory, "development", False)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_empty_directory_has_no_files(tmp_path: Path, environment: str) -> None:
    tmp_path.joinpath("seeds").mkdir()
    found = find_files(tmp_path / "seeds", environment, True)
    assert (found.files, found.notes) == ([], [])


def test_an_unreadable_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests may run as root, who reads everything."""

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(SeedError, match=r"a.toml cannot be read: Permission denied"):
        find_files(seeds(tmp_path, {"a.toml": ""}), "development", False)
