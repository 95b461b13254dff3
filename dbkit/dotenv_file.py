"""The variables of a project's `.env`, in which `${NAME}` refers to another variable."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ConfigError
from .similar_names import similar

if TYPE_CHECKING:
    from dotenv.parser import Binding

PREFIX = "DBKIT_"  # of variables that belong to no other program
ALIKE = 0.68  # of 1; DBKIT_ENVIRONMENT and DBKIT_ENV are
Get = Callable[[str], str | None]  # reads a variable; None if it is missing or empty


def of_environment(name: str) -> str | None:
    return os.environ.get(name) or None


def with_dotenv(path: Path, known: Collection[str]) -> Get:
    """Read the variables of the environment and then those of the file. Raises ConfigError, also
    for a broken line (environs would skip the line, even if it holds the database URL), and for a
    variable with our prefix that is not `known`."""
    try:
        if not path.exists():
            return of_environment
        from dotenv.parser import parse_stream
        from environs import Env  # without a file, `status` would spend a quarter of its time here

        with path.open(encoding="utf-8") as stream:
            _check(list(parse_stream(stream)), path, known)
        both = Env()
        both.read_env(path, recurse=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    return lambda name: both.str(name, "") or None


def names_in(path: Path) -> list[str]:
    """Return the names of the file's variables; `with_dotenv` has checked the file."""
    if not path.exists():
        return []
    from dotenv.parser import parse_stream

    with path.open(encoding="utf-8") as stream:
        return [binding.key for binding in parse_stream(stream) if binding.key]


def _check(bindings: Iterable[Binding], path: Path, variables: Collection[str]) -> None:
    known = set(os.environ)
    for binding in bindings:
        line = binding.original.line + _blank_lines(binding.original.string)
        if binding.error:
            raise ConfigError(f"{path} cannot be read: line {line} is not NAME=VALUE.")
        if binding.key:
            _require_known(binding.key, f"{path}, line {line}", variables)
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


def _require_known(name: str, where: str, known: Collection[str]) -> None:
    if name.startswith(PREFIX) and name not in known:
        meant = similar(name, known, ALIKE)
        raise ConfigError(
            f"{where}: {name} is not a variable of dbkit. Its variables: {', '.join(known)}.",
            f"Did you mean {meant} instead of {name}?" if meant else "",
        )


def _blank_lines(text: str) -> int:
    """The lines before a binding that its text begins with."""
    return text[: len(text) - len(text.lstrip())].count("\n")


def _references(value: str) -> Iterator[str]:
    """The variables without a default to which a value refers."""
    from dotenv.variables import Variable, parse_variables

    for atom in parse_variables(value):
        if isinstance(atom, Variable) and atom.default is None:
            yield atom.name
