"""PostgreSQL: a catalog query per kind of object, and the server as the judge of the models.

The models are created as temporary tables with the SQL that Peewee itself would send, read back
by the same queries as the live schema, and rolled back. So a type, a default or a CHECK is
compared in the server's own spelling on both sides (PostgreSQL manual, 9.26 and chapter 53).
"""

from __future__ import annotations

import re
from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import peewee as pw

from dbkit.errors import DatabaseFailed, ModelsError
from dbkit.fields import EnumField, TypeName, create_enum

from .models import Model, chosen_index_names, with_targets
from .values import (
    Check,
    Column,
    EnumType,
    Exclusion,
    ForeignKey,
    Index,
    Part,
    PrimaryKey,
    Schema,
    Table,
    Unique,
)

Naming = Callable[[str, str], str]

TABLES = """
SELECT c.oid, n.nspname AS schema, c.relname AS name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'u' THEN 'unlogged table'
            WHEN c.relkind = 'r' THEN 'table' WHEN c.relkind = 'p' THEN 'partitioned table'
            WHEN c.relkind = 'f' THEN 'foreign table' WHEN c.relkind = 'v' THEN 'view'
            ELSE 'materialized view' END AS kind
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_class'::regclass
                  AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY schema, name
"""

# A serial column is one whose default draws from a sequence that the column owns.
COLUMNS = """
SELECT a.attrelid AS oid, a.attname AS name, NOT a.attnotnull AS nullable,
       format_type(a.atttypid, a.atttypmod) AS type, pg_get_expr(d.adbin, d.adrelid) AS expression,
       a.attgenerated <> '' AS generated, a.attidentity AS identity,
       CASE WHEN a.attcollation <> t.typcollation THEN quote_ident(l.collname) END AS collation,
       EXISTS (SELECT FROM pg_catalog.pg_depend owned
               JOIN pg_catalog.pg_depend used ON used.classid = 'pg_attrdef'::regclass
                AND used.objid = d.oid AND used.refobjid = owned.objid
               WHERE owned.classid = 'pg_class'::regclass AND owned.deptype = 'a'
                 AND owned.refclassid = 'pg_class'::regclass
                 AND owned.refobjid = a.attrelid AND owned.refobjsubid = a.attnum) AS owns_sequence
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

CONSTRAINTS = """
SELECT k.conrelid AS oid, k.conname AS name, k.contype AS type,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
             ORDER BY place) AS columns,
       tn.nspname AS target_schema, tc.relname AS target,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum
             ORDER BY place) AS target_columns,
       k.confdeltype AS on_delete, k.confupdtype AS on_update, k.confmatchtype AS match,
       CASE WHEN k.condeferred THEN 'INITIALLY DEFERRED'
            WHEN k.condeferrable THEN 'INITIALLY IMMEDIATE' ELSE '' END AS deferrable,
       k.convalidated AS validated, pg_get_expr(k.conbin, k.conrelid) AS expression,
       pg_get_constraintdef(k.oid) AS definition,
       NOT coalesce(i.indnullsnotdistinct, false) AS nulls_distinct
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class tc ON tc.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype = 'u'
WHERE n.nspname = ANY (%s) AND k.contype IN ('p', 'f', 'u', 'c', 'x') AND k.conparentid = 0
ORDER BY k.conrelid, k.contype, k.conname
"""

# indoption: 1 is DESC, 2 is NULLS FIRST, which is the default of DESC.
INDEXES = """
SELECT i.indrelid AS oid, x.relname AS name, i.indisunique AS unique, m.amname AS method,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false)
                 || CASE WHEN l.oid IS NOT NULL THEN ' COLLATE ' || quote_ident(l.collname)
                    ELSE '' END
                 || CASE WHEN o.oid IS NOT NULL THEN ' ' || quote_ident(o.opcname) ELSE '' END
                 || CASE i.indoption[k - 1] WHEN 1 THEN ' DESC NULLS LAST' WHEN 2 THEN
                    ' NULLS FIRST' WHEN 3 THEN ' DESC' ELSE '' END
             FROM generate_series(1, i.indnkeyatts) AS k
             JOIN pg_catalog.pg_attribute ia ON ia.attrelid = i.indexrelid AND ia.attnum = k
             LEFT JOIN pg_catalog.pg_attribute ta
               ON ta.attrelid = i.indrelid AND ta.attnum = i.indkey[k - 1]
             LEFT JOIN pg_catalog.pg_collation l ON l.oid = i.indcollation[k - 1]
              AND l.oid <> coalesce(ta.attcollation, ia.attcollation)
             LEFT JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[k - 1] AND NOT o.opcdefault
             ORDER BY k) AS keys,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false)
             FROM generate_series(i.indnkeyatts + 1, i.indnatts) AS k ORDER BY k) AS include,
       pg_get_expr(i.indpred, i.indrelid) AS where,
       NOT i.indnullsnotdistinct AS nulls_distinct, i.indisvalid AS valid
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = x.relam
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p', 'm')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                  WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY i.indrelid, x.relname
"""

ENUMS = """
SELECT n.nspname AS schema, t.typname AS name,
       array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS labels
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
WHERE n.nspname = ANY (%s)
GROUP BY n.nspname, t.typname
ORDER BY n.nspname, t.typname
"""

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
MATCHES = {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"}
IDENTITIES = {"a": "always", "d": "by default", "": ""}


class Postgres:
    """The PostgreSQL dialect, versions 15 and later."""

    name = "postgresql"

    def read(self, database: pw.Database, models: Iterable[Model]) -> tuple[Schema, Schema]:
        models = list(models)
        with _rolled_back(database):
            own = _scalar(database, "SELECT current_schema()")
            if own is None:
                raise DatabaseFailed(
                    "No schema of the connection's search_path exists.",
                    "Create it, or set search_path to one that does.",
                )
            schemas = [own, *sorted({m._meta.schema for m in models if m._meta.schema} - {own})]
            path = ", ".join('"' + schema.replace('"', '""') + '"' for schema in schemas)
            database.execute_sql("SELECT set_config('search_path', %s, true)", (path,))
            live = _catalog(database, schemas, lambda s, n: _qualified(s, n, own))
            return live, _Scratch(database, own).read(models)

    def transaction(self, database: pw.Database) -> AbstractContextManager[Any]:
        return database.atomic()  # type: ignore[no-any-return]

    def lock(self, database: pw.Database, name: str) -> None:
        # a session's advisory lock would be lost behind a pooler, a transaction's is not
        database.execute_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

    def advance_key(self, database: pw.Database, model: Model) -> None:
        key = model._meta.primary_key
        table = _sql_name(database, model._meta.table_name, model._meta.schema)
        sequence = database.execute_sql(
            "SELECT pg_get_serial_sequence(%s, %s)", (table, key.column_name)
        ).fetchone()[0]
        if sequence:
            last = model.select(pw.fn.max(key)).scalar()
            database.execute_sql(
                "SELECT setval(%s, greatest(%s, nextval(%s)))", (sequence, last, sequence)
            )


class _Undo(Exception):
    pass


@contextmanager
def _rolled_back(database: pw.Database) -> Iterator[None]:
    try:
        with database.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


def _qualified(schema: str | None, name: str, own: str) -> str:
    return name if schema in (None, own) else f"{schema}.{name}"


def _sql_name(database: pw.Database, name: str, schema: str | None) -> str:
    sql, _ = database.get_sql_context().sql(TypeName(name, schema)).query()
    return str(sql)


def _scalar(database: pw.Database, sql: str) -> Any:
    return database.execute_sql(sql).fetchone()[0]


def _rows(database: pw.Database, sql: str, schemas: list[str]) -> list[Any]:
    cursor = database.execute_sql(sql, (schemas,))
    row: Any = namedtuple("row", [column[0] for column in cursor.description])  # type: ignore[misc]
    return [row(*values) for values in cursor.fetchall()]


def _catalog(database: pw.Database, schemas: list[str], naming: Naming) -> Schema:
    """All that the schemas hold, in five queries whatever the number of tables."""
    parts: dict[int, list[Part]] = defaultdict(list)
    for row in _rows(database, COLUMNS, schemas):
        parts[row.oid].append(_column(row))
    for row in _rows(database, CONSTRAINTS, schemas):
        parts[row.oid].append(_constraint(row, naming))
    for row in _rows(database, INDEXES, schemas):
        parts[row.oid].append(_index(row))
    tables = [
        Table(naming(row.schema, row.name), tuple(parts[row.oid]), row.kind)
        for row in _rows(database, TABLES, schemas)
    ]
    enums = [
        EnumType(naming(row.schema, row.name), tuple(row.labels))
        for row in _rows(database, ENUMS, schemas)
    ]
    return Schema(tuple(tables), tuple(enums))


def _column(row: Any) -> Column:
    serial = row.owns_sequence and re.fullmatch(r"nextval\('.*'::regclass\)", row.expression)
    plain = not serial and not row.generated
    return Column(
        row.name,
        row.type,
        row.nullable,
        default=row.expression if plain else None,
        identity="serial" if serial else IDENTITIES[row.identity],
        generated=row.expression if row.generated else None,
        collation=row.collation,
    )


def _constraint(row: Any, naming: Naming) -> Part:
    columns = tuple(row.columns)
    match row.type:
        case "p":
            return PrimaryKey(columns, row.name)
        case "u":
            return Unique(columns, row.nulls_distinct, row.deferrable, row.name)
        case "c":
            return Check(row.expression, row.validated, row.name)
        case "x":
            return Exclusion(row.definition, row.name)
        case _:
            return ForeignKey(
                columns,
                naming(row.target_schema, row.target),
                tuple(row.target_columns),
                ACTIONS[row.on_delete],
                ACTIONS[row.on_update],
                MATCHES[row.match],
                row.deferrable,
                row.validated,
                row.name,
            )


def _index(row: Any) -> Index:
    return Index(
        tuple(row.keys),
        row.unique,
        row.method,
        tuple(row.include),
        row.where,
        row.nulls_distinct,
        row.valid,
        row.name,
    )


class _Scratch:
    """The models as temporary tables, inside a transaction that the caller rolls back."""

    def __init__(self, database: pw.Database, own: str) -> None:
        self.database, self.own = database, own

    def read(self, models: list[Model]) -> Schema:
        """The schema the server makes of the models."""
        every = with_targets(models)
        self._create_enums(every)
        ddl = {_key(model, self.own): self._create(model) for model in every}
        namespace = (
            _scalar(
                self.database,
                "SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = pg_my_temp_schema()",
            )
            if every
            else None
        )
        found = _catalog(self.database, [namespace], lambda _, n: n) if namespace else Schema()
        wanted = {_key(model, self.own): model for model in models}
        tables = tuple(
            _with_chosen_names(table, wanted[table.name], ddl[table.name])
            for table in found.tables
            if table.name in wanted
        )
        return Schema(tables, found.enums)

    def _create_enums(self, models: list[Model]) -> None:
        made: dict[str, EnumField] = {}
        for model in models:
            for field in model._meta.sorted_fields:
                if not isinstance(field, EnumField):
                    continue
                first = made.setdefault(field.type_name, field)
                if first.labels != field.labels:
                    raise ModelsError(
                        f"Two models give the enum type {field.type_name} different labels: "
                        f"{_where(first)} {list(first.labels)}, "
                        f"{_where(field)} {list(field.labels)}.",
                        "Use one Enum class for both, or give one of them another type_name.",
                    )
                if first is field:
                    create_enum(self.database, field.type_name, field.labels, "pg_temp")

    def _create(self, model: Model) -> str:
        """Create one table and its indexes; give the SQL that did it."""
        manager = type(model._schema)(model, self.database)
        manager._create_context = self._context
        statements = []
        try:
            for query in (
                manager._create_table(safe=False, temporary=True),
                *manager._create_indexes(safe=False),
            ):
                sql, params = query.query()
                statements.append(sql)
                self.database.execute_sql(sql, params)
        except pw.PeeweeException as error:
            reason = str(error).strip().splitlines()[0]
            raise ModelsError(
                f"The server cannot make table {model._meta.table_name} of model "
                f"{model.__name__}: {reason}",
                "Correct the model, or create what it needs (an extension, a type) first.",
            ) from error
        return "\n".join(statements)

    def _context(self) -> Any:
        own = self.own

        class Context(self.database.context_class):  # type: ignore[name-defined]
            """Puts every table and enum type into the session's temporary schema."""

            def sql(self, obj: Any) -> Any:
                if isinstance(obj, pw.Table) and obj._model is not None:
                    obj = pw.Entity("pg_temp", _key(obj._model, own))
                elif isinstance(obj, TypeName):
                    obj = pw.Entity("pg_temp", obj.name)
                return super().sql(obj)

        options = self.database.get_context_options()
        return Context(scope=pw.SCOPE_VALUES, **options)


def _key(model: Model, own: str) -> str:
    """The table's name as `_catalog` gives it, and its name in the temporary schema: two schemas
    may hold tables of one name, the temporary schema may not."""
    name = model._meta.table_name.encode()[:63].decode(errors="ignore")
    return _qualified(model._meta.schema, name, own)


def _where(field: EnumField) -> str:
    return f"{field.model.__name__}.{field.name}"


def _with_chosen_names(table: Table, model: Model, ddl: str) -> Table:
    """The table with those of its constraints and indexes marked whose name somebody chose."""
    indexes = chosen_index_names(model)
    return Table(
        table.name,
        tuple(_with_named(part, ddl, indexes) for part in table.parts),
        table.kind,
        table.options,
    )


def _with_named(part: Part, ddl: str, indexes: set[str]) -> Part:
    match part:
        case Column():
            return part
        case Index():
            return replace(part, named=part.name in indexes)
        case _:
            name = re.escape(part.name or "")
            written = re.search(rf'CONSTRAINT\s+("{name}"|{name}\b)', ddl, re.IGNORECASE)
            return replace(part, named=bool(written))
