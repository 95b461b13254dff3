"""Seed files that cannot be read: written by hand, and valid files with random damage."""

from __future__ import annotations

import ast
import json
import random
import tomllib
from collections.abc import Callable, Iterator

DAMAGED = 45  # files of each type
DEEP = 3000
DIGITS = "9" * 5000

TOML = {
    "no value": "[[campaigns]]\nname = \n",
    "no equals sign": "[[campaigns]]\nname 'x'\n",
    "no key": "[[campaigns]]\n= 'x'\n",
    "open header": "[[campaigns]\nname = 'x'\n",
    "empty header": "[[]]\n",
    "header with a dot at its end": "[[campaigns.]]\n",
    "text after a header": "[[campaigns]] name = 'x'\n",
    "two pairs on a line": "[[campaigns]]\nname = 'x' status = 'y'\n",
    "open basic string": '[[campaigns]]\nname = "x\n',
    "open literal string": "[[campaigns]]\nname = 'x\n",
    "open string of several lines": '[[campaigns]]\nname = """x\n\n[[campaigns]]\n',
    "open literal of several lines": "[[campaigns]]\nname = '''x\n\n[[campaigns]]\n",
    "open array": "[[campaigns]]\nname = ['x',\n\n[[campaigns]]\nname = 'y'\n",
    "open inline table": "[[campaigns]]\nmetadata = { x = 1\n[[campaigns]]\n",
    "closing bracket too many": "[[campaigns]]\nname = ['x']]\n",
    "unknown escape": '[[campaigns]]\nname = "\\q"\n',
    "half a character": '[[campaigns]]\nname = "\\ud83c"\n',
    "bare word": "[[campaigns]]\nname = launch\n",
    "None": "[[campaigns]]\nname = None\n",
    "True": "[[campaigns]]\nname = True\n",
    "leading zero": "[[campaigns]]\nbudget = 010\n",
    "impossible date": "[[campaigns]]\nstart_date = 2025-02-30\n",
    "impossible time": "[[campaigns]]\nstart_date = 25:00:00\n",
    "column twice": "[[campaigns]]\nname = 'x'\nname = 'y'\n",
    "column twice in quotes": "[[campaigns]]\nname = 'x'\n\"name\" = 'y'\n",
    "key twice in an inline table": "[[campaigns]]\nmetadata = { x = 1, x = 2 }\n",
    "value becomes a table": "[[campaigns]]\nname = 'x'\nname.y = 1\n",
    "sub-table twice": "[[campaigns]]\n[campaigns.metadata]\n[campaigns.metadata]\n",
    "sub-table of another row": "[[campaigns]]\n[[users]]\n[campaigns.metadata]\n",
    "sub-table before the row": "[campaigns.metadata]\n[[campaigns]]\n",
    "table instead of rows": "[campaigns]\nname = 'x'\n",
    "table and rows": "[[campaigns]]\n[campaigns]\n",
    "inline rows and rows": "campaigns = [{name = 'x'}]\n[[campaigns]]\n",
    "inline rows twice": "campaigns = [{name = 'x'}]\ncampaigns = []\n",
    "list of texts": "campaigns = ['x', 'y']\n",
    "unknown setting": "referense = true\n",
    "setting after rows": "campaigns = [{name = 'x'}]\nreference = true\n",
    "setting twice": "mode = 'keep'\nmode = 'update'\n",
    "unknown mode": "mode = 'insert'\n",
    "mode is a number": "mode = 1\n",
    "reference is a text": "reference = 'yes'\n",
    "keys twice": "[keys]\ncampaigns = ['name']\n[keys]\n",
    "keys and rows of keys": "[keys]\n[[keys]]\n",
    "key is a text": "[keys]\ncampaigns = 'name'\n",
    "key is empty": "[keys]\ncampaigns = []\n",
    "key of numbers": "[keys]\ncampaigns = [1]\n",
    "key names a column twice": "[keys]\ncampaigns = ['name', 'name']\n",
    "keys is a text": "keys = 'name'\n",
    "setting inside keys": "[keys]\ncampaigns = ['name']\nreference = true\n",
    "5,000 digits": f"[[campaigns]]\nname = 'x'\nbudget = {DIGITS}\n",
    "huge exponent": "[[campaigns]]\nbudget = 1e99999999999999999999\n",
    "3,000 arrays": f"[[campaigns]]\nmetadata = {'[' * DEEP}{']' * DEEP}\n",
    "3,000 open arrays": f"[[campaigns]]\nmetadata = {'[' * DEEP}\n",
    "3,000 inline tables": f"[[campaigns]]\nmetadata = {'{x=' * DEEP}1{'}' * DEEP}\n",
    "3,000 dotted keys": f"[[campaigns]]\nmetadata{'.x' * DEEP} = 1\n",
    "NUL in a string": "[[campaigns]]\nname = 'a\0b'\n",
    "NUL outside": "\0[[campaigns]]\n",
    "carriage return in a string": "[[campaigns]]\nname = 'a\rb'\n",
    "JSON": '{"campaigns": []}\n',
    "CSV": "name,status\nx,active\n",
}
JSON = {
    "empty": "",
    "only blanks": "\n\n",
    "list": "[]",
    "text": '"campaigns"',
    "open object": "{",
    "open list": '{"campaigns": [',
    "open row": '{"campaigns": [{"name": "x"',
    "open text": '{"campaigns": [{"name": "x',
    "no colon": '{"campaigns" []}',
    "name without quotes": "{campaigns: []}",
    "single quotes": "{'campaigns': []}",
    "comma at the end of rows": '{"campaigns": [{"name": "x"},]}',
    "comma at the end of a row": '{"campaigns": [{"name": "x",}]}',
    "comma at the end": '{"campaigns": [],}',
    "no comma between rows": '{"campaigns": [{}\n{}]}',
    "no comma between tables": '{"campaigns": []\n"users": []}',
    "comment": '{"campaigns": [] // none\n}',
    "rows of numbers": '{"campaigns": [1]}',
    "row is null": '{"campaigns": [null]}',
    "row is a list": '{"campaigns": [["x"]]}',
    "table is an object": '{"campaigns": {"name": "x"}}',
    "table is null": '{"campaigns": null}',
    "table twice": '{"campaigns": [],\n"campaigns": []}',
    "name twice": '{"campaigns": [{"name": "x", "name": "y"}]}',
    "name twice inside": '{"campaigns": [{"metadata": {"x": 1, "x": 1}}]}',
    "NaN": '{"campaigns": [{"budget": NaN}]}',
    "Infinity": '{"campaigns": [{"budget": -Infinity}]}',
    "True": '{"campaigns": [{"is_active": True}]}',
    "leading zero": '{"campaigns": [{"budget": 01}]}',
    "plus": '{"campaigns": [{"budget": +1}]}',
    "no digit after the point": '{"campaigns": [{"budget": 1.}]}',
    "unknown escape": '{"campaigns": [{"name": "\\q"}]}',
    "half a character": '{"campaigns": [{"name": "\\ud83c"}]}',
    "broken escape": '{"campaigns": [{"name": "\\u12"}]}',
    "line break in a text": '{"campaigns": [{"name": "x\ny"}]}',
    "NUL in a text": '{"campaigns": [{"name": "x\0y"}]}',
    "text after the end": '{"campaigns": []}\n{}',
    "unknown setting": '{"refrence": true}',
    "setting after rows": '{"campaigns": [{"name": "x"}], "mode": "keep"}',
    "unknown mode": '{"mode": "insert"}',
    "mode is an object": '{"mode": {}}',
    "reference is a number": '{"reference": 1}',
    "keys is a text": '{"keys": "name"}',
    "key is a text": '{"keys": {"campaigns": "name"}}',
    "key of nulls": '{"keys": {"campaigns": [null]}}',
    "5,000 digits": f'{{"campaigns": [{{"budget": {DIGITS}}}]}}',
    "huge exponent": '{"campaigns": [{"budget": 1e99999999999999999999}]}',
    "3,000 lists": f'{{"campaigns": [{{"metadata": {"[" * DEEP}{"]" * DEEP}}}]}}',
    "3,000 open lists": f'{{"campaigns": [{{"metadata": {"[" * DEEP}',
    "3,000 objects": '{"campaigns": [{"metadata": ' + '{"x":' * DEEP,
    "TOML": "[[campaigns]]\nname = 'x'\n",
}
CSV = {
    "empty": "",
    "empty header": "\nx,active\n",
    "name missing in the header": "name,,status\nx,y,active\n",
    "comma at the end of the header": "name,\nx,\n",
    "name twice in the header": "name,name\nx,y\n",
    "quote in the header": 'na"me,status\nx,active\n',
    "open quote in the header": '"name,status\nx,active\n',
    "too few values": "name,status\nx,active\ny\n",
    "too many values": "name,status\nx,active\ny,active,1\n",
    "semicolons": "name,status\nx;active\n",
    "comma at the end of a row": "name,status\nx,active,\n",
    "quote in a value": 'name,status\nx"y,active\n',
    "two quotes in a value": 'name,status\nx"y"z,active\n',
    "quotes across values": 'name,status\nx"y,z"\n',
    "quotes across values that look balanced": 'name,status\nx","y\n',
    "blank before a quote": 'name,status\n "x",active\n',
    "blank after a quote": 'name,status\n"x" ,active\n',
    "text after a quote": 'name,status\n"x"y,active\n',
    "backslash before a quote": 'name,status\n"x\\"y",active\n',
    "open quote": 'name,status\nx,active\n"y,active\nz,active\n',
    "open quote at the end": 'name,status\nx,active\ny,"',
    "three quotes": 'name,status\n""",active\n',
    "carriage return in a value": "name,status\nx\ry,active\n",
    "old line ends": "name,status\rx,active\ry,active\r",
    "NUL": "name,status\nx\0,active\n",
    "NUL in the header": "name\0,status\n",
    "NUL in quotes": 'name,status\n"x\0",active\n',
    "value of a setting is missing": "# mode =\nname\nx\n",
    "setting without quotes": "# mode = keep\nname\nx\n",
    "unknown mode": '# mode = "insert"\nname\nx\n',
    "unknown setting": '# kye = ["name"]\nname\nx\n',
    "reference is a text": '# reference = "yes"\nname\nx\n',
    "key is a text": '# key = "name"\nname\nx\n',
    "key is empty": "# key = []\nname\nx\n",
    "setting twice": '# mode = "keep"\n# mode = "keep"\nname\nx\n',
    "table is a number": "# table = 5\nname\nx\n",
    "3,000 arrays in a setting": f"# key = {'[' * DEEP}\nname\nx\n",
    "terminal codes in a name": "\x1b[31mname,\x1b[31mname\nx,y\n",
    "only a comment": '# key = ["name"]\n',
}
PYTHON = {
    "empty": "",
    "no function": "rows = []\n",
    "async": "async def seed(database):\n    yield 'campaigns', {}\n",
    "open bracket": "def seed(database:\n    yield 'campaigns', {}\n",
    "no body": "def seed(database):\n",
    "wrong indent": "def seed(database):\n    x = 1\n      yield 'campaigns', {}\n",
    "no parameter": "def seed():\n    yield 'campaigns', {}\n",
    "two parameters": "def seed(database, models):\n    yield 'campaigns', {}\n",
    "yields nothing": "def seed(database):\n    yield\n",
    "yields a text": "def seed(database):\n    yield 'campaigns'\n",
    "yields a dictionary": "def seed(database):\n    yield {'name': 'x'}\n",
    "yields a list of values": "def seed(database):\n    yield 'campaigns', ['x']\n",
    "yields an object": "def seed(database):\n    yield object(), {'name': 'x'}\n",
    "yields a class": "def seed(database):\n    yield int, {'name': 'x'}\n",
    "column is a number": "def seed(database):\n    yield 'campaigns', {1: 'x'}\n",
    "returns rows": "def seed(database):\n    return [('campaigns', {'name': 'x'})]\n",
    "raises": "def seed(database):\n    yield 'campaigns', {'name': 1 / 0}\n",
    "raises above": "import no_such_module\ndef seed(database):\n    yield 'campaigns', {}\n",
    "exits": "import sys\nsys.exit(0)\ndef seed(database):\n    yield 'campaigns', {}\n",
    "keys are computed": "keys = dict()\ndef seed(database):\n    yield 'campaigns', {}\n",
    "unknown mode": "mode = 'insert'\ndef seed(database):\n    yield 'campaigns', {}\n",
    "NUL": "def seed(database):\n    yield 'campaigns', {}\n\0\n",
    "too deep": f"def seed(database):\n    yield 'campaigns', {'[' * DEEP}{']' * DEEP}\n",
    "TOML": "[[campaigns]]\nname = 'x'\n",
}

