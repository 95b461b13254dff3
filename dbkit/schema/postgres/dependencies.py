"""The objects of a PostgreSQL database with their dependencies, as pg_depend records them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

import peewee as pw

from dbkit.pinned_queries import named_rows
from dbkit.plurals import first_of

from ..database_objects import NO_NAME, Key, Object
from ..names import Name
from ..sql import literal, quoted
from . import object_queries
from .catalog import Naming

ROUTINE = ("function", "aggregate")
WORDS = {"statistics object": "STATISTICS", **dict.fromkeys(ROUTINE, "ROUTINE")}
UNLESS_USED = """\
DO $$ BEGIN DROP SCHEMA {name}; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$"""
# the tables that functions read come later
SETTINGS = Object(("", 0), "settings", ("SET LOCAL check_function_bodies = off",))
MEMBERS = ("pg_amop", "pg_amproc")  # of operator families, each added by itself
SHOWN = 5
COMES_WITH = ("e", "i")  # members of an extension, internal parts of another object


def read(
    database: pw.Database, naming: Naming, columns_own: Callable[[Name], bool]
) -> list[Object]:
    """Return all objects except those of the system and of extensions.

    `columns_own` says whether a sequence belongs to a serial or identity column. The search path
    must be only pg_catalog.
    """
    objects = {one.key: one for one in (*_granted(database), *_held(database, naming))}
    for one in _defined(database):  # a foreign table is a table, created by a statement of its own
        same = objects.get(one.key, one)
        objects[one.key] = replace(one, held=same.held, name=same.name)
    if any(catalog == "pg_proc" for catalog, _ in objects):
        objects[SETTINGS.key] = SETTINGS
    owners = {(row.catalog, row.oid): (row.other, row.other_oid)
              for row in named_rows(database.execute_sql(object_queries.OWNERS))}  # fmt: skip
    edges: list[tuple[Key, Key]] = []
    tables: dict[Key, Key] = {}  # of foreign keys, triggers, rules and policies
    for row in named_rows(database.execute_sql(object_queries.DEPENDENCIES)):
        key, other = (row.catalog, row.oid), (row.other, row.other_oid)
        if row.type in "ai" and key in objects and objects[key].held == "sequence":
            if columns_own(objects[key].name):  # else it is created before the column that owns it
                owners[key] = other
        elif (
            row.type in COMES_WITH and key != other and key[0] not in MEMBERS
        ):  # a column of a partition key belongs to its own table
            owners.setdefault(key, other)
        else:
            edges.append((key, other))
            if row.type == "a" and row.other == "pg_class":
                tables[key] = other
    needs: dict[Key, set[Key]] = defaultdict(set)
    for key, other in edges:
        needs[_owner(key, owners)].add(_owner(other, owners))
    later: dict[Key, set[Key]] = defaultdict(set)
    for key, table in tables.items():
        if key not in objects and key not in owners:
            later[_owner(table, owners)] |= needs[key]
    for shell in _shells(database, objects, needs):
        objects[shell.key] = shell
    return [replace(objects[key], needs=frozenset(needs[key] - {key}),
                    later=frozenset(later[key] - {key}))
            for key in sorted(objects, key=lambda key: key[1]) if key not in owners]  # fmt: skip


def _shells(
    database: pw.Database, found: dict[Key, Object], needs: dict[Key, set[Key]]
) -> Iterator[Object]:
    """The shells of base types. A type and its functions need each other, so the functions are
    created with a shell of the type; they are dropped with the type."""
    for oid, name in database.execute_sql(object_queries.SHELLS).fetchall():
        key, shell = ("pg_type", oid), ("shell", oid)
        functions = [one for one in needs[key] if key in needs[one]]
        if not functions or key not in found:
            continue
        yield Object(shell, f"type {name}", (f"CREATE TYPE {name}",))
        needs[shell] = {one for one in needs[key] if one[0] == "pg_namespace"}
        needs[key].add(shell)
        found[key] = replace(found[key], drop=f"{found[key].drop} CASCADE")
        for one in functions:
            needs[one] = {shell, *needs[one] - {key}}
            drop = found[one].drop.replace("DROP ROUTINE", "DROP ROUTINE IF EXISTS", 1)
            found[one] = replace(found[one], drop=drop)


def _owner(key: Key, owners: dict[Key, Key]) -> Key:
    while key in owners:
        key = owners[key]
    return key


def _granted(database: pw.Database) -> Iterator[Object]:
    """Privileges, as an object that cannot be created: roles belong to the server, not to the
    database."""
    names = [what for (what,) in database.execute_sql(object_queries.GRANTED).fetchall()]
    if names:
        what = f"the grant of privileges on {first_of(names, SHOWN)}"
        yield Object(("pg_authid", 0), what)


def _held(database: pw.Database, naming: Naming) -> Iterator[Object]:
    for catalog, query in object_queries.HELD.items():
        for oid, kind, schema, name in database.execute_sql(query).fetchall():
            full = naming(schema, name)
            create: tuple[str, ...] = ()
            drop = ""
            if kind == "schema":
                create = (f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}",)
                drop = UNLESS_USED.format(name=quoted(name))
            yield Object((catalog, oid), f"{kind} {full}", create, drop, held=kind, name=full,
                         schema=schema or name)  # fmt: skip


def _defined(database: pw.Database) -> Iterator[Object]:
    for catalog, query in object_queries.DEFINED.items():
        made = {row[0]: row[1:] for row in database.execute_sql(query).fetchall()}
        if not made:
            continue
        params = (catalog, catalog, list(made), catalog)
        for row in named_rows(database.execute_sql(object_queries.NAMED, params)):
            word = WORDS.get(row.type, row.type.upper().replace("-", " "))
            create = [sql.strip() for sql in made[row.oid][0]]
            if create and row.comment is not None:
                create.append(f"COMMENT ON {word} {row.identity} IS {literal(row.comment)}")
            drop = made[row.oid][1] if catalog in MEMBERS else f"DROP {word} {row.identity}"
            name = Name("", row.bare) if catalog == "pg_extension" else NO_NAME
            yield Object((catalog, row.oid), row.what, tuple(create), drop, name=name,
                         late=catalog in object_queries.LATE, schema=row.schema)  # fmt: skip
