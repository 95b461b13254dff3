"""The warnings for changes that lose data or may fail on existing rows.

A rule is not a hazard if the rows already satisfy the same rule or a stricter rule. The rules of
the rollback count too, because new rows may have been inserted before it. The types of the rollback
do not count, because each wider type would cause a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from dbkit.schema.changes import Add, Alter, Change, Drop, Item, covers, kind, subject
from dbkit.schema.details import Generated, Key, OnConflict
from dbkit.schema.dialect import Dialect
from dbkit.schema.diff import diff
from dbkit.schema.names import Name
from dbkit.schema.patch import patched
from dbkit.schema.sql import literal, mentions
from dbkit.schema.values import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    Part,
    PrimaryKey,
    Schema,
    Table,
    Unique,
)

from .enum_operations import Enums

Filled = AbstractSet[tuple[Name, str]]  # (table, column) of the filled columns
IN_LIST = re.compile(r"\(*(\S+) IN \((.*?)\)+", re.IGNORECASE | re.DOTALL)
TEXT = re.compile(r"'(?:[^']|'')*'")
LOSING = (OnConflict("IGNORE"), OnConflict("REPLACE"))
BYTEWISE = (None, "binary", "C", "POSIX", '"C"', '"POSIX"', '"default"')  # equal: the same bytes
DIFFERENT = re.compile(r"\b(nextval|random|gen_random_uuid|uuid\w*|randomblob)\b", re.IGNORECASE)
# the functions, operators and casts that accept every value; names and strings
HARMLESS = re.compile(
    r"\b(lower|upper|coalesce|concat|length|[lrb]?trim|md5|date_trunc|to_tsvector|json_extract) ?\("
    r"|::\"?(text|character varying|regconfig)\"?|\|\||#?->?>|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"",
    re.IGNORECASE,
)
FAILING = re.compile(r"\w ?\(|[-+*/%^]|::|\bcast\b", re.IGNORECASE)


@dataclass(frozen=True)
class Direction:
    """The changes of one direction; `filled` are the columns whose rows get a value."""

    current: Schema
    changes: Sequence[Change]
    filled: Filled

    def rules(self, stand_ins: AbstractSet[frozenset[str]]) -> Iterator[str]:
        """Yield warnings for rules of the desired schema that existing rows may break. A check
        whose list of values is in `stand_ins` implements an enum type: the labels of the type cause
        the warnings."""
        desired = patched(self.current, self.changes)
        yield from _empty(self.changes, {*self.filled, *_numbered(desired)})
        yield from _computed(self.changes)
        tables = {table.name: table for table in self.current.tables}
        for change in self.changes:
            if _is_relabelled(change, tables, stand_ins):
                continue
            if not isinstance(change, Drop) and change.table in tables:
                yield from _stricter(tables[change.table], change)
            yield from _strict(change)
        for table in desired.tables:
            if table.name in tables:
                yield from _repeated(tables[table.name], table, self.filled)


def hazards(
    dialect: Dialect, up: Direction, filled_down: Filled, old: Enums, new: Enums
) -> tuple[str, ...]:
    """Return a sentence for each hazard of the changes `up`; `old` and `new` are the labels of the
    enum types, and `filled_down` the columns that the rollback fills."""
    desired = patched(up.current, up.changes)
    down = Direction(desired, diff(desired, up.current), filled_down)
    stand_ins = {texts(labels) for side in (old, new) for key, labels in side.items()
                 if key in old and key in new}  # fmt: skip
    rules = [f"the rollback {one}" for one in down.rules(stand_ins)]
    found = [*direction_hazards(dialect, up, stand_ins), *rules, *without_labels(old, new)]
    return tuple(dict.fromkeys(found))


def direction_hazards(
    dialect: Dialect, up: Direction, stand_ins: AbstractSet[frozenset[str]] = frozenset()
) -> list[str]:
    """Return a sentence for each hazard of the changes in this direction; see `Direction.rules`."""
    desired = patched(up.current, up.changes)
    effects = dialect.effects(up.current, desired)
    lost = [f"loses data: {loss}" for loss in effects.losses.values()]
    types = {(table.name, part.name): part.type for table in desired.tables
             for part in table.parts if isinstance(part, Column)}  # fmt: skip
    unfit = [
        f"{reason}: column {column} of table {table} becomes {types[table, column]}"
        for (table, column), reason in effects.misfits.items()
        if (table, column) not in effects.losses or "fails" in reason  # otherwise the same fact
    ]
    return [*lost, *unfit, *up.rules(stand_ins)]


def _numbered(schema: Schema) -> Iterator[tuple[Name, str]]:
    """The columns that are SQLite's rowid: they get a number in each row."""
    for table in schema.tables:
        keys = [part.columns for part in table.parts if isinstance(part, PrimaryKey)]
        for part in table.parts:
            if isinstance(part, Column) and part.type == "integer" and (part.name,) in keys:
                yield table.name, part.name


