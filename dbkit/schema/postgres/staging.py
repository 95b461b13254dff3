"""Loading seeds into temporary tables of PostgreSQL, and merging these (see `Staging`).

A temporary column has the type of the live column, so the server itself converts every value. Few
rows are sent as VALUES, in one message for all tables; others with COPY.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.pinned_queries import ask_all

from ..names import Name
from ..sql import quoted
from ..staging import (
    RECORDED,
    ChildKey,
    LiveColumn,
    LiveSequence,
    LiveTable,
    Staged,
    StagedColumns,
    TemporaryTables,
)
from .cells import as_text
from .staged_rows import FEW, Buffer, Lines

CHUNK = 1 << 20
STABLE = {"timestamptz": "pg_catalog.timezone('UTC', {})", "bytea": "pg_catalog.encode({}, 'hex')"}

TABLES = (
    "SELECT pg_catalog.set_config('dbkit.seeded', pg_catalog.array_to_string("
    "ARRAY[{}]::pg_catalog.oid[], ','), true)"
)
TABLE = "COALESCE(pg_catalog.to_regclass(%({})s)::pg_catalog.oid, 0)"
SEEDED = """WITH seeded AS (
    SELECT oid, place FROM unnest(string_to_array(current_setting('dbkit.seeded'), ',')::oid[])
                           WITH ORDINALITY AS s (oid, place)
) """
COLUMNS = """
SELECT s.place, a.attname AS name, a.attgenerated <> '' AS is_generated,
       a.attidentity = 'a' AS is_always_identity, q.sequence, q.seqstart AS start,
       q.seqmin AS least, q.seqmax AS most, q.seqincrement < 0 AS descends,
       CASE WHEN a.attgenerated = '' THEN coalesce(
            pg_get_expr(d.adbin, d.adrelid),
            CASE WHEN a.attidentity <> '' THEN format('pg_catalog.nextval(%%L)', q.sequence) END,
            pg_get_expr(t.typdefaultbin, 0))
       END AS default_expression,
       coalesce(b.typnamespace, t.typnamespace) = 'pg_catalog'::regnamespace
       OR t.typtype = 'e' OR t.typcategory = 'A' AS has_builtin_type,
       (coalesce(b.typnamespace, t.typnamespace) = 'pg_catalog'::regnamespace
        OR t.typtype = 'e') AND coalesce(c.collisdeterministic, true) AS equal_is_identical,
       coalesce(b.typname, t.typname) AS type_name
FROM seeded s
JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_collation c ON c.oid = a.attcollation
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN LATERAL (
    SELECT p.seqrelid::regclass::text AS sequence, p.* FROM (
        SELECT p.refobjid AS oid FROM pg_depend p
        WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
          AND p.refclassid = 'pg_class'::regclass
        UNION ALL
        SELECT p.objid FROM pg_depend p
        WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass
          AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype = 'i'
    ) o JOIN pg_sequence p ON p.seqrelid = o.oid
    WHERE coalesce(b.oid, t.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
    LIMIT 1) q ON true
"""
UNIQUE = """
SELECT s.place, ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = i.indrelid
                      AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) AS columns
FROM seeded s JOIN pg_index i ON i.indrelid = s.oid
WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
"""
PARENTS = """
SELECT s.place, p.place AS parent
FROM seeded s JOIN pg_constraint c ON c.conrelid = s.oid AND c.contype = 'f'
JOIN seeded p ON p.oid = c.confrelid
"""
CHILDREN = """
SELECT s.place AS parent, o.place AS child, c.conrelid::regclass::text AS child_table,
       ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (num, place)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num
             ORDER BY k.place) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k (num, place)
             JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num
             ORDER BY k.place) AS targets
