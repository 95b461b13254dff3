"""The operations of a migration; each knows its dialect, and loses no rows.

Most edit the model that the history knows for a table, and the table is then made what its model
has become (see `reshaping`): neighbouring operations in one step, so that their order within it
does not matter. Models are given as class, class name or table name, with its schema in front if
it has one; fields by the field's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import peewee as pw
import peewee_migrate

from dbkit import fields
from dbkit.errors import MigrationError
from dbkit.schema.dialect import dialect_for
from dbkit.schema.models import Model, is_made_up
from dbkit.schema.statements import literal, quoted

from .frozen import usual_column
from .reshaping import Reshape, qualified, snapshot


class _Orm:
    """The models that the history knows: `orm.User`, or `orm["users"]`, `orm["billing.plans"]`."""

    def __init__(self) -> None:
        self.tables: dict[str, Model] = {}

    def add(self, model: Model) -> None:
        self.tables[qualified(model)] = model

    def remove(self, model: Model) -> None:
        for name in [name for name, one in self.tables.items() if one is model]:
            del self.tables[name]

    def __getitem__(self, name: str) -> Model:
        return self.tables[name]

    def __contains__(self, name: str) -> bool:
        return name in self.tables

    def __getattr__(self, name: str) -> Model:
        for model in self.tables.values():
            if model.__name__ == name:
                return model
        raise AttributeError(f"the migrations before this one make no model {name}")

    def __iter__(self) -> Iterator[Model]:
        return iter(self.tables.values())


class _Creation:
    def __init__(self, model: Model) -> None:
        self.model, self.__name__ = model, f"create {qualified(model)}"

    def __call__(self) -> None:
        self.model.create_table(safe=False)


class Migrator(peewee_migrate.Migrator):
    """peewee-migrate's Migrator, with the operations that it lacks, and its own made safe."""

    def __init__(self, database: pw.Database) -> None:
        super().__init__(database)
        self.orm = _Orm()

    # schemas and enum types

    def create_schema(self, name: str) -> None:
        """CREATE SCHEMA. On SQLite, where a schema is an attached database, nothing."""
        self._native(
            f"create_schema {name}", lambda: self._execute(f"CREATE SCHEMA {quoted(name)}")
        )

    def drop_schema(self, name: str) -> None:
        """DROP SCHEMA, which must be empty. Nothing on SQLite."""
        self._native(f"drop_schema {name}", lambda: self._execute(f"DROP SCHEMA {quoted(name)}"))

    def create_enum(self, name: str, labels: Sequence[str], schema: str | None = None) -> None:
        """CREATE TYPE name AS ENUM (labels, in this order); before the first table that uses it.

        On SQLite an enum is a CHECK of its column, and nothing is done.
        """
        self._native(
            f"create_enum {name}",
            lambda: fields.create_enum(self.__database__, name, labels, schema),
        )

    def drop_enum(self, name: str, schema: str | None = None) -> None:
        """DROP TYPE name; after the last table that uses it. Nothing on SQLite."""
        self._native(f"drop_enum {name}", lambda: fields.drop_enum(self.__database__, name, schema))

    def add_enum_value(
        self,
        name: str,
        label: str,
        before: str | None = None,
        after: str | None = None,
        schema: str | None = None,
    ) -> None:
        """A new label, at the end or beside another; every column of the type takes it."""
        labels = [one for one in self._labels(name, schema) if one != label]
        place = labels.index(before) if before else labels.index(after) + 1 if after else None
        labels.insert(len(labels) if place is None else place, label)
        self.change_enum(name, labels, schema)

    def rename_enum_value(self, name: str, old: str, new: str, schema: str | None = None) -> None:
        """A label's new name, in every row and default that has it."""
        labels = self._labels(name, schema)
        if isinstance(self.__database__, pw.PostgresqlDatabase):
            type_ = f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)
            sql = f"ALTER TYPE {type_} RENAME VALUE {literal(old)} TO {literal(new)}"
            self.__ops__.append(_named(f"rename_enum_value {name}", lambda: self._execute(sql)))
            self._relabel(name, schema, old, new, labels)
            return
        self.change_enum(name, [*labels, new], schema)
        for model, field in self._enum_fields(name, schema):
            self._update(model, field.name, new, field == old)
        with self._edited(*{model for model, _ in self._enum_fields(name, schema)}):
            self._relabel(name, schema, old, new, labels)

    def _relabel(
        self, name: str, schema: str | None, old: str, new: str, labels: Sequence[str]
    ) -> None:
        """In the models; a check or default that names the label names the new one."""
        for model, field in self._enum_fields(name, schema):
            field.labels = tuple(new if one == old else one for one in labels)
            for clauses in (field.constraints, model._meta.constraints):
                for place, clause in enumerate(clauses or ()):
                    clauses[place] = _with_literal(clause, literal(old), literal(new))

    def change_enum(self, name: str, labels: Sequence[str], schema: str | None = None) -> None:
        """All labels in their new order; where one goes away, no row may have it. The type is made
        anew unless labels are only added."""
        with self._edited(*{model for model, _ in self._enum_fields(name, schema)}) as reshape:
            reshape.enums[schema, name] = tuple(labels)
            for _, field in self._enum_fields(name, schema):
                field.labels = tuple(labels)

    def _enum_fields(self, name: str, schema: str | None) -> list[tuple[Model, Any]]:
        return [
            (model, field)
            for model in self.orm
            for field in model._meta.sorted_fields
            if isinstance(field, fields.EnumField)
            and (field.type_name, model._meta.schema) == (name, schema)
        ]

    def _labels(self, name: str, schema: str | None) -> Sequence[str]:
        for _, field in self._enum_fields(name, schema):
            return list(field.labels)
        raise MigrationError(
            f"No model before this has a column of the enum type {name}.",
            "migrator.change_enum(name, labels) takes all labels.",
        )

    # tables

    def create_model(self, model: Model) -> Model:
        """CREATE TABLE, with indexes, and with enum types that are not there yet."""
        model._meta.database = self.__database__
        self.orm.add(model)
        self.__ops__.append(_Creation(model))
        return model

    def remove_model(self, model: Model | str, *, cascade: bool = False) -> None:
        """DROP TABLE. What depends on it (a view) is in the way, unless `cascade`, which drops
        that too; foreign keys of tables that are removed beside it are not."""
        model = self.__get_model__(model)
        if cascade:
            super().remove_model(model, cascade=True)
            return
        with self._edited(model) as reshape:
            self.orm.remove(model)
        reshape.after[qualified(model)] = None

    def rename_table(self, model: Model | str, new_name: str) -> Model:
        """ALTER TABLE RENAME; the rows, indexes and foreign keys stay."""
        model = self.__get_model__(model)
        self._settled(model)
        meta, old = model._meta, _table(model)
        self.orm.remove(model)
        meta.table_name = new_name
        del meta.table
        for index in meta.indexes:
            if isinstance(index, pw.ModelIndex):
                index._table = meta.table
        self.orm.add(model)
        self._sql("rename_table", f"ALTER TABLE {old} RENAME TO {quoted(new_name)}")
        return model

    def move_table(self, model: Model | str, schema: str) -> Model:
        """ALTER TABLE SET SCHEMA. On SQLite, where a schema is an attached database, an error."""
        model = self.__get_model__(model)
        if not isinstance(self.__database__, pw.PostgresqlDatabase):
            raise MigrationError("A table of SQLite cannot be moved to another database.")
        self._settled(model)
        old = _table(model)
        self.orm.remove(model)
        model._meta.schema = schema
        self.orm.add(model)
        self._sql("move_table", f"ALTER TABLE {old} SET SCHEMA {quoted(schema)}")
        return model

    def change_options(self, model: Model | str, **options: Any) -> Model:
        """Options of the model's Meta: strict_tables, without_rowid, table_settings, options."""
        with self._edited(model := self.__get_model__(model)):
            for name, value in options.items():
                setattr(model._meta, name, value)
        return model

    def set_primary_key(self, model: Model | str, *names: str) -> Model:
        """These fields as the primary key; without any, none."""
        with self._edited(model := self.__get_model__(model)):
            meta = model._meta
            if isinstance(meta.primary_key, pw.Field) and not meta.composite_key:
                meta.primary_key.primary_key = False
            meta.composite_key, meta.primary_key = False, False
            if len(names) == 1:
                meta.fields[names[0]].primary_key = True
                meta.primary_key = meta.fields[names[0]]
            elif names:
                meta.set_primary_key("__composite_key__", pw.CompositeKey(*names))
        return model

    # columns

    def add_fields(
        self, model: Model | str, *, allow_not_null: bool = False, **fields: pw.Field
    ) -> Model:
        """ADD COLUMN, with the field's index, foreign key and checks.

        A NOT NULL column without a DEFAULT takes an empty table; else add it with null=True,
        `fill` it, and `add_not_null`; where the field has a `default=`, that is done.
        """
        model = self.__get_model__(model)
        filled = {name: field for name, field in fields.items() if _is_filled(field)}
        with self._edited(model):
            for name, field in fields.items():
                _put(model, name, field)
                if name in filled:
                    field.null = True
        for name, field in filled.items():
            self.fill(model, **{name: _default_of(field)})
            self.add_not_null(model, name)
        return model

    def change_fields(self, model: Model | str, **fields: pw.Field) -> Model:
        """Make columns what these fields say: type, nullability, default, foreign key, index. A
        field whose column has another name renames it."""
        model = self.__get_model__(model)
        for name, field in fields.items():
            old = _field(model, name)
            column = field.column_name or (
                old.column_name if usual_column(name, old) == old.column_name
                and isinstance(old, pw.ForeignKeyField) == isinstance(field, pw.ForeignKeyField)
                else usual_column(name, field))  # fmt: skip
            if column != old.column_name:
                self.rename_field(model, name, name, column_name=column)
            field.column_name = column
        with self._edited(model):
            for name, field in fields.items():
                _put(model, name, field)
        return model

    def alter_type(
        self, model: Model | str, name: str, field: pw.Field, using: str | None = None
    ) -> Model:
        """Make a column what `field` says; `using` is the SQL of its new value from its old one,
        where PostgreSQL needs to be told (not used on SQLite)."""
        model = self.__get_model__(model)
        self.change_fields(model, **{name: field})
        if using:
            place = (qualified(model), model._meta.fields[name].column_name)
            self._reshape().using[place] = using
        return model

    def remove_fields(
        self, model: Model | str, *names: str, cascade: bool = False, **_: Any
    ) -> Model:
        """DROP COLUMN, with the indexes and constraints that name it."""
        with self._edited(model := self.__get_model__(model)):
            for name in names:
                _remove(model, name)
        return model

    def rename_field(
        self, model: Model | str, old_name: str, new_name: str, column_name: str | None = None
    ) -> Model:
        """RENAME COLUMN; `column_name` is the new one, where it is not what Peewee makes of the
        field's name. Indexes, checks and foreign keys follow."""
        model = self.__get_model__(model)
        self._settled(model)
        field = _field(model, old_name)
        old, new = field.column_name, column_name or usual_column(new_name, field)
        rename_in_model(model, field, new_name, new)
        if new != old:
            self._sql("rename_field", f"ALTER TABLE {_table(model)} RENAME COLUMN "
                      f"{quoted(old)} TO {quoted(new)}")  # fmt: skip
        return model

    def fill(self, model: Model | str, **values: Any) -> Model:
        """UPDATE: rows that have no value in a column get this one."""
        model = self.__get_model__(model)
        for name, value in values.items():
            self._update(model, name, value, _field(model, name).is_null())
        return model

    def _update(self, model: Model, name: str, value: Any, where: Any) -> None:
        copy = self._copy(model)
        where.lhs = field = copy._meta.fields[name]
        try:
            field.db_value(None if isinstance(value, pw.Node) else value)
        except (ValueError, TypeError) as error:
            raise MigrationError(
                f"{value!r} is no value for {qualified(model)}.{name}: {error}"
            ) from error
        if isinstance(field, fields.EnumField):
            self._make_anew(model._meta.schema, field.type_name)
        query = copy.update({field: value}).where(where)
        self.__ops__.append(_named(f"fill {qualified(model)}.{name}", query.execute))

    def _make_anew(self, schema: str | None, name: str) -> None:
        """A label that was added cannot be used in the same transaction, one of a new type can."""
        for operation in self.__ops__:
            if isinstance(operation, Reshape) and (schema, name) in operation.enums:
                operation.anew.add(name)

    def add_not_null(self, model: Model | str, *names: str) -> Model:
        """SET NOT NULL; no row may be without a value."""
        return self._with_null(model, names, False)

    def drop_not_null(self, model: Model | str, *names: str) -> Model:
        """DROP NOT NULL."""
        return self._with_null(model, names, True)

    def _with_null(self, model: Model | str, names: Sequence[str], null: bool) -> Model:
        with self._edited(model := self.__get_model__(model)):
            for name in names:
                _field(model, name).null = null
        return model

    def set_default(self, model: Model | str, name: str, sql: str) -> Model:
        """SET DEFAULT, an expression in SQL; the rows that are there stay as they are."""
        return self._with_default(model, name, [fields.ServerDefault(f"DEFAULT {sql}")])

    def drop_default(self, model: Model | str, name: str) -> Model:
        """DROP DEFAULT."""
        return self._with_default(model, name, [])

    def _with_default(self, model: Model | str, name: str, default: list[Any]) -> Model:
        with self._edited(model := self.__get_model__(model)):
            field = _field(model, name)
            kept = [one for one in field.constraints or () if not is_default(one)]
            field.constraints = default + kept
        return model

    # constraints and indexes

    def add_check(self, model: Model | str, sql: str, name: str | None = None) -> Model:
        """A CHECK, which every row must pass."""
        return self._with_constraint(model, pw.Check(sql, name))

    def add_constraint(self, model: Model | str, name: str | None, constraint: Any) -> Model:
        """Any other constraint: `add_constraint("users", "users_key", "UNIQUE (a, b)")`."""
        clause = constraint if isinstance(constraint, pw.Node) else pw.SQL(constraint)
        if name:
            clause = pw.NodeList((pw.SQL("CONSTRAINT"), pw.Entity(name), clause))
        return self._with_constraint(model, clause)

    def _with_constraint(self, model: Model | str, clause: Any) -> Model:
        with self._edited(model := self.__get_model__(model)):
            model._meta.constraints = [*(model._meta.constraints or ()), clause]
        return model

    def drop_check(self, model: Model | str, name_or_sql: str) -> Model:
        """Drop the CHECK of this name, or one that has none by what it says."""
        return self.drop_constraints(model, name_or_sql)

    def drop_constraints(self, model: Model | str, *names: str) -> Model:
        """Drop constraints by name; one that has none by its SQL."""
        model = self.__get_model__(model)
        for name in names:
            kept = [one for one in model._meta.constraints or () if not _is_called(one, name)]
            if len(kept) < len(model._meta.constraints or ()):
                with self._edited(model):
                    model._meta.constraints = kept
            else:
                self._drop_unknown(model, name)
        return model

    def _drop_unknown(self, model: Model, name: str) -> None:
        """A constraint that no model has: it was made by SQL."""
        if not isinstance(self.__database__, pw.PostgresqlDatabase):
            raise MigrationError(f"The history knows no constraint {name} of {qualified(model)}.")
        self._settled(model)
        sql = f"ALTER TABLE {_table(model)} DROP CONSTRAINT {quoted(name)}"
        self._sql("drop_constraints", sql)

    def create_foreign_key(self, model: Model | str, name: str) -> Model:
        """The constraint of a DeferredForeignKey, which create_model leaves out. Nothing on SQLite,
        which cannot add one."""
        model = self.__get_model__(model)
        copy = self._copy(model)
        self._native(
            f"create_foreign_key {qualified(model)}.{name}",
            lambda: copy._schema.create_foreign_key(copy._meta.fields[name]),
        )
        return model

    def add_index(
        self,
        model: Model | str,
        *columns: Any,
        unique: bool = False,
        name: str | None = None,
        where: Any = None,
        using: str | None = None,
        nulls_distinct: bool | None = None,
    ) -> Model:
        """CREATE INDEX on fields, or on `pw.SQL` expressions; `where` is the predicate in SQL. One
        `pw.SQL` with a whole CREATE INDEX is taken as it is."""
        with self._edited(model := self.__get_model__(model)):
            meta = model._meta
            keys = [meta.combined[one] if isinstance(one, str) else one for one in columns]
            plain = name is None and where is None and using is None and nulls_distinct is None
            if len(keys) == 1 and isinstance(keys[0], pw.SQL) and _is_statement(keys[0]):
                meta.indexes.append(keys[0])
            elif plain and len(keys) == 1 and isinstance(keys[0], pw.Field):
                keys[0].unique, keys[0].index = unique, True
            else:
                where = pw.SQL(where) if isinstance(where, str) else where
                meta.indexes.append(pw.ModelIndex(
                    model, keys, unique=unique, name=name, where=where, using=using,
                    nulls_distinct=nulls_distinct))  # fmt: skip
        return model

    def drop_index(self, model: Model | str, *columns: Any, name: str | None = None) -> Model:
        """DROP INDEX, by its columns or by its name."""
        with self._edited(model := self.__get_model__(model)) as reshape:
            meta = model._meta
            found = [index for index in meta.indexes if _is_index(model, index, columns, name)]
            single = len(columns) == 1 and isinstance(columns[0], str)
            field = meta.combined.get(columns[0]) if single else None
            if found:
                meta.indexes = [index for index in meta.indexes if index is not found[0]]
            elif field is not None and (field.index or field.unique):
                field.index = field.unique = False
            elif field is not None and _was_indexed(reshape.before[qualified(model)], field):
                pass  # peewee-migrate's files drop it after the change_fields that did
            else:
                raise MigrationError(f"The history knows no index {name or columns} of "
                                     f"{qualified(model)}.")  # fmt: skip
        return model

    def rename_index(self, model: Model | str, old_name: str, new_name: str) -> Model:
        """Another name for an index."""
        model = self.__get_model__(model)
        if isinstance(self.__database__, pw.PostgresqlDatabase):
            self._settled(model)
            schema = model._meta.schema
            old = f"{quoted(schema)}.{quoted(old_name)}" if schema else quoted(old_name)
            self._sql("rename_index", f"ALTER INDEX {old} RENAME TO {quoted(new_name)}")
            _rename_index(model, old_name, new_name)
        else:
            with self._edited(model):
                _rename_index(model, old_name, new_name)
        return model

    # how it is done

    def __get_model__(self, model: Model | str) -> Model:
        if not isinstance(model, str):
            return model
        if model in self.orm:
            return self.orm[model]
        for one in self.orm:
            if one.__name__ == model:
                return one
        raise MigrationError(
            f"The migrations before this one make no table {model}.",
            "Name a table that a create_model before it made; for others there is migrator.sql.",
        )

    def _reshape(self) -> Reshape:
        """The step that neighbouring operations share."""
        if not self.__ops__ or not isinstance(self.__ops__[-1], Reshape):
            self.__ops__.append(Reshape(self.__database__))
        return self.__ops__[-1]  # type: ignore[no-any-return]

    def _edited(self, *models: Model) -> _Edit:
        return _Edit(self, models)

    def _settled(self, model: Model) -> None:
        """Keep what is still to be made of the model as it is now."""
        for operation in self.__ops__:
            if isinstance(operation, _Creation) and operation.model is model:
                operation.model = self._copy(model)

    def _copy(self, model: Model) -> Model:
        copy = snapshot(model)
        copy._meta.database = self.__database__
        return copy

    def _native(self, name: str, operation: Callable[[], Any]) -> None:
        if isinstance(self.__database__, pw.PostgresqlDatabase):
            self.__ops__.append(_named(name, operation))

    def _sql(self, name: str, sql: str) -> None:
        self.__ops__.append(_named(name, lambda: self._execute(sql)))

    def _execute(self, sql: str) -> None:
        dialect_for(self.__database__).execute(self.__database__, sql)


