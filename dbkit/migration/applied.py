"""Which files of a directory are applied to a database, and which are pending.

This file is pure: it uses only the names and contents of the files, and the names and records in
the history.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from dbkit.errors import MigrationError
from dbkit.plurals import counted

from .checksums import Content

TIME = re.compile(r"((?:19|20)\d{6})_(\d{6}|\d{4})_")  # a name that begins with a date and a time
RESTORE = "Restore the files from version control."
LISTED = "`python -m dbkit status` lists the migrations."


@dataclass(frozen=True)
class Record:
    """What is recorded of an applied migration. If dbkit did not apply it, only the time and the
    checksums are known.

    Attributes:
        migrated_at: The time in the history, as text.
        checksum: The checksum of the file's meaning, which ignores comments and layout.
        text_checksum: The checksum of the file's text.
        seconds: How long the file ran; None if it was only marked as applied.
        role: The role of the database.
        host: The machine that ran the file.
        version: The version of dbkit.
    """

    migrated_at: str
    checksum: str
    text_checksum: str
    seconds: float | None = None
    role: str | None = None
    host: str | None = None
    version: str | None = None

    def is_of(self, content: Content) -> bool:
        """Whether a file has the meaning that it had when it was applied."""
        return content.text_checksum == self.text_checksum or content.checksum == self.checksum


@dataclass(frozen=True)
class Progress:
    """A file without a transaction (ATOMIC = False) that is half applied, or half rolled back
    (`downgrade`). `operations` are its operations as text; the first `done` operations are
    complete, and the last operation may have begun when the run was killed."""

    downgrade: bool
    operations: tuple[str, ...]
    done: int


History = Mapping[str, Record | None]  # by the names of the applied files, in their order


@dataclass(frozen=True)
class Standing:
    """`recorded` are the names in the history table. `applied` are the same, except that a file
    which replaces others takes their place. `todo` are the files that count, in order.

    `gone` are applied files that are not in the directory, and `edited` those whose meaning has
    changed since. `squashed` are the replacing files that the history should name instead of those
    they replace, and `renamed` are new names by old names. `records` are the records of the names,
    and `unrecorded` are the applied files without a record. `errors` are the reasons why a REPLACES
    is impossible. `gaps` are sentences about missing numbers, which stop nothing. `begun` are the
    half-done files.
    """

    recorded: tuple[str, ...]
    applied: tuple[str, ...]
    todo: tuple[str, ...]
    gone: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    disorder: tuple[str, ...] = ()
    squashed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    records: History = field(default_factory=dict)
    unrecorded: tuple[str, ...] = ()
    errors: tuple[MigrationError, ...] = ()
    gaps: tuple[str, ...] = ()
    begun: Mapping[str, Progress] = field(default_factory=dict)

    @property
    def pending(self) -> list[str]:
        return [name for name in self.todo if name not in set(self.applied)]

    @property
    def problems(self) -> tuple[MigrationError, ...]:
        """The errors that stop every migration."""
        return self.errors or (*self._gone(), *self._edited())

    @property
    def out_of_order(self) -> str:
        """What to do about `disorder`."""
        if len({number(name) for name in self.todo}) < len(self.todo):
            first = "`python -m dbkit renumber` gives one of them a new number"
        else:
            first = (
                "If no other database has applied the earlier migration, give its file the next "
                "number. On a development database, run `python -m dbkit rollback` and then "
                "`python -m dbkit migrate`"
            )
        return f"{first}. To apply the files as they are, use --allow-out-of-order."

    @property
    def is_stale(self) -> bool:
        """Whether the history should name other files."""
        return bool(self.squashed or self.renamed)

    def refuse(self, allow_edited: bool = False) -> None:
        """Raise the first problem, if there is one. With `allow_edited`, applied files may be
        edited or gone."""
        for error in self.errors if allow_edited else self.problems:
            raise error

    def refuse_gone(self) -> None:
        """Raise MigrationError if the file of an applied migration is gone."""
        for error in self._gone():
            raise error

    def _gone(self) -> Iterator[MigrationError]:
        if self.gone:
            many = len(self.gone) > 1
            files = "their files are" if many else "its file is"
            reason = f"{files} gone" if self.todo else "the directory has no migrations"
            yield MigrationError(
                f"Migration{'s' * many} {', '.join(self.gone)} {'are' if many else 'is'} applied "
                f"to this database, but {reason}.",
                f"{RESTORE} If they are in another directory, give it with --migrations DIR. "
                "`python -m dbkit repair --pending NAME` removes a migration from the history.",
            )

    def _edited(self) -> Iterator[MigrationError]:
        names = ", ".join(self.edited)
        if len(self.edited) > 1:
            said = f"Migrations {names} were edited after they were applied to this database."
        else:
            said = f"Migration {names} was edited after it was applied to this database."
        if self.edited:
            yield MigrationError(
                said,
                f"{RESTORE} Make the change in a new migration. If this database already has the "
                "change, `python -m dbkit repair` accepts the edited files. --allow-edited "
                "continues without accepting them.",
            )

    def until(self, name: str | None) -> list[str]:
        """Return the pending files up to `name`, or all of them."""
        if name is None:
            return self.pending
        return self.pending[: self.pending.index(name) + 1] if name in self.pending else []

    def newest(self, count: int) -> list[str]:
        """Return the last `count` applied files, the newest first. Raises MigrationError if fewer
        are applied."""
        if count < 1:
            raise MigrationError(
                f"Cannot roll back {count} migrations.", "Give a count of 1 or more."
            )
        are = "is" if len(self.applied) == 1 else "are"
        if count > len(self.applied):
            raise MigrationError(
                f"Cannot roll back {counted(count, 'migration')}: "
                f"{counted(len(self.applied), 'migration')} {are} applied.",
                LISTED,
            )
        return list(reversed(self.applied))[:count]


@dataclass(frozen=True)
class FileLayout:
    """The files of a directory: their names in order, and the names that some of them replace.

    A file with REPLACES counts as applied if all files that it replaces are applied. If none of
    them is applied, the replacing file is applied instead. If some are, the rest are applied first.
    """

    names: tuple[str, ...]
    replacing: Mapping[str, tuple[str, ...]]
    content: Callable[[str], Content] = Content

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


def number(name: str) -> int:
    """Return the number at the beginning of a file's name: 7 of `007_add`, and 20261125120000 of
    `20261125_1200_add`."""
    if match := TIME.match(name):
        return int(match[1] + match[2].ljust(6, "0"))
    return int(name.partition("_")[0])


def is_time(found: int) -> bool:
    """Whether a number that `number` returned is a time."""
    return found >= 10**13
