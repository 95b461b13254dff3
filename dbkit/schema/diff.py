"""The only comparison of schemas: it finds the changes from the current to the desired schema."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Protocol, TypeVar, get_args

from .changes import Add, Alter, Change, Drop
from .names import Name
from .values import (
    Column,
    Comment,
    ForeignKey,
    Index,
    Nameable,
    Part,
    PrimaryKey,
    Schema,
    Table,
    Unique,
)


class _Named(Protocol):
    @property
    def name(self) -> str | Name: ...


N = TypeVar("N", bound=_Named)


def diff(current: Schema, desired: Schema) -> tuple[Change, ...]:
    """Return the changes from `current` to `desired`: types and sequences first, then by table.

    Two names of parts differ only if both were chosen (`named`). The unique index that Peewee would
    make for `unique=True` equals a UNIQUE constraint of the same columns.
    """
    return (
        *_whole(current.namespaces, desired.namespaces),
        *_whole(current.enums, desired.enums),
        *_whole(current.domains, desired.domains),
        *_whole(current.sequences, desired.sequences),
        *_whole(current.extensions, desired.extensions),
        *_whole(current.comments, desired.comments),
        *_tables(current, desired),
    )


def _whole(current: Sequence[N], desired: Sequence[N]) -> Iterator[Change]:
    """The changes of objects without parts."""
    for old, new in _by_name(current, desired):
        if old != new:
            yield _change(None, old, new)


def _tables(current: Schema, desired: Schema) -> Iterator[Change]:
    for old, new in _by_name(current.tables, desired.tables):
        if old is None or new is None:
            yield _change(None, old, new)
            continue
        if (old.kind, old.options) != (new.kind, new.options):
            yield Alter(None, old, new)
        yield from changes_within(old, new)


def changes_within(old: Table, new: Table) -> Iterator[Change]:
    """Yield the changes of a table's parts. Equal parts are paired first, then parts with the same
    name, then parts with the same subject (the columns of a key, for example)."""
    if _are_equal(old.parts, new.parts):
        return
    # if several parts are equal, pair those that have the same name first
    _, olds, news = _pair(old.parts, new.parts, lambda part: (_content(part), part.name))
    _, olds, news = _pair(olds, news, _content, _names_agree)
    _, olds, news = _pair(olds, news, _uniqueness, lambda old, new: type(old) is not type(new))
    for key in (_name, _subject):
        pairs, olds, news = _pair(olds, news, key)
        yield from (Alter(new.name, before, after) for before, after in pairs)
    yield from (Drop(new.name, part) for part in olds)
    yield from (Add(new.name, part) for part in news)


def counterpart(table: Table, part: Part) -> Part | None:
    """Return the part of the table that corresponds to a part of another schema: an equal part, or
    else a part with the same name, or else with the same subject; None if there is none."""
    for key in (_content, _uniqueness, _name, _subject):
        wanted = key(part)
        same = [other for other in table.parts if wanted is not None and key(other) == wanted]
        if same:
            return next((other for other in same if other.name == part.name), same[0])
    return None


def _are_equal(olds: Sequence[Part], news: Sequence[Part]) -> bool:
    """Whether all parts are equal: a fast test that may say no if one side has equal parts."""
    if [old for old in olds if type(old) is Column] == [new for new in news if type(new) is Column]:
        olds, news = ([part for part in side if type(part) is not Column] for side in (olds, news))
    waiting = {_content(part): part for part in olds}
    if len(waiting) != len(news) or len(olds) != len(news):
        return False
    for part in news:
        old = waiting.pop(_content(part), None)
        if old is None or not _names_agree(old, part):
            return False
    return True


def _pair(
    olds: Iterable[Part],
    news: Iterable[Part],
    key: Callable[[Part], Hashable],
    agree: Callable[[Part, Part], bool] = lambda old, new: True,
) -> tuple[list[tuple[Part, Part]], list[Part], list[Part]]:
    """(pairs that have the same key and agree, the other olds, the other news). A part whose key is
    None has no pair."""
    by_key: dict[Hashable, list[Part]] = {}
    for part in olds:
        by_key.setdefault(key(part), []).append(part)
    nameless = by_key.pop(None, [])
    pairs, rest = [], []
    for part in sorted(news, key=lambda part: not getattr(part, "named", True)):
        waiting = by_key.get(key(part), [])
        fit = [old for old in waiting if agree(old, part)]
        if fit:
            partner = next((old for old in fit if old.name == part.name), fit[0])
            waiting.remove(partner)
            pairs.append((partner, part))
        else:
            rest.append(part)
    return pairs, [part for left in by_key.values() for part in left] + nameless, rest


CONTENT = {
    kind: attrgetter(
        *(one.name for one in fields(kind) if one.compare
          and not (issubclass(kind, Nameable) and one.name in ("name", "named"))), "__class__")
    for kind in get_args(Part)
}  # fmt: skip


def _content(part: Part) -> Hashable:
    """All attributes of a part except a name that may be made up."""
    return CONTENT[type(part)](part)


def _names_agree(old: Part, new: Part) -> bool:
    chosen = getattr(old, "named", True) and getattr(new, "named", True)
    return not chosen or old.name == new.name


def _name(part: Part) -> Hashable:
    of = part.of if isinstance(part, Comment) else ""
    return (type(part), part.name, of) if part.name is not None else None


def _subject(part: Part) -> Hashable:
    match part:
        case PrimaryKey():
            return PrimaryKey
        case ForeignKey() | Unique():
            return (type(part), part.columns)
        case Index():
            return (Index, part.keys)
        case _:
            return None


def _uniqueness(part: Part) -> Hashable:
    """The columns of a plain UNIQUE constraint, or of an index that asks for the same."""
    match part:
        case Unique(columns) if part == Unique(columns, name=part.name, named=part.named):
            return columns
        case Index(keys, unique=True, named=False) if all(key.is_plain for key in keys):
            plain = Index(keys, unique=True, name=part.name, named=False)
            return tuple(key.column for key in keys) if part == plain else None
    return None


def _change(table: Name | None, old: N | None, new: N | None) -> Change:
    if old is None:
        return Add(table, new)  # type: ignore[arg-type]
    return Drop(table, old) if new is None else Alter(table, old, new)  # type: ignore[arg-type]


def _by_name(current: Sequence[N], desired: Sequence[N]) -> Iterator[tuple[N | None, N | None]]:
    olds, news = (
        {(item.name, getattr(item, "of", "")): item for item in side} for side in (current, desired)
    )
    for name in sorted({*olds, *news}):
        yield olds.get(name), news.get(name)
