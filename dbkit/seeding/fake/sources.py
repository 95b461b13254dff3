"""What a live table says about its rows: columns to fill, unique sets, foreign keys, CHECKs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import peewee as pw

from dbkit.schema.peewee_models import Model, in_schema
from dbkit.schema.sql import closing, mentions, quoted
from dbkit.schema.values import (
    Check,
    Column,
    Domain,
    ForeignKey,
    Index,
    PrimaryKey,
    Schema,
    Table,
    Unique,
)

from .check_limits import CheckLimits, Limit, ways
from .partitions import partition_checks

Key = tuple[Any, ...]
CHECK = re.compile(r"\bCHECK \(")


@dataclass(frozen=True)
class UniqueSet:
    """Columns that are unique together. A `partial` set is so only for some rows. `has_expression`
    means that expressions of the columns are unique. `is_key` means a primary key."""

    columns: tuple[str, ...]
    name: str = ""
    partial: bool = False
    nulls_distinct: bool = True
    is_key: bool = False
    has_expression: bool = False


@dataclass(eq=False)
class Source:
    """A table for which rows are made. `schema` is the live schema. `parents` are keys to which
    rows may refer. The table has `existing` rows. `explicit` columns get values although the
    database has values for them."""

    model: Model
    table: Table
    schema: Schema
    existing: int = 0
    parents: Mapping[ForeignKey, Sequence[Key]] = field(default_factory=dict)
    explicit: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return str(self.table.name)

    @cached_property
    def fields(self) -> dict[str, pw.Field]:
        """The fields by column name, without those that are no columns."""
        return {one.column_name: one for one in self.model._meta.sorted_fields}

    @cached_property
    def columns(self) -> list[Column]:
        """The columns that rows give values for."""
        return [part for part in self.table.parts if isinstance(part, Column) and self._fills(part)]

    def _fills(self, column: Column) -> bool:
        if column.name in self.explicit:
            return True
        if column.generated is not None or column.identity or self._is_rowid(column):
            return False
        field = self.fields.get(column.name)
        if field is None:  # a column without a field gets a value only if it needs one
            return not column.nullable and column.default is None
        return not (isinstance(field, pw.AutoField) and column.default is not None)

    def _is_rowid(self, column: Column) -> bool:
        """Whether SQLite numbers the rows in this column (its manual: lang_createtable, 5)."""
        is_auto = isinstance(self.fields.get(column.name), pw.AutoField)
        is_integer = str(column.type).upper() == "INTEGER" and not self.table.options.without_rowid
        keys = [part.columns for part in self.table.parts if isinstance(part, PrimaryKey)]
        return is_auto and is_integer and (column.name,) in keys

    @cached_property
    def places(self) -> dict[str, int]:
        """The places of the columns in a row."""
        return {column.name: place for place, column in enumerate(self.columns)}

    def type_of(self, column: Column) -> str:
        """Return the type as SQL; that of a domain is its base type."""
        domain = self._domain(column)
        return domain.type if domain else str(column.type)

    def _domain(self, column: Column) -> Domain | None:
        names = (column.type if isinstance(column.type, str) else "", str(column.type))
        return next((one for one in self.schema.domains
                     if str(one.name) in names or one.name.sql in names), None)  # fmt: skip

    def labels(self, column: Column) -> Sequence[str]:
        """Return the labels of an enum type, also of an array of it."""
        bare = str(column.type).rstrip("[]")
        found = [one.labels for one in self.schema.enums
                 if one.name == column.type or bare in (str(one.name), one.name.sql)]  # fmt: skip
        return found[0] if found else ()

    @cached_property
    def checks(self) -> list[Check]:
        """The CHECKs of the table, and of its partitions."""
        found = [part for part in self.table.parts if isinstance(part, Check) and part.enforced]
        return [*found, *partition_checks(self.table, self.schema)]

    @cached_property
    def ways(self) -> list[CheckLimits]:
        """The ways in which rows can satisfy the CHECKs."""
        expressions = [one.expression for one in self.checks]
        expressions += [one for column in self.columns for one in self._domain_checks(column)]
        return ways(expressions, [column.name for column in self.columns])

    def _domain_checks(self, column: Column) -> Iterator[str]:
        domain = self._domain(column)
        rest = domain.definition if domain else ""
        while match := CHECK.search(rest):
            rest = rest[match.end() - 1 :]
            end = closing(rest)
            if end < 0:
                return
            yield re.sub(r"\bVALUE\b", lambda _: quoted(column.name), rest[1:end])
            rest = rest[end:]

    @cached_property
    def has_deferrable(self) -> bool:
        """Whether a unique constraint is deferrable: PostgreSQL then takes no ON CONFLICT."""
        return any(isinstance(part, PrimaryKey | Unique) and part.deferrable
                   for part in self.table.parts)  # fmt: skip

    @cached_property
    def unique_sets(self) -> list[UniqueSet]:
        """The unique sets whose columns rows give values for, small sets first."""
        sets = [one for part in self.table.parts for one in self._unique(part)]
        known = [one for one in sets if one.columns and {*one.columns} <= self.places.keys()]
        return sorted(known, key=lambda one: (one.partial, len(one.columns), one.columns))

    def _unique(self, part: Any) -> Iterator[UniqueSet]:
        match part:
            case PrimaryKey():
                yield UniqueSet(part.columns, part.name or "", is_key=True, nulls_distinct=False)
            case Unique():
                yield UniqueSet(part.columns, part.name or "", nulls_distinct=part.nulls_distinct)
            case Index(unique=True):
                columns = [name for key in part.keys for name in self._of_key(key)]
                yield UniqueSet(
                    tuple(dict.fromkeys(columns)),
                    part.name or "",
                    part.where is not None,
                    part.nulls_distinct,
                    has_expression=any(key.column is None for key in part.keys),
                )

    def _of_key(self, key: Any) -> Iterator[str]:
        """The columns of a key of an index. Unique texts of ours stay unique in lower case."""
        if key.column is not None:
            yield key.column
        else:
            yield from (part.name for part in self.table.parts if isinstance(part, Column)
                        and mentions(key.expression or "", part.name))  # fmt: skip

    @cached_property
    def foreign_keys(self) -> list[ForeignKey]:
        """The foreign keys of the table, and those that only the model has; large keys first."""
        found = [part for part in self.table.parts if isinstance(part, ForeignKey)
                 and {*part.columns} <= self.places.keys()]  # fmt: skip
        covered = {one.columns for one in found}
        for name, of in self.fields.items():
            if (
                isinstance(of, pw.ForeignKeyField)
                and name in self.places
                and (name,) not in covered
            ):
                meta = of.rel_model._meta
                target = in_schema(meta.schema, meta.table_name)
                found.append(ForeignKey((name,), target, (of.rel_field.column_name,)))
        return sorted(found, key=lambda one: (-len(one.columns), one.columns))

    def is_nullable(self, key: ForeignKey) -> bool:
        """Whether a row need not refer to a parent."""
        nullable = [self.columns[self.places[name]].nullable for name in key.columns]
        return all(nullable) if key.match == "FULL" else any(nullable)

    def limit(self, way: CheckLimits, column: Column) -> Limit:
        return way.columns.get(column.name) or Limit()
