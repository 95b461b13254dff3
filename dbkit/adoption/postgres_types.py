"""PostgreSQL's implementation of `TypesOfDialect`: fields for its types, and SQL for models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dbkit.python_source import Code
from dbkit.schema.details import Key, TableOptions
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import truncated
from dbkit.schema.postgres.writing import as_sql as spelling
from dbkit.schema.sql import mentions, quoted
from dbkit.schema.values import (
    Check,
    Column,
    Constraint,
    Exclusion,
    ForeignKey,
    Index,
    PrimaryKey,
    Schema,
    Table,
    Unique,
)

from .expressions import bare_numbers, in_lists, outermost
from .field_types import Kind

FIELDS = {
    "integer": "pw.IntegerField",
    "bigint": "pw.BigIntegerField",
    "smallint": "pw.SmallIntegerField",
    "text": "pw.TextField",
    "boolean": "pw.BooleanField",
    "real": "pw.FloatField",
    "double precision": "pw.DoubleField",
    "date": "pw.DateField",
    "time without time zone": "pw.TimeField",
    "timestamp without time zone": "pw.DateTimeField",
    "timestamp with time zone": "DateTimeTZField",
    "uuid": "pw.UUIDField",
    "bytea": "pw.BlobField",
    "jsonb": "pw.JSONField",
    "json": "pg.JSONField",
    "interval": "pg.IntervalField",
}
INDEXED = {"tsvector": "pg.TSVectorField", "hstore": "pg.HStoreField"}
UNFOLLOWED = {"json"}  # the field has its own DDL, which a foreign key does not copy
SIZED = re.compile(r"(character varying|character|numeric)(?:\((\d+)(?:,(\d+))?\))?")
SERIALS = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}
IDENTITIES = ("always", "by default")
CONSTANT = re.compile(r"('(?:[^']|'')*')::([^':]+)")
NUMBER = re.compile(r"'(-\d+(?:\.\d+)?)'")
NO_ACTION = re.compile(r" ON (?:DELETE|UPDATE) NO ACTION(?= |$)")


class Postgres:
    """PostgreSQL; see `field_types.TypesOfDialect`."""

    links_late = True

    def __init__(self, schema: Schema, enums: dict[Name, Any]) -> None:
        """`enums` are the arguments of EnumField by the type's name."""
        self.spelling = spelling.Spelling(schema)
        self.enums = enums
        self.elsewhere = dict(self._elsewhere(schema))

    def _elsewhere(self, schema: Schema) -> Iterator[tuple[str, str]]:
        """(bare name, name) of the types of other schemas, which a search path may lack. Enum types
        of an EnumField are left out: `verify` makes a temporary copy, which is found first."""
        fields = {part.type for table in schema.tables for part in table.parts
                  if isinstance(part, Column) and isinstance(part.type, Name)
                  and part.type.schema == table.name.schema}  # fmt: skip
        names = [*(one.name for one in schema.domains), *(one.name for one in schema.enums)]
        own = {name.bare for name in names if not name.schema}
        for name in names:
            if name.schema and name.bare not in own and name not in fields:
                yield name.bare, name.sql
                yield quoted(name.bare), name.sql

    def is_sayable(self, name: str) -> bool:
        return "%" not in name  # psycopg2 reads % as a placeholder, and Peewee does not escape it

    def kind(self, column: Column, schema: str) -> Kind:
        type_ = column.type
        if column.identity == "serial":
            sql = spelling.type_sql(type_)
            return Kind("ColumnField", (SERIALS[sql],), sql=sql, followed=False)
        if column.identity in IDENTITIES:
            return _identity(column)
        if isinstance(type_, Name):
            if type_ in self.enums and type_.schema == schema:
                return Kind("EnumField", self.enums[type_], sql=type_.sql, followed=False)
            words = self._sql(type_.sql)
            return Kind("ColumnField", (words,), sql=words, followed=False)
        return self._plain(type_) or self._indexed(type_) or self._any(type_)

    def _plain(self, type_: str) -> Kind | None:
        if type_ in FIELDS:
            return Kind(FIELDS[type_], sql=type_, followed=type_ not in UNFOLLOWED)
        match = SIZED.fullmatch(type_)
        if match is None:
            return None
        base, size, scale = match.groups()
        options: dict[str, Any] = {"max_length": int(size) if size else None}
        if base == "numeric":
            if not size:
                return None
            options = {"max_digits": int(size), "decimal_places": int(scale or 0)}
            return Kind("pw.DecimalField", (), options, type_)
        if base == "character":
            return Kind("pw.FixedCharField", (), options, type_) if size else None
        return Kind("pw.CharField", (), {} if size == "255" else options, type_)

    def _indexed(self, type_: str) -> Kind | None:
        if type_ in INDEXED:
            return Kind(INDEXED[type_], sql=type_, method="gin")
        item = self._plain(type_.removesuffix("[]")) if type_.endswith("[]") else None
        if item is None or item.function.startswith("pg."):
            return None
        options = (item.options,) if item.options else ()
        return Kind("pg.ArrayField", (Code(item.function), *options), sql=type_, followed=False,
                    method="gin")  # fmt: skip

    def _any(self, type_: str) -> Kind:
        item = type_.removesuffix("[]")
        known = self.elsewhere.get(item, item) + type_.removeprefix(item)
        words = self._sql(known)
        return Kind("ColumnField", (words,), sql=words, followed=False)

    def automatic(self, column: Column) -> Kind | None:
        if column.sequence.clauses and column.identity != "serial":
            return None
        match column.identity, column.type:
            case "serial", "integer":
                return Kind("pw.AutoField", sql="integer")
            case "serial", "bigint":
                return Kind("pw.BigAutoField", sql="bigint")
            case "by default", "integer":
                return Kind("pw.IdentityField", sql="integer")
            case "always", "integer":
                return Kind("pw.IdentityField", (), {"generate_always": True}, "integer")
        return None

    def column_constraints(self, column: Column, is_key: bool) -> list[str]:
        if column.generated is not None:
            expression = self._expression(column.generated.expression)
            return [f"GENERATED ALWAYS AS ({expression}) {column.generated.kind or 'STORED'}"]
        if column.identity in IDENTITIES:
            return [spelling.identity(column)]
        return [] if column.default is None else [f"DEFAULT {self._default(column)}"]

    def _default(self, column: Column) -> str:
        """The default without a cast to the column's own type, which is not needed."""
        default = column.source or column.default or ""
        match = CONSTANT.fullmatch(default)
        if match is None or not self._is_own(match[2], column.type):
            return self._sql(default)
        number = NUMBER.fullmatch(match[1])
        return number[1] if number and match[2] in ("integer", "numeric") else self._sql(match[1])

    def _is_own(self, cast: str, type_: str | Name) -> bool:
        if isinstance(type_, Name):
            return cast in (type_.bare, quoted(type_.bare), str(type_), type_.sql)
        base = re.sub(r"\(.*?\)", "", type_)
        return cast in (base, quoted(type_)) or (
            (cast, base) in (("bpchar", "character"), ("integer", "bigint"), ("integer", "numeric"))
        )

    def key_constraints(self, key: PrimaryKey) -> list[str] | None:
        if key.include or key.period:
            return None
        words = (spelling.settings(key.options), spelling.deferrable(key.deferrable))
        return [self._sql(one) for one in words if one]

    def check(self, check: Check) -> str | None:
        if not check.inherited or not check.enforced:
            return None
        return self._expression(check.expression)

    def constraint(self, part: Constraint, named: bool) -> str:
        if isinstance(part, Check):
            part = replace(part, validated=True)
        return self._sql(self.spelling.constraint(part if named else replace(part, name=None)))

    def reference(self, key: ForeignKey, named: bool) -> tuple[str, str]:
        whole = self.constraint(replace(key, validated=True), named)
        name = self._sql(f" REFERENCES {key.target.sql} ")
        before, _, after = whole.partition(name)
        return f"{before} REFERENCES", NO_ACTION.sub("", after)

    def is_usual(self, table: Table, part: Constraint) -> bool:
        bare = table.name.bare
        match part:
            case PrimaryKey():
                usual = f"{bare}_pkey"
            case ForeignKey():
                usual = f"{bare}_{'_'.join(part.columns)}_fkey"
            case Unique():
                usual = f"{bare}_{'_'.join(part.columns)}_key"
            case Check():
                columns = [one.name for one in table.parts if isinstance(one, Column)]
                named = [one for one in columns if mentions(part.expression, one)]
                usual = f"{bare}_{named[0]}_check" if len(named) == 1 else f"{bare}_check"
            case Exclusion():
                return False
        return usual == part.name and truncated(usual) == usual

    def index_key(self, key: Key) -> str:
        return self._sql(in_lists(spelling.key(key)))

    def where(self, index: Index) -> str | None:
        return index.where and self._expression(index.where)

    def create_index(self, table: Table, index: Index) -> tuple[str, str]:
        kind = "CREATE UNIQUE INDEX" if index.unique else "CREATE INDEX"
        head = f"{kind} {quoted(index.name or '')} ON"
        whole = self.spelling.index(table, index)
        start = f"{head} {table.name.sql} "
        rest = whole.removeprefix(start).removeprefix('USING "btree" ')
        return self._sql(head), self._sql(rest)

    def index_name(self, name: str) -> str:
        return truncated(name)

    def table_options(self, table: Table) -> tuple[list[tuple[str, Any]], list[str]]:
        options = table.options
        said = TableOptions(partition_by=options.partition_by, parents=options.parents)
        words = [*said.words, *filter(None, [spelling.settings(options.settings)])]
        left_out = [*replace(options, partition_by="", parents=(), settings=()).words]
        if table.kind == "unlogged table":
            left_out.append("UNLOGGED")
        return ([("table_settings", [self._sql(one) for one in words])] if words else []), left_out

    def references(self, key: ForeignKey) -> bool:
        usual = key.match == "SIMPLE" and key.enforced and not key.period
        return usual and not key.on_delete.columns and self.is_sayable(key.name or "")

    def _expression(self, text: str) -> str:
        return self._sql(bare_numbers(in_lists(outermost(text))))

    def _sql(self, text: str) -> str:
        """The text with % escaped, because psycopg2 reads a single % as a placeholder."""
        return text.replace("%", "%%")


def _identity(column: Column) -> Kind:
    """The field of an identity column; its sequence always has the column's type."""
    sql_type = str(column.type)
    options: dict[str, Any] = {
        "generate_always": column.identity == "always",
        "options": " ".join(replace(column.sequence, type="").clauses),
    }
    given = {name: value for name, value in options.items() if value}
    if sql_type == "bigint":
        return Kind("BigIdentityField", (), given, sql_type)
    return Kind("TypedIdentityField", (), {"sql_type": sql_type, **given}, sql_type)
