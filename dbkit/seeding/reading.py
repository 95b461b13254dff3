"""What the readers of seed files share: settings, errors with a place, and batches of rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dbkit.errors import SeedError

from ..printable import printable
from .markers import meant
from .rows import BATCH, Batch, Place
from .shown import shown, suggestion

LIMIT = 64 * 2**20  # bytes of a row or a value: an unclosed quote must not read the whole file
BLOCK = 2**18  # bytes that are read at once
BATCH_BYTES = 4 * 2**20
DEEPEST = 200  # levels of arrays and objects in a value
BOM = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
SETTINGS = ("reference", "mode", "keys")


def wrong(path: Path, line: int, problem: str, hint: str = "", column: int = 0) -> SeedError:
    """Return the error for a place of a file. `problem` is a sentence."""
    at = f", column {column}" if column else ""
    return SeedError(printable(f"{Place(path, line)}{at}: {problem}", "\n"), printable(hint, "\n"))


def unreadable(path: Path, error: OSError) -> SeedError:
    reason = error.strerror or "the system gives no reason"
    return SeedError(printable(f"{path} cannot be read: {reason}.", "\n"), "Check its permissions.")


def decoded(path: Path, data: bytes, line: int, starts_line: bool = True) -> str:
    """Return the text of bytes that begin on this line. Raises SeedError unless they are UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        begin = data.rfind(b"\n", 0, error.start) + 1
        raise wrong(
            path,
            line + data.count(b"\n", 0, error.start),
            f"The byte 0x{data[error.start]:02x} is not UTF-8.",
            "Save the file as UTF-8.",
            len(data[begin : error.start].decode()) + 1 if begin or starts_line else 0,
        ) from None


class Row(NamedTuple):
    """A row of TOML, JSON or Python. `end` is the number of bytes that were read so far."""

    table: str
    values: dict[str, Any]
    line: int
    size: int
    end: int


def batched(rows: Iterable[Row]) -> Iterator[Batch]:
    """Put consecutive rows of one table with the same columns into batches."""
    table, columns, names = "", (), frozenset[str]()  # type: tuple[str, tuple[str, ...], Any]
    values: list[tuple[Any, ...]] = []
    lines: list[int] = []
    size = begin = end = 0

    def batch() -> Batch:
        return Batch(table, columns, values, lines, end - begin)

    for row in rows:
        fits = row.table == table and row.values.keys() == names
        if not fits or len(values) == BATCH or size > BATCH_BYTES:
            if values:
                yield batch()
            table, columns, names = row.table, tuple(row.values), frozenset(row.values)
            values, lines, size, begin = [], [], 0, end
        values.append(tuple([row.values[name] for name in columns]))
        lines.append(row.line)
        size += row.size
        end = row.end
    if values:
        yield batch()


