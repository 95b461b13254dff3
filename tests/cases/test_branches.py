"""Two branches made files with the same number: `renumber` gives each a number of its own."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dbkit.cli.commands import main
from dbkit.errors import MigrationError
from dbkit.migration.renumber import renumber

EMPTY = "def migrate(migrator, database, **_): pass\n"
GIT = shutil.which("git") or ""
WHO = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
pytestmark = pytest.mark.sqlite


def written(directory: Path, *names: str) -> Path:
    directory.mkdir(exist_ok=True)
    for name in names:
        (directory / f"{name}.py").write_text(EMPTY + f"# {name}\n")
    return directory


def names(directory: Path) -> list[str]:
    return sorted(path.stem for path in directory.glob("*.py"))


def git(directory: Path, *words: str) -> None:
    subprocess.run([GIT, "-C", directory, *WHO, *words], check=True, capture_output=True)


def branched(directory: Path, common: Sequence[str], mine: Sequence[str]) -> None:
    """A repository whose branch main has the `common` files, and whose branch has `mine` too."""
    written(directory, *common)
    git(directory, "init", "-q", "-b", "main")
    git(directory, "add", "-A")
    git(directory, "commit", "-qm", "main")
    git(directory, "checkout", "-qb", "mine")
    written(directory, *mine)


# files on main, files of the branch, the new names of the latter
CASES = {
    "one": (["001_a", "002_b"], ["002_mine"], {"002_mine": "003_mine"}),
    "those after it follow": (
        ["001_a", "002_b"],
        ["002_x", "003_y"],
        {"002_x": "003_x", "003_y": "004_y"},
    ),
    "main went on": (
        ["001_a", "002_b", "003_c"],
        ["002_x", "004_y"],
        {"002_x": "004_x", "004_y": "005_y"},
    ),
    "a gap closes": (["001_a", "002_b"], ["002_x", "009_y"], {"002_x": "003_x", "009_y": "004_y"}),
    "no number twice": (["001_a", "002_b"], ["003_x", "007_y"], {}),
}


@pytest.mark.skipif(not GIT, reason="git is not installed")
@pytest.mark.parametrize("case", CASES)
def test_the_files_of_the_branch_follow_those_of_main(tmp_path: Path, case: str) -> None:
    common, mine, new = CASES[case]
    branched(tmp_path / "m", common, mine)
    assert renumber(tmp_path / "m") == new
    assert names(tmp_path / "m") == sorted([*common, *(new.get(one, one) for one in mine)])
    for old, name in new.items():
        assert (tmp_path / "m" / f"{name}.py").read_text().endswith(f"# {old}\n")
    assert renumber(tmp_path / "m") == {}


def choose(name: str) -> Callable[[Sequence[str]], str]:
    def chosen(clash: Sequence[str]) -> str:
        assert clash == ["002_a", "002_b"]
        return name

    return chosen


def test_without_git_the_order_is_asked_or_given(tmp_path: Path) -> None:
    directory = written(tmp_path / "m", "001_x", "002_a", "002_b", "003_c")
    with pytest.raises(MigrationError, match="--after 002_a"):
        renumber(directory)
    with pytest.raises(MigrationError, match="003_c does not share its number"):
        renumber(directory, after="003_c")
    assert renumber(directory, after="002_b") == {"002_a": "003_a", "003_c": "004_c"}
    written(directory, "002_a").joinpath("003_a.py").unlink()
    assert renumber(directory, choose=choose("002_a")) == {"002_b": "003_b"}


def test_a_time_in_a_name_is_kept_or_replaced_by_a_time(tmp_path: Path) -> None:
    directory = written(tmp_path / "m", "001_x", "002_a", "002_b", "20261125_1200_c")
    assert renumber(directory, after="002_a") == {"002_b": "003_b"}
    written(directory, "20261125_120000_d", "20261125_120001_e", "20261126_0900_f")
    assert renumber(directory, after="20261125_1200_c") == {
        "20261125_120000_d": "20261125_120002_d"
    }


def test_a_name_in_replaces_is_kept(tmp_path: Path) -> None:
    directory = written(tmp_path / "m", "002_a", "002_b")
    (directory / "003_c.py").write_text(f'REPLACES = ("002_a",)\n{EMPTY}')
    with pytest.raises(MigrationError, match="003_c names 002_a in REPLACES"):
        renumber(directory, after="002_b")
    assert names(directory) == ["002_a", "002_b", "003_c"]


def test_on_the_command_line(
    dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "migrations", "001_x", "002_a", "002_b")
    refused = dbkit("renumber")
    assert (refused.exit_code, "--after 002_a" in refused.output) == (2, True)
    assert dbkit("renumber", "--after", "002_a").output == "renumber: 002_b -> 003_b\n"
    assert "every number is used once" in dbkit("renumber").output
    monkeypatch.setattr("dbkit.prompts.is_terminal", lambda: True)
    written(tmp_path / "migrations", "003_c")
    answered = CliRunner().invoke(main, ["renumber"], input="003_x\n003_c\n")
    assert "Which of these migrations comes first? (003_b, 003_c)" in answered.output
    assert names(tmp_path / "migrations")[-2:] == ["003_c", "004_b"]


def test_a_developer_who_applied_the_own_file_gets_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each message names the command that leads on."""
    monkeypatch.chdir(tmp_path)
    run = functools.partial(CliRunner().invoke, main)
    here = tmp_path / "migrations"

    def has(name: str) -> None:
        body = f"    migrator.sql('CREATE TABLE {name[4:]} (id INTEGER)')\n"
        back = f"    migrator.sql('DROP TABLE {name[4:]}')\n"
        (here / f"{name}.py").write_text(
            f"def migrate(migrator, database, **_):\n{body}"
            f"def rollback(migrator, database, **_):\n{back}"
        )

    here.mkdir()
    for name in ("001_a", "002_theirs"):
        has(name)
    git(here, "init", "-q", "-b", "main")
    git(here, "add", "-A")
    git(here, "commit", "-qm", "main")
    git(here, "checkout", "-qb", "mine")
    (here / "002_theirs.py").unlink()
    has("002_mine")
    assert run(["migrate"]).exit_code == 0
    has("002_theirs")  # as a merge of main does
    assert "dbkit renumber` gives one of them a new number" in run(["migrate"]).output
    assert "002_mine -> 003_mine" in run(["renumber"]).output
    assert "dbkit rollback` and then `python -m dbkit migrate`" in run(["migrate"]).output
    assert run(["rollback"]).exit_code == 0
    assert "applied 002_theirs, 003_mine" in run(["migrate"]).output
