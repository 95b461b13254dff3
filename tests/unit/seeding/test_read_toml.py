"""TOML files of seeds are read row by row, and mean what TOML says."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbkit.errors import SeedError
from dbkit.seeding import reading
from dbkit.seeding.read_toml import TomlFile
from dbkit.seeding.rows import BATCH


def rows_of(file: TomlFile) -> dict[str, list[dict[str, Any]]]:
    rows = defaultdict(list)
    for batch in file.batches():
        for row in batch.rows:
            rows[batch.table].append(dict(zip(batch.columns, row, strict=True)))
    return dict(rows)


def lines_of(file: TomlFile) -> list[int]:
    return [line for batch in file.batches() for line in batch.lines]


def written(directory: Path, content: str | bytes) -> TomlFile:
    path = directory / "a.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return TomlFile(path)


@pytest.mark.parametrize(
    ("content", "rows", "lines"),
    [
        ("", {}, []),
        ("# nothing\n\n", {}, []),
        ("[[a]]\nx = 1\n[[a]]\nx = 2", {"a": [{"x": 1}, {"x": 2}]}, [1, 3]),
        ("\ufeff[[a]]\r\nx = 1\r\n", {"a": [{"x": 1}]}, [1]),
        ("[[a]]\n", {"a": [{}]}, [1]),
        ("[[a]]\nx.y = 1\n", {"a": [{"x": {"y": 1}}]}, [1]),
        ("[[a]]\n[a.m]\nx = 1\n[a.m.n]\n[[a.p]]\ny = 1\n[[a.p]]\n[[a]]\n",
         {"a": [{"m": {"x": 1, "n": {}}, "p": [{"y": 1}, {}]}, {}]}, [1, 8]),
        ('[[a]]\nx = """\n[[a]]\n"""\n[[a]]\n', {"a": [{"x": "[[a]]\n"}, {}]}, [1, 5]),
        ("[[a]]\nx = '''\n[[a]]\n'''\n[[a]]\n", {"a": [{"x": "[[a]]\n"}, {}]}, [1, 5]),
        ('[[a]]\nx = """\\"""\n[[b]]"""""\n[[a]]\n', {"a": [{"x": '"""\n[[b]]""'}, {}]}, [1, 4]),
        ('[[a]]\nx = [\n[1],\n["]", \'"""\'], # ]\n]\n[[a]]\n',
         {"a": [{"x": [[1], ["]", '"""']]}, {}]}, [1, 6]),
        ('[[a]]\nx = "\'\'\'"\ny = \'"""\' # """\n[[b]]\n',
         {"a": [{"x": "'''", "y": '"""'}], "b": [{}]}, [1, 4]),
        (' [[ "a b" ]] # c\n x = 1\n', {"a b": [{"x": 1}]}, [1]),
        ('[["m.c"]]\nx=1\n[[m.d]]\n[m.d.e]\n', {"m.c": [{"x": 1}], "m.d": [{"e": {}}]}, [1, 3]),
        ("a = [{x = 1}, {x = 2},\n\n  # {\n {x = {y = [{}]}}]\nb = []\n[[c]]",
         {"a": [{"x": 1}, {"x": 2}, {"x": {"y": [{}]}}], "c": [{}]}, [1, 1, 4, 6]),
        ("[[keys]]\nx = 1\n[[mode]]\n[[reference]]\n",
         {"keys": [{"x": 1}], "mode": [{}], "reference": [{}]}, [1, 3, 4]),
        ("[[a]]\nx = 1.10\ny = 1e2\n",
         {"a": [{"x": Decimal("1.10"), "y": Decimal("1e2")}]}, [1]),
    ],
)  # fmt: skip
def test_rows(tmp_path: Path, content: str, rows: dict[str, Any], lines: list[int]) -> None:
    file = written(tmp_path, content)
    assert rows_of(file) == rows
    assert lines_of(file) == lines


def test_decimals_keep_their_digits(tmp_path: Path) -> None:
    ((row,),) = (batch.rows for batch in written(tmp_path, "[[a]]\nx = 1.10\n").batches())
    assert str(row[0]) == "1.10"


