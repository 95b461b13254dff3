"""Compares seed files with a database, row by row, without writing to its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dbkit.schema.staging import Staging

from .contradictions import problems
from .merge import Merge
from .problems import seed_error
from .rows import Place
from .shown import shown
from .stage_files import Stager
from .stages import Shape

PAGE = 1000  # rows that are read at once


@dataclass(frozen=True)
class RowChange:
    """A row that a run of seeds would change.

    Attributes:
        table: The name of the table.
        place: The file and the line of the row; None if the row would be deleted.
        key: The texts of the key, by column.
        old: The texts of the row in the database, by column; None if the row is missing.
        new: The texts of the row in the file, by column; None if the row would be deleted.
    """

    table: str
    place: Place | None
    key: dict[str, str | None]
    old: dict[str, str | None] | None
    new: dict[str, str | None] | None

    def __str__(self) -> str:
        key = ", ".join(f"{name} = {_shown(value)}" for name, value in self.key.items())
        if self.new is None:
            return f"- {self.table}: {key}"
        if self.old is None:
            others = [f"{name} = {_shown(value)}" for name, value in self.new.items()
                      if name not in self.key]  # fmt: skip
            return f"+ {self.table}: {', '.join([key, *others])}"
        changed = ", ".join(f"{name}: {_shown(self.old[name])} -> {_shown(value)}"
                            for name, value in self.new.items())  # fmt: skip
        return f"~ {self.table}: {key}: {changed}"


class NewRow(str):
    """A reference to a row that the run inserts, as text."""


def _shown(value: str | None) -> str:
    if value is None:
        return "NULL"
    return f"{value} (new)" if isinstance(value, NewRow) else shown(value)


@dataclass
class Preview:
    """What a run of seeds would do. It is false if the run would change nothing.

    Attributes:
        missing: The numbers of rows that would be inserted, by table.
        different: The numbers of rows that would be updated, by table.
        deleted: The numbers of rows that would be deleted, by table.
        rows: The numbers of rows in the files, by table.
        unknown: Files whose functions use the database: dbkit cannot tell what they would change.
        notes: Sentences about files that were not read.
    """

    missing: dict[str, int] = field(default_factory=dict)
    different: dict[str, int] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether a run would change something."""
        return any(map(any, (self.missing.values(), self.different.values(), self.deleted)))

    def __str__(self) -> str:
        changed = [table for table in self.rows if self.missing[table] or self.different[table]]
        lines = [f"{table}: {self.missing[table]} missing, {self.different[table]} different"
                 for table in changed]  # fmt: skip
        lines += [f"{table}: {count} no longer in the files"
                  for table, count in self.deleted.items()]  # fmt: skip
        lines += [f"{path} is not checked: its function uses the database" for path in self.unknown]
        count = sum(self.rows.values())
        if not lines:
            rows = "the only seeded row" if count == 1 else f"all {count:,} seeded rows"
            lines = [f"the database contains {rows}" if count else "the seed files have no rows"]
        return "\n".join(lines)


