"""The statements that a connection has sent, with what they do to tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .names import Name


@dataclass(frozen=True)
class TableAccess:
    """What a statement does to a table that existed before: the lock that it takes in addition to
    those of its transaction (empty if none), the strongest lock that the transaction then holds,
    and whether the statement reads or writes the whole table."""

    table: Name
    lock: str = ""
    held: str = ""
    scans: bool = False
    rewrites: bool = False


@dataclass(frozen=True)
class Sent:
    """A statement with its values; whether it began or ended a transaction, or ran outside."""

    sql: str
    begins: bool = False
    ends: bool = False
    outside: bool = False
    accesses: tuple[TableAccess, ...] = ()


@dataclass(frozen=True)
class Size:
    """The estimates of a table, which cost no scan; None if they are unknown."""

    rows: int | None = None
    bytes: int | None = None


# Receives a statement with its values and a function that sends it, and must call that function;
# with `True`, the function also looks for the accesses.
Heard = Callable[[str, Callable[[bool], Sent]], None]
