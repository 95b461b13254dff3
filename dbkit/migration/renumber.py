"""Gives files that share a number, after two branches were merged, numbers of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count, groupby
from pathlib import Path

from dbkit.errors import MigrationError

from .file_numbers import TIME, is_time, number
from .files import Files
from .git import on_main_branch

NUMBER = re.compile(rf"^({TIME.pattern}|\d+_)")
Choose = Callable[[Sequence[str]], str]  # asks which of these files comes first


def renumber(
    directory: str | Path = "migrations", after: str | None = None, choose: Choose | None = None
) -> dict[str, str]:
    """Rename files so that every number is used once; return the new names by the old names.

    Files that git has on the main branch keep their names, and the other files follow them. With
    `after`, the file of this name keeps its number, and all other files from that number on follow
    it. If neither decides, `choose` is asked. Raises MigrationError if that is not given either,
    and for a file that another file names in REPLACES.
    """
    files = Files(Path(directory))
    names = files.names()
    clash = _clash(names)
    if not clash:
        return {}
    if after is None:
        stay = on_main_branch(files.directory) & {*names}
        if _clash([name for name in names if name in stay]) or not stay & {*clash}:
            after = _chosen(clash, choose)
    if after is not None:
        if after not in clash:
            raise MigrationError(
                f"{after} does not share its number with another migration.",
                f"The migrations with the same number are {', '.join(clash)}: name one of them.",
            )
        stay = {name for name in names if number(name) < number(after)} | {after}
    new = renamed(names, number(clash[0]), stay)
    _refuse_replaced(files, new)
    _rename(files, new)
    return new


def renamed(names: Sequence[str], first: int, stay: Collection[str]) -> dict[str, str]:
    """Return the new names: from the number `first` on, the files that do not stay get the next
    free numbers, in their order. Times and other numbers do not mix, and only the files that share
    a time get a new time."""
    times = is_time(first)
    same = [name for name in names if is_time(number(name)) == times]
    moved = [name for name in same if name not in stay
             and (number(name) == first if times else number(name) >= first)]  # fmt: skip
    taken = {number(name) for name in same if name not in moved}
    free = (one for one in count(first if times else max(taken, default=0) + 1) if one not in taken)
    new = {name: _numbered(one, name) for one, name in zip(free, moved, strict=False)}
    return {name: other for name, other in new.items() if name != other}


def _numbered(new: int, name: str) -> str:
    digits = f"{new:03}"
    word = NUMBER.sub("", name, count=1)
    return f"{digits[:8]}_{digits[8:]}_{word}" if is_time(new) else f"{digits}_{word}"


def _clash(names: Sequence[str]) -> list[str]:
    """The first files that share a number; none if every number is used once."""
    groups = (list(group) for _, group in groupby(names, number))
    return next((group for group in groups if len(group) > 1), [])


def _chosen(clash: Sequence[str], choose: Choose | None) -> str:
    if choose is None:
        raise MigrationError(
            f"The migrations {', '.join(clash)} have the same number, and git does not tell which "
            "of them is on the main branch.",
            f"Name the file that comes first: --after {clash[0]}",
        )
    return choose(clash)


def _refuse_replaced(files: Files, new: Mapping[str, str]) -> None:
    for name, replaced in files.replacing().items():
        if named := [one for one in replaced if one in new]:
            raise MigrationError(
                f"{name} names {', '.join(named)} in REPLACES, so a new name would break it.",
                "Rename the other file of this number by hand.",
            )


def _rename(files: Files, new: Mapping[str, str]) -> None:
    waiting = dict(new)
    while waiting:  # a name is free once the file that has it is renamed
        name = next(one for one in waiting if not files.path(waiting[one]).exists())
        path = files.path(name)
        try:
            path.rename(files.path(waiting.pop(name)))
        except OSError as error:
            raise MigrationError(f"{path} cannot be renamed: {error.strerror}.") from error
