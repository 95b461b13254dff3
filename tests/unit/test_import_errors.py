"""A module of the models that cannot be imported: the message names the line, or the module that
was meant."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbkit import DbkitError, load_models

MODELS = "import peewee as pw\nclass A(pw.Model): pass\n"
SHOP = {"__init__": "", "db": "db = None\n", "models": MODELS}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of the project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "shop_of_imports"
    folder.mkdir()
    for name, text in SHOP.items():
        (folder / f"{name}.py").write_text(text)
    yield folder
    for name in [one for one in sys.modules if one.startswith("shop_of_imports")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("shop_of_imports.model", "Did you mean shop_of_imports.models?"),
        ("shop_of_import.models", "Did you mean shop_of_imports.models?"),
        ("shop_of_import", "Did you mean shop_of_imports?"),
        ("quite.different", "dbkit looks in the current directory first"),
        ("shop_of_imports.zzz", "dbkit looks in the current directory first"),
    ],
)
def test_a_module_that_does_not_exist(shop: Path, spec: str, hint: str) -> None:
    with pytest.raises(DbkitError, match=re.escape(f"There is no module {spec}")) as caught:
        load_models(spec)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("line", "words", "hint"),
    [
        ("from .dbx import db", "shop_of_imports.dbx", "Did you mean shop_of_imports.db?"),
        ("import shop_of_imports.dbs", "shop_of_imports.dbs", "Did you mean shop_of_imports.db?"),
        ("from .zzz import db", "shop_of_imports.zzz", "Correct the import."),
        ("import shop_of_importz", "shop_of_importz", "Install what it needs."),
        ("import not_installed_here", "not_installed_here", "Install what it needs."),
        ("import dbkit.nothing_here", "nothing_here", "Install what it needs."),
        ("pw.Nothing()", "AttributeError", "Correct the module."),
        ("from .db import nothing", "ImportError: cannot import name", "Correct the module."),
        ("class B(pw.Model): a = pw.CharField(wrong=1)", "TypeError", "Correct the module."),
    ],
)
def test_the_line_is_named(shop: Path, line: str, words: str, hint: str) -> None:
    (shop / "models.py").write_text(f"{MODELS}\n{line}\n")
    with pytest.raises(DbkitError, match="cannot be imported: ") as caught:
        load_models("shop_of_imports.models")
    assert words in caught.value.message
    assert caught.value.message.endswith(f" ({Path('shop_of_imports', 'models.py')}, line 4)")
    assert hint in caught.value.hint


def test_a_function_that_fails_in_another_file(shop: Path) -> None:
    (shop / "db.py").write_text("def every():\n    return {}['a']\n")
    (shop / "models.py").write_text("from .db import every\n")
    with pytest.raises(DbkitError, match=r"fails: KeyError: 'a' \(shop_of_imports.db.py, line 2"):
        load_models("shop_of_imports.models:every")
