"""Numbers with their nouns, and long lists in few words."""

from __future__ import annotations

from collections.abc import Sequence


def plural(noun: str) -> str:
    """Return the plural of a noun: tables, indexes, policies."""
    if noun.endswith("x"):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("cy") else f"{noun}s"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 row", "1,200 rows"."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def first_of(names: Sequence[str], number: int) -> str:
    """Return the first names: "a, b, c, and 2 more"; all of them if there is only one more."""
    more = len(names) - number
    return ", ".join([*names[:number], f"and {more:,} more"] if more > 1 else names)
