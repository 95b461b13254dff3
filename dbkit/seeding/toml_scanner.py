"""Where a line of TOML ends: inside brackets, inside a string of several lines, or outside."""

from __future__ import annotations

import re

MATTERS = re.compile(r"[\[\]{}]|\"\"\"|'''")
TOKEN = re.compile(r"""\"{3}|'{3}|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'|#[^\n]*+|[\[\]{}]""")
# three quotes end a string, and up to two more before them belong to it
END = {'"""': re.compile(r'\\.|"{3,5}', re.DOTALL), "'''": re.compile(r"'{3,5}")}


class Scanner:
    """Follows brackets and strings. tomllib judges the text; after an error the place is open."""

    def __init__(self) -> None:
        self.depth = self.deepest = 0
        self.quote = ""

    @property
    def is_outside(self) -> bool:
        return not self.depth and not self.quote

    def feed(self, line: str) -> int:
        """Read a line, and return the number of braces that open directly in an outer bracket."""
        opened = position = 0
        if not self.quote and not MATTERS.search(line):
            return 0
        while match := (END[self.quote] if self.quote else TOKEN).search(line, position):
            position = match.end()
            found = match[0]
            if self.quote:
                if found[0] != "\\":
                    self.quote = ""
            elif found in END:
                self.quote = found
            elif found in ("[", "{"):
                opened += found == "{" and self.depth == 1
                self.depth += 1
                self.deepest = max(self.deepest, self.depth)
            elif found in ("]", "}"):
                self.depth = max(0, self.depth - 1)
        return opened