def is_too_deep(value: Any) -> bool:
    """Whether a list or dictionary is nested too deeply for the code that converts it."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            part
            for outer in level
            for part in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(part, (list, dict, tuple))
        ]
        if not level:
            return False
    return True


TOO_DEEP = f"A value has arrays or objects nested more than {DEEPEST} levels deep."
TOO_LARGE_EXPONENT = "A number has an exponent that is too large."
LONG_NUMBER = re.compile(r"[0-9][0-9_]{4300}")  # Python converts no more digits to an integer
TOO_LONG_NUMBER = "An integer has more than 4300 digits."
QUOTE_IT = "Write the number in quotes; the column's type converts it."


class Reader:
    """A file and its settings: see SeedFile. It is the base of all readers."""

    has_null = False  # whether the format has a NULL of its own
    keys_example = 'Write keys = {"orders": ["number"]}.'

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: dict[str, tuple[str, ...]] = {}
        self.keeps = self.is_reference = False
        try:
            self.size = path.stat().st_size
        except OSError as error:
            raise unreadable(path, error) from None

    def opened(self) -> BinaryIO:
        """Open the file after a byte order mark."""
        try:
            stream = self.path.open("rb")
            begin = stream.read(len(BOM))
            if begin != BOM:
                stream.seek(0)
        except OSError as error:
            raise unreadable(self.path, error) from None
        if begin.startswith(UTF_16):
            stream.close()
            raise self.wrong(1, "The file is UTF-16.", "Save the file as UTF-8.")
        return stream

    def blocks(self, start: int = 0, line: int = 1) -> Iterator[tuple[int, bytes]]:
        """Yield the numbers of the first lines and the bytes of blocks of whole lines; only the
        last line of the file may have no line end. `start` is the position of a line."""
        rest = b""
        with self.opened() as stream:
            if start:
                stream.seek(start)
            while block := stream.read(max(BLOCK, len(rest))):
                end = block.rfind(b"\n") + 1
                if end:
                    yield line, rest + block[:end]
                    line += block.count(b"\n")
                rest = block[end:] if end else rest + block
                if len(rest) > LIMIT:
                    raise self.wrong(line, f"The line is longer than {LIMIT // 2**20} MB.")
        if rest:
            yield line, rest

    def wrong(self, line: int, problem: str, hint: str = "", column: int = 0) -> SeedError:
        return wrong(self.path, line, problem, hint, column)

    def checked(self, row: Row) -> Row:
        nested = [value for value in row.values.values() if isinstance(value, (list, dict, tuple))]
        if any(map(is_too_deep, nested)):
            raise self.wrong(row.line, TOO_DEEP)
        return row

    def row(self, table: str, values: dict[str, Any], line: int, size: int, end: int) -> Row:
        """Return the `checked` row of TOML or JSON, with the values that its markers mean."""
        self.checked(Row(table, values, line, size, end))
        given = {name: meant(value, self.has_null) for name, value in values.items()}
        return Row(table, given, line, size, end)

    def set(self, name: str, value: Any, line: int) -> None:
        """Take a setting over. Raises SeedError if it is unknown or has an unusable value."""
        if name == "reference":
            if not isinstance(value, bool):
                raise self.wrong(line, "reference is not true or false.", "Write true or false.")
            self.is_reference = value
        elif name == "mode":
            if value not in ("keep", "update"):
                raise self.wrong(line, f"mode is {shown(value)}.", 'Write "keep" or "update".')
            self.keeps = value == "keep"
        elif name == "keys":
            self.keys = dict(self._keys(value, line))
        else:
            hint = suggestion(name, SETTINGS, f"The settings are {', '.join(SETTINGS)}.")
            raise self.wrong(
                line, f"{name or shown(name)} is neither a setting nor a list of rows.", hint
            )

    def _keys(self, value: Any, line: int) -> Iterator[tuple[str, tuple[str, ...]]]:
        if not isinstance(value, dict):
            raise self.wrong(line, "keys does not list columns by table.", self.keys_example)
        for table, columns in value.items():
            if table in SETTINGS and not isinstance(columns, (list, tuple)):
                hint = f"Put {table} above keys."
                raise self.wrong(line, f"The setting {table} is inside keys.", hint)
            yield table, self.key(table, columns, line)

    def key(self, table: str, columns: Any, line: int, name: str = "") -> tuple[str, ...]:
        """Return the columns of a table's key. Raises SeedError if they are no list of names.
        `name` is that of the setting, if it is not the table's."""
        is_list = isinstance(columns, (list, tuple)) and columns
        if not is_list or not all(isinstance(name, str) and name for name in columns):
            raise self.wrong(
                line,
                f"The key of {table} is not a list of column names.",
                f'Write {name or table} = ["column"].',
            )
        if repeated := first_repeated(columns):
            raise self.wrong(line, f"The key of {table} names {repeated} twice.")
        return tuple(columns)


def first_repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


class RowReader(Reader):
    """The reader of a format that has its rows one by one."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        for _ in self.rows():  # up to the first row, for the settings above it
            break

    def rows(self) -> Iterator[Row]:
        """Yield the rows in the order of the file; take over settings and keys on the way."""
        raise NotImplementedError

    def batches(self) -> Iterator[Batch]:
        """See SeedFile."""
        return batched(self.rows())
