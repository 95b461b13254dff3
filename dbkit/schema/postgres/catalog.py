"""Reads a PostgreSQL database: the rows of `queries` become the values of a Schema."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import starmap
from typing import Any

import peewee as pw

from dbkit.errors import DatabaseFailed
from dbkit.pinned_queries import ask, ask_all

from ..details import Action, FiringState, Generated, Key, SequenceOptions, Setting, TableOptions
from ..inheritance import descendants
from ..names import Name
from ..values import (
    Attached,
    Attachment,
    Check,
    Column,
    Comment,
    Domain,
    EnumType,
    Exclusion,
    Extension,
    Firing,
    ForeignKey,
    Index,
    Namespace,
    ObjectComment,
    Part,
    Policy,
    PrimaryKey,
    Rule,
    Schema,
    Sequence,
    Table,
    Trigger,
    Unique,
)
from . import queries
from .attachments import ATTACHED
from .equivalent_spellings import one_array, one_spelling

Naming = Callable[[str, str], Name]  # (schema, name) -> the name in a Schema
Places = tuple[tuple[str, str], ...]  # (schema, name) of tables or types
Only = (
    tuple[Places, Places] | None
)  # the tables and the types of `queries.TOUCHED`; None: all tables
NOTHING = (("", ""),)  # a list must not be empty
LIMIT = re.compile(r"\{touched (\S+)\}")

KINDS = {"r": "table", "p": "partitioned table", "f": "foreign table", "v": "view",
         "m": "materialized view"}  # fmt: skip
ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
MATCHES = {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"}
IDENTITIES = {"a": "always", "d": "by default", "": ""}
FIRING = {"O": "origin", "D": "disabled", "R": "replica", "A": "always"}
COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}
REPLICA_IDENTITIES = {"n": "NOTHING", "f": "FULL", "i": "USING INDEX"}
NO_SEQUENCE = SequenceOptions()
LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def read(
    database: pw.Database,
    schemas: list[str],
    naming: Naming,
    comments: bool = False,
    related: Collection[str] = (),
    attached: Attached | None = None,
    only: Only = None,
    *,
    before: str = "",
) -> Schema:
    """Read the schemas in one round trip, for any number of tables. `before` is as in `ask`.

    "pg_temp" means the session's temporary schema. With `comments`, the attachments are read too,
    unless `attached` takes their place.
    `only` limits the tables. Schemas that are only `related` contribute the tables below tables of
    the other schemas. Raises DatabaseFailed if the catalog is damaged.
    """
    if schemas == ["pg_temp"]:
        schemas = list(ask(database, queries.TEMPORARY).fetchone())
    kinds = queries.KINDS | (queries.BESIDE if comments else {})
    if attached is not None:
        kinds.pop("ATTACHED", None)
    rows = _rows(database, schemas, kinds, only, before)
    sequences, constraints = rows["SEQUENCES"], rows["CONSTRAINTS"]
    owned = {(row.oid, row.column): row for row in sequences if _is_columns_own(row)}
    unproven = {(row.oid, *row.columns) for row in constraints if row.type == "n"}
    parts: dict[int, list[Part]] = defaultdict(list)
    for row in rows["COLUMNS"]:
        key = (row.oid, row.name)
        parts[row.oid].append(_column(row, key in unproven, owned.get(key), naming))
    for row in constraints:
        parts[row.oid].append(_constraint(row, naming))
    for row in rows["INDEXES"]:
        parts[row.oid].append(_index(row))
    for oid, trigger in _triggers(rows["TRIGGERS"]):
        parts[oid].append(trigger)
    for row in rows["RULES"]:
        parts[row.oid].append(Rule(row.name, row.definition, FIRING[row.enabled]))
    for row in rows["POLICIES"]:
        parts[row.oid].append(_policy(row))
    for row in rows["COMMENTS"]:
        if row.oid is not None:
            parts[row.oid].append(Comment(row.name, row.text, row.of))
    enums, domains, free = (
        [row for row in rows[kind] if row.schema not in related]
        for kind in ("ENUMS", "DOMAINS", "SEQUENCES")
    )
    return Schema(
        tuple(Namespace(row.name) for row in rows["NAMESPACES"]),
        tuple(_tables(rows["TABLES"], parts, naming, related)),
        tuple(EnumType(naming(row.schema, row.name), tuple(row.labels)) for row in enums),
        tuple(Domain(naming(row.schema, row.name), row.definition, row.type, row.has_rule)
              for row in domains),
        tuple(_own_sequence(row, naming) for row in free if not _is_columns_own(row)),
        tuple(Extension(*row) for row in rows["EXTENSIONS"]),
        tuple(ObjectComment(naming(row.schema, row.name), row.text, row.of)
              for row in rows["COMMENTS"] if row.oid is None),
        _attached(rows["ATTACHED"], naming) if attached is None else attached,
    )  # fmt: skip


def _rows(
    database: pw.Database, schemas: list[str], kinds: Mapping[str, str], only: Only, before: str
) -> dict[str, list[Any]]:
    """The rows of each query by its name; none for a name that is not among the `kinds`."""
    since_18 = database.server_version >= 180000
    enforced, period = ("k.conenforced", "k.conperiod") if since_18 else ("true", "false")
    asked = [sql.replace("{enforced}", enforced).replace("{period}", period)
             for sql in kinds.values()]  # fmt: skip
    found = dict(zip(kinds, _ask(database, asked, schemas, only, before), strict=True))
    return {kind: found.get(kind, []) for kind in queries.KINDS | queries.BESIDE}


def _ask(
    database: pw.Database, asked: Iterable[str], schemas: list[str], only: Only, before: str
) -> list[list[Any]]:
    tables, types = only or ((), ())
    params = {"schemas": schemas, "tables": tables or NOTHING, "types": types or NOTHING}
    limit, shared = (
        (r"AND \1 IN (SELECT oid FROM touched)", queries.TOUCHED) if only is not None else ("", "")
    )
    limited = (LIMIT.sub(limit, sql) for sql in asked)
    return ask_all(database, limited, params, shared, before=before)


def attached(
    database: pw.Database, schemas: list[str], naming: Naming, only: Only, before: str
) -> Attached:
    """Return what the objects of the schemas lose when they are dropped and created again."""
    (rows,) = _ask(database, [ATTACHED], schemas, only, before)
    return _attached(rows, naming)


def _attached(rows: Iterable[Any], naming: Naming) -> Attached:
    found: dict[Attachment, tuple[str, ...]] = defaultdict(tuple)
    for row in rows:
        if row.table:
            found[row.kind, naming(row.schema, row.table), row.name] += (row.statement,)
        else:
            found[row.kind, naming(row.schema, row.name), ""] += (row.statement,)
    return dict(found)


def _tables(
    rows: list[Any], parts: dict[int, list[Part]], naming: Naming, related: Collection[str]
) -> list[Table]:
    tables = [_table(row, parts[row.oid], naming) for row in rows]
    aside = {naming(row.schema, row.name) for row in rows if row.schema in related}
    if not aside:
        return tables
    under = {table.name for table in descendants(tables, lambda one: one.name not in aside)}
    return [table for table in tables if table.name not in aside - under]


def _table(row: Any, parts: Iterable[Part], naming: Naming) -> Table:
    kind = "unlogged table" if row.unlogged and row.kind == "r" else KINDS[row.kind]
    options = TableOptions(
        row.query or "",
        row.partitioned or "",
        tuple(row.parents or ()),
        row.bound or "",
        row.secured,
        row.forced,
        REPLICA_IDENTITIES.get(row.identity, "") if row.kind in "rp" else "",
        row.identity_index or "",
        row.of_type or "",
        _settings(row.settings),
    )
    name = naming(row.schema, row.name)
    above = tuple(naming(*one) for one in row.parent_names or ())
    return Table(name, tuple(parts), kind, options, above, row.populated)


def _settings(options: Iterable[str] | None) -> tuple[Setting, ...]:
    return tuple(Setting(*one.split("=", 1)) for one in sorted(options)) if options else ()


def _column(row: Any, unproven: bool, sequence: Any, naming: Naming) -> Column:
    """A column. A partition has no identity of its own: it uses the sequence of its parent."""
    serial = sequence is not None and sequence.ownership == "a"
    identity = IDENTITIES[row.identity if sequence is not None else ""]
    if row.damaged:
        raise DatabaseFailed(
            f"The system catalog is damaged: column {row.name} of table {row.damaged} should have "
            "a default or a generation expression, and pg_attrdef has no row for the column.",
            "Set the default again, add the generated column again, or restore a backup.",
        )
    generated = None
    if row.generated:
        generated = Generated(row.expression, "VIRTUAL" if row.generated == "v" else "")
    default = None if serial or generated else one_spelling(row.expression)
    return Column(
        row.name,
        naming(row.type_schema, row.type) if row.type_schema else row.type,
        row.nullable or unproven,
        default,
        "serial" if serial else identity,
        _sequence(sequence, row.type) if serial or identity else NO_SEQUENCE,
        generated,
        row.collation,
        source=None if default == row.expression else default and row.expression,
    )


def _is_columns_own(row: Any) -> bool:
    """Whether a sequence belongs to an identity or serial column."""
    return bool(row.ownership == "i" or (row.ownership == "a" and row.used))


def _own_sequence(row: Any, naming: Naming) -> Sequence:
    owner = (naming(row.table_schema, row.table), row.column) if row.ownership else None
    options = replace(_sequence(row), unlogged=row.unlogged, owner=owner)
    return Sequence(naming(row.schema, row.name), options)


def _sequence(row: Any, usual: str | None = None) -> SequenceOptions:
    """The options of a sequence; `usual` is the type of its column."""
    up = row.increment > 0
    largest = LARGEST[row.type]
    minimum, maximum = (1, largest) if up else (-largest - 1, -1)
    return SequenceOptions(
        row.type if row.type != (usual or "bigint") else "",
        row.start if row.start != (row.minimum if up else row.maximum) else None,
        row.increment,
        row.minimum if row.minimum != minimum else None,
        row.maximum if row.maximum != maximum else None,
        row.cache,
        row.cycle,
    )


def _constraint(row: Any, naming: Naming) -> Part:
    columns, include = tuple(row.columns), tuple(row.include or ())
    options = _settings(row.options)
    match row.type:
        case "c" | "n":
            return Check(
                one_array(row.expression) or "",
                row.validated,
                row.enforced,
                row.inherited,
                row.name,
                not_null=row.columns[0] if row.type == "n" else None,
            )
        case "p":
            return PrimaryKey(columns, row.deferrable, include, row.name, True, row.period, options)
        case "u":
            return Unique(
                columns,
                row.nulls_distinct,
                row.deferrable,
                include,
                row.name,
                True,
                row.period,
                options,
            )
        case "x":
            return Exclusion(row.definition, row.name, options=options)
        case _:
            return ForeignKey(
                columns,
                naming(row.target_schema, row.target),
                tuple(row.target_columns),
                Action(ACTIONS[row.on_delete], tuple(row.set_columns or ())),
                ACTIONS[row.on_update],
                MATCHES[row.match],
                row.deferrable,
                row.validated,
                row.enforced,
                row.name,
                period=row.period,
            )


def _index(row: Any) -> Index:
    return Index(
        tuple(starmap(Key, row.keys)),
        row.unique,
        row.method,
        tuple(row.include or ()),
        one_array(row.where),
        row.nulls_distinct,
        _settings(row.options),
        row.valid,
        row.name,
    )


def _triggers(rows: Iterable[Any]) -> Iterator[tuple[int, Part]]:
    firing: dict[tuple[int, str], set[FiringState]] = defaultdict(set)
    for row in rows:
        if row.event is None:
            enabled = FIRING[row.enabled]
            yield row.oid, Trigger(row.name, row.definition, enabled, row.for_rows)
        else:
            firing[row.oid, row.name].add(FiringState(row.event, FIRING[row.enabled]))
    for (oid, name), states in firing.items():
        yield oid, Firing(name, tuple(sorted(states, key=str)))


def _policy(row: Any) -> Policy:
    command, roles = COMMANDS[row.command], tuple(row.roles)
    return Policy(row.name, command, roles, row.permissive, row.using, row.check)
