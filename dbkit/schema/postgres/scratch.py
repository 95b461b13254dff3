"""The models as temporary tables: what the server itself makes of them.

They are created with the SQL that Peewee would send, read back by the same queries as a live
schema, and left to the caller's transaction to roll back. Slow for hundreds of tables, and always
right: `plain` is the quick way, for models that say nothing unusual.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import peewee as pw

from dbkit.errors import ModelsError
from dbkit.fields import EnumField, TypeName

from ..models import Model, chosen_index_names, with_targets
from ..values import Check, Exclusion, ForeignKey, Index, Part, PrimaryKey, Table, Unique
from . import catalog


def read(database: pw.Database, models: Iterable[Model], own: str) -> tuple[Table, ...]:
    """The tables the server makes of the models; `own` is the connection's own schema. Their enum
    types must be there. Raises ModelsError for a table that the server cannot make."""
    wanted = {key(model, own): model for model in models}
    if not wanted:
        return ()
    every = with_targets(wanted.values())
    ddl = {key(model, own): _create(database, model, own) for model in every}
    found = catalog.read(database, ["pg_temp"], lambda _, name: name)
    return tuple(
        _with_named(table, wanted[table.name], ddl[table.name])
        for table in found.tables
        if table.name in wanted
    )


def enums(models: Iterable[Model]) -> dict[str, EnumField]:
    """The models' enum types by name. Raises ModelsError if two models disagree about one."""
    found: dict[str, EnumField] = {}
    for model in models:
        for field in model._meta.sorted_fields:
            if not isinstance(field, EnumField):
                continue
            first = found.setdefault(field.type_name, field)
            if first.labels != field.labels:
                raise ModelsError(
                    f"Two models give the enum type {field.type_name} different labels: "
                    f"{_where(first)} {list(first.labels)}, "
                    f"{_where(field)} {list(field.labels)}.",
                    "Use one Enum class for both, or give one of them another type_name.",
                )
    return found


def _where(field: EnumField) -> str:
    return f"{field.model.__name__}.{field.name}"


def _create(database: pw.Database, model: Model, own: str) -> str:
    """Create one table and its indexes; give the SQL that did it."""
    manager = type(model._schema)(model, database)
    manager._create_context = lambda: _context(database, own)
    statements = []
    try:
        for query in (
            manager._create_table(safe=False, temporary=True),
            *manager._create_indexes(safe=False),
        ):
            sql, params = query.query()
            statements.append(sql)
            database.execute_sql(sql, params)
    except pw.PeeweeException as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelsError(
            f"The server cannot make table {model._meta.table_name} of model "
            f"{model.__name__}: {reason}",
            "Correct the model, or create what it needs (an extension, a type) first.",
        ) from error
    return "\n".join(statements)


def _context(database: pw.Database, own: str) -> Any:
    class Context(database.context_class):
        """Puts every table and enum type into the session's temporary schema."""

        def sql(self, obj: Any) -> Any:
            if isinstance(obj, pw.Table) and obj._model is not None:
                obj = pw.Entity("pg_temp", key(obj._model, own))
            elif isinstance(obj, TypeName):
                obj = pw.Entity("pg_temp", obj.name)
            return super().sql(obj)

    return Context(scope=pw.SCOPE_VALUES, **database.get_context_options())


def key(model: Model, own: str) -> str:
    """The table's name in a Schema, and its name in the temporary schema: two schemas may hold
    tables of one name, the temporary schema may not."""
    name = model._meta.table_name.encode()[:63].decode(errors="ignore")
    return qualified(model._meta.schema, name, own)


def qualified(schema: str | None, name: str, own: str) -> str:
    """A name in a Schema: with its schema in front unless that is the connection's own."""
    return name if schema in (None, own) else f"{schema}.{name}"


def _with_named(table: Table, model: Model, ddl: str) -> Table:
    """The table with those of its constraints and indexes marked whose name somebody chose."""
    indexes = chosen_index_names(model)
    return replace(table, parts=tuple(_marked(part, ddl, indexes) for part in table.parts))


def _marked(part: Part, ddl: str, indexes: set[str]) -> Part:
    match part:
        case Index():
            return replace(part, named=part.name in indexes)
        case PrimaryKey() | ForeignKey() | Unique() | Check() | Exclusion():
            name = re.escape(part.name or "")
            written = re.search(rf'CONSTRAINT\s+("{name}"|{name}\b)', ddl, re.IGNORECASE)
            return replace(part, named=bool(written))
        case _:
            return part
