"""Random operations and statements in turn make what the models say.

A dozen examples; `DBKIT_EXAMPLES=500 pytest tests/laws/test_random_operations.py` tries hundreds.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbkit import migrate, verify
from dbkit.fields import ServerDefault
from tests.conftest import POSTGRES, SQLITE, opened, server_of

EXAMPLES = int(os.environ.get("DBKIT_EXAMPLES", "0"))
FIELDS = {
    "IntegerField": "integer",
    "TextField": "text",
    "CharField": "varchar(255)",
    "DateField": "date",
}
HEAD = "import peewee as pw\nfrom dbkit.fields import ServerDefault\n"
BASE = f"""{HEAD}
def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class T(pw.Model):
        a = pw.IntegerField()
        b = pw.TextField(null=True, index=True)
    migrator.run(lambda: T.create(a=1, b="x"))
"""


class Written:
    """A migration that is written line by line, and what the table is after it."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw, self.table, self.lines, self.count = draw, "t", list[str](), 0
        self.columns: dict[str, dict[str, Any]] = {
            "a": {"kind": "IntegerField"},
            "b": {"kind": "TextField", "null": True, "index": True},
        }

    def choice(self, among: Any) -> Any:
        return self.draw(st.sampled_from(sorted(among)))

    def new(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def call(self, operation: str, *words: str) -> None:
        self.lines.append(f"migrator.{operation}({', '.join([repr(self.table), *words])})")

    def field(self, name: str) -> str:
        options = dict(self.columns[name])
        kind, default = options.pop("kind"), options.pop("default", None)
        given = [f"{option}=True" for option, value in options.items() if value]
        if default:
            given.append(f"constraints=[ServerDefault('DEFAULT {default}')]")
        return f"pw.{kind}({', '.join(given)})"

    def add(self) -> None:
        name = self.new("c")
        self.columns[name] = {"kind": self.choice(FIELDS), "null": True,
                              "index": self.draw(st.booleans())}  # fmt: skip
        self.call("add_fields", f"{name}={self.field(name)}")

    def add_by_sql(self) -> None:
        name, kind = self.new("s"), self.choice(FIELDS)
        self.columns[name] = {"kind": kind, "null": True}
        way = self.choice(["migrator.sql", "database.execute_sql"])
        self.lines.append(f"{way}('ALTER TABLE {self.table} ADD {name} {FIELDS[kind]}')")

    def remove(self) -> None:
        name = self.choice(self.columns)
        if len(self.columns) > 1:
            del self.columns[name]
            self.call("remove_fields", repr(name))

    def remove_and_add(self) -> None:
        name = self.choice(self.columns)
        self.call("remove_fields", repr(name))
        self.columns[name] = {"kind": self.choice(FIELDS), "null": True}
        self.call("add_fields", f"{name}={self.field(name)}")

    def rename(self) -> None:
        old, new = self.choice(self.columns), self.new("r")
        self.columns[new] = self.columns.pop(old)
        self.call("rename_field", repr(old), repr(new))

    def rename_table(self) -> None:
        new = self.new("t")
        self.call("rename_table", repr(new))
        self.table = new

    def null(self) -> None:
        name = self.choice(self.columns)
        column = self.columns[name]
        column["null"] = not column.get("null")
        self.lines.append(f"migrator.sql('DELETE FROM {self.table}')")
        self.call("drop_not_null" if column["null"] else "add_not_null", repr(name))

    def default(self) -> None:
        name = self.choice(self.columns)
        column = self.columns[name]
        if column.pop("default", None):
            self.call("drop_default", repr(name))
        elif column["kind"] == "IntegerField":
            column["default"] = "7"
            self.call("set_default", repr(name), "'7'")

    def index(self) -> None:
        name = self.choice(self.columns)
        column = self.columns[name]
        if column.pop("index", False) | column.pop("unique", False):
            self.call("drop_index", repr(name))
            return
        unique = self.draw(st.booleans())
        column["unique" if unique else "index"] = True
        self.lines.append(f"migrator.sql('DELETE FROM {self.table}')")
        self.call("add_index", repr(name), f"unique={unique}")

    def change(self) -> None:
        name = self.choice(self.columns)
        other = {"TextField": "CharField", "CharField": "TextField"}
        if self.columns[name]["kind"] in other:
            self.columns[name]["kind"] = other[self.columns[name]["kind"]]
            self.call("change_fields", f"{name}={self.field(name)}")

    def look(self) -> None:
        query = f"database.execute_sql('SELECT {', '.join(self.columns)} FROM {self.table}')"
        self.lines.append(self.choice([query, f"migrator.run(lambda: {query})"]))

    def look_by_orm(self) -> None:
        self.lines.append("for model in migrator.orm: fake or list(model.select())")

    @property
    def model(self) -> type[pw.Model]:
        fields = {name: made(**column) for name, column in self.columns.items()}
        meta = type("Meta", (), {"table_name": self.table})
        return type("Model", (pw.Model,), {**fields, "Meta": meta})


def made(kind: str, default: str | None = None, **options: bool) -> pw.Field:
    constraints = [ServerDefault(f"DEFAULT {default}")] if default else None
    return getattr(pw, kind)(constraints=constraints, **options)


STEPS = ("add", "add_by_sql", "remove", "remove_and_add", "rename", "rename_table", "null",
         "default", "index", "change", "look", "look_by_orm")  # fmt: skip


@st.composite
def written(draw: Any) -> Written:
    one = Written(draw)
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=2, max_size=10)):
        getattr(one, step)()
    return one


@pytest.fixture(scope="module", params=[SQLITE, *POSTGRES])
def place(request: Any) -> Iterator[pw.Database]:
    url = "sqlite:///:memory:"
    if request.param != "sqlite":
        server = server_of(request.param)
        url = server.url(server.create_database())
    with opened(url) as database:
        yield database


def run(database: pw.Database, one: Written, middle: int) -> None:
    """In two files, so that the second follows the first or goes on from it."""
    head = f"{HEAD}def migrate(migrator, database, *, fake=False):\n    pass\n"
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "001_base.py").write_text(BASE)
        for number, lines in enumerate((one.lines[:middle], one.lines[middle:]), 2):
            text = head + "".join(f"    {line}\n" for line in lines)
            Path(directory, f"{number:03}_it.py").write_text(text)
        migrate(database, directory, "002_it")
        migrate(database, directory)
        assert not verify(database, [one.model]), "\n".join(one.lines)


@settings(
    max_examples=EXAMPLES or 12,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(one=written(), middle=st.integers(0, 10))
def test_operations_and_statements_in_turn(place: pw.Database, one: Written, middle: int) -> None:
    if isinstance(place, pw.SqliteDatabase):
        with opened("sqlite:///:memory:") as database:
            run(database, one, middle)
        return
    with place.atomic() as transaction:
        run(place, one, middle)
        transaction.rollback()
