"""The files for pre-commit and GitHub, as far as one machine can run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

MODELS = "import peewee as pw\n\nclass Shop(pw.Model):\n    name = pw.TextField()\n"
TWO_FIELDS = MODELS + "    city = pw.TextField(null=True)\n"
SETTINGS = "[dbkit]\nmodels = shop\n"


def loaded(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def run(words: list[str], **settings: str) -> subprocess.CompletedProcess[str]:
    here = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": here, "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(words, capture_output=True, text=True, env=environment)


def git(*words: str) -> None:
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    done = run(["git", *author, "-c", "commit.gpgsign=false", *words])
    assert done.returncode == 0, done.stderr


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose only migration creates a table with one field."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "setup.cfg").write_text(SETTINGS)
    (folder / "shop.py").write_text(MODELS)
    assert run(["python", "-m", "dbkit", "create", "first"]).returncode == 0
    return folder


def test_the_hooks_run_in_pre_commit(project: Path, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / ".pre-commit-hooks.yaml").write_bytes((ROOT / ".pre-commit-hooks.yaml").read_bytes())
    for folder in (hooks, project):
        git("-C", str(folder), "init", "-q")
        git("-C", str(folder), "add", "-A")
        git("-C", str(folder), "commit", "-qm", "x")
    cache = {"PRE_COMMIT_HOME": str(tmp_path / "cache")}
    tried = ["python", "-m", "pre_commit", "try-repo", str(hooks)]
    good = run([*tried, "--all-files"], **cache)
    assert good.returncode == 0, good.stdout + good.stderr
    assert re.search(r"no migration is missing\.+Passed", good.stdout)
    pushed = run([*tried, "dbkit-prove", "--all-files", "--hook-stage", "pre-push"], **cache)
    assert re.search(r"migrations are proven\.+Passed", pushed.stdout), pushed.stdout
    (project / "shop.py").write_text(TWO_FIELDS)
    git("add", "shop.py")
    bad = run([*tried, "dbkit-create-check"], **cache)
    assert bad.returncode == 1
    assert re.search(r"no migration is missing\.+Failed", bad.stdout)
    assert "city" in bad.stdout


def act(step: dict[str, Any], **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does, with these inputs instead of the defaults."""
    given = {name: one["default"] for name, one in loaded("action.yml")["inputs"].items()} | inputs

    def value(expression: re.Match[str]) -> str:
        kind, name = expression[1].split(".")
        return {"inputs": given, "github": {"action_path": "/nowhere"}}[kind][name]

    filled = {name: re.sub(r"\${{ ([\w.-]+) }}", value, text) for name, text in step["env"].items()}
    assert step["working-directory"] == "${{ inputs.working-directory }}"
    return run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], **filled)


INSTALL, CHECKS = loaded("action.yml")["runs"]["steps"]


@pytest.mark.usefixtures("project")
def test_the_action_uses_the_dbkit_of_the_project() -> None:
    assert act(INSTALL).returncode == 0


def test_the_action_runs_the_checks(project: Path) -> None:
    database = "sqlite:///shop.db"
    done = act(CHECKS, checks="create prove migrate verify", database=database)
    assert done.returncode == 0, done.stdout + done.stderr
    commands = [line for line in done.stdout.splitlines() if line.startswith("dbkit ")]
    assert commands == [
        "dbkit create --check",
        "dbkit prove",
        "dbkit migrate",
        "dbkit verify --format github",
    ]
    assert (project / "shop.db").exists()
    (project / "shop.py").write_text(TWO_FIELDS)
    bad = act(CHECKS, checks="verify", database=database)
    assert bad.returncode == 1
    assert "::error" in bad.stdout
    stopped = act(CHECKS)
    assert stopped.returncode == 1
    assert "dbkit prove" not in stopped.stdout


@pytest.mark.usefixtures("project")
def test_the_inputs_of_the_action_are_not_run_as_commands() -> None:
    refused = act(CHECKS, checks="verify$(touch${IFS}x)")
    assert refused.returncode == 2
    assert "::error::checks:" in refused.stdout
    act(CHECKS, checks="prove", since="$(touch x); touch x")
    assert not Path("x").exists()


def test_no_expression_is_in_a_script() -> None:
    """GitHub pastes the value of an expression into the script: whoever sets it could run code."""
    steps = [INSTALL, CHECKS, *loaded(".github/workflows/tests.yml")["jobs"]["tests"]["steps"]]
    assert not any("${{" in step.get("run", "") for step in steps)


def test_the_workflow_runs_what_ci_runs_on_each_supported_python() -> None:
    job = loaded(".github/workflows/tests.yml")["jobs"]["tests"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    classifiers = re.findall(r"Python :: (3\.\d+)\n", (ROOT / "setup.cfg").read_text())
    assert job["strategy"]["matrix"]["python-version"] == classifiers


def test_the_page_names_the_hooks_and_the_inputs() -> None:
    page = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    hooks = {hook["id"] for hook in loaded(".pre-commit-hooks.yaml")}
    assert {*re.findall(r"- id: (dbkit-[\w-]+)", page)} == hooks
    used = page.partition("- uses: OWNER/dbkit")[2].partition("```")[0]
    assert {*re.findall(r"^          ([\w-]+):", used, re.M)} == loaded("action.yml")[
        "inputs"
    ].keys()
