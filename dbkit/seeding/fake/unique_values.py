"""Values that are unique together, without memory of those that were used: a permutation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd, prod
from random import Random
from typing import Any

from .fake_kinds import FakeKind

PASSES = 20  # rows that the database rejected are tried again with other values beside them


class Exhausted(Exception):
    """All combinations of the values are used."""


@dataclass(eq=False)
class Unit:
    """Columns that get their values together: a foreign key, or one column. `places` are the
    columns in the row. With several places, a value of the kind is a tuple. `nulls` are the places
    that may be NULL; `null` says that they must be (True) or must not be (False). A `fixed` unit
    has values that no other code may change."""

    places: tuple[int, ...]
    kind: FakeKind
    nulls: tuple[int, ...] = ()
    null: bool | None = None
    is_key: bool = False
    fixed: bool = False

    def put(self, row: list[Any], value: Any) -> None:
        if len(self.places) == 1:
            row[self.places[0]] = value
        else:
            for place, part in zip(self.places, value, strict=True):
                row[place] = part

    def put_null(self, row: list[Any]) -> None:
        for place in self.nulls:
            row[place] = None


@dataclass(eq=False)
class Combinations:
    """Gives units values whose combination is different in every row, for about `count` rows. Units
    that are large enough get more values than the natural ones, if that is necessary."""

    units: Sequence[Unit]
    count: int
    random: Random
    may_be_null: bool = True  # NULLs are distinct
    used: int = 0
    sizes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sizes = [min(unit.kind.size, unit.kind.common) for unit in self.units]
        wanted = 2 * self.count  # some are used already
        for place, unit in reversed([*enumerate(self.units)]):
            others = max(1, prod(self.sizes) // max(1, self.sizes[place]))
            self.sizes[place] = min(unit.kind.size, max(self.sizes[place], -(-wanted // others)))
        self.total = prod(self.sizes)  # the number of combinations
        self.most = self.total * (1 if self._nullable else PASSES)
        self.first = self.random.randrange(self.total or 1)
        self.step = self._step()

    def _step(self) -> int:
        """A number that has no divisor in common with the number of combinations."""
        while self.total > 2:
            step = self.random.randrange(1, self.total)
            if gcd(step, self.total) == 1:
                return step
        return 1

    def put(self, row: list[Any]) -> None:
        """Put the next combination into a row. Raises Exhausted."""
        if self.used >= self.most:
            return self._put_null(row)
        number = (self.first + self.step * self.used) % self.total
        self.used += 1
        for unit, size in zip(self.units, self.sizes, strict=True):
            number, digit = divmod(number, size)
            unit.put(row, unit.kind.at(digit))
        return None

    @property
    def _nullable(self) -> Unit | None:
        """A unit whose NULLs allow more rows."""
        if not self.may_be_null:
            return None
        return next((unit for unit in self.units if unit.nulls and unit.null is not False), None)

    def _put_null(self, row: list[Any]) -> None:
        unit = self._nullable
        if unit is None:
            raise Exhausted
        for other in self.units:
            if other is not unit and other.kind.size:
                other.put(row, other.kind.draw(self.random))
            elif other is not unit:
                other.put_null(row)
        unit.put_null(row)
