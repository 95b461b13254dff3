"""The enum types and domains that must be replaced, because PostgreSQL cannot alter them."""

from __future__ import annotations

from ...changes import Alter, Change, Drop
from ...names import Name
from ...sql import literal, mentions
from ...values import Domain, EnumType


def replaced(
    changes: tuple[Change, ...], domains: tuple[Domain, ...], also: frozenset[Name]
) -> set[Name]:
    """Return the types to replace: those of `also`, the types that PostgreSQL cannot alter, and the
    domains based on these types."""
    names = set(also)
    for change in changes:
        match change:
            case Alter(_, EnumType() as old, EnumType() as new) if not _only_adds(
                old, new
            ) or _is_used_at_once(old, new, changes):
                names.add(new.name)
            case Alter(_, _, Domain() as new):
                names.add(new.name)
    kept = {domain.name for domain in domains} - {
        change.item.name for change in changes if isinstance(change, Drop)
    }
    waiting = [domain for domain in domains if domain.name in kept]
    while found := {one.name for one in waiting if _is_over(one, names)} - names:
        names |= found
    return names


def _is_over(domain: Domain, names: set[Name]) -> bool:
    return any(mentions(domain.definition, name.bare) for name in names - {domain.name})


def _only_adds(old: EnumType, new: EnumType) -> bool:
    """Whether the new type has every old label, in the old order."""
    return tuple(label for label in new.labels if label in old.labels) == old.labels


def _is_used_at_once(old: EnumType, new: EnumType, changes: tuple[Change, ...]) -> bool:
    """Whether a change uses a new label. An added label cannot be used in the same transaction, but
    the labels of a new type can (PostgreSQL manual, ALTER TYPE)."""
    added = [literal(label) for label in new.labels if label not in old.labels]
    texts = [repr(change.item) for change in changes
             if not isinstance(change, Drop) and not isinstance(change.item, EnumType)]  # fmt: skip
    return any(label in text for label in added for text in texts)


def labels_first(changes: tuple[Change, ...], filling: str) -> list[tuple[EnumType, EnumType]]:
    """See `Dialect.labels_first`."""
    return [
        (old, new)
        for change in changes
        if isinstance(change, Alter)
        and isinstance(old := change.old, EnumType)
        and isinstance(new := change.new, EnumType)
        and _only_adds(old, new)
        and (_is_used_at_once(old, new, changes)
             or any(mentions(filling, label) for label in new.labels if label not in old.labels))
    ]  # fmt: skip
