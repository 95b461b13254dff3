"""Numbers with their nouns."""

from __future__ import annotations


def plural(noun: str) -> str:
    """Return the plural of a noun: tables, indexes, policies."""
    if noun.endswith("x"):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("cy") else f"{noun}s"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 row", "1,200 rows"."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"
