"""The server spells the models' expressions, many at once, in slim temporary tables.

A DEFAULT depends only on the type of its column, so the defaults of all tables fit into a few
temporary tables. A CHECK depends on the columns that it names, so checks of many tables share a
table. dbkit asks only about expressions that differ from the live text. If the server returns
something unexpected, `temporary_tables` creates the whole table instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import peewee as pw

from dbkit.pinned_queries import ask
from dbkit.transactions import rolled_back

from ..names import Name
from ..sql import quoted
from ..values import Check, Column, Part, Table
from .equivalent_spellings import one_array, one_spelling
from .shapes import Shape, Shapes, filled

# columns of a temporary table: more columns need fewer tables, but the server searches longer
# for each column that it prints
WIDTH = 100
NEAR = 8  # groups in which a check is tried; trying all groups would take long

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
    """A table about which the server must be asked. The live table does not have the predicted
    expressions of `parts`. `there` are the expressions that it has."""

    table: Table
    parts: list[Part]
    there: set[Any]


def doubts(tables: Iterable[Table], live: Mapping[Name, Table]) -> list[Doubt]:
    """Return the tables about which the server must be asked; `live` are the live tables by
    name."""
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
    place: Any
    for part in table.parts:
        if type(part) is Column:
            place = (part.name, part.default)
        elif type(part) is Check:
            place = part.expression
        else:
            continue
        if part.source is not None and place not in there:
            parts.append(part)
    return Doubt(table, parts, there)


def settle(
    database: pw.Database, doubts: list[Doubt], enums: Mapping[Name, str]
) -> dict[Name, Table]:
    """Return the tables by name, with every expression in the server's spelling. Tables whose
    expressions the server refused are left out. `enums` are the bare names of the enum types, which
    must exist in the temporary schema."""
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
    """The table with these spellings of its doubtful expressions."""
    written: dict[int, Part] = {}
    for part, text in zip(doubt.parts, texts, strict=True):
        if isinstance(part, Column):
            default = text or None  # NULL means no default
            written[id(part)] = replace(part, default=default, source=None)
        elif isinstance(part, Check):
            written[id(part)] = replace(part, expression=text or "")
    parts = tuple(written.get(id(part), part) for part in doubt.table.parts)
    return Table(doubt.table.name, parts)


def _question(
    table: Table, part: Part, enums: Mapping[Name, str]
) -> DefaultQuestion | CheckQuestion:
    source = part.source or ""  # type: ignore[union-attr]
    if isinstance(part, Column):
        return _type(part.type, enums), source
    text = source.lower()
    # the columns it can mean: those whose name occurs in it, in whatever case
    return source, frozenset(
        (one.name, _type(one.type, enums))
        for one in table.parts
        if isinstance(one, Column) and one.name.lower() in text
    )


def _type(type_: str | Name, enums: Mapping[Name, str]) -> str:
    return quoted(enums[type_]) if isinstance(type_, Name) else type_


def _sorting(question: Any) -> Any:
    return sorted(question[1]), question[0]


def by_shape(
    database: pw.Database, doubts: list[Doubt], enums: Mapping[Name, str]
) -> Iterator[tuple[Doubt, list[str | None]]]:
    """Yield the doubts that the shapes of checks can answer, with the spellings: those whose parts
    all have a shape."""
    if not doubts:
        return
    shapes = Shapes(database)
    shaped = [(doubt, found) for doubt in doubts if (found := _shapes(doubt, shapes, enums))]
    asked = {shape[:2] for _, found in shaped for shape in found}
    answers = _answers(database, _ask_checks, sorted(asked, key=_sorting))
    for doubt, found in shaped:
        yield doubt, [filled(answers.get(shape[:2]), shape[2]) for shape in found]


def _shapes(doubt: Doubt, shapes: Shapes, enums: Mapping[Name, str]) -> list[Shape]:
    """The shapes of the doubtful parts, if all of them have one."""
    types = {one.name: _type(one.type, enums)
             for one in doubt.table.parts if type(one) is Column}  # fmt: skip
    result: list[Shape] = []
    for part in doubt.parts:
        source = part.source if isinstance(part, Check) else None
        shape = shapes.shape(source, types) if source is not None else None
        if shape is None:
            return []
        result.append(shape)
    return result


def _answers(
    database: pw.Database, ask: Callable[[pw.Database, list[Q]], list[str]], questions: list[Q]
) -> dict[Q, str]:
    """The server's answers; a question that it refuses has none."""
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
        batch = questions[start : start + WIDTH]
        lines = [f"d{number} {type_} DEFAULT {source}"
                 for number, (type_, source) in enumerate(batch)]  # fmt: skip
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
    """Return the table with the live spelling of every predicted expression, if the live table has
    a corresponding part. This is for an unverified table, when no server can be asked."""
    columns = {part.name: part for part in live.parts if isinstance(part, Column)} if live else {}
    checks = [part for part in live.parts if isinstance(part, Check)] if live else []

    def taken(part: Part) -> Part:
        match part:
            case Column(source=str()) if part.name in columns:
                return replace(part, default=columns[part.name].default, source=None)
            case Check(source=str()) if checks:
                return checks.pop(0)
            case _:
                return part

    return replace(table, parts=tuple(map(taken, table.parts)))
