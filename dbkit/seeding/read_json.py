"""Seed files in JSON, read row by row:

{"reference": true, "mode": "keep", "keys": {"campaigns": ["name"]},
 "campaigns": [{"name": "Q4 Product Launch"}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .json_window import NO_COMMENTS, Window
from .reading import SETTINGS, Row, RowReader

EXAMPLE = 'Write an object of tables: {"campaigns": [{"name": "..."}]}.'


class JsonFile(RowReader):
    """A seed file in JSON; see SeedFile."""

    has_null = True
    keys_example = 'Write "keys": {"orders": ["number"]}.'

    def rows(self) -> Iterator[Row]:
        seen: dict[str, int] = {}
        has_rows = False
        with self.opened() as stream:
            window = Window(self.path, stream)
            if window.peek() != "{":
                raise self.wrong(window.line, "The file is not an object.", _example(window))
            for _ in window.items("{", "}"):
                name, line = window.name()
                if name in seen:
                    problem = f"{name} is defined on line {seen[name]} already."
                    raise self.wrong(line, problem, f"Put all rows of {name} into one list.")
                seen[name] = line
                if window.peek() == "[":
                    for row in self._rows_of(name, window):
                        has_rows = True
                        yield row
                elif has_rows and name in ("mode", "reference"):
                    raise self.wrong(line, f"{name} comes after rows.", "Put it at the top.")
                else:
                    self._set(name, window.value(), line)
            if window.peek():
                raise self.wrong(window.line, "Text follows the end of the object.", "Remove it.")

    def _set(self, name: str, value: Any, line: int) -> None:
        if isinstance(value, dict) and name not in SETTINGS:
            hint = f'Put its rows into a list: "{name}": [{{...}}].'
            raise self.wrong(line, f"{name} is not a list of rows.", hint)
        self.set(name, value, line)

    def _rows_of(self, table: str, window: Window) -> Iterator[Row]:
        for _ in window.items("[", "]"):
            if window.peek() != "{":
                if table in SETTINGS:
                    self.set(table, [window.value()], window.line)
                problem = f"A row of {table} is not an object."
                raise self.wrong(window.line, problem, _example(window))
            line, begin = window.line, window.end
            values = window.value()
            yield self.row(table, values, line, window.end - begin, window.end)


def _example(window: Window) -> str:
    """The next step where an object must begin."""
    return NO_COMMENTS if window.peek() in ("/", "#") else EXAMPLE
