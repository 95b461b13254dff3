"""PostgreSQL judges: what its COPY writes is read, and its COPY reads the texts of records."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit.seeding.read_csv import CsvFile

CELLS = [
    None, "", " ", "a", '"', '""', ",", ",,", "\n", "\r\n", "\r", "a\nb", '"\n"',
    "\\.", "\\N", "\\", "a\n\\.\nb", "\\.\n", "NULL", "#", "# mode = 1", "'", "%s", ";",
    "🎄", "\u2028", "\x0b\x0c\x1c\x85", "\ufeff", "x" * 200_000, '",",' * 40_000,
]  # fmt: skip
ROWS = [(cell, other) for cell in CELLS for other in (None, "", '"', "x")]


def copied_out(database: pw.Database, options: str) -> bytes:
    stream = io.BytesIO()
    with database.cursor() as cursor:
        cursor.copy_expert(f"COPY t TO STDOUT (FORMAT csv, HEADER{options})", stream)
    return stream.getvalue()


def copied_in(database: pw.Database, texts: list[str]) -> list[Any]:
    database.execute_sql("TRUNCATE t")
    with database.cursor() as cursor:
        stream = io.BytesIO("".join(f"{text}\n" for text in texts).encode())
        cursor.copy_expert("COPY t FROM STDIN (FORMAT csv)", stream)
    return sorted_rows(database.execute_sql("SELECT * FROM t").fetchall())


def sorted_rows(rows: Any) -> list[Any]:
    return sorted(map(tuple, rows), key=repr)


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("options", ["", ", FORCE_QUOTE *"])
def test_copy_and_the_reader_agree(
    postgres: pw.Database, tmp_path: Path, width: int, options: str
) -> None:
    rows = [row[:width] for row in ROWS][:: 1 if width == 2 else 4]
    names = ["a", "b"][:width]
    postgres.execute_sql(f"CREATE TABLE t ({', '.join(f'{name} text' for name in names)})")
    for row in rows:
        places = ", ".join(["%s"] * width)
        postgres.execute_sql(f"INSERT INTO t VALUES ({places})", row)

    path = tmp_path / "t.csv"
    path.write_bytes(copied_out(postgres, options))
    batches = list(CsvFile(path).batches())
    assert sorted_rows(row for batch in batches for row in batch.rows) == sorted_rows(rows)
    texts = [text for batch in batches for text in batch.texts or ()]
    assert copied_in(postgres, texts) == sorted_rows(rows)
