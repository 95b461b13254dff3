"""A name in the database never becomes syntax or a setting in a file that init writes.

Six examples each; `DBKIT_EXAMPLES=300 pytest tests/laws/test_adopted_names.py` tries hundreds.
"""

from __future__ import annotations

import configparser
import importlib
import os
import runpy
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path

import peewee as pw
import pytest
from click.testing import Result
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dbkit.config import load
from dbkit.schema.peewee_models import truncated
from dbkit.schema.sql import literal, quoted
from tests.cases.adoption.test_hostile_everything import NAMES
from tests.cases.adoption.test_whole_database import rows
from tests.conftest import server_of

EXAMPLES = int(os.environ.get("DBKIT_EXAMPLES", "6"))
NUMBERS = count()
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
PLACES = ("table", "key", "column", "other", "pointing", "link", "index", "check", "unique",
          "trigger", "view", "function", "space", "enum", "label", "label2")  # fmt: skip


def is_free(name: str) -> bool:
    """Whether no system keeps such names for itself."""
    return not name.lower().startswith(("pg_", "sqlite_")) and name.lower() != "migratehistory"


@st.composite
def names(draw: st.DrawFn) -> dict[str, str]:
    """A name for each place, distinct on both systems."""
    one = (st.text(CHARACTERS, min_size=1, max_size=24) | st.sampled_from(NAMES)).map(truncated)
    several = st.lists(one.filter(is_free), min_size=len(PLACES), max_size=len(PLACES),
                       unique_by=str.lower)  # fmt: skip
    return dict(zip(PLACES, draw(several), strict=True))


def both(name: dict[str, str]) -> Iterator[str]:
    said = {place: quoted(one) for place, one in name.items()}
    yield (
        "CREATE TABLE {table} ({key} INTEGER NOT NULL PRIMARY KEY, {column} INTEGER, {other} TEXT, "
        "CONSTRAINT {check} CHECK ({column} > 0), CONSTRAINT {unique} UNIQUE ({other}))"
    ).format(**said)
    yield (
        "CREATE TABLE {pointing} ({key} INTEGER NOT NULL PRIMARY KEY, {link} INTEGER, "
        "CONSTRAINT {link} FOREIGN KEY ({link}) REFERENCES {table} ({key}))"
    ).format(**said)
    yield "CREATE INDEX {index} ON {table} ({column}, {other})".format(**said)
    yield "CREATE VIEW {view} AS SELECT {column} AS {view} FROM {table}".format(**said)


def of_sqlite(name: dict[str, str]) -> Iterator[str]:
    """No foreign key leads to a table whose name has a dot: migrations do not know it by that."""
    name["table"] = name["table"].replace(".", "\u00b7")
    said = {place: quoted(one) for place, one in name.items()}
    yield from both(name)
    yield "CREATE TRIGGER {trigger} AFTER INSERT ON {table} BEGIN SELECT 1; END".format(**said)


def of_postgres(name: dict[str, str]) -> Iterator[str]:
    said = {place: quoted(one) for place, one in name.items()}
    said |= {place: literal(name[place]) for place in ("label", "label2")}
    yield from both(name)
    yield (
        "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'"
    ).format(**said)
    yield (
        "CREATE TRIGGER {trigger} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION "
        "{function}()"
    ).format(**said)
    yield "CREATE TYPE {enum} AS ENUM ({label}, {label2})".format(**said)
    yield "ALTER TABLE {pointing} ADD {label3} {enum} DEFAULT {label}".format(
        **said, label3=quoted(name["label"])
    )
    yield "CREATE SCHEMA {space}".format(**said)
    yield (
        "CREATE TABLE {space}.{table} ({column} INTEGER CONSTRAINT {unique} UNIQUE, "
        "{other} {enum}[], {link} INTEGER CONSTRAINT {link} REFERENCES {table})"
    ).format(**said)


def assert_files_say_the_names(
    dbkit: Callable[..., Result], url: str, name: dict[str, str]
) -> None:
    module = f"adopted_names_{next(NUMBERS)}"
    for arguments in (("init", "--models", module), ("verify",)):
        result = dbkit(*arguments, "--database", url)
        assert result.exit_code == 0, result.output
    classes = [one for one in vars(importlib.import_module(module)).values() if pw.is_model(one)]
    modelled = {one._meta.table_name for one in classes if one._meta.schema is None}
    runpy.run_path("migrations/001_baseline.py")
    parser = configparser.ConfigParser(interpolation=None)
    parser.read("setup.cfg", encoding="utf-8")
    assert parser.sections() == ["dbkit"]
    assert {*parser["dbkit"]} <= {"models", "migrations", "ignore"}
    said = load()
    assert (said.models, str(said.migrations), str(said.seeds)) == (module, "migrations", "seeds")
    trigger = f"{name['table']}.{name['trigger']}"
    assert name["table"] not in modelled or any(fnmatchcase(trigger, one) for one in said.ignore)
    tables = [name["table"], name["pointing"], f"{name['space']}.{name['table']}"]
    tables += [name["view"], name["enum"]]  # they are under `ignore` too
    places = [*tables, *(f"{table}.{part}" for table in tables for part in name.values())]
    if len(classes) == 1:
        places.append("base_model")  # the only model, if no table can have another
    for pattern in said.ignore:
        assert any(fnmatchcase(place, pattern) for place in places), pattern
        assert not any(fnmatchcase(f"{place}x", pattern) for place in places
                       if f"{place}x" not in places)  # fmt: skip
    del sys.modules[module]


# a smaller example is not worth the minutes it takes to find
many = settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate],
                suppress_health_check=[HealthCheck.function_scoped_fixture,
                                       HealthCheck.too_slow])  # fmt: skip


@pytest.mark.sqlite
@many
@given(names())
def test_names_on_sqlite(dbkit: Callable[..., Result], name: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as directory, chdir(directory):
        connection = sqlite3.connect("any.db")
        for sql in of_sqlite(name):
            connection.execute(sql)
        connection.close()
        assert_files_say_the_names(dbkit, f"sqlite:///{Path('any.db').absolute()}", name)


@pytest.mark.postgres
@many
@given(names())
def test_names_on_postgres(dbkit: Callable[..., Result], name: dict[str, str]) -> None:
    server = server_of("postgres18")
    database = server.create_database()
    with tempfile.TemporaryDirectory() as directory, chdir(directory):
        for sql in of_postgres(name):
            rows(server.url(database), sql)
        assert_files_say_the_names(dbkit, server.url(database), name)
    server.execute(f"DROP DATABASE {database} WITH (FORCE)")
