"""Gives files that share a number, after two branches were merged, numbers of their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from dbkit.errors import MigrationError

from .applied import number
from .files import Files
from .git import on_main_branch

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
    free numbers, in their order."""
    moved = [name for name in names if number(name) >= first and name not in stay]
    last = max((number(name) for name in names if name not in moved), default=0)
    new = {name: f"{last + place:03}_{name.partition('_')[2]}"
           for place, name in enumerate(moved, 1)}  # fmt: skip
    return {name: other for name, other in new.items() if name != other}


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
