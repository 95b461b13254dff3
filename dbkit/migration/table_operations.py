"""Maps the changes of one table to operations, with the declarations of the changed parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dbkit.python_source import Call
from dbkit.schema.changes import Add, Alter, Change, Drop, Using
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import key_fields
from dbkit.schema.values import Column, Index, PrimaryKey, Table

from .declarations import Declarations, Member
from .edit_models import is_default
from .render_lines import Lines
from .render_model import meta_options, without

Fill = Callable[[Name, Any], Any]  # (table, field) -> a value as source; None: it needs none
DECOMPOSED = ("index", "unique", "index_type", "null", "constraints")
SET = {"type", "nullable", "default", "collation"}  # by change_fields, even for an equal field
OFF = {"strict_tables": False, "without_rowid": False}
NAMING = {"schema", "legacy_table_names"}  # options of Meta that change_options does not change


class TableOperations:
    """Notes the operation of each change of a table, and then writes them in an order that works:
    drops, columns, additions. `old` and `new` are the declarations of the table, `fill` and `using`
    are as in Writer."""

    def __init__(
        self, table: Name, old: Declarations, new: Declarations, fill: Fill, using: Using
    ) -> None:
        self.table, self.old, self.new, self.fill, self.using = table, old, new, fill, using
        self.lines = Lines()
        self.removed: set[str] = set()  # columns
        self.added: set[str] = set()
        self.changed: dict[str, list[Change]] = {}  # the changes of a field, by column
        self.drops: list[tuple[int, int, Call]] = []  # (rank, place in the model, operation)
        self.adds: list[tuple[int, int, Call]] = []

    def note(self, change: Change) -> bool:
        """Note the operation that makes a change; return whether there is one."""
        match change:
            case Alter(None, Table()):
                return self._note_options()
            case Alter(item=Column(name)):
                return self._note_field(name, change)
            case Add(item=Column(name)):
                self.added |= {name} & (self.new.fields.keys() - self.old.fields.keys())
                return name in self.added
            case Drop(item=Column(name)):
                self.removed |= {name} & (self.old.fields.keys() - self.new.fields.keys())
                return name in self.removed
            case Alter(item=PrimaryKey()) | Add(item=PrimaryKey()) | Drop(item=PrimaryKey()):
                return self._note_key(change)
            case Alter():
                return self._note_part(change)
            case Add(item=item):
                return self._note_add(change, self.new.find(item, self.old))
            case Drop(item=item):
                return self._note_drop(change, self.old.find(item, self.new))

    def _note_options(self) -> bool:
        before, after = meta_options(self.old.model), meta_options(self.new.model)
        changed = {name: after.get(name, OFF.get(name))
                   for name in sorted((before.keys() | after.keys()) - NAMING)
                   if before.get(name) != after.get(name)}  # fmt: skip
        if changed:
            self.drops.append((0, 0, Call("change_options", (), changed)))
        return bool(changed)

    def _note_field(self, column: str, change: Change) -> bool:
        """Note the change of a field. What a field declares besides its column comes and goes with
        the column."""
        if column not in self.old.fields or column not in self.new.fields:
            return not isinstance(change.item, Column)
        if not self.new.differs(column, self.old) and not _is_set(change):
            return False
        self.changed.setdefault(column, []).append(change)
        return True

    def _note_key(self, change: Change) -> bool:
        old, new = ([one.column_name for one in key_fields(side.model)]
                    for side in (self.old, self.new))  # fmt: skip
        if (old, self.old.key) == (new, self.new.key):
            return False
        if self.new.key is not None and self.new.key != self.old.key:
            names = self.new.key.arguments if self.new.key else ()
            self.adds.append((0, 0, Call("set_primary_key", names)))
        for column in dict.fromkeys(old + new):
            self._note_field(column, change)
        return True

    def _note_part(self, change: Alter) -> bool:
        """Note a change of an index or a constraint: a new name, or a drop and an add."""
        old, new = self.old.find(change.old, self.new), self.new.find(change.new, self.old)
        if old is None or new is None:
            return False
        if (
            change.differences.keys() == {"name"}
            and isinstance(old, Member)
            and isinstance(new, Member)
        ):
            names = [one.source.options.get("name") for one in (old, new)]
            if all(names):
                self.drops.append((1, self.old.place(old), Call("rename_index", tuple(names))))
                return True
        return self._note_drop(change, old) and self._note_add(change, new)

    def _note_drop(self, change: Change, found: Member | str | None) -> bool:
        if not isinstance(found, Member):
            return found is not None and self._note_field(found, change)
        rank, source = 1, found.source
        call = Call("drop_index", source.arguments)
        if name := source.options.get("name"):
            call = Call("drop_index", (), {"name": name})
        if source.function != "add_index":
            word = "drop_check" if source.function == "pw.Check" else "drop_constraints"
            rank, call = 2, Call(word, source.arguments[-1:])
        self.drops.append((rank, self.old.place(found), call))
        return True

    def _note_add(self, change: Change, found: Member | str | None) -> bool:
        if not isinstance(found, Member):
            return found is not None and self._note_field(found, change)
        rank, call = 2, found.source
        if call.function != "add_index":
            is_check = call.function == "pw.Check"
            before, word = ((), "add_check") if is_check else ((None,), "add_constraint")
            rank, call = 1, Call(word, (*before, *call.arguments))
        self.adds.append((rank, self.new.place(found), call))
        return True

    def write(self) -> Lines:
        """Return the lines of the operations."""
        self._write_all(self.drops)
        removed = [field.name for column, field in self.old.fields.items()
                   if column in self.removed]  # fmt: skip
        if removed:
            self.lines.call("remove_fields", self.table, *removed)
        self._write_added()
        for column in self.new.fields:
            if column in self.changed:
                self._write_changed(column, self.changed[column])
        self._write_all(self.adds)
        return self.lines

    def _write_all(self, operations: list[tuple[int, int, Call]]) -> None:
        for _, _, call in sorted(operations, key=lambda one: one[:2]):
            self.lines.call(call.function, self.table, *call.arguments, **call.options)

    def _write_added(self) -> None:
        calls: dict[str, Call] = {}
        values: dict[str, Any] = {}
        for column, field in self.new.fields.items():
            if column in self.added:
                value = self.fill(self.table, field)
                source = self.new.sources[column]
                calls[field.name] = source if value is None else _nullable(source)
                values |= {} if value is None else {field.name: value}
        if calls:
            self.lines.call("add_fields", self.table, **calls)
        self._write_filled(values)

    def _write_filled(self, values: Mapping[str, Any]) -> None:
        """Fill the existing rows, and then set NOT NULL."""
        if values:
            self.lines.call("fill", self.table, **values)
            self.lines.call("add_not_null", self.table, *values)

    def _write_changed(self, column: str, changes: list[Change]) -> None:
        """Change a field, by small operations if they can."""
        old, new = self.old.fields[column], self.new.fields[column]
        value = self.fill(self.table, new)
        rest = [without(side.sources[column], DECOMPOSED) for side in (self.old, self.new)]
        if rest[0] != rest[1] or not _only_defaults(old, new) or not all(map(_is_small, changes)):
            self._write_altered(column, value)
            return
        if value is not None:
            self.lines.call("fill", self.table, **{new.name: value})
        for change in changes:
            if isinstance(change, Alter) and isinstance(change.item, Column):
                self._write_column(new, change.differences)
        if any(isinstance(change.item, Index) for change in changes):
            self._write_index(old, new)

    def _write_column(self, new: Any, differences: Mapping[str, Any]) -> None:
        if "nullable" in differences:
            self.lines.call("drop_not_null" if new.null else "add_not_null", self.table, new.name)
        if "default" in differences:
            defaults = [one.sql[8:].strip() for one in new.constraints or ()]
            word = "set_default" if defaults else "drop_default"
            self.lines.call(word, self.table, new.name, *defaults)

    def _write_index(self, old: Any, new: Any) -> None:
        if old.index or old.unique:
            self.lines.call("drop_index", self.table, new.name)
        if new.index or new.unique:
            unique = {"unique": True} if new.unique else {}
            using = {"using": new.index_type} if new.index_type else {}
            self.lines.call("add_index", self.table, new.name, **unique, **using)

    def _write_altered(self, column: str, value: Any) -> None:
        name, source = self.new.fields[column].name, self.new.sources[column]
        if value is not None:
            source = _nullable(source)
        if using := self.using.get((self.table, column)):
            self.lines.call("alter_type", self.table, name, source, using=using)
        else:
            self.lines.call("change_fields", self.table, **{name: source})
        if value is not None:
            self._write_filled({name: value})


def _is_set(change: Change) -> bool:
    """Whether change_fields makes the change even if the declarations of the field are equal: the
    target of a foreign key got another type, for example."""
    return (
        isinstance(change, Alter)
        and isinstance(change.item, Column)
        and change.differences.keys() <= SET
    )


def _is_small(change: Change) -> bool:
    """Whether an operation smaller than change_fields makes the change."""
    if isinstance(change, Alter) and isinstance(change.item, Column):
        return change.differences.keys() <= {"nullable", "default"}
    return isinstance(change.item, Index)


def _only_defaults(*both: Any) -> bool:
    """Whether each field has at most a DEFAULT as SQL."""
    return all(len(one.constraints or ()) <= 1 and all(map(is_default, one.constraints or ()))
               for one in both)  # fmt: skip


def _nullable(call: Call) -> Call:
    return replace(call, options={**call.options, "null": True})
