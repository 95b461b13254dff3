"""Seed files in TOML, read row by row.

reference = true             # the rows belong to production too
mode = "keep"                # existing rows stay as they are

[keys]
campaigns = ["name"]         # the columns that identify a row, if no column is unique

[[campaigns]]
name = "Q4 Product Launch"
start_date = "now - 30 days"

TOML has no null: `{ null = true }` is NULL, and `{ json = '{"a": null}' }` is JSON.

tomllib parses a whole text, so the file is split into statements: a row with its sub-tables, the
table [keys], or a line above the first row. tomllib parses each.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
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
    Row,
    batched,
    decoded,
)
from .rows import Batch, JsonText
from .toml_scanner import Scanner

PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
KEY = re.compile(r"""\((?:(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),? ?)+\)""")
FOLLOW = "Put it directly after its row, before the next [[...]]."


@dataclass
class Statement:
    """Lines that tomllib parses together. `header` is the key of [x] or [[x]]; above the first
    header, a statement is a key with its value."""

    line: int
    header: tuple[str, ...] = ()
    is_row: bool = False
    text: list[str] = field(default_factory=list)
    size: int = 0
    end: int = 0
    has_rows: bool = False
    open_line: int = 0  # the line of an unclosed bracket or quote

    def has(self, key: tuple[str, ...]) -> bool:
        """Whether [key] is a sub-table of this row."""
        length = len(self.header)
        return self.is_row and len(key) > length and key[:length] == self.header


class TomlFile(Reader):
    """A seed file in TOML; see SeedFile."""

    def __init__(self, path: Any) -> None:
        super().__init__(path)
        for _ in self._rows():  # up to the first row, for the settings above it
            break

    def batches(self) -> Iterator[Batch]:
        return batched(self._rows())

    def _rows(self) -> Iterator[Row]:
        seen: dict[tuple[str, ...], Statement] = {}
        for statement in self._statements():
            if not statement.header:
                yield from self._above(statement, seen)
            elif statement.is_row:
                self._refuse_conflict(statement, seen)
                yield self._row(statement)
            else:
                self._table(statement, seen)

    def _above(self, statement: Statement, seen: dict[Any, Statement]) -> Iterator[Row]:
        """Take over `name = value` above the first header: a setting, or a list of rows."""
        for name, value in self._parsed(statement).items():
            if (name,) in seen:
                raise self._twice(statement, name, seen[name,])
            seen[name,] = statement
            if isinstance(value, list) and all(isinstance(row, dict) for row in value):
                statement.has_rows = True
                lines = self._lines_of_inline_rows(statement, len(value))
                size = statement.size // (len(value) or 1)
                for line, row in zip(lines, value, strict=True):
                    yield self.checked(Row(name, _values(row), line, size, statement.end))
            elif isinstance(value, list):
                raise self._no_rows(statement, name)
            else:
                self._set(name, value, statement, seen)

    def _set(self, name: str, value: Any, statement: Statement, seen: dict[Any, Statement]) -> None:
        if name != "keys" and any(other.has_rows for other in seen.values()):
            raise self.wrong(statement.line, f"{name} stands after rows.", "Put it at the top.")
        self.set(name, dict(_flat(value)) if isinstance(value, dict) else value, statement.line)

    def _table(self, statement: Statement, seen: dict[Any, Statement]) -> None:
        """Take over [keys]. Every other table is an error."""
        key = statement.header
        if seen.get(key[:1]) and seen[key[:1]].is_row and len(key) > 1:
            name = ".".join(key)
            raise self.wrong(statement.line, f"[{name}] is separated from its row.", FOLLOW)
        if key in seen:
            raise self._twice(statement, ".".join(key), seen[key])
        if key != ("keys",):
            raise self._no_rows(statement, ".".join(key))
        seen[key] = statement
        keys = self._parsed(statement)["keys"]
        self.set("keys", dict(_flat(keys)), statement.line)

    def _refuse_conflict(self, statement: Statement, seen: dict[Any, Statement]) -> None:
        key = statement.header
        if key in seen and seen[key].is_row:
            return
        for other, first in seen.items():
            length = min(len(key), len(other))
            if key[:length] == other[:length]:
                if first.is_row and len(key) > len(other):
                    name = ".".join(key)
                    raise self.wrong(
                        statement.line, f"[[{name}]] is separated from its row.", FOLLOW
                    )
                raise self._twice(statement, ".".join(key), first)
        seen[key] = Statement(statement.line, key, True)

    def _row(self, statement: Statement) -> Row:
        values: Any = self._parsed(statement)
        for name in statement.header:
            values = values[name]
        table = ".".join(statement.header)
        row = _values(values[0])
        return self.checked(Row(table, row, statement.line, statement.size, statement.end))

    def _lines_of_inline_rows(self, statement: Statement, count: int) -> list[int]:
        scanner = Scanner()
        lines = [
            statement.line + number
            for number, text in enumerate(statement.text)
            for _ in range(scanner.feed(text))
        ]
        return lines if len(lines) == count else [statement.line] * count

    def _twice(self, statement: Statement, name: str, first: Statement) -> SeedError:
        return self.wrong(
            statement.line,
            f"{name} is defined on line {first.line} already, in another form or a second time.",
            f"Begin each row with [[{name}]].",
        )

    def _no_rows(self, statement: Statement, name: str) -> SeedError:
        return self.wrong(
            statement.line, f"{name} is not a list of rows.", f"Begin each row with [[{name}]]."
        )

    def _parsed(self, statement: Statement) -> dict[str, Any]:
        """Let tomllib parse a statement. Raises SeedError with the place in the file."""
        text = "".join(statement.text)
        try:
            return tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise self._syntax_error(str(error), statement) from None
        except RecursionError:
            raise self.wrong(statement.line, TOO_DEEP) from None
        except ArithmeticError:
            raise self.wrong(statement.line, TOO_LARGE_EXPONENT, QUOTE_IT) from None
        except ValueError as error:
            if match := LONG_NUMBER.search(text):
                line = statement.line + text.count("\n", 0, match.start())
                raise self.wrong(line, TOO_LONG_NUMBER, QUOTE_IT) from None
            raise self.wrong(statement.line, f"A value is not valid: {error}.") from None

    def _syntax_error(self, text: str, statement: Statement) -> SeedError:
        match = PLACE.search(text)
        problem = PLACE.sub("", text)
        problem = KEY.sub(lambda key: ".".join(ast.literal_eval(key[0])), problem)
        if match and match[1]:
            line, column = statement.line + int(match[1]) - 1, int(match[2])
        else:
            line, column = statement.open_line or statement.line + len(statement.text) - 1, 0
        return self.wrong(line, f"{problem}.", "Correct the TOML.", column)

    def _statements(self) -> Iterator[Statement]:
        """Split the file. Raises SeedError for a broken header, or a statement that never ends."""
        current, scanner = Statement(1), Scanner()
        for number, text, end in self._lines():
            if scanner.is_outside:
                content = text.lstrip(" \t")
                if content.startswith("["):
                    key, is_row = self._header(text, number)
                    if not current.has(key):
                        yield current
                        current = Statement(number, key, is_row)
                elif not current.header and content.strip() and not content.startswith("#"):
                    yield current
                    current = Statement(number)
                current.open_line = number
            current.text.append(text)
            current.size += len(text)
            current.end = end
            scanner.feed(text)
            if scanner.deepest > DEEPEST:
                raise self.wrong(number, TOO_DEEP)
            if scanner.is_outside:
                current.open_line = 0
            if current.size > LIMIT:
                raise self._endless(current)
        yield current

    def _header(self, text: str, number: int) -> tuple[tuple[str, ...], bool]:
        try:
            return _header_key(text)
        except tomllib.TOMLDecodeError as error:
            raise self._syntax_error(str(error), Statement(number, text=[text])) from None

    def _lines(self) -> Iterator[tuple[int, str, int]]:
        """Yield the number and the text of each line, and the number of bytes up to its end."""
        number, end = 0, self.size
        with self.opened() as stream:
            end = stream.tell()
            while data := stream.readline(LIMIT):
                number += 1
                end += len(data)
                if len(data) == LIMIT:
                    raise self._endless(Statement(number))
                yield number, decoded(self.path, data, number), end

    def _endless(self, statement: Statement) -> SeedError:
        return self.wrong(
            statement.open_line or statement.line,
            f"A row or a value is longer than {LIMIT // 2**20} MB.",
            "Close its brackets and quotes, and begin each row with [[table]].",
        )


def _values(row: dict[str, Any]) -> dict[str, Any]:
    """The values of a row, with NULL and JSON in place of their spellings."""
    return {name: _value(value) if isinstance(value, dict) else value
            for name, value in row.items()}  # fmt: skip


def _value(value: dict[str, Any]) -> Any:
    match value:
        case {"null": True, **others} if not others:
            return None
        case {"json": str(text), **others} if not others:
            return JsonText(text)
        case _:
            return value


def _flat(keys: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the columns by table. The dot of `schema.table = [...]` made a table in a table."""
    for name, value in keys.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", columns) for inner, columns in value.items())
        else:
            yield name, value


@lru_cache(maxsize=64)
def _header_key(text: str) -> tuple[tuple[str, ...], bool]:
    """Return the key of a header, and whether it is [[key]]. Raises TOMLDecodeError."""
    key: list[str] = []
    value: Any = tomllib.loads(text)
    while value and isinstance(value, dict):
        ((name, value),) = value.items()
        key.append(name)
    return tuple(key), isinstance(value, list)
