"""What the models do not say: whether what went away and what came is one thing under a new name,
and what a new column holds in the rows that are there."""

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


class Undecided(DbkitError):
    """A migration depends on what only a person knows; the hint names the flags that say it."""


@dataclass
class Decisions:
    """`rename` is {"table.column": new, "table": new, "type.label": new}, `fill` is
    {"table.column": value}. What they leave open is asked, if `confirm` and `prompt` are given."""

    rename: Mapping[str, str] = field(default_factory=dict)
    no_rename: bool = False
    fill: Mapping[str, str] = field(default_factory=dict)
    confirm: Callable[[str], bool] | None = None
    prompt: Callable[[str], str] | None = None
    open: list[tuple[str, str]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def renamed(
        self, what: str, keys: Sequence[str], likely: Sequence[str], possible: Sequence[str]
    ) -> str | None:
        """The new name of what went away, None if it is gone; `keys` are its ways to be named,
        `likely` what may be asked about of all that is `possible`."""
        for key in keys:
            if key in self.rename:
                self.used.add(key)
                new = [one for one in possible
                       if self.rename[key] in (one, one.rpartition(".")[2])]  # fmt: skip
                if not new:
                    raise ConfigError(
                        f"{what} {key} cannot become {self.rename[key]}: the models have "
                        "nothing new with that name.",
                        f"New names: {', '.join(possible) or 'none'}.",
                    )
                return new[0]
        if self.no_rename or not likely:
            return None
        if self.confirm is None:
            flags = " or ".join(f"--rename {keys[0]}:{one}" for one in likely)
            news = " or ".join(likely)
            self.open.append((f"{what.capitalize()} {keys[0]} may have become {news}.",
                              f"{flags}, or --no-rename if it was removed"))  # fmt: skip
            return None
        return next((one for one in likely
                     if self.confirm(f"Was {what} {keys[0]} renamed to {one}?")), None)  # fmt: skip

    def is_filled(self, table: str, column: str) -> bool:
        return f"{table}.{column}" in self.fill

    def value(self, table: str, column: str) -> str | None:
        """What the existing rows get in a column that is NOT NULL."""
        key = f"{table}.{column}"
        if key in self.fill:
            self.used.add(key)
            return self.fill[key]
        if self.prompt is not None:
            return self.prompt(f"{key} is NOT NULL. Which value do the existing rows get?")
        self.open.append((f"Column {key} is NOT NULL and has no default for the existing rows.",
                          f"--fill {key}=VALUE"))  # fmt: skip
        return None

    def settle(self) -> None:
        """Raises Undecided if something is open."""
        if self.open:
            raise Undecided(
                "\n".join(dict.fromkeys(what for what, _ in self.open)),
                "Use " + "; ".join(dict.fromkeys(flag for _, flag in self.open)) + ".",
            )

    def check_used(self, flags: Iterable[str]) -> None:
        """Raises ConfigError for a flag that nothing needed: it may be misspelt."""
        for key in sorted(set(flags) - self.used):
            flag = f"--rename {key}" if key in self.rename else f"--fill {key}"
            raise ConfigError(
                f"No change needs {flag}.",
                "Use the names in the database: table.column, table, type.label.",
            )


def plain(value: Any) -> Any:
    """A default as a value that a migration can hold, None if it is none."""
    if callable(value):
        return value() if value in (dict, list) else None
    value = value.value if isinstance(value, Enum) else value
    if value is None:
        return None
    if isinstance(value, Decimal | UUID | date | time):  # as text, which the server reads
        value = str(value)
    with suppress(ValueError, SyntaxError):
        if type(value)(literal_eval(repr(value))) == value:
            return value
    return None