VALID_TOML = """mode = "keep"

[keys]
campaigns = ["name"]

[[campaigns]]
name = "Launch"  # the first
status = 'active'
budget = 10.50

[campaigns.metadata]
tags = ["a", "b"]

[[campaigns]]
name = \"\"\"
of two lines\"\"\"
start_date = 2025-01-01
metadata = { x = 1, y = [true, false] }
"""
VALID_JSON = """{"mode": "keep", "keys": {"campaigns": ["name"]},
 "campaigns": [
  {"name": "Launch", "status": "active", "budget": 10.50},
  {"name": "of \\u00e9\\n", "metadata": {"x": [true, null, -1e3]}}
 ]}
"""
VALID_CSV = '''# key = ["name"]
name,status,budget
Launch,active,10.50
"of two
lines","a ""quote""",
,"",1
'''
VALID_PYTHON = """keys = {"campaigns": ["name"]}


def seed(database):
    for number in range(3):
        yield "campaigns", {"name": f"Campaign {number}", "metadata": [1, (2, 3)]}
"""


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def damaged(text: str, chance: random.Random) -> str:
    """The text with a piece removed, cut off, doubled, or with a character more."""
    begin = chance.randrange(len(text))
    end = begin + chance.randrange(1, 6)
    return chance.choice([
        text[:begin],
        text[:begin] + text[end:],
        text[:begin] + text[begin:end] * 2 + text[end:],
        text[:begin] + chance.choice("\"'[]{},=.\0\\\n#x") + text[begin:],
    ])  # fmt: skip


