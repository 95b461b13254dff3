"""The contenders of `benchmarks/seed.py` that are Python: each runs in a process of its own.

    python benchmarks/seed_contenders.py NAME URL DIRECTORY COUNT

loads the first COUNT campaigns and a tenth as many assets from the CSV files of DIRECTORY.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee as pw

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import seed_rows  # noqa: E402
from benchmarks.seed_rows import ASSETS, CAMPAIGNS, COLUMNS, PER_ASSET  # noqa: E402
from dbkit.connection import opened, parse  # noqa: E402
from dbkit.models.marketing import Campaign, ContentAsset  # noqa: E402

BATCH = 1000
METADATA = COLUMNS[ASSETS].index("metadata")
MODELS = {CAMPAIGNS: Campaign, ASSETS: ContentAsset}
Cell = str | None


def _parts(directory: Path, count: int) -> Iterator[tuple[str, Iterator[list[Cell]]]]:
    for table, rows in ((CAMPAIGNS, count), (ASSETS, count // PER_ASSET)):
        yield table, seed_rows.read(directory, table, rows)


def executemany(database: pw.Database, directory: Path, count: int) -> None:
    """The limit on SQLite: each cell is converted in the cheapest way to the value that the
    models would store."""
    convert: dict[str, Callable[[str], Any]] = {
        **dict.fromkeys(("id", "campaign_id"), lambda text: text.replace("-", "")),
        **dict.fromkeys(("start_date", "end_date"), lambda text: text[:19]),
        **dict.fromkeys(("budget", "spend", "impressions", "clicks", "conversions", "roi"), float),
    }
    connection = database.connection()
    connection.execute("BEGIN")
    for table, rows in _parts(directory, count):
        columns = COLUMNS[table]
        changes = [(at, convert[name]) for at, name in enumerate(columns) if name in convert]

        def converted(
            row: list[Any], changes: list[tuple[int, Callable[[str], Any]]] = changes
        ) -> list[Any]:
            for at, change in changes:
                if row[at] is not None:
                    row[at] = change(row[at])
            return row

        connection.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"VALUES ({', '.join('?' * len(columns))})",
            map(converted, rows),
        )  # fmt: skip
    connection.execute("COMMIT")


def _values(table: str, row: list[Any]) -> list[Any]:
    """A JSON value is parsed: Peewee takes a text for a JSON string."""
    if table == ASSETS:
        row[METADATA] = json.loads(row[METADATA]) if row[METADATA] else None
    return row


def insert_many(database: pw.Database, directory: Path, count: int) -> None:
    with database.atomic():
        for table, rows in _parts(directory, count):
            model = MODELS[table]
            fields = [model._meta.combined[name] for name in COLUMNS[table]]
            for batch in pw.chunked(rows, BATCH):
                model.insert_many([_values(table, row) for row in batch], fields).execute()


def upsert(database: pw.Database, directory: Path, count: int) -> None:
    with database.atomic():
        for table, rows in _parts(directory, count):
            model = MODELS[table]
            fields = [model._meta.combined[name] for name in COLUMNS[table]]
            for row in rows:
                values = dict(zip(fields, _values(table, row), strict=True))
                model.insert(values).on_conflict(
                    conflict_target=[model.id], preserve=fields[1:]
                ).execute()


def loaddata(database: pw.Database, directory: Path, count: int) -> None:
    """Django's command, on a fixture in JSON of the same rows."""
    _django(database)
    from django.core.management import call_command

    call_command("loaddata", str(directory.parent / FIXTURE), verbosity=0)


FIXTURE = "fixture.json"
APP = "seed_contenders"


def write_fixture(directory: Path, count: int) -> None:
    rows = []
    for (table, cells), model in zip(_parts(directory, count), ("campaign", "asset"), strict=True):
        for key, *values in cells:
            fields = dict(zip(COLUMNS[table][1:], values, strict=True))
            if fields.get("metadata"):
                fields["metadata"] = json.loads(fields["metadata"] or "")
            rows.append({"model": f"{APP}.{model}", "pk": key, "fields": fields})
    (directory.parent / FIXTURE).write_text(json.dumps(rows), encoding="utf-8")


def _django(database: pw.Database) -> None:
    """Set Django up, with models of the two tables that it does not manage."""
    import django
    from django.conf import settings

    postgres = isinstance(database, pw.PostgresqlDatabase)
    given = database.connect_params if postgres else {}
    place = {name.upper(): given[name] for name in ("host", "port", "user") if name in given}
    engine = f"django.db.backends.{'postgresql' if postgres else 'sqlite3'}"
    settings.configure(
        INSTALLED_APPS=[f"benchmarks.{APP}"],
        DATABASES={"default": {"ENGINE": engine, "NAME": database.database, **place}},
        USE_TZ=True,
    )
    django.setup()
    from django.db import models

    def text(**options: Any) -> Any:
        return models.TextField(**options)

    def number() -> Any:
        return models.FloatField(null=True)

    def moment() -> Any:
        return models.DateTimeField(null=True)

    class Campaign(models.Model):
        id = models.UUIDField(primary_key=True)
        name, description, status = text(), text(null=True), text()
        budget, spend, start_date, end_date = number(), number(), moment(), moment()
        impressions, clicks, conversions, roi = number(), number(), number(), number()

        class Meta:
            app_label, managed, db_table = APP, False, CAMPAIGNS

    class Asset(models.Model):
        id = models.UUIDField(primary_key=True)
        title, content, content_type, status = text(), text(), text(), text()
        metadata = models.JSONField(null=True)
        campaign_id = models.UUIDField(null=True)

        class Meta:
            app_label, managed, db_table = APP, False, ASSETS


def main() -> None:
    name, url, directory, count = sys.argv[1:]
    with opened(parse(url).database()) as database, database.bind_ctx(list(MODELS.values())):
        globals()[name](database, Path(directory), int(count))


if __name__ == "__main__":
    main()
