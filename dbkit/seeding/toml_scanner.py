"""Whether a text in TOML ends inside brackets, inside a string of several lines, or outside."""

from __future__ import annotations

import re

MATTERS = ("[", "{", '"""', "'''")
# possessive, so that a string of 10 MB needs no stack
TOKEN = re.compile(r"""\"{3}|'{3}|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'|#[^\n]*+|[\[\]{}]""")
# three quotes end a string, and up to two more before them belong to it
END = {'"""': re.compile(r'\\.|"{3,5}', re.DOTALL), "'''": re.compile(r"'{3,5}")}


class Scanner:
    """Follows brackets and strings. It does not judge the text; tomllib does."""

    def __init__(self) -> None:
        self.depth = 0
        self.quote = ""
        self.opened_at: int | None = None  # where the fed text opened what is still open
        self.rows: list[int] = []  # where the fed text opens braces directly in a bracket

    @property
    def is_outside(self) -> bool:
        return not self.depth and not self.quote

    def feed(self, text: str, position: int = 0, deepest: int = 0) -> int | None:
        """Read whole lines from a position. Return where the brackets become deeper than
        `deepest`, if they do."""
        self.opened_at, self.rows = None, []
        if self.is_outside and not any(text.find(token, position) >= 0 for token in MATTERS):
            return None
        while match := (END[self.quote] if self.quote else TOKEN).search(text, position):
            position = match.end()
            found = match[0]
            if self.quote:
                if found[0] != "\\":
                    self.quote = ""
            elif found in END or found in ("[", "{"):
                self._open(found, match.start())
                if deepest and self.depth > deepest:
                    return match.start()
            elif found in ("]", "}"):
                self.depth = max(0, self.depth - 1)
        return None

    def _open(self, found: str, position: int) -> None:
        if not self.depth:
            self.opened_at = position
        if found in END:
            self.quote = found
            return
        if found == "{" and self.depth == 1:
            self.rows.append(position)
        self.depth += 1
