"""What must hold of any models and any change of them: the migration goes there and back.

Eight examples; `DBKIT_EXAMPLES=2000 pytest tests/laws/test_random_models.py` tries thousands.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import peewee as pw
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dbkit import migrate, rollback, verify
from dbkit.migration import create
from dbkit.migration.goal import whole
from dbkit.schema.diff import diff
from dbkit.scratch_database import scratch_database

from .test_properties import (
    EXAMPLES,
    KINDS,
    Field,
    Model,
    built,
    changed,
    is_postgres,
    schemas,
    some,
)

VALUES = {"bool": "true", "date": "2024-05-06", "time": "10:00", "uuid": "0" * 32, "json": "{}"}


def value_of(schema: tuple[Model, ...]) -> Callable[[str], str]:
    """Answers what the existing rows get in a column."""
    fields = {f"{one.schema}.{one.name}.{column.name}" if one.schema else
              f"{one.name}.{column.name}": column
              for one in schema for column in one.fields}  # fmt: skip

    def answer(question: str) -> str:
        return _value(fields[question.removesuffix(question[question.rindex(" is NOT NULL") :])])

    return answer


def _value(column: Field) -> str:
    if column.target is None and column.kind in KINDS:
        field = KINDS[column.kind].make()
        if labels := getattr(field, "labels", None):
            return str(labels[0])
        for kind, value in (
            (pw.DateTimeField, "2024-05-06 10:00:00"),
            (pw.DateField, VALUES["date"]),
            (pw.TimeField, VALUES["time"]),
            (pw.BooleanField, VALUES["bool"]),
            (pw.UUIDField | pw.BinaryUUIDField, VALUES["uuid"]),
            (pw.IPField, "127.0.0.1"),
            (pw.JSONField, VALUES["json"]),
        ):
            if isinstance(field, kind):
                return value
    return "1"


@given(st.data())
@settings(some, max_examples=EXAMPLES or 8)
def test_there_and_back(database: pw.Database, data: st.DataObject) -> None:
    schema = data.draw(schemas(is_postgres(database)))
    _, new = data.draw(changed(schema, is_postgres(database)))
    names = [name for one in (*schema, *new)
             for name in (one.name, *(column.name for column in one.fields))]  # fmt: skip
    # Peewee does not escape it for psycopg2; on SQLite a dot ends an attached database's name
    assume(not any(("%" if is_postgres(database) else ".") in name for name in names))
    with tempfile.TemporaryDirectory() as name, scratch_database(database) as fresh:
        directory = Path(name)
        if isinstance(fresh, pw.SqliteDatabase):
            for attached in {one.schema for one in new if one.schema}:
                fresh.attach(":memory:", attached)
        create(fresh, built(schema, is_postgres(database)), directory, "one")
        migrate(fresh, directory)
        before = whole(fresh)
        made = create(
            fresh, built(new, is_postgres(database)), directory, "two",
            confirm=lambda question: False, prompt=value_of(new),
        )  # fmt: skip
        assert made
        desired = built(new, is_postgres(database))
        migrate(fresh, directory)
        report = verify(fresh, desired)
        assert not report, str(report)
        assert create(fresh, desired, directory, "three") is None
        rollback(fresh, directory)
        assert diff(before, whole(fresh)) == ()
