"""Texts that match a pattern of SQL (LIKE, ILIKE, GLOB, ~), for the usual patterns."""

from __future__ import annotations

import re
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, punctuation

from .fake_kinds import FakeKind

CLASSES = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:space:]": " ",
    "[:xdigit:]": "0-9a-f",
}
ESCAPES = {"d": digits, "w": ascii_lowercase + digits, "s": " ", "D": ascii_letters,
           "W": "-", "S": ascii_letters, "t": "\t", "n": "\n"}  # fmt: skip
ANCHORS = ("A", "Z", "b", "y", "m", "M")
PRINTABLE = ascii_letters + digits + punctuation + " "
USUAL = 4  # repetitions where a pattern has no upper limit
QUANTIFIER = re.compile(r"([*+?]|\{(\d+)(,?)(\d*)\})\??")


class Unmatchable(Exception):
    """The pattern has a syntax that is not understood."""


def as_regex(sign: str, pattern: str) -> str:
    """Return a pattern of SQL as a regular expression. `sign` is a value of check_syntax.LIKE."""
    if sign in ("~", "~*"):
        for name, letters in CLASSES.items():
            pattern = pattern.replace(name, letters)
        return pattern
    if sign == "glob":
        parts = re.split(r"([*?]|\[[^\]]+\])", pattern)
        known = {"*": ".*", "?": "."}
        kept = [part.startswith("[") for part in parts]
    else:
        parts = re.split(r"([%_])", pattern)
        known = {"%": ".*", "_": "."}
        kept = [False] * len(parts)
    texts = (part if keep else known.get(part) or re.escape(part)
             for part, keep in zip(parts, kept, strict=True))  # fmt: skip
    return rf"^{''.join(texts)}$"


def matches(sign: str, pattern: str, text: str) -> bool:
    """Whether a text matches, as far as Python can tell: no, if it does not know the pattern."""
    flags = re.DOTALL | (re.IGNORECASE if sign in ("ilike", "~*") else 0)
    try:
        return re.search(as_regex(sign, pattern), text, flags) is not None
    except (re.error, OverflowError):
        return False


def pattern_kind(sign: str, pattern: str, longest: int | None) -> FakeKind | None:
    """Return a kind of texts that match the pattern; None if it is not understood."""
    for usual in (USUAL, 1, 0):
        try:
            letters = _Parser(as_regex(sign, pattern), usual).all()
        except (Unmatchable, IndexError, ValueError):
            return None
        if longest is None or len(letters) <= longest:
            return _texts(letters)
    return None


def _texts(letters: list[str]) -> FakeKind:
    """Texts with one of the letters in each place."""
    size = 1
    for choices in letters:
        size *= len(choices)

    def at(n: int) -> str:
        text = []
        for choices in reversed(letters):
            n, place = divmod(n, len(choices))
            text.append(choices[place])
        return "".join(reversed(text))

    return FakeKind(at, size, size)


class _Parser:
    """Reads a regular expression as the letters that may be in each place of a text."""

    def __init__(self, pattern: str, usual: int) -> None:
        self.pattern, self.usual, self.place = pattern, usual, 0

    def all(self) -> list[str]:
        found = self._alternatives()
        if self.place < len(self.pattern):
            raise Unmatchable
        return found

    def _alternatives(self) -> list[str]:
        """The first alternative; the others are skipped."""
        first = self._sequence()
        while self._take("|"):
            self._sequence()
        return first

    def _take(self, text: str) -> bool:
        if not self.pattern.startswith(text, self.place):
            return False
        self.place += len(text)
        return True

    def _sequence(self) -> list[str]:
        found: list[str] = []
        while self.place < len(self.pattern) and self.pattern[self.place] not in "|)":
            part = self._part()
            found += part * self._count()
        return found

    def _count(self) -> int:
        match = QUANTIFIER.match(self.pattern, self.place)
        if match is None:
            return 1
        self.place = match.end()
        if match[2]:
            low = int(match[2])
            high = int(match[4]) if match[4] else low + self.usual if match[3] else low
        else:
            low = int(match[1] == "+")
            high = 1 if match[1] == "?" else max(self.usual, low)
        return max(low, min(high, self.usual))

    def _part(self) -> list[str]:
        letter = self.pattern[self.place]
        self.place += 1
        if letter in "^$":
            return []
        if letter == ".":
            return [ascii_lowercase]
        if letter == "(":
            if self._take("?") and not self._take(":"):
                raise Unmatchable
            found = self._alternatives()
            if not self._take(")"):
                raise Unmatchable
            return found
        if letter == "[":
            return [self._class()]
        if letter == "\\":
            return self._escape()
        return [letter]

    def _escape(self) -> list[str]:
        letter = self.pattern[self.place]
        self.place += 1
        if letter in ANCHORS:
            return []
        if letter in ESCAPES:
            return [ESCAPES[letter]]
        if letter.isalnum():
            raise Unmatchable
        return [letter]

    def _class(self) -> str:
        negated = self._take("^") or self._take("!")
        found: dict[str, None] = {}
        first = True
        while first or not self.pattern.startswith("]", self.place):
            letter = self.pattern[self.place]
            self.place += 1
            if letter == "\\":
                letters = "".join(self._escape())
            elif self.pattern[self.place] == "-" and self.pattern[self.place + 1] != "]":
                last = self.pattern[self.place + 1]
                self.place += 2
                letters = "".join(map(chr, range(ord(letter), ord(last) + 1)))
            else:
                letters = letter
            found.update(dict.fromkeys(letters))
            first = False
        self.place += 1
        if negated:
            return "".join(letter for letter in PRINTABLE if letter not in found)
        for alphabet in (ascii_lowercase, ascii_uppercase):  # words look best without signs
            if set(alphabet) <= found.keys() and self.usual:
                return alphabet
        return "".join(found)
