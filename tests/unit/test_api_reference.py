"""docs/api.md describes the public API, and each part of it has a docstring for newcomers."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import dbkit
from dbkit import fields, migration, seeding
from dbkit.migration import Migrator
from dbkit.migration.base_migrator import BaseMigrator
from dbkit.migration.operation_queue import OperationQueue
from tests.conftest import ROOT

PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")
INTERNAL = {"TypeName", "is_json"}  # of dbkit.fields
QUEUE = {*vars(OperationQueue), *vars(BaseMigrator)} - {"run", "sql"}  # no operations


def documented() -> Iterator[tuple[str, Any]]:
    """The names after the directives of the page, with what they name."""
    module = ""
    for directive, name in re.findall(r"^\.\. (auto\w+|currentmodule):: ([\w.]+)", PAGE, re.M):
        if directive == "currentmodule":
            module = name
            continue
        path, _, last = name.rpartition(".")
        holder: Any = Migrator if path == "Migrator" else importlib.import_module(path or module)
        yield last, getattr(holder, last)


DOCUMENTED = list(documented())


def operations() -> dict[str, Any]:
    names = {name for kind in Migrator.__mro__ if kind.__module__.startswith("dbkit")
             for name in vars(kind) if not name.startswith("_")} - QUEUE  # fmt: skip
    return {name: getattr(Migrator, name) for name in sorted(names)}


@pytest.mark.parametrize(
    "module", [dbkit, fields, migration, seeding], ids=lambda one: one.__name__
)
def test_the_page_describes_what_a_module_exports(module: ModuleType) -> None:
    known = [thing for _, thing in DOCUMENTED]
    names = {*module.__all__} - INTERNAL
    assert [name for name in names if getattr(module, name) not in known] == []


def test_the_page_describes_every_operation() -> None:
    names = {name for name, _ in DOCUMENTED}
    assert len(operations()) > 40
    for name, function in operations().items():
        if name == function.__name__:
            assert name in names
        else:  # an old name of an operation, in the table of these
            assert f"`{name}`" in PAGE
            assert f"`{function.__name__}`" in PAGE


@pytest.mark.parametrize(("name", "thing"), DOCUMENTED, ids=[name for name, _ in DOCUMENTED])
def test_each_has_a_docstring_of_sentences(name: str, thing: Any) -> None:
    text = inspect.getdoc(thing) or ""
    assert re.match(r"[A-Z`][^\n]{10,}", text), name
    assert text.rstrip()[-1] in ".)", name


@pytest.mark.parametrize("name", [name for name in dbkit.__all__ if name.islower()])
def test_a_function_describes_its_arguments_and_errors(name: str) -> None:
    function = getattr(dbkit, name)
    text = inspect.getdoc(function) or ""
    section = text.partition("Args:\n")[2].partition("\n\n")[0]
    arguments = re.findall(r"^    (\w+): ", section, re.MULTILINE)
    assert sorted(arguments) == sorted(inspect.signature(function).parameters)
    assert "Raises:\n" in text
