"""The exact way to read models: as temporary tables on the server.

They are created with the SQL that Peewee would send, and read by the same queries as a live schema;
the caller's transaction rolls them back. This is slow for hundreds of tables; `plain` is the fast
way for models that contain nothing unusual.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from hashlib import md5
from typing import Any

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.diagnosis import sqlstate
from dbkit.errors import ModelsError
from dbkit.fields import EnumField, TypeName, create_enum
from dbkit.pinned_queries import ask
from dbkit.transactions import GONE, is_open, rolled_back

from ..names import Name
from ..peewee_models import (
    Model,
    described,
    made_up_index_names,
    sequences,
    truncated,
    with_targets,
)
from ..sql import folded, quoted
from ..values import Check, Exclusion, ForeignKey, Index, Part, PrimaryKey, Table, Unique
from . import catalog, queries

# a table that raw SQL names without a schema (Peewee's own references are table_name)
REFERENCED = re.compile(r'\bREFERENCES\s+("(?:[^"]|"")++"|\w++)(?!\s*\.)', re.IGNORECASE)
CONSTRAINT = re.compile(r'CONSTRAINT\s+("(?:[^"]|"")+"|\w+)', re.IGNORECASE)
# the temporary objects that are not older than the first table that dbkit created
COMMITTED = """
SELECT format('DROP %%s IF EXISTS pg_temp.%%I CASCADE', made.kind, made.name) FROM (
    SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname, age(c.xmin)
    FROM pg_catalog.pg_class c
    WHERE c.relkind IN ('r', 'S') AND c.relnamespace = pg_my_temp_schema()
    UNION ALL
    SELECT 'TYPE', t.typname, age(t.xmin) FROM pg_catalog.pg_type t
    WHERE t.typtype = 'e' AND t.typnamespace = pg_my_temp_schema()
) AS made(kind, name, age)
WHERE made.age <= (SELECT age(c.xmin) FROM pg_catalog.pg_class c
                   WHERE c.relnamespace = pg_my_temp_schema() AND c.relname = 'dbkit_may_i')
