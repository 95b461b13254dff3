"""Records of CSV become values, as fast as Python can: None is NULL, and "" is the empty string.

`csv.reader` of Python 3.11 cannot tell these two apart, so it reads only the records without "".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import chain, compress

from ..plurals import counted

# possessive, so that a cell of 10 MB needs no stack
FIELD = re.compile(r'(?:\A|,)("(?:[^"]++|"")*+"|[^",\r\n]*+)(?=,|\Z)')
STRAY = re.compile(r'["\r]')
QUOTED = re.compile(r'"(?:[^"]++|"")*+"')
LONG = 100_000  # characters; csv.reader refuses fields of 131,072, and that limit is global
COMMA_HINT = "Put a value that contains a comma into quotes."
MISSING_HINT = "Write a comma for each value that is missing; an empty value is NULL."
QUOTE_HINT = 'Put the whole value into quotes, and write a quote in it twice: "a ""b"" c".'
STRAY_QUOTE = "There is a quote inside a value that does not begin with a quote."
Row = Sequence[str | None]


class Malformed(Exception):
    """A record is not valid CSV; `position` is the character at which it stops being so."""

    def __init__(self, position: int, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.position, self.problem, self.hint = position, problem, hint


def parsed_plain(texts: list[str], width: int) -> list[Row]:
    """Return the values of records without quotes. Raises Malformed."""
    rows: list[list[str]] = [text.split(",") for text in texts]
    return _checked(rows, width)


def parsed(texts: list[str], width: int) -> list[Row]:
    """Return the values of records. Raises Malformed."""
    easy = ['""' not in text and "\r" not in text and 0 < len(text) < LONG for text in texts]
    if all(easy):
        return _by_reader(texts, width)
    read = iter(_by_reader(list(compress(texts, easy)), width))
    return [
        next(read) if is_easy else record(text, width)
        for text, is_easy in zip(texts, easy, strict=True)
    ]


def _by_reader(texts: list[str], width: int) -> list[Row]:
    try:
        rows = list(csv.reader(texts, strict=True))
    except csv.Error as error:
        raise Malformed(0, STRAY_QUOTE, QUOTE_HINT) from error
    if len(rows) != len(texts) or '"' in "".join(chain.from_iterable(rows)):
        raise Malformed(0, STRAY_QUOTE, QUOTE_HINT)  # csv.reader lets it be a part of the value
    return _checked(rows, width)


def record(text: str, width: int = 0) -> Row:
    """Return the values of a record; without `width`, of any number. Raises Malformed."""
    values = FIELD.findall(text)
    if len(",".join(values)) < len(text):
        raise malformed(text)
    if width and len(values) != width:
        raise _wrong_number(len(values), width, text)
    return [
        value[1:-1].replace('""', '"') if value[:1] == '"' else value or None for value in values
    ]


def malformed(text: str) -> Malformed:
    """Return the error for the first value that is not valid, of a record that has one."""
    begin = 0
    for field in FIELD.finditer(text):
        if field.start() > begin:
            break
        begin = field.end()
    begin += text[begin : begin + 1] == ","
    if text[begin] == '"':
        closed = QUOTED.match(text, begin)
        if closed is None:
            return Malformed(begin, "A quote opens here and never closes.", QUOTE_HINT)
        return Malformed(closed.end(), "Text follows the closing quote of a value.", QUOTE_HINT)
    stray = STRAY.search(text, begin)
    position = stray.start() if stray else begin
    if text[position] == "\r":
        hint = "End the lines with a line feed, and put a value with a line break into quotes."
        return Malformed(position, "There is a carriage return outside quotes.", hint)
    return Malformed(position, STRAY_QUOTE, QUOTE_HINT)


def place(text: str, position: int) -> tuple[int, int]:
    """Return the number of line breaks before a position, and the column in its line."""
    return text.count("\n", 0, position), position - text.rfind("\n", 0, position)


def _checked(rows: list[list[str]], width: int) -> list[Row]:
    """Replace empty values by NULL. Raises Malformed if a row has more or fewer values."""
    if set(map(len, rows)) - {width}:
        raise _wrong_number(next(len(row) for row in rows if len(row) != width), width)
    return [[value or None for value in row] if "" in row else row for row in rows]


def _wrong_number(count: int, width: int, text: str = "") -> Malformed:
    values, columns = counted(count, "value"), counted(width, "column")
    hint = COMMA_HINT if count > width else MISSING_HINT
    if text.startswith("#"):
        hint = "A comment must be above the header. Move the comment, or remove it."
    return Malformed(0, f"The row has {values}, but the header has {columns}.", hint)