def _empty(changes: Sequence[Change], filled: Filled) -> Iterator[str]:
    """Warnings for columns that become NOT NULL and get no value."""
    for change in changes:
        match change:
            case Alter(Name() as table, Column(nullable=True), Column(nullable=False) as column):
                reason = "fails where the value is NULL"
            case Add(Name() as table, Column(nullable=False, identity="") as column) if (
                not _has_default(column)
            ):
                reason = "fails if the table has rows"
                if column.generated is not None:
                    reason = "fails where the expression gives NULL"
            case _:
                continue
        if (table, column.name) not in filled:
            yield f"{reason}: column {column.name} of table {table} is NOT NULL"


def _computed(changes: Sequence[Change]) -> Iterator[str]:
    """Warnings for generated columns and indexes whose expressions may fail."""
    for change in changes:
        match change:
            case Add(Name() as table, Column(generated=Generated(expression))):
                pass
            case Alter(
                Name() as table, Column(generated=old), Column(generated=Generated() as new)
            ) if old != new:
                expression = new.expression
            case Add(Name() as table, Index() as index):
                computed = (key.expression or "" for key in index.keys if key.column is None)
                expression = ", ".join([*computed, index.where or ""])
            case _:
                continue
        if FAILING.search(HARMLESS.sub(" ", expression)):
            item = change.item
            yield f"fails where the expression fails: {kind(item)} {subject(item)} of table {table}"


def _strict(change: Change) -> Iterator[str]:
    """A warning for a table that becomes STRICT."""
    match change:
        case Alter(_, Table() as old, Table() as new) if (
            new.options.strict and not old.options.strict
        ):
            yield f"fails where a value does not have its column's type: table {new.name}"


def _stricter(old: Table, change: Add | Alter) -> Iterator[str]:
    """A warning for a rule that existing rows may break. A rule about new columns only needs no
    warning."""
    item = change.item
    if is_stricter(old, item):
        yield f"{_rule(item)}: {kind(item)} {subject(item)} of table {old.name}"


def is_stricter(old: Table, item: Item) -> bool:
    """Whether rows of the table may break a rule, which concerns at least one of its columns."""
    if not _rule(item) or any(_implies(one, item) for one in old.parts):
        return False
    return any(is_about(item, part.name) for part in old.parts if isinstance(part, Column))


def _rule(item: Item) -> str:
    """The condition under which a rule makes the migration fail, in words."""
    match item:
        case Check(enforced=True, validated=True):
            return "fails where a row breaks it"
        case Exclusion():
            return "fails where two rows conflict"
        case ForeignKey(enforced=True, validated=True):
            return "fails where the referenced row is missing"
        case Unique(options=options) | PrimaryKey(options=options) if any(
            option in LOSING for option in options
        ):
            return "loses rows where values repeat"
        case Unique() | PrimaryKey() | Index(unique=True):
            return "fails where values repeat"
    return ""


def _implies(old: Part, new: Item) -> bool:
    """Whether rows that satisfy the old rule also satisfy the new rule."""
    match old, new:
        case Check(enforced=True, validated=True), Check():
            return old.expression == new.expression or _widens(old, new)
        case Exclusion(), Exclusion():
            return old.definition == new.definition
        case ForeignKey(enforced=True, validated=True), ForeignKey():
            return _pointing(old) == _pointing(new)
    first, second = _once(old), _once(new)
    if first is None or second is None or not first.keys <= second.keys:
        return False
    nulls = second.nulls_distinct or not first.nulls_distinct or isinstance(new, PrimaryKey)
    return nulls and first.where in (None, second.where)


