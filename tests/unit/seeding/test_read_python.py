"""Seed files in Python yield rows or use the database; their settings are read without a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit.errors import SeedError
from dbkit.seeding.read_python import PythonFile


class Campaign(pw.Model):
    name = pw.CharField()

    class Meta:
        table_name = "campaigns"


class Inner(Campaign):
    class Meta:
        table_name = "inner"
        schema = "marketing"


def written(directory: Path, content: str | bytes) -> PythonFile:
    path = directory / "a.py"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return PythonFile(path)


def load(file: PythonFile, database: pw.Database) -> None:
    file.run(database) if file.uses_database else list(file.batches(database))


def test_rows(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        f"from {__name__} import Campaign, Inner\n"
        "keys = {'campaigns': ['name']}\n"
        "mode: str = 'keep'\n"
        "reference = True\n"
        "def seed(database):\n"
        "    for number in range(2):\n"
        "        yield 'campaigns', {'name': number}\n"
        "    yield Campaign, {'name': 2}\n"
        "    row = {'x': 1}\n"
        "    yield Inner, row\n"
        "    row['x'] = database\n"
        "    yield Inner, row\n"
        "    yield Inner, {Campaign.name: 'y'}\n",
    )
    assert not file.uses_database
    assert (file.keys, file.keeps, file.is_reference) == ({"campaigns": ("name",)}, True, True)
    database: Any = pw.SqliteDatabase(None)
    first, second, third = file.batches(database)
    assert (first.table, first.columns, list(first.rows)) == (
        "campaigns", ("name",), [(0,), (1,), (2,)],
    )  # fmt: skip
    assert first.lines == [7, 7, 8]
    assert (second.table, list(second.rows)) == ("marketing.inner", [(1,), (database,)])
    assert third.columns == ("name",)
    assert sum(batch.size for batch in file.batches(database)) == file.size


def test_a_function_that_uses_the_database(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "def seed(database):\n"
        "    def nested():\n"
        "        yield 1\n"
        "    database.execute_sql('CREATE TABLE x (y)')\n",
    )
    assert file.uses_database
    database = pw.SqliteDatabase(":memory:")
    file.run(database)
    assert database.get_tables() == ["x"]
    database.close()


def test_the_settings_are_read_without_a_run(tmp_path: Path) -> None:
    file = written(tmp_path, "raise SystemExit\nreference = True\ndef seed(database): yield\n")
    assert file.is_reference
    assert not file.uses_database


def test_no_cache_is_written(tmp_path: Path) -> None:
    file = written(tmp_path, "def seed(database):\n    yield 'a', {}\n")
    list(file.batches())
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]
    assert "a" not in sys.modules


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: The file has no function seed"),
        ("x = 1\nseed = print\n", "line 1: The file has no function seed"),
        ("x = 1\nasync def seed(database): ...\n", r"line 2: seed\(\) is async"),
        ("x = 1\ndef seed(\n", "line 2, column 9: The Python is not valid: '\\(' was never closed"),
        ("def seed(database):\n    return 1\n", r"line 1: seed\(\) returned 1"),
        ("def seed():\n    yield\n", r"line 1: seed\(\) cannot be called with the database"),
        ("def seed(a, b):\n    yield\n", r"line 1: seed\(\) cannot be called with the database"),
        ("x = 1\nkeys = dict()\ndef seed(d): yield", "line 2: keys is not a literal"),
        ("x = 1\nmode = 'no'\ndef seed(d): yield", 'line 2: mode is "no"'),
        ("reference = 1\ndef seed(d): yield", "line 1: reference is not true or false"),
        ("def seed(d):\n    yield\n", r"line 2: seed\(\) yields NULL instead of a table"),
        ("def seed(d):\n    yield 'a', 1\n", r'line 2: seed\(\) yields \["a", 1\] instead'),
        ("def seed(d):\n    yield object, {}\n", r"line 2: seed\(\) yields \[a Python object"),
        ("def seed(d):\n    yield 'a', {1: 2}\n", "line 2: A column of a is not named by a string"),
        ("def seed(d):\n    yield 'a', {}\n    x = 1 / 0\n",
         "line 3: ZeroDivisionError: division by zero"),
        ("import json\ndef f():\n    json.loads('')\ndef seed(d):\n    f()\n    yield\n",
         "line 3: JSONDecodeError: Expecting value"),
        ("import sys\nsys.exit()\ndef seed(d): yield", "line 2: SystemExit"),
        ("import missing_module\ndef seed(d): yield", "line 1: ModuleNotFoundError"),
        ("def seed(d):\n    raise StopIteration\n    yield\n", "line 2: RuntimeError"),
        ("def seed(d):\n    return 1\n    break\n", "line 3"),
        ("def seed(d):\n    d.execute_sql('x')\n", "line 2: OperationalError"),
        (b"x = 1\ny = '\xe9'\ndef seed(d): yield", "line 2, column 6: The byte 0xe9 is not UTF-8"),
        (b"# coding: none\n", "line 1: The text does not have the encoding of its coding line"),
        ("x = 1\n\0\n", "line 2: There is a NUL character"),
        ("def seed(d):\n    yield 'a', {'x': " + "[" * 3000 + "]" * 3000 + "}", "line [12]"),
        ("def seed(d):\n    x = []\n    for _ in range(300): x = [x]\n    yield 'a', {'x': x}\n",
         "line 4: A value has arrays"),
    ],
)  # fmt: skip
def test_errors_have_the_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    database = pw.SqliteDatabase(":memory:")
    with database.connection_context(), pytest.raises(SeedError, match=message):
        load(written(tmp_path, content), database)


def test_a_coding_line_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, b"# coding: latin-1\ndef seed(d):\n    yield 'a', {'x': '\xe9'}\n")
    ((row,),) = (batch.rows for batch in file.batches())
    assert row == ("é",)
