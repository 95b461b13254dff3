"""All objects of a database, including those that no Schema contains, in an order of creation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from .names import Name

Key = tuple[str, int]  # the catalog and the oid
NO_NAME = Name("", "")


@dataclass(frozen=True)
class Object:
    """An object of a database. If a Schema contains it, `held` is its kind there (table, enum,
    domain, sequence, schema) and `name` its name there. Other objects are created by their own
    statements; without statements, they cannot be created. `needs` are the objects that must exist
    before it, and `later` those that the foreign keys, triggers, rules and policies of a table
    need. `schema` is the schema that it is in, if its kind is in schemas."""

    key: Key
    what: str
    create: tuple[str, ...] = ()
    drop: str = ""
    needs: frozenset[Key] = frozenset()
    held: str = ""
    name: Name = NO_NAME
    late: bool = False  # it watches or publishes other objects, so it comes after all of them
    later: frozenset[Key] = frozenset()
    schema: str = ""

    @property
    def is_possible(self) -> bool:
        return bool(self.held or self.create)


def in_order(
    objects: Iterable[Object], links: Mapping[Name, Collection[Name]]
) -> Iterator[list[Object]]:
    """Yield the objects in groups, each after the objects that it needs.

    `links` maps each table that has a model to the tables to which it points. Such tables come in
    groups that are as large as possible, because they may point to each other; any other object
    comes alone. Objects that need each other come last.
    """
    waiting = {one.key: one for one in objects}
    while waiting:
        ready = [one for one in waiting.values() if not one.needs & waiting.keys()]
        alone = [[one] for one in ready if not _is_linked(one, links)]
        groups = alone or [_together(ready, waiting.values(), links)]
        for group in groups if any(groups) else [[one] for one in ready or waiting.values()]:
            yield group
            for one in group:
                waiting.pop(one.key, None)


def _is_linked(one: Object, links: Mapping[Name, Collection[Name]]) -> bool:
    return one.held == "table" and one.name in links


def _together(
    ready: list[Object], waiting: Iterable[Object], links: Mapping[Name, Collection[Name]]
) -> list[Object]:
    """The tables that point to no waiting table."""
    missing = {one.name for one in waiting if _is_linked(one, links)}
    missing -= {one.name for one in ready}
    while more := {one.name for one in ready if missing.intersection(links[one.name])} - missing:
        missing |= more
    return [one for one in ready if one.name not in missing]


def without(objects: Iterable[Object], gone: Collection[Key]) -> tuple[list[Object], set[Key]]:
    """Remove the objects `gone` and all that need them; return (the other objects, the keys of the
    removed objects)."""
    objects, lost = list(objects), set(gone)
    while more := {one.key for one in objects if one.needs & lost} - lost:
        lost |= more
    return [one for one in objects if one.key not in lost], lost
