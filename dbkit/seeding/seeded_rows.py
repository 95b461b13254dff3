"""dbkit's record of the rows that seeds inserted, and the rows that the files no longer have.

The record is a table of dbkit's own. Each of its rows has the primary keys of many seeded rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dbkit.errors import SeedError
from dbkit.schema.peewee_models import Model, key_fields
from dbkit.schema.seeded_rows import Entry, entry
from dbkit.schema.sql import quoted
from dbkit.schema.staging import LiveTable, Staging

from .merge import Merge
from .merge_order import model_groups, required_first
from .stages import name_of

PRUNED = "dbkit_seed_pruned"


def create_record(record: str) -> str:
    """Return the statement that creates the table of the record."""
    return f"CREATE TABLE {record} (seeded_table text NOT NULL, row_keys text NOT NULL)"


class Pruning:
    """The rows that an earlier run of the same environment inserted and no file has any more.
    `tables` are the models by the names that files have for them, and `merges` those of this
    run."""

    def __init__(
        self,
        staging: Staging,
        record: str,
        environment: str,
        tables: Mapping[str, Model],
        merges: Iterable[Merge],
        live: Mapping[Model, LiveTable],
        wanted: set[Model] | None,
    ) -> None:
        self.staging, self.record, self.live = staging, record, live
        self.environment = environment
        self.names = {model: name for name, model in tables.items()
                      if wanted is None or model in wanted}  # fmt: skip
        self.merges: dict[Model, list[Merge]] = {}
        for merge in merges:
            self.merges.setdefault(merge.stage.model, []).append(merge)

    def run(self) -> dict[str, int]:
        """Delete these rows, and return their numbers by table. Raises SeedError if other rows
        refer to them."""
        entries = self._entries()
        groups = [self._children_first(group)
                  for group in reversed(model_groups(entries, self.live))]  # fmt: skip
        models = [model for group in groups for model in group]
        pruned = {model: self.staging.name(f"{PRUNED}_{number}")
                  for number, model in enumerate(models)}  # fmt: skip
        self.staging.run([
            self.staging.create(f"{PRUNED}_{number}", self._rows(model, entries[model]))
            for number, model in enumerate(models)
        ])  # fmt: skip
        counts = {model: self._count(pruned[model]) for model in models}
        models = [model for model in models if counts[model]]
        self._require_unused({model: pruned[model] for model in models})
        statements: list[str] = []
        for group in groups:
            some = [model for model in group if model in models]
            if len(some) > 1:
                statements += [self._without_references(one, pruned[one], some) for one in some]
            for model in some:
                statements.append(self._delete(model, pruned[model]))
                statements += [part for one in entries[model] for part in self._forget(model, one)]
        self.staging.run(statements)
        return {self.names[model]: counts[model] for model in models}

    def found(self) -> Iterator[tuple[str, list[dict[str, str | None]]]]:
        """Yield the tables with the primary keys of these rows, whose values are texts."""
        for model, entries in self._entries().items():
            names = [of.column_name for of in key_fields(model)]
            columns = ", ".join(f"CAST(t.{quoted(name)} AS text)" for name in names)
            rows = self.staging.run([self._rows(model, entries, columns)])
            if rows:
                yield self.names[model], [dict(zip(names, row, strict=True)) for row in rows]

    def _entries(self) -> dict[Model, list[Entry]]:
        """The entries of the record by model, if its table still has the columns."""
        models = {name_of(model): model for model in self.names}
        found: dict[Model, list[Entry]] = {}
        rows = self.staging.run([f"SELECT DISTINCT seeded_table FROM {self.record} ORDER BY 1"])
        for one in (entry(str(text)) for (text,) in rows):
            model = models.get(one.table)
            if (
                model
                and one.environment == self.environment
                and all(self.live[model].column(name) for name in one.columns)
            ):
                found.setdefault(model, []).append(one)
        return found

    def _rows(self, model: Model, entries: Iterable[Entry], columns: str = "") -> str:
        """The query of the primary keys, or of these columns, of the rows to delete."""
        columns = columns or f"{self._primary_key(model)} AS row_key"
        kept = "".join(f" AND {condition}" for condition in self._not_staged(model))
        recorded = " OR ".join(
            f"{self._key(model, one.columns)} IN ({self._recorded(one)})" for one in entries
        )
        return (f"SELECT {columns} FROM {name_of(model).sql} AS t "
                f"WHERE ({recorded}){kept}")  # fmt: skip

    def _recorded(self, one: Entry) -> str:
        return self.staging.recorded_keys((self.record, str(one)))

    def _key(self, model: Model, columns: Iterable[str], alias: str = "t") -> str:
        live = self.live[model]
        return self.staging.row_key(
            [live.stable(name, f"{alias}.{quoted(name)}") for name in columns]
        )

    def _primary_key(self, model: Model, alias: str = "t") -> str:
        return self._key(model, [of.column_name for of in key_fields(model)], alias)

    def _is_in(self, model: Model, pruned: str, alias: str = "t") -> str:
        return f"{self._primary_key(model, alias)} IN (SELECT row_key FROM {pruned})"

    def _not_staged(self, model: Model) -> Iterator[str]:
        """The conditions that no file has the live row `t`."""
        for merge in self.merges.get(model, ()):
            for key, shapes in merge.groups.items():
                yield self.staging.unmatched(
                    self._primary_key(model),
                    f"{merge.stage.target} AS t",
                    f"{merge.source} AS s",
                    f"{merge.stage.has(shapes)} AND {merge.matches(key)}",
                )

    def _count(self, pruned: str) -> int:
        ((count,),) = self.staging.run([f"SELECT count(*) FROM {pruned}"])
        return int(count)

    def _children_first(self, group: Sequence[Model]) -> list[Model]:
        required = {model: {target for key, target in model._meta.refs.items() if not key.null}
                    for model in group}  # fmt: skip
        return [*reversed(required_first(group, required))]

    def _delete(self, model: Model, pruned: str) -> str:
        return f"DELETE FROM {name_of(model).sql} AS t WHERE {self._is_in(model, pruned)}"

    def _without_references(self, model: Model, pruned: str, group: Sequence[Model]) -> str:
        """Return the statement after which the rows can be deleted before those that they need."""
        keys = [key for key, target in model._meta.refs.items() if key.null and target in group]
        if not keys:
            return "SELECT 1"
        changes = ", ".join(f"{quoted(key.column_name)} = NULL" for key in keys)
        return f"UPDATE {name_of(model).sql} AS t SET {changes} WHERE {self._is_in(model, pruned)}"

    def _forget(self, model: Model, one: Entry) -> list[str]:
        """Return the statements that reduce the record to the rows that exist."""
        kept, name = self.staging.name(f"{PRUNED}_kept"), (self.record, str(one))
        key, keys = self._key(model, one.columns), self._recorded(one)
        left = f"SELECT {key} AS row_key FROM {name_of(model).sql} AS t WHERE {key} IN ({keys})"
        return [
            self.staging.create(f"{PRUNED}_kept", left),
            f"DELETE FROM {self.record} WHERE seeded_table = {self.staging.literal(str(one))}",
            self.staging.record(f"SELECT row_key FROM {kept}", name),
            f"DROP TABLE {kept}",
        ]

    def _require_unused(self, pruned: Mapping[Model, str]) -> None:
        """A foreign key with ON DELETE CASCADE would delete rows that no seed inserted."""
        models = [*pruned]
        for child in self.staging.children([name_of(model) for model in models]) if models else ():
            model = models[child.parent]
            joined = " AND ".join(
                f"c.{quoted(column)} = t.{quoted(other)}"
                for column, other in zip(child.columns, child.targets, strict=True)
            )
            if child.child is not None:
                other = models[child.child]
                joined += f" AND NOT ({self._is_in(other, pruned[other], 'c')})"
            rows = self.staging.run([
                f"SELECT {self._primary_key(model)} FROM {name_of(model).sql} AS t "
                f"JOIN {child.table} AS c ON {joined} "
                f"WHERE {self._is_in(model, pruned[model])} LIMIT 1"
            ])  # fmt: skip
            if rows:
                raise SeedError(
                    f"The row of {self.names[model]} with the key {rows[0][0]} is no longer in the "
                    f"seed files, but it cannot be deleted: a row of {child.table} refers to it.",
                    f"Delete the row of {child.table}, put the seed back, or run without --prune. "
                    "Nothing was loaded.",
                )
