"""Which module of dbkit imports which: no cycles, and only the arrows of docs/architecture.md."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "dbkit").rglob("*.py")
}
PURE = ("names", "details", "values", "changes", "diff", "patch", "patterns")
SIDES = ("verification", "migration", "adoption", "seeding")
# What the four packages import of each other, and who else imports settings and models. Remove a
# line where an import goes; a new line needs a reason.
ACROSS = {
    "migration.dry_run": {"verification.comparison"},
    "migration.autogenerate": {"verification.comparison"},
    "migration.new_migration": {"verification.comparison"},
    "migration.proof": {"verification.report"},
    "migration.squash": {"verification.comparison"},
    "migration.goal": {"verification.comparison"},
    "verification.drift": {
        "migration", "migration.files", "migration.replay", "migration.status_report",
    },
    "verification.sources": {"migration.replay"},
    "adoption.adopt_database": {
        "migration", "migration.squash", "migration.goal",
        "verification.comparison", "verification.report",
    },
    "adoption.lost_objects": {
        "migration", "migration.autogenerate", "migration.render_baseline",
        "migration.render_lines", "migration.goal",
    },
}  # fmt: skip
SETTINGS_AND_MODELS = {
    "adoption.adopt_database": {"discovery", "project"},  # writes models, and tries them
    "adoption.scope": {"project"},  # writes patterns for names
    "adoption.write_settings": {"project"},
    "config": {"project"},
    "connection": {"config", "project"},  # dbkit.connect() without a URL
    "discovery": {"project"},
    "migration.files": {"project"},  # the hint that no project was found
    "migration.pw_migrate": {"config", "discovery"},  # the other command line
    "migration.replay_cache": {"config"},
    "prompts": {"discovery"},  # the text about models that were passed over
    "scratch_database": {"config"},
    "seeding.fake.run": {"config"},  # production has no fake rows
    "seeding.find_files": {"config"},  # the names of the environments
    "seeding.load": {"config"},  # DBKIT_ENV also decides for programs what is loaded
    "testing.databases": {"config"},  # the pytest plugin finds settings and models by itself
    "testing.project": {"config", "discovery"},
    "verification.sources": {"discovery"},
}


def imported(module: str, body: list[ast.stmt], inside: bool) -> Iterator[str]:
    """The modules that statements import; with `inside`, also in functions. Not those that only a
    type checker sees."""
    for node in body:
        match node:
            case ast.If(test=ast.Name("TYPE_CHECKING")):
                yield from imported(module, node.orelse, inside)
            case ast.Import():
                yield from (one.name for one in node.names)
            case ast.ImportFrom():
                base = absolute(module, node)
                names = [f"{base}.{one.name}" for one in node.names]
                yield from (name if name in MODULES else base for name in names)
            case ast.FunctionDef() if not inside:
                pass
            case _:
                for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                    yield from imported(module, getattr(node, name, []), inside)


def absolute(module: str, node: ast.ImportFrom) -> str:
    """The name of the module after `from`."""
    if not node.level:
        return node.module or ""
    inside = MODULES[module].name == "__init__.py"
    parents = module.split(".") + ["__init__"] * inside
    return ".".join([*parents[: -node.level], *filter(None, [node.module])])


@cache
def imports(inside: bool) -> dict[str, set[str]]:
    """The modules that each module of dbkit imports, without the packages around them."""
    trees = {name: ast.parse(path.read_text("utf-8")).body for name, path in MODULES.items()}
    return {name: set(imported(name, body, inside)) for name, body in trees.items()}


def test_no_modules_import_each_other() -> None:
    """Python also executes the packages around a module that is imported."""
    graph: dict[str, set[str]] = defaultdict(set)
    for module, others in imports(inside=False).items():
        for other in others & MODULES.keys():
            packages = {name for name in MODULES if other.startswith(f"{name}.")}
            around = {name for name in packages if not f"{module}.".startswith(f"{name}.")}
            graph[module] |= {other} | around
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(error.args[1][::-1]))


IMPORT_ALONE = """
import sys
from importlib import import_module
for module in sys.argv[1:]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "dbkit"]:
        del sys.modules[name]
    import_module(module)
"""


def test_each_module_near_the_top_can_be_imported_first() -> None:
    """Without cycles, a module imports in any order if the modules that it imports do."""
    near = [name for name in MODULES if name.count(".") < 2 and name != "dbkit.__main__"]
    code = [sys.executable, "-W", "ignore", "-c", IMPORT_ALONE, *sorted(near)]
    done = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def crossing(sources: tuple[str, ...], targets: tuple[str, ...]) -> dict[str, set[str]]:
    """Imports from one of these parts of dbkit into another; without `sources`, from all."""
    found = defaultdict(set)
    for module, others in imports(inside=True).items():
        part, bare = part_of(module), module.removeprefix("dbkit.")
        for other in others & MODULES.keys():
            if part_of(other) in set(targets) - {part} and (not sources or part in sources):
                found[bare].add(other.removeprefix("dbkit."))
    return dict(found)


def test_only_sqlite_uses_the_tokenizer_of_sqlite() -> None:
    using = {module.removeprefix("dbkit.") for module, others in imports(inside=True).items()
             if "dbkit.schema.sqlite.tokenizer" in others}  # fmt: skip
    assert {one for one in using if not one.startswith("schema.sqlite.")} == {
        "adoption.sqlite_types"
    }


def part_of(module: str) -> str:
    return f"{module}..".split(".")[1]


def test_the_schema_package_imports_nothing_above_it() -> None:
    assert crossing(("schema",), (*SIDES, "cli", "config", "discovery", "prompts")) == {}


def test_nothing_imports_the_command_line() -> None:
    assert crossing((), ("cli",)) == {"__main__": {"cli"}}


def test_verification_migration_adoption_and_seeding_reach_into_each_other_as_listed() -> None:
    assert crossing(SIDES, SIDES) == ACROSS


def test_settings_and_models_come_from_the_command_line_except_as_listed() -> None:
    found = crossing((), ("config", "discovery", "project"))
    outside = {module: names for module, names in found.items() if not module.startswith("cli.")}
    assert outside == SETTINGS_AND_MODELS


def test_pictures_and_pages_know_only_schemas() -> None:
    words = {"plurals", "printable", "similar_names"}  # pure functions of texts
    others = {part_of(name) for name in MODULES} - {"schema", "diagram"} - words
    assert crossing(("diagram",), (*others,)) == {}
    assert crossing(("pages",), (*others,)) == {"pages.write_pages": {"atomic_files", "errors"}}
    pure = {f"schema.{name}" for name in (*PURE, "inheritance")}
    for found in crossing(("diagram", "pages"), ("schema",)).values():
        assert found <= pure


@pytest.mark.parametrize("name", PURE)
def test_the_values_and_their_comparison_need_no_library(name: str) -> None:
    waiting, seen = [f"dbkit.schema.{name}"], set()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        waiting += imports(inside=True).get(module, set()) - seen
    roots = {module.partition(".")[0] for module in seen} - {"dbkit"}
    assert roots <= sys.stdlib_module_names
    assert {module for module in seen if module.startswith("dbkit.")} <= {
        "dbkit.called_as", "dbkit.errors", *(f"dbkit.schema.{one}" for one in (*PURE, "sql")),
    }  # fmt: skip