@pytest.mark.parametrize(
    ("content", "keys", "keeps", "is_reference"),
    [
        ("", {}, False, False),
        ('reference = true\nmode = "keep"\n', {}, True, True),
        ('mode = "update"\nreference = false\n', {}, False, False),
        ('[keys]\na = ["x", "y"]\n"b c" = ["z"]\n', {"a": ("x", "y"), "b c": ("z",)}, False, False),
        ('[[a]]\n[keys]\na = ["x"]\n[[b]]\n', {"a": ("x",)}, False, False),
        ('keys = {a = ["x"]}\n', {"a": ("x",)}, False, False),
        ('[keys]\nm.a = ["x"]\n"n.b" = ["y"]\n', {"m.a": ("x",), "n.b": ("y",)}, False, False),
    ],
)
def test_settings(
    tmp_path: Path, content: str, keys: dict[str, Any], keeps: bool, is_reference: bool
) -> None:
    file = written(tmp_path, content)
    assert (file.keeps, file.is_reference) == (keeps, is_reference)
    for _ in range(2):
        list(file.batches())
        assert file.keys == keys


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[a]]\nx = 1\n\n[[a]]\nx = \n", "line 5, column 5: Invalid value"),
        ("[[a]]\nx = 1\nx = 2\n", "line 3, column 6: Cannot overwrite a value"),
        ("[[a]]\nx = [\n1,\n[[a]]\ny = 2\n", "line 4, column 3: Invalid value"),
        ('[[a]]\n\ny = 1\nx = """\n\n', "line 4: Unterminated string"),
        ("[[a]]\n[[b]]\n[a.c]\n", "line 3: a.c is separated from its row"),
        ("[[a]]\n[[b]]\n[[a.c]]\n", "line 3: a.c is separated from its row"),
        ("[[a]]\n[a.b]\n[a.b]\n", "line 3, column 5: Cannot declare a.b twice"),
        ("[a]\nx = 1\n", r"line 1: a is not a list of rows.\nBegin each row with \[\[a\]\]"),
        ("[[a]]\n[a]\n", "line 2: a is defined on line 1 already"),
        ("[keys]\n[keys]\n", "line 2: keys is defined on line 1 already"),
        ("[keys]\n[[keys]]\n", "line 2: keys is defined on line 1 already"),
        ("[[keys]]\n[keys]\n", "line 2: keys is defined on line 1 already"),
        ("a = [{}]\n[[a]]\n", "line 2: a is defined on line 1 already"),
        ("a = [{}]\na = [{}]\n", "line 2: a is defined on line 1 already"),
        ("mode = 'keep'\n[[mode]]\n", "line 2: mode is defined on line 1 already"),
        ("referense = true\n", "line 1: referense is neither .*\nDid you mean reference"),
        ("a = [{}]\nreference = true\n", "line 2: reference comes after rows"),
        ("mode = 'kept'\n", 'line 1: mode is "kept"'),
        ("[keys]\na = 'x'\n", "line 1: The key of a is not a list"),
        ("[[a]]\nx = 1.0e99999999999999999999\n", "line 1: A number has an exponent"),
        ("[[a]]\n[[a]]\ny = 1\nx = " + "9" * 5000, "line 4: An integer has more than 4300"),
        ("[[a]]\nx = " + "[" * 3000 + "]" * 3000, "line 2: A value has arrays or objects nested"),
        ("[[a]]\n" + "x." * 3000 + "y = 1", "line 1: A value has arrays or objects nested"),
        (b"[[a]]\n[[a]]\nx = 'h\xe9'\n", "line 3, column 7: The byte 0xe9 is not UTF-8"),
        ("[[a]]\nx = 'a\0b'\n", "line 2, column 7: "),
        ("[[a]\nx = 1\n", "line 1, column 4: Expected"),
        ("[[a.]]\n", "line 1, column 5: "),
        ("[[a]] x = 1\n", "line 1, column 7: "),
        ("[[]]\n", "line 1, column 3: "),
        ("a = 1 b = 2\n", "line 1, column 7: "),
        ("\n\n= 1\n", "line 3, column 1: "),
    ],
)
def test_errors_have_the_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(SeedError, match=message):
        rows_of(written(tmp_path, content))


