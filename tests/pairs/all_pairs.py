"""The table of pairs, over every kind of change: name -> pair, and where each is run."""

from __future__ import annotations

from . import columns, enums, indexes, keys, nothing, renames, tables
from .pair import Pair, Pairs

MODULES = (tables, columns, keys, indexes, enums, renames)


def _of(name: str) -> Pairs:
    found: Pairs = {}
    for module in MODULES:
        pairs: Pairs = getattr(module, name, {})
        assert not found.keys() & pairs.keys()
        found |= pairs
    return found


BOTH, POSTGRES, SQLITE = _of("BOTH"), _of("POSTGRES"), _of("SQLITE")
PAIRS: dict[str, Pair] = {**BOTH, **POSTGRES, **SQLITE}
NOTHING = nothing.BOTH
assert len(PAIRS) == len(BOTH) + len(POSTGRES) + len(SQLITE)
