"""What git knows about the files of a directory."""

from __future__ import annotations

import subprocess
from pathlib import Path

from dbkit.errors import ConfigError

BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


def changed_since(revision: str, directory: Path) -> set[str]:
    """Return the names, without .py, of files that differ from the revision or are new. Raises
    ConfigError if git cannot tell."""
    commit = _told(directory, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    listed = _told(directory, "diff", "--name-only", "-z", "--relative", commit.strip(), "--", ".")
    listed += _told(directory, "ls-files", "--others", "-z", "--", ".")
    return {name.removesuffix(".py") for name in listed.split("\0")}


def on_main_branch(directory: Path) -> set[str]:
    """Return the names, without .py, of the directory's files on the main branch; none if git knows
    no such branch."""
    for branch in BRANCHES:
        try:
            listed = _run(directory, "ls-tree", "-z", "--name-only", branch, "./")
        except OSError:
            return set()
        if not listed.returncode:
            return {Path(name).stem for name in listed.stdout.split("\0") if name.endswith(".py")}
    return set()


def _told(directory: Path, *words: str) -> str:
    try:
        done = _run(directory, *words)
    except OSError as error:
        raise ConfigError(
            f"git cannot be run: {error.strerror}.", "Install git, or leave out --since."
        ) from error
    if done.returncode:
        reason = done.stderr.strip().removeprefix("fatal: ")
        raise ConfigError(
            f"git cannot tell which files of {directory} changed: {reason}",
            "Give a commit, branch or tag of the repository that has the directory.",
        )
    return done.stdout


def _run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(directory), *words],  # noqa: S607
        capture_output=True, text=True, errors="surrogateescape", check=False,
    )  # fmt: skip