class _Edit:
    """Models before and after a block, for the reshaping of their tables."""

    def __init__(self, migrator: Migrator, models: Sequence[Model]) -> None:
        self.migrator, self.models = migrator, models

    def __enter__(self) -> Reshape:
        for model in self.models:
            self.migrator._settled(model)
        self.reshape = self.migrator._reshape()
        for model in self.models:
            if qualified(model) not in self.reshape.before:
                self.reshape.before[qualified(model)] = self.migrator._copy(model)
        return self.reshape

    def __exit__(self, failed: Any, *_: Any) -> None:
        if failed is None:
            for model in self.models:
                self.reshape.after[qualified(model)] = self.migrator._copy(model)


def _named(name: str, operation: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> None:
        operation()

    run.__name__ = name  # peewee-migrate logs it
    return run


def _table(model: Model) -> str:
    schema, name = model._meta.schema, model._meta.table_name
    return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)


def is_default(clause: Any) -> bool:
    return isinstance(clause, pw.SQL) and clause.sql[:8].upper() == "DEFAULT "


def _is_filled(field: Any) -> bool:
    """Whether Python's default has to fill the rows that are there."""
    known = field.default is not None and not isinstance(field, pw.DeferredForeignKey)
    return known and not field.null and not any(map(is_default, field.constraints or ()))


