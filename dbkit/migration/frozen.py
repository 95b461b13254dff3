"""Models and fields as Python source that needs nothing of the application.

A field is written as the nearest class of Peewee, playhouse or dbkit that declares the same column;
one of the application's own that no such class equals becomes a ColumnField with its SQL. What
does not reach the schema (defaults in Python, backrefs, choices) is left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import peewee as pw
from playhouse import postgres_ext, sqlite_ext

from dbkit import fields
from dbkit.errors import ModelsError
from dbkit.schema.models import Model, is_made_up

from .source import Call, text, wrapped_list

DEFAULT = re.compile(r"DEFAULT (.*)", re.DOTALL)
CHECK = re.compile(r"CHECK \((.*)\)", re.DOTALL)
# class -> the options that reach the schema, each with its default
SIZED = {"max_length": 255}
NUMBER = {"max_digits": 10, "decimal_places": 5}
CLASSES: dict[type, dict[str, Any]] = {
    pw.CharField: SIZED, pw.FixedCharField: SIZED,
    pw.DecimalField: NUMBER, sqlite_ext.TDecimalField: NUMBER,
} | {
    kind: {} for kind in (
        pw.AnyField, pw.IntegerField, pw.BigIntegerField, pw.SmallIntegerField, pw.AutoField,
        pw.BigAutoField, pw.FloatField, pw.DoubleField, pw.TextField, pw.BlobField, pw.UUIDField,
        pw.BinaryUUIDField, pw.DateTimeField, pw.DateField, pw.TimeField, pw.TimestampField,
        pw.IPField, pw.BooleanField, pw.JSONField, pw.BareField, pw.BitField, pw.BigBitField,
        pw.ForeignKeyField, pw.IdentityField, postgres_ext.ArrayField, postgres_ext.HStoreField,
        postgres_ext.JSONField, postgres_ext.BinaryJSONField, postgres_ext.TSVectorField,
        postgres_ext.IntervalField, postgres_ext.DateTimeTZField, sqlite_ext.RowIDField,
        sqlite_ext.DocIDField, sqlite_ext.AutoIncrementField, sqlite_ext.ISODateTimeField,
        sqlite_ext.JSONField, sqlite_ext.JSONBField, sqlite_ext.SearchField, fields.EnumField,
        fields.DateTimeTZField, fields.ColumnField,
    )
}  # fmt: skip
BASES = (sqlite_ext.FTS5Model, sqlite_ext.FTSModel, sqlite_ext.VirtualModel, pw.Model)
DDL = (pw.Field.ddl, fields.EnumField.ddl)
UNIQUE = "unique"
QUOTES = "'\""


@dataclass(frozen=True)
class Frozen:
    """A model as source. `field_calls` are its columns by field name, `indexes` and `constraints`
    what its Meta holds, `options` the rest of its Meta."""

    name: str
    base: Call
    table: str
    field_calls: dict[str, Call]
    key: str
    indexes: tuple[Call, ...]
    constraints: tuple[Call, ...]
    options: dict[str, str] = field(default_factory=dict)


class Freezer:
    """Writes models of one database's kind; `names` gives, for a model, how to write a reference
    to it."""

    def __init__(self, database: pw.Database, names: dict[Model, str]) -> None:
        self.database, self.names = database, names

    def model(self, model: Model) -> Frozen:
        meta = model._meta
        base = next(one for one in BASES if issubclass(model, one))
        options: dict[str, str] = {}
        for name in ("schema", "table_settings", "options"):
            if value := getattr(meta, name):
                options[name] = _literal(value, model)
        if not meta.legacy_table_names:  # indexes are named after the table
            options["legacy_table_names"] = "False"
        options |= {name: "True" for name in ("strict_tables", "without_rowid", "temporary")
                    if getattr(meta, name)}  # fmt: skip
        return Frozen(
            model.__name__,
            _class(base),
            meta.table_name,
            {one.name: self.field(one) for one in meta.sorted_fields},
            self.key(model),
            tuple(self.index(model, one) for one in meta.indexes),
            tuple(self.constraint(one) for one in meta.constraints or ()),
            options,
        )

    def key(self, model: Model) -> str:
        """What Meta.primary_key is to say, or nothing where a field does."""
        key = model._meta.primary_key
        if key is False:
            return "False"
        if isinstance(key, pw.CompositeKey):
            return f"pw.CompositeKey({', '.join(map(text, key.field_names))})"
        return ""

    def field(self, one: Any) -> Call:
        """The field as a call of its class."""
        call, kind = self._class_of(one), type(one)
        options = dict(call.options)
        usual_index = issubclass(kind, (pw.ForeignKeyField, postgres_ext.IndexedFieldMixin))
        plain = call.function == "ColumnField" and kind.ddl not in DDL  # all is in the type
        if one.null and "null" not in options and kind is not sqlite_ext.SearchField:
            options["null"] = "True"
        if _column_name(one) != one.column_name:
            options["column_name"] = text(one.column_name)
        if one.unique:
            options[UNIQUE] = "True"
        elif bool(one.index) != (usual_index and not plain):
            options["index"] = str(bool(one.index))
        if one.index_type and (one.index_type != kind.default_index_type or plain):
            options["index_type"] = text(one.index_type)
        if one.primary_key and not issubclass(kind, pw.AutoField):
            options["primary_key"] = "True"
        if plain:
            return replace(call, options=options)
        for name in ("sequence", "collation"):
            if getattr(one, name):
                options[name] = text(getattr(one, name))
        if one.unindexed:
            options["unindexed"] = "True"
        imports = call.imports
        if one.constraints:
            clauses = [self.constraint(clause) for clause in one.constraints]
            options["constraints"] = f"[{', '.join(map(str, clauses))}]"
            imports = imports.union(*(clause.imports for clause in clauses))
        return replace(call, options=options, imports=imports)

    def _class_of(self, one: Any) -> Call:
        """The class with the options that are only its own."""
        if isinstance(one, pw.ForeignKeyField):
            return self._foreign_key(one)
        if isinstance(one, fields.EnumField):
            labels = ", ".join(map(text, one.labels)) + "," * (len(one.labels) == 1)
            return _class(fields.EnumField, f"({labels})", text(one.type_name))
        if isinstance(one, postgres_ext.ArrayField):
            return self._array(one)
        for kind in type(one).__mro__:
            same = kind in CLASSES and kind.ddl is type(one).ddl  # type: ignore[attr-defined]
            if same and self._declares_same(one, kind):
                return _class(kind, **self._options(one, kind))
        if type(one).ddl in DDL:
            if type(one) is fields.ColumnField:
                return _class(fields.ColumnField, text(one.sql_type))
            return _class(fields.ColumnField, text(self._sql(one.ddl_datatype(self._context()))))
        column, name = self._sql(one.ddl(self._context())), self._sql(pw.Entity(one.column_name))
        return _class(fields.ColumnField, text(column.removeprefix(name).strip()), null="True")

    def _options(self, one: Any, kind: type) -> dict[str, str]:
        options = {name: repr(getattr(one, name)) for name, usual in CLASSES[kind].items()
                   if getattr(one, name) != usual}  # fmt: skip
        if kind is pw.IdentityField and "ALWAYS" in one.field_type:
            options["generate_always"] = "True"
        return options

    def _declares_same(self, one: Any, kind: type) -> bool:
        if kind is fields.ColumnField:
            return False
        if type(one) is kind:
            return True
        options = {name: getattr(one, name) for name in CLASSES[kind]}
        other = kind(**options)
        same = self._sql(other.ddl_datatype(self._context()))
        return same == self._sql(one.ddl_datatype(self._context()))

    def _array(self, one: Any) -> Call:
        inner = self.field(one._ArrayField__field)
        options = {}
        if inner.options:
            pairs = (f"{text(name)}: {value}" for name, value in inner.options.items())
            options["field_kwargs"] = f"{{{', '.join(pairs)}}}"
        if one.dimensions != 1:
            options["dimensions"] = str(one.dimensions)
        call = _class(postgres_ext.ArrayField, inner.function, **options)
        return replace(call, imports=call.imports | inner.imports)

    def _foreign_key(self, one: Any) -> Call:
        itself = one.rel_model is one.model
        target = '"self"' if itself else self.names.get(one.rel_model, "")
        options = {}
        if one.rel_field is not one.rel_model._meta.primary_key:
            options["field"] = text(one.rel_field.name)
        for name in ("on_delete", "on_update", "deferrable", "constraint_name"):
            if getattr(one, name):
                options[name] = text(getattr(one, name))
        if isinstance(one, fields.TypedForeignKeyField):
            options["sql_type"] = text(one.sql_type)
            return _class(fields.TypedForeignKeyField, target, **options)
        if not target:  # its class comes later in the file
            return Call("pw.DeferredForeignKey", (text(one.rel_model.__name__),), options)
        if one.deferred:
            options["_deferred"] = "True"
        return Call("pw.ForeignKeyField", (target,), options)

    def constraint(self, node: Any) -> Call:
        """A clause of a column or table."""
        name = None
        if isinstance(node, pw.NodeList) and len(node.nodes) == 3:
            _, entity, inner = node.nodes
            if isinstance(entity, pw.Entity) and type(inner) is pw.SQL:
                name, node = entity._path[-1], inner
        if isinstance(node, fields.ServerDefault) and "%" in node.sql:
            return _class(fields.ServerDefault, text(node.sql))
        sql = node.sql if isinstance(node, pw.SQL) and not node.params else self._sql(node)
        if check := CHECK.fullmatch(sql):
            return Call("pw.Check", (text(check[1]), *([text(name)] if name else [])))
        if not name and (default := DEFAULT.fullmatch(sql)):
            return Call("pw.Default", (text(default[1]),))
        if name:
            sql = f"CONSTRAINT {self._sql(pw.Entity(name))} {sql}"
        return Call("pw.SQL", (text(sql),))

    def index(self, model: Model, index: Any) -> Call:
        """A member of Meta.indexes: a call of `add_index` on the model, or the plain pair."""
        if isinstance(index, (tuple, list)):
            parts, unique = index
            index = pw.ModelIndex(
                model, [model._meta.combined[one] if isinstance(one, str) else one
                        for one in parts], unique=unique)  # fmt: skip
        if not isinstance(index, pw.ModelIndex):
            return Call("add_index", (f"pw.SQL({text(self._sql(index))})",))
        keys = tuple(map(self._key, index._expressions))
        options = {UNIQUE: "True"} if index._unique else {}
        if not is_made_up(index):
            options["name"] = text(index._name)
        if index._where is not None:
            options["where"] = f"pw.SQL({text(self._in_index(index._where))})"
        usual = next((one.index_type for one in reversed(index._expressions)
                      if isinstance(one, pw.Field) and one.index_type), None)  # fmt: skip
        if index._using and index._using != usual:
            options["using"] = text(index._using)
        if index._nulls_distinct is not None:
            options["nulls_distinct"] = repr(index._nulls_distinct)
        return Call("add_index", keys, options)

    def _key(self, key: Any) -> str:
        if isinstance(key, pw.Field):
            return text(key.name)
        return f"pw.SQL({text(key if isinstance(key, str) else self._in_index(key))})"

    def _context(self) -> Any:
        return self.database.get_sql_context(scope=pw.SCOPE_VALUES)

    def _sql(self, node: Any) -> str:
        sql, params = self._context().sql(pw.ValueLiterals(node)).query()
        if params:
            raise ModelsError(f"{sql} has parameters and cannot be written into a migration.")
        return str(sql)

    def _in_index(self, node: Any) -> str:
        context = self._context()
        with context.scope_values(subquery=True):
            context.sql(pw.ValueLiterals(node))
        return str(context.query()[0])


def _class(kind: type, *arguments: str, **options: str) -> Call:
    if kind.__module__ == "peewee":
        return Call(f"pw.{kind.__name__}", arguments, options)
    line = f"from {kind.__module__} import {kind.__name__}"
    return Call(kind.__name__, arguments, options, frozenset({line}))


def _column_name(one: Any) -> str:
    """What Peewee would call the field's column."""
    if isinstance(one, pw.ForeignKeyField) and not one.name.endswith("_id"):
        return f"{one.name}_id"
    return str(one.name)


