"""The files of a directory that changed since a revision of git."""

from __future__ import annotations

import subprocess
from pathlib import Path

from dbkit.errors import ConfigError


def changed_since(revision: str, directory: Path) -> set[str]:
    """Return the names, without .py, of files that differ from the revision or are new. Raises
    ConfigError if git cannot tell."""
    commit = _git(directory, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    listed = _git(directory, "diff", "--name-only", "-z", "--relative", commit.strip(), "--", ".")
    listed += _git(directory, "ls-files", "--others", "-z", "--", ".")
    return {name.removesuffix(".py") for name in listed.split("\0")}


def _git(directory: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *words],  # noqa: S607
            capture_output=True, text=True, errors="surrogateescape", check=False,
        )  # fmt: skip
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
