"""Kinds of values, as functions from numbers: different numbers give different values.

So a random number gives a random value, and a permutation of numbers gives unique values without
memory of those that were used.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from string import ascii_lowercase, digits
from typing import Any

NUMBER, LONG_NUMBER = 7, 12  # digits of the number that makes a text unique
ROOMY = 40  # characters that leave room for a long number
EXACT = 1 << 50  # below it, multiplying with a float reaches every number, and is faster
ALPHABET = digits + ascii_lowercase
FILLER = " and so on, as far as it goes"


@dataclass(frozen=True, slots=True)
class FakeKind:
    """`at(n)` is a different value for each n below `size`. The values below `common` are the most
    natural. With a `skew` of 3, smaller numbers are more frequent."""

    at: Callable[[int], Any]
    size: int
    common: int
    skew: int = 1

    def draw(self, random: Random) -> Any:
        """Return a random natural value."""
        if self.common > EXACT:
            return self.at(random.randrange(self.common))
        return self.at(int(random.random() ** self.skew * self.common))


def some_of(values: Sequence[Any], skew: int = 1) -> FakeKind:
    return FakeKind(values.__getitem__, len(values), len(values), skew)


def mapped(kind: FakeKind, function: Callable[[Any], Any]) -> FakeKind:
    """Return the kind with a function applied to its values."""
    at = kind.at
    return replace(kind, at=lambda n: function(at(n)))


def integers(low: int, high: int, common: int | None = None, skew: int = 1) -> FakeKind:
    """Integers from `low` to `high`; the first `common` of them are natural."""
    size = max(high - low + 1, 0)
    return FakeKind(lambda n: low + n, size, min(size, common or size), skew)


def decimals(low: Decimal, high: Decimal, places: int, common: Decimal, skew: int = 1) -> FakeKind:
    """Decimal numbers with so many places; those up to `low` + `common` are natural."""
    step = Decimal(1).scaleb(-places)
    first = int((low / step).to_integral_value("ROUND_CEILING"))
    last = int((high / step).to_integral_value("ROUND_FLOOR"))
    kind = integers(first, last, max(1, int(common / step) + 1), skew)
    return mapped(kind, lambda n: Decimal(n).scaleb(-places))


def moments(first: dt.datetime, last: dt.datetime) -> FakeKind:
    """Times with a distance of seconds, from the first to the last."""
    size = max(int((last - first).total_seconds()) + 1, 0)
    return FakeKind(lambda n: first + dt.timedelta(seconds=n), size, size)


def days(first: dt.date, last: dt.date) -> FakeKind:
    start = first.toordinal()
    return mapped(integers(0, last.toordinal() - start), lambda n: dt.date.fromordinal(start + n))


def uuids() -> FakeKind:
    """UUIDs of version 4."""

    def at(n: int) -> uuid.UUID:
        head, middle, tail = n >> 74, n >> 62 & 0xFFF, n & (1 << 62) - 1
        return uuid.UUID(int=head << 80 | 4 << 76 | middle << 64 | 2 << 62 | tail)

    return FakeKind(at, 1 << 122, 1 << 122)


def hexadecimal(length: int) -> FakeKind:
    size = 16**length
    return FakeKind(lambda n: f"{n:0{length}x}", size, size)


def number_texts(length: int, head: str = "") -> FakeKind:
    """Texts of so many digits after the head."""
    size = 10**length
    return FakeKind(lambda n: f"{head}{n:0{length}d}", size, size)


def codes(length: int, letters: str = ALPHABET) -> FakeKind:
    """Texts of exactly so many characters."""
    base = len(letters)

    def at(n: int) -> str:
        text = []
        for _ in range(length):
            n, digit = divmod(n, base)
            text.append(letters[digit])
        return "".join(text)

    size = min(base**length, 1 << 122)
    return FakeKind(at, size, size)


def octets(length: int) -> FakeKind:
    size = 256**length
    return FakeKind(lambda n: n.to_bytes(length, "big"), size, size)


def addresses() -> FakeKind:
    """Private IPv4 addresses."""
    first = int(ipaddress.IPv4Address("10.0.0.1"))
    return mapped(integers(first, first + 2**24 - 3), lambda n: str(ipaddress.IPv4Address(n)))


def phrases(
    template: str, pools: Sequence[Sequence[str]], number: str = " {}", longest: int | None = None
) -> FakeKind | None:
    """Texts from words of the pools in the places `{}` of the template; in the last place, a number
    follows the words when all their combinations are used. None if `longest` is too short."""
    count = LONG_NUMBER if longest is None or longest >= ROOMY else NUMBER
    if longest is not None:
        fixed = len(template.replace("{}", "")) + len(number.replace("{}", ""))
        room = (longest - fixed - count) // len(pools)
        pools = [[word for word in pool if len(word) <= room] for pool in pools]
    if any(len(pool) < 5 < len(full) for pool, full in zip(pools, pools, strict=True)):
        return None
    if not all(pools):
        return None
    common = 1
    for pool in pools:
        common *= len(pool)

    def at(n: int) -> str:
        chosen = []
        for pool in pools:
            n, place = divmod(n, len(pool))
            chosen.append(pool[place])
        return template.format(*chosen, number.format(n + 1) if n else "")

    return FakeKind(at, common * 10 ** (count - 1), common)


def at_least(kind: FakeKind, length: int) -> FakeKind:
    """Return the kind with texts of at least so many characters."""

    def longer(text: str) -> str:
        missing = length - len(text)
        return text if missing <= 0 else text + (FILLER * (missing // len(FILLER) + 1))[:missing]

    return mapped(kind, longer)


def lists(kind: FakeKind, dimensions: int = 1, count: int = 3) -> FakeKind:
    """Lists of one to `count` values; the first value is unique."""

    def at(n: int) -> list[Any]:
        found: Any = [kind.at((n + step) % kind.size) for step in range(1 + n % count)]
        for _ in range(dimensions - 1):
            found = [found]
        return list(found)

    return FakeKind(at, kind.size, kind.common)


def objects(kind: FakeKind) -> FakeKind:
    """Small JSON objects, with a value of the kind."""
    tags = ("web", "mail", "mobile", "print")
    return mapped(
        replace(kind, at=lambda n: (n, kind.at(n))),
        lambda pair: {"label": pair[1], "source": tags[pair[0] % 4], "enabled": pair[0] % 3 > 0},
    )
