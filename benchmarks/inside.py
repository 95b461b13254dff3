"""How much of dbkit a common task passes through, and how many statements it sends.

    python benchmarks/inside.py

from the repository's root, after `pip install -e '.[test]'`. It starts a PostgreSQL server of its
own and deletes it at the end. The numbers are counts, and so the same on every machine, but for
the start-up times, which stand beside that of an empty Python.

- lines of code: of dbkit/, without blank lines, comments and docstrings
- files and functions: those of dbkit that run while `create` writes a migration for one new column
- statements: the round trips of a command. The server logs each message that it gets, so several
  statements in a message count once; BEGIN, COMMIT and SET count too
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
import time
import tokenize
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from click.testing import CliRunner

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # for the tests' servers

from dbkit.cli.commands import main  # noqa: E402
from tests.servers import BINARIES, Server  # noqa: E402

MODELS = """\
import peewee as pw
class Author(pw.Model):
    name = pw.CharField(unique=True, constraints=[pw.SQL("DEFAULT 'x'")])
class Book(pw.Model):
    author = pw.ForeignKeyField(Author)
    price = pw.DecimalField(10, 2, constraints=[pw.Check("price >= 0")])
"""
COLUMN = "    note = pw.TextField(null=True)\n"
SENT = re.compile(r"LOG:  (?:statement|execute [^:]*): ", re.MULTILINE)


def code_lines() -> int:
    """Lines of dbkit that hold code."""
    return sum(len(_code(path)) for path in (ROOT / "dbkit").rglob("*.py"))


def _code(path: Path) -> set[int]:
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
               tokenize.ENCODING, tokenize.ENDMARKER)  # fmt: skip
    with tokenize.open(path) as file:
        text = file.read()
    lines = iter(text.splitlines(keepends=True))
    found = {number for token in tokenize.generate_tokens(lambda: next(lines, ""))
             if token.type not in skipped
             for number in range(token.start[0], token.end[0] + 1)}  # fmt: skip
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            found -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return found


def traced(task: Callable[[], Any]) -> tuple[int, int]:
    """(files, functions) of dbkit that run."""
    found: set[tuple[str, str, int]] = set()
    inside = str(ROOT / "dbkit")

    def look(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(inside):
            found.add((code.co_filename, code.co_qualname, code.co_firstlineno))

    sys.setprofile(look)
    try:
        task()
    finally:
        sys.setprofile(None)
    named = {one for one in found if "<" not in one[1].rpartition(".")[2]}
    return len({file for file, _, _ in named}), len(named)


class Project:
    """Two tables, in a directory and a database of their own. `log` is the server's log."""

    def __init__(self, url: str, log: Path | None = None) -> None:
        self.log = log
        os.chdir(tempfile.mkdtemp())
        os.environ |= {"DATABASE_URL": url, "DBKIT_MODELS": "models_of_inside"}
        sys.path.insert(0, str(Path.cwd()))

    def models(self, *more: str) -> None:
        Path("models_of_inside.py").write_text(MODELS + "".join(more), encoding="utf-8")
        sys.modules.pop("models_of_inside", None)

    def run(self, *words: str, code: int = 0) -> None:
        result = CliRunner().invoke(main, list(words), prog_name="dbkit")
        assert result.exit_code == code, (words, result.output)

    def sent(self, *words: str, code: int = 0) -> int:
        """How many messages with statements a command sends."""
        assert self.log is not None
        start = self.log.stat().st_size
        self.run(*words, code=code)
        return len(SENT.findall(self.log.read_text(encoding="utf-8", errors="replace")[start:]))


def start_up(*arguments: str) -> float:
    """Seconds of a whole process, the best of seven. The bytecode of the modules is cached."""
    times = []
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": str(ROOT)}
    for _ in range(7):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True,
                       env=environment)  # fmt: skip
        times.append(time.perf_counter() - begin)
    return min(times)


def measure_start_up() -> None:
    """Measure in a project with one applied migration, on SQLite."""
    project = Project("sqlite:///start.db")
    project.models()
    project.run("create", "first")
    project.run("migrate")
    for name, arguments in (("python", ["-c", ""]), ("dbkit --help", ["-m", "dbkit", "--help"]),
                            ("dbkit status, SQLite", ["-m", "dbkit", "status"])):  # fmt: skip
        row(f"seconds to start: {name}", f"{start_up(*arguments):.3f}")


def measure(server: Server) -> None:
    project = Project(server.url(), server.home / "log")
    project.models()
    project.run("create", "first")
    row("check, the database is empty", project.sent("check"))
    project.run("migrate")
    names = ("check", "status", "migrate", "verify")
    counts = [project.sent(name) for name in names]
    project.models(COLUMN)
    counts += [project.sent("verify", code=1), project.sent("create", "--check", code=1)]
    row("check, status, migrate (nothing), verify, verify (differs), create --check",
        ", ".join(map(str, counts)))  # fmt: skip
    row("create, one new column: statements", project.sent("create", "second"))
    Path("migrations/002_second.py").unlink()
    files, functions = traced(lambda: project.run("create", "second"))
    row("create, one new column: files, functions", f"{files}, {functions}")
    row("migrate, one add_fields: statements", project.sent("migrate"))


def row(what: str, value: Any) -> None:
    print(f"{what:<80} {value}")


if __name__ == "__main__":
    row("lines of code", code_lines())
    measure_start_up()
    server = Server(BINARIES["postgres18"], ("log_statement=all",))
    try:
        measure(server)
    finally:
        server.delete()
