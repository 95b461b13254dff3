"""The server writes the models' expressions its own way: many at once, in slim temporary tables.

A DEFAULT depends on its column's type alone, so those of all tables fit into a few; a CHECK on the
columns it names, so those of many tables do. Only what the live database does not have just so is
asked. What does not come back as exactly what was put in is left to `temporary_tables`, which asks
for each table as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import peewee as pw

from dbkit.pinned_queries import ask
from dbkit.transactions import rolled_back

from ..sql import quoted
from ..values import Check, Column, Part, Table
from .plain import Raw
from .shapes import Shape, Shapes, filled
from .spellings import one_array, one_spelling

# columns of one temporary table: the more, the fewer tables, but the longer the server searches
# for each column that it prints
WIDTH = 100
NEAR = 8  # groups that a check is tried in, or many of them would take long

Columns = frozenset[tuple[str, str]]  # of (name, type)
DefaultQuestion = tuple[str, str]  # (type, source)
CheckQuestion = tuple[str, Columns]
Q = TypeVar("Q", DefaultQuestion, CheckQuestion)

COLUMNS = """
SELECT pg_get_expr(d.adbin, d.adrelid) AS expression, a.attnotnull OR a.attidentity <> ''
       OR a.attgenerated <> '' OR a.attcollation <> t.typcollation AS more
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = pg_my_temp_schema() AND c.relname ~ '^dbkit_asked_' AND c.relkind = 'r'
ORDER BY c.oid, a.attnum
"""
CONSTRAINTS = """
SELECT k.conname AS name, pg_get_expr(k.conbin, k.conrelid) AS expression
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid
WHERE c.relnamespace = pg_my_temp_schema() AND c.relname ~ '^dbkit_asked_'
"""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A table, and those of its parts with a Raw that does not stand just so in the live table;
    `there` is what does."""

    table: Table
    parts: list[Part]
    there: set[Any]


def doubts(tables: Iterable[Table], live: Mapping[str, Table]) -> list[Doubt]:
    """What must be asked about the tables, the live ones being given by name."""
    every = (_doubt(table, live.get(table.name)) for table in tables)
    return [doubt for doubt in every if doubt.parts]


def _doubt(table: Table, live: Table | None) -> Doubt:
    there: set[Any] = set()
    for part in live.parts if live else ():
        if type(part) is Column:
            there.add((part.name, part.default))
        elif type(part) is Check:
            there.add(part.expression)
    parts: list[Part] = []
    raw: Any
    place: Any
    for part in table.parts:
        if type(part) is Column:
            raw, place = part.default, (part.name, part.default)
        elif type(part) is Check:
            raw = place = part.expression
        else:
            continue
        if type(raw) is Raw and place not in there:
            parts.append(part)
    return Doubt(table, parts, there)


def settle(database: pw.Database, doubts: list[Doubt], enums: dict[str, str]) -> dict[str, Table]:
    """The tables with every Raw as the server writes it, by name; without those that it would not
    take this way. `enums` are the bare names of enum types, which must be in the temporary schema.
    """
    with_live = [doubt for doubt in doubts if doubt.there]
    settled = {
        doubt.table.name: _with(doubt, texts)
        for doubt, texts in by_shape(database, with_live, enums)
        if doubt.there.issuperset(texts)
    }
    rest = [doubt for doubt in doubts if doubt.table.name not in settled]
    questions = [_question(doubt.table, part, enums) for doubt in rest for part in doubt.parts]
    defaults = {one for one in questions if isinstance(one[1], str)}
    answers: dict[Any, str] = {
        **_answers(database, _ask_defaults, sorted(defaults)),
        **_answers(database, _ask_checks, sorted({*questions} - defaults, key=_sorting)),
    }
    for doubt in rest:
        texts = [answers.get(_question(doubt.table, part, enums)) for part in doubt.parts]
        if None not in texts:
            settled[doubt.table.name] = _with(doubt, texts)
    return settled


def _with(doubt: Doubt, texts: Iterable[str | None]) -> Table:
    """The table with its doubtful expressions written like this."""
    written: dict[int, Part] = {}
    for part, text in zip(doubt.parts, texts, strict=True):
        if isinstance(part, Column):
            written[id(part)] = replace(part, default=text or None)  # NULL is none
        elif isinstance(part, Check):
            source = part.expression.source  # type: ignore[attr-defined]
            written[id(part)] = Check(Raw(text or "", source), name=part.name, named=part.named)
    parts = tuple(written.get(id(part), part) for part in doubt.table.parts)
    return Table(doubt.table.name, parts)


def _question(table: Table, part: Part, enums: dict[str, str]) -> DefaultQuestion | CheckQuestion:
    if isinstance(part, Column):
        return _type(part.type, enums), part.default.source  # type: ignore[union-attr]
    source = part.expression.source  # type: ignore[union-attr]
    text = source.lower()
    # the columns it can mean: those whose name occurs in it, in whatever case
    return source, frozenset(
        (one.name, _type(one.type, enums))
        for one in table.parts
        if isinstance(one, Column) and one.name.lower() in text
    )


