"""Rows of `campaigns` and `content_assets` as seed files; every run writes the same rows."""

from __future__ import annotations

import csv
import datetime as dt
import json
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from dbkit.models.marketing import CampaignStatus, ContentStatus, ContentType

CAMPAIGNS, ASSETS = "campaigns", "content_assets"
COLUMNS = {
    CAMPAIGNS: (
        *("id", "name", "description", "status", "budget", "spend", "start_date", "end_date"),
        *("impressions", "clicks", "conversions", "roi"),
    ),
    ASSETS: ("id", "title", "content", "content_type", "status", "metadata", "campaign_id"),
}
FILES = {CAMPAIGNS: "01_campaigns.csv", ASSETS: "02_content_assets.csv"}
PER_ASSET = 10  # campaigns
CHANGED = 100  # one row of so many differs in the second version
SUBJECTS = ("Launch", "Holiday sale", "Newsletter", "Webinar, live", 'The "big" one', "Größe")
STATES = [member.value for member in CampaignStatus]
KINDS = [member.value for member in ContentType]
ASSET_STATES = [member.value for member in ContentStatus]
BEGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
Row = tuple[Any, ...]


def write(directory: Path, rows: int, changed: bool = False) -> None:
    """Write so many campaigns, and a tenth as many assets; `changed` changes 1% of the rows."""
    directory.mkdir()
    random = Random(rows)  # noqa: S311
    keys = [str(uuid.UUID(int=random.getrandbits(128), version=4)) for _ in range(rows)]
    _write(directory, CAMPAIGNS, _campaigns(random, keys, changed))
    _write(directory, ASSETS, _assets(random, keys, changed))


def _write(directory: Path, table: str, rows: Iterable[Row]) -> None:
    with open(directory / FILES[table], "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)  # it writes None as an empty cell without quotes
        writer.writerow(COLUMNS[table])
        writer.writerows(rows)


def _campaigns(random: Random, keys: list[str], changed: bool) -> Iterator[Row]:
    for number, key in enumerate(keys):
        begin = BEGIN + dt.timedelta(minutes=random.randrange(1_000_000))
        clicks = random.randrange(100_000)
        yield (
            key,
            f"{random.choice(SUBJECTS)} {number}",
            None if number % 3 == 0 else f"{random.choice(SUBJECTS)} in region {clicks}: " + key,
            random.choice(STATES),
            float(random.randrange(100, 50_000)),
            random.randrange(1_000_000) / 100 + (changed and number % CHANGED == 0),
            begin,
            None if number % 4 == 0 else begin + dt.timedelta(days=random.randrange(1, 90)),
            float(clicks * random.randrange(1, 50)),
            float(clicks),
            None if number % 5 == 0 else float(clicks // 40),
            round(random.random() * 4, 3),
        )


def _assets(random: Random, keys: list[str], changed: bool) -> Iterator[Row]:
    for number in range(len(keys) // PER_ASSET):
        words = random.randrange(50, 2000)
        yield (
            str(uuid.UUID(int=random.getrandbits(128), version=4)),
            f"{random.choice(SUBJECTS)} {number}" + "!" * (changed and number % CHANGED == 0),
            f"<p>{random.choice(SUBJECTS)}</p>\n" * random.randrange(1, 12),
            random.choice(KINDS),
            random.choice(ASSET_STATES),
            None if number % 6 == 0 else f'{{"words":{words},"tags":["ai","t{words}"]}}',
            # so that the first N assets refer to the first N * PER_ASSET campaigns
            None if number % 7 == 0 else keys[random.randrange((number + 1) * PER_ASSET)],
        )


def read(directory: Path, table: str, count: int | None = None) -> Iterator[list[str | None]]:
    """The first `count` rows of a file, or all; an empty cell is None: no text here is empty."""
    with open(directory / FILES[table], encoding="utf-8", newline="") as file:
        for row in islice(csv.reader(file), 1, None if count is None else count + 1):
            yield [cell or None for cell in row]


def write_as(suffix: str, path: Path, size: int) -> None:
    """Write campaigns as TOML, JSON or CSV until the file has so many bytes."""
    random = Random(size)  # noqa: S311
    keys = [str(uuid.UUID(int=random.getrandbits(128), version=4)) for _ in range(size // 100)]
    rows = _campaigns(random, keys, False)
    with open(path, "w", encoding="utf-8", newline="") as file:
        if suffix == "csv":
            csv.writer(file).writerow(COLUMNS[CAMPAIGNS])
        elif suffix == "json":
            file.write('{"campaigns": [\n')
        for number, row in enumerate(rows):
            if file.tell() >= size if number % 1000 == 0 else False:
                break
            if suffix == "csv":
                csv.writer(file).writerow(row)
                continue
            named = {name: value for name, value in zip(COLUMNS[CAMPAIGNS], row, strict=True)
                     if value is not None}  # fmt: skip
            if suffix == "json":
                file.write(",\n" * (number > 0) + json.dumps(named, default=str))
            else:
                file.write("[[campaigns]]\n" + "".join(map(_toml, named.items())) + "\n")
        if suffix == "json":
            file.write("\n]}\n")


def _toml(item: tuple[str, Any]) -> str:
    name, value = item
    text = value.isoformat() if isinstance(value, dt.datetime) else json.dumps(value)
    return f"{name} = {text}\n"
