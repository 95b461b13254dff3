"""docs/models.md is run: its tables are created and verified, its sessions and commands print what
the page says, and its fields have the types that the page says."""

from __future__ import annotations

import doctest
import importlib
import re
import sqlite3
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

import dbkit
from dbkit.connection import parse
from dbkit.discovery import find_models
from tests.conftest import ROOT, opened
from tests.documents import assert_prints, blocks

PAGE = ROOT / "docs" / "models.md"
TEXT = PAGE.read_text(encoding="utf-8")
FIELDS = re.findall(
    r"^\| [^|]+ \| `(\S*Field\(.*?\))` \| `(.+?)` \| `(.+?)` \|$", TEXT, re.MULTILINE
)
FLAGS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
FILE = re.compile(r"# (\S+/\S+\.py)\n")


def files() -> dict[str, str]:
    """The files of the page by name; a file that the page changes later is the first one."""
    named = [(FILE.match(block.text), block.text) for block in blocks(PAGE)]
    return {name[1]: text for name, text in reversed(named) if name}


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


@pytest.fixture
def dialect(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The dialect of the URL."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    return parse(url).dialect


def test_the_commands_print_what_the_page_says(dialect: str, url: str) -> None:
    server = "PostgreSQL ..." if dialect == "postgresql" else "SQLite ..."
    for block in blocks(PAGE):
        of_project = block.text.startswith(("# clinic/", "# migrations/", "# setup.cfg"))
        if of_project and (dialect == "postgresql" or not block.comment):
            write(block.text.split()[1], block.text)
        for command, expected in block.commands():
            here = expected.replace("SQLite ...", server)
            assert_prints(command, here.replace("sqlite:///dbkit.db", parse(url).display))
    assert_prints("dbkit migrate -q", "")  # the files after the last command


def test_the_sessions_show_what_the_page_says(dialect: str, url: str) -> None:
    packages = ["clinic", "showcase", *(["on_postgres"] if dialect == "postgresql" else [])]
    for name, text in files().items():
        if name.partition("/")[0] in packages:
            write(name, text)
    models = [model for package in packages for model in find_models(package).models]
    with opened(url) as database, database.bind_ctx(models):
        assert dbkit.create(database, models)
        write("migrations/004_busy_owners.py", files()["migrations/004_busy_owners.py"])
        dbkit.migrate(database)
        report = dbkit.verify(database, models)
        assert not report, str(report)
        run_sessions(dialect, {model.__name__: model for model in models})


def run_sessions(dialect: str, names: dict[str, Any]) -> None:
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    printed: list[str] = []
    for number, block in enumerate(blocks(PAGE, "pycon")):
        if block.comment == "PostgreSQL" and dialect == "sqlite":
            continue
        test = doctest.DocTestParser().get_doctest(block.text, names, PAGE.name, None, number)
        runner.run(test, out=printed.append, clear_globs=False)
        names.update(test.globs)
    assert not runner.failures, "".join(printed)


TYPES = {
    "sqlite": "SELECT type FROM pragma_table_info('t') WHERE cid > 0 ORDER BY cid",
    "postgresql": "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
    " WHERE attrelid = 't'::regclass AND attnum > 1 ORDER BY attnum",
}


def test_a_field_has_the_type_that_the_page_says(database: pw.Database, url: str) -> None:
    assert len(FIELDS) > 12
    dialect = parse(url).dialect
    names = {**vars(pw), "dbkit": dbkit, "Species": Enum("Species", {"CAT": "cat"})}
    fields = [eval(field, names) for field, *_ in FIELDS]  # noqa: S307 - of our own page
    columns = {f"c{number}": field for number, field in enumerate(fields)}
    meta = type("Meta", (), {"table_name": "t", "database": database})
    model = type("T", (pw.Model,), {**columns, "Meta": meta})
    database.create_tables([model])
    types = [each for (each,) in database.execute_sql(TYPES[dialect]).fetchall()]
    assert types == [line[2 if dialect == "sqlite" else 1] for line in FIELDS]


JSON = re.findall(
    r"^\| `([\w.]+\.\w*JSON\w*)` \| (\w+)( from 3.45)? \| (\w+) \| (.+?) \| (.*) \| (.*) \|$",
    TEXT,
    re.MULTILINE,
)
DOCUMENT = {"city": "Bern", "weight": 4}
STORED = {"sqlite": "typeof(data)", "postgresql": "pg_typeof(data)::text"}


@pytest.mark.parametrize("name", sorted({line[0] for line in JSON}))
def test_a_field_of_json_does_what_the_page_says(
    database: pw.Database, url: str, name: str
) -> None:
    dialect = parse(url).dialect
    ((newer, *said),) = (line[2:] for line in JSON if (line[0], line[1].lower()) == (name, dialect))
    if newer and sqlite3.sqlite_version_info < (3, 45):
        return
    module, _, kind = name.rpartition(".")
    meta = type("Meta", (), {"table_name": "t", "database": database})
    field = getattr(importlib.import_module(module), kind)(index=False)
    model = type("T", (pw.Model,), {"data": field, "Meta": meta})
    database.create_tables([model])
    model.create(data=DOCUMENT)
    ((stored,),) = database.execute_sql(f"SELECT {STORED[dialect]} FROM t").fetchall()
    found = [stored, "a document" if model.get().data == DOCUMENT else "text"]
    paths = [lambda: model.data["weight"] == 4, lambda: model.data.contains({"weight": 4})]
    found += ["works" if finds(model, path) else "fails" for path in paths]
    assert found == [cell.partition(":")[0] for cell in said]


def finds(model: Any, condition: Callable[[], Any]) -> bool:
    """Whether a query finds the only row; Peewee and the database refuse some conditions."""
    try:
        with model._meta.database.atomic():
            return bool(model.select().where(condition()).count())
    except (pw.PeeweeException, AttributeError):
        return False
