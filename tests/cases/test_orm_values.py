"""Models from migrator.orm store and read values as those of the application do."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from enum import StrEnum
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from playhouse import postgres_ext as pg
from playhouse import sqlite_ext as sq

from dbkit import EnumField, create, migrate, rollback
from dbkit.fields import DateTimeTZField
from tests.conftest import opened


class Tier(StrEnum):
    FREE = "free"
    PRO = "pro"


ONE = uuid.UUID(int=1)
MOMENT = dt.datetime(2024, 1, 2, 3, 4, 5)
NUMBER = {"max_digits": 8, "decimal_places": 2}
# field, a value
VALUES: dict[str, tuple[pw.Field, Any]] = {
    "json": (pw.JSONField(), {"a": [1, None]}),
    "enum": (EnumField(Tier), "pro"),
    "moment": (DateTimeTZField(), MOMENT.replace(tzinfo=dt.UTC)),
    "uid": (pw.UUIDField(), ONE),
    "binary_uid": (pw.BinaryUUIDField(), ONE),
    "stamp": (pw.TimestampField(), MOMENT),
    "fine_stamp": (
        pw.TimestampField(resolution=1000, utc=True),
        MOMENT.replace(microsecond=123000),
    ),
    "price": (pw.DecimalField(**NUMBER), decimal.Decimal("1.25")),
    "rounded": (
        pw.DecimalField(auto_round=True, rounding=decimal.ROUND_UP, **NUMBER),
        decimal.Decimal("1.25"),
    ),
    "ip": (pw.IPField(), "10.0.0.1"),
    "day": (pw.DateField(), MOMENT.date()),
    "hour": (pw.TimeField(), MOMENT.time()),
    "time": (pw.DateTimeField(), MOMENT),
    "flags": (pw.BitField(), 5),
    "yes": (pw.BooleanField(), True),
    "fixed": (pw.FixedCharField(max_length=3), "abc"),
}
OF_POSTGRES: dict[str, tuple[pw.Field, Any]] = {
    "numbers": (pg.ArrayField(pw.IntegerField), [1, 2]),
    "converted": (
        pg.ArrayField(pw.DecimalField, NUMBER, convert_values=True),
        [decimal.Decimal(1)],
    ),
    "plain_json": (pg.JSONField(), {"a": 1}),
    "binary_json": (pg.BinaryJSONField(), {"a": 1}),
    "span": (pg.IntervalField(), dt.timedelta(hours=1)),
}
OF_SQLITE: dict[str, tuple[pw.Field, Any]] = {
    "text_json": (sq.JSONField(), {"a": 1}),
    "iso": (sq.ISODateTimeField(), MOMENT.replace(tzinfo=dt.UTC)),
    "text_number": (sq.TDecimalField(**NUMBER), decimal.Decimal("1.25")),
}
SEEN: list[dict[str, Any]] = []


def look(orm: Any, values: dict[str, Any]) -> None:
    """What a migration reads, and can write and find again."""
    Thing, Owner = orm["thing"], orm["owner"]
    row = Thing.get()
    SEEN.append({name: getattr(row, name) for name in values})
    row.save()
    Thing.insert_many([values]).execute()
    Thing.update(values).execute()
    made = Thing.create(owner=row.owner, other=row, **values)
    found = (
        Thing.select(Thing, Owner).join(Owner).where(Thing.uid == ONE, Thing.id == made.id).get()
    )
    assert (found.owner.uid, found.other) == (ONE, row)
    assert made in row.owner.thing_set
    assert made in row.thing_set


def test_values(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(url) as database:
        more = OF_SQLITE if isinstance(database, pw.SqliteDatabase) else OF_POSTGRES
        values = {name: value for name, (_, value) in (VALUES | more).items()}
        fields = {name: field.clone() for name, (field, _) in (VALUES | more).items()}

        class Owner(pw.Model):
            uid = pw.UUIDField(primary_key=True)

        class Thing(pw.Model):
            owner = pw.ForeignKeyField(Owner, null=True)
            other = pw.ForeignKeyField("self", null=True)

        for name, field in fields.items():
            Thing._meta.add_field(name, field)
        database.bind([Owner, Thing])
        create(database, [Owner, Thing], tmp_path, "first")
        migrate(database, tmp_path)
        Thing.create(owner=Owner.create(uid=ONE), **values)
        monkeypatch.setitem(globals(), "SEEN", [])
        body = (
            f"    from {__name__} import look\n    migrator.run(look, migrator.orm, {values!r})\n"
        )
        head = "(migrator, database, *, fake=False):\n"
        (tmp_path / "002_look.py").write_text(
            "import datetime\nfrom decimal import Decimal\nfrom uuid import UUID\n"
            f"from {__name__} import look\n"
            f"def migrate{head}{body}\ndef rollback{head}{body}"
        )
        migrate(database, tmp_path)
        rollback(database, tmp_path)
        assert [values, values] == SEEN
        for row in Thing.select():
            assert {name: getattr(row, name) for name in values} == values
