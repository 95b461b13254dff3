"""Runs the merges of all tables, in as few messages as possible, and finds the row of an error.

A run sends everything at once. Only if something fails or does not fit, the statements run one by
one, and the rows of the statement that fails are halved until its row is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import peewee as pw

from dbkit.diagnosis import is_lock_conflict
from dbkit.errors import SeedError
from dbkit.schema.peewee_models import Model
from dbkit.schema.staging import LiveTable, Staging

from .contradictions import Problem, problems
from .merge import COUNTS, INSERTED, UPDATED, Merge, is_deferred
from .merge_order import components, cyclic_keys, required_keys
from .problems import place_of, seed_error
from .refusals import REFUSALS, refusal
from .result import Result
from .stage_files import Stager
from .stages import Stage

NEW = "dbkit_seed_new"


@dataclass(frozen=True)
class Step:
    """Statements that run together; `ranged` returns them for the rows of a range of numbers."""

    merge: Merge
    statements: list[str]
    ranged: Callable[[str], list[str]] | None = None


class Merger:
    """Merges the stages of a Stager into the live tables of a database."""

    def __init__(
        self,
        database: pw.Database,
        stager: Stager,
        live: Mapping[Model, LiveTable],
        staging: Staging,
        record: str | None,
        environment: str,
        changes: Callable[[Model], Sequence[tuple[str, str]]],
    ) -> None:
        self.database, self.stager, self.live, self.staging = database, stager, live, staging
        self.record, self.environment, self.changes = record, environment, changes
        self.counts_table = staging.name(COUNTS)
        self.new_table = staging.name(NEW)
        self.steps: list[Step] = []
        self.created: list[str] = []
        self.problems: dict[str, tuple[Merge, Problem]] = {}
        self.counts: dict[str, int] = {}

    def run(self, result: Result) -> list[Merge]:
        """Merge all tables, add the numbers of rows to the result, and return the merges. Raises
        SeedError for a row that does not fit."""
        merges: list[Merge] = []
        number = "CAST(0 AS bigint) AS n"
        self.created = [
            self.staging.create(COUNTS, f"SELECT CAST('' AS text) AS label, {number} LIMIT 0"),
            self.staging.create(NEW, f"SELECT {number} LIMIT 0"),
        ]
        for group in components(self.stager.stages.values(), self.live):
            made = [self._merge(stage, group) for stage in group]
            merges += made
            if any(merge.cyclic for merge in made):
                self._add_cyclic(made)
            else:
                for merge in made:
                    self._add(merge)
        self._send()
        for merge in merges:
            count = {kind: self.counts.get(f"{merge.stage.number} {kind}", 0)
                     for kind in (INSERTED, UPDATED)}  # fmt: skip
            unchanged = merge.stage.rows - sum(count.values())
            result.add(merge.stage.table, unchanged=unchanged, **count)
        self._end(merge for merge in merges if result.inserted[merge.stage.table])
        return merges

    def _end(self, merges: Iterable[Merge]) -> None:
        statements = [statement for merge in merges for statement in merge.advance()]
        self.staging.run([*statements, f"DROP TABLE {self.counts_table}",
                          f"DROP TABLE {self.new_table}"])  # fmt: skip

    def _merge(self, stage: Stage, group: Sequence[Stage]) -> Merge:
        cyclic = cyclic_keys(stage, group)
        refs = stage.model._meta.refs
        targets = {target for key, target in refs.items() if key in cyclic or is_deferred(key)}
        later = [one for model, one in self.stager.stages.items() if model in targets]
        return Merge(
            stage, self.live, self.staging, cyclic, self.record, self.environment,
            self.changes(stage.model), {one.model: [one] for one in later},
        )  # fmt: skip

    # what is sent

    def _add(self, merge: Merge) -> None:
        """Add the merge of a table whose parents are complete."""
        self._step(merge, merge.resolve())
        self._check(merge)
        self._update(merge)  # before the new rows, which it would compare too
        self._insert(merge)

    def _add_cyclic(self, merges: Sequence[Merge]) -> None:
        """Add the merges of tables that refer to each other: new rows are first inserted without
        the parents that do not exist yet."""
        group = [merge.stage for merge in merges]
        required = {merge: required_keys(merge.stage, group) for merge in merges}
        while True:
            before = self._inserted(merges)
            for merge in merges:
                self._step(merge, merge.resolve())
                where = f"NOT ({merge.unresolved(required[merge])})"
                self._step(merge, [f"INSERT INTO {self.new_table} {merge.new_rows(where)}"])
                self._insert(merge, where)
                self._step(merge, merge.forget())
            if not any(required.values()):
                break
            self._send()  # a round inserts the rows whose parents the round before inserted
            if self._inserted(merges) == before:
                break
        for merge in merges:
            self._step(merge, merge.resolve())
            self._check(merge)
        for merge in merges:
            for statement in merge.complete(f"SELECT n FROM {self.new_table}"):
                self._step(merge, [statement])
            self._update(merge, f"s.n NOT IN (SELECT n FROM {self.new_table})")
        self._step(merges[-1], [f"DELETE FROM {self.new_table}"])

    def _inserted(self, merges: Sequence[Merge]) -> int:
        return sum(self.counts.get(f"{merge.stage.number} {INSERTED}", 0) for merge in merges)

    def _insert(self, merge: Merge, where: str = "") -> None:
        def statements(range_: str) -> list[str]:
            return merge.counted(
                INSERTED, merge.insert(" AND ".join(filter(None, (where, range_))))
            )

        self._step(merge, merge.reserve())
        self._step(merge, statements(""), statements)

    def _update(self, merge: Merge, where: str = "") -> None:
        for number, statement in enumerate(merge.updates(where)):

            def statements(range_: str, number: int = number) -> list[str]:
                both = " AND ".join(filter(None, (where, range_)))
                return merge.counted(UPDATED, [*merge.updates(both)][number])

            self._step(merge, merge.counted(UPDATED, statement), statements)

    def _check(self, merge: Merge) -> None:
        for problem in problems(merge, with_insert=True):
            label = f"problem {len(self.problems)}"
            self.problems[label] = merge, problem
            count = f"SELECT '{label}', count(*) FROM ({problem.rows}) AS p"
            self._step(merge, [f"INSERT INTO {self.counts_table} {count}"])

    def _step(
        self,
        merge: Merge,
        statements: list[str],
        ranged: Callable[[str], list[str]] | None = None,
    ) -> None:
        if statements:
            self.steps.append(Step(merge, statements, ranged))

    def _send(self) -> None:
        """Run the steps, and read the counts."""
        statements = [one for step in self.steps for one in step.statements]
        read = f"SELECT label, CAST(sum(n) AS bigint) FROM {self.counts_table} GROUP BY label"
        try:
            with self.staging.savepoint():
                rows = self.staging.run([*self.created, *statements, read])
        except REFUSALS as error:
            if is_lock_conflict(error):
                raise
            raise self._located(error) from error
        self.steps, self.created = [], []
        self.counts = {str(label): int(count) for label, count in rows}
        found = [problem for label, problem in self.problems.items() if self.counts.get(label)]
        found.sort(key=lambda problem: problem[1].kind == "waiting")  # for a row without a parent?
        for merge, problem in found:
            raise seed_error(self.stager, merge, problem)

    # what failed

    def _located(self, error: Exception) -> SeedError:
        """The SeedError for an error of one of the steps, with its row if it can be found."""
        self.staging.run(self.created)
        for step in self.steps:
            try:
                with self.staging.savepoint():
                    self.staging.run(step.statements)
            except REFUSALS as found:
                return self._of_row(step, found)
        return refusal(self.database, error, "")

    def _of_row(self, step: Step, error: Exception) -> SeedError:
        merge = step.merge
        for problem in problems(merge):
            if problem.kind == "waiting" and merge.cyclic:
                continue
            if self.staging.run([f"SELECT 1 FROM ({problem.rows}) AS p LIMIT 1"]):
                return seed_error(self.stager, merge, problem)
        if step.ranged is None:
            return refusal(self.database, error, "")
        first, last = self._numbers(merge)
        while first < last:
            middle = (first + last) // 2
            refused = self._try(step.ranged(f"s.n BETWEEN {first} AND {middle}"))
            if refused:
                last, error = middle, refused
            else:
                first = middle + 1
        where = f"{place_of(self.stager, merge.stage, first)}: {merge.stage.table}: "
        return refusal(self.database, error, where)

    def _numbers(self, merge: Merge) -> tuple[int, int]:
        (row,) = self.staging.run([f"SELECT min(n), max(n) FROM {merge.stage.name}"])
        return int(row[0]), int(row[1])

    def _try(self, statements: list[str]) -> Exception | None:
        try:
            with self.staging.savepoint():
                self.staging.run(statements)
        except pw.PeeweeException as error:
            refused: Exception = error
            return refused
        return None
