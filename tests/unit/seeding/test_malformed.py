"""Every malformed seed file gives one clear error with its place."""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit.errors import SeedError
from dbkit.seeding.find_files import READERS, find_files
from dbkit.seeding.read_python import PythonFile

from . import malformed
from .malformed import VALID_CSV, VALID_JSON, VALID_PYTHON, VALID_TOML, damaged

FILES = list(malformed.malformed())
PYTHON_REPR = re.compile(r"<class|Traceback|\[<|object at 0x|Error\(|\bb'")


def read(directory: Path) -> int:
    """Read all files, and return the number of rows."""
    count = 0
    with pw.SqliteDatabase(":memory:").connection_context():
        for file in find_files(directory, "development", False).files:
            if isinstance(file, PythonFile) and file.uses_database:
                file.run(pw.SqliteDatabase(":memory:"))
            else:
                count += sum(len(batch.rows) for batch in file.batches())
    return count


def test_there_are_enough_files() -> None:
    assert len({(name, content) for _, name, content in FILES}) >= 200


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("campaigns.toml", VALID_TOML, 2),
        ("campaigns.json", VALID_JSON, 2),
        ("campaigns.csv", VALID_CSV, 3),
        ("campaigns.py", VALID_PYTHON, 3),
    ],
)
def test_the_files_are_valid_before_the_damage(
    tmp_path: Path, name: str, content: str, count: int
) -> None:
    (tmp_path / name).write_text(content)
    assert read(tmp_path) == count


@pytest.mark.parametrize(
    ("name", "content"),
    [pytest.param(name, content, id=f"{name}: {what}") for what, name, content in FILES],
)
def test_a_malformed_file_gives_one_error_with_the_line(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SeedError) as caught:
        read(tmp_path)
    message = caught.value.message
    place = re.match(
        rf"{re.escape(str(path))}, line ([0-9]+)(, column [1-9][0-9]*)?: .+\.$", message
    )
    assert place, message
    assert 1 <= int(place[1]) <= content.count(b"\n") + 1
    assert not PYTHON_REPR.search(str(caught.value).replace(str(path), "")), message
    assert message.isprintable()
    assert len(message) < len(str(path)) + 250


@pytest.mark.parametrize(
    ("name", "text", "parse"),
    [("a.toml", VALID_TOML, tomllib.loads), ("a.json", VALID_JSON, json.loads)],
)
def test_a_damaged_file_is_read_as_the_standard_library_reads_it_or_not_at_all(
    tmp_path: Path, name: str, text: str, parse: Callable[..., Any]
) -> None:
    chance, path, compared = random.Random(name), tmp_path / name, 0  # noqa: S311
    for _ in range(250):
        content = damaged(text, chance)
        path.write_bytes(content.encode())
        rows: dict[str, list[Any]] = defaultdict(list)
        try:
            for batch in READERS[path.suffix](path).batches():
                rows[batch.table] += [
                    dict(zip(batch.columns, row, strict=True)) for row in batch.rows
                ]
        except SeedError:
            continue
        whole = parse(content, parse_float=Decimal)
        assert rows == {table: found for table, found in whole.items()
                        if isinstance(found, list) and found}, content  # fmt: skip
        compared += 1
    assert compared > 20