def _type(type_: str, enums: dict[str, str]) -> str:
    return quoted(enums[type_]) if type_ in enums else type_


def _sorting(question: Any) -> Any:
    return sorted(question[1]), question[0]


def by_shape(
    database: pw.Database, doubts: list[Doubt], enums: dict[str, str]
) -> Iterator[tuple[Doubt, list[str | None]]]:
    """What the shapes of checks say of all that is doubtful, where all of it has a shape."""
    if not doubts:
        return
    shapes = Shapes(database)
    shaped = [(doubt, found) for doubt in doubts if (found := _shapes(doubt, shapes, enums))]
    asked = {shape[:2] for _, found in shaped for shape in found}
    answers = _answers(database, _ask_checks, sorted(asked, key=_sorting))
    for doubt, found in shaped:
        yield doubt, [filled(answers.get(shape[:2]), shape[2]) for shape in found]


def _shapes(doubt: Doubt, shapes: Shapes, enums: dict[str, str]) -> list[Shape]:
    """The shapes of the doubtful parts, if all of them have one."""
    types = {one.name: _type(one.type, enums)
             for one in doubt.table.parts if type(one) is Column}  # fmt: skip
    found = []
    for part in doubt.parts:
        raw = part.expression if isinstance(part, Check) else None
        shape = shapes.shape(raw.source, types) if isinstance(raw, Raw) else None
        if shape is None:
            return []
        found.append(shape)
    return found


def _answers(
    database: pw.Database, ask: Callable[[pw.Database, list[Q]], list[str]], questions: list[Q]
) -> dict[Q, str]:
    """What the server answers, without the questions that it would not take."""
    if not questions:
        return {}
    try:
        with rolled_back(database):
            return dict(zip(questions, ask(database, questions), strict=True))
    except (pw.PeeweeException, LookupError):
        half = len(questions) // 2
        first = _answers(database, ask, questions[:half])
        return first | _answers(database, ask, questions[half:] if half else [])


def _ask_defaults(database: pw.Database, questions: list[DefaultQuestion]) -> list[str]:
    for start in range(0, len(questions), WIDTH):
        some = questions[start : start + WIDTH]
        lines = [f"d{number} {type_} DEFAULT {source}"
                 for number, (type_, source) in enumerate(some)]  # fmt: skip
        _create(database, start, lines)
    made = ask(database, COLUMNS).fetchall()
    more = any(more for _, more in made) or ask(database, CONSTRAINTS).fetchall()
    if more or len(made) != len(questions):
        raise LookupError
    return [one_spelling(expression) or "" for expression, _ in made]


def _ask_checks(database: pw.Database, questions: list[CheckQuestion]) -> list[str]:
    for number, group in enumerate(_groups(questions)):
        lines = [f"{quoted(name)} {type_}" for name, type_ in group.columns.items()]
        lines += [f"CONSTRAINT k{number} CHECK ({source})" for number, source in group.checks]
        _create(database, number, lines)
    made = dict(ask(database, CONSTRAINTS).fetchall())
    if len(made) != len(questions):
        raise LookupError
    return [one_array(made[f"k{number}"]) or "" for number in range(len(questions))]


@dataclass
class _Group:
    """Columns that do not contradict each other, and the checks on them by number."""

    columns: dict[str, str] = field(default_factory=dict)
    checks: list[tuple[int, str]] = field(default_factory=list)

    def takes(self, columns: Columns) -> bool:
        fits = all(self.columns.get(name, type_) == type_ for name, type_ in columns)
        return fits and len(self.columns) + len(columns) <= WIDTH


def _groups(questions: Iterable[CheckQuestion]) -> list[_Group]:
    groups: list[_Group] = []
    for number, (source, columns) in enumerate(questions):
        group = next((group for group in groups[-NEAR:] if group.takes(columns)), None)
        if group is None:
            groups.append(group := _Group())
        group.columns.update(columns)
        group.checks.append((number, source))
    return groups


def _create(database: pw.Database, number: int, lines: list[str]) -> None:
    sql = f"CREATE TEMPORARY TABLE dbkit_asked_{number} ({', '.join(lines)})"
    database.execute_sql(sql.replace("%", "%%"))


def presumed(table: Table, live: Table | None) -> Table:
    """The table with every Raw taken as what the live one has in its place, as far as it can be
    told what that is: for when the server cannot be asked, and the table is not verified."""
    there = {part.name: part for part in live.parts if isinstance(part, Column)} if live else {}
    checks = [part for part in live.parts if isinstance(part, Check)] if live else []

    def taken(part: Part) -> Part:
        match part:
            case Column(default=Raw()) if part.name in there:
                return replace(part, default=there[part.name].default)
            case Check(expression=Raw()) if checks:
                return checks.pop(0)
            case _:
                return part

    return replace(table, parts=tuple(map(taken, table.parts)))
