"""Files are read as Python reads them, whatever editor saved them; the others are sentences."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from dbkit import DbkitError, migrate, rollback, seed, status
from dbkit.migration import merge
from tests.conftest import opened

from .test_migration import MODEL, tables, write

Run = Callable[..., Result]
SOURCE = MODEL.format(name="straße")
BOM = b"\xef\xbb\xbf"
ENCODED = {
    "byte order mark": BOM + SOURCE.encode(),
    "coding line": b"# -*- coding: latin-1 -*-\n" + SOURCE.encode("latin-1"),
    "coding in the second line": b"#!/usr/bin/env python\n# coding=cp1252\n"
    + SOURCE.encode("cp1252"),
    "mark and coding line": BOM + b"# coding: utf-8\n" + SOURCE.encode(),
    "lines of Windows": SOURCE.replace("\n", "\r\n").encode(),
    "lines of an old Mac": SOURCE.replace("\n", "\r").encode(),
    "no newline at the end": SOURCE.rstrip().encode(),
    "form feed": b"\f" + SOURCE.encode(),
}


@pytest.mark.parametrize("text", ENCODED.values(), ids=list(ENCODED))
def test_a_migration_is_read_as_python_reads_it(tmp_path: Path, text: bytes) -> None:
    directory = write(tmp_path / "m")
    (directory / "001_one.py").write_bytes(text)
    with opened("sqlite:///:memory:") as database:
        assert migrate(database, directory) == ["001_one"]
        assert tables(database) == ["straße"]
        assert rollback(database, directory) == ["001_one"]
        assert merge(database, directory).name == "002_initial"
        assert migrate(database, directory) == ["002_initial"]


def test_the_names_that_are_replaced_are_read_so_too(tmp_path: Path) -> None:
    directory = write(tmp_path / "m", m001_straße=SOURCE)
    text = f"# coding: latin-1\nREPLACES = ('001_straße',)\n{SOURCE}"
    (directory / "002_all.py").write_bytes(text.encode("latin-1"))
    with opened("sqlite:///:memory:") as database:
        assert migrate(database, directory) == ["002_all"]


UNREADABLE = {
    "null byte": (b"x = '\0'\n", "001_one.py.* null bytes"),
    "unknown coding": (b"# coding: klingon\n", "001_one.py cannot be read: unknown encoding"),
    "another coding": (
        "x = 'ä'\n".encode("latin-1"),
        "001_one.py cannot be read: invalid .*encoding",
    ),
    "mark against coding": (BOM + b"# coding: latin-1\n", "001_one.py cannot be read: encoding pr"),
    "UTF-16": (SOURCE.encode("utf-16"), "001_one.py cannot be read: invalid .*encoding"),
}


@pytest.mark.parametrize(("text", "words"), UNREADABLE.values(), ids=list(UNREADABLE))
def test_what_python_cannot_read_is_a_sentence(tmp_path: Path, text: bytes, words: str) -> None:
    directory = write(tmp_path / "m")
    (directory / "001_one.py").write_bytes(text)
    with opened("sqlite:///:memory:") as database:
        with pytest.raises(DbkitError, match=words):
            migrate(database, directory)


def test_what_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    directory = write(tmp_path / "m")
    path = directory / "001_one.py"
    with opened("sqlite:///:memory:") as database:
        for make, words in (
            (path.mkdir, "001_one.py is not a file"),
            (lambda: path.symlink_to("nowhere"), "001_one.py is a broken link"),
            (lambda: path.symlink_to(path.name), "001_one.py is a broken link"),
            (lambda: os.mkfifo(path), "001_one.py is not a file"),
        ):
            make()
            for function in (migrate, status, merge):
                with pytest.raises(DbkitError, match=words):
                    function(database, directory)
            path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.parametrize(
    "name",
    ["2_b", "003-c", "004_d.v2", "005", "001_b.PY", "v1_b", "add_users", "001_a\nb", "00１_b"],
)
def test_a_file_that_would_never_run_is_named(tmp_path: Path, name: str) -> None:
    directory = write(tmp_path / "m")
    path = directory / (name if name.endswith(".PY") else f"{name}.py")
    path.write_text(SOURCE, encoding="utf-8")
    with opened("sqlite:///:memory:") as database:
        for function in (migrate, status, merge):
            with pytest.raises(DbkitError, match=r"would never run: the name must be NNN_name.py"):
                function(database, directory)


def test_other_files_beside_the_migrations_are_left_alone(tmp_path: Path) -> None:
    directory = write(tmp_path / "m", conf="DATABASE = None", __init__="", helpers="def f(): pass")
    for name in (".001_hidden.py", "_001_off.py", "001_one.sql", "001_one.py~", "README.md"):
        (directory / name).write_text(SOURCE, encoding="utf-8")
    (directory / ".#001_one.py").symlink_to("user@host.1234")  # an editor's lock
    (directory / "old").mkdir()
    with opened("sqlite:///:memory:") as database:
        assert migrate(database, directory) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs another user to be")
@pytest.mark.parametrize(("place", "mode"), [("m", 0), ("m", 0o644), ("m/001_one.py", 0)])
def test_what_may_not_be_read_is_a_sentence(place: str, mode: int) -> None:
    with tempfile.TemporaryDirectory() as name, opened("sqlite:///:memory:") as database:
        directory = write(Path(name) / "m", m001_one=SOURCE)
        Path(name).chmod(0o755)
        (Path(name) / place).chmod(mode)
        os.seteuid(65534)
        try:
            with pytest.raises(DbkitError, match="cannot be read: Permission denied"):
                status(database, directory)
        finally:
            os.seteuid(0)


def test_seeds_and_settings_may_begin_with_a_mark(
    tmp_path: Path, dbkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "marked_app.py").write_bytes(
        BOM + b"import peewee as pw\nclass T(pw.Model):\n    a = pw.TextField(unique=True)\n"
    )
    (tmp_path / "setup.cfg").write_bytes(BOM + b"[dbkit]\r\nmodels = marked_app\r\n")
    (tmp_path / ".env").write_bytes(BOM + b"DATABASE_URL=sqlite:///marked.db\r\n")
    write(tmp_path / "seeds")
    (tmp_path / "seeds/a.toml").write_bytes(BOM + b'[[t]]\r\na = "x"\r\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    assert dbkit("create", "one").exit_code == 0
    result = dbkit("up")
    assert (result.exit_code, "seed: 1 inserted" in result.stdout) == (0, True), result.output
    assert (tmp_path / "marked.db").exists()
    from marked_app import T  # type: ignore[import-not-found]

    with opened("sqlite:///marked.db") as database:
        assert seed(database, [T], "seeds").unchanged == {"t": 1}
    sys.modules.pop("marked_app")
