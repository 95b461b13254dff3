"""dbkit's record of the rows that seeds inserted, and the rows that the files no longer have.

The record is a table of dbkit's own. Each of its rows has the primary keys of many seeded rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import peewee as pw

from dbkit.errors import SeedError
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import SEEDED_TABLE, Model, key_fields
from dbkit.schema.sql import quoted
from dbkit.schema.staging import LiveTable, Staging

from .merge import Merge
from .merge_order import model_groups
from .stages import name_of

PRUNED = "dbkit_seed_pruned"


def find_record(database: pw.Database) -> tuple[str, bool]:
    """Return the table of the record as SQL, and whether it exists. Raises DatabaseFailed if a role
    that is not trusted owns it."""
    schema, found = dialect_for(database).find_tables(database, [SEEDED_TABLE], None, True)
    return Name((schema or "").replace("%%", "%"), SEEDED_TABLE).sql, SEEDED_TABLE in found


def create_record(record: str) -> str:
    """Return the statement that creates the table of the record."""
    return f"CREATE TABLE {record} (seeded_table text NOT NULL, row_keys text NOT NULL)"


class Pruning:
    """The rows that an earlier run inserted and no file has any more. `tables` are the models by
    the names that the record has, and `merges` those of this run."""

    def __init__(
        self,
        staging: Staging,
        record: str,
        tables: Mapping[str, Model],
        merges: Iterable[Merge],
        live: Mapping[Model, LiveTable],
        wanted: set[Model] | None,
    ) -> None:
        self.staging, self.record, self.tables = staging, record, tables
        self.live, self.wanted = live, wanted
        self.merges: dict[Model, list[Merge]] = {}
        for merge in merges:
            self.merges.setdefault(merge.stage.model, []).append(merge)

    def recorded(self) -> Iterator[tuple[str, Model]]:
        """Yield the tables of which rows are recorded, children first."""
        rows = self.staging.run([f"SELECT DISTINCT seeded_table FROM {self.record}"])
        names = {model: name for (name,) in rows if (model := self.tables.get(str(name)))}
        groups = model_groups(names, self.live)
        for model in [model for group in reversed(groups) for model in group]:
            if self.wanted is None or model in self.wanted:
                yield names[model], model

    def find(self, table: str, model: Model) -> list[str]:
        """Return the statements that create the temporary table of the keys of these rows."""
        key = self.key(model)
        kept = "".join(f" AND NOT EXISTS ({rows})" for rows in self._staged(model))
        keys = self.staging.recorded_keys((self.record, table))
        query = (f"SELECT {key} AS row_key FROM {name_of(model).sql} AS t "
                 f"WHERE {key} IN ({keys}){kept}")  # fmt: skip
        return [self.staging.create(PRUNED, query)]

    def key(self, model: Model) -> str:
        """The recorded form of the key of a live row `t`."""
        return self.staging.row_key([f"t.{quoted(one.column_name)}" for one in key_fields(model)])

    def _staged(self, model: Model) -> Iterator[str]:
        for merge in self.merges.get(model, ()):
            for key, shapes in merge.groups.items():
                yield (f"SELECT 1 FROM {merge.source} AS s WHERE {merge.stage.has(shapes)} "
                       f"AND {merge.matches(key)}")  # fmt: skip

    def delete(self, table: str, model: Model) -> int:
        """Delete these rows of a table, and return their number. Raises SeedError if other rows
        refer to them."""
        pruned, target = self.staging.name(PRUNED), name_of(model).sql
        self.staging.run(self.find(table, model))
        self._require_unused(table, model)
        ((count,),) = self.staging.run([f"SELECT count(*) FROM {pruned}"])
        if count:
            keys = self.staging.recorded_keys((self.record, table))
            left = f"{keys} EXCEPT SELECT row_key FROM {pruned}"
            self.staging.run([
                f"DELETE FROM {target} AS t WHERE {self.key(model)} IN "
                f"(SELECT row_key FROM {pruned})",
                *self._rewrite(table, left),
            ])  # fmt: skip
        self.staging.run([f"DROP TABLE {pruned}"])
        return int(count)

    def _rewrite(self, table: str, left: str) -> list[str]:
        kept = self.staging.name(f"{PRUNED}_kept")
        return [
            self.staging.create(f"{PRUNED}_kept", left),
            f"DELETE FROM {self.record} WHERE seeded_table = {self.staging.literal(table)}",
            self.staging.record(f"SELECT row_key FROM {kept}", (self.record, table)),
            f"DROP TABLE {kept}",
        ]

    def _require_unused(self, table: str, model: Model) -> None:
        """A foreign key with ON DELETE CASCADE would delete rows that no seed inserted."""
        pruned, target = self.staging.name(PRUNED), name_of(model)
        for child in self.staging.children(target):
            joined = " AND ".join(
                f"c.{quoted(column)} = t.{quoted(other)}"
                for column, other in zip(child.columns, child.targets, strict=True)
            )
            others = self._not_pruned(model) if child.itself else ""
            query = (f"SELECT {self.key(model)} FROM {target.sql} AS t JOIN {child.table} AS c "
                     f"ON {joined} WHERE {self.key(model)} IN (SELECT row_key FROM {pruned})"
                     f"{others} LIMIT 1")  # fmt: skip
            rows = self.staging.run([query])
            if rows:
                raise SeedError(
                    f"A row of {table} that no seed file has any more is used by a row of "
                    f"{child.table} (its key is {rows[0][0]}), so it cannot be deleted.",
                    "Delete that row, put the seed back, or run without --prune. "
                    "Nothing was loaded.",
                )

    def _not_pruned(self, model: Model) -> str:
        key: Sequence[str] = [f"c.{quoted(one.column_name)}" for one in key_fields(model)]
        pruned = self.staging.name(PRUNED)
        return f" AND {self.staging.row_key(key)} NOT IN (SELECT row_key FROM {pruned})"