def _widens(old: Check, new: Check) -> bool:
    """Whether the new check only adds values to the list of the old check."""
    before, after = IN_LIST.fullmatch(old.expression), IN_LIST.fullmatch(new.expression)
    same = before and after and before[1] == after[1]
    return bool(same) and (listed_texts(new) or frozenset()) >= (listed_texts(old) or frozenset())


def _is_relabelled(
    change: Change, tables: Mapping[Name, Table], stand_ins: AbstractSet[frozenset[str]]
) -> bool:
    """Whether a check implements an enum type that its column already had."""
    new, old = change.item, tables.get(change.table) if change.table else None
    return (
        old is not None
        and isinstance(new, Check)
        and listed_texts(new) in stand_ins
        and any(isinstance(one, Check) and listed_texts(one) in stand_ins
                and IN_LIST.sub(r"\1", one.expression) == IN_LIST.sub(r"\1", new.expression)
                for one in old.parts)
    )  # fmt: skip


def listed_texts(item: Item) -> frozenset[str] | None:
    """The texts, as SQL, that a check lists; None if the check is not a list of texts."""
    found = IN_LIST.fullmatch(item.expression) if isinstance(item, Check) else None
    return frozenset(TEXT.findall(found[2])) if found else None


def texts(labels: Iterable[str]) -> frozenset[str]:
    return frozenset(map(literal, labels))


def _pointing(key: ForeignKey) -> tuple[object, ...]:
    return key.columns, key.target, key.target_columns, key.match, key.period


@dataclass(frozen=True)
class Once:
    """The values that must differ between any two rows."""

    keys: frozenset[str]
    where: str | None
    nulls_distinct: bool


def _once(item: Item) -> Once | None:
    match item:
        case PrimaryKey(columns=columns, period=False):
            return Once(frozenset(columns), None, False)
        case Unique(columns=columns, period=False):
            return Once(frozenset(columns), None, item.nulls_distinct)
        case Index(unique=True, valid=True):
            keys = frozenset(map(_without_order, item.keys))
            return Once(keys, item.where, item.nulls_distinct)
    return None


def _without_order(key: Key) -> str:
    key = replace(key, order="")
    return str(key.column if key.is_plain else key)


def _repeated(old: Table, new: Table, filled: Filled) -> Iterator[str]:
    """Warnings for keys over columns whose values become equal, because of a collation or because
    each row gets the same value; and for foreign keys whose column gets such a value."""
    before = {part.name: part for part in old.parts if isinstance(part, Column)}
    after = [part for part in new.parts if isinstance(part, Column)]
    collated = {one.name for one in after if one.name in before
                and one.collation not in (before[one.name].collation, *BYTEWISE)}  # fmt: skip
    same = {one.name for one in after if one.name not in before and _has_default(one)}
    same |= {one.name for one in after if (new.name, one.name) in filled}
    same -= {one.name for one in after if DIFFERENT.search(one.default or "")}
    null = {one.name for one in after if one.name not in before and one.nullable
            and not (_has_default(one) or one.identity or one.generated)}  # fmt: skip
    for part in new.parts:
        names = {one.name for one in after if is_about(part, one.name)}
        once = _once(part)
        if isinstance(part, ForeignKey):
            is_broken = bool(same & names)
        else:
            equal = same if once is None or once.nulls_distinct else same | null
            is_broken = once is not None and bool(collated & names or (names and names <= equal))
        if is_broken and (reason := _rule(part)):
            yield f"{reason}: {kind(part)} {subject(part)} of table {new.name}"


def _has_default(column: Column) -> bool:
    return (column.default or "NULL").upper() != "NULL"


def is_about(item: Item, column: str) -> bool:
    """Whether a rule concerns the column, perhaps in an expression."""
    match item:
        case Check(expression):
            return mentions(expression, column)
        case Exclusion(definition):
            return mentions(definition, column)
        case Index():
            return any(mentions(key.expression or "", column) if key.column is None
                       else key.column == column for key in item.keys)  # fmt: skip
    return column in covers(item)


def without_labels(old: Enums, new: Enums) -> Iterator[str]:
    """Yield warnings for labels that only one side has."""
    for first, second, who in ((old, new, "fails"), (new, old, "the rollback fails")):
        for key, labels in first.items():
            gone = [label for label in labels if label not in second.get(key, labels)]
            if gone:
                yield f"{who} where a row has the label: {', '.join(gone)} of enum type {key[1]}"
