"""The variables of a project's `.env`, in which `${NAME}` refers to another variable."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ConfigError

if TYPE_CHECKING:
    from dotenv.parser import Binding

Get = Callable[[str], str | None]  # reads a variable; None if it is missing or empty


def of_environment(name: str) -> str | None:
    return os.environ.get(name) or None


def with_dotenv(path: Path) -> Get:
    """Read the variables of the environment and then those of the file. Raises ConfigError, also
    for a broken line: environs would skip the line, even if it holds the database URL."""
    try:
        if not path.exists():
            return of_environment
        from dotenv.parser import parse_stream
        from environs import Env  # without a file, `status` would spend a quarter of its time here

        with path.open(encoding="utf-8") as stream:
            _check(list(parse_stream(stream)), path)
        both = Env()
        both.read_env(path, recurse=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    return lambda name: both.str(name, "") or None


def _check(bindings: Iterable[Binding], path: Path) -> None:
    known = set(os.environ)
    for binding in bindings:
        line = binding.original.line + _blank_lines(binding.original.string)
        if binding.error:
            raise ConfigError(f"{path} cannot be read: line {line} is not NAME=VALUE.")
        if binding.key and binding.key not in os.environ:  # the environment takes precedence
            for name in _references(binding.value or ""):
                if name not in known:
                    raise ConfigError(
                        f"{path}, line {line}: {binding.key} refers to ${{{name}}}, and {name} is "
                        "not set.",
                        f"Set {name} in the environment or on an earlier line. If it may be "
                        f"missing, write ${{{name}:-}}.",
                    )
            known.add(binding.key)


def _blank_lines(text: str) -> int:
    """The lines before a binding that its text begins with."""
    return text[: len(text) - len(text.lstrip())].count("\n")


def _references(value: str) -> Iterator[str]:
    """The variables without a default to which a value refers."""
    from dotenv.variables import Variable, parse_variables

    for atom in parse_variables(value):
        if isinstance(atom, Variable) and atom.default is None:
            yield atom.name
