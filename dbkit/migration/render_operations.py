"""Renders the operations that change one set of models into another.

The changes of the schema decide which tables and columns need operations; differences that are only
in Python need none. The same code renders both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.model_source import ModelSource
from dbkit.python_source import Call, flat
from dbkit.schema.changes import Add, Alter, Change, Drop, Using, items, touches
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model, is_made_up, table_name
from dbkit.schema.values import Column, Table

from .class_names import class_names
from .edit_models import is_default, rename_in_model, unquoted
from .enum_operations import Enums, enums
from .outside_models import Outside
from .render_lines import Lines
from .render_model import Freezer, without

Fill = Callable[[Name, Any], Any]  # (table, field) -> a value as source; None: it needs none
INDEX = ("index", "unique", "index_type")
DECOMPOSED = (*INDEX, "null", "constraints")


class Writer:
    """Renders the operations from `old` to `new` models, by table name. `names` are the tables'
    names in the changes, `using` are the USING expressions of columns whose type changes, and
    `owns` says whether a table or `table.part` belongs to the project."""

    def __init__(
        self,
        database: pw.Database,
        old: Mapping[Name, Model],
        new: Mapping[Name, Model],
        changes: Sequence[Change],
        fill: Fill,
        using: Using,
        owns: Callable[[Name | str], bool] = lambda name: True,
    ) -> None:
        self.database, self.old, self.new = database, old, new
        self.changes, self.fill, self.using, self.owns = changes, fill, using, owns
        self.lines = Lines()
        self.types: Enums = {}  # those that exist beside the old models'
        added = {one.name for one in items(changes, Add, Table)}
        self.created = pw.sort_models(
            [one for name, one in new.items() if name not in old and name in added]
        )
        self.classes = class_names(self.created)
        self.outside = Outside(self.classes.values())
        self.known = {
            model: f"migrator.orm[{flat(name.exact)}]"
            for side in (old, new)
            for name, model in side.items()
            if name in old
        }
        self.freezer = self._freezer()

    def _freezer(self) -> Freezer:
        later = {model: name for model, name in self.classes.items() if model not in self.known}
        return Freezer(self.database, self.known, later, self.outside, self.owns)

    def write(self) -> Lines:
        """Return the lines: types first, then tables, then their parts; drops in reverse order."""
        self._write()
        return self._stand_ins() + self.lines

    def _stand_ins(self) -> Lines:
        """The classes of the outside models, parents first."""
        before, done = Lines(), 0
        while targets := [*self.outside.targets.values()][done:]:
            done += len(targets)
            for target in targets:
                lines = Lines()
                lines.model(self._freezer().stand_in(target.model, target.name, target.fields))
                before = lines + before
        return before

    def _write(self) -> None:
        old, new = enums(self.old.values()) | self.types, enums(self.new.values())
        self._names()
        self._types(old, new)
        gone = [model for name, model in self.old.items()
                if name not in self.new and self.owns(name)]  # fmt: skip
        self._in_the_way(gone)
        self._created()
        for name, model in self.new.items():
            if name in self.old and (changes := self._of(name)) and self._is_known(name, changes):
                self._table(name, self.old[name], model, changes)
        for model in reversed(pw.sort_models(gone)):
            self.lines.call("remove_model", table_name(model))
        for schema, type_ in [key for key in old if key not in new | self.types]:
            self.lines.call("drop_enum", type_, **_schema(schema))

    def _names(self) -> None:
        """Rename fields whose name in Python changed; their columns stay."""
        for table, model in self.new.items():
            if table not in self.old:
                continue
            old = self.old[table]
            there = {column: one.name for column, one in old._meta.columns.items()}
            wanted = {
                column: one.name
                for column, one in model._meta.columns.items()
                if column in there and there[column] != one.name
            }
            for column, name in there.items():
                if name in wanted.values():  # in the way of another; renamed later, or removed
                    self._name(table, old, column, f"{name}_")
            for column, name in wanted.items():
                self._name(table, old, column, name)

    def _name(self, table: Name, old: Model, column: str, name: str) -> None:
        field = old._meta.columns[column]
        self.lines.call("rename_field", table, field.name, name, column_name=column)
        rename_in_model(old, field, name, column)

    def _of(self, name: Name) -> list[Change]:
        return [change for change in self.changes
                if (change.table or change.item.name) == name]  # fmt: skip

    def _is_known(self, table: Name, changes: list[Change]) -> bool:
        """Whether the history's model has all columns of the table. Raw SQL may have added others;
        then the changes of the table are SQL too."""
        added, dropped = ({one.name for one in items(changes, verb, Column)}
                          for verb in (Add, Drop))  # fmt: skip
        old, new = (self._columns(table, side[table]).keys() for side in (self.old, self.new))
        return bool(new - old == added and old - new == dropped)

    def _columns(self, table: Name, model: Model) -> dict[str, Any]:
        """The fields by column, without ignored columns."""
        columns = model._meta.columns.items()
        return {column: one for column, one in columns if self.owns(f"{table}.{column}")}

    def _types(self, old: Enums, new: Enums) -> None:
        for (schema, name), labels in new.items():
            if (schema, name) not in old:
                self.lines.call("create_enum", name, labels, **_schema(schema))
            elif old[schema, name] != labels:
                self._labels(schema, name, old[schema, name], labels)

    def _labels(
        self, schema: str | None, name: str, old: tuple[str, ...], new: tuple[str, ...]
    ) -> None:
        if tuple(label for label in new if label in old) != old:
            self.lines.call("change_enum", name, new, **_schema(schema))
            return
        for place, label in enumerate(new):
            if label not in old:
                beside = {"after": new[place - 1]} if place else {"before": old[0]}
                at_end = set(new[:place]) >= set(old)
                self.lines.call("add_enum_value", name, label,
                                **({} if at_end else beside), **_schema(schema))  # fmt: skip

    def _created(self) -> None:
        """Create tables, parents first. In a cycle, a foreign key to a later table is deferred."""
        deferred: list[tuple[Name, str]] = []
        for model in self.created:
            if self.lines.lines:
                self.lines.lines.append("")
            self.lines.model(self._freezer().model(model, self.classes[model]))
            self.known[model] = self.classes[model]
            deferred += [(table_name(model), one.name) for one in model._meta.sorted_fields
                         if isinstance(one, pw.ForeignKeyField) and one.deferred]  # fmt: skip
        self.freezer = self._freezer()
        if self.created:
            self.lines.lines.append("")
        for table, field in deferred:
            self.lines.call("create_foreign_key", table, field)

    def _in_the_way(self, gone: list[Model]) -> None:
        """Drop the indexes of removed tables if a new table needs their names."""
        came = [model for name, model in self.new.items() if name not in self.old]
        taken = {internals.index_name(index) for model in came
                 for index in model._meta.fields_to_index()} - {None}  # fmt: skip
        for model in gone:
            for index in model._meta.fields_to_index():
                if internals.index_name(index) in taken:
                    parts = internals.index_parts(index)
                    keys = [one.name for one in parts.keys if isinstance(one, pw.Field)]
                    made_up = is_made_up(index) and len(keys) == len(parts.keys)
                    options = {} if made_up else {"name": parts.name}
                    self.lines.call("drop_index", table_name(model), *(keys if made_up else ()),
                                    **options)  # fmt: skip

    def _table(self, table: Name, old: Model, new: Model, changes: list[Change]) -> None:
        before, after = (self.freezer.model(one, one.__name__) for one in (old, new))
        self._options(table, before, after)
        olds, news = self._columns(table, old), self._columns(table, new)
        self._indexes(table, before, after, dropped=True)
        self._constraints(table, before, after, dropped=True)
        if gone := [olds[column].name for column in olds if column not in news]:
            self.lines.call("remove_fields", table, *gone)
        self._added(table, [field for column, field in news.items() if column not in olds])
        for column, field in news.items():
            if column in olds:
                touched = [change for change in changes if touches(change, column)]
                if touched:
                    self._changed(table, olds[column], field, touched)
        if after.key is not None and before.key != after.key:
            keys = after.key.arguments if after.key else ()
            self.lines.call("set_primary_key", table, *keys)
        self._constraints(table, before, after, dropped=False)
        self._indexes(table, before, after, dropped=False)

    def _options(self, table: Name, before: ModelSource, after: ModelSource) -> None:
        off = {"strict_tables": False, "without_rowid": False}
        names = (before.options.keys() | after.options.keys()) - {"schema", "legacy_table_names"}
        changed = {name: after.options.get(name, off.get(name)) for name in sorted(names)
                   if before.options.get(name) != after.options.get(name)}  # fmt: skip
        if changed:
            self.lines.call("change_options", table, **changed)

    def _added(self, table: Name, added: list[Any]) -> None:
        calls = {field.name: self.freezer.field(field) for field in added}
        values = {field.name: self.fill(table, field) for field in added}
        filled = {name: value for name, value in values.items() if value is not None}
        options = {}
        for name, call in calls.items():
            if name in filled:
                call = _nullable(call)
            options[name] = call
        if options:
            self.lines.call("add_fields", table, **options)
        for name, value in filled.items():
            self._filled(table, name, value)

    def _filled(self, table: Name, name: str, value: Any) -> None:
        """Fill the existing rows, and then set NOT NULL."""
        self.lines.call("fill", table, **{name: value})
        self.lines.call("add_not_null", table, name)

    def _changed(self, table: Name, old: Any, new: Any, changes: list[Change]) -> None:
        """Change a field that both models have for the same column."""
        name = old.name
        before, after = self.freezer.field(old), self.freezer.field(new)
        null = "null" in before.options and "null" not in after.options
        value = self.fill(table, new) if null else None
        rest = [without(call, DECOMPOSED) for call in (before, after)]
        if rest[0] != rest[1] or not _only_defaults(old, new) or self._is_retyped(changes):
            self._altered(table, name, old, new, after, value)
            return
        if value is not None:
            self.lines.call("fill", table, **{name: value})
        if before.options.get("null") != after.options.get("null"):
            word = "drop_not_null" if "null" in after.options else "add_not_null"
            self.lines.call(word, table, name)
        defaults = [one.sql[8:].strip() for one in new.constraints or ()]
        if before.options.get("constraints") != after.options.get("constraints"):
            if defaults:
                self.lines.call("set_default", table, name, defaults[0])
            else:
                self.lines.call("drop_default", table, name)
        flags = [{key: call.options.get(key) for key in INDEX} for call in (before, after)]
        if flags[0] != flags[1]:
            if old.index or old.unique:
                self.lines.call("drop_index", table, name)
            if new.index or new.unique:
                unique = {"unique": True} if new.unique else {}
                using = {"using": new.index_type} if new.index_type else {}
                self.lines.call("add_index", table, name, **unique, **using)

    def _altered(self, table: Name, name: str, old: Any, new: Any, after: Call, value: Any) -> None:
        if value is not None:
            after = _nullable(after)
        if old.name != new.name and "column_name" not in after.options:
            after = replace(after, options={**after.options, "column_name": new.column_name})
        using = self.using.get((table, new.column_name))
        if using:
            self.lines.call("alter_type", table, name, after, using=using)
        else:
            self.lines.call("change_fields", table, **{name: after})
        if value is not None:
            self._filled(table, name, value)

    def _is_retyped(self, changes: list[Change]) -> bool:
        """Whether a column changes although its field does not, because the target of its foreign
        key changes."""
        return any(isinstance(change, Alter) and isinstance(change.item, Column)
                   and not {"nullable", "default"} >= change.differences.keys()
                   for change in changes)  # fmt: skip

    def _constraints(
        self, table: Name, before: ModelSource, after: ModelSource, dropped: bool
    ) -> None:
        left, right = (after, before) if dropped else (before, after)
        kept = [_unquoted(clause) for clause in left.constraints]
        for clause in right.constraints:
            if _unquoted(clause) in kept:
                continue
            if dropped:
                word = "drop_check" if clause.function == "pw.Check" else "drop_constraints"
                self.lines.call(word, table, clause.arguments[-1])
            elif clause.function == "pw.Check":
                self.lines.call("add_check", table, *clause.arguments)
            else:
                self.lines.call("add_constraint", table, None, *clause.arguments)

    def _indexes(self, table: Name, before: ModelSource, after: ModelSource, dropped: bool) -> None:
        gone = [index for index in before.indexes if index not in after.indexes]
        new = [index for index in after.indexes if index not in before.indexes]
        for old in list(gone):
            same = [one for one in new if without(one, ["name"]) == without(old, ["name"])]
            if same and "name" in old.options and "name" in same[0].options:
                gone.remove(old)
                new.remove(same[0])
                if dropped:
                    names = (old.options["name"], same[0].options["name"])
                    self.lines.call("rename_index", table, *names)
        for index in gone if dropped else new:
            if not dropped:
                self.lines.call("add_index", table, *index.arguments, **index.options)
            elif name := index.options.get("name"):
                self.lines.call("drop_index", table, name=name)
            else:
                self.lines.call("drop_index", table, *index.arguments)


def _unquoted(clause: Call) -> Call:
    arguments = (unquoted(one) if isinstance(one, str) else one for one in clause.arguments)
    return replace(clause, arguments=tuple(arguments))


def _only_defaults(*both: Any) -> bool:
    """Whether each field has at most a DEFAULT as SQL."""
    return all(len(one.constraints or ()) <= 1 and all(map(is_default, one.constraints or ()))
               for one in both)  # fmt: skip


def _nullable(call: Call) -> Call:
    return replace(call, options={**call.options, "null": True})


def _schema(schema: str | None) -> dict[str, str]:
    return {"schema": schema} if schema else {}
