"""Models and fields as Python source that needs nothing of the application.

A field is written as the nearest class of Peewee, playhouse or dbkit that declares the same column;
one of the application's own that no such class equals becomes a ColumnField with its SQL. What
neither reaches the schema nor converts values (defaults in Python, backrefs, choices) is left out.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import peewee as pw
from playhouse import postgres_ext, sqlite_ext

from dbkit import fields
from dbkit.schema.models import Model, is_made_up
from dbkit.source import Call, Code, lines

DEFAULT = re.compile(r"DEFAULT (.*)", re.DOTALL)
CHECK = re.compile(r"CHECK \((.*)\)", re.DOTALL)
# class -> the options that reach the schema, or decide how values are stored and read, each with
# its default
SIZED = {"max_length": 255}
NUMBER = {"max_digits": 10, "decimal_places": 5, "auto_round": False,
          "rounding": decimal.DefaultContext.rounding}  # fmt: skip
CLASSES: dict[type, dict[str, Any]] = {
    pw.CharField: SIZED, pw.FixedCharField: SIZED,
    pw.DecimalField: NUMBER, sqlite_ext.TDecimalField: NUMBER,
    pw.TimestampField: {"resolution": 1, "utc": False},
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
BASES = (sqlite_ext.FTS5Model, sqlite_ext.FTSModel, sqlite_ext.VirtualModel, pw.Model)
DDL = (pw.Field.ddl, fields.EnumField.ddl)
ACTIONS = ("on_delete", "on_update", "deferrable", "constraint_name")
OPTIONS = ("schema", "table_settings", "options", "strict_tables", "without_rowid", "temporary")
MODULES = {"peewee": "pw.", "playhouse.postgres_ext": "pg.", "playhouse.sqlite_ext": "sq."}


@dataclass(frozen=True)
class Frozen:
    """A model as source. `fields` are its columns by field name, `indexes` and `constraints` what
    its Meta holds, `key` what that says of the primary key, `options` the rest of it."""

    name: str
    base: str
    table: str
    fields: dict[str, Call]
    key: Any
    indexes: tuple[Call, ...]
    constraints: tuple[Call, ...]
    options: dict[str, Any] = field(default_factory=dict)


class Freezer:
    """Writes models of one database's kind; `names` gives, for a model, how to write a reference
    to it."""

    def __init__(self, database: pw.Database, names: dict[Model, str]) -> None:
        self.database, self.names = database, names

    def model(self, model: Model) -> Frozen:
        meta = model._meta
        base = next(one for one in BASES if issubclass(model, one))
        options = {name: getattr(meta, name) for name in OPTIONS if getattr(meta, name)}
        if not meta.legacy_table_names:  # indexes are named after the table
            options["legacy_table_names"] = False
        return Frozen(
            model.__name__,
            _class(base).function,
            meta.table_name,
            {one.name: self.field(one) for one in meta.sorted_fields},
            _key(model),
            tuple(self.index(model, one) for one in meta.indexes),
            tuple(self.constraint(one) for one in meta.constraints or ()),
            options,
        )

    def field(self, one: Any) -> Call:
        """The field as a call of its class."""
        call, kind = self._class_of(one), type(one)
        options = dict(call.options)
        plain = call.function == "ColumnField" and kind.ddl not in DDL  # all is in the type
        usual = issubclass(kind, (pw.ForeignKeyField, postgres_ext.IndexedFieldMixin)) and not plain
        if one.null and kind is not sqlite_ext.SearchField:
            options["null"] = True
        if usual_column(one.name, one) != one.column_name:
            options["column_name"] = one.column_name
        if one.unique:
            options["unique"] = True
        elif bool(one.index) != usual:
            options["index"] = bool(one.index)
        if one.index_type and (one.index_type != kind.default_index_type or plain):
            options["index_type"] = one.index_type
        if one.primary_key and not issubclass(kind, pw.AutoField):
            options["primary_key"] = True
        if not plain:
            options |= {name: getattr(one, name) for name in ("sequence", "collation", "unindexed")
                        if getattr(one, name)}  # fmt: skip
            if one.constraints:
                options["constraints"] = [self.constraint(clause) for clause in one.constraints]
        return replace(call, options=options)

    def _class_of(self, one: Any) -> Call:
        """The class with the options that are only its own."""
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
        inner = self.field(one._ArrayField__field)
        options: dict[str, Any] = {"field_kwargs": inner.options} if inner.options else {}
        if one.convert_values:
            options["convert_values"] = True
        if one.dimensions != 1:
            options["dimensions"] = one.dimensions
        return _class(postgres_ext.ArrayField, Code(inner.function), **options)

    def _foreign_key(self, one: Any) -> Call:
        target = "self" if one.rel_model is one.model else self.names.get(one.rel_model)
        options = {}
        if one.rel_field is not one.rel_model._meta.primary_key:
            options["field"] = one.rel_field.name
        options |= {name: getattr(one, name) for name in ACTIONS if getattr(one, name)}
        if target is None:  # its class comes later in the file
            return Call("pw.DeferredForeignKey", (one.rel_model.__name__,), options)
        if isinstance(one, fields.TypedForeignKeyField):
            options["sql_type"] = one.sql_type
        if one.deferred:
            options["_deferred"] = True
        typed = isinstance(one, fields.TypedForeignKeyField)
        kind = fields.TypedForeignKeyField if typed else pw.ForeignKeyField
        return _class(kind, target if target == "self" else Code(target), **options)

    def constraint(self, node: Any) -> Call:
        """A clause of a column or table."""
        name = None
        if isinstance(node, pw.NodeList) and len(node.nodes) == 3:
            _, entity, inner = node.nodes
            if isinstance(entity, pw.Entity) and type(inner) is pw.SQL:
                name, node = entity._path[-1], inner
        if isinstance(node, fields.ServerDefault) and "%" in node.sql:
            return _class(fields.ServerDefault, node.sql)
        sql = node.sql if isinstance(node, pw.SQL) and not node.params else self._sql(node)
        if check := CHECK.fullmatch(sql):
            return Call("pw.Check", (check[1], *([name] if name else [])))
        if not name and (default := DEFAULT.fullmatch(sql)):
            return Call("pw.Default", (default[1],))
        return _sql(f"CONSTRAINT {self._sql(pw.Entity(name))} {sql}" if name else sql)

    def index(self, model: Model, index: Any) -> Call:
        """A member of Meta.indexes as a call of `add_index`, with fields by name."""
        if isinstance(index, (tuple, list)):
            parts, unique = index
            index = pw.ModelIndex(
                model, [model._meta.combined[one] if isinstance(one, str) else one
                        for one in parts], unique=unique)  # fmt: skip
        if not isinstance(index, pw.ModelIndex):
            return Call("add_index", (_sql(self._sql(index)),))
        options: dict[str, Any] = {"unique": True} if index._unique else {}
        if not is_made_up(index):
            options["name"] = index._name
        if index._where is not None:
            options["where"] = _sql(self._in_index(index._where))
        usual = next((one.index_type for one in reversed(index._expressions)
                      if isinstance(one, pw.Field) and one.index_type), None)  # fmt: skip
        if index._using and index._using != usual:
            options["using"] = index._using
        if index._nulls_distinct is not None:
            options["nulls_distinct"] = index._nulls_distinct
        return Call("add_index", tuple(map(self._index_key, index._expressions)), options)

    def _index_key(self, key: Any) -> Any:
        if isinstance(key, pw.Field):
            return key.name
        return _sql(key if isinstance(key, str) else self._in_index(key))

    def _context(self) -> Any:
        return self.database.get_sql_context(scope=pw.SCOPE_VALUES)

    def _sql(self, node: Any) -> str:
        return self._literal(self._context(), node)

    def _in_index(self, node: Any) -> str:
        context = self._context()
        with context.scope_values(subquery=True):
            return self._literal(context, node)

    def _literal(self, context: Any, node: Any) -> str:
        """SQL without parameters. On PostgreSQL a percent sign in a value is doubled, as it has to
        be where a person writes SQL for psycopg2."""
        if not isinstance(self.database, pw.PostgresqlDatabase):
            return str(context.sql(pw.ValueLiterals(node)).query()[0])
        sql, params = context.sql(node).query()
        values = iter(params)

        def value(match: re.Match[str]) -> str:
            if match[0] == "%%":
                return "%%"
            with_literal = self._context().sql(pw.ValueLiterals(pw.Value(next(values))))
            return str(with_literal.query()[0]).replace("%", "%%")

        return re.sub("%%|%s", value, sql)


def _class(kind: type, *arguments: Any, **options: Any) -> Call:
    prefix = MODULES.get(kind.__module__, "")
    return Call(f"{prefix}{kind.__name__}", arguments, options)


def _sql(text: str) -> Call:
    return Call("pw.SQL", (text,))


def _options(one: Any, kind: type) -> dict[str, Any]:
    options = {name: getattr(one, name) for name, usual in CLASSES[kind].items()
               if getattr(one, name) != usual}  # fmt: skip
    if kind is pw.IdentityField and "ALWAYS" in one.field_type:
        options["generate_always"] = True
    return options


def _key(model: Model) -> Any:
    """What Meta.primary_key is to say; None where a field does."""
    key = model._meta.primary_key
    if isinstance(key, pw.CompositeKey):
        return Call("pw.CompositeKey", tuple(key.field_names))
    return False if key is False else None


def usual_column(name: str, field: Any) -> str:
    """What Peewee calls the column of a field of that name."""
    key = isinstance(field, pw.ForeignKeyField | pw.DeferredForeignKey)
    return f"{name}_id" if key and not name.endswith("_id") else name


def model_lines(frozen: Frozen) -> Iterator[str]:
    """The class, given to the migrator, and after it the calls that add its indexes."""
    body = {
        name: call
        for name, call in frozen.fields.items()
        if (name, call) != ("id", Call("pw.AutoField"))
    }  # Peewee makes that; fmt: skip
    pairs = [index for index in frozen.indexes if _is_pair(index)]
    meta = {"table_name": frozen.table, **frozen.options}
    if frozen.key is not None:
        meta["primary_key"] = frozen.key
    if pairs:
        meta["indexes"] = [(index.arguments, "unique" in index.options) for index in pairs]
    if frozen.constraints:
        meta["constraints"] = list(frozen.constraints)
    yield from ("@migrator.create_model", f"class {frozen.name}({frozen.base}):")
    for name, value in body.items():
        yield from inside(f"{name} = ", value, 1)
    yield from [""] * bool(body)
    yield "    class Meta:"
    for name, value in meta.items():
        yield from inside(f"{name} = ", value, 2)
    for index in frozen.indexes:
        if index not in pairs:
            keys = tuple(_class_key(frozen.name, key) for key in index.arguments)
            yield ""
            yield from inside("", Call(f"{frozen.name}.add_index", keys, index.options), 0)


def inside(before: str, value: Any, level: int) -> Iterator[str]:
    """Lines of a function's body, less its own indentation."""
    for line in lines(before, value, "", "    " * (level + 1)):
        yield line[4:]


def _class_key(model: str, key: Any) -> Any:
    """A key for Model.add_index, which takes one pw.SQL for a statement, and text for a key."""
    if isinstance(key, str):
        return Code(f"{model}.{key}")
    (sql,) = key.arguments
    return key if sql[:6].upper() == "CREATE" else sql


def _is_pair(index: Call) -> bool:
    """Whether Meta.indexes can say it: field names, and whether they are unique."""
    return index.options.keys() <= {"unique"} and all(isinstance(key, str)
                                                      for key in index.arguments)  # fmt: skip
