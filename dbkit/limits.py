"""How long a run waits: for other runs of dbkit, for locks, and for its own statements."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from .errors import ConfigError

UNITS = {"": 1.0, "s": 1.0, "ms": 0.001, "min": 60.0, "h": 3600.0}
NUMBER = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|min|h|)", re.ASCII)
LIMITS = ("wait", "lock_timeout", "statement_timeout")  # the settings of a user
LONGEST = 2_000_000  # seconds; PostgreSQL and SQLite store milliseconds in 32 bits


@dataclass(frozen=True)
class Limits:
    """How long a run waits. All values are in seconds.

    Attributes:
        wait: The longest wait for another run, and for sessions that block a migration. 0 means
            not to wait.
        lock_timeout: The longest wait of a statement for a lock. 0 means no limit.
        statement_timeout: The longest time that a statement may run, on PostgreSQL. 0 means no
            limit.
        session: The connection is a session of its own (not one of a pooler), so that the lock
            can be held for the whole run.
    """

    wait: float = 60
    lock_timeout: float = 3
    statement_timeout: float = 0
    session: bool = False


DEFAULT = Limits()


def seconds(text: str | float, where: str) -> float:
    """Return a duration: a number of seconds, or a number with one of PostgreSQL's units.

    Raises ConfigError for any other text; `where` names the setting.
    """
    match = NUMBER.fullmatch(str(text).strip().lower())
    value = float(match[1]) * UNITS[match[2]] if match else -1
    if not 0 <= value <= LONGEST:
        raise ConfigError(
            f"{where} is not a duration: {text}.", "Write seconds (3, 0.5), or 500ms, 3s, 2min, 1h."
        )
    return value


class Busy(Exception):
    """Another run holds the lock; the text describes that run."""


class Patience:
    """The time that a run may still wait. It begins when a run first asks whether it is over."""

    def __init__(self, wait: float) -> None:
        self.wait, self.end, self.announced = wait, 0.0, False

    def over(self) -> bool:
        self.end = self.end or time.monotonic() + self.wait
        return time.monotonic() >= self.end

    def announce(self, warn: Callable[..., None], *words: str) -> None:
        """Say, once, for what the run waits."""
        if not self.announced:
            warn(*words, stacklevel=2)
        self.announced = True

    def sleep(self, longest: float) -> None:
        """Sleep for a random time up to this, so that two runs do not collide again."""
        left = self.end - time.monotonic()
        time.sleep(max(0, min(left, longest * random.uniform(0.3, 1))))  # noqa: S311
