"""The blocks of a Markdown page, which tests run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^(?:<!-- ([^\n]*) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of code, with the comment on the line before it."""

    comment: str
    language: str
    text: str

    def commands(self) -> Iterator[tuple[str, str]]:
        """(command, what the page says it prints), in order; in the output, ... is any text."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def blocks(page: Path, language: str = "") -> list[Block]:
    """The blocks of a page; only those of a language, if one is given."""
    found = [Block(*groups) for groups in BLOCK.findall(page.read_text(encoding="utf-8"))]
    return [block for block in found if language in ("", block.language)]


def assert_printed(command: str, expected: str, printed: str) -> None:
    pattern = re.escape(expected).replace(re.escape("..."), ".*?")
    assert re.fullmatch(pattern, printed, re.DOTALL), f"$ {command}\n{printed}"
