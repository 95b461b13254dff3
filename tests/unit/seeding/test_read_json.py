"""JSON files of seeds are read row by row, and mean what JSON says."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbkit.errors import SeedError
from dbkit.seeding import json_window
from dbkit.seeding.read_json import JsonFile


def rows_of(file: JsonFile) -> dict[str, list[dict[str, Any]]]:
    rows = defaultdict(list)
    for batch in file.batches():
        for row in batch.rows:
            rows[batch.table].append(dict(zip(batch.columns, row, strict=True)))
    return dict(rows)


def lines_of(file: JsonFile) -> list[int]:
    return [line for batch in file.batches() for line in batch.lines]


def written(directory: Path, content: str | bytes) -> JsonFile:
    path = directory / "a.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return JsonFile(path)


@pytest.mark.parametrize(
    ("content", "rows", "lines"),
    [
        ("{}", {}, []),
        ('\ufeff{"a": [{"x": 1}, {"x": 2}]}\r\n', {"a": [{"x": 1}, {"x": 2}]}, [1, 1]),
        ('{\n"a": [\n\n{"x":\n1}\n,{"x": 2}\n]\n,"b":[{}]\n}\n',
         {"a": [{"x": 1}, {"x": 2}], "b": [{}]}, [4, 6, 8]),
        ('{"a": [], "keys": [{"x": [null, true, "\\u00e9"]}]}',
         {"keys": [{"x": [None, True, "é"]}]}, [1]),
        ('{"a": [{"x": 1.10, "y": 1e2, "z": "\\ud83c\\udf84"}]}',
         {"a": [{"x": Decimal("1.10"), "y": Decimal(100), "z": "🎄"}]}, [1]),
    ],
)  # fmt: skip
def test_rows(tmp_path: Path, content: str, rows: dict[str, Any], lines: list[int]) -> None:
    file = written(tmp_path, content)
    assert rows_of(file) == rows
    assert lines_of(file) == lines


def test_settings(tmp_path: Path) -> None:
    content = '{"reference": true, "mode": "keep", "a": [{"x": 1}], "keys": {"a": ["x", "y"]}}'
    file = written(tmp_path, content)
    assert (file.is_reference, file.keeps) == (True, True)
    list(file.batches())
    assert file.keys == {"a": ("x", "y")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: The file is not an object"),
        ("[]", "line 1: The file is not an object"),
        ("\n{", "line 2, column 2: The file ends before the JSON is complete"),
        ('{"a": [{"x": 1}', "line 1, column 16: The file ends before"),
        ('{"a": [{"x": 1},\n{"x":', "line 2, column 6: The file ends before"),
        ('{"a": [\n{"x": "y}\n]}', "line 2, column 10: Invalid control character"),
        ('{"a": [\n{"x": "y}]}', "line 2, column 7: Unterminated string"),
        ('{"a": [\n{"x": 1},\n]}', "line 3: There is a comma before the end"),
        ('{"a": [\n{"x": 1,}\n]}', "line 2, column "),
        ('{"a": [\n{"x" 1}\n]}', "line 2, column 6: Expecting ':' delimiter"),
        ('{"a": [\n{x: 1}\n]}', "line 2, column 2: Expecting property name"),
        ('{"a": [{}\n{}]}', "line 2, column 1: Expected ',' or ']'"),
        ('{"a": []\n"b": []}', "line 2, column 1: Expected ',' or '}'"),
        ('{"a"\n[]}', "line 2, column 1: Expected ':'"),
        ("{\na: []}", "line 2, column 1: Expected a name in double quotes"),
        ('{"a": []}\n\n{}', "line 3: Text follows"),
        ('{"a": [\n{"x": 1, "x": 2}]}', "line 2: An object has the name x twice"),
        ('{"a": [],\n"a": []}', "line 2: a is defined on line 1 already"),
        ('{"a": [\n{"x": NaN}]}', "line 2: NaN is not JSON"),
        ('{"a": [\n{"x": -Infinity}]}', "line 2: -Infinity is not JSON"),
        ('{"a": [\n{"x":\n' + "9" * 5000 + "}]}", "line 3, column 1: An integer has more than"),
        ('{"a": [\n{"x": 1.0e99999999999999999999}]}', "line 2: A number has an exponent"),
        ('{"a": [\n{"x": ' + "[" * 3000 + "]" * 3000 + "}]}", "line 2: A value has arrays"),
        ('{"a": [\n{"x": ' + "[" * 300 + "]" * 300 + "}]}", "line 2: A value has arrays"),
        ('{"a": [\n{"x": "\\ud83c"}]}', r"line 2: A \\u escape is only half"),
        ('{"a": [\n1]}', "line 2: A row of a is not an object"),
        ('{"a": [],\n"b": {"x": 1}}', "line 2: b is not a list of rows"),
        ('{"refrence": true}', "line 1: refrence is neither .*\nDid you mean reference"),
        ('{"mode": 5}', "line 1: mode is 5"),
        ('{"mode": {}}', "line 1: mode is {}"),
        ('{"reference": "yes"}', "line 1: reference is not true or false"),
        ('{"keys": {"a": [1]}}', "line 1: The key of a is not a list"),
        ('{"keys": {"a": ["x", "x"]}}', "line 1: The key of a names x twice"),
        ('{"a": [{}],\n"mode": "keep"}', "line 2: mode comes after rows"),
        (b'{"a": [\n{"x": "h\xe9"}]}', "line 2.*: The byte 0xe9 is not UTF-8"),
        (b'{"a": [\n{"x": "h\xc3', "line 2.*: The byte 0xc3 is not UTF-8"),
        ('{"a": [\n{"x": "\0"}]}', "line 2, column 8: Invalid control character"),
    ],
)
@pytest.mark.parametrize("block", [7, 2**18])
def test_errors_have_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes, message: str, block: int
) -> None:
    monkeypatch.setattr(json_window, "BLOCK", block)
    with pytest.raises(SeedError, match=message):
        rows_of(written(tmp_path, content))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=6)
    | st.decimals(allow_nan=False, allow_infinity=False).map(float),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)  # fmt: skip
TABLES = st.dictionaries(
    st.text(max_size=3).filter(lambda name: name not in ("keys", "mode", "reference")),
    st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=3), max_size=3),
    max_size=4,
)


@settings(max_examples=50, deadline=None)
@given(TABLES, st.integers(1, 60), st.booleans(), st.sampled_from([None, 0, 2]))
def test_rows_are_those_that_json_reads(
    tmp_path_factory: pytest.TempPathFactory,
    tables: dict[str, list[dict[str, Any]]],
    block: int,
    ascii_only: bool,
    indent: int | None,
) -> None:
    """`block` is so small that values and characters begin in one block and end in another."""
    text = json.dumps(tables, indent=indent, ensure_ascii=ascii_only)
    path = tmp_path_factory.getbasetemp() / "property.json"
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_window, "BLOCK", block)
        read = rows_of(JsonFile(path))
        lines = lines_of(JsonFile(path))
    whole = json.loads(text, parse_float=Decimal)
    assert read == {table: rows for table, rows in whole.items() if rows}
    assert all("{" in text.split("\n")[line - 1] for line in lines)


def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_window, "BLOCK", 1000)
    monkeypatch.setattr(json_window, "LIMIT", 10_000)
    rows = ",".join('{"x": "%s"}' % ("y" * 3000) for _ in range(100))
    assert len(rows_of(written(tmp_path, f'{{"a": [{rows}]}}'))["a"]) == 100
    with pytest.raises(SeedError, match="line 2: A row or a value is longer"):
        rows_of(written(tmp_path, '{"a": [\n{"x": "' + "y" * 30_000))


def test_a_huge_value_is_not_read_again_for_every_block(tmp_path: Path) -> None:
    file = written(tmp_path, json.dumps({"a": [{"x": "y" * 10_000_000}, {"x": "z"}]}))
    (first, second) = file.batches()
    assert len(first.rows[0][0]) == 10_000_000
    assert second.rows == [("z",)]
    assert first.size + second.size <= file.size
