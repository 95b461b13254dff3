"""A file that a command writes is whole, or it is not there and nothing else changed."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dbkit.atomic_files import overwrite, write_new
from dbkit.errors import WriteFailed

MODELS = "import peewee as pw\n\n\nclass Cell(pw.Model):\n    name = pw.TextField()\n"
Run = Callable[..., object]


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file of this process grows beyond `limit` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def tree() -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None
            for path in sorted(Path().rglob("*")) if "__pycache__" not in path.parts}  # fmt: skip


def test_a_new_file_and_its_directories() -> None:
    write_new(Path("a/b/c.py"), "é\n")
    assert Path("a/b/c.py").read_text(encoding="utf-8") == "é\n"
    with pytest.raises(WriteFailed, match=r"a/b/c.py exists already"):
        write_new(Path("a/b/c.py"), "other")
    assert tree() == {"a": None, "a/b": None, "a/b/c.py": "é\n".encode()}


def test_a_file_system_without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    write_new(Path("a.py"), "one")
    with pytest.raises(WriteFailed, match=r"a.py exists already"):
        write_new(Path("a.py"), "two")
    assert tree() == {"a.py": b"one"}


@pytest.mark.parametrize("write", [write_new, overwrite])
@pytest.mark.parametrize(("text", "reason"), [("x" * 200, "File too large"), ("\ud800", "surrog")])
def test_a_file_that_does_not_fit(
    write: Callable[[Path, str], None], text: str, reason: str
) -> None:
    path = Path("setup.cfg" if write is overwrite else "a/b/c.py")
    Path("setup.cfg").write_text("[metadata]\n")
    with pytest.raises(WriteFailed, match=reason), full_disk(100):
        write(path, text)
    assert tree() == {"setup.cfg": b"[metadata]\n"}


def test_an_overwritten_file_keeps_its_place_and_permissions() -> None:
    Path("shared.cfg").write_text("old")
    Path("shared.cfg").chmod(0o640)
    Path("setup.cfg").symlink_to("shared.cfg")
    overwrite(Path("setup.cfg"), b"a\r\n")
    assert Path("setup.cfg").is_symlink()
    assert Path("shared.cfg").read_bytes() == b"a\r\n"
    assert Path("shared.cfg").stat().st_mode & 0o777 == 0o640


def test_a_killed_process_leaves_the_old_file() -> None:
    Path("setup.cfg").write_text("old")
    script = """
import os, pathlib, signal
from dbkit.atomic_files import overwrite
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
overwrite(pathlib.Path("setup.cfg"), "new")
"""
    done = subprocess.run([sys.executable, "-c", script], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    assert Path("setup.cfg").read_text() == "old"


@pytest.mark.sqlite
@pytest.mark.parametrize("command", ["create", "create --empty", "init", "merge"])
def test_a_command_whose_file_does_not_fit(
    dbkit: Callable[..., object], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///test.db")
    Path("setup.cfg").write_text("[metadata]\nname = shop\n")
    if command == "merge":
        Path("cells.py").write_text(MODELS)
        dbkit("create", "--models", "cells")
    elif command == "init":
        with sqlite3.connect("test.db") as link:
            link.execute("CREATE TABLE cell (id integer PRIMARY KEY, name text NOT NULL)")
        link.close()
    else:
        Path("cells.py").write_text(MODELS)
    before = tree()
    with full_disk(60):
        if command == "merge":
            from dbkit import connect
            from dbkit.migration import merge

            with pytest.raises(WriteFailed, match="File too large"):
                merge(connect())
        else:
            done = dbkit(*command.split(), "--models", "cells")
            assert done.exit_code == 2, done.output
            assert "cannot be written: File too large" in done.output
    assert tree() == before
