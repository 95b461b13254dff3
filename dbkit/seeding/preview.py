"""Compares seed files with a database, row by row, without writing to its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dbkit.schema.staging import Staging

from .contradictions import problems
from .merge import Merge
from .problems import seed_error, shortened
from .rows import Place
from .stage_files import Stager
from .stages import Shape

PAGE = 1000  # rows that are read at once


@dataclass(frozen=True)
class RowChange:
    """A row that a run would insert (`old` is None) or update. The values are texts by column."""

    table: str
    place: Place
    key: dict[str, str | None]
    old: dict[str, str | None] | None
    new: dict[str, str | None]

    def __str__(self) -> str:
        key = ", ".join(f"{name} = {_shown(value)}" for name, value in self.key.items())
        if self.old is None:
            others = [f"{name} = {_shown(value)}" for name, value in self.new.items()
                      if name not in self.key]  # fmt: skip
            return f"+ {self.table}: {', '.join([key, *others])}"
        changed = ", ".join(f"{name}: {_shown(self.old[name])} -> {_shown(value)}"
                            for name, value in self.new.items())  # fmt: skip
        return f"~ {self.table}: {key}: {changed}"


def _shown(value: str | None) -> str:
    return "NULL" if value is None else shortened(value)


@dataclass
class Preview:
    """The numbers of rows that a run would insert and update, by table. `unknown` are the files
    whose functions use the database: dbkit cannot tell what they would change."""

    missing: dict[str, int] = field(default_factory=dict)
    different: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether a run would change something."""
        return any(self.missing.values()) or any(self.different.values())

    def __str__(self) -> str:
        changed = [table for table in self.rows if self.missing[table] or self.different[table]]
        lines = [f"{table}: {self.missing[table]} missing, {self.different[table]} different"
                 for table in changed]  # fmt: skip
        count = sum(self.rows.values())
        lines += [f"{path} is not checked: its function uses the database" for path in self.unknown]
        if not changed:
            all_ = "the only" if count == 1 else f"all {count:,}"
            lines.append(f"the database contains {all_} seeded {'row' if count == 1 else 'rows'}")
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
                old[name.strip('"')], new[name.strip('"')] = live, wanted
        return RowChange(stage.table, place, key, old, new)

    def _is_key(self, shape: Shape, name: str) -> bool:
        return any(column.name == name and column.path[0] in {*shape.key}
                   for column in shape.columns)  # fmt: skip
