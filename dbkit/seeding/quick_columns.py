"""A whole column of texts at the speed of C."""

from __future__ import annotations

import os
from collections.abc import Sequence

DIGITS = bytes.maketrans(b"0123456789", b"0" * 10)
HEX_DIGITS = bytes.maketrans(b"0123456789abcdefABCDEF", b"0" * 22)
VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def only(column: Sequence[str], characters: bytes) -> bool:
    """Whether the texts have only these ASCII characters."""
    return not "".join(column).encode().translate(None, characters)


def shapes(column: Sequence[str], digits: bytes = DIGITS) -> set[bytes]:
    """The texts with 0 for each digit; a shape of its own if a text has a line break."""
    lines = "\n".join(column).encode().translate(digits).split(b"\n")
    return set(lines) if len(lines) == len(column) else {b"\n"}


def random_uuids(count: int) -> list[str]:
    """So many results of uuid.uuid4(), as hexadecimal digits."""
    digits = os.urandom(16 * count).hex()
    return [
        f"{digits[at : at + 12]}4{digits[at + 13 : at + 16]}"
        f"{VARIANTS[digits[at + 16]]}{digits[at + 17 : at + 32]}"
        for at in range(0, 32 * count, 32)
    ]
