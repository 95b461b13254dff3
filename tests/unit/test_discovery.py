"""Which classes are the project's tables: from packages written here, as projects write them."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbkit import DbkitError
from dbkit.discovery import find_models, load_models

unique = itertools.count()


@pytest.fixture
def package(tmp_path: Path) -> Iterator[str]:
    """The name of a package that can be written into the working directory."""
    name = f"project{next(unique)}"
    (tmp_path / name).mkdir()
    before = list(sys.path)
    yield name
    sys.path[:] = before
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]


def write(package: str, **modules: str) -> None:
    for name, source in modules.items():
        path = Path(package, *name.split("__")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text("import peewee as pw\n" + source, encoding="utf-8")


def names(spec: str) -> list[str]:
    return sorted(model.__name__ for model in load_models(spec))


BASE = "class Base(pw.Model):\n    created = pw.DateTimeField()\n"


def test_models_of_a_module(package: str) -> None:
    write(package, models="class A(pw.Model): pass\nclass B(pw.Model): pass\nC = A\nx = 1\n")
    assert names(f"{package}.models") == ["A", "B"]


def test_models_of_submodules_each_once(package: str) -> None:
    write(
        package,
        init="",
        a="class A(pw.Model): pass\n",
        b=f"from {package}.a import A\nclass B(A): pass\nclass D(pw.Model): pass\n",
        sub__c="class C(pw.Model): pass\n",
    )
    Path(package, "sub", "__init__.py").touch()
    Path(package, "init.py").rename(Path(package, "__init__.py"))
    assert names(package) == ["B", "C", "D"]


def test_a_class_to_inherit_from_is_no_table(package: str) -> None:
    write(
        package,
        models=BASE + "class Stamped(Base): pass\nclass User(Stamped): pass\n"
        "class Team(Base): pass\n",
    )
    assert names(f"{package}.models") == ["Team", "User"]


def test_a_parent_that_is_used_is_a_table(package: str) -> None:
    write(
        package,
        models="""
class Person(pw.Model):
    name = pw.TextField()
class Employee(Person):
    pay = pw.IntegerField()
class Visit(pw.Model):
    who = pw.ForeignKeyField(Person)
class Place(pw.Model):
    class Meta:
        table_name = "places"
class Shop(Place):
    class Meta:
        table_name = "shops"
""",
    )
    assert names(f"{package}.models") == ["Employee", "Person", "Place", "Shop", "Visit"]


def test_many_to_many_tables_come_along(package: str) -> None:
    write(
        package,
        models="class Tag(pw.Model): pass\nclass Post(pw.Model):\n"
        "    tags = pw.ManyToManyField(Tag)\n",
    )
    assert names(f"{package}.models") == ["Post", "PostTagThrough", "Tag"]


def test_a_list_named_models_is_taken_and_so_is_a_named_one(package: str) -> None:
    write(
        package,
        models="class A(pw.Model): pass\nclass B(A): pass\nclass C(pw.Model): pass\n"
        "MODELS = [A, B]\nOTHERS = (C,)\ndef every(): return [A, B, C]\n",
    )
    assert names(f"{package}.models") == ["A", "B"]
    assert names(f"{package}.models:OTHERS") == ["C"]
    assert names(f"{package}.models:every") == ["A", "B", "C"]
    assert names(f"{package}.models:A") == ["A"]


def test_models_of_libraries_are_not_the_projects(package: str) -> None:
    write(
        package,
        models="from peewee import Model\nfrom peewee_migrate.models import *\n"
        "from peewee_migrate.models import MigrateHistory\n"
        "class A(Model): pass\n",
    )
    assert names(f"{package}.models") == ["A"]


@pytest.mark.parametrize(
    ("source", "spec", "words"),
    [
        ("", "{p}.nothing", "There is no module .*nothing"),
        ("", "nowhere.at.all", "There is no module nowhere.at.all"),
        (
            "import not_installed_here",
            "{p}.models",
            "cannot be imported: No module named 'not_inst",
        ),
        ("1/0", "{p}.models", "cannot be imported: ZeroDivisionError"),
        ("class A(pw.Model", "{p}.models", "cannot be imported: SyntaxError"),
        ("class A(pw.Model): pass", "{p}.models:B", "has no B"),
        ("x = [1]", "{p}.models:x", "is not a list of Peewee models"),
        ("x = 1", "{p}.models:x", "is not a list of Peewee models"),
        ("", "{p}.models", "no Peewee models in"),
        ("raise SystemExit(0)", "{p}.models", "cannot be imported: SystemExit"),
        ("def f(): raise SystemExit(0)", "{p}.models:f", "fails: SystemExit"),
        ("def __getattr__(name): raise SystemExit(0)", "{p}.models:f", "fails: SystemExit"),
    ],
)
def test_what_cannot_be_loaded_is_said(package: str, source: str, spec: str, words: str) -> None:
    write(package, models=source)
    with pytest.raises(DbkitError, match=words):
        load_models(spec.format(p=package))


def test_a_broken_submodule_is_an_error_and_not_a_missing_table(package: str) -> None:
    write(package, a="class A(pw.Model): pass\n", b="import not_installed_here\n")
    Path(package, "__init__.py").touch()
    with pytest.raises(DbkitError, match=rf"{package}.b cannot be imported"):
        load_models(package)


def test_no_models_named() -> None:
    with pytest.raises(DbkitError, match="No models are configured"):
        load_models(None)


def test_folders_without_init_are_packages_too(package: str) -> None:
    write(package, a="class A(pw.Model): pass\n", sub__b="class B(pw.Model): pass\n")
    deep = Path(package, "sub", "deep")
    deep.mkdir()
    (deep / "c.py").write_text("import peewee as pw\nclass C(pw.Model): pass\n", encoding="utf-8")
    (deep / "script.py").write_text("raise SystemExit('it was run')\n", encoding="utf-8")
    (deep / "001_old.py").write_text("raise SystemExit('it was run')\n", encoding="utf-8")
    (deep / "broken.txt").touch()
    assert names(package) == ["A", "B", "C"]
    Path(package, "__init__.py").touch()
    assert names(package) == ["A", "B", "C"]


def test_a_folder_that_cannot_be_imported_is_an_error(package: str) -> None:
    write(package, a="class A(pw.Model): pass\n", sub__b="class B(Gone): pass\n")
    with pytest.raises(DbkitError, match=f"{package}.sub.b"):
        names(package)


def test_a_model_that_type_makes_is_a_model(package: str) -> None:
    write(package, models="A = type('A', (pw.Model,), {'x': pw.IntegerField()})\n")
    assert names(f"{package}.models") == ["A"]


def test_classes_that_were_passed_over_are_named(package: str) -> None:
    write(
        package,
        models=f"from {package}.other import There\n" + BASE + "class User(Base):\n"
        "    there = pw.ForeignKeyField(There)\n",
        other="class There(pw.Model): pass\n",
    )
    found = find_models(f"{package}.models")
    assert [one.__name__ for one in found.bases] == ["Base"]
    assert found.outside == ()  # the module has the name, so the class is a model of it
    write(package, models=BASE + f"from {package} import other\nclass User(Base):\n"
          "    there = pw.ForeignKeyField(other.There)\n")  # fmt: skip
    for name in list(sys.modules):
        if name.startswith(package):
            del sys.modules[name]
    found = find_models(f"{package}.models")
    assert [one.__name__ for one in found.outside] == ["There"]
