"""Seed files: TOML with one `[[table]]` per row. The files are read in the order of their names.

[keys]
campaigns = ["name"]        # the columns that identify a row, if no column is unique

[[campaigns]]
name = "Q4 Product Launch"
start_date = "now - 30 days"
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dbkit.errors import SeedError

KEYS = "keys"


@dataclass(frozen=True)
class Row:
    """A row as the file has it; `where` names its file and number for messages."""

    where: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Seeds:
    """The contents of all files: rows and keys by table name."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read(directory: str | Path) -> Seeds:
    """Read every `*.toml` file of `directory`. Raises SeedError, which names the file."""
    seeds = Seeds()
    for path in _paths(Path(directory)):
        for table, content in _document(path).items():
            if table == KEYS and isinstance(content, dict):
                seeds.keys.update(_keys(path, content))
            elif isinstance(content, list) and all(isinstance(row, dict) for row in content):
                seeds.rows[table] += [
                    Row(f"{path}, {table} row {number}", row)
                    for number, row in enumerate(content, 1)
                ]
            else:
                raise SeedError(
                    f"{path}: {table} is not a list of rows.", f"Begin each row with [[{table}]]."
                )
    return seeds


def _paths(directory: Path) -> list[Path]:
    try:
        return sorted(path for path in directory.iterdir() if path.suffix == ".toml")
    except (FileNotFoundError, NotADirectoryError):
        raise SeedError(
            f"There is no seeds directory {directory}.",
            "Run from the project's directory, or give --seeds DIR.",
        ) from None
    except OSError as error:
        raise SeedError(
            f"The seeds directory {directory} cannot be read: {error.strerror}.",
            "Give a readable directory with --seeds DIR.",
        ) from None


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SeedError(
            f"{path} cannot be read: {error}", "Correct the file: UTF-8 text in TOML."
        ) from None


def _keys(path: Path, content: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    for table, columns in content.items():
        if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
            raise SeedError(
                f"{path}: the key of {table} is not a list of column names.",
                f'Write {table} = ["column"] under [keys].',
            )
    return {table: tuple(columns) for table, columns in content.items()}
