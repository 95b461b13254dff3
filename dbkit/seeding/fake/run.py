"""Fills tables with fake rows, parents first, in one transaction under the lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import peewee as pw

from dbkit.config import named_environment
from dbkit.database_argument import takes_database
from dbkit.errors import Refused, SeedError
from dbkit.limits import DEFAULT, Limits
from dbkit.run_lock import locked_transaction, one_at_a_time, retried
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model, with_targets
from dbkit.schema.sql import quoted
from dbkit.schema.values import VIEWS, ForeignKey, Table

from ...plurals import counted
from ..progress import Progress
from ..result import Result
from ..stage_files import by_table, unknown_table
from .fill_table import TableFiller
from .make_rows import FakeRows
from .numbers import TODAY
from .sources import Key, Source

KEYS = 10_000  # keys of a parent that children refer to
PARENTS, MOST_PARENTS = 10, 1000  # rows of a parent that has none


@takes_database
def fake(
    database: pw.Database,
    models: Iterable[Model],
    counts: Mapping[str, int],
    seed: int = 0,
    limits: Limits = DEFAULT,
    today: dt.datetime = TODAY,
    progress: Progress | None = None,
) -> Result:
    """Insert generated rows for development.

    They are added to existing rows. A parent table that is empty gets rows too, and a note of the
    result names it.

    Args:
        database: A Peewee database of PostgreSQL or SQLite.
        models: The models whose tables may be named.
        counts: The number of rows by table: `{"users": 100}`.
        seed: The same number, for the same database, gives the same rows.
        limits: How long to wait for other runs and for locks.
        today: Times are around this time. It is constant by default.
        progress: Is told how many rows are made (see `Progress`).

    Raises:
        SeedError: A table is unknown, or its constraints do not allow so many rows. Nothing is
            inserted.
        ConfigError: Faker is not installed.
        Refused: DBKIT_ENV is production.
    """
    if named_environment() == "production":
        raise Refused("Fake rows are development data, and DBKIT_ENV is production.")
    models = list(models)
    tables = by_table(models)
    for name, count in counts.items():
        if name not in tables:
            raise unknown_table(name, tables)
        if count < 1:
            raise SeedError(f"{name}={count}: the number of rows must be at least 1.")
    wanted = {tables[name]: count for name, count in counts.items()}

    def load() -> Result:
        with locked_transaction(database, limits):
            return _Run(database, models, seed, today, progress or Progress()).load(wanted)

    with database.bind_ctx(with_targets(models)):
        return one_at_a_time(database, limits, lambda: retried(database, limits, load))


@dataclass(eq=False)
class _Run:
    """A run in an open transaction."""

    database: pw.Database
    given: list[Model]
    seed: int
    today: dt.datetime
    progress: Progress
    sources: dict[Name, Source] = field(default_factory=dict)
    counted: dict[Name, int] = field(default_factory=dict)
    waiting: set[Name] = field(default_factory=set)  # tables that get rows later

    def load(self, wanted: Mapping[Model, int]) -> Result:
        names = self._read()
        counts = {names[model]: count for model, count in wanted.items()}
        for model, name in names.items():
            if name in counts and name not in self.sources:
                raise SeedError(
                    f"The database has no table {name}.",
                    f"Run `python -m dbkit migrate`; it creates the table of {model.__name__}.",
                )
            if name in counts and self.sources[name].table.kind in VIEWS:
                raise SeedError(f"{name} is a view: it has no rows of its own.")
        asked = {*counts}
        because = self._add_parents(counts)
        self.progress.begin(sum(counts.values()))
        result = Result()
        self.waiting = {*counts}
        for name in _parents_first({name: self.sources[name] for name in counts}):
            self.waiting.remove(name)
            self._fill(name, counts[name])
            result.add(str(name), inserted=counts[name])
            if name not in asked:
                result.notes.append(
                    f"{name} was empty and got {counted(counts[name], 'row')}, because "
                    f"{because[name]} refers to it."
                )
        return result

    def _read(self) -> dict[Model, Name]:
        """Read the live tables of the models; return the names of these tables."""
        models = with_targets(self.given)
        schemas = {model._meta.schema for model in models} - {None, ""}
        with dialect_for(self.database).reading(self.database, schemas) as reading:
            schema = reading.live()
            names = {model: reading.name(model) for model in models}
        tables: dict[Name, Table] = {table.name: table for table in schema.tables}
        for model, name in names.items():
            if name in tables:
                self.sources.setdefault(name, Source(model, tables[name], schema))
        return names

    def _count(self, name: Name) -> int:
        """The number of rows that a table has."""
        if name not in self.counted:
            sql = f"SELECT count(*) FROM {name.sql}"
            self.counted[name] = self._select(sql)[0][0]
        return self.counted[name]

    def _select(self, sql: str) -> list[Key]:
        return [tuple(row) for row in dialect_for(self.database).execute(self.database, sql)]

    # parents

    def _add_parents(self, counts: dict[Name, int]) -> dict[Name, Name]:
        """Add the empty parents of the tables, and their parents. Return for each the table that
        refers to it."""
        asked = {*counts}
        because: dict[Name, Name] = {}
        waiting = [*counts]
        while waiting:
            name = waiting.pop(0)
            for key in self.sources[name].foreign_keys:
                target = key.target
                if target in (*asked, name) or target not in self.sources or self._count(target):
                    continue
                enough = self._enough(name, key, counts[name])
                if enough > counts.get(target, 0):
                    counts[target], because[target] = enough, name
                    waiting.append(target)
        return because

    def _enough(self, name: Name, key: ForeignKey, count: int) -> int:
        """How many parents so many children should have."""
        total = count + self._count(name)
        columns = {*key.columns}
        for unique in self.sources[name].unique_sets:
            if {*unique.columns} <= columns:
                return total
        several = any(columns <= {*one.columns} for one in self.sources[name].unique_sets)
        least = int((2 * total) ** 0.5) + 1 if several else PARENTS
        wanted = max(least, PARENTS, min(count // 10, MOST_PARENTS))
        return min(count + 1, wanted)  # at least two, so that two keys can differ

    def _keys(self, source: Source, key: ForeignKey, count: int) -> list[Key]:
        """Keys of parents, in a constant order, from all parts of the table."""
        columns = [f"p.{quoted(name)}" for name in key.target_columns]
        listed = ", ".join(columns)
        where = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        most = KEYS
        if any({*one.columns} <= {*key.columns} for one in source.unique_sets):
            most = max(KEYS, count)  # and no parent that has a child already
            pairs = zip(key.columns, columns, strict=True)
            same = " AND ".join(f"c.{quoted(name)} = {column}" for name, column in pairs)
            where += f" AND NOT EXISTS (SELECT 1 FROM {source.table.name.sql} AS c WHERE {same})"
        query = f"SELECT {listed} FROM {key.target.sql} AS p WHERE {where} ORDER BY {listed}"
        step = self._count(key.target) // most if most == KEYS else 0
        if step < 2:
            return self._select(f"{query} LIMIT {most}")
        names = ", ".join(f"k{place}" for place in range(len(columns)))
        given = ", ".join(f"{column} AS k{place}" for place, column in enumerate(columns))
        return self._select(
            f"SELECT {names} FROM (SELECT {given}, row_number() OVER (ORDER BY {listed}) AS n "
            f"FROM {key.target.sql} AS p WHERE {where}) AS x WHERE n % {step} = 0 "
            f"ORDER BY n LIMIT {most}"
        )

    # rows

    def _fill(self, name: Name, count: int) -> None:
        """Insert rows into a table. If it refers to itself and is empty, some rows come first."""
        refers = any(key.target == name for key in self.sources[name].foreign_keys)
        first = max(1, count // 10) if refers and not self._count(name) else count
        for part in filter(None, (first, count - first)):
            source = self._with_parents(name, part)
            rows = FakeRows(source, part, self.seed, self.today)
            staging = dialect_for(self.database).staging(self.database)
            TableFiller(self.database, source, staging, self.progress).fill(rows, part)
            self.counted[name] = self._count(name) + part

    def _with_parents(self, name: Name, count: int) -> Source:
        source = self.sources[name]
        parents = {key: self._keys(source, key, count) for key in source.foreign_keys}
        source = replace(source, existing=self._count(name), parents=parents)
        explicit: set[str] = set()
        for key in source.foreign_keys:
            if not (parents[key] or source.is_nullable(key)):
                if key.target != name:
                    raise self._no_parents(source, key, count)
                explicit |= {*key.target_columns} - source.places.keys()
        return replace(source, explicit=frozenset(explicit)) if explicit else source

    def _no_parents(self, source: Source, key: ForeignKey, count: int) -> SeedError:
        what = f"{source.name}.{', '.join(key.columns)} refers to {key.target}"
        if key.target not in self.sources:
            reason, hint = "which has no rows and no model", f"Insert rows into {key.target} first."
        else:
            used = self._count(key.target) > 0
            reason = "whose rows are all referenced already" if used else "which has no rows"
            hint = f"Ask for rows of {key.target} too: --fake {key.target}={count}."
            if key.target in self.waiting:
                hint = "The tables refer to each other: insert the first rows by hand."
        return SeedError(f"{what}, {reason}, and the column cannot be NULL.", hint)


def _parents_first(sources: Mapping[Name, Source]) -> list[Name]:
    """The tables, parents first. In a cycle, a foreign key that may be NULL gives way."""
    ordered: dict[Name, None] = {}

    def targets(name: Name, required: bool) -> list[Name]:
        source = sources[name]
        keys = (key for key in source.foreign_keys if not (required and source.is_nullable(key)))
        return [key.target for key in keys if key.target in sources]

    def requires(name: Name, wanted: tuple[Name, ...]) -> bool:
        seen, waiting = set(), [name]
        while waiting:
            if (one := waiting.pop()) not in seen:
                seen.add(one)
                waiting += targets(one, True)
        return not seen.isdisjoint(wanted)

    def add(name: Name, above: tuple[Name, ...]) -> None:
        path = (*above, name)
        for required in (True, False):
            for target in targets(name, required):
                if target not in path and (required or not requires(target, path)):
                    add(target, path)
        ordered.setdefault(name)

    for name in sources:
        add(name, ())
    return list(ordered)
