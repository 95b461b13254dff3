"""Maps changes to operations.

`match` decides which operation makes a change, and the operation gets the declaration of the
changed part from the old or the new model. A change whose part no model declares has no operation.
The same code maps the changes of `migrate` and those of `rollback`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.python_source import flat
from dbkit.schema.changes import Add, Alter, Change, Drop, Using, items
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model, is_made_up, sequences, table_name
from dbkit.schema.values import EnumType, Namespace, Table
from dbkit.schema.values import Sequence as Numbers

from .class_names import class_names
from .declarations import Declarations
from .edit_models import rename_in_model
from .enum_operations import Enums, enums, is_one_of
from .outside_models import Outside
from .render_lines import Lines
from .render_model import Freezer
from .reshape import TypeKey
from .table_operations import Fill, TableOperations


class Writer:
    """Renders the operations for the changes from `old` to `new` models, by table name. `using` are
    the USING expressions of columns whose type changes, and `owns` says whether a table or
    `table.part` belongs to the project. `expected` are the names of classes that the source has
    already. `made` are the changes that the operations make."""

    def __init__(
        self,
        database: pw.Database,
        old: Mapping[Name, Model],
        new: Mapping[Name, Model],
        changes: Sequence[Change],
        fill: Fill,
        using: Using,
        owns: Callable[[Name | str], bool] = lambda name: True,
        expected: Mapping[Model, str] | None = None,
    ) -> None:
        self.database, self.old, self.new = database, old, new
        self.changes, self.fill, self.using, self.owns = changes, fill, using, owns
        self.lines = Lines()
        self.made: list[Change] = []
        self.sequences: list[TypeKey] = []  # those that the operations create
        self.types: Enums = {}  # those that exist beside the old models'
        added = {one.name for one in items(changes, Add, Table)}
        self.created = pw.sort_models(
            [one for name, one in new.items() if name not in old and name in added]
        )
        self.classes = class_names(self.created)
        self.outside = Outside([*self.classes.values(), *(expected or {}).values()])
        self.known = {
            model: f"migrator.orm[{flat(name.exact)}]"
            for side in (old, new)
            for name, model in side.items()
            if name in old
        } | dict(expected or {})
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
        self._free_index_names(gone)
        self._created()
        for name, model in self.new.items():
            if name in self.old and (changes := self._of(name)):
                self._table(name, self.old[name], model, changes)
        for model in reversed(pw.sort_models(gone)):
            self.lines.call("remove_model", table_name(model))
        for schema, type_ in [key for key in old if key not in new | self.types]:
            self.lines.call("drop_enum", type_, **with_schema(schema))
        self.sequences = [*self.sequences, *sequences(self.created)]
        removed = {table_name(model) for model in gone}
        relabelled = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        self.made += [change for change in self.changes
                      if self._is_made(change, removed, relabelled)]  # fmt: skip

    def _is_made(self, change: Change, removed: set[Name], relabelled: set[TypeKey]) -> bool:
        """Whether the operations make the change of a table or of an object beside the tables."""
        match change:
            case Add(None, Table(name)):
                return name in map(table_name, self.created)
            case Drop(None, Table(name)):
                return name in removed
            case (
                Add(None, EnumType(name)) | Drop(None, EnumType(name)) | Alter(None, EnumType(name))
            ):
                return is_one_of(name, relabelled)
            case Add(None, Numbers(name)):
                return is_one_of(name, self.sequences)
        return isinstance(change, Add) and isinstance(change.item, Namespace)

    def _names(self) -> None:
        """Rename fields whose name in Python has changed; their columns keep their names."""
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
                if name in wanted.values():  # another field needs this name
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

    def _types(self, old: Enums, new: Enums) -> None:
        for (schema, name), labels in new.items():
            if (schema, name) not in old:
                self.lines.call("create_enum", name, labels, **with_schema(schema))
            elif old[schema, name] != labels:
                self._labels(schema, name, old[schema, name], labels)

    def _labels(
        self, schema: str | None, name: str, old: tuple[str, ...], new: tuple[str, ...]
    ) -> None:
        if tuple(label for label in new if label in old) != old:
            self.lines.call("change_enum", name, new, **with_schema(schema))
            return
        add_labels(self.lines, (schema, name), old, new)

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

    def _free_index_names(self, gone: list[Model]) -> None:
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

    def _table(self, name: Name, old: Model, new: Model, changes: list[Change]) -> None:
        cut = dialect_for(self.database).cut
        before, after = (Declarations(one, self.freezer, cut, self.owns) for one in (old, new))
        table = TableOperations(name, before, after, self.fill, self.using)
        self.made += filter(table.note, changes)
        self.lines.lines += table.write().lines
        touched = [field for column, field in new._meta.columns.items()
                   if field.sequence and column in table.added | table.changed.keys()]  # fmt: skip
        self.sequences += map(internals.sequence_parts, touched)


def add_labels(lines: Lines, key: TypeKey, old: Sequence[str], new: Sequence[str]) -> None:
    """Write the operations that add the labels of an enum type that are not in `old`."""
    schema, name = key
    for place, label in enumerate(new):
        if label not in old:
            beside = {"after": new[place - 1]} if place else {"before": old[0]}
            at_end = set(new[:place]) >= set(old)
            lines.call("add_enum_value", name, label,
                       **({} if at_end else beside), **with_schema(schema))  # fmt: skip


def with_schema(schema: str | None) -> dict[str, str]:
    return {"schema": schema} if schema else {}
