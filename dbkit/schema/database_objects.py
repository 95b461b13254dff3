"""What a database holds beside the values of a Schema, and the order in which all is created."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

Key = tuple[str, int]  # the catalog and the oid


@dataclass(frozen=True)
class Object:
    """`held` says which value of a Schema it is (table, enum, domain, sequence, schema), by the
    `name` that this has there; anything else is created by its own statements. An object without
    statements cannot be created. `needs` are the objects that must exist before it."""

    key: Key
    what: str
    create: tuple[str, ...] = ()
    drop: str = ""
    needs: frozenset[Key] = frozenset()
    held: str = ""
    name: str = ""
    late: bool = False  # it watches or publishes the others, so it comes after all of them

    @property
    def is_possible(self) -> bool:
        return bool(self.held or self.create)


def in_order(
    objects: Iterable[Object], links: Mapping[str, Collection[str]]
) -> Iterator[list[Object]]:
    """The objects, each after those it needs. `links` are, by the tables that have models, the
    tables that their foreign keys point to; such tables come in groups that are as large as
    possible, since they may point to each other. Everything else comes alone. Objects that need
    each other come at the end."""
    waiting = {one.key: one for one in objects}
    while waiting:
        ready = [one for one in waiting.values() if not one.needs & waiting.keys()]
        alone = [[one] for one in ready if not _is_linked(one, links)]
        groups = alone or [_together(ready, waiting.values(), links)]
        for group in groups if any(groups) else [[one] for one in ready or waiting.values()]:
            yield group
            for one in group:
                waiting.pop(one.key, None)


def _is_linked(one: Object, links: Mapping[str, Collection[str]]) -> bool:
    return one.held == "table" and one.name in links


def _together(
    ready: list[Object], waiting: Iterable[Object], links: Mapping[str, Collection[str]]
) -> list[Object]:
    """The tables that point to no table that waits."""
    missing = {one.name for one in waiting if _is_linked(one, links)}
    missing -= {one.name for one in ready}
    while more := {one.name for one in ready if missing.intersection(links[one.name])} - missing:
        missing |= more
    return [one for one in ready if one.name not in missing]


def without(objects: Iterable[Object], gone: Collection[Key]) -> tuple[list[Object], set[Key]]:
    """(what is left without some objects and all that need them, the keys of what is not)."""
    objects, lost = list(objects), set(gone)
    while more := {one.key for one in objects if one.needs & lost} - lost:
        lost |= more
    return [one for one in objects if one.key not in lost], lost
