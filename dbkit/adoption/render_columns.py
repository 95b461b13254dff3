"""Renders the columns of a table as fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dbkit.model_source import sql
from dbkit.python_source import Call, Code
from dbkit.schema.values import Column, ForeignKey, PrimaryKey, Table

from .field_types import Kind, TypesOfDialect
from .left_out import LeftOut
from .model_layout import Layout, columns_of
from .python_names import OF_MODELS, unique
from .render_indexes import Indexes


class Columns:
    """The columns of a table; `key` is its primary key, if Peewee can express it."""

    def __init__(
        self,
        key: PrimaryKey | None,
        indexes: Indexes,
        table: Table,
        plan: Layout,
        types: TypesOfDialect,
    ) -> None:
        self.table, self.plan, self.types = table, plan, types
        self.schema = types.split(table.name)[0]
        self.indexes = indexes
        self.names = plan.fields[table.name]
        self.key = key if key and len(key.columns) == 1 else None
        self.derived: dict[str, tuple[str, str]] = {}
        self.left_out: list[LeftOut] = []

    def assignments(self, whole: bool = False) -> Iterator[tuple[str, Call]]:
        """Yield (name, field) of the columns. The key `id` that Peewee adds by itself is left out
        unless `whole`."""
        for column in columns_of(self.table):
            field = self._field(column)
            name = self.names[column.name]
            if whole or (name, field) != ("id", Call("pw.AutoField")):
                yield name, field

    def _is_key(self, column: str) -> bool:
        return self.key is not None and self.key.columns == (column,)

    def _field(self, column: Column) -> Call:
        is_key = self._is_key(column.name)
        link = self.plan.links.get((self.table.name, column.name))
        if link:
            return self._linked(column, link, is_key)
        kind = self._kind(column)
        if column.identity == "serial" and column.nullable:
            place = f"{self.table.name}.{column.name}"
            words = f"Column {column.name} of table {self.table.name} is a nullable serial."
            self.left_out.append(LeftOut(place, words, True))
        options = dict(kind.options)
        if self.names[column.name] != column.name:
            options["column_name"] = column.name
        options |= self._common(column, is_key, kind.method, is_automatic=self._automatic(column))
        return Call(kind.function, kind.arguments, options)

    def _automatic(self, column: Column) -> bool:
        return self._is_key(column.name) and self.types.automatic(column) is not None

    def _kind(self, column: Column) -> Kind:
        kind = self.types.automatic(column) if self._is_key(column.name) else None
        kind = kind or self.types.kind(column, self.schema)
        if kind.derived:
            self.derived[kind.function] = kind.derived
        return kind

    def _common(
        self, column: Column, is_key: bool, method: str, is_automatic: bool = False
    ) -> dict[str, Any]:
        """The options that every field has; `method` is the default method of its index."""
        options: dict[str, Any] = {}
        constraints = self.types.column_constraints(column, is_key)
        if column.nullable:
            options["null"] = True
        if is_key:
            constraints = [*self._key_constraints(), *constraints]
            if not is_automatic:
                options["primary_key"] = True
        else:
            options |= self.indexes.options(column.name, method)
        if is_automatic and self.types.links_late:
            constraints = [one for one in constraints if not one.startswith("GENERATED")]
        if column.collation:
            options["collation"] = column.collation
        if constraints:
            options["constraints"] = [sql(one) for one in constraints]
        return options

    def _key_constraints(self) -> list[str]:
        return (self.key and self.types.key_constraints(self.key)) or []

    def _linked(self, column: Column, link: ForeignKey, is_key: bool) -> Call:
        late = (self.table.name, link) in self.plan.late
        function, target = self._target(link, late)
        options: dict[str, Any] = {}
        if (column_sql := self._differing(column, link)) is not None:
            function = "TypedForeignKeyField"
            options["sql_type"] = column_sql
        if link.target_columns[0] != self.plan.key(link.target):
            options["field"] = self.plan.fields[link.target][link.target_columns[0]]
        options |= self._link_names(column, link)
        options |= self._actions(link)
        if link.name and (late or not self.types.is_usual(self.table, link)):
            options["constraint_name"] = link.name
        options |= self._common(column, is_key, "" if is_key else self.indexes.usual)
        return Call(function, (target,), options)

    def _target(self, link: ForeignKey, late: bool) -> tuple[str, str]:
        if late:
            return "pw.DeferredForeignKey", self.plan.classes[link.target]
        itself = link.target == self.table.name
        return "pw.ForeignKeyField", "self" if itself else Code(self.plan.classes[link.target])

    def _differing(self, column: Column, link: ForeignKey) -> str | None:
        """The type of a foreign key's column, if Peewee would derive another from its target."""
        table = self.plan.tables[link.target]
        target = next(one for one in columns_of(table) if one.name == link.target_columns[0])
        schema = self.types.split(link.target)[0]
        on_key = self.plan.key(link.target) == target.name
        kind = (self.types.automatic(target) if on_key else None) or self.types.kind(target, schema)
        link_of_target = self.plan.links.get((link.target, target.name))
        is_late = link_of_target and (link.target, link_of_target) in self.plan.late
        followed = kind.followed and not is_late and not column.identity
        if column.type == target.type and followed:
            return None
        return self.types.kind(column, self.schema).sql

    def _link_names(self, column: Column, link: ForeignKey) -> dict[str, Any]:
        """The options column_name, object_id_name and backref, where Peewee's own do not fit."""
        options: dict[str, Any] = {}
        name, taken = self.names[column.name], self.plan.taken[self.table.name]
        if column.name != (name if name.endswith("_id") else f"{name}_id"):
            options["column_name"] = column.name
        usual = column.name if column.name != name else f"{name}_id"
        if usual in taken - {name} or not usual.isidentifier():
            usual = unique(f"{name}_id", {*taken, *OF_MODELS}, lambda count: "_" * count)
            options["object_id_name"] = usual
        taken.add(usual)
        return options | self._backref(name, link)

    def _backref(self, name: str, link: ForeignKey) -> dict[str, Any]:
        taken = self.plan.taken[link.target]
        model = self.plan.classes[self.table.name]
        backref = f"{model.lower()}_set"
        options = {}
        if backref in taken:
            backref = unique(f"{model.lower()}_{name}_set", taken, lambda count: "_" * count)
            options["backref"] = backref
        taken.add(backref)
        return options

    def _actions(self, link: ForeignKey) -> dict[str, Any]:
        actions = {"on_delete": link.on_delete.word, "on_update": link.on_update}
        options = {name: action for name, action in actions.items() if action != "NO ACTION"}
        return options | ({"deferrable": link.deferrable} if link.deferrable else {})
