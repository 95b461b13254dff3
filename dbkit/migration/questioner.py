"""The decisions that models do not contain: whether a drop and an add are a rename, and the values
of existing rows in a new column."""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from dbkit.errors import ConfigError, DbkitError
from dbkit.schema.changes import Change
from dbkit.schema.names import N, Name, known

TRIES = 10  # of a question; a program may give the same wrong answer for ever


class Undecided(DbkitError):
    """A decision about a migration is missing. The hint names the options that decide it.

    Attributes:
        changes: The changes about which dbkit asks.
    """

    def __init__(self, message: str, hint: str = "", changes: Sequence[Change] = ()) -> None:
        super().__init__(message, hint)
        self.changes = tuple(changes)


@dataclass(frozen=True)
class Question:
    """A question without an answer: what is unclear, the flag that decides, and the change."""

    text: str
    flag: str
    about: Change | None = None


@dataclass
class Decisions:
    """The decisions. `rename` is {"table.column": new, "table": new, "type.label": new}, and `fill`
    is {"table.column": value}. `confirm` and `prompt`, if given, ask for the others."""

    rename: Mapping[str, str] = field(default_factory=dict)
    no_rename: bool = False
    fill: Mapping[str, str] = field(default_factory=dict)
    confirm: Callable[[str], bool] | None = None
    prompt: Callable[[str], str] | None = None
    answers: dict[str, str] = field(default_factory=dict)  # a second file may ask the same
    open: list[Question] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def renamed(
        self,
        what: str,
        keys: Sequence[str],
        likely: Sequence[N],
        possible: Sequence[N],
        about: Change | None = None,
    ) -> N | None:
        """Return the new name of a removed item, or None if it was dropped. `keys` are the names
        that a flag may use for it, `likely` the new names about which dbkit asks, `possible` all
        names that a flag may give. An error names the place of the change `about`."""
        for key in keys:
            if key in self.rename:
                self.used.add(key)
                text = self.rename[key]
                new = known(text, possible)
                if new is None:  # a table's schema may be left out
                    new = next((one for one in possible if getattr(one, "bare", one) == text), None)
                if new is None:
                    raise ConfigError(
                        f"{what.capitalize()} {key} cannot be renamed to {text}: "
                        "the models add nothing with that name.",
                        f"New names: {', '.join(map(str, possible)) or 'none'}.",
                    )
                return new
        if self.no_rename or not likely:
            return None
        if self.confirm is None:
            flags = " or ".join(f"--rename {keys[0]}:{one}" for one in likely)
            news = " or ".join(map(str, likely))
            text = f"{what.capitalize()} {keys[0]} may have become {news}."
            flag = f"{flags}, or --no-rename if it was removed"
            self.open.append(Question(text, flag, about))
            return None
        return next((one for one in likely
                     if self.confirm(f"Was {what} {keys[0]} renamed to {one}?")), None)  # fmt: skip

    def is_filled(self, table: Name, column: str) -> bool:
        return self._key(table, column) in self.fill

    def value(
        self,
        table: Name,
        column: str,
        typed: Callable[[str], Any] = str,
        about: Change | None = None,
        rows: Callable[[], str] = str,
    ) -> Any:
        """Return the value of existing rows in a column that is NOT NULL, if it is decided. `typed`
        converts a text, and raises ConfigError if the column cannot have that value. `rows` returns
        what is known about the rows that need the value, and `about` is the change."""
        key = self._key(table, column)
        if key in self.fill:
            self.used.add(key)
            return typed(self.fill[key])
        if key in self.answers:
            return typed(self.answers[key])
        if self.prompt is not None:
            return self._answered(key, self.prompt, typed, rows())
        text = f"Column {key} is NOT NULL and has no default for the existing rows."
        self.open.append(Question(_lines(text, rows()), f"--fill {key}=VALUE", about))
        return None

    def _answered(
        self, key: str, prompt: Callable[[str], str], typed: Callable[[str], Any], rows: str
    ) -> Any:
        """Ask for a value, and ask again after a wrong answer. Raises ConfigError after TRIES."""
        question = f"{key} is NOT NULL. Which value do the existing rows get?"
        text = _lines(rows, question)
        for left in reversed(range(TRIES)):
            answer = prompt(text)
            try:
                value = typed(answer)
            except ConfigError as error:
                if not left:
                    raise
                text = f"{error.message} {error.hint}".strip() + f"\n{question}"
            else:
                self.answers[key] = answer
                return value
        return None

    def _key(self, table: Name, column: str) -> str:
        """The key of `fill` for a column."""
        exact = f"{table.exact}.{column}"
        return exact if exact in self.fill else f"{table}.{column}"

    def require_all(self) -> None:
        """Raise Undecided if a decision is missing."""
        if self.open:
            raise Undecided(
                "\n".join(dict.fromkeys(one.text for one in self.open)),
                "Use " + "; ".join(dict.fromkeys(one.flag for one in self.open)) + ".",
                [one.about for one in self.open if one.about],
            )

    def check_used(self, flags: Iterable[str]) -> None:
        """Raise ConfigError for a flag that had no use: it may be misspelt."""
        for key in sorted(set(flags) - self.used):
            flag = f"--rename {key}" if key in self.rename else f"--fill {key}"
            raise ConfigError(
                f"No change needs {flag}.",
                "Use the names in the database: table.column, table, type.label.",
            )


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def plain(value: Any) -> Any:
    """Return a default as a value that source can contain, or None if that is impossible."""
    if callable(value):
        return value() if value in (dict, list) else None
    value = value.value if isinstance(value, Enum) else value
    if value is None:
        return None
    if isinstance(value, Decimal | UUID | date | time):  # the server converts the text
        value = str(value)
    with suppress(ValueError, SyntaxError):
        if type(value)(literal_eval(repr(value))) == value:
            return value
    return None
