"""The statements that a connection has sent, with their effects on tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .names import Name


@dataclass(frozen=True)
class Effect:
    """What a statement does to a table that existed before: the lock that it takes in addition to
    those of its transaction (empty if none), and whether it reads or writes the whole table."""

    table: Name
    lock: str = ""
    scans: bool = False
    rewrites: bool = False


@dataclass(frozen=True)
class Sent:
    """A statement with its values; whether it began or ended a transaction."""

    sql: str
    begins: bool = False
    ends: bool = False
    effects: tuple[Effect, ...] = ()


# gets a function that sends a statement, and calls it; `True` lets it look for the effects
Heard = Callable[[Callable[[bool], Sent]], None]
