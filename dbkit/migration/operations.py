"""The operations, as source, that make one set of models into another.

`differences` says which tables and columns differ in the schema: where only Python differs, there
is nothing to do. The same function writes the way up and the way down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import peewee as pw

from dbkit import fields
from dbkit.schema.changes import Add, Alter, Change, Drop, covers, items
from dbkit.schema.models import Model, is_made_up, qualified
from dbkit.schema.statements import mentions
from dbkit.schema.values import Check, Column, Table
from dbkit.source import Call, flat

from .editing import is_default, rename_in_model
from .frozen import Freezer, Frozen, inside, model_lines

Enums = dict[tuple[str | None, str], tuple[str, ...]]
Fill = Callable[[str, Any], Any]  # (table, field) -> a value as source; None: it needs none
INDEX = ("index", "unique", "index_type")
DECOMPOSED = (*INDEX, "null", "constraints")


class Lines:
    """The body of a function."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def call(self, name: str, /, *arguments: Any, **options: Any) -> None:
        """A call of the migrator; text is written as a string literal, Code as it is."""
        self.lines += inside("", Call(f"migrator.{name}", arguments, options), 0)

    def sql(self, database: pw.Database, statement: str) -> None:
        """A call of `migrator.sql`, in which a percent sign is the driver's on PostgreSQL."""
        percent = "%%" if isinstance(database, pw.PostgresqlDatabase) else "%"
        self.call("sql", statement.replace("%", percent))

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __add__(self, other: Lines) -> Lines:
        """Both, with an empty line between."""
        both = Lines()
        between = [""] if self.lines and other.lines else []
        both.lines = [*self.lines, *between, *other.lines]
        return both

    def __str__(self) -> str:
        text = "\n".join(f"    {line}".rstrip() for line in self.lines).rstrip() or "    pass"
        return text.replace("\n\n\n", "\n\n")