def _is_statement(node: Any) -> bool:
    return bool(node.sql.lstrip()[:6].upper() == "CREATE")


def _with_literal(clause: Any, old: str, new: str) -> Any:
    """The clause with one string constant in the place of another."""
    if isinstance(clause, pw.SQL):
        return type(clause)(clause.sql.replace(old, new), clause.params)
    if isinstance(clause, pw.NodeList):
        nodes = tuple(_with_literal(node, old, new) for node in clause.nodes)
        return pw.NodeList(nodes, clause.glue, clause.parens)
    return clause


def _is_called(clause: Any, name: str) -> bool:
    if isinstance(clause, pw.NodeList) and len(clause.nodes) == 3:
        return isinstance(clause.nodes[1], pw.Entity) and clause.nodes[1]._path[-1] == name
    return isinstance(clause, pw.SQL) and clause.sql in (name, f"CHECK ({name})")


def _is_index(model: Model, index: Any, columns: Sequence[Any], name: str | None) -> bool:
    """Whether an index of Meta.indexes is the one of this name, or on these fields."""
    if isinstance(index, (tuple, list)):
        same = list(index[0]) == list(columns)
        made = pw.ModelIndex(model, [model._meta.combined.get(one, one) for one in index[0]])
        return same if name is None else made._name == name
    if isinstance(index, pw.ModelIndex):
        keys = [one.name if isinstance(one, pw.Field) else one for one in index._expressions]
        return keys == list(columns) and is_made_up(index) if name is None else index._name == name
    if not isinstance(index, pw.SQL):
        return False
    if name is not None:
        return f'"{name}"' in index.sql or f" {name} " in index.sql
    return len(columns) == 1 and isinstance(columns[0], pw.SQL) and columns[0].sql == index.sql