def _literal(value: Any, model: Model) -> str:
    if isinstance(value, str):
        return text(value)
    shown = repr(value)
    with suppress(ValueError, SyntaxError):
        if ast.literal_eval(shown) == value:
            return shown
    raise ModelsError(f"An option of model {model.__name__} cannot be written: {shown}")


def model_lines(frozen: Frozen, head: str) -> Iterator[str]:
    """The class, with `head` above it, and after it the calls that add its indexes."""
    fields = {
        name: call
        for name, call in frozen.field_calls.items()
        if (name, call) != ("id", Call("pw.AutoField"))
    }  # Peewee makes that by itself
    pairs = [index for index in frozen.indexes if _is_pair(index)]
    yield head
    yield f"class {frozen.name}({frozen.base.function}):"
    for name, call in fields.items():
        yield from indented(f"{name} = {call.wrapped(4 + len(name) + 3)}")
    if fields:
        yield ""
    yield "    class Meta:"
    yield f"        table_name = {text(frozen.table)}"
    for name, value in frozen.options.items():
        yield f"        {name} = {value}"
    if frozen.key:
        yield f"        primary_key = {frozen.key}"
    if pairs:
        yield from indented(f"indexes = {wrapped_list(map(_pair, pairs), 8)}", 8)
    if frozen.constraints:
        clauses = map(str, frozen.constraints)
        yield from indented(f"constraints = {wrapped_list(clauses, 8)}", 8)
    for index in frozen.indexes:
        if index not in pairs:
            keys = tuple(_class_key(frozen.name, key) for key in index.arguments)
            call = Call(f"{frozen.name}.add_index", keys, index.options)
            yield ""
            yield from call.wrapped(4).splitlines()


def _class_key(model: str, key: str) -> str:
    """A key for Model.add_index, which takes one pw.SQL for a statement, and text for a key."""
    if not key.startswith("pw."):
        return f"{model}.{key.strip(QUOTES)}"
    return key if key[8:14] == "CREATE" else key.removeprefix("pw.SQL(").removesuffix(")")


def _is_pair(index: Call) -> bool:
    """Whether Meta.indexes can say it: field names, and whether they are unique."""
    return set(index.options) <= {UNIQUE} and not any(
        key.startswith("pw.") for key in index.arguments
    )


def _pair(index: Call) -> str:
    keys = ", ".join(index.arguments) + "," * (len(index.arguments) == 1)
    return f"(({keys}), {UNIQUE in index.options})"


def indented(lines: str, by: int = 4) -> Iterator[str]:
    for line in lines.splitlines():
        yield " " * by + line
