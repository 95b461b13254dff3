"""docs/seeds.md is run: its files load, its commands print what it says, and its values are equal
in all kinds of files."""

from __future__ import annotations

import enum
import re
from pathlib import Path

import peewee as pw
import pytest
from playhouse.postgres_ext import ArrayField

from dbkit import seed
from dbkit.fields import DateTimeTZField, EnumField
from dbkit.schema.dialect import dialect_for
from tests.conftest import ROOT
from tests.documents import Block, assert_prints, blocks

PAGE = ROOT / "docs" / "seeds.md"
VALUES = re.compile(r"^\| Field \| TOML \| JSON \| CSV \|\n\|.*\n((?:\|.*\n)+)", re.MULTILINE)


class Format(enum.Enum):
    PAPERBACK = "paperback"


# the fields that the table of the page names
FIELDS = {
    "CharField": lambda: pw.CharField(null=True),
    "TextField": pw.TextField,
    "IntegerField": pw.IntegerField,
    "BigIntegerField": pw.BigIntegerField,
    "DecimalField": lambda: pw.DecimalField(8, 2),
    "DoubleField": pw.DoubleField,
    "BooleanField": pw.BooleanField,
    "DateField": pw.DateField,
    "TimeField": pw.TimeField,
    "DateTimeField": pw.DateTimeField,
    "DateTimeTZField": DateTimeTZField,
    "UUIDField": pw.UUIDField,
    "EnumField": lambda: EnumField(Format),
    "JSONField": pw.JSONField,
    "ArrayField": lambda: ArrayField(pw.TextField, index=False),
    "BlobField": pw.BlobField,
}


def write(block: Block) -> None:
    """Write the file that the first line of the block names, or the comment before the block."""
    first = re.match(r"# (\S+)\n", block.text)
    path = Path(block.comment or (first[1] if first else ""))
    path.parent.mkdir(exist_ok=True)
    path.write_text(block.text, encoding="utf-8")


def test_every_command_prints_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(PAGE):
        if block.language == "console":
            for command, expected in block.commands():
                assert_prints(command, expected)
        else:
            write(block)


def values() -> list[tuple[str, tuple[str, ...]]]:
    """The rows of the table of values: a field, and a spelling in TOML, JSON and CSV."""
    table = VALUES.search(PAGE.read_text(encoding="utf-8"))
    assert table
    found: list[tuple[str, tuple[str, ...]]] = []
    for line in table[1].splitlines():
        names, *cells = line.strip("|").split(" | ")
        spellings = [re.findall("`(.*?)`", cell) or [""] for cell in cells]
        for name in re.findall("`(.*?)`", names) or ["CharField"]:
            found += [(name, same) for same in zip(*spellings, strict=True)]
    return found


def test_a_value_is_the_same_in_all_kinds_of_files(database: pw.Database, tmp_path: Path) -> None:
    rows = [row for row in values() if row[0] != "ArrayField" or dialect_for(database).cells.text]
    assert {name for name, _ in values()} == {*FIELDS}
    columns = {f"c{number}": FIELDS[name]() for number, (name, _) in enumerate(rows)}
    meta = type("Meta", (), {"table_name": "t", "database": database})
    model = type("T", (pw.Model,), {"name": pw.CharField(unique=True), **columns, "Meta": meta})
    database.create_tables([model])
    toml, json, csv = zip(*(same for _, same in rows), strict=True)
    directory = tmp_path / "seeds"
    directory.mkdir()
    pairs = "".join(f"{name} = {value}\n" for name, value in zip(columns, toml, strict=True))
    (directory / "a.toml").write_text(f'[[t]]\nname = "toml"\n{pairs}')
    pairs = "".join(f', "{name}": {value}' for name, value in zip(columns, json, strict=True))
    (directory / "b.json").write_text(f'{{"t": [{{"name": "json"{pairs}}}]}}')
    (directory / "t.csv").write_text(f"name,{','.join(columns)}\ncsv,{','.join(csv)}\n")
    assert seed(database, [model], directory).inserted == {"t": 3}
    one, *others = database.execute_sql(f"SELECT {', '.join(columns)} FROM t").fetchall()
    assert others == [one, one]
