"""The notes of `init`: one line for each group of objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from dbkit.plurals import counted, first_of
from dbkit.schema.patterns import matches

from .left_out import LeftOut, Why

SHOWN = 3


@dataclass(frozen=True)
class Note:
    """A line about a group of objects. `is_warning` says that a new database will lack something,
    or that the user has to do something."""

    why: Why | None
    objects: tuple[LeftOut, ...]
    baseline: str = ""  # the migration that creates the objects, if it does
    ignored: bool = False  # whether they are under `ignore`

    @property
    def is_warning(self) -> bool:
        why = self.why
        return why is None or bool(why.action) or not (self.baseline or why.is_harmless)

    def __str__(self) -> str:
        """One object is described; many are counted and listed."""
        if self.why is None:
            return str(self.objects[0])
        is_one = len(self.objects) == 1
        them, are = ("it", "it is") if is_one else ("them", "they are")
        created = f"{self.baseline} creates {them}" if self.baseline else ""
        ignored = f"{are} under `ignore`" if self.ignored else ""
        more = ", and ".join(filter(None, (created, ignored)))
        head = "; ".join(filter(None, (self._head(), more)))
        labels = [*dict.fromkeys(one.label or one.place for one in self.objects)]
        names = "" if is_one else first_of(labels, SHOWN)
        line = ": ".join(filter(None, (head, names)))
        return f"{line}. {self.why.action}" if self.why.action else line

    def _head(self) -> str:
        if self.why and len(self.objects) > 1:
            return f"{_counted(self.objects)} {self.why.many}"
        return str(self.objects[0]).removesuffix(".")

    def to_json(self) -> dict[str, Any]:
        """Return the note for programs, with all its objects."""
        objects = [{"name": one.place or None, "kind": one.noun, "text": str(one)}
                   for one in self.objects]  # fmt: skip
        return {"text": str(self), "baseline": self.baseline or None, "ignored": self.ignored,
                "objects": objects}  # fmt: skip


def grouped(objects: Iterable[LeftOut], baseline: str, ignore: Collection[str]) -> tuple[Note, ...]:
    """Return a note for each reason. The `baseline` creates these objects, unless it is empty;
    `ignore` are the patterns of that setting."""
    groups: dict[tuple[object, bool], list[LeftOut]] = {}
    for one in objects:
        groups.setdefault((one.why or one, matches(one.place, ignore)), []).append(one)
    return tuple(Note(group[0].why, tuple(group), baseline, is_ignored)
                 for (_, is_ignored), group in groups.items())  # fmt: skip


def _counted(objects: Iterable[LeftOut]) -> str:
    """The numbers of objects by noun: "3 triggers, 2 views and 1 rule"."""
    counts = [counted(count, noun) for noun, count in Counter(one.noun for one in objects).items()]
    *first, last = counts
    return f"{', '.join(first)} and {last}" if first else last
