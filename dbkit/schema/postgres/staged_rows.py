"""Rows on their way into temporary tables of PostgreSQL: as values, or as CSV for COPY."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, Any

from ..cells import csv_field
from ..staging import Staged, StagedColumns
from .cells import as_text

FEW = 256 * 1024  # characters of values that one message may have


class Buffer:
    """Rows for a temporary table: a few as values, more as CSV in a temporary file."""

    def __init__(self) -> None:
        self.size = 0
        self.rows: list[list[str | None]] = []
        self.file: IO[bytes] | None = None

    def add(self, staged: Staged) -> None:
        for row in staged.numbered():
            values = [*map(as_text, row)]
            self.size += sum(len(value or "") + 3 for value in values)
            self.rows.append(values)
        if self.size > FEW:
            self.file = self.file or TemporaryFile()  # noqa: SIM115
            self.file.write("".join(map(_csv, self.rows)).encode())
            self.rows = []

    def insert(self, target: StagedColumns, literal: Callable[[Any], str]) -> str:
        rows = ", ".join(f"({', '.join(map(literal, row))})" for row in self.rows)
        return f"INSERT INTO {target.table} ({', '.join(target.columns)}) VALUES {rows}"

    def stream(self) -> IO[bytes]:
        if self.file is None:
            return io.BytesIO("".join(map(_csv, self.rows)).encode())
        self.file.write("".join(map(_csv, self.rows)).encode())
        self.file.seek(0)
        return self.file


def _csv(row: Sequence[str | None]) -> str:
    return ",".join(map(csv_field, row)) + "\n"


class Lines:
    """A file for COPY that reads the rows when it is read itself. If they cannot be read, `error`
    says why: psycopg2 keeps only the text."""

    def __init__(self, rows: Iterator[Staged]) -> None:
        self.rows, self.rest = rows, b""
        self.error: Exception | None = None

    def read(self, size: int) -> bytes:
        while len(self.rest) < size:
            try:
                staged = next(self.rows, None)
            except Exception as error:
                self.error = error
                raise
            if staged is None:
                break
            self.rest += _lines(staged).encode()
        found, self.rest = self.rest[:size], self.rest[size:]
        return found


def _lines(staged: Staged) -> str:
    if staged.texts is None:
        return "".join(_csv([*map(as_text, row)]) for row in staged.numbered())
    shape = staged.shape
    return "".join(
        [f"{number},{shape},{line},{text}\n" for number, (line, text) in
         enumerate(zip(staged.lines, staged.texts, strict=True), staged.first)]
    )  # fmt: skip
