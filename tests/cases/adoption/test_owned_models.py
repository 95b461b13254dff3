"""The models that `init` writes can be renamed, saved, and stand beside any table."""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

TABLES = """
CREATE TABLE base_model (id integer PRIMARY KEY);
CREATE TABLE base (id integer PRIMARY KEY);
CREATE TABLE person (id integer PRIMARY KEY, name text NOT NULL,
                     upper text GENERATED ALWAYS AS (upper(name)) STORED);
INSERT INTO person (name) VALUES ('ada');
"""


@pytest.fixture
def owned(dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///owned.db")
    monkeypatch.syspath_prepend(".")
    with sqlite3.connect("owned.db") as connection:
        connection.executescript(TABLES)
    result = dbkit("init", "--models", "owned_models")
    assert result.exit_code == 0, result.output
    return dbkit


def test_no_table_belongs_to_the_base_class(owned: Callable[..., Result]) -> None:
    for command in ("verify", "prove"):
        result = owned(command, "--models", "owned_models")
        assert result.exit_code == 0, result.output
    assert owned("create", "--check", "--models", "owned_models").exit_code == 0


def test_a_row_with_a_generated_column_can_be_saved(owned: Callable[..., Result]) -> None:
    models = importlib.import_module("owned_models")
    from dbkit import connect

    with connect().bind_ctx([models.Person]):
        person = models.Person.get()
        person.name = "grace"
        person.save()
        assert models.Person.get().upper == "GRACE"


def test_a_renamed_class_keeps_its_table(owned: Callable[..., Result]) -> None:
    text = Path("owned_models.py").read_text(encoding="utf-8")
    Path("renamed_owned.py").write_text(text.replace("class Person(", "class Human("))
    result = owned("create", "--check", "--models", "renamed_owned")
    assert result.exit_code == 0, result.output
