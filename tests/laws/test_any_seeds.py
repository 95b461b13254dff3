"""Any rows of any tables: they load as they are, a second run writes nothing, and a dump of the
tables loads back as the same rows.

`DBKIT_EXAMPLES=5000 pytest tests/laws/test_any_seeds.py` tries thousands, other ones each time.
"""

from __future__ import annotations

import shutil
import struct
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import peewee as pw

from dbkit import seed
from dbkit.schema.sql import quoted
from dbkit.seeding import dump

from .any_seeds import Made, Reference, example, write
from .test_any_models import emptied
from .test_properties import EXAMPLES

REFUSING = """
CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a row is written'; END $$
"""
TRIGGERS = {
    True: "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION refused()",
    False: "CREATE TRIGGER {name} BEFORE {event} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'a row is written'); END",
}


def law(database: pw.Database, random: Random, directory: Path) -> None:
    postgres = isinstance(database, pw.PostgresqlDatabase)
    tables = example(random, postgres)
    models = [made.model for made in tables]
    database.bind(models, False, False)
    write(random, directory / "seeds", tables)
    created(database, models)
    seed(database, models, directory / "seeds")
    for made in tables:
        assert stored(made) == wanted(made), made.name
    refuse_writes(database, models)
    result = seed(database, models, directory / "seeds")
    assert result.summary.startswith("0 inserted, 0 updated"), result.summary
    before = rows(database, models)
    dumped(random, database, tables, directory / "dump")
    database = emptied(database)
    database.bind(models, False, False)
    created(database, models)
    seed(database, models, directory / "dump")
    assert rows(database, models) == before


def dumped(random: Random, database: pw.Database, tables: Sequence[Made], directory: Path) -> None:
    """Dump each table into a file of its own."""
    directory.mkdir()
    for number, made in enumerate(tables):
        layout = random.choice(("toml", "json", "csv"))
        path = directory / f"{random.randrange(100):02}_{random.choice(('x', made.name))}{number}"
        path = path.with_name(f"{path.name}.{layout}")
        with open(path, "w", encoding="utf-8", newline="") as file:
            dump(database, [one.model for one in tables], file.write, [made.name],
                 layout=layout, file_name=path.name)  # fmt: skip


def rows(database: pw.Database, models: Sequence[Any]) -> list[list[str]]:
    """The rows of each table as SQL returns them."""
    found = []
    for model in models:
        cursor = database.execute_sql(f"SELECT * FROM {sql_name(database, model)}")
        names = [column[0] for column in cursor.description]
        found.append(sorted(repr(sorted(zip(names, map(plain, row), strict=True)))
                            for row in cursor.fetchall()))  # fmt: skip
    return found


def plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def sql_name(database: pw.Database, model: Any) -> str:
    name = quoted(model._meta.table_name)
    return name.replace("%", "%%") if isinstance(database, pw.PostgresqlDatabase) else name


def created(database: pw.Database, models: Sequence[Any]) -> None:
    database.create_tables(models, safe=False)
    for model in models if isinstance(database, pw.PostgresqlDatabase) else ():
        for key in model._meta.refs:
            if key.deferred:  # which Peewee leaves to the caller
                model._schema.create_foreign_key(key)


def refuse_writes(database: pw.Database, models: Sequence[Any]) -> None:
    """Let every write to a row fail."""
    postgres = isinstance(database, pw.PostgresqlDatabase)
    if postgres:
        database.execute_sql(REFUSING)
    for number, model in enumerate(models):
        table = sql_name(database, model)
        for event in ("",) if postgres else ("INSERT", "UPDATE", "DELETE"):
            name = f"refuse_{event}_{number}"
            database.execute_sql(TRIGGERS[postgres].format(table=table, event=event, name=name))


def wanted(made: Made) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows by their unique values; a reference is the unique values of its row."""
    return {
        Reference(made, row).key: {
            name: value.key if isinstance(value, Reference) else comparable(made, name, value)
            for name, value in row.items()
        }
        for row in made.rows
    }


def stored(made: Made) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows of the table in the same form, as Peewee reads them."""
    found = {}
    for row in made.model.select().dicts():
        values = {}
        for name in made.rows[0] if made.rows else made.kinds:
            one = made.model._meta.fields[name]
            values[name] = (
                _parent(one, row[name])
                if isinstance(one, pw.ForeignKeyField)
                else comparable(made, name, row[name])
            )
        found[tuple(values[name] for name in made.unique)] = values
    return found


def _parent(key: pw.ForeignKeyField, value: Any) -> tuple[Any, ...] | None:
    if value is None:
        return None
    model = key.rel_model
    names = [name for name in ("u0", "u1") if name in model._meta.fields]
    (row,) = model.select().where(key.rel_field == value).dicts()
    return tuple(row[name] for name in names)


def comparable(made: Made, name: str, value: Any) -> Any:
    """The value in a form that does not depend on the database."""
    match value:
        case memoryview() | bytes():
            return bytes(value)
        case float() if made.kinds[name] == "float":  # of 32 bits on PostgreSQL
            return struct.unpack("f", struct.pack("f", value))
        case str() if made.kinds[name] == "fixed":
            return value.strip()  # as Peewee does
        case _:
            return value


def failures(database: pw.Database, start: int, examples: int, directory: Path) -> list[str]:
    """What failed, of so many examples from this seed on."""
    found = []
    for number in range(start, start + examples):
        database = emptied(database)
        (own := directory / str(number)).mkdir()
        try:
            law(database, Random(number), own)  # noqa: S311
        except Exception:
            found.append(f"# {number}\n{traceback.format_exc()}")
        shutil.rmtree(own)
    return found


def test_rows_load_once_and_as_they_are(database: pw.Database, tmp_path: Path) -> None:
    few = 40 if isinstance(database, pw.SqliteDatabase) else 12
    start = int(time.time()) * 10_000 if EXAMPLES else 0
    found = failures(database, start, EXAMPLES or few, tmp_path)
    assert not found, f"{len(found)} failed\n\n" + min(found, key=len)
