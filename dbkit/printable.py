"""Texts that cannot control a terminal or turn a line of text around."""

from __future__ import annotations


def printable(text: object, kept: str = "") -> str:
    """Return a text in which characters that cannot be seen are escaped, except those of `kept`."""
    text = str(text)
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in kept else ascii(one)[1:-1] for one in text)
