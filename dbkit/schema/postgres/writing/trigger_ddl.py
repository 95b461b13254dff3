"""The statements that enable and disable triggers, including those that enforce constraints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ...details import FiringState
from ...inheritance import is_partition
from ...names import Name
from ...sql import Statement, literal, quoted
from ...values import Part, Rule, Table, Trigger
from ..queries import EVENT
from .recreated_objects import Plan
from .statement_order import Placed, Step

OF_CONSTRAINT = """\
DO $dbkit$ DECLARE one record; BEGIN
FOR one IN SELECT t.tgrelid::pg_catalog.regclass AS of_table, t.tgname, {word} AS word
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) t.tgconstraint
    JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) t.tgfoid
    WHERE k.conrelid OPERATOR(pg_catalog.=) {table}::pg_catalog.regclass
    AND k.conname OPERATOR(pg_catalog.=) {name} AND t.tgisinternal LOOP
  EXECUTE pg_catalog.format('ALTER TABLE %s %s TRIGGER %I', one.of_table, one.word, one.tgname);
END LOOP; END $dbkit$"""
WORDS = {"origin": "ENABLE", "disabled": "DISABLE", "replica": "ENABLE REPLICA",
         "always": "ENABLE ALWAYS"}  # fmt: skip


class Firings:
    """Writes the statements that say when triggers fire."""

    def __init__(self, plan: Plan, rank: Callable[[Table], int]) -> None:
        """`rank` orders the statements for a table after those for its parents, because partitions
        follow their parents."""
        self.plan, self.rank = plan, rank

    def of_original(self, table: Table | None, part: Part, among: Mapping[Name, Table]) -> str:
        """Return when the original of a partition's trigger fires; empty if the part is not a copy.
        A copy is created and dropped with its original, and is a part only if it fires
        otherwise."""
        if table is None or not is_partition(table) or not _is_copied(part):
            return ""
        parent = among.get(table.parents[0])
        for other in parent.parts if parent else ():
            if _is_copied(other) and other.name == part.name:
                return other.enabled  # type: ignore[union-attr]
        return self.of_original(parent, part, among)

    def add(self, table: Table, part: Trigger | Rule) -> Iterator[Placed]:
        original = self.of_original(table, part, self.plan.new)
        if not original:
            yield Placed(Step.HOOK, Statement(part.definition.strip().rstrip(";")))
        if part.enabled != (original or "origin"):
            yield self._set(table, part, part.enabled)

    def as_original(self, table: Table, part: Trigger) -> Iterator[Placed]:
        """Let a copy fire like its original again, if the original still exists."""
        if original := self.of_original(table, part, self.plan.new):
            yield self._set(table, part, original)

    def _set(self, table: Table, part: Trigger | Rule, when: str) -> Placed:
        what = f"{WORDS[when]} {type(part).__name__.upper()} {quoted(part.name)}"
        sql = f"ALTER TABLE {table.name.sql} {what}"
        return Placed(Step.HOOK, Statement(sql), self.rank(table))

    def of_constraint(
        self, table: Table, constraint: str, states: tuple[FiringState, ...]
    ) -> Placed:
        """Set how the triggers of a constraint fire. Only the server knows their names. The
        triggers of partitions follow."""
        cases = "".join(f" WHEN {literal(state.event)} THEN {literal(WORDS[state.enabled])}"
                        for state in states)  # fmt: skip
        word = f"CASE {EVENT}{cases} ELSE 'ENABLE' END" if cases else "'ENABLE'"
        sql = OF_CONSTRAINT.format(
            word=word, table=literal(table.name.sql), name=literal(constraint)
        )
        return Placed(Step.FIRING, Statement(sql), self.rank(table))


def _is_copied(part: Part) -> bool:
    """Whether PostgreSQL copies the trigger of a partitioned table to its partitions."""
    return isinstance(part, Trigger) and part.for_rows
