"""The operations of a migration. They work on both dialects and keep the rows.

Most operations edit the history's model of a table; then the table is changed accordingly (see
`reshape`). Neighbouring operations share a `Reshape`, in which their order does not matter. A model
is given as a class, a class name, or a table name (qualified if it has a schema); a field by its
name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.errors import MigrationError
from dbkit.schema.peewee_models import Model, table_name
from dbkit.schema.sql import quoted

from .constraint_operations import ConstraintOperations
from .edit_models import default_of, field_of, is_filled, put_field, remove_field, rename_in_model
from .enum_operations import EnumOperations
from .operation_queue import Creation, OperationQueue, create_sequences, table_sql
from .render_model import usual_column
from .reshape import Reshape, cloned
from .unknown_tables import is_of_project, own_copy, point
from .without_views import RemovedViews


class Migrator(EnumOperations, ConstraintOperations):
    """The operations of a migration, with those of peewee-migrate. They work on PostgreSQL and
    SQLite, and keep the rows.

    An operation waits until the next line that uses the database in another way, so neighbouring
    operations change a table together.

    Attributes:
        orm: The models as the earlier files and operations made them: `migrator.orm["users"]`.
        database: The database that the migration changes.
        on_scratch: Whether this is a scratch database, on which the file is only tried.
    """

    def create_model(self, model: Model) -> Model:
        """Create the table of a model, with its indexes, foreign keys and missing enum types.

        Returns the model as the later operations of the file know it.
        """
        if is_of_project(model):
            model = own_copy(model, self.orm.tables.get)
        model._meta.set_database(self.database)
        self.orm.add(model)
        self._link([model])
        self.queue.append(Creation(model))
        return model

    def expect_model(self, model: Model) -> Model:
        """Stop unless the table exists: it belongs to others, and SQL of the migration points to
        it. On a scratch database, dbkit creates it from the model."""
        self._do("expect_model", lambda: self._expect(model))
        return model

    def _expect(self, model: Model) -> None:
        if table_name(model) not in {table.name for table in self._live().tables}:
            raise MigrationError(
                f"Table {table_name(model)} does not exist. Foreign keys of this migration point "
                "to it, and no migration creates it.",
                "Create the table first, for example with the tool that it belongs to.",
            )

    def remove_model(self, model: Model | str, *, cascade: bool = False) -> None:
        """Drop a table. Foreign keys of tables that the same step removes do not block it.

        Another object that depends on the table (a view) is an error. With `cascade`, it is dropped
        too.
        """
        model = self.get_model(model)
        if cascade:
            self.run_queue()
            self.orm.remove(model)
            sql = f"DROP TABLE {table_sql(model)}{self._dialect.cascade}"
            self._sql("remove_model", sql)
            return
        with self._edited(model) as reshape:
            self.orm.remove(model)
        reshape.after[table_name(model)] = None

    def rename_table(self, model: Model | str, new_name: str) -> Model:
        """Rename a table. Its rows, indexes and foreign keys stay."""
        model = self.get_model(model)
        self.run_queue()
        meta, old = model._meta, table_sql(model)
        self.orm.remove(model)
        meta.set_table_name(new_name)
        meta.indexes = [
            internals.index_with(index, model) if isinstance(index, pw.ModelIndex) else index
            for index in meta.indexes
        ]
        self.orm.add(model)
        self._sql("rename_table", f"ALTER TABLE {old} RENAME TO {quoted(new_name)}")
        return model

    def move_table(self, model: Model | str, schema: str) -> Model:
        """Move a table to another schema of PostgreSQL. Raises MigrationError on SQLite, whose
        schemas are attached databases.
        """
        model = self.get_model(model)
        if not self._dialect.alters_tables:
            raise MigrationError("SQLite cannot move a table to another schema.")
        self.run_queue()
        old = table_sql(model)
        self.orm.remove(model)
        model._meta.schema = schema
        del model._meta.table
        self.orm.add(model)
        self._sql("move_table", f"ALTER TABLE {old} SET SCHEMA {quoted(schema)}")
        return model

    @contextmanager
    def without_views(self, *names: str) -> Iterator[None]:
        """Drop views for a block of operations, and restore them exactly at its end::

            with migrator.without_views("active_users"):
                migrator.change_fields("users", name=pw.TextField())

        PostgreSQL does not change a column that a view reads. Name the views, and those that depend
        on them. The definition, options, owner, privileges, comments, rules and triggers are
        restored. Raises MigrationError, before anything changes, if a view cannot be restored.
        """
        if self.following:
            yield
            return
        self._before_statements()
        with self.own():
            views = RemovedViews(self.database, names)
            views.remove()
        yield
        self._before_statements()
        with self.own():
            views.restore()

    def recreate(self, *statements: str) -> None:
        """Run SQL statements that drop objects and create them again (a view, a function).

        Their owner, privileges, comments and settings are restored. Percent signs are not doubled.
        """
        database = self.database
        self._do("recreate", lambda: self._dialect.recreate(database, statements))

    def change_options(self, model: Model | str, **options: Any) -> Model:
        """Change options of the model's `Meta`: `strict_tables` and `without_rowid` (SQLite),
        `table_settings`, `options`.
        """
        with self._edited(model := self.get_model(model)):
            for name, value in options.items():
                setattr(model._meta, name, value)
        return model

    def set_primary_key(self, model: Model | str, *names: str) -> Model:
        """Make these fields the primary key. Without fields, drop the primary key."""
        with self._edited(model := self._with_fields(model, *names)):
            meta, keys = model._meta, [field_of(model, name) for name in names]
            if isinstance(meta.primary_key, pw.Field) and not meta.composite_key:
                meta.primary_key.primary_key = False
            meta.composite_key, meta.primary_key = False, False
            if len(keys) == 1:
                keys[0].primary_key = True
                meta.primary_key = keys[0]
            elif keys:
                internals.set_composite_key(model, *(one.name for one in keys))
        return model

    def add_fields(
        self, model: Model | str, /, *, allow_not_null: Any = False, **fields: pw.Field
    ) -> Model:
        """Add columns, with the index, the foreign key and the checks of each field::

            migrator.add_fields("users", phone=pw.CharField(20, null=True))

        If the field has a `default=`, the existing rows get it. A NOT NULL field without a default
        needs an empty table; otherwise add it with `null=True`, call `fill`, and then
        `add_not_null`.
        """
        model = self.get_model(model)
        if isinstance(allow_not_null, pw.Field):  # a field may have this name
            fields = {**fields, "allow_not_null": allow_not_null}
        self._make_room(model, {field.column_name or usual_column(name, field)
                                for name, field in fields.items()})  # fmt: skip
        filled = {name: field for name, field in fields.items() if is_filled(field)}
        with self._edited(model):
            for name, field in fields.items():
                put_field(model, name, field)
                if name in filled:
                    field.null = True
        self._with_sequences(model, fields)
        for name, field in filled.items():
            self.fill(model, **{name: default_of(field)})
            self.add_not_null(model, name)
        return model

    def _make_room(self, model: Model, columns: set[str]) -> None:
        """Forget columns of these names that an operation or a statement dropped before."""
        last = self.queue[-1] if self.queue else None
        before = last.before.get(table_name(model)) if isinstance(last, Reshape) else None
        if columns & (model._meta.columns.keys() | (before._meta.columns if before else {}).keys()):
            self.run_queue()
        for column in columns & model._meta.columns.keys():
            remove_field(model, column)

    def change_fields(self, model: Model | str, /, **fields: pw.Field) -> Model:
        """Change columns as these fields say: type, nullability, default of the server, foreign
        key, index::

            migrator.change_fields("users", name=pw.CharField(100))

        A field with another `column_name` renames the column. Foreign keys to a changed column get
        its type. Values are converted as PostgreSQL assigns them; `alter_type` takes an expression
        for the others.
        """
        model = self._with_fields(model, *fields)
        fields = {field_of(model, name).name: field for name, field in fields.items()}
        for name, field in fields.items():
            old = field_of(model, name)
            column = field.column_name or (
                old.column_name if usual_column(name, old) == old.column_name
                and isinstance(old, pw.ForeignKeyField) == isinstance(field, pw.ForeignKeyField)
                else usual_column(name, field))  # fmt: skip
            if column != old.column_name:
                self.rename_field(model, name, name, column_name=column)
            field.column_name = column
        keys = self._keys_to([field_of(model, name) for name in fields])
        with self._edited(*dict.fromkeys([model, *(key.model for key in keys)])):
            for name, field in fields.items():
                put_field(model, name, field)
                self._mean(model, field, "type", "nullable", "default", "collation")
            for key in keys:
                if key.model._meta.fields.get(key.name) is key:
                    point(key, key.rel_model)
        self._with_sequences(model, fields)
        return model

    def _with_sequences(self, model: Model, fields: Mapping[str, Any]) -> None:
        """Create the sequences that the fields name before the table is changed."""
        if any(field.sequence for field in fields.values()) and not self.following:
            with self.own():
                create_sequences(model)

    def _keys_to(self, targets: Sequence[Any]) -> list[Any]:
        """The foreign keys to these fields, the foreign keys to those, and so on."""
        every = list(targets)
        for target in every:  # the list grows in the loop
            for model in self.orm:
                every += [key for key in model._meta.refs
                          if key.rel_field is target
                          and not any(one is key for one in every)]  # fmt: skip
        return every[len(targets) :]

    def alter_type(
        self, model: Model | str, name: str, field: pw.Field, using: str | None = None
    ) -> Model:
        """Change a column as `field` says, and convert its values with the SQL expression `using`::

            migrator.alter_type("orders", "total", pw.IntegerField(), using="round(total * 100)")

        PostgreSQL needs `using` where it has no automatic cast. SQLite ignores it.
        """
        model = self.change_fields(model, **{name: field})
        if using:
            place = (table_name(model), field_of(model, name).column_name)
            self._reshape().using[place] = using
        return model

    def remove_fields(
        self, model: Model | str, *names: str, cascade: bool = False, **_: Any
    ) -> Model:
        """Drop columns, with the indexes and constraints that name them.

        Another object that depends on a column (a view) is an error. With `cascade`, PostgreSQL
        drops it too.
        """
        model = self._with_fields(model, *names)
        if cascade and self._dialect.cascade:
            self.run_queue()
            for name in names:
                column = quoted(field_of(model, name).column_name)
                remove_field(model, name)
                self._sql("remove_fields", f"ALTER TABLE {table_sql(model)} DROP {column} CASCADE")
            return model
        with self._edited(model):
            for name in names:
                remove_field(model, name)
        return model

    def rename_field(
        self, model: Model | str, old_name: str, new_name: str, column_name: str | None = None
    ) -> Model:
        """Rename a field and its column. Indexes, checks and foreign keys follow.

        `column_name` is the new name of the column, if it is not Peewee's usual name for the field.
        """
        model = self._with_fields(model, old_name)
        self.run_queue()
        field = field_of(model, old_name)
        old, new = field.column_name, column_name or usual_column(new_name, field)
        rename_in_model(model, field, new_name, new)
        if new != old:
            self._sql("rename_field", f"ALTER TABLE {table_sql(model)} RENAME COLUMN "
                      f"{quoted(old)} TO {quoted(new)}")  # fmt: skip
        return model

    def add_default(self, model: Model | str, name: str, default: Any) -> Model:
        """Set the default of a field in Python, and give it to the rows that have no value, as in
        peewee-migrate.

        `set_default` sets the default of the server.
        """
        model = self._with_fields(model, name)
        field = cloned(field_of(model, name))
        field.default = default
        put_field(model, field.name, field)
        return self.fill(model, **{field.name: default_of(field)})

    # the names that peewee-migrate used before version 1
    create_table, drop_table, python = create_model, remove_model, OperationQueue.run
    add_columns, change_columns, drop_columns = add_fields, change_fields, remove_fields
    rename_column = rename_field
