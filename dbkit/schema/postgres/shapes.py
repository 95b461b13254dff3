"""One question for all checks that differ only in the names of columns and in values.

`price7 >= 7` and `cost >= 25`, on numeric columns, have the same shape, so the server's spelling of
the first shows its spelling of the second. The answer can only show that a live text is equal. If
it is not, the server is asked about the check itself, so a shape never causes a false difference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import peewee as pw

from dbkit.pinned_queries import ask

from ..sql import folded

NOT_PLAIN = "SELECT word FROM pg_catalog.pg_get_keywords() WHERE catcode <> 'U'"

# A word is a column's name unless it is a function, a type after ::, or part of a qualified name. A
# number counts if the server prints it unchanged and it has the same type with another value.
TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<name>(?<![.:\w])[a-zA-Z_]\w*(?!\w|\s*[(.'"]))
    |(?P<number>(?<![.\w])[1-9]\d{0,8}(?:\.\d{1,9})?(?![.\w]))""",
    re.VERBOSE,
)
UNFIT = re.compile(r'"|dbkit_|\d{10}')  # quoted names, and texts that look like a placeholder
WORD = re.compile(r"[a-z_]\w*")
PLACEHOLDER = re.compile(r"(\bdbkit_\d+\b|(?<!')'dbkit_\d+'(?!')|\b1\d{9}(?:\.5)?\b)")
TEXTS = ("character varying", "character", "text")
LONGEST = 60  # a longer text might be truncated if it is a name

KEYWORDS: dict[int, frozenset[str]] = {}  # by the server's version

# (source with placeholders, (name, type) of the columns' placeholders, the value of each)
Shape = tuple[str, frozenset[tuple[str, str]], dict[str, str]]


class Shapes:
    """Replaces values and names in checks by placeholders, and puts them into the answers."""

    def __init__(self, database: pw.Database) -> None:
        self.keywords = _keywords(database)
        self.columns: dict[tuple[str, int], str] = {}  # (type, how many before) -> placeholder

    def shape(self, source: str, types: Mapping[str, str]) -> Shape | None:
        """Return the shape of a check, or None if it has none. `types` are the types of the table's
        columns by name."""
        if UNFIT.search(source):
            return None
        found: dict[str, str] = {}  # the original text -> its placeholder
        values: dict[str, str] = {}
        columns: list[tuple[str, str]] = []
        texts = "'" in source and all(
            types[word].startswith(TEXTS)
            for word in WORD.findall(folded(source)) if word in types
        )  # fmt: skip

        def placeholder(match: re.Match[str]) -> str:
            word = meant = match[0]
            if word in found:
                return found[word]
            if match.lastgroup == "name":
                meant = folded(word)
                if meant not in types or meant in self.keywords:
                    return word
                type_ = types[meant]
                same = sum(1 for _, other in columns if other == type_)
                mark = self.columns.setdefault((type_, same), f"dbkit_{len(self.columns)}")
                columns.append((mark, type_))
            elif match.lastgroup == "number":
                mark = f"{1_000_000_000 + len(found)}" + ".5" * ("." in word)
            elif texts and len(word) < LONGEST:
                mark = f"'dbkit_{1_000_000 + len(found)}'"
            else:
                return word
            found[word], values[mark] = mark, meant
            return mark

        return TOKEN.sub(placeholder, source), frozenset(columns), values


def filled(answer: str | None, values: Mapping[str, str]) -> str | None:
    """Return the server's answer for a shape with the values filled in; None if there is no answer,
    or if the answer lacks a placeholder."""
    if answer is None:
        return None
    pieces = _pieces(answer)
    if set(pieces[1::2]) != values.keys():
        return None
    filled = [*pieces]
    filled[1::2] = [values[mark] for mark in pieces[1::2]]
    return "".join(filled)


def _keywords(database: pw.Database) -> frozenset[str]:
    """The keywords of this version of the server."""
    version = database.server_version
    if version not in KEYWORDS:
        KEYWORDS[version] = frozenset(word for (word,) in ask(database, NOT_PLAIN).fetchall())
    return KEYWORDS[version]


@lru_cache(maxsize=1_000)
def _pieces(answer: str) -> list[str]:
    """The answer split at its placeholders, which are every second piece."""
    return PLACEHOLDER.split(answer)
