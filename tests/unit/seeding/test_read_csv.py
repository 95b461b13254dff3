"""CSV files of seeds are read as PostgreSQL's COPY reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbkit.errors import SeedError
from dbkit.seeding import read_csv, reading
from dbkit.seeding.read_csv import CsvFile
from dbkit.seeding.rows import BATCH


def rows_of(file: CsvFile) -> list[list[Any]]:
    return [list(row) for batch in file.batches() for row in batch.rows]


def written(directory: Path, content: str | bytes, name: str = "02_campaigns.csv") -> CsvFile:
    path = directory / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvFile(path)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("a,b\n1,2\n", [["1", "2"]]),
        ("a,b\n1,2", [["1", "2"]]),
        ("a,b\r\n1,2\r\n3,4\r\n", [["1", "2"], ["3", "4"]]),
        ("a,b\n,\n", [[None, None]]),
        ('a,b\n"",\n', [["", None]]),
        ('a,b\n,""\n1,""\n', [[None, ""], ["1", ""]]),
        ('a,b\n"x","y, z"\n', [["x", "y, z"]]),
        ('a,b\n"say ""so""",1\n', [['say "so"', "1"]]),
        ('a,b\n"""",1\n', [['"', "1"]]),
        ('a,b\n"two\nlines",1\n', [["two\nlines", "1"]]),
        ('a,b\r\n"two\r\nlines",1\r\n', [["two\r\nlines", "1"]]),
        ('a,b\n"two\n\n\nlines",\n"",x\n', [["two\n\n\nlines", None], ["", "x"]]),
        ("a,b\n\n1,2\n\n\n", [["1", "2"]]),
        ("a,b\r\n\r\n1,2\r\n", [["1", "2"]]),
        ("a\n\n1\n", [[None], ["1"]]),
        ('a\n\n""\n"1"\n', [[None], [""], ["1"]]),
        ("a\n", []),
        ("a", []),
        ("a,b\n 1 , 2\n", [[" 1 ", " 2"]]),
        ("a,b\n\\N,\\.\n", [["\\N", "\\."]]),
        ("\ufeffa,b\n🎄,'\n", [["🎄", "'"]]),
        ("a,b\nx\u2028y,\x0b\n", [["x\u2028y", "\x0b"]]),
    ],
)
def test_records(tmp_path: Path, content: str, rows: list[list[Any]]) -> None:
    assert rows_of(written(tmp_path, content)) == rows


def test_batches_have_lines_texts_and_sizes(tmp_path: Path) -> None:
    file = written(tmp_path, '# a comment\na,b\n1,2\n"x\ny",""\n\n5,6\n')
    (batch,) = file.batches()
    assert (batch.table, batch.columns) == ("campaigns", ("a", "b"))
    assert list(batch.lines) == [3, 4, 7]
    assert batch.texts == ["1,2", '"x\ny",""', "5,6"]
    assert batch.size == file.size - len("# a comment\na,b\n")


def test_a_record_that_ends_copy_is_quoted(tmp_path: Path) -> None:
    (batch,) = written(tmp_path, 'a\n\\.\n"\\."\n').batches()
    assert batch.texts == ['"\\."', '"\\."']
    assert batch.rows == [["\\."], ["\\."]]


def test_settings_are_comments_before_the_header(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '# Made by hand\n# table = "Weird name"\n#key=["a", "b"]\n'
        '# mode = "keep"\n# reference = true\na,b\n#1,2\n',
    )
    assert (file.table, file.keys) == ("Weird name", {"Weird name": ("a", "b")})
    assert (file.keeps, file.is_reference) == (True, True)
    assert rows_of(file) == [["#1", "2"]]


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("campaigns.csv", "campaigns"),
        ("02_campaigns.csv", "campaigns"),
        ("1_2_x.csv", "2_x"),
        ("3_marketing.campaigns.csv", "marketing.campaigns"),
        ("2025.csv", "2025"),
    ],
)
def test_the_file_names_the_table(tmp_path: Path, name: str, table: str) -> None:
    assert written(tmp_path, "a\n", name).table == table


def test_a_huge_cell_arrives(tmp_path: Path) -> None:
    cell = f'{"x" * 97},"\n' * 100_000
    quoted = cell.replace('"', '""')
    file = written(tmp_path, f'a,b\n1,2\n"{quoted}",\n3,4\n')
    assert rows_of(file) == [["1", "2"], [cell, None], ["3", "4"]]
    assert [line for batch in file.batches() for line in batch.lines] == [2, 3, 100_004]


CELL = st.none() | st.text(st.sampled_from('a,"\n\r\\.é🎄#') | st.characters(codec="utf-8")).map(
    lambda text: text.replace("\0", "")
)
TABLE = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width))
)


def as_postgres_writes(cell: str | None, forced: bool) -> str:
    if cell is None:
        return ""
    needed = not cell or any(character in cell for character in '",\n\r')
    return '"' + cell.replace('"', '""') + '"' if needed or forced else cell


@settings(max_examples=100, deadline=None)
@given(TABLE, st.booleans(), st.sampled_from(["\n", "\r\n"]), st.integers(1, 40))
def test_what_postgres_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[list[str | None]],
    forced: bool,
    end: str,
    block: int,
) -> None:
    """`block` is so small that records and characters begin in one block and end in another."""
    width = len(table[0]) if table else 1
    header = ",".join(f"c{number}" for number in range(width))
    lines = [",".join(as_postgres_writes(cell, forced) for cell in row) for row in table]
    path = tmp_path_factory.getbasetemp() / "property.csv"
    path.write_bytes(end.join([header, *lines, ""]).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK", block)
        file = CsvFile(path)
        rows = [
            (list(row), line, text)
            for batch in file.batches()
            for row, line, text in zip(batch.rows, batch.lines, batch.texts or (), strict=True)
        ]
    assert [row for row, _, _ in rows] == table
    data = path.read_bytes().decode().split("\n")
    for _, line, text in rows:
        first = text.split("\n")[0].removesuffix("\r")
        assert data[line - 1].removesuffix("\r") in (first, first.strip('"'))


def test_batches_are_short(tmp_path: Path) -> None:
    file = written(tmp_path, "a,b\n" + "1,2\n" * 3500)
    sizes = [len(batch.rows) for batch in file.batches()]
    assert max(sizes) <= BATCH
    assert sum(sizes) == 3500
    assert [line for batch in file.batches() for line in batch.lines] == list(range(2, 3502))


def test_an_open_quote_does_not_read_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_csv, "LIMIT", 2**20)
    file = written(tmp_path, 'a,b\n1,2\n3,"4\n' + "x,y\n" * 2**20)
    with pytest.raises(SeedError, match=r"line 3, column 3: A quote opens here and never closes"):
        rows_of(file)
