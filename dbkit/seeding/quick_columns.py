"""Checks of a whole column of texts at the speed of C."""

from __future__ import annotations

from collections.abc import Sequence

DIGITS = bytes.maketrans(b"0123456789", b"0" * 10)
HEX_DIGITS = bytes.maketrans(b"0123456789abcdefABCDEF", b"0" * 22)


def only(column: Sequence[str], characters: bytes) -> bool:
    """Whether the texts have only these ASCII characters."""
    return not "".join(column).encode().translate(None, characters)


def shapes(column: Sequence[str], digits: bytes = DIGITS) -> set[bytes]:
    """The texts with 0 for each digit; an empty set if a text has a line break."""
    lines = "\n".join(column).encode().translate(digits).split(b"\n")
    return set(lines) if len(lines) == len(column) else set()