def _each_damaged(text: str, is_valid: Callable[[str], bool]) -> Iterator[str]:
    """Damaged texts; the parser of the standard library is the judge that they are malformed."""
    chance, found = random.Random(text), set[str]()  # noqa: S311
    while len(found) < DAMAGED:
        candidate = damaged(text, chance)
        if not is_valid(candidate) and candidate not in found:
            found.add(candidate)
            yield candidate


BAD_ROWS = ['x"y,active,1\n', '"x,active,1\n', "x,active\n", "x,active,1,\n", ",\n",
            '"x"y,active,1\n', "x\0,active,1\n", 'x,"active,1\n']  # fmt: skip


def _each_damaged_csv() -> Iterator[str]:
    """Damage after which CSV cannot be valid: other numbers of values, or an odd quote."""
    lines = VALID_CSV.splitlines(keepends=True)
    chance = random.Random(1)  # noqa: S311
    for _ in range(DAMAGED):
        rows = [f"x{number},active,{number}\n" for number in range(chance.randrange(1, 2000))]
        rows.insert(chance.randrange(len(rows) + 1), chance.choice(BAD_ROWS))
        yield "".join([*lines, *rows])


def _bad_bytes(text: str, number: int) -> bytes:
    chance = random.Random(number)  # noqa: S311
    data = text.encode()
    place = chance.randrange(len(data))
    bad = chance.choice([b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80"])
    return data[:place] + bad + data[place:]


def malformed() -> Iterator[tuple[str, str, bytes]]:
    """Yield (what is wrong, name of the file, contents), always in the same order."""
    kinds = [
        ("campaigns.toml", TOML, VALID_TOML, _each_damaged(VALID_TOML, _is_toml)),
        ("campaigns.json", JSON, VALID_JSON, _each_damaged(VALID_JSON, _is_json)),
        ("campaigns.csv", CSV, VALID_CSV, _each_damaged_csv()),
        ("campaigns.py", PYTHON, VALID_PYTHON, _each_damaged(VALID_PYTHON, _is_python)),
    ]
    for name, by_hand, valid, by_chance in kinds:
        for what, text in by_hand.items():
            yield what, name, text.encode()
        for number, text in enumerate(by_chance):
            yield f"damage {number}", name, text.encode()
        for number in range(5):
            yield f"bytes that are not UTF-8 {number}", name, _bad_bytes(valid, number)
