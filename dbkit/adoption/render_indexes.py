"""Renders the indexes of a table: as options of fields, in class Meta, or with add_index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dbkit import peewee_internals as internals
from dbkit.model_source import sql
from dbkit.python_source import Call, Code, Statement
from dbkit.schema.sql import quoted
from dbkit.schema.values import Index, Table

from .field_types import TypesOfDialect, Words
from .left_out import LeftOut
from .model_layout import Layout, columns_of


class Indexes:
    """The indexes of a table. `usual` is the default index method."""

    usual = "btree"

    def __init__(self, table: Table, plan: Layout, types: TypesOfDialect) -> None:
        self.table, self.plan, self.types = table, plan, types
        self.schema, self.bare = types.split(table.name)
        self.names = plan.fields[table.name]
        self.left_out: list[LeftOut] = []
        self.left = [one for one in table.parts if isinstance(one, Index) and one.valid]

    def options(self, column: str, method: str) -> dict[str, Any]:
        """Return the index options of a column's field; `method` is as in Kind."""
        index = next((one for one in self.left if self._is_fields(one, column)), None)
        if index is None:
            return {"index": False} if method else {}
        self.left.remove(index)
        options: dict[str, Any] = {}
        if index.unique:
            options["unique"] = True
        elif not method:
            options["index"] = True
        if index.method != (method or self.usual):
            options["index_type"] = index.method
        return options

    def in_meta(self) -> list[Any]:
        """Return the indexes on several columns whose names Peewee would make up."""
        plain = [one for one in self.left if self._is_plain(one) and self._has_usual_name(one)
                 and one.method == self.usual]  # fmt: skip
        self.left = [one for one in self.left if one not in plain]
        return [(tuple(self.names[key.column or ""] for key in self._keys(one)), one.unique)
                for one in plain]  # fmt: skip

    def calls(self) -> Iterator[Statement]:
        model = self.plan.classes[self.table.name]
        for index in self.left:
            if index.include or index.options or not self.types.is_sayable(index.name or ""):
                yield self._statement(model, index)
            else:
                keys = tuple(self._argument(model, key) for key in self._keys(index))
                yield Call(f"{model}.add_index", keys, self._index_options(index))

    def _is_fields(self, index: Index, column: str) -> bool:
        keys = self._keys(index)
        alone = len(keys) == 1 and keys[0].column == column
        return alone and self._is_plain(index) and self._has_usual_name(index)

    def _keys(self, index: Index) -> list[Words]:
        columns = [column.name for column in columns_of(self.table)]
        return [self.types.index_key(key, columns) for key in index.keys]

    def _is_plain(self, index: Index) -> bool:
        """Whether the index has only columns, and no other options."""
        columns = all(key.column for key in self._keys(index))
        more = index.include or index.where or index.options or not index.nulls_distinct
        return columns and not more

    def _has_usual_name(self, index: Index) -> bool:
        columns = "_".join(key.column or "" for key in self._keys(index))
        words = re.sub(r"[^\w]+", "", columns)
        made = internals.shortened_index_name(f"{self.bare}_{words}")
        return self.types.index_name(made) == index.name

    def _argument(self, model: str, key: Words) -> Any:
        return Code(f"{model}.{self.names[key.column]}") if key.column else key.sql

    def _index_options(self, index: Index) -> dict[str, Any]:
        options: dict[str, Any] = {"name": index.name}
        if index.unique:
            options["unique"] = True
        if index.method != self.usual:
            options["using"] = index.method
        if not index.nulls_distinct:
            options["nulls_distinct"] = False
        if (where := self.types.where(index)) is not None:
            options["where"] = sql(where)
        return options

    def _statement(self, model: str, index: Index) -> Call:
        """The CREATE INDEX statement, with the model in place of the qualified name."""
        before, after = self.types.create_index(self.table, index)
        if not self.schema:
            return Call(f"{model}.add_index", (sql(f"{before} {quoted(self.bare)} {after}"),))
        nodes = (sql(before), Code(model), sql(after))
        return Call(f"{model}._meta.indexes.append", (Call("pw.NodeList", (nodes,)),))
