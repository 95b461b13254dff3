"""Splits a file in TOML into statements, which tomllib parses one by one. A statement is a row with
its sub-tables, the table [keys], or a `name = value` above the first row."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any

from dbkit.errors import SeedError

from .reading import (
    DEEPEST,
    LIMIT,
    LONG_NUMBER,
    QUOTE_IT,
    TOO_DEEP,
    TOO_LARGE_EXPONENT,
    TOO_LONG_NUMBER,
    Reader,
    decoded,
)
from .toml_scanner import Scanner

HEADER = re.compile(r"\n[ \t]*\[")
LINE = re.compile(r"[^\n]*\n|[^\n]+")
REPEATED = "Remove the name that has a value already."
PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
KEY = re.compile(r"""\((?:(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),? ?)+\)""")
Key = tuple[str, ...]
CORRECT = "Write name = value on each line, with texts in double quotes, and [[table]] above a row."
AFTER = "Expected newline or end of document after a statement"
# what a message of tomllib begins with, a pattern of the text at its place, and the next step
HINTS = (
    (AFTER, r"(?<=\d),\d+\s*(#|\Z)", "Write a number with a point, such as 9.99."),
    (AFTER, ",", "Begin a new line for each name = value, without a comma."),
    (AFTER, "(?<=')", 'If the text has an apostrophe, put it into double quotes: "It\'s".'),
    (AFTER, '(?<=")', 'Write a quote in a text as \\".'),
    (AFTER, r"[\w.-]+\s*=", "Begin a new line for each name = value."),
    (AFTER, "//|--|;", "Remove it; a comment begins with #."),
    (AFTER, r"(?<=\d)", "A date is 2026-01-31, and a number is 12 or 9.5. Put a text into quotes."),
    (AFTER, "", "Put a text into double quotes, and begin a new line for each name = value."),
    ("Expected '='", ":", "Write = instead of the colon."),
    ("Expected '='", "", "Write name = value. A name with spaces needs double quotes."),
    ("Inv", "//|/[*]|--|;", "A comment begins with #."),
    (
        "Invalid statement",
        "[{}]",
        "Write [[table]] above each row, and name = value without braces.",
    ),
    ("Invalid value", r"\Z|#", "Write a value after the =; write NULL as { null = true }."),
    ("Invalid value", r"[.]\d", "Write a digit before the point: 0.5."),
    ("Unescaped '\\'", "", "Write a backslash twice, or put the text into single quotes."),
    ("Duplicate inline table key", "", "Remove the repeated name."),
    ("Cannot declare", "", "Remove the second header, and put its values below the first one."),
    ("Unclosed array", "", "Separate the values by commas, and close the bracket."),
    ("Invalid value", r"(null|nil|none)\b", "TOML has no null: write { null = true }."),
    ("Invalid value", r"(true|false)\b", "Write true or false, in lower case."),
    ("Invalid value", r"\w", 'Put a text into quotes: "text".'),
    ("Illegal character '\\n'", "", "Close the quote on the same line."),
    ("Unclosed inline table", "", "Separate the values in braces by commas, on one line."),
    ("Invalid initial character for a key part", r"\Z", "Put everything in braces on one line."),
)


@dataclass
class Statement:
    """Lines that tomllib parses together. `header` is the key of [x] or [[x]], and is empty for
    `name = value`. `open_line` is the line of an unclosed bracket or quote."""

    line: int
    header: Key = ()
    is_row: bool = False
    texts: list[str] = field(default_factory=list)
    size: int = 0
    end: int = 0  # bytes of the file
    open_line: int = 0

    def has(self, key: Key) -> bool:
        """Whether [key] is a sub-table of this row."""
        length = len(self.header)
        return self.is_row and len(key) > length and key[:length] == self.header

    def add(self, text: str, end: int) -> None:
        self.texts.append(text)
        self.size += len(text)
        self.end = end


def statements(file: Reader) -> Iterator[Statement]:
    """Split the file. Raises SeedError for a broken header, or a statement that never ends."""
    current, scanner = Statement(1), Scanner()
    for line, text, end in _pieces(file):
        begin = 0
        if scanner.is_outside:
            content = text.lstrip(" \t")
            if content.startswith("["):
                begin = text.find("\n") + 1 or len(text)
                try:
                    key, is_row = _header_key(text[:begin])
                except tomllib.TOMLDecodeError as error:
                    yield current  # an error in it comes first
                    raise _syntax_error(file, error, Statement(line)) from None
                if not current.has(key):
                    yield current
                    current = Statement(line, key, is_row)
            elif not current.header and content.strip() and not content.startswith("#"):
                yield current
                current = Statement(line)
        current.add(text, end)
        _follow(file, scanner, current, line, begin)
    yield current


def _follow(file: Reader, scanner: Scanner, current: Statement, line: int, begin: int) -> None:
    """Read the last text of a statement, which starts on this line."""
    text = current.texts[-1]
    too_deep = scanner.feed(text, begin, DEEPEST)
    if too_deep is not None:
        raise file.wrong(line + text.count("\n", 0, too_deep), TOO_DEEP)
    if scanner.is_outside:
        current.open_line = 0
    elif scanner.opened_at is not None:
        current.open_line = line + text.count("\n", 0, scanner.opened_at)
    if current.size > LIMIT:
        raise file.wrong(
            current.open_line or current.line,
            f"A row or a value is longer than {LIMIT // 2**20} MB.",
            "Close its brackets and quotes, and begin each row with [[table]].",
        )


def _pieces(file: Reader) -> Iterator[tuple[int, str, int]]:
    """Yield the first line, the text, and about the end in bytes of pieces. Each has whole lines;
    above the first header it is a line, and below it reaches up to the next line with a "["."""
    is_above, end = True, 0
    for line, data in file.blocks():
        text, block_end = decoded(file.path, data, line), end + len(data)
        starts = [match.start() for match in HEADER.finditer(f"\n{text}")]
        if is_above:
            first = starts[0] if starts else len(text)
            cuts = [match.start() for match in LINE.finditer(text, 0, first)] + starts
        else:
            cuts = starts if starts[:1] == [0] else [0, *starts]
        is_above = is_above and not starts
        for begin, stop in pairwise([*cuts, len(text)]):
            piece = text[begin:stop]
            end += len(piece)
            yield line, piece, end if stop < len(text) else block_end
            line += piece.count("\n")
        end = block_end


def parsed(file: Reader, statement: Statement) -> dict[str, Any]:
    """Let tomllib parse a statement. Raises SeedError with the place in the file."""
    text = "".join(statement.texts)
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(file, error, statement) from None
    except RecursionError:
        raise file.wrong(statement.line, TOO_DEEP) from None
    except ArithmeticError:
        raise file.wrong(statement.line, TOO_LARGE_EXPONENT, QUOTE_IT) from None
    except ValueError as error:
        if match := LONG_NUMBER.search(text):
            line = statement.line + text.count("\n", 0, match.start())
            raise file.wrong(line, TOO_LONG_NUMBER, QUOTE_IT) from None
        raise file.wrong(statement.line, f"A value is not valid: {error}.") from None


def _syntax_error(file: Reader, error: tomllib.TOMLDecodeError, statement: Statement) -> SeedError:
    match = PLACE.search(str(error))
    problem = KEY.sub(_dotted, PLACE.sub("", str(error)))
    line, column, hint = statement.open_line or statement.line, 0, CORRECT
    lines = "".join(statement.texts).rstrip("\n").split("\n")
    if match and match[1]:
        line, column = statement.line + int(match[1]) - 1, int(match[2])
        hint = _hint(problem, [*lines, ""][int(match[1]) - 1], column - 1)
    elif not statement.open_line:
        line += len(lines) - 1
        hint = _hint(problem, lines[-1], len(lines[-1]))
    return file.wrong(line, f"{problem}.", hint, column)


def _hint(problem: str, line: str, place: int) -> str:
    """The next step after a syntax error at a place of a line."""
    if problem == "Cannot overwrite a value":
        name, is_whole, _ = line.partition("=")
        return f"Remove {name.strip()}, which has a value already." if is_whole else REPEATED
    for beginning, pattern, hint in HINTS:
        if problem.startswith(beginning) and re.compile(pattern, re.I).match(line, place):
            return hint
    return CORRECT


def _dotted(key: re.Match[str]) -> str:
    """The key of a message of tomllib, which writes it as a tuple."""
    return ".".join(ast.literal_eval(key[0]))


@lru_cache(maxsize=64)
def _header_key(text: str) -> tuple[Key, bool]:
    """Return the key of a header, and whether it is [[key]]. Raises TOMLDecodeError."""
    key: list[str] = []
    value: Any = tomllib.loads(text)
    while value and isinstance(value, dict):
        ((name, value),) = value.items()
        key.append(name)
    return tuple(key), isinstance(value, list)
