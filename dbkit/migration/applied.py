"""Which files of a directory are applied to a database, and which are pending.

This file is pure: it uses only the names and contents of the files, and the names and records in
the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from dbkit.errors import MigrationError

from .checksums import Content
from .file_numbers import is_time, number
from .standing import RESTORE, History, Progress, Record, Standing


@dataclass(frozen=True)
class FileLayout:
    """The files of a directory: their names in order, and the names that some of them replace.

    A file with REPLACES counts as applied if all files that it replaces are applied. If none of
    them is applied, the replacing file is applied instead. If some are, the rest are applied first.
    """

    names: tuple[str, ...]
    replacing: Mapping[str, tuple[str, ...]]
    content: Callable[[str], Content] = Content
    directory: str = "the directory"  # for messages

    def __post_init__(self) -> None:
        """Raise MigrationError for a REPLACES that is impossible."""
        try:
            order = list(TopologicalSorter(self.replacing).static_order())
        except CycleError as error:
            circle = " replaces ".join(reversed(error.args[1]))
            raise MigrationError(
                f"REPLACES is circular: {circle}.", "A file can replace only earlier files."
            ) from None
        owner: dict[str, str] = {}
        for name in (one for one in order if one in self.replacing):
            for old in self.replacing[name]:
                if old in owner and owner[old] not in self.replacing[name]:
                    raise MigrationError(
                        f"{owner[old]} and {name} both replace {old}.",
                        f"Keep {old} in the REPLACES of one of them.",
                    )
                owner[old] = name

    def standing(self, history: History, begun: Mapping[str, Progress] | None = None) -> Standing:
        """Return the state of a database that has this history and these half-done files."""
        renamed = self._renamed(history)
        history = {renamed.get(name, name): record for name, record in history.items()}
        standing = self._standing(tuple(history))
        return replace(
            standing,
            renamed=renamed,
            begun=begun or {},
            records=history,
            edited=tuple(name for name, record in history.items() if self._is_edited(name, record)),
            unrecorded=tuple(name for name in standing.applied
                             if name in self._present and not history.get(name)),
        )  # fmt: skip

    @cached_property
    def _present(self) -> frozenset[str]:
        return frozenset(self.names)

    def _is_edited(self, name: str, record: Record | None) -> bool:
        return bool(record and name in self._present and not record.is_of(self.content(name)))

    def _renamed(self, history: History) -> dict[str, str]:
        """The new names of applied files without a file: a file that is not applied has the content
        of such a file, and no other has. (Files that are copies of each other stay in order.)"""
        replaced = {old for names in self.replacing.values() for old in names}
        lost = [(name, record) for name, record in history.items()
                if record and name not in self._present and name not in replaced]  # fmt: skip
        new = [name for name in self.names if lost and name not in history]
        renamed: dict[str, str] = {}
        for name, record in lost:
            copies = [one for one, other in lost if other.checksum == record.checksum]
            same = [one for one in new if record.is_of(self.content(one))]
            if len(same) == len(copies):
                renamed[name] = same[copies.index(name)]
        return renamed

    def _standing(self, recorded: Sequence[str]) -> Standing:
        applied, hidden, started = list(dict.fromkeys(recorded)), set[str](), set[str]()
        squashed, errors = dict[str, tuple[str, ...]](), list[MigrationError]()
        for name, replaced in self._inner_first():
            there = [one for one in applied if one in replaced]
            if name not in applied and not replaced:
                continue
            if name not in applied and len(there) == len(replaced):
                applied[applied.index(there[-1])] = name
                squashed[name] = tuple(there)
            if name in applied:
                applied = [one for one in applied if one not in replaced]
                hidden.update(replaced)
            elif there or not started.isdisjoint(replaced):
                started.add(name)
                hidden.add(name)
                errors += self._half(name, replaced, there)
            else:
                hidden.update(replaced)
                errors += self._unknown(name, replaced, recorded)
        gone = tuple(one for one in applied if one not in self._present)
        todo = tuple(one for one in self.names if one not in hidden)
        found = tuple(self._disorder(todo, set(applied)))
        return Standing(
            tuple(recorded),
            tuple(applied),
            todo,
            gone,
            disorder=found,
            squashed=squashed,
            errors=tuple(errors),
            gaps=tuple(self._gaps(todo)),
            directory=self.directory,
        )

    def _inner_first(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each replacing file with the names that it replaces. A file that is itself replaced comes
        before the file that replaces it; that file then replaces it, but not its names again."""
        for name in TopologicalSorter(self.replacing).static_order():
            if name in self.replacing:
                listed = self.replacing[name]
                inner = {old for one in listed for old in self.replacing.get(one, ())}
                yield name, tuple(one for one in listed if one not in inner)

    def _half(
        self, name: str, replaced: Sequence[str], there: Sequence[str]
    ) -> Iterator[MigrationError]:
        lost = [one for one in replaced if one not in self._present]
        if any(one not in there for one in lost):
            yield MigrationError(
                f"{name} replaces {', '.join(replaced)}. This database has applied only "
                f"{', '.join(there)}, and there is no file for {', '.join(lost)}.",
                f"{RESTORE} Then migrate, and delete the files once every database has applied "
                "all of them.",
            )

    def _unknown(
        self, name: str, replaced: Sequence[str], recorded: Sequence[str]
    ) -> Iterator[MigrationError]:
        """Yield an error if REPLACES names unknown files by mistake. All its files may be unknown:
        they were deleted, and the database is new. It is wrong if only some are unknown, or if
        another migration has the number of an unknown file."""
        known = {*self.names, *recorded}
        numbers = {one.partition("_")[0] for one in known - {name}}
        unknown = [one for one in replaced if one not in known]
        wrong = [one for one in unknown
                 if len(unknown) < len(replaced) or one.partition("_")[0] in numbers]  # fmt: skip
        if wrong:
            yield MigrationError(
                f"{name} replaces {', '.join(wrong)}, but neither the migrations directory nor the "
                f"history has {'that migration' if len(wrong) == 1 else 'those migrations'}.",
                f"Correct its REPLACES. {RESTORE}",
            )

    def _gaps(self, todo: Sequence[str]) -> Iterator[str]:
        numbers = set(map(number, self.names))
        for before, name in pairwise(todo):
            between = range(number(before), number(name))
            if not is_time(number(name)) and not numbers.issuperset(between):
                yield f"A number is missing between migrations {before} and {name}."

    def _disorder(self, todo: Sequence[str], applied: set[str]) -> Iterator[str]:
        """A sentence for each fault of the numbers: two files with the same number, or a pending
        file whose number is below that of an applied file."""
        for before, name in pairwise(todo):
            if number(before) == number(name):
                yield f"Migrations {before} and {name} have the same number."
        last = next((name for name in reversed(todo) if name in applied), None)
        for name in todo:
            if last and name not in applied and number(name) < number(last):
                yield f"Migration {name} is not applied, but the later migration {last} is."
