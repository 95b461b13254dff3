"""Renders the indexes and UNIQUE constraints of a table: as options of fields, in Meta.indexes, as
calls of add_index, or as SQL."""

from __future__ import annotations

import re
from typing import Any

from dbkit import peewee_internals as internals
from dbkit.model_source import add_index, sql
from dbkit.python_source import Call, Code
from dbkit.schema.details import Key
from dbkit.schema.names import Name
from dbkit.schema.sql import quoted
from dbkit.schema.values import ForeignKey, Index, Table, Unique

from .field_types import TypesOfDialect
from .model_layout import Layout

USUAL = "btree"  # the default method


class Indexes:
    """The indexes of a table; `left` are those that no field has yet.

    The name of a plain index is left out: Peewee makes another one up, `verify` accepts any, and
    the baseline gives the index its own name. A plain UNIQUE constraint is written as the index
    that Peewee makes for `unique=True`, which `verify` accepts too; `unique` are these constraints.
    """

    def __init__(self, table: Table, plan: Layout, types: TypesOfDialect) -> None:
        self.table, self.types, self.relations = table, types, plan.relations
        self.schema, self.bare = table.name
        self.model, self.names = plan.classes[table.name], plan.fields[table.name]
        self.left = [one for one in table.parts if isinstance(one, Index) and one.valid]
        self.unnamed = {one for one in self.left if self._leaves_name_out(one)}
        self.unique: list[Unique] = []
        for part in table.parts:
            if not isinstance(part, Unique) or not self._is_plain(part):
                continue
            index = Index(tuple(map(Key, part.columns)), unique=True, name=part.name)
            if self._leaves_name_out(index):
                self.unique.append(part)
                self.left.append(index)
                self.unnamed.add(index)

    def _is_plain(self, part: Unique) -> bool:
        """Whether an index can replace the constraint. CREATE TABLE needs the constraint for a
        foreign key to the table itself."""
        own = {frozenset(key.target_columns) for key in self.table.parts
               if isinstance(key, ForeignKey) and key.target == self.table.name}  # fmt: skip
        plain = Unique(part.columns, name=part.name, named=part.named)
        on_one_table = self.table.kind != "partitioned table"
        return part == plain and on_one_table and frozenset(part.columns) not in own

    def _leaves_name_out(self, index: Index) -> bool:
        """Whether the index has only columns and no options, and no other relation has the name
        that Peewee makes up for it. That name is then taken."""
        more = index.include or index.where or index.options or not index.nulls_distinct
        if more or not all(key.is_plain for key in index.keys):
            return False
        words = re.sub(r"[^\w]+", "", "_".join(key.column or "" for key in index.keys))
        made = internals.shortened_index_name(f"{self.bare}_{words}")
        name = Name(self.schema, self.types.index_name(made).lower())
        is_free = self.types.index_name(made) == index.name or name not in self.relations
        self.relations.add(name)
        return is_free

    def options(self, column: str, method: str) -> dict[str, Any]:
        """Return the index options of a column's field; `method` is as in Kind."""
        index = next((one for one in self.left if self._is_of_field(one, column)), None)
        if index is None:
            return {"index": False if method else None}
        self.left.remove(index)
        return {
            "unique": index.unique,
            "index": None if index.unique or method else True,
            "index_type": index.method if index.method != (method or USUAL) else None,
        }

    def calls(self) -> tuple[Call, ...]:
        """Return the indexes of several columns and of expressions."""
        return tuple(self._call(one) for one in self.left if not self._is_statement(one))

    def statements(self) -> list[Call]:
        """Return the indexes that Peewee can only create as SQL."""
        return [self._statement(one) for one in self.left if self._is_statement(one)]

    def _is_statement(self, index: Index) -> bool:
        if self._has_no_name(index):
            return False
        return bool(index.include or index.options) or not self.types.is_sayable(index.name or "")

    def _is_of_field(self, index: Index, column: str) -> bool:
        return [key.column for key in index.keys] == [column] and index in self.unnamed

    def _has_no_name(self, index: Index) -> bool:
        return index in self.unnamed and index.method == USUAL

    def _call(self, index: Index) -> Call:
        return add_index(
            tuple(map(self._key, index.keys)),
            None if self._has_no_name(index) else index.name,
            index.unique,
            None if index.method == USUAL else index.method,
            None if index.nulls_distinct else False,
            self.types.where(index),
        )

    def _key(self, key: Key) -> Any:
        if key.is_plain:
            return self.names[key.column or ""]
        return sql(self.types.index_key(key))

    def _statement(self, index: Index) -> Call:
        """The CREATE INDEX statement, with the model in place of the qualified name."""
        before, after = self.types.create_index(self.table, index)
        if not self.schema:
            words = sql(f"{before} {quoted(self.bare)} {after}")
            return Call(f"{self.model}.add_index", (words,))
        nodes = (sql(before), Code(self.model), sql(after))
        return Call(f"{self.model}._meta.indexes.append", (Call("pw.NodeList", (nodes,)),))
