"""Tables at random get fake rows: every table that can have rows, and never a traceback.

`DBKIT_EXAMPLES=5000 pytest tests/laws/test_fake_rows_of_any_models.py` tries thousands.
"""

from __future__ import annotations

import os
from contextlib import suppress
from random import Random
from typing import Any

import peewee as pw

from dbkit import DbkitError
from dbkit.errors import SeedError
from dbkit.fields import DateTimeTZField, EnumField
from dbkit.schema.sql import quoted
from dbkit.seeding.fake import fake
from dbkit.seeding.stage_files import by_table

from .any_models import NotTaken, built, source

EXAMPLES = int(os.environ.get("DBKIT_EXAMPLES", "20"))
FIELDS: list[Any] = [
    lambda **options: pw.CharField(max_length=40, **options),
    lambda **options: pw.CharField(max_length=3, **options),
    lambda **options: pw.DecimalField(max_digits=5, decimal_places=2, **options),
    lambda **options: EnumField(("a", "b", "c"), "letters", **options),
    pw.IntegerField, pw.SmallIntegerField, pw.BigIntegerField, pw.DoubleField, pw.TextField,
    pw.BooleanField, pw.DateField, pw.DateTimeField, DateTimeTZField, pw.TimeField, pw.UUIDField,
    pw.JSONField, pw.BlobField, pw.IPField, pw.TimestampField,
]  # fmt: skip
KEYS: list[Any] = [pw.AutoField, pw.BigAutoField, pw.UUIDField, pw.IntegerField, pw.CharField]
NUMBERS = (pw.IntegerField, pw.SmallIntegerField, pw.BigIntegerField, pw.DoubleField)
NAMES = ("name", "email", "created_at", "updated_at", "price", "status", "code", "start", "end_on",
         "user_id", "order", "größe", 'a"b', "n", "c0", "line")  # fmt: skip


def models_at_random(random: Random) -> list[Any]:
    """Models of tables that can have rows: some keys, unique sets and CHECKs."""
    found: list[Any] = []
    for number in range(random.choice((1, 2, 3))):
        fields: dict[str, Any] = {"id": random.choice(KEYS)(primary_key=True)}
        checks = []
        for place, name in enumerate(random.sample(NAMES, 4)):
            kind = random.choice(FIELDS)
            fields[f"f{place}"] = kind(
                column_name=name, null=random.random() < 0.3, unique=random.random() < 0.15
            )
            if kind in NUMBERS and random.random() < 0.5:
                checks.append(pw.Check(f"{quoted(name)} {random.choice(('>= 2', '< 90', '<> 0'))}"))
        if random.random() < 0.7:
            target = random.choice(["self", *found])
            fields["parent"] = pw.ForeignKeyField(target, null=random.random() < 0.5, backref="+")
        meta = {
            "indexes": [(random.sample(["f0", "f1", "f2", "f3"], 2), random.random() < 0.3)],
            "constraints": checks,
            "legacy_table_names": False,
        }
        fields["Meta"] = type("Meta", (), meta)
        found.append(type(f"Table{number}", (pw.Model,), fields))
    return found


def test_every_table_that_can_have_rows_gets_them(database: pw.Database) -> None:
    wrong: list[str] = []
    filled = 0
    for seed in range(EXAMPLES):
        models = models_at_random(Random(seed))  # noqa: S311
        with database.bind_ctx(models), database.atomic() as transaction:
            with suppress(pw.ProgrammingError):  # no unique index over a JSON column
                database.create_tables(models)
                filled += _rows(database, models, seed, wrong)
            transaction.rollback()
    assert not wrong
    assert filled > EXAMPLES * 5


def _rows(database: pw.Database, models: list[Any], seed: int, wrong: list[str]) -> int:
    """The number of rows that tables got. If they got none, it was because their unique columns
    have few values."""
    try:
        fake(database, models, {model._meta.table_name: 7 for model in models}, seed=1)
    except SeedError as error:
        wrong += [f"{seed}: {error}"] * ("different values are possible" not in error.message)
    return sum(model.select().count() for model in models)


def test_models_of_any_kind_are_filled_or_refused(database: pw.Database) -> None:
    filled = 0
    for seed in range(EXAMPLES):
        with suppress(NotTaken, DbkitError):
            models = built(source(Random(seed)))  # noqa: S311
            filled += _filled(database, models)
    assert filled > EXAMPLES / 10


def _filled(database: pw.Database, models: list[Any]) -> int:
    with database.bind_ctx(models), database.atomic() as transaction:
        try:
            for model in pw.sort_models(models):
                model._schema.create_all(safe=False)
        except Exception:  # what Peewee cannot create is not in question
            transaction.rollback()
            return 0
        try:
            fake(database, models, dict.fromkeys(by_table(models), 3))
        finally:
            transaction.rollback()
    return 1
