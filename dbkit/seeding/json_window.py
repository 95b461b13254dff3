"""A window on a JSON text: it reads value after value, and holds little more than one of them."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from dbkit.errors import SeedError

from .reading import (
    BLOCK,
    LIMIT,
    LONG_NUMBER,
    QUOTE_IT,
    TOO_DEEP,
    TOO_LARGE_EXPONENT,
    TOO_LONG_NUMBER,
    decoded,
    wrong,
)

BLANKS = re.compile(r"[ \t\n\r]*")
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
LONGEST_TOKEN = 20  # characters: a shorter rest of the window may be the begin of a valid token
CORRECT = "Separate values by commas, and put names and texts into double quotes."
NO_COMMENTS = "JSON has no comments: remove it, or write the file in TOML."
# a pattern of the text at the place of an error, and the next step
HINTS = (
    ("//|/[*]|#|--", NO_COMMENTS),
    ("'", "Put names and texts into double quotes."),
    (r"(?<=\d,)\d", "Write a number with a point, such as 9.99."),
    (r"(?<=,)[]}]|(?<=,\s)[]}]|,\s*[]}]", "Remove the comma before the closing bracket or brace."),
    ("(None|nil|null|undefined)\\b", "Write NULL as null, in lower case."),
    ("(True|False)\\b", "Write true or false, in lower case."),
    (r"\.|[+]", "Write a number such as 0.5, with digits on both sides of the point."),
    (r"[0-9](?<=0[0-9])", "Write the number without a zero in front, or in quotes."),
    ("=", "Write a colon instead."),
    (r"(?<=:)[]},]|(?<=: )[]},]", "Write a value after the colon; write NULL as null."),
    (r'["{[]', "Put a comma before it, or close the quote or brace in front of it."),
)
# what a message begins with, and the next step
HINTS_OF_MESSAGES = {
    "Expecting ':'": "Write a colon after the name.",
    "Expected ':'": "Write a colon after the name.",
    "Unterminated string": 'Close the quote; a quote in a text is written as \\".',
    "Invalid control character": "Write a line break in a text as \\n, and a tab as \\t.",
    "Invalid \\escape": "Write a backslash twice.",
}
COMPLETE = "Close all quotes, brackets and braces."
ENDS = "The file ends before the JSON is complete."


class _Invalid(Exception):
    """A value is valid for Python's json, but not in JSON."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise _Invalid(f"An object has the name {repeated} twice.", "Remove one of them.")
    return found


def _constant(name: str) -> Any:
    raise _Invalid(f"{name} is not JSON.", f'Write "{name}" in quotes.')


DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_object)


