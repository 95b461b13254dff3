"""The text of a migration file: its docstring, imports and functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dbkit.model_source import imports
from dbkit.plurals import plural
from dbkit.python_source import lines
from dbkit.schema.changes import Add, Alter, Change, Drop, Item, kind, subject
from dbkit.schema.names import Name
from dbkit.schema.values import EnumType, Table

from .enum_operations import Enums
from .hazards import listed_texts, texts
from .renames import Renaming
from .render_lines import Lines

LINE, LONG = 92, 40  # of a summary, of what one change is about
TEMPLATE = '''\
"""{summary}"""

{head}


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
{migrate}


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
{rollback}
'''


def file_text(summary: str, up: Lines, down: Lines, replaces: Sequence[str] | None = None) -> str:
    """Return the text of a migration file; `replaces` are the names of its REPLACES."""
    body = TEMPLATE.format(summary="", head="", migrate=up, rollback=down)
    peewee, *rest = imports(body)
    head = "\n".join([peewee, "", *rest])
    if replaces is not None:
        head += "\n\n" + "\n".join(lines("REPLACES = ", tuple(replaces), "", ""))
    return TEMPLATE.format(summary=summary, head=head, migrate=up, rollback=down)


def in_words(
    renaming: Renaming, changes: Sequence[Change], old: Enums, new: Enums
) -> tuple[str, ...]:
    """Return the operations of a file in words; similar operations are joined. `old` and `new` are
    the labels of the enum types of the models."""
    whole = any(isinstance(change.item, Table) for change in changes)
    told = [change for change in changes if not (whole and isinstance(change.item, EnumType))]
    for key in (key for key in old if new.get(key, old[key]) != old[key]):
        lists = {texts(old[key]), texts(new[key])}
        checks = [change for change in told if listed_texts(change.item) in lists]
        if checks:  # on SQLite, they implement the type
            type_ = Name(key[0] or "", key[1])
            told = [change for change in told if change not in checks]
            told.append(Alter(None, EnumType(type_, old[key]), EnumType(type_, new[key])))
    return tuple(quotable(one) for one in dict.fromkeys((*renaming.said, *_said(told))))


def summary_of(words: Sequence[str], lost: Sequence[str]) -> str:
    """Return the docstring of a file: its operations in one line, and its warnings."""
    what = words or ["no change of the schema"]
    line = what[0] if len(what[0]) <= LINE else f"{what[0][: LINE - 3]}..."
    for number, one in enumerate(what[1:], 1):
        if len(line) + len(one) + 2 > LINE:
            line += f"; and {len(what) - number} more"
            break
        line += f"; {one}"
    line = f"{line[:1].upper()}{line[1:]}."
    if not lost:
        return line
    return f"{line}\n\nWarnings:\n" + "".join(f"- {quotable(one)}\n" for one in lost)


def with_warnings(text: str, words: Sequence[str], lost: Sequence[str]) -> str:
    """Return the text of a file with another docstring; see `summary_of`."""
    rest = text[3:].partition('"""')[2]
    return f'"""{summary_of(words, lost)}"""{rest}'


def quotable(words: str) -> str:
    """Return the words for a docstring: on one line, and without invisible characters."""
    words = " ".join(words.replace("\\", "/").replace('"', "'").split())
    return "".join(one if one.isprintable() else f"U+{ord(one):04X}" for one in words)


def _said(changes: Iterable[Change]) -> Iterator[str]:
    """The changes in words; similar changes are joined: 'add tables a, b'."""
    together: dict[tuple[str, str, str], list[str]] = {}
    ordered = sorted(changes, key=lambda change: str(change.item.name))
    for change in sorted(ordered, key=lambda change: not isinstance(change.item, Table)):
        if isinstance(change, Alter) and isinstance(change.old, EnumType):
            yield from _relabelled(change.old, change.new)
            continue
        verb = {Add: "add", Drop: "drop", Alter: "change"}[type(change)]
        table = f" of {change.table}" if change.table else ""
        about = subject(change.item)
        about = about if len(about) <= LONG else f"{about[:LONG]}..."
        together.setdefault((verb, kind(change.item), table), []).append(about)
    for (verb, what, table), names in together.items():
        kinds = what if len(names) == 1 else plural(what)
        yield f"{verb} {kinds} {', '.join(names)}{table}"


def _relabelled(old: EnumType, new: Item) -> Iterator[str]:
    """The change of an enum type in words."""
    assert isinstance(new, EnumType)
    added = [label for label in new.labels if label not in old.labels]
    dropped = [label for label in old.labels if label not in new.labels]
    for verb, labels in (("add", added), ("drop", dropped)):
        if labels:
            word = "label" if len(labels) == 1 else "labels"
            yield f"{verb} {word} {', '.join(labels)} of enum type {new.name}"
    if not added and not dropped:
        yield f"reorder the labels of enum type {new.name}"
