"""How a test says what `verify` must find, and asks what it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import peewee as pw

from dbkit import verify
from dbkit.connection import parse
from dbkit.models import MODELS
from dbkit.schema.dialect import dialect_for
from dbkit.verification.drift import causes

from .conftest import server_of

Case = tuple[str, list[dict[str, Any]]]


def missing(kind: str, table: str | None, name: str) -> dict[str, Any]:
    return {"change": "missing", "kind": kind, "table": table, "name": name}


def unexpected(kind: str, table: str | None, name: str) -> dict[str, Any]:
    return {"change": "unexpected", "kind": kind, "table": table, "name": name}


def different(
    kind: str, table: str | None, name: str, model: dict[str, Any], database: dict[str, Any]
) -> dict[str, Any]:
    return {
        "change": "different",
        "kind": kind,
        "table": table,
        "name": name,
        "model": model,
        "database": database,
    }


def run(database: pw.Database, script: str) -> None:
    """Any number of statements; peewee's own way would take % for a placeholder."""
    cursor = database.connection().cursor()
    getattr(cursor, "executescript", cursor.execute)(script)


def changes(database: pw.Database, models: list[Any] = MODELS) -> list[dict[str, Any]]:
    """The report's changes; what both sides hold is kept only where they differ."""
    found = json.loads(verify(database, models).to_json())["changes"]
    for change in found:
        change.pop("causes")  # tested where there are migrations
        columns = f"({', '.join(on)})" if (on := change.pop("on")) else ""
        change["name"] = f"{change['name'] or ''} {columns}".strip()
    return [
        change
        if change["change"] == "different"
        else {key: change[key] for key in ("change", "kind", "table", "name")}
        for change in found
    ]


def by_hand(
    database: pw.Database, script: str, models: list[Any] = MODELS
) -> tuple[list[dict[str, Any]], set[tuple[str, ...]]]:
    """Run a script on a database that is what its migrations made: (the differences in order,
    what all of them are put down to)."""
    schemas = {model._meta.schema for model in models} - {None}
    with dialect_for(database).reading(database, schemas) as reading:
        before = reading.live()
    run(database, script)
    with dialect_for(database).reading(database, schemas) as reading:
        live = reading.live()
        desired = reading.models(models, live)
    found = verify(database, models).changes
    put_down_to = set(causes(found, live, before, before, desired))
    return sorted(changes(database, models), key=by_place), put_down_to


def create(database: pw.Database, model: Any) -> None:
    with database.bind_ctx([model]):
        model.create_table()


def by_place(change: dict[str, Any]) -> str:
    return repr(sorted(change.items(), key=str))


def one_per_server(fill: Callable[[pw.Database], None]) -> Callable[[str], pw.Database]:
    """The database that `fill` makes, once for each server; each test undoes what it does."""

    @cache
    def database_of(name: str) -> pw.Database:
        server = server_of(name)
        database = parse(server.url(server.create_database())).database()
        database.connect()
        fill(database)
        return database

    return database_of
