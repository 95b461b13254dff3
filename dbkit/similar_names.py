"""The known name that a misspelt name may mean."""

from __future__ import annotations

from collections.abc import Iterable


def similar(name: str, known: Iterable[str], least: float = 0.6) -> str:
    """Return the known name that is most like a name, or an empty text. `least` is how much the two
    have in common at least, from 0 to 1; see `difflib.get_close_matches`."""
    from difflib import get_close_matches  # only errors need it

    return next(iter(get_close_matches(name, list(known), 1, least)), "")
