"""The names by which a model reaches the models that point to it: `team.members`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import peewee as pw

from dbkit.schema.names import Name
from dbkit.schema.values import ForeignKey, Index, PrimaryKey, Table, Unique

from .english import plural
from .python_names import LAST_WORD, unique

TableColumn = tuple[Name, str]  # table, column


def backrefs(
    tables: Iterable[Table],
    classes: Mapping[Name, str],
    fields: Mapping[Name, Mapping[str, str]],
    links: Mapping[TableColumn, ForeignKey],
    taken: Mapping[Name, set[str]],
) -> dict[TableColumn, str]:
    """Return a name for each foreign key, unique in the target; add it to those `taken` there.

    It is the plural of the model with the key (`orders`), without the name of the target
    (`team.members` for a TeamMember), or its singular if a row has at most one such row. If the
    model has several keys to the target, the name contains the field: `messages_as_sender`.
    """
    models = {pw.make_snake_case(name) for name in classes.values()}
    found: dict[TableColumn, str] = {}
    for table in tables:
        keys = {column: key for (name, column), key in links.items() if name == table.name}
        for column, key in keys.items():
            child, target = classes[table.name], classes[key.target]
            several = sum(other.target == key.target for other in keys.values()) > 1
            possible = list(_possible(child, target, fields[table.name][column], several,
                                      is_unique(table, column), models))  # fmt: skip
            free = (
                name for name in possible if unique(name, taken[key.target], _underscores) == name
            )
            name = next(free, None) or unique(possible[-1], taken[key.target], _underscores)
            taken[key.target].add(name)
            found[table.name, column] = name
    return found


def _possible(
    child: str, target: str, field: str, several: bool, is_one: bool, models: set[str]
) -> Iterator[str]:
    """Names for a foreign key, the best first."""
    child, target = pw.make_snake_case(child), pw.make_snake_case(target)
    whole = child if is_one else _plural(child)
    if child == target and field == "parent":
        yield "child" if is_one else "children"
    if child == target or (several and field != target):
        yield f"{whole}_{field}" if field.endswith("_by") else f"{whole}_as_{field}"
        return
    short = child.removeprefix(f"{target}_")
    if short != child and short not in models and short.isidentifier():
        yield short if is_one else _plural(short)
    yield whole
    yield f"{whole}_as_{field}"


def is_unique(table: Table, column: str) -> bool:
    """Whether no two rows of a table have the same value in a column."""
    return any(_columns(part) == (column,) for part in table.parts)


def _columns(part: object) -> tuple[str | None, ...]:
    match part:
        case PrimaryKey() | Unique():
            return part.columns
        case Index(unique=True, where=None):
            return tuple(key.column for key in part.keys)
    return ()


def _plural(noun: str) -> str:
    """The plural of the last word, or Peewee's own ending for a noun that is not a word."""
    word = LAST_WORD.search(noun)
    several = plural(word[0]) if word else None
    return LAST_WORD.sub(several, noun) if several else f"{noun.rstrip('_')}_set"


def _underscores(count: int) -> str:
    return "_" * count
