"""The fast way to read models: in Python, if they contain nothing unusual.

`read` returns None for a model with a field that has its own DDL, a constraint that is not a single
DEFAULT or CHECK, an expression in an index, or a type that this file does not know. Then
`temporary_tables` shows the whole table to the server. The server's spelling of a DEFAULT or CHECK
is predicted, and the value keeps the model's text as its `source`; `settle` asks the server if the
live database has another spelling.
"""

from __future__ import annotations

import re
from typing import Any

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.fields import EnumField, ServerDefault

from ..details import Action, Key
from ..names import Name
from ..peewee_models import Model, is_made_up, key_fields, truncated
from ..sql import closing
from ..values import Check, Column, ForeignKey, Index, Part, PrimaryKey, Table
from .temporary_tables import Names

# format_type's spelling of what Peewee's fields declare (PostgreSQL manual, table 8.1)
TYPES = {
    "VARCHAR": "character varying",
    "CHAR": "character",
    "TEXT": "text",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "SMALLINT": "smallint",
    "REAL": "real",
    "DOUBLE PRECISION": "double precision",
    "NUMERIC": "numeric",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time without time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMPTZ": "timestamp with time zone",
    "UUID": "uuid",
    "BYTEA": "bytea",
    "JSON": "json",
    "JSONB": "jsonb",
}
SERIALS = {"SERIAL": "integer", "BIGSERIAL": "bigint"}
IDENTITY = re.compile(r"([A-Z]+) GENERATED (ALWAYS|BY DEFAULT) AS IDENTITY")
INTEGERS = {"INT": "integer", "INTEGER": "integer", "BIGINT": "bigint", "SMALLINT": "smallint"}
TYPE = re.compile(r"([A-Z ]+?)(?:\(([1-9]\d*(?:, *\d+)?)\))?")
# types with a size, and how many numbers format_type prints; without a size, CHAR means CHAR(1)
SIZES = {"VARCHAR": 1, "CHAR": 1, "NUMERIC": 2}
ACTIONS = {"NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"}
DEFERRABLE = {"INITIALLY DEFERRED", "INITIALLY IMMEDIATE"}
# % is special to the driver; the others begin syntax that this file does not read
UNREAD = re.compile(r"[%$\\;]|--|/\*")
TEXT = re.compile(r"'(?:[^']|'')*'")
NEGATIVE = re.compile(r"-\d+(\.\d+)?")
CHECK = re.compile(r"CHECK\s*\(", re.IGNORECASE)
CONSTANTS = {
    "TRUE": "true",
    "FALSE": "false",
    "CURRENT_DATE": "CURRENT_DATE",
    "CURRENT_TIMESTAMP": "CURRENT_TIMESTAMP",
    "NOW()": "CURRENT_TIMESTAMP",  # see `equivalent_spellings`
}
CAST = re.compile(r"\([^)]*\)$")
WORD = re.compile(r"[a-z_][a-z0-9_]*")


class _Unusual(Exception):
    pass


def read(model: Model, context: Any, names: Names) -> Table | None:
    """Return the model's table, or None if only the server can tell.

    `context` is a context of Peewee for SQL without parameters.
    """
    meta, name = model._meta, names.table(model)
    try:
        _require_plain(model)
        parts: list[Part] = []
        keys = key_fields(model)
        key_names = {key.name for key in keys}
        for field in meta.sorted_fields:
            parts += _column(field, field.name in key_names, context, names)
        if keys:
            # PostgreSQL shortens the table's name, and keeps the ending
            key_name = f"{truncated(meta.table_name, 63 - len('_pkey'))}_pkey"
            parts.append(PrimaryKey(_names(keys), name=key_name, named=False))
        for field in meta.sorted_fields:
            if isinstance(field, pw.ForeignKeyField):
                parts.append(_foreign_key(field, names))
        for node in meta.constraints or ():
            parts.append(_check(*_sql(node, context)))
        given = {id(index) for index in meta.indexes}  # Peewee makes and names the others now
        for index in meta.fields_to_index():
            parts.append(_index(index, id(index) in given and not is_made_up(index)))
    except _Unusual:
        return None
    return Table(name, tuple(parts))


def _require_plain(model: Model) -> None:
    meta = model._meta
    unusual = meta.table_settings or meta.options or meta.strict_tables or meta.without_rowid
    manager = internals.schema_manager_class(model)
    if unusual or not internals.renders_usual_statements(manager):
        raise _Unusual


def _names(fields: Any) -> tuple[str, ...]:
    return tuple(truncated(field.column_name) for field in fields)


