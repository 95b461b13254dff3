"""What the CHECKs of a table say about its columns, as far as that is understood.

An OR has several ways to be true. Each combination of ways is a CheckLimits of its own, and each
row is made by one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations, islice, product
from typing import Any

from .check_syntax import (
    NOW,
    TURNED,
    Among,
    Both,
    Call,
    Column,
    Compare,
    Like,
    Literal,
    Null,
    Unknown,
    columns_of,
    negated,
    parse,
)

WAYS = 32  # the most combinations that are tried
LENGTHS = ("length", "char_length", "character_length", "octet_length")
JSON_TYPES = ("jsonb_typeof", "json_typeof", "json_type")
SIZES = ("array_length", "cardinality", "json_array_length", "jsonb_array_length")


@dataclass
class Limit:
    """What is known of the values of a column. `low` and `high` are constants of SQL, or NOW.
    `patterns` are (a sign of check_syntax.LIKE, pattern). `null` says that the value must be NULL
    (True) or must not be (False). `json_type` is what jsonb_typeof must return."""

    low: Any = None
    high: Any = None
    open_low: bool = False
    open_high: bool = False
    allowed: list[Any] | None = None
    excluded: list[Any] = field(default_factory=list)
    shortest: int = 0
    longest: int | None = None
    patterns: list[tuple[str, str]] = field(default_factory=list)
    case: Callable[[str], str] | None = None
    null: bool | None = None
    json_type: str = "object"

    @property
    def is_contradictory(self) -> bool:
        if self.allowed is not None and not self.allowed:
            return self.null is False or self.null is None
        if self.longest is not None and self.longest < self.shortest:
            return True
        return (
            isinstance(self.low, Decimal) and isinstance(self.high, Decimal)
            and (self.low > self.high
                 or (self.low == self.high and (self.open_low or self.open_high)))
        )  # fmt: skip


@dataclass
class CheckLimits:
    """The limits of the columns, and pairs (smaller column, larger column)."""

    columns: dict[str, Limit] = field(default_factory=dict)
    ordered: list[tuple[str, str]] = field(default_factory=list)
    contradictory: bool = False

    def of(self, column: str) -> Limit:
        return self.columns.setdefault(column, Limit())


def ways(expressions: Iterable[str], names: Iterable[str]) -> list[CheckLimits]:
    """Return the ways in which the expressions can all be true; `names` are the columns."""
    names = list(names)
    known = {name.lower(): name for name in names} | {name: name for name in names}
    choices = []
    for sql in expressions:
        try:
            choices.append(list(islice(_choices(parse(sql)), WAYS)))
        except (Unknown, IndexError, RecursionError):
            continue
    found = []
    for chosen in islice(product(*choices), WAYS * 32):
        limits = CheckLimits()
        for node in (node for nodes in chosen for node in nodes):
            _apply(limits, node, known)
        if not limits.contradictory and not any(
            limit.is_contradictory for limit in limits.columns.values()
        ):
            found.append(limits)
        if len(found) == WAYS:
            break
    return found or [CheckLimits()]


def _choices(node: Any) -> Iterator[list[Any]]:
    """Lists of simple conditions: the node is true if all conditions of one list are true."""
    node = _simplified(node)
    if isinstance(node, Both) and node.either:
        parts = [part for part in node.parts if not _only_allows_null(part, node)]
        for part in parts or node.parts:
            yield from _choices(part)
    elif isinstance(node, Both):
        for chosen in product(*(list(islice(_choices(part), WAYS)) for part in node.parts)):
            yield [one for nodes in chosen for one in nodes]
    else:
        yield [node]


def _only_allows_null(part: Any, whole: Both) -> bool:
    """Whether a part is `x IS NULL`, and every other part mentions x: NULL passes those too."""
    others = [other for other in whole.parts if other != part]
    return isinstance(part, Null) and not part.negated and bool(others) and all(
        columns_of([part]) <= columns_of([other]) and not isinstance(_simplified(other), Both)
        for other in others
    )  # fmt: skip


def _simplified(node: Any) -> Any:
    """Conditions on whether columns are NULL, as AND and OR."""
    match node:
        case Compare(Null() as left, ("=" | "<>") as sign, Null() as right):
            same = Both((Both((left, right)), Both((negated(left), negated(right)))), either=True)
            other = Both((Both((left, negated(right))), Both((negated(left), right))), either=True)
            return same if sign == "=" else other
        case Compare(Call("num_nonnulls" | "num_nulls" as name, columns), sign, Literal(count)) if (
            isinstance(count, Decimal)
        ):
            ways = [Both(tuple(Null(column, (column in filled) == (name == "num_nonnulls"))
                               for column in columns))
                    for number in range(len(columns) + 1) if _holds(number, sign, int(count))
                    for filled in combinations(columns, number)]  # fmt: skip
            return Both(tuple(ways), either=True) if len(ways) > 1 else ways[0] if ways else node
        case Column():
            return Compare(node, "=", Literal(True))
    return node


def _holds(number: int, sign: str, count: int) -> bool:
    return {"=": number == count, "<>": number != count, "<": number < count,
            ">": number > count, "<=": number <= count, ">=": number >= count}[sign]  # fmt: skip


def _apply(limits: CheckLimits, node: Any, known: dict[str, str]) -> None:
    """Add a condition to the limits; `known` are the columns, also in lower case."""

    def column(name: str) -> str:
        return known.get(name) or known.get(name.lower(), name)

    match node:
        case Compare(Column(first), "<" | "<=", Column(second)):
            limits.ordered.append((column(first), column(second)))
        case Compare(Column(first), ">" | ">=", Column(second)):
            limits.ordered.append((column(second), column(first)))
        case Compare(Literal() | Call() as left, sign, Column() as right) | Compare(
            Literal() as left, sign, Call() as right
        ):
            _apply(limits, Compare(right, TURNED[sign], left), known)
        case Compare(Column(name), sign, right):
            _compare_column(limits.of(column(name)), name, sign, right)
        case Compare(Call(function, (Column(name), *_)), sign, Literal(value)):
            _compare_call(limits.of(column(name)), function, sign, value)
        case Among(Column(name), values, no) if all(isinstance(one, Literal) for one in values):
            _among(limits.of(column(name)), [one.value for one in values], no)
        case Like(Column(name), sign, pattern):
            limits.of(column(name)).patterns.append((sign, pattern))
        case Null(Column(name), no):
            limit = limits.of(column(name))
            limits.contradictory |= limit.null is no
            limit.null = not no
        case Literal(False):
            limits.contradictory = True


def _compare_column(limit: Limit, name: str, sign: str, right: Any) -> None:
    match right:
        case Literal(value) if value is not None:
            _compare(limit, sign, value)
        case Call("lower" | "upper" as case, (Column(same),)) if same == name and sign == "=":
            limit.case = str.lower if case == "lower" else str.upper


def _compare_call(limit: Limit, function: str, sign: str, value: Any) -> None:
    if function in (*LENGTHS, *SIZES) and isinstance(value, Decimal):
        _length(limit, sign, int(value))
    elif function in ("btrim", "trim") and (sign, value) == ("<>", ""):
        _length(limit, ">", 0)
    elif function in JSON_TYPES and sign == "=" and isinstance(value, str):
        limit.json_type = value


def _compare(limit: Limit, sign: str, value: Any) -> None:
    if sign == "=":
        _among(limit, [value], False)
    elif sign == "<>":
        limit.excluded.append(value)
    elif sign in (">", ">="):
        if limit.low is None or value is NOW or _larger(value, limit.low):
            limit.low, limit.open_low = value, sign == ">"
    elif limit.high is None or _larger(limit.high, value):
        limit.high, limit.open_high = value, sign == "<"


def _larger(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one is not NOW and bool(one > other)


def _among(limit: Limit, values: list[Any], no: bool) -> None:
    if no:
        limit.excluded += values
    elif limit.allowed is None:
        limit.allowed = [value for value in values if value is not None]
    else:
        limit.allowed = [value for value in limit.allowed if value in values]


def _length(limit: Limit, sign: str, value: int) -> None:
    if sign in ("=", ">=", ">"):
        limit.shortest = max(limit.shortest, value + (sign == ">"))
    if sign in ("=", "<=", "<"):
        longest = value - (sign == "<")
        limit.longest = longest if limit.longest is None else min(limit.longest, longest)
    if sign == "<>" and value == 0:
        limit.shortest = max(limit.shortest, 1)
