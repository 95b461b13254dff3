"""The rows that dbkit invents for a proof are as Peewee writes them: a migration that reads and
saves them changes no value."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

FIELDS = (
    "a = pw.IntegerField()", "b = pw.BigIntegerField()", "c = pw.SmallIntegerField()",
    "d = pw.FloatField()", "e = pw.DoubleField()", "f = pw.DecimalField(12, 2)",
    "g = pw.CharField(max_length=60)", "h = pw.FixedCharField(max_length=3)", "i = pw.TextField()",
    "j = pw.BlobField()", "k = pw.UUIDField()", "l = pw.BinaryUUIDField()",
    "m = pw.DateTimeField()", "n = pw.DateField()", "o = pw.TimeField()", "p = pw.TimestampField()",
    "q = pw.IPField()", "r = pw.BooleanField()", "s = pw.JSONField()", "t = pw.BitField()",
    "u = DateTimeTZField()", "v = EnumField(('new', 'old'), 'state')", "w = CompressedField()",
    "x = PickleField()", "y = pw.BigBitField()",
    "a2 = pw.DecimalField(5, 0)", "a3 = pw.BigIntegerField(null=True)",
    "a4 = pw.DateTimeField(formats=['%Y-%m-%d'])", "a5 = pw.TimestampField(resolution=1000)",
    "a6 = pw.DateTimeField(null=True, unique=True)", "a7 = ColumnField('time')",
)  # fmt: skip
POSTGRES = (
    "b1 = ArrayField(pw.IntegerField)", "b2 = BinaryJSONField()", "b3 = IntervalField()",
    "b4 = TSVectorField()", "b5 = ColumnField('inet')", "b6 = ColumnField('int4range')",
    "b7 = ColumnField('daterange')", "b9 = ColumnField('numeric')",
    "b0 = ColumnField('real')", "c0 = ColumnField('money')",
)  # fmt: skip
SQLITE = ("b1 = JSONField()", "b2 = pw.BareField()")
FILE = """
import peewee as pw
from dbkit.fields import ColumnField, DateTimeTZField, EnumField
from playhouse.fields import CompressedField, PickleField
{extra}

def migrate(migrator, database, *, fake=False):
{up}

def rollback(migrator, database, *, fake=False):
{down}
"""
TABLES = """
    @migrator.create_model
    class Key(pw.Model):
        id = pw.UUIDField(primary_key=True)
        name = pw.TextField()
    @migrator.create_model
    class Time(pw.Model):
        id = pw.DateTimeField(primary_key=True)
        name = pw.TextField()
    @migrator.create_model
    class T(pw.Model):
        key = pw.ForeignKeyField(Key)
        time = pw.ForeignKeyField(Time, unique=True)
        {fields}
"""
SAVE = """
    migrator.add_fields("t", extra=pw.TextField(null=True))
    for model in (migrator.orm["key"], migrator.orm["time"], migrator.orm["t"]):
        for row in model.select():
            row.save()
"""


@pytest.fixture
def prove(url: str, dbkit: Callable[..., Result]) -> Callable[[str, str, str, str], list[str]]:
    """Prove two files; return the warnings of the second."""

    def run(extra: str, fields: str, up: str, down: str) -> list[str]:
        Path("models_of_proof.py").write_text("import peewee as pw\nclass T(pw.Model): pass\n")
        Path("migrations").mkdir()
        tables = TABLES.format(fields=fields)
        drop = "".join(f"    migrator.remove_model('{one}')\n" for one in ("t", "time", "key"))
        drop += "    migrator.drop_enum('state')"
        for name, there, back in (("001_tables", tables, drop), ("002_save", up, down)):
            text = FILE.format(extra=extra, up=there, down=back)
            Path(f"migrations/{name}.py").write_text(text)
        words = ("--models", "models_of_proof", "--format", "json")
        result = dbkit("prove", "--database", url, *words)
        proofs = {one["name"]: one for one in json.loads(result.stdout)["proofs"]}
        said = proofs.get("002_save", {}).get("text")
        assert said == "proven: up, down and up again, with rows in 3 of 3 tables", result.stdout
        return list(proofs["002_save"]["warnings"])

    return run


def test_rows_that_are_read_and_saved_keep_their_values(
    url: str, prove: Callable[[str, str, str, str], list[str]]
) -> None:
    is_sqlite = url.startswith("sqlite")
    extra = "from playhouse.sqlite_ext import JSONField" if is_sqlite else (
        "from playhouse.postgres_ext import *")  # fmt: skip
    fields = [*FIELDS, *(SQLITE if is_sqlite else POSTGRES)]
    down = SAVE.replace("add_fields", "remove_fields").replace("extra=pw.TextField(null=True)",
                                                               "'extra'")  # fmt: skip
    assert prove(extra, "\n        ".join(fields), SAVE, down) == []


def test_a_renamed_label_is_no_loss(
    url: str, prove: Callable[[str, str, str, str], list[str]]
) -> None:
    field = "v = EnumField(('new', 'old'), 'state')"
    up, down = ("migrator.rename_enum_value('state', 'new', 'fresh')",
                "migrator.rename_enum_value('state', 'fresh', 'new')")  # fmt: skip
    assert prove("", field, f"    {up}", f"    {down}") == []
