"""Rows of seed files on their way from a file to the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

BATCH = 1000  # rows


class JsonText(str):
    """A JSON document as a file without JSON's null writes it."""


class Place(NamedTuple):
    """Where a row begins."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows of one table that give values for the same columns; at most BATCH rows.

    `columns` are names as the file writes them: of a column, of a field, or in CSV also of a
    column of a parent (`campaign.name`). `lines` are the lines on which the rows begin. In a batch
    of CSV, each value is a text, or None for NULL, and `texts` are the rows as CSV without their
    line ends; in other batches `texts` is None, and a value is what TOML, JSON or Python has.
    `size` is the number of bytes of the file that were read for this batch. `header` is the line
    of the names in CSV; a CSV file without rows has one batch without rows.
    """

    table: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    lines: Sequence[int]
    size: int = 0
    texts: Sequence[str] | None = None
    header: int = 0

    @property
    def line(self) -> int:
        """The line on which the names are."""
        return self.header or (self.lines[0] if self.lines else 1)


class SeedFile(Protocol):
    """A seed file. Reading it again gives the same batches; no reader holds the whole file.

    `keys` has the columns that identify a row, by table; it is complete when `batches` has ended.
    `keeps` means `mode = "keep"`: existing rows stay as they are. `is_reference` means
    `reference = true`: the rows belong to production too.
    """

    path: Path
    size: int  # bytes
    keys: dict[str, tuple[str, ...]]
    keeps: bool
    is_reference: bool

    def batches(self) -> Iterator[Batch]:
        """Yield the rows in the order of the file. Raises SeedError with the line."""
        ...
