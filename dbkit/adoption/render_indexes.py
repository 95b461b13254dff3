"""Renders the indexes of a table: as options of fields, as calls of add_index, or as SQL."""

from __future__ import annotations

import re
from typing import Any

from dbkit import peewee_internals as internals
from dbkit.model_source import add_index, sql
from dbkit.python_source import Call, Code
from dbkit.schema.details import Key
from dbkit.schema.sql import quoted
from dbkit.schema.values import Index, Table

from .field_types import TypesOfDialect
from .model_layout import Layout

USUAL = "btree"  # the default method


class Indexes:
    """The indexes of a table; `left` are those that no field has yet."""

    def __init__(self, table: Table, plan: Layout, types: TypesOfDialect) -> None:
        self.table, self.types = table, types
        self.schema, self.bare = table.name
        self.model, self.names = plan.classes[table.name], plan.fields[table.name]
        self.left = [one for one in table.parts if isinstance(one, Index) and one.valid]

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
        return bool(index.include or index.options) or not self.types.is_sayable(index.name or "")

    def _is_of_field(self, index: Index, column: str) -> bool:
        return [key.column for key in index.keys] == [column] and self._is_usual(index)

    def _is_usual(self, index: Index) -> bool:
        """Whether the index has only columns, the name that Peewee gives it, and no options."""
        columns = [key.column or "" for key in index.keys]
        words = re.sub(r"[^\w]+", "", "_".join(columns))
        made = internals.shortened_index_name(f"{self.bare}_{words}")
        more = index.include or index.where or index.options or not index.nulls_distinct
        plain = all(key.is_plain for key in index.keys) and not more
        return plain and self.types.index_name(made) == index.name

    def _call(self, index: Index) -> Call:
        usual = self._is_usual(index) and index.method == USUAL
        return add_index(
            tuple(map(self._key, index.keys)),
            None if usual else index.name,
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
