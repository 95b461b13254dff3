"""Shell patterns for names of tables: of the setting `ignore`, and of options such as `--only`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from dbkit.errors import ConfigError

from .names import Name


def matches(name: Name | str, patterns: Collection[str]) -> bool:
    """Whether a pattern matches the name."""
    return any(fnmatchcase(str(name), pattern) for pattern in patterns)


def require_match(option: str, patterns: Iterable[str], names: Iterable[Name]) -> None:
    """Raise ConfigError for a pattern of the option that matches no table; `names` are those of all
    tables."""
    shown = sorted({str(name) for name in names})
    for pattern in patterns:
        if not any(matches(name, [pattern]) for name in shown):
            raise ConfigError(
                f"{option} {pattern} matches no table.",
                f"The tables are {', '.join(shown)}." if shown else "There are no tables.",
            )
