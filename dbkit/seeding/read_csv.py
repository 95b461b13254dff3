"""Seed files in CSV, as PostgreSQL's COPY writes it: one table per file.

# key = ["name"]
name,status,campaign.name
"Q4 Product Launch",active,

The file's name is the table's name, after a number and an underscore. An empty field is NULL, and
"" is the empty string. Comment lines before the header are settings in TOML.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dbkit.errors import SeedError

from .csv_records import Malformed, Row, malformed, parsed, parsed_plain, place, record
from .reading import (
    LIMIT,
    Reader,
    decoded,
    first_repeated,
)
from .rows import BATCH, Batch
from .shown import suggestion

HEADER_LINES = 1000  # an unclosed quote must not read the whole file
NUMBER = re.compile(r"[0-9]+_")
SETTING = re.compile(r"#\s*([\w-]+)\s*=")
CSV_SETTINGS = ("key", "mode", "reference", "table")
HEADER = "Write the columns' names into the first line, separated by commas."
END_OF_COPY = r"\."  # PostgreSQL before 18 stops reading at this line unless it is quoted


class Records(NamedTuple):
    """Consecutive records without their line ends, and the line on which each begins. `quoted`
    tells whether one of them has a quote."""

    texts: list[str]
    lines: Any
    quoted: bool
    size: int


class CsvFile(Reader):
    """A seed file in CSV; see SeedFile."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.table = NUMBER.sub("", path.stem, count=1)
        self._settings: set[str] = set()
        self._key: tuple[str, ...] | None = None
        with self.opened() as stream:
            self._header_line = self._read_settings(stream)
            self.columns, self._first_line = self._header(stream, self._header_line)
            self._start = stream.tell()
        if not self.table:
            raise self.wrong(
                1,
                "The name of the file does not contain the name of a table.",
                "Name it 01_table.csv.",
            )
        if self._key:
            self.keys = {self.table: self._key}

    def batches(self) -> Iterator[Batch]:
        batch = None
        for batch in self._filled():
            yield batch
        if batch is None:
            yield self._batch([], [], False, 0)

    def _filled(self) -> Iterator[Batch]:
        for records in self._records():
            texts, lines = records.texts, records.lines
            if len(self.columns) > 1 and "" in texts:
                kept = [(text, line) for text, line in zip(texts, lines, strict=True) if text]
                texts, lines = [text for text, _ in kept], [line for _, line in kept]
            for begin in range(0, len(texts), BATCH):
                some = slice(begin, begin + BATCH)
                size = records.size * len(texts[some]) // len(texts)
                yield self._batch(texts[some], lines[some], records.quoted, size)

    def _batch(self, texts: list[str], lines: Any, quoted: bool, size: int) -> Batch:
        try:
            rows = (parsed if quoted else parsed_plain)(texts, len(self.columns))
        except Malformed:
            rows = list(self._one_by_one(texts, lines))
        if END_OF_COPY in texts:
            texts = [f'"{text}"' if text == END_OF_COPY else text for text in texts]
        return Batch(self.table, self.columns, rows, lines, size, texts, self._header_line)

    def _one_by_one(self, texts: list[str], lines: Any) -> Iterator[Row]:
        """Parse records slowly, to find the place of an error. Raises SeedError."""
        for text, line in zip(texts, lines, strict=True):
            try:
                yield record(text, len(self.columns))
            except Malformed as error:
                raise self._malformed(error, text, line) from None

    def _malformed(self, error: Malformed, text: str, line: int) -> SeedError:
        row, column = place(text, error.position)
        return self.wrong(line + row, error.problem, error.hint, column)

    def _records(self) -> Iterator[Records]:
        """Read blocks of records. A record is complete when its number of quotes is even."""
        opened, opened_size = Opened(), 0
        for line, data in self.blocks(self._start, self._first_line):
            text = self._text(data, line)
            lines = text.split("\n")
            if text.endswith("\n"):
                lines.pop()
            texts: list[str] = lines
            starts: Sequence[int] = range(line, line + len(lines))
            if '"' in text or opened.parts:
                texts, starts = opened.records(lines, line)
            if "\r" in text:
                texts = [text.removesuffix("\r") for text in texts]
            is_plain = '"' not in text and ("\r" not in text or "\r" not in "".join(texts))
            yield Records(texts, starts, not is_plain, len(data))
            opened_size = opened_size + len(data) if opened.parts else 0
            if opened_size > LIMIT:
                break
        if opened.parts:
            text = "\n".join(opened.parts)
            raise self._malformed(malformed(text), text, opened.line)

    def _text(self, data: bytes, line: int) -> str:
        if b"\0" in data:
            before = data[: data.index(b"\0")]
            raise self.wrong(
                line + before.count(b"\n"),
                "There is a NUL character.",
                "Remove it; no database stores it in a text.",
                len(before) - before.rfind(b"\n"),
            )
        return decoded(self.path, data, line)

    def _read_settings(self, stream: BinaryIO) -> int:
        """Read the comment lines at the top, and return the number of the line after them."""
        line = 1
        while True:
            begin = stream.tell()
            data = stream.readline(LIMIT)
            if not data.startswith(b"#"):
                stream.seek(begin)
                return line
            self._setting(self._text(data, line), line)
            line += 1

    def _setting(self, text: str, line: int) -> None:
        """Take over `# name = value`. Every other comment is free text."""
        match = SETTING.match(text)
        if not match:
            return
        try:
            ((name, value),) = tomllib.loads(text[1:]).items()
        except (ValueError, RecursionError):
            example = '["column"]' if match[1] == "key" else '"..."'
            hint = f"Write a value in TOML, such as # {match[1]} = {example}."
            raise self.wrong(line, f"The setting {match[1]} has no valid value.", hint) from None
        if name in self._settings:
            raise self.wrong(line, f"The setting {name} is repeated here.", "Remove it.")
        self._settings.add(name)
        if name == "table":
            if not isinstance(value, str):
                raise self.wrong(line, "The setting table is not a text.", 'Write "name".')
            self.table = value
        elif name == "key":
            self._key = self.key(self.table, value, line, "# key")
        elif name in ("mode", "reference"):
            self.set(name, value, line)
        else:
            hint = suggestion(name, CSV_SETTINGS, f"The settings are {', '.join(CSV_SETTINGS)}.")
            raise self.wrong(line, f"{name} is not a setting of a CSV file.", hint)

    def _header(self, stream: BinaryIO, line: int) -> tuple[tuple[str, ...], int]:
        """Return the names of the columns, and the number of the line after the header."""
        parts: list[bytes] = []
        quotes = 0
        while (not parts or quotes % 2) and len(parts) < HEADER_LINES:
            parts.append(stream.readline(LIMIT))
            quotes += parts[-1].count(b'"')
        data = b"".join(parts)
        text = self._text(data, line)
        if not text.strip():
            last = line if text else max(line - 1, 1)
            raise self.wrong(last, "The header with the names of the columns is missing.", HEADER)
        try:
            names = record(text.removesuffix("\n").removesuffix("\r"))
        except Malformed as error:
            raise self._malformed(error, text, line) from None
        columns = tuple(name for name in names if name)
        if len(columns) < len(names):
            raise self.wrong(line, "The header has an empty name.", HEADER)
        if repeated := first_repeated(columns):
            raise self.wrong(line, f"The header names {repeated} twice.", "Remove a column.")
        return columns, line + data.count(b"\n")


class Opened:
    """The begin of a record whose quote is still open at the end of a block."""

    def __init__(self) -> None:
        self.line = 0
        self.parts: list[str] = []

    def records(self, lines: list[str], first: int) -> tuple[list[str], list[int]]:
        """Join lines to records, and return the records and the lines on which they begin."""
        texts, starts = [], []
        begin = 0 if self.parts else None  # the first line of an open record
        for number, line in enumerate(lines):
            is_odd = line.count('"') % 2
            if begin is None and is_odd:
                begin, self.line = number, first + number
            elif begin is None:
                texts.append(line)
                starts.append(first + number)
            elif is_odd:
                texts.append("\n".join([*self.parts, *lines[begin : number + 1]]))
                starts.append(self.line)
                begin, self.parts = None, []
        if begin is not None:
            self.parts.append("\n".join(lines[begin:]))
        return texts, starts