class Writer:
    """Writes what makes `old` models into `new` ones; both by table name. `names` are the tables'
    names in the changes, `using` the new values of columns that change their type."""

    def __init__(
        self,
        database: pw.Database,
        old: Mapping[str, Model],
        new: Mapping[str, Model],
        changes: Sequence[Change],
        fill: Fill,
        using: Mapping[tuple[str, str], str],
    ) -> None:
        self.database, self.old, self.new = database, old, new
        self.changes, self.fill, self.using = changes, fill, using
        self.lines = Lines()
        self.types: Enums = {}  # those that exist beside the old models'
        known = {model: f"migrator.orm[{flat(name)}]"
                 for side in (old, new) for name, model in side.items()}  # fmt: skip
        self.freezer = Freezer(database, known)

    def write(self) -> Lines:
        """Types first, then tables, then what is in them; what goes away in reverse."""
        old, new = enums(self.old.values()) | self.types, enums(self.new.values())
        if self.changes:
            self._names()
        self._types(old, new)
        gone = [model for name, model in self.old.items() if name not in self.new]
        self._in_the_way(gone)
        self._created()
        for name, model in self.new.items():
            if name in self.old and (changes := self._of(name)) and self._is_known(name, changes):
                self._table(name, self.old[name], model, changes)
        for model in reversed(pw.sort_models(gone)):
            self.lines.call("remove_model", qualified(model))
        for schema, name in [key for key in old if key not in new | self.types]:
            self.lines.call("drop_enum", name, **_schema(schema))
        return self.lines

    def _names(self) -> None:
        """Fields that have another name in Python now; their columns stay."""
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

    def _name(self, table: str, old: Model, column: str, name: str) -> None:
        field = old._meta.columns[column]
        self.lines.call("rename_field", table, field.name, name, column_name=column)
        rename_in_model(old, field, name, column)

    def _of(self, name: str) -> list[Change]:
        return [change for change in self.changes
                if (change.table or change.item.name) == name]  # fmt: skip

    def _is_known(self, table: str, changes: list[Change]) -> bool:
        """Whether the history's model has the columns that the table has; raw SQL may have made
        others, and then the rest is SQL too."""
        added, dropped = ({one.name for one in items(changes, verb, Column)}
                          for verb in (Add, Drop))  # fmt: skip
        old, new = (side[table]._meta.columns.keys() for side in (self.old, self.new))
        return bool(new - old == added and old - new == dropped)

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
        """Parents first; where tables point to each other, the later one's class is not known."""
        added = {one.name for one in items(self.changes, Add, Table)}
        models = pw.sort_models(
            [one for name, one in self.new.items() if name not in self.old and name in added]
        )
        names = {model: name for model, name in self.freezer.names.items() if model not in models}
        deferred: list[tuple[str, str]] = []
        for model in models:
            if self.lines.lines:
                self.lines.lines.append("")
            frozen = Freezer(self.database, names).model(model)
            self.lines.lines += model_lines(frozen)
            names[model] = frozen.name
            deferred += [(qualified(model), one.name) for one in model._meta.sorted_fields
                         if isinstance(one, pw.ForeignKeyField) and one.deferred]  # fmt: skip
        self.freezer.names = names
        if models:
            self.lines.lines.append("")
        for table, field in deferred:
            self.lines.call("create_foreign_key", table, field)

    def _in_the_way(self, gone: list[Model]) -> None:
        """Indexes of tables that go away, of which new tables have the names."""
        came = [model for name, model in self.new.items() if name not in self.old]
        taken = {getattr(index, "_name", None) for model in came
                 for index in model._meta.fields_to_index()}  # fmt: skip
        for model in gone:
            for index in model._meta.fields_to_index():
                if getattr(index, "_name", None) in taken:
                    keys = [one.name for one in index._expressions if isinstance(one, pw.Field)]
                    made_up = is_made_up(index) and len(keys) == len(index._expressions)
                    options = {} if made_up else {"name": index._name}
                    self.lines.call("drop_index", qualified(model), *(keys if made_up else ()),
                                    **options)  # fmt: skip

    def _table(self, table: str, old: Model, new: Model, changes: list[Change]) -> None:
        before, after = self.freezer.model(old), self.freezer.model(new)
        self._options(table, before, after)
        olds, news = old._meta.columns, new._meta.columns
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

    def _options(self, table: str, before: Frozen, after: Frozen) -> None:
        off = {"strict_tables": False, "without_rowid": False}
        names = (before.options.keys() | after.options.keys()) - {"schema", "legacy_table_names"}
        changed = {name: after.options.get(name, off.get(name)) for name in sorted(names)
                   if before.options.get(name) != after.options.get(name)}  # fmt: skip
        if changed:
            self.lines.call("change_options", table, **changed)

    def _added(self, table: str, added: list[Any]) -> None:
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

    def _filled(self, table: str, name: str, value: Any) -> None:
        """Values for the rows that are there, and then NOT NULL."""
        self.lines.call("fill", table, **{name: value})
        self.lines.call("add_not_null", table, name)

    def _changed(self, table: str, old: Any, new: Any, changes: list[Change]) -> None:
        """A field that both sides have, of one column."""
        name = old.name
        before, after = self.freezer.field(old), self.freezer.field(new)
        null = "null" in before.options and "null" not in after.options
        value = self.fill(table, new) if null else None
        rest = [_without(call, DECOMPOSED) for call in (before, after)]
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

    def _altered(self, table: str, name: str, old: Any, new: Any, after: Call, value: Any) -> None:
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
        """Whether a column differs that is written the same: its foreign key's target does."""
        return any(isinstance(change, Alter) and isinstance(change.item, Column)
                   and not {"nullable", "default"} >= change.differences.keys()
                   for change in changes)  # fmt: skip

    def _constraints(self, table: str, before: Frozen, after: Frozen, dropped: bool) -> None:
        left, right = (after, before) if dropped else (before, after)
        for clause in right.constraints:
            if clause in left.constraints:
                continue
            if dropped:
                word = "drop_check" if clause.function == "pw.Check" else "drop_constraints"
                self.lines.call(word, table, clause.arguments[-1])
            elif clause.function == "pw.Check":
                self.lines.call("add_check", table, *clause.arguments)
            else:
                self.lines.call("add_constraint", table, None, *clause.arguments)

    def _indexes(self, table: str, before: Frozen, after: Frozen, dropped: bool) -> None:
        gone = [index for index in before.indexes if index not in after.indexes]
        new = [index for index in after.indexes if index not in before.indexes]
        for old in list(gone):
            same = [one for one in new if _without(one, ["name"]) == _without(old, ["name"])]
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


def enums(models: Iterable[Model]) -> Enums:
    """The enum types of the models' fields."""
    return {
        (model._meta.schema, field.type_name): field.labels
        for model in models
        for field in model._meta.sorted_fields
        if isinstance(field, fields.EnumField)
    }


def touches(change: Change, column: str) -> bool:
    """Whether a change is about a column, perhaps among others."""
    for item in (getattr(change, "old", change.item), change.item):
        match item:
            case Column(name):
                found = name == column
            case Check(expression):
                found = mentions(expression, column)
            case _:
                found = any(mentions(key, column) for key in covers(item))
        if found:
            return True
    return False


def _only_defaults(*both: Any) -> bool:
    """Whether what the fields say in SQL is at most one DEFAULT each."""
    return all(len(one.constraints or ()) <= 1 and all(map(is_default, one.constraints or ()))
               for one in both)  # fmt: skip


def _nullable(call: Call) -> Call:
    return replace(call, options={**call.options, "null": True})


def _without(call: Call, names: Sequence[str]) -> Call:
    options = {name: value for name, value in call.options.items() if name not in names}
    return replace(call, options=options)


def _schema(schema: str | None) -> dict[str, str]:
    return {"schema": schema} if schema else {}