"""


def read(database: pw.Database, models: Iterable[Model], names: Names) -> tuple[Table, ...]:
    """Return the tables that the server creates for the models. Their enum types must exist. Raises
    ModelsError for a table that the server cannot create."""
    wanted = {names.table(model): model for model in models}
    if not wanted:
        return ()
    every = with_all_targets(wanted, names)
    names.taken.update(name for (name,) in ask(database, queries.TAKEN).fetchall())
    ddl = _create_all(database, every, names)
    created = catalog.read(database, ["pg_temp"], names.seen)
    return tuple(
        _with_named(table, wanted[table.name], ddl[table.name])
        for table in created.tables
        if table.name in wanted
    )


def with_all_targets(models: dict[Name, Model], names: Names) -> list[Model]:
    """Return the models and all models to which they point. If a table has a model in `models`,
    that model is used instead of another model to which a foreign key points."""
    targets = {names.table(one): one for one in with_targets(models.values())}
    return list((targets | models).values())


@dataclass(frozen=True)
class Names:
    """The names of tables and types in a Schema and in the temporary schema. `own` is the schema
    whose objects have a Name without a schema. The temporary schema takes the tables of all
    schemas, even if two have the same name."""

    own: str
    enums: dict[str, Name] = field(default_factory=dict)  # temporary name -> name in a Schema
    types_there: dict[Name, str] = field(default_factory=dict)  # the other way round
    written: dict[str, str] = field(default_factory=dict)  # made-up name -> live name
    tables: dict[str, Name] = field(default_factory=dict)  # temporary name -> name in a Schema
    taken: set[str] = field(default_factory=set)  # names that a temporary table must not have
    types: dict[Any, tuple[str, str]] = field(default_factory=dict)  # the cache of `plain`

    def of_temporary(self, name: str) -> Name:
        """Return the name in a Schema of an object of the temporary schema."""
        known = self.enums.get(name) or self.tables.get(name)
        return known or Name("pg_temp" if name in self.taken else "", name)

    def seen(self, schema: str, name: str) -> Name:
        """Return the name in a Schema of an object that a query found."""
        temporary = schema.startswith("pg_temp")
        return self.of_temporary(name) if temporary else self.qualified(schema, name)

    def qualified(self, schema: str | None, name: str) -> Name:
        return Name(schema if schema and schema != self.own else "", name)

    def enum(self, field: EnumField) -> Name:
        return self.qualified(field.model._meta.schema, truncated(field.type_name))

    def temporary(self, model: Model) -> str:
        """Return the name of the model's temporary table: the name of the table as a text, unless
        PostgreSQL would truncate it, another table has it, or it would hide a type. (pg_temp is
        searched before pg_catalog, so a temporary table `text` would hide the type.)"""
        name = self.table(model)
        text = str(name)
        if truncated(text) != text or text in self.taken or self.tables.get(text, name) != name:
            text = made_up(name)
        self.tables[text] = name
        return text

    def as_live(self, table: Table) -> Table:
        """Return the table with the live names of types in its expressions."""
        if not self.written:
            return table
        return replace(table, parts=self._as_live(table.parts))

    def _as_live(self, value: Any) -> Any:
        if isinstance(value, Name):
            return value
        if isinstance(value, tuple):
            return tuple(map(self._as_live, value))
        if is_dataclass(value) and not isinstance(value, type):
            every = {one.name: self._as_live(getattr(value, one.name)) for one in fields(value)}
            return replace(value, **every)
        if isinstance(value, str):
            for made_up_name, name in self.written.items():
                value = value.replace(made_up_name, name)
        return value

    def table(self, model: Model) -> Name:
        return self.qualified(model._meta.schema, truncated(model._meta.table_name))


def made_up(name: Name) -> str:
    """Return a name for the temporary copy of a table or type."""
    return f"dbkit_{md5(name.sql.encode(), usedforsecurity=False).hexdigest()}"


def enums(models: Iterable[Model], names: Names) -> dict[Name, EnumField]:
    """Return the models' enum types by name. Raises ModelsError if two models disagree on the
    labels of a type."""
    found: dict[Name, EnumField] = {}
    for model in models:
        for one in model._meta.sorted_fields:
            if not isinstance(one, EnumField):
                continue
            if long := [label for label in one.labels if len(label.encode(errors="replace")) > 63]:
                raise ModelsError(
                    f"The label {long[0]!r} of {_where(one)} is longer than 63 bytes.",
                    "Shorten the label: PostgreSQL limits the labels of enum types to 63 bytes.",
                )
            name = names.enum(one)
            first = found.setdefault(name, one)
            if first.labels != one.labels:
                raise ModelsError(
                    f"Two models give the enum type {name} different labels: "
                    f"{_where(first)} {list(first.labels)}, "
                    f"{_where(one)} {list(one.labels)}.",
                    "Use one Enum class for both models, or give one field another type_name.",
                )
    return found


def create_type(database: pw.Database, name: str, field: EnumField) -> None:
    """Create the type of a field under a temporary name. Raises ModelsError."""
    try:
        create_enum(database, name, field.labels, "pg_temp")
    except Exception as error:  # the driver lets through errors of all classes
        raise ModelsError(
            f"The server cannot create the enum type {field.type_name} of {_where(field)}: "
            f"{described(error)}",
            "Correct its labels.",
        ) from error


def _where(field: EnumField) -> str:
    return f"{field.model.__name__}.{field.name}"


def _create_all(database: pw.Database, models: list[Model], names: Names) -> dict[Name, str]:
    """Create the tables; return the SQL of each by name. A table that needs a later table waits.
    (Peewee does not see foreign keys in raw SQL.)"""
    for model in models:
        _create_sequences(database, model)
    ddl: dict[Name, str] = {}
    waiting, failed = models, {}
    while waiting:
        for model in waiting:
            try:
                with database.savepoint():
                    ddl[names.table(model)] = _create(database, model, names)
            except Exception as error:  # Peewee and the driver let through errors of all classes
                if not is_open(database) or sqlstate(error) in GONE:
                    raise _ended(model) from error
                failed[model] = error
        if len(failed) == len(waiting):
            model, first = next(iter(failed.items()))
            if not any([_stand_in(database, one, names) for one in failed]):
                raise _impossible(model, first) from first
        waiting, failed = list(failed), {}
    for model in models:
        for key in model._meta.refs:
            if key.deferred:  # create_table leaves these to create_foreign_key
                _manager(database, model, names).create_foreign_key(key)
    return ddl


def _stand_in(database: pw.Database, model: Model, names: Names) -> bool:
    """Copy the tables to which a model's SQL points into the temporary schema, because a temporary
    table can only point to temporary tables. Return whether there were any."""
    made = False
    try:
        manager = _manager(database, model, names)
        ddl, _ = internals.table_statement(manager, temporary=True)
    except Exception:  # Peewee raises errors of any class; this error has been noted already
        return False
    for name in dict.fromkeys(REFERENCED.findall(ddl)):
        copied = f"CREATE TEMPORARY TABLE {name} (LIKE {name} INCLUDING INDEXES)"
        # the table is temporary already, or does not exist
        with suppress(Exception), database.savepoint():
            database.execute_sql(copied)
            made = True
    return made


def _create_sequences(database: pw.Database, model: Model) -> None:
    for schema, name in sequences([model]):
        if schema is None:  # another schema has the sequence, or the server says that it lacks it
            sql = f"CREATE TEMPORARY SEQUENCE IF NOT EXISTS {quoted(name)}"
            try:
                database.execute_sql(sql.replace("%", "%%"))
            except Exception as error:
                raise _impossible(model, error) from error


class Ended(ModelsError):
    """The SQL of a model ends the transaction in which dbkit tries it."""


@contextmanager
def trying(database: pw.Database) -> Iterator[None]:
    """Roll back the temporary tables of the block; drop them if the SQL of a model commits them."""
    with rolled_back(database, more="; CREATE TEMPORARY TABLE dbkit_may_i ()"):
        try:
            yield
        except Ended:
            _drop_committed(database)
            raise


def _drop_committed(database: pw.Database) -> None:
    if is_open(database):  # the model began another transaction
        database.execute_sql("ROLLBACK")
    for (drop,) in ask(database, COMMITTED).fetchall():
        database.execute_sql(drop.replace("%", "%%"))


def _ended(model: Model) -> Ended:
    return Ended(
        f"The SQL of model {model.__name__} ends the transaction in which dbkit tries it, so the "
        "models cannot be compared.",
        "Remove COMMIT and ROLLBACK from its constraints, defaults and indexes.",
    )


def _impossible(model: Model, error: Exception) -> ModelsError:
    from ..model_hints import hint_on_postgres  # only for this error

    return ModelsError(
        f"The server cannot create table {model._meta.table_name} of model "
        f"{model.__name__}: {described(error)}",
        hint_on_postgres(model, error),
    )


def _create(database: pw.Database, model: Model, names: Names) -> str:
    """Create a table and its indexes; return the SQL."""
    manager, statements = _manager(database, model, names), []
    for sql, params in (
        internals.table_statement(manager, temporary=True),
        *internals.index_statements(manager),
    ):
        statements.append(sql)
        database.execute_sql(_on_temporary(sql, model, names), params)
    return "\n".join(statements)


def _on_temporary(sql: str, model: Model, names: Names) -> str:
    """A statement in which the model's SQL names the table with its schema: it must not reach the
    live table."""
    own = names.table(model)
    schema, table = (rf'(?:"{re.escape(quoted(name)[1:-1])}"|{re.escape(name)})'
                     for name in (own.schema or names.own, own.bare))  # fmt: skip
    found = re.compile(rf'(?<![\w".]){schema}\s*\.\s*{table}(?![\w"$])', re.IGNORECASE)
    temporary = f"pg_temp.{quoted(names.temporary(model))}"
    return found.sub(lambda _: temporary, sql)


def _manager(database: pw.Database, model: Model, names: Names) -> Any:
    return internals.schema_manager(model, database, lambda: _context(database, names))


def _context(database: pw.Database, names: Names) -> Any:
    class Context(database.context_class):
        """A context that puts every table and enum type into the temporary schema."""

        def sql(self, obj: Any) -> Any:
            if pw.is_model(obj):
                obj = obj._meta.table
            if isinstance(obj, pw.Table) and (model := internals.model_of_table(obj)) is not None:
                obj = pw.Entity("pg_temp", names.temporary(model))
            elif isinstance(obj, TypeName):
                name = names.qualified(obj.schema, truncated(obj.name))
                obj = pw.Entity("pg_temp", names.types_there.get(name, obj.name))
            return super().sql(obj)

    return Context(scope=pw.SCOPE_VALUES, **database.get_context_options())


def _with_named(table: Table, model: Model, ddl: str) -> Table:
    """The table with its names marked: `named` says whether the name was chosen."""
    written = {truncated(_unquoted(name)) for name in CONSTRAINT.findall(ddl)}
    made_up = set(map(truncated, made_up_index_names(model)))

    def marked(part: Part) -> Part:
        match part:
            case Index():
                return replace(part, named=part.name not in made_up)
            case PrimaryKey() | ForeignKey() | Unique() | Check() | Exclusion():
                return replace(part, named=part.name in written)
            case _:
                return part

    return replace(table, parts=tuple(map(marked, table.parts)))


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else folded(name)
