"""No code of dbkit joins or splits names at a dot: a schema, a table or a type may contain dots."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "dbkit"
SPLITTING = {"split", "rsplit", "partition", "rpartition", "removeprefix"}
# (file, function) -> what it splits, which is no name of an object in a database
ALLOWED = {
    ("discovery.py", "_is_librarys"): "a Python module",
    ("adoption/adopt_database.py", "_module_path"): "a Python module",
    ("import_errors.py", "module_missing"): "a Python module",
    ("import_errors.py", "_module_meant"): "a Python module",
    ("scratch_database.py", "_major"): "a version",
    ("source_places.py", "_class"): "a Python module, and the qualified name of a class",
    ("cli/completion.py", "modules"): "a module",
}


def splits() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    match node:
                        case ast.Call(
                            func=ast.Attribute(attr=word), args=[ast.Constant(value=text)]
                        ) if word in SPLITTING and text in (".", "main."):
                            yield path.relative_to(ROOT).as_posix(), function.name


def test_only_modules_and_versions_are_split_at_a_dot() -> None:
    assert set(splits()) == ALLOWED.keys()
