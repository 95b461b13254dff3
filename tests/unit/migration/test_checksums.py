"""The checksum of a file stands for its meaning, and is the same on every supported Python."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from dbkit.migration import checksums
from dbkit.migration.checksums import checksum

FILE = '''\
"""Add a table."""

import peewee as pw


def migrate(migrator, database, *, fake=False):
    """Create it."""
    # the first table
    @migrator.create_model
    class Thing(pw.Model):
        name = pw.CharField(max_length=100, null=True)

        class Meta:
            table_name = "thing"

    migrator.sql("UPDATE thing SET name = 'a b'", 1000)
    if not fake:
        for row in (1, 2):
            del row


def rollback(migrator, database, *, fake=False):
    migrator.remove_model("thing")
'''
SILENT = {  # (old, new): the same meaning
    "a comment": ("# the first table", "# a better comment"),
    "no comment": ("    # the first table\n", ""),
    "a comment in a line": ("fake=False):\n    mig", "fake=False):  # back\n    mig"),
    "a docstring of the file": ('"""Add a table."""', '"""Add the table\n\n    of things.\n"""'),
    "no docstring of the file": ('"""Add a table."""\n\n', ""),
    "a docstring of a function": ('"""Create it."""', "'Create the table.'"),
    "no docstring of a function": ('    """Create it."""\n', ""),
    "a docstring of a class": ("(pw.Model):\n", '(pw.Model):\n        """A thing."""\n\n'),
    "a docstring and pass": ("(1, 2):\n", "(1, 2):\n            pass\n            'row'\n"),
    "blank lines": ("\n\n\n", "\n\n\n\n\n"),
    "blanks at the end of a line": ("import peewee as pw", "import peewee as pw   "),
    "indentation": ("    migrator.remove", "  migrator.remove"),
    "quotes": ('table_name = "thing"', "table_name = '''thing'''"),
    "a prefix of a string": ('table_name = "thing"', 'table_name = u"thing"'),
    "an escape": ("'a b'", r"'\x61 b'"),
    "a string in two parts": ("SET name", 'SET " "name'),
    "a trailing comma": ("null=True)", "null=True,)"),
    "a call of several lines": ("100, null", "100,\n            null"),
    "a continued line": ("table_name = ", "table_name = \\\n                "),
    "parentheses around a value": ("null=True", "null=(True)"),
    "no parentheses": ("in (1, 2)", "in 1, 2"),
    "parentheses of del": ("del row", "del (row)"),
    "parentheses of a class": ("class Meta:", "class Meta():"),
    "a number": ("1000", "1_000"),
    "another number": ("1000", "0x3E8"),
    "a semicolon": ("del row", "del row;"),
    "line endings": ("\n", "\r\n"),
    "old line endings": ("\n", "\r"),
    "a form feed": ("\n\n\n", "\n\f\n\n"),
    "no line ending": ('("thing")\n', '("thing")'),
    "a coding line": ('"""Add', '# -*- coding: utf-8 -*-\n"""Add'),
    "a type comment": ("max_length=100, null=True)", "max_length=100, null=True)  # type: ignore"),
}
LOUD = {  # (old, new): another meaning
    "a name": ("name = pw", "title = pw"),
    "another field": ("null=True)\n", "null=True)\n        size = pw.IntegerField()\n"),
    "a class": ("CharField", "TextField"),
    "a number": ("100,", "101,"),
    "a number as a text": ("100,", "'100',"),
    "a number with a fraction": ("1000", "1000.0"),
    "a truth value": ("null=True", "null=False"),
    "a truth value as a number": ("null=True", "null=1"),
    "a text as bytes": ('table_name = "thing"', 'table_name = b"thing"'),
    "a blank in a text": ("'a b'", "'a  b'"),
    "a comment in a text": ("SET name", "SET /* x */ name"),
    "a line ending in a text": ("SET name", r"SET\nname"),
    "an argument less": (", null=True", ""),
    "the order of arguments": ("max_length=100, null=True", "null=True, max_length=100"),
    "an order": ("(1, 2)", "(2, 1)"),
    "a list": ("(1, 2)", "[1, 2]"),
    "a condition": ("if not fake", "if fake"),
    "a statement outside the block": ("            del row", "    del row"),
    "the way back": ('migrator.remove_model("thing")', "pass"),
    "no way back": ("def rollback", "def roll_back"),
    "an import": ("import peewee as pw", "import peewee as pw\nimport os"),
    "a comment that was code": ("    @migrator", "    # @migrator"),
    "a return": ("del row", "return"),
    "a default": ("fake=False):\n    mig", "fake=True):\n    mig"),
    "a letter beyond ASCII": ("'a b'", "'ä b'"),
    "a constant of the file": ("import peewee as pw", "import peewee as pw\nATOMIC = False"),
    "a syntax error": ("def rollback(", "def rollback"),
}


