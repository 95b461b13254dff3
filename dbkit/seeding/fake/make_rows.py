"""Makes plausible rows of a table, which its constraints usually accept. The database judges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from random import Random
from typing import Any

from dbkit.errors import SeedError
from dbkit.schema.values import Column, ForeignKey

from .check_limits import CheckLimits
from .column_kinds import kind_of
from .described import Described
from .fake_kinds import FakeKind, some_of
from .numbers import TODAY, are_ordered
from .sources import Key, Source, UniqueSet
from .texts import plain_name
from .unique_values import Combinations, Exhausted, Unit

NULLS = 0.1  # of the values of a nullable column
JOINED = 10_000  # combinations of parents of overlapping foreign keys


class FakeRows:
    """Rows with values for `source.columns`. The database may reject some, so there are more than
    `count`, the number that is needed. If the unique columns have no other values left, the rows
    end, and `end` is the error that says so.

    The same seed number, source and time `today` give the same rows; no other time is used, and by
    default it is constant. Values of foreign keys are those of `source.parents`; other values are
    as Python has them. Raises ConfigError if Faker is not installed.
    """

    def __init__(self, source: Source, count: int, seed: int, today: dt.datetime = TODAY) -> None:
        self.random = Random(f"{seed}:{source.name}:{source.existing}")  # noqa: S311 -- no secret
        plans = [Plan(source, way, count, self.random, today) for way in source.ways]
        self.plans = [plan for plan in plans if plan.is_possible] or plans[:1]
        self.end: SeedError | None = None

    def __iter__(self) -> Iterator[list[Any]]:
        return self

    def __next__(self) -> list[Any]:
        while self.end is None:
            plan = self.random.choice(self.plans) if len(self.plans) > 1 else self.plans[0]
            try:
                return plan.row()
            except Exhausted:
                if len(self.plans) > 1:
                    self.plans.remove(plan)
                else:
                    self.end = plan.exhausted()
        raise StopIteration


class Plan:
    """How rows are made in one of the ways in which they satisfy the CHECKs."""

    def __init__(
        self, source: Source, way: CheckLimits, count: int, random: Random, today: dt.datetime
    ) -> None:
        self.source, self.way, self.random, self.today = source, way, random, today
        self.needed = source.existing + count
        self.own: list[tuple[Sequence[int], Sequence[int]]] = []  # keys to the row itself
        self.units = [*self._keys()]
        self.units += self._others({place for unit in self.units for place in unit.places})
        self.combinations: dict[UniqueSet, Combinations] = {}
        self._combine()
        combined = {id(unit) for one in self.combinations.values() for unit in one.units}
        drawn = [unit for unit in self.units if id(unit) not in combined and unit.kind.size]
        self.single = [(unit.places[0], unit.kind.draw) for unit in drawn
                       if len(unit.places) == 1]  # fmt: skip
        self.several = [unit for unit in drawn if len(unit.places) > 1]
        self.nullable = [unit for unit in self.units if unit.nulls and unit.null is not False]
        self.ordered = [*self._ordered()]

    @property
    def is_possible(self) -> bool:
        """Whether every column has a value."""
        return all(unit.kind.size or (unit.nulls and unit.null is not False) or self._is_own(unit)
                   for unit in self.units)  # fmt: skip

    def _is_own(self, unit: Unit) -> bool:
        return any(unit.places == places for places, _ in self.own)

    def row(self) -> list[Any]:
        """Return the next row. Raises Exhausted."""
        random, row = self.random, [None] * len(self.source.columns)
        for combinations in self.combinations.values():
            combinations.put(row)
        for place, draw in self.single:
            row[place] = draw(random)
        for unit in self.several:
            unit.put(row, unit.kind.draw(random))
        for unit in self.nullable:
            if unit.null or not unit.kind.size or random.random() < NULLS:
                unit.put_null(row)
        for first, second, adapts in self.ordered:
            _put_in_order(row, first, second, adapts)
        for places, targets in self.own:
            for place, target in zip(places, targets, strict=True):
                row[place] = row[target]
        return row

    # units

    def _keys(self) -> Iterator[Unit]:
        """Units of the foreign keys; keys that share columns are one unit."""
        source = self.source
        used = [key for key in source.foreign_keys
                if source.parents.get(key) or not source.is_nullable(key)]  # fmt: skip
        for columns, values in _joined([(key.columns, source.parents.get(key, ()))
                                        for key in used]):  # fmt: skip
            places = tuple(source.places[name] for name in columns)
            kind = some_of(values if len(columns) > 1 else [value for (value,) in values])
            nulls, null = self._nulls(columns), self._null(columns)
            yield Unit(places, kind, nulls, null, is_key=True, fixed=True)
        unused = {name for key in source.foreign_keys for name in key.columns}.difference(
            *(key.columns for key in used)
        )
        for name in sorted(unused):
            if nulls := self._nulls([name]):
                yield Unit(nulls, some_of([]), nulls, self._null([name]), is_key=True, fixed=True)
        for key in used:
            if key.target == source.table.name and not source.is_nullable(key):
                self._refer_to_itself(key)

    def _refer_to_itself(self, key: ForeignKey) -> None:
        """The first rows of a table whose parents are in the same table refer to themselves."""
        places = self.source.places
        if not self.source.parents.get(key) and {*key.target_columns} <= places.keys():
            self.own.append((tuple(places[name] for name in key.columns),
                             tuple(places[name] for name in key.target_columns)))  # fmt: skip

    def _nulls(self, columns: Sequence[str]) -> tuple[int, ...]:
        """The places of those of the columns that may be NULL."""
        keys = {name for one in self.source.unique_sets if one.is_key for name in one.columns}
        places = (self.source.places[name] for name in columns if name not in keys)
        return tuple(place for place in places if self.source.columns[place].nullable)

    def _null(self, columns: Sequence[str]) -> bool | None:
        """Whether the CHECKs demand NULL, or forbid it."""
        found = [limit.null for name in columns if (limit := self.way.columns.get(name))]
        known = [null for null in found if null is not None]
        return known[0] if known else None

    def _others(self, keys: Collection[int]) -> Iterator[Unit]:
        """Units of the other columns than those in these places."""
        for place, column in enumerate(self.source.columns):
            if place not in keys:
                names = (column.name,)
                yield Unit((place,), self._kind(column), self._nulls(names), self._null(names))

    def _kind(self, column: Column) -> FakeKind:
        return kind_of(
            Described(
                self.source.table.name.bare,
                column.name,
                self.source.type_of(column),
                self.source.fields.get(column.name),
                self.source.labels(column),
                self.source.limit(self.way, column),
                self.today,
            )
        )

    # unique sets

    def _combine(self) -> None:
        """Choose for each unique set the units that make its rows different."""
        for unique in self.source.unique_sets:
            places = {self.source.places[name] for name in unique.columns}
            if any({*one.columns} <= {*unique.columns} for one in self.combinations):
                continue
            units = [unit for unit in self.units if not places.isdisjoint(unit.places)]
            free = [unit for unit in units if not self._is_taken(unit)]
            whole = all(places.issuperset(unit.places) for unit in units)
            if not (whole and len(free) == len(units)):  # one unit must be unique by itself
                free = [unit for unit in free if not unit.is_key
                        and unit.kind.size >= 2 * self.needed][:1]  # fmt: skip
            if free and all(unit.kind.size for unit in free):
                self._add(unique, free)

    def _is_taken(self, unit: Unit) -> bool:
        taken = any(unit in one.units for one in self.combinations.values())
        return taken or self._is_own(unit)

    def _add(self, unique: UniqueSet, units: Sequence[Unit]) -> None:
        units = sorted(units, key=lambda unit: unit.kind.size)
        found = Combinations(units, self.needed, self.random, unique.nulls_distinct)
        if unique.partial and found.total < 2 * self.needed:
            return  # rows to which the condition does not apply may be equal
        self.combinations[unique] = found
        for unit in units:
            unit.fixed = True
            if not unique.nulls_distinct:
                unit.nulls = ()

    def exhausted(self) -> SeedError:
        """Return the error that says how many rows are possible."""
        unique, found = min(self.combinations.items(), key=lambda one: one[1].total)
        existing = f", and {self.source.existing} exist" if self.source.existing else ""
        return SeedError(
            f"{self.source.name} cannot have so many rows: {', '.join(unique.columns)} must be "
            f"unique, and only {found.total} different values are possible{existing}.",
            "Ask for fewer rows, or give the tables to which it refers more rows.",
        )

    # order

    def _ordered(self) -> Iterator[tuple[int, int, tuple[bool, bool]]]:
        """(place of the smaller value, place of the larger, which of them may change)."""
        places, columns = self.source.places, self.source.columns
        pairs = [(places[first], places[second]) for first, second in self.way.ordered
                 if first in places and second in places]  # fmt: skip
        names = [plain_name(column.name) for column in columns]
        pairs += [(one, other) for one, first in enumerate(names)
                  for other, second in enumerate(names) if are_ordered(first, second)
                  and (other, one) not in pairs]  # fmt: skip
        fixed = {place for unit in self.units if unit.fixed for place in unit.places}
        for first, second in dict.fromkeys(pairs):
            same = self.source.type_of(columns[first]) == self.source.type_of(columns[second])
            if same and not {first, second} <= fixed:
                yield first, second, (first not in fixed, second not in fixed)


def _put_in_order(row: list[Any], first: int, second: int, adapts: tuple[bool, bool]) -> None:
    smaller, larger = row[first], row[second]
    if smaller is None or larger is None or type(smaller) is not type(larger):
        return
    try:
        if smaller <= larger:
            return
    except TypeError:  # a type without an order, such as a JSON document
        return
    if adapts[0]:
        row[first] = larger
    if adapts[1]:
        row[second] = smaller


def _joined(
    keys: Sequence[tuple[tuple[str, ...], Sequence[Key]]],
) -> Iterator[tuple[tuple[str, ...], Sequence[Key]]]:
    """(columns, their possible values) of foreign keys. The values of keys that share a column fit
    each other."""
    waiting = [*keys]
    while waiting:
        columns, values = waiting.pop(0)
        shared = next((one for one in waiting if not {*columns}.isdisjoint(one[0])), None)
        if shared is None:
            yield columns, values
            continue
        waiting.remove(shared)
        waiting.insert(0, _join(columns, values, *shared))


def _join(
    columns: Sequence[str], values: Sequence[Key], others: Sequence[str], more: Sequence[Key]
) -> tuple[tuple[str, ...], list[Key]]:
    """The values of two keys that agree on the columns that both have."""
    shared = [(columns.index(name), others.index(name)) for name in columns if name in others]
    rest = [place for place, name in enumerate(others) if name not in columns]
    by_shared: dict[Key, list[Key]] = {}
    for other in more:
        by_shared.setdefault(tuple(other[place] for _, place in shared), []).append(other)
    most = max(1, JOINED // max(1, len(values)))
    found = [
        (*value, *(other[place] for place in rest))
        for value in values
        for other in by_shared.get(tuple(value[place] for place, _ in shared), [])[:most]
    ]
    return (*columns, *(others[place] for place in rest)), found