def _rename_index(model: Model, old: str, new: str) -> None:
    for index in model._meta.indexes:
        if isinstance(index, pw.ModelIndex) and index._name == old:
            index._name = new


def _put(model: Model, name: str, field: Any) -> None:
    """Add a field, or put it in the place of one."""
    meta = model._meta
    old = meta.fields.get(name)
    if old is not None:
        _detach(model, old)
    if field.primary_key:
        if isinstance(meta.primary_key, pw.Field) and meta.primary_key is not old:
            meta.primary_key.primary_key = False
        meta.set_primary_key(name, field)
    else:
        if old is not None and meta.primary_key is old:
            meta.primary_key = False
        meta.add_field(name, field)


def _detach(model: Model, field: Any) -> None:
    """Remove a field and the attributes that Peewee made for it."""
    model._meta.remove_field(field.name)
    names = {field.name}
    if isinstance(field, pw.ForeignKeyField):
        names.add(field.object_id_name)
    for name in names & vars(model).keys():
        delattr(model, name)


def _remove(model: Model, name: str) -> None:
    """Remove a field, and what is made of it."""
    meta = model._meta
    field = _field(model, name)
    meta.indexes = [index for index in meta.indexes if not _names_field(index, field)]
    if meta.primary_key is field:
        meta.primary_key = False
    _detach(model, field)


