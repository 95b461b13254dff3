"""Renders a table as a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dbkit.model_source import ModelSource, check, clause, composite_key, sql, with_options
from dbkit.python_source import Call, Class, Code
from dbkit.schema.details import TABLE_OPTIONS
from dbkit.schema.sql import quoted
from dbkit.schema.values import (
    Check,
    Column,
    Comment,
    Exclusion,
    ForeignKey,
    PrimaryKey,
    Table,
    Unique,
)

from .field_types import Kind, TypesOfDialect
from .left_out import (
    NULLABLE_SERIAL,
    OPTIONS,
    UNDECLARABLE_KEY,
    LeftOut,
    Why,
    key_name,
    of_part,
)
from .model_layout import Layout, columns_of, own_type
from .python_names import OF_MODELS, unique
from .render_indexes import USUAL, Indexes

BASES = ("BaseModel", "Base", "ProjectModel", "DatabaseModel")


class Model:
    """The model of a table, the parts that it leaves out, and the classes of fields that it needs
    (`derived`)."""

    def __init__(
        self, table: Table, plan: Layout, types: TypesOfDialect, managed: bool = True
    ) -> None:
        self.table, self.plan, self.types, self.managed = table, plan, types, managed
        self.schema, self.bare = table.name
        self.name, self.names = plan.classes[table.name], plan.fields[table.name]
        self.left_out = list(filter(None, (of_part(table, part) for part in table.parts)))
        known = (plan.classes[one] for one in table.parents if one in plan.classes)
        self.depends_on = dict.fromkeys(known)
        self.derived: list[Class] = []
        self.said: list[Check] = []  # by fields
        self.key = self._key()
        self.indexes = Indexes(table, plan, types)

    def source(self) -> ModelSource:
        fields = {self.names[one.name]: self._field(one) for one in columns_of(self.table)}
        constraints = tuple(self._constraints())
        options, left_out = self.types.table_options(self.table)
        if left_out:
            self._leave_out(f"Table {self.table.name} is {', '.join(left_out)}, which the model "
                            "leaves out.", "table", OPTIONS, TABLE_OPTIONS)  # fmt: skip
        depends_on = [Code(name) for name in self.depends_on] or None
        return ModelSource(
            self.name,
            self.plan.base,
            self.bare,  # a class that is renamed keeps its table
            fields,
            self._key_of_meta(),
            self.indexes.calls(),
            constraints,
            {
                "schema": self.schema or None,
                "depends_on": depends_on,
                **dict(options),
                "managed": None if self.managed else False,
                # save() must not write the columns that the database computes
                "only_save_dirty": any(one.generated for one in columns_of(self.table)) or None,
            },
            (*self.indexes.statements(), *self._sequences()),
            next((part.text for part in self.table.parts
                  if isinstance(part, Comment) and not (part.name or part.of)), ""),
        )  # fmt: skip

    def _leave_out(self, words: str, noun: str, why: Why, part: str) -> None:
        self.left_out.append(LeftOut(f"{self.table.name}.{part}", words, True, noun, why))

    def _key(self) -> PrimaryKey | None:
        """The primary key, if Peewee can express it."""
        key = next((part for part in self.table.parts if isinstance(part, PrimaryKey)), None)
        clauses = key and self.types.key_constraints(key)
        if key is None or clauses is None or (clauses and len(key.columns) > 1):
            return None
        if not self.types.is_usual(self.table, key):
            self.left_out.append(key_name(self.table, key))
        return key

    def _key_of_meta(self) -> Any:
        if self.key is None:
            return False
        names = [self.names[column] for column in self.key.columns]
        return composite_key(names) if len(names) > 1 else None

    # fields

    def _field(self, column: Column) -> Call:
        is_key = self.key is not None and self.key.columns == (column.name,)
        link = self.plan.links.get((self.table.name, column.name))
        automatic = self.types.automatic(column) if is_key and not link else None
        if link:
            call, method = self._linked(column, link), USUAL
        else:
            enum, check = self.plan.enums.get((self.table.name, column.name), (None, None))
            self.said += [check] if check else []
            kind = automatic or enum or self.types.kind(column, self.schema)
            call, method = self._plain(column, kind), kind.method
        return with_options(
            call,
            null=column.nullable,
            primary_key=is_key and automatic is None,
            **({} if is_key else self.indexes.options(column.name, method)),
            collation=column.collation,
            constraints=list(map(clause, self._clauses(column, is_key, link is None))),
        )

    def _plain(self, column: Column, kind: Kind) -> Call:
        if kind.derived:
            self.derived.append(kind.derived)
        if column.identity == "serial" and column.nullable:
            words = f"Column {column.name} of table {self.table.name} is a nullable serial."
            self._leave_out(words, "column", NULLABLE_SERIAL, column.name)
        call = Call(kind.function, kind.arguments, kind.options)
        renamed = self.names[column.name] != column.name
        return with_options(call, column_name=column.name if renamed else None)

    def _clauses(self, column: Column, is_key: bool, says_identity: bool) -> Iterator[str]:
        """The constraints of a column, except those that its field makes."""
        if is_key and self.key:
            yield from self.types.key_constraints(self.key) or ()
        for one in self.types.column_constraints(column, is_key):
            if not (says_identity and column.identity and one.startswith("GENERATED")):
                yield one

    # foreign keys as fields

    def _linked(self, column: Column, link: ForeignKey) -> Call:
        late = (self.table.name, link) in self.plan.late
        sql_type = own_type(self.table, link, self.plan, self.types)
        field, model = link.target_columns[0], self.plan.classes[link.target]
        itself = link.target == self.table.name
        function = "pw.DeferredForeignKey" if late else "pw.ForeignKeyField"
        named = link.name and (late or not self.types.is_usual(self.table, link))
        return with_options(
            Call(
                function if sql_type is None else "TypedForeignKeyField",
                (model if late else "self" if itself else Code(model),),
            ),
            sql_type=sql_type,
            field=field != self.plan.key(link.target) and self.plan.fields[link.target][field],
            **self._link_names(column),
            on_delete=_action(link.on_delete.word),
            on_update=_action(link.on_update),
            deferrable=link.deferrable,
            constraint_name=link.name if named else None,
        )

    def _link_names(self, column: Column) -> dict[str, Any]:
        """The backref, and the options column_name and object_id_name where Peewee's own do not
        fit."""
        options: dict[str, Any] = {}
        name, taken = self.names[column.name], self.plan.taken[self.table.name]
        if column.name != (name if name.endswith("_id") else f"{name}_id"):
            options["column_name"] = column.name
        usual = column.name if column.name != name else f"{name}_id"
        if usual in taken - {name} or not usual.isidentifier():
            usual = unique(f"{name}_id", {*taken, *OF_MODELS}, lambda count: "_" * count)
            options["object_id_name"] = usual
        taken.add(usual)
        options["backref"] = self.plan.backrefs[self.table.name, column.name]
        return options

    # constraints

    def _constraints(self) -> Iterator[Call]:
        for part in self.table.parts:
            match part:
                case Check() if part not in self.said:
                    yield self._check(part)
                case Unique() if part in self.indexes.unique:
                    pass  # a field or Meta.indexes says it
                case Unique() | Exclusion() | PrimaryKey() if part is not self.key:
                    yield sql(self.types.constraint(part, self._is_named(part)))
                case ForeignKey() if (
                    self.plan.links.get((self.table.name, part.columns[0])) is not part
                ):
                    yield from self._foreign_key(part)

    def _is_named(self, part: Any) -> bool:
        return part.name is not None and not self.types.is_usual(self.table, part)

    def _check(self, part: Check) -> Call:
        words, named = self.types.check(part), self._is_named(part)
        if words is None or (named and not self.types.is_sayable(part.name or "")):
            return sql(self.types.constraint(part, named))
        return check(words, part.name if named else None)

    def _foreign_key(self, key: ForeignKey) -> Iterator[Call]:
        """A foreign key that no field can express, as SQL."""
        schema, bare = key.target
        elsewhere = key.target not in self.plan.tables
        if self.types.links_late and (elsewhere or (self.table.name, key) in self.plan.late):
            why = "points to a table without a model" if elsewhere else "completes a cycle"
            self._leave_key_out(key, why)
            return
        before, after = self.types.reference(key, self._is_named(key))
        if key.target != self.table.name and self.types.links_late:
            self.depends_on[self.plan.classes[key.target]] = None
        if not schema or not self.types.links_late:  # SQLite looks in the database of the table
            yield sql(f"{before} {quoted(bare)} {after}".strip())
        elif key.target == self.table.name:
            why = "points to its own table, whose schema the SQL would have to name"
            self._leave_key_out(key, why)
        else:
            target = Code(self.plan.classes[key.target])
            yield Call("pw.NodeList", ((sql(before), target, sql(after)),))

    def _leave_key_out(self, key: ForeignKey, why: str) -> None:
        words = f"Foreign key {key.name} of table {self.table.name} is left out: it {why}."
        self._leave_out(words, "foreign key", UNDECLARABLE_KEY, str(key.name))

    # sequences

    def _sequences(self) -> Iterator[Call]:
        """The options of serial columns' sequences, each as an ALTER SEQUENCE after the table.
        (Peewee sends it like an index.)"""
        for column in columns_of(self.table):
            if column.identity != "serial" or not column.sequence.clauses:
                continue
            name = f"{self.bare}_{column.name}_seq"
            if self.schema or len(name.encode()) > 63:
                words = (f"The sequence of column {column.name} of table {self.table.name} has "
                         "options that the model leaves out: "
                         f"{', '.join(column.sequence.clauses)}.")  # fmt: skip
                self._leave_out(words, "sequence", OPTIONS, column.name)
            else:
                alter = f"ALTER SEQUENCE {quoted(name)} {' '.join(column.sequence.clauses)}"
                yield Call(f"{self.name}.add_index", (sql(alter),))


def _action(word: str) -> str | None:
    return None if word == "NO ACTION" else word
