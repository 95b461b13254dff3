"""The one comparison: what would turn the current schema into the desired one."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from .changes import Add, Alter, Change, Drop
from .values import Check, Column, Exclusion, ForeignKey, Index, Part, Schema, Table, Unique


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def diff(current: Schema, desired: Schema) -> tuple[Change, ...]:
    """The changes from `current` to `desired`, enum types first, then by table.

    A name that nobody chose, on either side, matches any other.
    """
    return (*_enums(current, desired), *_tables(current, desired))


def _enums(current: Schema, desired: Schema) -> Iterator[Change]:
    for old, new in _by_name(current.enums, desired.enums):
        if old != new:
            yield _change(None, old, new)


def _tables(current: Schema, desired: Schema) -> Iterator[Change]:
    for old, new in _by_name(current.tables, desired.tables):
        if old is None or new is None:
            yield _change(None, old, new)
            continue
        if replace(old, parts=()) != replace(new, parts=()):
            yield Alter(None, old, new)
        yield from _parts(old, new)


def _parts(old: Table, new: Table) -> Iterator[Change]:
    """Pair equals first, then those of one name, then those about the same thing."""
    rest_old, rest_new = list(old.parts), list(new.parts)
    for same in (_equal, _same_name, _same_subject):
        for desired in list(rest_new):
            found = next((part for part in rest_old if same(part, desired)), None)
            if found is not None:
                rest_old.remove(found)
                rest_new.remove(desired)
                if same is not _equal:
                    yield Alter(new.name, found, desired)
    yield from (Drop(new.name, part) for part in rest_old)
    yield from (Add(new.name, part) for part in rest_new)


def _equal(old: Part, new: Part) -> bool:
    return old == new or (type(old) is type(new) and not Alter(None, old, new).differences)


def _same_name(old: Part, new: Part) -> bool:
    return type(old) is type(new) and old.name is not None and old.name == new.name


def _same_subject(old: Part, new: Part) -> bool:
    about = _subject(new)
    return type(old) is type(new) and about is not None and about == _subject(old)


def _subject(part: Part) -> Hashable:
    match part:
        case Column():
            return part.name
        case ForeignKey() | Unique():
            return part.columns
        case Index():
            return part.keys
        case Check() | Exclusion():
            return None
        case _:
            return ()


def _change(table: str | None, old: N | None, new: N | None) -> Change:
    if old is None:
        return Add(table, new)  # type: ignore[arg-type]
    return Drop(table, old) if new is None else Alter(table, old, new)  # type: ignore[arg-type]


def _by_name(current: Sequence[N], desired: Sequence[N]) -> Iterator[tuple[N | None, N | None]]:
    olds, news = ({item.name: item for item in side} for side in (current, desired))
    for name in sorted({*olds, *news}):
        yield olds.get(name), news.get(name)
