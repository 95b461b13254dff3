"""Is a live database what the models say? The answer, as a report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import peewee as pw

from .connection import diagnosed
from .errors import ModelsError
from .schema.changes import Add, Alter, Change, Drop, covers, definition, kind, subject
from .schema.dialect import dialect_for
from .schema.diff import diff
from .schema.models import Model
from .schema.values import EnumType, Schema, Table

JSON_VERSION = 1
HISTORY_TABLE = "migratehistory"


@dataclass(frozen=True)
class Report:
    """What `verify` found. Falsy when clean, `str()` is the text, `to_json()` for programs."""

    changes: tuple[Change, ...]
    tables: int
    unmanaged: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def to_json(self) -> str:
        """`{"version", "clean", "tables", "unmanaged", "changes": [...]}`; each change has
        `change` (missing, unexpected, different), `table`, `kind`, `name` (null where it has none),
        `on` (its columns or keys), `model` and `database` (all it is, or only what differs)."""
        return json.dumps(
            {
                "version": JSON_VERSION,
                "clean": not self,
                "tables": self.tables,
                "unmanaged": list(self.unmanaged),
                "changes": [_json(change) for change in self.changes],
            },
            indent=2,
            ensure_ascii=False,
        )

    def _lines(self) -> Iterator[str]:
        for heading, changes in groupby(self.changes, _heading):
            yield heading
            for change in changes:
                yield from _text(change)
        if self.unmanaged:
            yield f"not covered by any model, left alone: {', '.join(self.unmanaged)}"
        noun = "table" if self.tables == 1 else "tables"
        if self.changes:
            count = len(self.changes)
            yield f"{self.tables} {noun} compared: {count} difference{'s' * (count > 1)}"
        else:
            yield f"{self.tables} {noun} compared: the database is what the models say"


def verify(database: pw.Database, models: Iterable[Model]) -> Report:
    """Compare `models` with the live `database`; changes nothing in either.

    Tables that no model describes are listed, and are no difference. Raises `ModelsError` if the
    server cannot make a table of a model, `DatabaseFailed` or `DatabaseUnreachable` if it could
    not be asked; never answers "clean" because something was not looked at.
    """
    models = [model for model in models if not model._meta.temporary]
    if not models:
        raise ModelsError("There is nothing to compare: no model of a lasting table.")
    schemas = {model._meta.schema for model in models} - {None}
    with diagnosed(database), dialect_for(database).reading(database, schemas) as reading:
        live = reading.live()
        desired = reading.models(models, live)
    managed = {table.name for table in desired.tables}
    enums = {enum.name for enum in desired.enums}
    covered = Schema(
        live.namespaces,
        tuple(table for table in live.tables if table.name in managed),
        tuple(enum for enum in live.enums if enum.name in enums),
    )
    unmanaged = tuple(
        table.name
        for table in live.tables
        if table.name not in managed and table.name != HISTORY_TABLE
    )
    return Report(diff(covered, desired), len(managed), unmanaged)


def _heading(change: Change) -> str:
    if change.table is not None:
        return change.table
    return "enum types" if isinstance(change.item, EnumType) else "tables"


def _text(change: Change) -> Iterator[str]:
    item = change.item
    what = f"{kind(item)} {subject(item)}"
    detail = definition(item)
    match change:
        case Add():
            yield f"  - {what} is missing from the database"
            if detail:
                yield f"      model:    {detail}"
        case Drop():
            yield f"  + {what} is in the database but not in the models"
            if detail:
                yield f"      database: {detail}"
        case Alter():
            yield f"  ~ {what} differs"
            for attribute, (old, new) in change.differences.items():
                yield f"      {attribute.replace('_', ' ')}:"
                yield f"        model:    {_value(attribute, new)}"
                yield f"        database: {_value(attribute, old)}"


def _value(attribute: str, value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(map(str, value)) or "none"
        case "":
            return "none"
        case _:
            return str(value)


def _json(change: Change) -> dict[str, Any]:
    words = {Add: "missing", Drop: "unexpected", Alter: "different"}
    entry: dict[str, Any] = {
        "change": words[type(change)],
        "table": change.item.name if isinstance(change.item, Table) else change.table,
        "kind": kind(change.item),
        "name": change.item.name,
        "on": list(covers(change.item)),
        "model": None,
        "database": None,
    }
    match change:
        case Add(item=item):
            entry["model"] = _dict(item)
        case Drop(item=item):
            entry["database"] = _dict(item)
        case Alter():
            entry["model"] = {key: new for key, (_, new) in change.differences.items()}
            entry["database"] = {key: old for key, (old, _) in change.differences.items()}
    return entry


def _dict(item: Any) -> dict[str, Any]:
    return {key: value for key, value in asdict(item).items() if key != "parts"}
