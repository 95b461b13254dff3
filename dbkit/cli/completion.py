"""What the shell completes, beside commands and options: migrations, tables, modules.

The functions have the signature of click's `shell_complete`. They connect to no database. The user
is typing: whatever fails completes nothing, and what a module prints is not a completion.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from ..config import Settings

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
PLAIN = re.compile(r"[\w@%+=:,./-]+")  # shells take other names apart


def completing(names: Callable[[Settings, str], Iterable[str]]) -> Complete:
    """Turn a function into one for click. It gets the settings of the command line that is being
    typed, and the beginning of a word, and returns names; those without that beginning are left
    out, and those that are on the command line already."""

    @wraps(names)
    def complete(ctx: click.Context, parameter: click.Parameter, word: str) -> list[CompletionItem]:
        given = ctx.params.get(parameter.name or "")
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                found = [*names(_settings(ctx), word)]
        except (Exception, SystemExit):  # a module of the user may exit
            return []
        used = given if isinstance(given, (tuple, list)) else ()
        return [
            CompletionItem(name)
            for name in dict.fromkeys(found)
            if name.startswith(word) and name not in used and PLAIN.fullmatch(name)
        ]

    return complete


def _settings(ctx: click.Context) -> Settings:
    from .. import config
    from ..discovery import find_project

    find_project()
    typed = ctx.params.get
    return config.load(models=typed("models"), migrations=typed("migrations"))


@completing
def migrations(settings: Settings, _: str) -> Iterable[str]:
    from ..migration.files import Files

    return Files(settings.migrations).names()


@completing
def tables(settings: Settings, _: str) -> Iterable[str]:
    return sorted(_models(settings))


@completing
def columns(settings: Settings, _: str) -> Iterator[str]:
    """TABLE.COLUMN."""
    for table, model in sorted(_models(settings).items()):
        yield from (f"{table}.{name}" for name in model._meta.columns)


def _models(settings: Settings) -> dict[str, Any]:
    from ..discovery import find_models
    from ..seeding.stage_files import by_table

    found = find_models(settings.models)
    return by_table([*found.models, *found.bases])


@completing
def sides(_: Settings, __: str) -> Iterable[str]:
    """The sources of `diff` that are not URLs."""
    return ("models", "migrations", "live")


@completing
def modules(_: Settings, word: str) -> Iterator[str]:
    """The modules of the project: those of the package that the word names so far, and of the
    packages in it."""
    from ..project import current_project

    *parents, _last = word.split(".")
    if all(part.isidentifier() for part in parents):
        yield from _modules(current_project().directory.joinpath(*parents), parents, depth=2)


def _modules(folder: Path, parents: list[str], depth: int) -> Iterator[str]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        name, suffix = os.path.splitext(entry.name)
        if not name.isidentifier() or name.startswith("__"):
            continue
        if entry.is_dir() and not suffix:
            inside = list(_modules(Path(entry), [*parents, name], depth - 1)) if depth > 1 else []
            if inside or _has_python(entry.path):
                yield from [".".join([*parents, name]), *inside]
        elif suffix == ".py":
            yield ".".join([*parents, name])


def _has_python(folder: str) -> bool:
    return any(name.endswith(".py") for name in os.listdir(folder))


def directories(_: click.Context, __: click.Parameter, word: str) -> list[CompletionItem]:
    """The shell itself completes names of directories."""
    return [CompletionItem(word, type="dir")]
