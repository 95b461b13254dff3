"""Marks the statements that dbkit sends for itself: reads, locks, and the limits of a transaction.

`--sql` leaves them out: without them, the other statements have the same effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

OWN = ContextVar("own", default=False)


@contextmanager
def own_statements() -> Iterator[None]:
    """Mark the statements of the block."""
    token = OWN.set(True)
    try:
        yield
    finally:
        OWN.reset(token)


def are_own() -> bool:
    """Whether the statements that are sent now are dbkit's own."""
    return OWN.get()
