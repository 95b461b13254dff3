"""Texts as Markdown, so that no character of a name or a comment is markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..printable import printable

PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
# punctuation of prose, at places where it is never markup
# punctuation of prose, at places where it is never markup
ORDINARY = re.compile(
    r"(?<=\w)[_,;'-](?=\w)|(?:(?<=[^\W\d])|(?<=\)))[.,:;](?= |$)|(?<= )\((?=\w)|(?<=[^\W\d])\)"
)


def escaped(text: str) -> str:
    """Return a text of one or more lines as the text of a paragraph or a cell."""
    return "<br>".join(_line(line) for line in text.splitlines())


def _line(text: str) -> str:
    text = printable(text.strip())
    ordinary = {match.start() for match in ORDINARY.finditer(text) if match.start()}
    return PUNCTUATION.sub(
        lambda match: match[0] if match.start() in ordinary else f"&#{ord(match[0])};", text
    )


def code(text: object) -> str:
    """Return a name or a type in the font of code."""
    line = printable(text)
    if not line:
        return ""
    if line.strip() == line and not re.search(r"[`|\\]", line):
        return f"`{line}`"
    return f"<code>{PUNCTUATION.sub(lambda match: f'&#{ord(match[0])};', line)}</code>"


def expression(text: str) -> str:
    """Return SQL in the font of code, on one line."""
    return code(" ".join(line.strip() for line in text.splitlines()).strip())


def codes(texts: Iterable[object]) -> str:
    """Return several names, separated by commas."""
    return ", ".join(map(code, texts))


def block(text: str) -> Iterator[str]:
    """Yield a text of several lines as a block of SQL."""
    longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}sql", *(printable(line) for line in text.splitlines()), fence)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table; columns without any text are left out."""
    rows = list(rows)
    kept = [number for number in range(len(heads)) if any(row[number] for row in rows)]
    yield f"| {' | '.join(heads[number] for number in kept)} |"
    yield f"|{' --- |' * len(kept)}"
    yield from (f"| {' | '.join(row[number] for number in kept)} |" for row in rows)