NAMES = st.sampled_from(["a", "b", "keys", "x y", 'q"', "é.", "[z]", "#"])
TEXTS = st.text(st.sampled_from("ab \"'\\[]{}#\n\t=é🎄") | st.characters(codec="utf-8"), max_size=8)
SCALARS = st.integers(-(2**63), 2**63) | st.booleans() | TEXTS | st.floats(allow_nan=False)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=True).encode().decode("ascii")


def toml_text(text: str, style: int) -> str:
    """The text as a basic, literal or multi-line string, if it can be written so."""
    printable = all(character.isprintable() or character in "\n\t" for character in text)
    if style == 1 and printable and "'" not in text and "\n" not in text:
        return f"'{text}'"
    if style == 2 and printable and "'" not in text:
        return f"'''\n{text}'''"
    escaped = "".join(
        character if character.isprintable() or (style == 3 and character == "\n")
        else f"\\U{ord(character):08x}"
        for character in text.replace("\\", "\\\\").replace('"', '\\"')
    )  # fmt: skip
    return f'"""\n{escaped}"""' if style == 3 else f'"{escaped}"'


def toml_value(value: Any, style: int) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return repr(value)
        case int():
            return str(value)
        case str():
            return toml_text(value, style)
        case list():
            glue = ",  # ]\n" if style % 2 else ", "
            return "[" + glue.join(toml_value(item, style) for item in value) + "]"
        case _:
            pairs = (f"{toml_text(k, 0)} = {toml_value(v, style)}" for k, v in value.items())
            return "{" + ", ".join(pairs) + "}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    parts = []
    for table in draw(st.lists(NAMES, max_size=6)):
        style = draw(st.integers(0, 3))
        header = toml_text(table, style % 2)
        parts.append(draw(st.sampled_from(["", " ", "# [[x]]\n", "\n"])) + f"[[{header}]]")
        row = draw(st.dictionaries(NAMES, VALUES, max_size=3))
        below = [name for name, value in row.items() if isinstance(value, dict) and style > 1]
        parts += [
            f"{toml_text(name, 0)} = {toml_value(value, style)}"
            for name, value in row.items() if name not in below
        ]  # fmt: skip
        for name in below:
            parts.append(f"[{header}.{toml_text(name, 1)}]")
            parts += [f"{toml_text(k, 1)} = {toml_value(v, style)}" for k, v in row[name].items()]
    return draw(st.sampled_from(["\n", "\r\n"])).join([*parts, ""])


@settings(max_examples=50, deadline=None)
@given(documents(), st.integers(1, 100))
def test_rows_are_those_that_tomllib_reads(
    tmp_path_factory: pytest.TempPathFactory, document: str, block: int
) -> None:
    """`block` is so small that rows begin in one block and end in another."""
    path = tmp_path_factory.getbasetemp() / "property.toml"
    path.write_bytes(document.encode())
    whole = tomllib.loads(document, parse_float=Decimal)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK", block)
        file = TomlFile(path)
        assert rows_of(file) == whole
        begins = lines_of(file)
    lines = document.split("\n")
    assert all("[[" in lines[line - 1] for line in begins)


def test_batches_are_short(tmp_path: Path) -> None:
    file = written(tmp_path, "[[a]]\nx = 1\n" * 2500 + "[[a]]\ny = 1\n[[b]]\ny = 1\n")
    sizes = [(batch.table, batch.columns, len(batch.rows)) for batch in file.batches()]
    assert sizes == [
        ("a", ("x",), BATCH), ("a", ("x",), BATCH), ("a", ("x",), 500),
        ("a", ("y",), 1), ("b", ("y",), 1),
    ]  # fmt: skip
    assert sum(batch.size for batch in file.batches()) == file.size


def test_huge_cells_end_a_batch(tmp_path: Path) -> None:
    file = written(tmp_path, f"[[a]]\nx = '{'x' * 2**20}'\n" * 12)
    assert [len(batch.rows) for batch in file.batches()] == [4, 4, 4]


def test_a_row_without_an_end_does_not_hold_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbkit.seeding.toml_statements.LIMIT", 1000)
    with pytest.raises(SeedError, match="line 2: A row or a value is longer"):
        rows_of(written(tmp_path, '[[a]]\nx = """\n' + "x = 1\n" * 1000))