def _names_field(index: Any, field: Any) -> bool:
    if isinstance(index, (tuple, list)):
        return field.name in index[0] or field.column_name in index[0]
    return isinstance(index, pw.ModelIndex) and field in index._expressions


def rename_in_model(model: Model, field: Any, name: str, column: str) -> None:
    """Another name for a field and its column, wherever the model names it."""
    meta, old = model._meta, field.name
    key = meta.primary_key is field
    _detach(model, field)
    for place, index in enumerate(meta.indexes):
        if isinstance(index, (tuple, list)):
            keys = [name if one in (old, field.column_name) else one for one in index[0]]
            meta.indexes[place] = (tuple(keys), index[1])
    if meta.composite_key:
        meta.primary_key.field_names = tuple(
            name if one == old else one for one in meta.primary_key.field_names
        )
    field.column_name = column
    if isinstance(field, pw.ForeignKeyField):
        field.object_id_name = None
    if key:
        meta.set_primary_key(name, field)
    else:
        meta.add_field(name, field)


def _default_of(field: Any) -> Any:
    return field.default() if callable(field.default) else field.default


def _was_indexed(before: Model, field: Any) -> bool:
    old = before._meta.fields.get(field.name)
    return old is not None and bool(old.index or old.unique)


def _field(model: Model, name: str) -> Any:
    """Raises MigrationError if there is none of that name."""
    field = model._meta.fields.get(name)
    if field is None:
        raise MigrationError(
            f"Table {qualified(model)} has no field {name} in the migrations before this one.",
            f"They know {', '.join(model._meta.fields)}.",
        )
    return field