@pytest.mark.parametrize("edit", SILENT)
def test_an_edit_without_a_meaning_keeps_the_checksum(edit: str, tmp_path: Path) -> None:
    assert changed(*SILENT[edit], tmp_path) == checksum(FILE)


@pytest.mark.parametrize("edit", LOUD)
def test_an_edit_with_a_meaning_changes_the_checksum(edit: str, tmp_path: Path) -> None:
    assert changed(*LOUD[edit], tmp_path) != checksum(FILE)


def changed(old: str, new: str, tmp_path: Path) -> str:
    """The checksum of an edited file, which is read as Python reads it."""
    assert old in FILE
    path = tmp_path / "file.py"
    path.write_text(FILE.replace(old, new), encoding="utf-8", newline="")
    with tokenize.open(path) as stream:
        return checksum(stream.read())


def test_edits_are_different_from_each_other() -> None:
    made = {checksum(FILE.replace(*edit)) for edit in LOUD.values()}
    assert len(made) == len(LOUD)


@pytest.mark.parametrize("text", ["", "x = '\\ud800'", "def f(:", "x = " + "(" * 300, "\0",
                                  "x = '\ud800'", "x = 0x" + "f" * 9000,
                                  "x = " + " + ".join(["'a'"] * 3000)])  # fmt: skip
def test_every_text_has_a_checksum(text: str) -> None:
    assert len(checksum(text)) == 64
    assert checksum(text) != checksum(text + "\ny = 1")


# f-strings are parsed by other code since 3.12; 3.12 and 3.13 have new fields
ODD = r"""
async def f(a: int, /, b=1, *c: int, d=f"{a!r:>{b}}", **e) -> None:
    match a:
        case [1, *_] | {"x": None, **rest} if rest: ...
        case str(x) as y: return f'{x:}' f"{y = }" "" f"{'a' 'b'}{{}}"
    async with a as b, c: await d
    try: yield
    except* ValueError: pass
    return {**e, 'k': (yield), 1j: 1e400, -0.0: ...}, lambda *, k=None: a if b else not c
"""
EXPECTED = "ed9b90b6401c61264a37191af92bc0dde07967ddb34f69b40beafa679a691d45"


@pytest.mark.parametrize("executable", ["this", "python3.11", "python3.12", "python3.13"])
def test_the_checksum_is_the_same_on_every_python(executable: str) -> None:
    """It is stored in databases: after a change of it, every file would count as edited."""
    assert ast.parse(ODD).body
    found = python(executable)
    if found is None:
        pytest.skip(f"no {executable} on this machine")
    code = f"import runpy; print(runpy.run_path({checksums.__file__!r})['checksum']({ODD!r}))"
    done = subprocess.run([found, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == EXPECTED


def python(name: str) -> str | None:
    if name == "this":
        return sys.executable
    found = sorted(Path.home().glob(f".pyenv/versions/{name.removeprefix('python')}.*/bin/python"))
    return str(found[-1]) if found else shutil.which(name)
