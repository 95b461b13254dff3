"""seed --dry-run, seed --check and verify --seeds: right answers, and nothing is written."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import peewee as pw
import pytest

from dbkit.errors import SeedError
from dbkit.schema.peewee_models import SEEDED_TABLE
from tests.conftest import opened

from .running import Seeds, is_postgres

MODELS = """
import peewee as pw

class Kind(pw.Model):
    code = pw.CharField(unique=True)
    label = pw.CharField(null=True)

class Thing(pw.Model):
    name = pw.CharField(unique=True)
    kind = pw.ForeignKeyField(Kind, null=True)
    other = pw.ForeignKeyField("self", null=True)
    at = pw.DateTimeField(null=True)
    price = pw.DecimalField(10, 2, null=True)
    data = pw.JSONField(null=True)
    count = pw.IntegerField(default=7)
"""
ROWS = """
[[thing]]
name = "a"
kind = { code = "k" }
price = 1.5
at = "now"
data = { b = 1, a = "é" }
[[thing]]
name = "b"
other = { name = "a" }
[[kind]]
code = "k"
label = "line\\nbreak"
"""


@pytest.fixture
def seeds(database: pw.Database, tmp_path: Path) -> Seeds:
    module = ModuleType("some_models")
    exec(MODELS, vars(module))  # noqa: S102 - the same models as those of the command line
    return Seeds(database, tmp_path, [module.Kind, module.Thing])


def thing(seeds: Seeds) -> Any:
    return seeds.models[1]


def test_rows_that_are_missing(seeds: Seeds) -> None:
    seeds.write(ROWS)
    kind, first, second = seeds.changes()
    assert kind == '+ kind: code = "k", label = "line\\nbreak"'
    assert first.startswith('+ thing: name = "a", kind.code = "k", price = "1.5')
    assert second == '+ thing: name = "b", other.name = "a", count = "7"'
    preview = seeds.check()
    assert preview
    assert str(preview) == "kind: 1 missing, 0 different\nthing: 2 missing, 0 different"
    assert [model.select().count() for model in seeds.models] == [0, 0]
    assert SEEDED_TABLE not in seeds.database.get_tables()
    if is_postgres(seeds.database):
        seeds.load()
        assert sorted(one.id for one in thing(seeds)) == [1, 2]


DIFFERENCES = {
    "a value": ("price = 1.5", "price = 2", '~ thing: name = "a": price: "1.5'),
    "JSON": ('a = "é"', 'a = "e"', None),
    "a reference": ('{ code = "k" }', "{ code = 'l' }", '~ thing: name = "a": kind_id: "'),
    "a self reference": ('other = { name = "a" }', 'other = { name = "b" }', None),
    "case": ('label = "line', 'label = "LINE', '~ kind: code = "k": label: "line'),
    "nothing: a relative time": ('at = "now"', 'at = "now - 1 day"', ""),
    "nothing: a rounding": ("price = 1.5", "price = 1.499", ""),
    "nothing: the order of keys": ('{ b = 1, a = "é" }', '{ a = "é", b = 1 }', ""),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "shown"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_what_differs(seeds: Seeds, old: str, new: str, shown: str | None) -> None:
    seeds.models[0].create(code="l")
    seeds.load(ROWS)
    assert not seeds.check()
    assert str(seeds.check()) == "the database contains all 3 seeded rows"
    assert old in ROWS
    seeds.write(ROWS.replace(old, new))
    changes = seeds.changes()
    if shown == "" and not (old.startswith("{ b") and not is_postgres(seeds.database)):
        assert (changes, bool(seeds.check())) == ([], False)
    else:
        assert len(changes) == 1
        assert changes[0].startswith(shown or "~ ")
        assert bool(seeds.check())
    result = seeds.load()
    assert sum(result.updated.values()) == len(changes)
    assert not seeds.check()


def test_what_would_fail_is_refused(seeds: Seeds) -> None:
    for text, words in (
        (ROWS.replace('{ code = "k" }', '{ code = "z" }'), "matches no row of kind"),
        (ROWS.replace('{ name = "a" }', '{ name = "z" }'), "matches no row of thing"),
        (ROWS.replace('name = "b"', 'name = "a"'), "the same key"),
        (ROWS.replace("price = 1.5", "price = 'x'"), "price cannot be"),
        ("[[thing]]\nname = 'a'\n[[thing]]\nid = 1\n", "name|NULL"),
    ):
        seeds.write(text)
        if "NULL" not in words:
            with pytest.raises(SeedError, match=words):
                seeds.check()
        with pytest.raises(SeedError, match=words):
            seeds.load()


def test_rows_are_read_in_pages(seeds: Seeds) -> None:
    rows = "".join(f"t{number},{number}\n" for number in range(2500))
    seeds.write(thing_csv=f"name,count\n{rows}")
    assert len(seeds.changes()) == 2500
    seeds.load()
    thing(seeds).update(count=0).where(thing(seeds).count > 1000).execute()
    assert len(seeds.changes()) == 1499
    assert seeds.check().different == {"thing": 1499}


def test_a_value_that_is_null(seeds: Seeds) -> None:
    seeds.load("[[kind]]\ncode = 'k'\nlabel = 'x'\n")
    seeds.write(kind_csv="code,label\nk,\n")
    assert seeds.changes() == ['~ kind: code = "k": label: "x" -> NULL']
    seeds.load()
    seeds.write(kind_csv='code,label\nk,""\n')
    assert seeds.changes() == ['~ kind: code = "k": label: NULL -> ""']


def test_rows_that_stay(seeds: Seeds) -> None:
    seeds.models[0].create(code="k", label="mine")
    seeds.write("mode = 'keep'\n[[kind]]\ncode = 'k'\nlabel = 'x'\n")
    assert seeds.changes() == []
    assert not seeds.check()


def test_functions_that_use_the_database_are_unknown(seeds: Seeds) -> None:
    """A row may refer to a row that the function will insert."""
    seeds.write(
        **{
            "1_kind_toml": "[[kind]]\ncode = 'a'\n",
            "2_more_py": "def seed(database):\n"
            "    database.execute_sql(\"INSERT INTO kind (code) VALUES ('b')\")\n",
            "3_thing_toml": "[[thing]]\nname = 't'\nkind = { code = 'b' }\n"
            "[[thing]]\nname = 'u'\nkind = { code = 'a' }\n",
        }
    )
    preview = seeds.check()
    assert (preview.missing, len(preview.unknown)) == ({"kind": 1, "thing": 2}, 1)
    seeds.load()
    assert [one.kind.code for one in thing(seeds).select().order_by(thing(seeds).name)] == [
        "b",
        "a",
    ]
    preview = seeds.check()
    assert not preview
    assert "is not checked" in str(preview)


@pytest.fixture
def project(
    url: str, tmp_path: Path, dbkit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """The command line in a project with a created database."""
    (tmp_path / "preview_models.py").write_text(MODELS)
    directory = tmp_path / "seeds"
    directory.mkdir()
    (directory / "rows.toml").write_text(ROWS)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DBKIT_MODELS", "preview_models")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "preview_models", raising=False)
    for arguments in (("create", "first"), ("migrate",)):
        result = dbkit(*arguments)
        assert result.exit_code == 0, result.output
    return dbkit


def test_exit_codes(project: Callable[..., Any], url: str, tmp_path: Path) -> None:
    with opened(url) as database:
        tables = sorted(database.get_tables())
    before = (tmp_path / "test.db").read_bytes() if url.startswith("sqlite") else b""
    assert project("seed", "--check").exit_code == 1
    assert project("verify", "--seeds").exit_code == 1
    dry = project("seed", "--dry-run")
    assert (dry.exit_code, dry.stdout.count("\n+ ") + dry.stdout.startswith("+ ")) == (0, 3)
    with opened(url) as database:
        assert sorted(database.get_tables()) == tables
    if before:
        assert (tmp_path / "test.db").read_bytes() == before
    assert project("seed").exit_code == 0
    assert project("seed", "--check").exit_code == 0
    if before:
        (tmp_path / "test.db").chmod(0o444)
    found = project("verify", "--seeds")
    assert found.exit_code == 0, found.output
    if before:
        (tmp_path / "test.db").chmod(0o644)
    (tmp_path / "seeds" / "rows.toml").write_text(ROWS.replace("1.5", "'x'"))
    for arguments in (("seed", "--check"), ("seed", "--dry-run"), ("verify", "--seeds"), ("seed",)):
        result = project(*arguments)
        assert result.exit_code == 2, (arguments, result.output)
        assert "price cannot be" in result.output


def test_a_changed_reference_to_a_new_row_is_shown_as_the_file_has_it(seeds: Seeds) -> None:
    seeds.load(ROWS)
    seeds.write(ROWS.replace('"k"', '"l"'))
    _, changed = seeds.changes()
    assert changed == '~ thing: name = "a": kind_id: "1" -> { code = "l" } (new)'
