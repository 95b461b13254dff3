"""What of a migration loses data, or may fail on the rows that are there."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from dbkit.schema.changes import Add, Alter, Change, Drop, Item, covers, kind, subject
from dbkit.schema.dialect import Dialect
from dbkit.schema.patching import patched
from dbkit.schema.statements import mentions
from dbkit.schema.values import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    PrimaryKey,
    Schema,
    Unique,
)

from .enums import Enums

INTEGERS = ("smallint", "integer", "bigint")
WIDTHS = {"boolean": 5, "smallint": 6, "integer": 11, "bigint": 20, "uuid": 36}
IN_LIST = re.compile(r"\(*(\S+) IN \((.*?)\)+", re.IGNORECASE | re.DOTALL)
TEXT = re.compile(r"'(?:[^']|'')*'")
SIZE = re.compile(r".+\((\d+)(?:, ?(\d+))?\)")


def hazards(
    dialect: Dialect, current: Schema, changes: Sequence[Change], old: Enums, new: Enums
) -> tuple[str, ...]:
    """A sentence each; `old` and `new` are the labels of enum types."""
    told = dialect.usings(current, patched(current, changes))
    statements = dialect.inside(current, patched(current, changes))
    lost = (f"loses data: {statement.loses}" for statement in statements if statement.loses)
    cast = (f"fails where a value is none of the new type: column {column} of table {table}"
            for table, column in told)  # fmt: skip
    more = (*_narrowed(changes), *_converted(changes, told), *_stricter(current, changes))
    return tuple(dict.fromkeys([*lost, *cast, *more, *_without(old, new)]))


def _stricter(current: Schema, changes: Sequence[Change]) -> Iterator[str]:
    """Rules that existing rows may break. A rule about new columns only is left out."""
    old = {table.name: {part.name for part in table.parts if isinstance(part, Column)}
           for table in current.tables}  # fmt: skip
    for change in changes:
        if isinstance(change, Drop) or change.table is None or _widens(change, changes):
            continue
        reason, item = _rule(change), change.item
        if reason and any(_about(item, str(column)) for column in old.get(change.table, ())):
            yield f"{reason}: {kind(item)} {subject(item)} of table {change.table}"


def _widens(change: Change, changes: Sequence[Change]) -> bool:
    """Whether a check only adds values to the list of a check whose place it takes."""
    if not isinstance(change.item, Check) or not (new := IN_LIST.fullmatch(change.item.expression)):
        return False
    gone = [one.old if isinstance(one, Alter) else one.item for one in changes
            if one.table == change.table and not isinstance(one, Add)]  # fmt: skip
    olds = [IN_LIST.fullmatch(old.expression) for old in gone if isinstance(old, Check)]
    values = set(TEXT.findall(new[2]))
    return any(old and old[1] == new[1] and values >= set(TEXT.findall(old[2])) for old in olds)


def _rule(change: Change) -> str:
    """When the migration fails because of a new or changed rule."""
    match change:
        case Add(item=Check(enforced=True, validated=True)):
            return "fails where a row breaks it"
        case Alter(old=Check() as old, new=Check(enforced=True, validated=True) as new):
            weak = not (old.enforced and old.validated)
            return "fails where a row breaks it" if weak or old.expression != new.expression else ""
        case Add(item=Exclusion()) | Alter(new=Exclusion()):
            return "fails where two rows conflict"
        case Add(item=ForeignKey(enforced=True, validated=True)):
            return "fails where the row that it points to is missing"
        case Alter(old=ForeignKey() as old, new=ForeignKey(enforced=True, validated=True) as new):
            weak = not (old.enforced and old.validated)
            moved = (old.target, old.target_columns) != (new.target, new.target_columns)
            return "fails where the row that it points to is missing" if weak or moved else ""
        case Add(item=Unique() | PrimaryKey() | Index(unique=True)):
            return "fails where values repeat"
        case Alter(old=Index(unique=False), new=Index(unique=True)):
            return "fails where values repeat"
    return ""


def _about(item: Item, column: str) -> bool:
    """Whether a rule concerns the column; an expression may mention it."""
    match item:
        case Check(expression):
            return mentions(expression, column)
        case Exclusion(definition):
            return mentions(definition, column)
        case Index():
            return any(mentions(key, column) for key in item.keys)
    return column in covers(item)


def _without(old: Enums, new: Enums) -> Iterator[str]:
    for first, second, who in ((old, new, "fails"), (new, old, "the rollback fails")):
        for key, labels in first.items():
            gone = [label for label in labels if label not in second.get(key, labels)]
            if gone:
                yield f"{who} where a row has it: label {', '.join(gone)} of enum type {key[1]}"


def _converted(changes: Sequence[Change], told: Container[tuple[str, str]]) -> Iterator[str]:
    """Text that becomes another type, and another type that becomes a short text."""
    for change in changes:
        match change:
            case Alter(str(table), Column() as old, Column() as new) if (
                table,
                new.name,
            ) not in told:
                size = SIZE.fullmatch(new.type) if _is_text(new.type) else None
                short = size and not _is_text(old.type) and int(size[1]) < _width(old.type)
                if short or (_is_text(old.type) and not _is_text(new.type)):
                    yield (f"fails or loses data where a value does not fit: column {new.name} of "
                           f"table {table} becomes {new.type}")  # fmt: skip


def _is_text(type_: str) -> bool:
    return any(word in type_.lower() for word in ("char", "text"))


def _width(type_: str) -> int:
    """The most characters that a value of the type takes as text, as far as that is known."""
    return WIDTHS.get(type_.lower(), 64)


def _narrowed(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        match change:
            case Alter(table, Column() as old, Column() as new):
                before, after = SIZE.fullmatch(old.type), SIZE.fullmatch(new.type)
                sized = after and (("char" in new.type and old.type == "text") or (
                    before and _sizes(after) < _sizes(before)))  # fmt: skip
                if sized or _rank(new.type) < _rank(old.type):
                    yield (f"fails where a value does not fit: column {new.name} of table {table} "
                           f"becomes {new.type}")  # fmt: skip


def _rank(type_: str) -> int:
    return INTEGERS.index(type_) if type_ in INTEGERS else 0


def _sizes(match: re.Match[str]) -> tuple[int, int]:
    """Digits before the point, or the length, and digits after it."""
    after = int(match[2] or 0)
    return int(match[1]) - after, after
