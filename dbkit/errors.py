"""The errors that a user can cause; each says what is wrong, where, and what to do next.

The command line turns their base class into text and an exit code; a program can catch it.
"""

from __future__ import annotations

from typing import Any

from .called_as import as_called


class DbkitError(Exception):
    """The base class of every error that a user can cause. `str()` returns the message and the
    hint.

    Attributes:
        message: What is wrong, and where.
        hint: What to do next; it may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = as_called(message), as_called(hint)
        super().__init__(self.message, self.hint)

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(DbkitError):
    """An option, an environment variable, `.env` or a setting has a value that cannot be used."""


class DatabaseUnreachable(DbkitError):
    """The database cannot be reached.

    Attributes:
        cause: The cause in one or two words, such as "refused", "timed out", "host not found".
    """

    def __init__(self, cause: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.cause = cause


class DatabaseFailed(DbkitError):
    """The server refused a statement: no privilege, a lock, a lost connection."""


class ModelsError(DbkitError):
    """The models cannot be imported, or cannot be made into tables."""


class NoStandIn(ModelsError):
    """The table of a model that is not managed cannot be created on a scratch database."""

    def __init__(self, table: Any, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.table = table


class MigrationError(DbkitError):
    """A migration file is missing, broken or edited, or its statements failed."""


class MigrationFailed(MigrationError):
    """The statements of a migration failed.

    Attributes:
        reason: The message, without the name of the migration.
        remedy: The hint, without the name of the migration and what was kept.
    """

    def __init__(self, message: str, hint: str, reason: str, remedy: str) -> None:
        super().__init__(message, hint)
        self.reason, self.remedy = reason, remedy


class WriteFailed(DbkitError):
    """A file cannot be written. If the file existed before, it is unchanged."""


class SeedError(DbkitError):
    """A seed file cannot be read, or its rows do not fit the models or the database."""


class Refused(DbkitError):
    """The action would destroy data, and nobody has confirmed it."""