class Window:
    """Reads a JSON text. `line` is the line of the next token after `peek`."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path, self.stream = path, stream
        self.buffer = ""
        self.position = 0
        self.line = 1
        self.is_last = False  # the buffer has the end of the file
        self._rest = b""  # of a character
        self._before = 0  # characters of the first line that are not in the buffer any more
        self._bytes = stream.tell()

    @property
    def end(self) -> int:
        """About the number of bytes up to the position."""
        return self._bytes - (len(self.buffer) - self.position)

    def peek(self) -> str:
        """Skip blanks, and return the next character; "" at the end."""
        while True:
            match = BLANKS.match(self.buffer, self.position)
            self._advance(match.end() if match else self.position)
            if self.position < len(self.buffer):
                return self.buffer[self.position]
            if self.is_last:
                return ""
            self._more()

    def items(self, opening: str, closing: str) -> Iterator[None]:
        """Go into an array or an object, and stop before each item; the caller reads the item."""
        self._take(opening)
        if self.peek() == closing:
            return self._take(closing)
        while True:
            yield
            if self.peek() == closing:
                return self._take(closing)
            self._take(",", f"',' or '{closing}'")
            if self.peek() == closing:
                raise self._wrong("There is a comma before the end of a list.", "Remove the comma.")

    def name(self) -> tuple[str, int]:
        """Read a name and its colon, and return the name and its line."""
        if self.peek() != '"':
            raise self._expected("a name in double quotes")
        line, name = self.line, self.value()
        self._take(":")
        return name, line

    def value(self) -> Any:
        """Read a value of any type. Raises SeedError."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self.buffer, self.position)
                if end < len(self.buffer) or self.is_last:  # otherwise a number might go on
                    break
            except json.JSONDecodeError as error:
                if self.is_last or self._is_certain(error):
                    raise self._syntax_error(error) from None
            except _Invalid as error:
                raise self._wrong(*error.args) from None
            except RecursionError:
                raise self._wrong(TOO_DEEP) from None
            except ArithmeticError:
                raise self._wrong(TOO_LARGE_EXPONENT, QUOTE_IT) from None
            except ValueError:
                raise self._long_number() from None
            self._more()
        self._refuse_surrogates(value, end)
        self._advance(end)
        return value

    def _take(self, token: str, expected: str = "") -> None:
        if self.peek() != token:
            raise self._expected(expected or f"'{token}'")
        self.position += 1

    def _advance(self, end: int) -> None:
        self.line += self.buffer.count("\n", self.position, end)
        self.position = end

    def _more(self) -> None:
        """Double the window, so that a long value is not read again for every block."""
        kept = len(self.buffer) - self.position
        if kept > LIMIT:
            raise self._wrong(
                f"A row or a value is longer than {LIMIT // 2**20} MB.",
                "Close its brackets and quotes.",
            )
        data = self.stream.read(max(BLOCK, kept))
        self._bytes += len(data)
        self.is_last = not data
        data = self._rest + data
        try:
            text, used = codecs.utf_8_decode(data, "strict", self.is_last)
        except UnicodeDecodeError:
            line = self.line + self.buffer.count("\n", self.position)
            decoded(self.path, data, line, starts_line=False)
            raise
        self._rest = data[used:]
        self._before = self._column(self.position) - 1
        self.buffer = self.buffer[self.position :] + text
        self.position = 0

    def _is_certain(self, error: json.JSONDecodeError) -> bool:
        """Whether an error would stay an error if the text went on."""
        is_open = error.msg.startswith("Unterminated")
        return not is_open and error.pos < len(self.buffer) - LONGEST_TOKEN

    def _syntax_error(self, error: json.JSONDecodeError) -> SeedError:
        if not self.buffer[error.pos :].strip():
            return self._wrong(ENDS, COMPLETE, error.pos)
        problem = error.msg.removesuffix(" at").removesuffix(" starting")
        hint = next((hint for begin, hint in HINTS_OF_MESSAGES.items()
                     if problem.startswith(begin)), "")  # fmt: skip
        return self._wrong(f"{problem}.", hint or self._hint(error.pos), error.pos)

    def _hint(self, position: int) -> str:
        """The next step after a syntax error at a position of the buffer."""
        return next((hint for pattern, hint in HINTS
                     if re.compile(pattern).match(self.buffer, position)), CORRECT)  # fmt: skip

    def _expected(self, what: str) -> SeedError:
        if not self.peek():
            return self._wrong(ENDS, COMPLETE, self.position)
        return self._wrong(f"Expected {what}.", self._hint(self.position), self.position)

    def _long_number(self) -> SeedError:
        match = LONG_NUMBER.search(self.buffer, self.position)
        return self._wrong(TOO_LONG_NUMBER, QUOTE_IT, match.start() if match else None)

    def _refuse_surrogates(self, value: Any, end: int) -> None:
        """Raise SeedError for half of a character, such as \\ud83c alone: it is not Unicode."""
        begin = self.buffer.find("\\u", self.position, end)
        if begin >= 0 and SURROGATE.search(self.buffer, begin, end):
            try:
                json.dumps(value, ensure_ascii=False, default=str).encode()
            except UnicodeEncodeError:
                problem = "A \\u escape is only half of a character."
                raise self._wrong(problem, "Write both halves, or the character.") from None

    def _wrong(self, problem: str, hint: str = "", position: int | None = None) -> SeedError:
        """Return the error for a position of the buffer; otherwise for the present line."""
        if position is None:
            return wrong(self.path, self.line, problem, hint)
        line = self.line + self.buffer.count("\n", self.position, position)
        return wrong(self.path, line, problem, hint, self._column(position))

    def _column(self, position: int) -> int:
        line_end = self.buffer.rfind("\n", 0, position)
        return position - line_end + (self._before if line_end < 0 else 0)