class Comparison:
    """Compares the stages of a Stager with the live tables."""

    def __init__(self, stager: Stager, merges: list[Merge], staging: Staging) -> None:
        self.stager, self.merges, self.staging = stager, merges, staging

    def prepare(self, all_rows_known: bool) -> None:
        """Resolve references. Raises SeedError for rows that contradict each other, and for those
        that refer to no row, if all rows of the run are known."""
        accepted = ("waiting",) if all_rows_known else ("waiting", "unresolved")
        for merge in self.merges:
            self.staging.run(merge.resolve())
            for problem in problems(merge):
                if problem.kind not in accepted and self.staging.run(
                    [f"SELECT 1 FROM ({problem.rows}) AS p LIMIT 1"]
                ):
                    raise seed_error(self.stager, merge, problem)

    def count(self, preview: Preview) -> None:
        """Add the numbers of rows to a preview."""
        for merge in self.merges:
            table = merge.stage.table
            for numbers, query in ((preview.missing, merge.new_rows("1 = 1")),
                                   (preview.different, self._different(merge))):  # fmt: skip
                ((count,),) = self.staging.run([f"SELECT count(*) FROM ({query}) AS q"])
                numbers[table] = numbers.get(table, 0) + int(count)
            preview.rows[table] = preview.rows.get(table, 0) + merge.stage.rows

    def _different(self, merge: Merge) -> str:
        queries = [
            f"SELECT s.n FROM {merge.source} AS s JOIN {merge.stage.target} AS t "
            f"ON {merge.matches(key)} WHERE {merge.stage.has(shapes)} "
            f"AND ({differs} OR {merge.unresolved()})"
            for key, shapes, differs in merge.different()
        ]
        return " UNION ALL ".join(queries) or f"SELECT n FROM {merge.stage.name} WHERE 1 = 0"

    def changes(self) -> Iterator[RowChange]:
        """Yield the rows that a run would write, table by table."""
        for merge in self.merges:
            for row in self._pages(merge, "", merge.new_rows("1 = 1")):
                yield self._change(merge, row, None)
            for key, shapes, _ in merge.different():
                pairs = list(merge.pairs(shapes))
                compared = "".join(f", {self._compared(live, new)}" for _, live, new in pairs)
                join = f"JOIN {merge.stage.target} AS t ON {merge.matches(key)}"
                for row in self._pages(merge, compared, self._different(merge), join):
                    yield self._change(merge, row, [column for column, _, _ in pairs])

    def _compared(self, live: str, new: str) -> str:
        differs = self.staging.differs([(live, new)])
        return f"CAST({live} AS text), CAST({new} AS text), {differs}"

    def _columns(self, merge: Merge) -> str:
        texts = [f"CAST(o.c{place} AS text)" for place in range(len(merge.stage.paths))]
        return ", ".join(["s.n", "s.line", "s.shape", *texts])

    def _pages(self, merge: Merge, more: str, numbers: str, join: str = "") -> Iterator[Any]:
        """Yield the rows with these numbers: their texts, and `more` columns."""
        columns, last = self._columns(merge) + more, -1
        while True:
            rows = self.staging.run([
                f"SELECT {columns} FROM {merge.source} AS s JOIN {merge.stage.name} AS o "
                f"ON o.n = s.n {join} WHERE s.n > {last} AND s.n IN ({numbers}) "
                f"ORDER BY s.n LIMIT {PAGE}"
            ])  # fmt: skip
            yield from rows
            if len(rows) < PAGE:
                return
            last = rows[-1][0]

    def _change(self, merge: Merge, row: Any, compared: list[str] | None) -> RowChange:
        number, line, shape_number, *texts = row
        stage = merge.stage
        shape = stage.shapes[shape_number]
        width = len(stage.paths)
        given = {column.name: texts[place]
                 for column, place in zip(shape.columns, shape.places, strict=True)
                 if compared is None or place not in shape.initial}  # fmt: skip
        key = {name: value for name, value in given.items() if self._is_key(shape, name)}
        place = Place(self.stager.file_of(number).path, int(line))
        if compared is None:
            return RowChange(stage.table, place, key, None, given)
        old, new = {}, {}
        for index, name in enumerate(compared):
            live, wanted, differs = texts[width + 3 * index : width + 3 * index + 3]
            if differs:
                name = name.strip('"')
                old[name] = live
                new[name] = wanted if wanted is not None else _new_row(shape, name, texts)
        return RowChange(stage.table, place, key, old, new)

    def _is_key(self, shape: Shape, name: str) -> bool:
        return any(column.name == name and column.path[0] in {*shape.key}
                   for column in shape.columns)  # fmt: skip


def _new_row(shape: Shape, name: str, texts: Sequence[str | None]) -> NewRow | None:
    """The reference of a foreign key, if it has values; None for NULL."""
    given = [(column.path[-1].name, texts[place])
             for column, place in zip(shape.columns, shape.places, strict=True)
             if len(column.path) > 1 and column.path[0].column_name == name]  # fmt: skip
    if all(value is None for _, value in given):
        return None
    return NewRow(f"{{ {', '.join(f'{one} = {_shown(value)}' for one, value in given)} }}")