def _column(field: Any, is_key: bool, context: Any, names: Names) -> list[Part]:
    """The column and its checks."""
    if type(field).ddl not in (pw.Field.ddl, EnumField.ddl) or field.sequence or field.collation:
        raise _Unusual
    type_, identity = _type(field, context, names)
    source, checks = None, []
    for node in field.constraints or ():
        text, name = _sql(node, context)
        if text[:7].upper() == "DEFAULT" and source is None and not name:
            source = text[7:].strip()
        else:
            checks.append(_check(text, name))
    if identity and source is not None:  # the server refuses both together
        raise _Unusual
    name, nullable = truncated(field.column_name), field.null and not is_key
    if source is None:
        return [Column(name, type_, nullable, None, identity), *checks]
    return [Column(name, type_, nullable, _default(source, type_, field), source=source), *checks]


def _type(field: Any, context: Any, names: Names) -> tuple[str | Name, str]:
    if isinstance(field, EnumField):
        return names.enum(field), ""
    if type(field).ddl_datatype is not pw.Field.ddl_datatype:
        return _declared(field.ddl_datatype(context))
    key = (field.field_type, *(field.get_modifiers() or ()))
    if key not in names.types:
        names.types[key] = _declared(field.ddl_datatype(context))
    return names.types[key]


def _declared(ddl: Any) -> tuple[str, str]:
    """(type in the spelling of `format_type`, identity) of a type as Peewee declares it."""
    if not isinstance(ddl, pw.SQL) or ddl.params:
        raise _Unusual
    match = TYPE.fullmatch(ddl.sql)
    base, size = match.groups() if match else ("", "")
    if base in SERIALS:
        return SERIALS[base], "serial"
    numbered = IDENTITY.fullmatch(ddl.sql)
    if numbered and numbered[1] in INTEGERS:
        return INTEGERS[numbered[1]], numbered[2].lower()
    numbers = size.count(",") + 1 if size else 0
    if base not in TYPES or numbers not in (SIZES.get(base, 0), 0) or (base == "CHAR" and not size):
        raise _Unusual
    return TYPES[base] + (f"({size.replace(' ', '')})" if size else ""), ""


def _sql(node: Any, context: Any) -> tuple[str, str | None]:
    """(SQL, name) of a constraint with a single clause."""
    if type(node) is pw.SQL:
        name = None
    elif isinstance(node, pw.NodeList) and len(node.nodes) == 3:  # a Check with a name
        word, entity, node = node.nodes
        named = isinstance(word, pw.SQL) and word.sql == "CONSTRAINT"
        if not named or not isinstance(entity, pw.Entity):
            raise _Unusual
        name = truncated(internals.entity_name(entity))
    else:
        name = None
    if not isinstance(node, pw.SQL) or node.params or type(node) not in (pw.SQL, ServerDefault):
        raise _Unusual
    if UNREAD.search(node.sql):
        raise _Unusual
    return node.sql.strip(), name


def _default(source: str, type_: str | Name, field: Any) -> str:
    """The server's probable spelling of a default."""
    if source[:1] == "'" and TEXT.fullmatch(source):
        base = CAST.sub("", str(type_))
        if isinstance(field, EnumField):
            base = field.type_name if WORD.fullmatch(field.type_name) else f'"{field.type_name}"'
        return f"{source}::{base if base != 'character' else 'bpchar'}"
    if source[:1] == "-" and NEGATIVE.fullmatch(source):
        return f"'{source}'::{'numeric' if '.' in source else 'integer'}"
    return CONSTANTS.get(source.upper(), source)


def _check(text: str, name: str | None) -> Check:
    head = CHECK.match(text)
    if head is None or closing(text) != len(text) - 1:
        raise _Unusual
    source = text[head.end() : -1].strip()
    return Check(f"({source})", name=name, named=name is not None, source=source)


def _foreign_key(field: Any, names: Names) -> ForeignKey:
    if type(field).foreign_key_constraint is not pw.ForeignKeyField.foreign_key_constraint:
        raise _Unusual
    on_delete, on_update = ((action or "NO ACTION").upper() for action in
                            (field.on_delete, field.on_update))  # fmt: skip
    deferrable = (field.deferrable or "").upper()
    if {on_delete, on_update} - ACTIONS or (deferrable and deferrable not in DEFERRABLE):
        raise _Unusual
    return ForeignKey(
        _names([field]),
        names.table(field.rel_model),
        _names([field.rel_field]),
        Action(on_delete),
        on_update,
        deferrable=deferrable,
        name=truncated(
            field.constraint_name or f"{field.model._meta.table_name}_{field.column_name}_fkey"
        ),
        named=field.constraint_name is not None,
    )


def _index(index: Any, named: bool) -> Index:
    if not isinstance(index, pw.ModelIndex):
        raise _Unusual
    parts = internals.index_parts(index)
    if parts.where is not None or not all(isinstance(key, pw.Field) for key in parts.keys):
        raise _Unusual
    return Index(
        tuple(map(Key, _names(parts.keys))),
        bool(parts.unique),
        (parts.using or "btree").lower(),
        nulls_distinct=parts.nulls_distinct is not False,
        name=truncated(parts.name),
        named=named,
    )
