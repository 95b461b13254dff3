"""The state of a database: which migrations are applied, what is recorded of them, which problems
stop the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dbkit.errors import MigrationError
from dbkit.plurals import counted

from .checksums import Content
from .file_numbers import number

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

    @property
    def is_marked(self) -> bool:
        """Whether dbkit marked the file as applied without running it."""
        return self.version is not None and self.seconds is None

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
    directory: str = "the directory"  # for messages

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
            reason = f"{files} gone" if self.todo else f"{self.directory} has no migrations"
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