FROM seeded s JOIN pg_constraint c ON c.confrelid = s.oid AND c.contype = 'f'
LEFT JOIN seeded o ON o.oid = c.conrelid
"""
# the server reads times without an offset as UTC, and prints no value in a form of the session
SETTINGS = {"TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres"}
BEGIN_STAGING = "; ".join(
    f"SELECT pg_catalog.set_config('dbkit.{name}', pg_catalog.current_setting('{name}'), true), "
    f"pg_catalog.set_config('{name}', '{value}', true)"
    for name, value in SETTINGS.items()
)
END_STAGING = "SELECT " + ", ".join(
    f"pg_catalog.set_config('{name}', pg_catalog.current_setting('dbkit.{name}'), true)"
    for name in SETTINGS
)


class PostgresStaging(TemporaryTables):
    """See `Staging`."""

    def __init__(self, database: pw.Database) -> None:
        super().__init__(database)
        self.buffers: dict[StagedColumns, Buffer] = {}

    def live(self, tables: Sequence[Name]) -> list[LiveTable | None]:
        columns, unique, parents = self._ask((COLUMNS, UNIQUE, PARENTS), tables)
        found: list[LiveTable] = [LiveTable({}, []) for _ in tables]
        for row in columns:
            found[row.place - 1].columns[row.name] = LiveColumn(
                row.default_expression,
                row.is_generated,
                row.is_always_identity,
                row.sequence
                and LiveSequence(row.sequence, row.start, row.least, row.most, row.descends),
                row.has_builtin_type,
                row.equal_is_identical,
                STABLE.get(row.type_name, "{}"),
            )
        for row in unique:
            found[row.place - 1].unique.append(frozenset(row.columns))
        for row in parents:
            found[row.place - 1].parents.add(row.parent - 1)
        return [table if table.columns else None for table in found]

    def _ask(self, queries: Sequence[str], tables: Sequence[Name]) -> list[list[Any]]:
        """Run queries about these tables, whose names mean what they mean to the session."""
        names = {f"table{place}": table.sql for place, table in enumerate(tables)}
        before = TABLES.format(", ".join(map(TABLE.format, names)))
        return ask_all(self.database, queries, names, SEEDED, before=before)

    def name(self, bare: str) -> str:
        return f"pg_temp.{quoted(bare)}"

    def create(self, bare: str, query: str) -> str:
        self.created.add(bare)
        return f"CREATE TEMPORARY TABLE {self.name(bare)} ON COMMIT DROP AS {query}"

    def same(self, live: str, staged: str, column: LiveColumn, nullable: bool) -> str:
        equal = "OPERATOR(pg_catalog.=)" if column.has_builtin_type or nullable else "="
        if nullable:  # equal arrays may have NULLs, and unlike IS NOT DISTINCT FROM can be hashed
            return f"ARRAY[{live}] {equal} ARRAY[{staged}]"
        return f"{live} {equal} {staged}"

    def unmatched(self, row: str, outer: str, inner: str, condition: str) -> str:
        return f"NOT EXISTS (SELECT 1 FROM {inner} WHERE {condition})"

    def is_staged(self, table: str, pairs: Sequence[tuple[str, str, LiveColumn]]) -> str:
        same = [self.same(f"q.{own}", value, column, False) for own, value, column in pairs]
        return f"EXISTS (SELECT 1 FROM {table} AS q WHERE {' AND '.join(same) or 'true'})"

    def identity(self, staged: str, column: LiveColumn) -> str:
        return staged

    def differs(self, pairs: Iterable[tuple[str, str]]) -> str:
        old, new = zip(*pairs, strict=True)
        # every type has this comparison, and it sees what others ignore: the case of citext.
        # (Without the casts, the server would compare column by column.)
        rows = (f"ROW({', '.join(values)})::pg_catalog.record" for values in (old, new))
        return " OPERATOR(pg_catalog.*<>) ".join(rows)

    def literal(self, value: Any) -> str:
        text = as_text(value)
        if text is None:
            return "NULL"
        doubled = text.replace("'", "''")
        if "\\" in doubled:  # means the same with any standard_conforming_strings
            doubled = doubled.replace("\\", "\\\\")
            return f"E'{doubled}'"
        return f"'{doubled}'"

    def overriding(self, always_identity: bool) -> str:
        return " OVERRIDING SYSTEM VALUE" if always_identity else ""

    def counted(self, statement: str, counts: str, label: str) -> list[str]:
        return [
            f"WITH written AS ({statement} RETURNING 1) "
            f"INSERT INTO {counts} SELECT {self.literal(label)}, pg_catalog.count(*) FROM written"
        ]

    def recorded(
        self,
        insert: str,
        into: str,
        counts: str,
        label: str,
        key: Sequence[str],
        record: tuple[str, str],
    ) -> list[str]:
        keys = "SELECT key FROM written"
        as_json = f"pg_catalog.json_build_array({', '.join(key)})"  # its text costs more, in JSON
        return [
            f"WITH written AS ({insert} RETURNING {as_json} AS key), "
            f"recorded AS ({self.record(keys, record)}) INSERT INTO {counts} "
            f"SELECT {self.literal(label)}, pg_catalog.count(*) FROM written"
        ]

    def drop(self, outlives: bool) -> None:
        if outlives:
            self.run([f"DROP TABLE IF EXISTS {', '.join(map(self.name, self.created))}"])

    def row_key(self, columns: Sequence[str]) -> str:
        return f"pg_catalog.json_build_array({', '.join(columns)})::pg_catalog.text"

    def recorded_keys(self, record: tuple[str, str]) -> str:
        table, name = record
        return (
            f"SELECT DISTINCT k.key AS row_key FROM {table} AS r, "
            "pg_catalog.json_array_elements_text(r.row_keys::pg_catalog.json) AS k (key) "
            f"WHERE r.seeded_table = {self.literal(name)}"
        )

    def record(self, keys: str, record: tuple[str, str]) -> str:
        table, name = record
        return (
            f"INSERT INTO {table} (seeded_table, row_keys) SELECT {self.literal(name)}, "
            "pg_catalog.json_agg(n.key)::pg_catalog.text FROM (SELECT k.key, "
            f"pg_catalog.row_number() OVER () AS n FROM ({keys}) AS k (key)) AS n "
            f"GROUP BY pg_catalog.div(n.n, {RECORDED})"
        )

    def children(self, tables: Sequence[Name]) -> list[ChildKey]:
        (rows,) = self._ask((CHILDREN,), tables)
        return [
            ChildKey(
                row.parent - 1,
                row.child and row.child - 1,
                row.child_table,
                tuple(row.columns),
                tuple(row.targets),
            )
            for row in rows
        ]

    def advance(self, table: str, column: str, live: LiveColumn) -> list[str]:
        sequence = live.sequence
        if sequence is None:
            return []
        name = f"{self.literal(sequence.name)}::pg_catalog.regclass"
        farthest, bounded, past, bound, step = (
            ("min", "GREATEST", "<", sequence.least, 1)
            if sequence.descends
            else ("max", "LEAST", ">", sequence.most, -1)
        )
        last = f"COALESCE(pg_catalog.pg_sequence_last_value({name}), {sequence.start + step})"
        return [
            f"SELECT pg_catalog.setval({name}, {bounded}(f.value, {bound})) FROM "
            f"(SELECT pg_catalog.{farthest}({column})::pg_catalog.int8 AS value FROM {table}) AS f "
            f"WHERE f.value OPERATOR(pg_catalog.{past}) {last}"
        ]

    def take(self, staged: Staged) -> None:
        self.buffers.setdefault(staged.target, Buffer()).add(staged)

    def finish(self, definitions: Sequence[str]) -> None:
        begin = [BEGIN_STAGING, *definitions]
        few = sum(buffer.size for buffer in self.buffers.values()) <= FEW
        if few:
            begin += [buffer.insert(target, self.literal) for target, buffer in
                      self.buffers.items()]  # fmt: skip
        self.run(begin)
        if not few:
            for target, buffer in self.buffers.items():
                self._copy(target, buffer.stream())
        for rows in self.streams:
            for target, group in groupby(rows, lambda staged: staged.target):
                self._copy(target, Lines(group))
        self.forget()
        self.run([END_STAGING])

    def _copy(self, target: StagedColumns, stream: Any) -> None:
        columns = ", ".join(target.columns)
        sql = f"COPY {target.table} ({columns}) FROM STDIN (FORMAT csv)"
        try:
            with internals.driver_errors():
                self.database.cursor().copy_expert(sql, stream, CHUNK)
        except pw.PeeweeException:
            if isinstance(stream, Lines) and stream.error:
                raise stream.error from None
            raise

    def forget(self) -> None:
        for buffer in self.buffers.values():
            if buffer.file:
                buffer.file.close()
        self.buffers, self.streams = {}, []

    def run(self, statements: Sequence[str]) -> list[tuple[Any, ...]]:
        if not statements:
            return []
        cursor = self.database.execute_sql("; ".join(statements).replace("%", "%%"))
        return list(cursor.fetchall()) if cursor.description else []
