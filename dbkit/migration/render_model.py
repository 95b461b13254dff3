"""Renders models and fields as Python source that does not import the application.

A field is written as the nearest class of Peewee, playhouse or dbkit that declares the same column.
If no such class equals a field class of the application, the field becomes a ColumnField with its
SQL. Options that neither reach the schema nor convert values (defaults in Python, backrefs,
choices) are left out.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import peewee as pw
from playhouse import postgres_ext, sqlite_ext

from dbkit import fields
from dbkit import peewee_internals as internals
from dbkit.model_source import (
    CHECK,
    ModelSource,
    add_index,
    check,
    clause,
    composite_key,
    sql,
    with_options,
)
from dbkit.python_source import Call, Code
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import BASES, Model, is_made_up, key_fields, table_name

from .outside_models import Outside

# class -> the options that reach the schema, or decide how values are stored and read, each with
# its default
SIZED = {"max_length": 255}
NUMBER = {"max_digits": 10, "decimal_places": 5, "auto_round": False,
          "rounding": decimal.DefaultContext.rounding}  # fmt: skip
CLASSES: dict[type, dict[str, Any]] = {
    pw.CharField: SIZED, pw.FixedCharField: SIZED,
    pw.DecimalField: NUMBER, sqlite_ext.TDecimalField: NUMBER,
    pw.TimestampField: {"resolution": 1, "utc": False},
    fields.TypedIdentityField: {"sql_type": None, "generate_always": False, "options": ""},
    fields.BigIdentityField: {"generate_always": False, "options": ""},
} | {
    kind: {"formats": kind.formats} if hasattr(kind, "formats") else {} for kind in (
        pw.AnyField, pw.IntegerField, pw.BigIntegerField, pw.SmallIntegerField, pw.AutoField,
        pw.BigAutoField, pw.FloatField, pw.DoubleField, pw.TextField, pw.BlobField, pw.UUIDField,
        pw.BinaryUUIDField, pw.DateTimeField, pw.DateField, pw.TimeField,
        pw.IPField, pw.BooleanField, pw.JSONField, pw.BareField, pw.BitField, pw.BigBitField,
        pw.ForeignKeyField, pw.IdentityField, postgres_ext.ArrayField, postgres_ext.HStoreField,
        postgres_ext.JSONField, postgres_ext.BinaryJSONField, postgres_ext.TSVectorField,
        postgres_ext.IntervalField, postgres_ext.DateTimeTZField, sqlite_ext.RowIDField,
        sqlite_ext.DocIDField, sqlite_ext.AutoIncrementField, sqlite_ext.ISODateTimeField,
        sqlite_ext.JSONField, sqlite_ext.JSONBField, sqlite_ext.SearchField, fields.EnumField,
        fields.DateTimeTZField, fields.ColumnField,
    )
}  # fmt: skip
DDL = (pw.Field.ddl, fields.EnumField.ddl)
UNSEEN = ("constraints", "index", "index_type", "sequence")  # by a foreign key to the field
ACTIONS = ("on_delete", "on_update", "deferrable", "constraint_name")
META = ("schema", "table_settings", "options", "strict_tables", "without_rowid", "temporary")
MODULES = {"peewee": "pw.", "playhouse.postgres_ext": "pg.", "playhouse.sqlite_ext": "sq."}


class Freezer:
    """Renders models for a kind of database. `names` are the references to models, and `later` the
    names of classes that come later in the source. Any other model belongs to a table that no
    migration creates, and is added to `outside`. Columns, indexes and constraints for which `owns`
    is false are left out."""

    def __init__(
        self,
        database: pw.Database,
        names: Mapping[Model, str],
        later: Mapping[Model, str],
        outside: Outside,
        owns: Callable[[Name | str], bool],
    ) -> None:
        self.database, self.names, self.later, self.outside = database, names, later, outside
        self.owns = owns

    def model(self, model: Model, name: str) -> ModelSource:
        meta = model._meta
        base = next(one for one in BASES if issubclass(model, one))
        owned = partial(self._owned, model)
        indexes = (_as_index(model, one) for one in meta.indexes)
        return ModelSource(
            name,
            _class(base).function,
            meta.table_name,
            {one.name: self.field(one) for one in meta.sorted_fields if owned(one.column_name)},
            primary_key(model),
            tuple(self.index(one) for one in indexes if owned(internals.index_name(one))),
            tuple(self.constraint(one) for one in meta.constraints or () if owned(_named(one)[0])),
            meta_options(model),
        )

    def _owned(self, model: Model, name: str | None) -> bool:
        return name is None or self.owns(f"{table_name(model)}.{name}")

    def stand_in(self, model: Model, name: str, targets: Iterable[Any]) -> ModelSource:
        """Return a model of a table that no migration creates: its key, and the fields to which
        foreign keys point."""
        meta = model._meta
        key = [] if meta.composite_key else list(key_fields(model))
        calls = {one.name: self.field(one) for one in (*key, *targets)}
        return ModelSource(
            name,
            "pw.Model",
            meta.table_name,
            {name: without(call, UNSEEN) for name, call in calls.items()},
            None if key else False,
            options={"schema": meta.schema or None, "managed": False},
        )

    def expected(self, model: Model, name: str) -> ModelSource:
        """Return the whole model of a table that no migration creates."""
        whole = self.model(model, name)
        return replace(whole, options={**whole.options, "managed": False})

    def field(self, one: Any) -> Call:
        """Return the field as a call of its class."""
        call, kind = self._class_of(one), type(one)
        plain = call.function == "ColumnField" and kind.ddl not in DDL  # all is in the type
        usual = issubclass(kind, (pw.ForeignKeyField, postgres_ext.IndexedFieldMixin)) and not plain
        method = None if plain else kind.default_index_type
        call = with_options(
            call,
            column_name=usual_column(one.name, one) != one.column_name and one.column_name,
            null=one.null and kind is not sqlite_ext.SearchField,
            primary_key=one.primary_key and not issubclass(kind, pw.AutoField),
            unique=one.unique,
            index=None if one.unique or bool(one.index) == usual else bool(one.index),
            index_type=one.index_type != method and one.index_type,
        )
        if plain:
            return call
        more = {name: getattr(one, name) for name in ("sequence", "collation", "unindexed")}
        constraints = [self.constraint(node) for node in one.constraints or ()]
        return with_options(call, **more, constraints=constraints)

    def _class_of(self, one: Any) -> Call:
        """The call of the class with the options that only this class has."""
        if isinstance(one, pw.ForeignKeyField):
            return self._foreign_key(one)
        if isinstance(one, fields.EnumField):
            return _class(fields.EnumField, one.labels, one.type_name)
        if isinstance(one, postgres_ext.ArrayField):
            return self._array(one)
        for kind in type(one).__mro__:
            same = kind in CLASSES and kind.ddl is type(one).ddl  # type: ignore[attr-defined]
            if same and self._declares_same(one, kind):
                return _class(kind, **_options(one, kind))
        if type(one).ddl in DDL:
            return _class(fields.ColumnField, self._sql(one.ddl_datatype(self._context())))
        column, name = self._sql(one.ddl(self._context())), self._sql(pw.Entity(one.column_name))
        return _class(fields.ColumnField, column.removeprefix(name).strip(), null=True)

    def _declares_same(self, one: Any, kind: type) -> bool:
        if kind is fields.ColumnField:
            return False
        if type(one) is kind:
            return True
        other = kind(**{name: getattr(one, name) for name in CLASSES[kind]})
        same = self._sql(other.ddl_datatype(self._context()))
        return same == self._sql(one.ddl_datatype(self._context()))

    def _array(self, one: Any) -> Call:
        inner = self.field(internals.element_field(one))
        return with_options(
            _class(postgres_ext.ArrayField, Code(inner.function)),
            field_kwargs=inner.options,
            convert_values=one.convert_values,
            dimensions=one.dimensions != 1 and one.dimensions,
        )

    def _foreign_key(self, one: Any) -> Call:
        on_key = [one.rel_field.name] == [key.name for key in key_fields(one.rel_model)]
        if one.rel_model in self.later and one.rel_model is not one.model:
            call = Call("pw.DeferredForeignKey", (self.later[one.rel_model],))
        elif isinstance(one, fields.TypedForeignKeyField):
            call = _class(fields.TypedForeignKeyField, self._target(one), sql_type=one.sql_type)
        else:
            call = _class(pw.ForeignKeyField, self._target(one))
        if one.deferred and call.function != "pw.DeferredForeignKey":
            call = with_options(call, **{internals.DEFERRED: True})
        actions = {name: getattr(one, name) for name in ACTIONS}
        return with_options(call, field=None if on_key else one.rel_field.name, **actions)

    def _target(self, one: Any) -> str:
        if one.rel_model is one.model:
            return "self"
        return Code(self.names.get(one.rel_model) or self.outside.name(one))

    def constraint(self, node: Any) -> Call:
        """Return a clause of a column or table as source."""
        name, node = _named(node)
        if isinstance(node, fields.ServerDefault) and "%" in node.sql:
            return _class(fields.ServerDefault, node.sql)
        words = node.sql if isinstance(node, pw.SQL) and not node.params else self._sql(node)
        if name is None:
            return clause(words)
        if found := CHECK.fullmatch(words):
            return check(found[1], name)
        return sql(f"CONSTRAINT {self._sql(pw.Entity(name))} {words}")

    def index(self, index: Any) -> Call:
        """Return a member of Meta.indexes as a call of `add_index`, with the names of fields."""
        if not isinstance(index, pw.ModelIndex):
            return add_index((sql(self._sql(index)),))
        parts = internals.index_parts(index)
        usual = next((one.index_type for one in reversed(parts.keys)
                      if isinstance(one, pw.Field) and one.index_type), None)  # fmt: skip
        return add_index(
            tuple(map(self._index_key, parts.keys)),
            None if is_made_up(index) else parts.name,
            parts.unique,
            parts.using if parts.using != usual else None,
            parts.nulls_distinct,
            None if parts.where is None else self._in_index(parts.where),
        )

    def _index_key(self, key: Any) -> Any:
        if isinstance(key, pw.Field):
            return key.name
        return sql(key if isinstance(key, str) else self._in_index(key))

    def _context(self) -> Any:
        return self.database.get_sql_context(scope=pw.SCOPE_VALUES)

    def _sql(self, node: Any) -> str:
        return self._literal(self._context(), node)

    def _in_index(self, node: Any) -> str:
        context = self._context()
        with context.scope_values(subquery=True):
            return self._literal(context, node)

    def _literal(self, context: Any, node: Any) -> str:
        return dialect_for(self.database).without_parameters(self.database, context, node)


def _class(kind: type, *arguments: Any, **options: Any) -> Call:
    prefix = MODULES.get(kind.__module__, "")
    return Call(f"{prefix}{kind.__name__}", arguments, options)


def _named(clause: Any) -> tuple[str | None, Any]:
    """The name of a constraint, if it has one, and the rest of the clause."""
    if isinstance(clause, pw.NodeList) and len(clause.nodes) == 3:
        _, entity, inner = clause.nodes
        if isinstance(entity, pw.Entity) and type(inner) is pw.SQL:
            return internals.entity_name(entity), inner
    return None, clause


def _as_index(model: Model, index: Any) -> Any:
    if not isinstance(index, (tuple, list)):
        return index
    parts, unique = index
    keys = [model._meta.combined[one] if isinstance(one, str) else one for one in parts]
    return pw.ModelIndex(model, keys, unique=unique)


def without(call: Call, names: Sequence[str]) -> Call:
    """Return the call without these options."""
    options = {name: value for name, value in call.options.items() if name not in names}
    return replace(call, options=options)


def _options(one: Any, kind: type) -> dict[str, Any]:
    options = {name: getattr(one, name) for name, usual in CLASSES[kind].items()
               if getattr(one, name) != usual}  # fmt: skip
    if kind is pw.IdentityField and "ALWAYS" in one.field_type:
        options["generate_always"] = True
    return options


def meta_options(model: Model) -> dict[str, Any]:
    """Return the options of Meta that are not the default, besides the key and the constraints."""
    meta = model._meta
    options = {name: getattr(meta, name) for name in META if getattr(meta, name)}
    if not meta.legacy_table_names:  # indexes are named after the table
        options["legacy_table_names"] = False
    return options


def primary_key(model: Model) -> Any:
    """Return the value of Meta.primary_key; None if a field is the primary key."""
    key = model._meta.primary_key
    if isinstance(key, pw.CompositeKey):
        return composite_key(key.field_names)
    return None if key_fields(model) else False


def usual_column(name: str, field: Any) -> str:
    """Return Peewee's usual name for the column of a field."""
    key = isinstance(field, pw.ForeignKeyField | pw.DeferredForeignKey)
    return f"{name}_id" if key and not name.endswith("_id") else name
