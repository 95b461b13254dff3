"""Values of the types that only PostgreSQL has, as texts that it reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from .fake_kinds import FakeKind, addresses, codes, days, hexadecimal, integers, mapped
from .words import names

Maker = Callable[[list[int]], FakeKind]  # the numbers in parentheses after the type -> the kind
FIRST_DAY, LAST_DAY = dt.date(2025, 1, 1), dt.date(2025, 11, 30)


def _numbered(template: str) -> Maker:
    kind = mapped(integers(1, 10**6), lambda n: template.format(n, n + 10))
    return lambda numbers: kind


def _days(template: str) -> Maker:
    month = dt.timedelta(days=30)
    kind = mapped(days(FIRST_DAY, LAST_DAY), lambda day: template.format(day, day + month))
    return lambda numbers: kind


def _bits(numbers: list[int]) -> FakeKind:
    return codes((numbers or [1])[0], "01")


def _mac(pairs: int) -> Maker:
    def colons(text: str) -> str:
        return ":".join(text[place : place + 2] for place in range(0, len(text), 2))

    return lambda numbers: mapped(hexadecimal(2 * pairs), colons)


def _word(numbers: list[int]) -> FakeKind:
    return mapped(integers(0, 10**6), lambda n: f"{names('word')[n % len(names('word'))]}{n}")


def _vector(numbers: list[int]) -> FakeKind:
    size = (numbers or [3])[0]

    def text(n: int) -> str:
        return f"[{','.join(str(n * (place + 7) % 1000 / 1000) for place in range(size))}]"

    return mapped(integers(0, 10**6), text)


OTHER_TYPES: dict[str, Maker] = {
    "inet": lambda numbers: addresses(),
    "cidr": lambda numbers: addresses(),
    "macaddr": _mac(6),
    "macaddr8": _mac(8),
    "bit": _bits,
    "bit varying": _bits,
    "xml": _numbered("<row n='{}'/>"),
    "point": _numbered("({},1)"),
    "line": _numbered("{{1,-1,{}}}"),
    "lseg": _numbered("[(0,0),({},1)]"),
    "box": _numbered("({0},{0}),(0,0)"),
    "path": _numbered("[(0,0),({},1)]"),
    "polygon": _numbered("((0,0),({},1),(1,1))"),
    "circle": _numbered("<({},0),1>"),
    "int4range": _numbered("[{},{})"),
    "int8range": _numbered("[{},{})"),
    "numrange": _numbered("[{},{})"),
    "daterange": _days("[{},{})"),
    "tsrange": _days("[{},{})"),
    "tstzrange": _days("[{},{})"),
    "int4multirange": _numbered("{{[{},{})}}"),
    "int8multirange": _numbered("{{[{},{})}}"),
    "nummultirange": _numbered("{{[{},{})}}"),
    "datemultirange": _days("{{[{},{})}}"),
    "tsmultirange": _days("{{[{},{})}}"),
    "tstzmultirange": _days("{{[{},{})}}"),
    "tsvector": _word,
    "tsquery": _word,
    "ltree": _word,
    "name": _word,
    "jsonpath": _numbered("$.a[{}]"),
    "pg_lsn": _numbered("0/{}"),
    "vector": _vector,
}
