"""What the commands print of the migrations that they run: lines, the live line, SQL, JSON."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import Result
from peewee_migrate.cli import cli as pw_migrate

from dbkit import migrate
from dbkit.migration import Router
from dbkit.migration.run_log import RunLog
from tests.conftest import opened

Run = Callable[..., Result]
FILE = """\
import peewee as pw
{head}

def migrate(migrator, database, *, fake=False):
    {up}


def rollback(migrator, database, *, fake=False):
    {down}
"""
FIRST = """@migrator.create_model
    class A(pw.Model):
        x = pw.IntegerField(null=True)
"""
LINE = re.compile(r"^(.*) \(\d+\.\d\d s\)$", re.MULTILINE)
SECRET = "hunter2"  # noqa: S105


def write(name: str, up: str, down: str = "pass", head: str = "") -> None:
    Path("migrations").mkdir(exist_ok=True)
    Path(f"migrations/{name}.py").write_text(FILE.format(head=head, up=up, down=down))


@pytest.fixture
def files(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two files; returns the URL of the database, which is that of the settings."""
    write("001_first", FIRST, "migrator.remove_model('a')")
    more = f"migrator.add_index('a', 'x')\n    migrator.sql(sql=\"SELECT 1, 'password={SECRET}'\")"
    write("002_more", more, "migrator.drop_index('a', 'x')\n    print('printed')")
    monkeypatch.setenv("DATABASE_URL", url)
    return url


@pytest.mark.usefixtures("files")
def test_a_line_for_each_file(dbkit: Run) -> None:
    done = dbkit("migrate")
    assert LINE.findall(done.stdout) == [
        "migrate: 001_first: create_model a",
        "migrate: 002_more: add_index a x, sql SELECT 1, 'password=***'",
    ]
    assert done.stdout.endswith("\nmigrate: applied 001_first, 002_more\n")
    assert LINE.findall(dbkit("reset", "--yes").stdout) == [
        "rollback: 002_more: drop_index a x",
        "rollback: 001_first: remove_model a",
        *LINE.findall(done.stdout),
    ]
    assert LINE.findall(dbkit("rollback").stdout) == ["rollback: 002_more: drop_index a x"]
    write("003_long", "\n    ".join(["migrator.add_index('a', 'x')"] * 30))
    assert "002_more" in dbkit("migrate", "--fake", "--to", "2").stdout
    assert LINE.findall(dbkit("migrate", "--fake").stdout) == []


@pytest.mark.usefixtures("files")
def test_quiet_prints_errors_only(dbkit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dbkit("migrate", "-q").output == ""
    assert dbkit("rollback", "--quiet").output == "printed\n"
    write("003_wrong", "migrator.sql('nonsense')")
    monkeypatch.setenv("DBKIT_QUIET", "yes")
    failed = dbkit("migrate")
    assert (failed.exit_code, failed.stdout) == (2, "")
    assert failed.stderr.startswith("error: Migration 003_wrong failed")
    assert failed.stderr.count("002_more") == 1
    assert "exclude each other" in dbkit("migrate", "-q", "-v").stderr


@pytest.mark.usefixtures("files")
def test_verbose_prints_the_statements_of_migrate_sql(dbkit: Run) -> None:
    script = dbkit("migrate", "--sql").stdout
    done = dbkit("migrate", "--verbose")
    sent = re.findall(r"^(.*;)  -- \d+\.\d ms$", done.stderr, re.MULTILINE)
    assert [sql for sql in sent if sql.replace("***", SECRET) not in script] == []
    assert any("CREATE INDEX" in sql for sql in sent)
    assert SECRET not in done.output
    write("003_wrong", "database.execute_sql('nonsense')")
    assert "nonsense;" not in dbkit("up", "-v").stderr
    failed = re.compile(r"^nonsense;  -- failed after \d+\.\d ms$", re.MULTILINE)
    assert failed.search(dbkit("migrate", "-v").stderr)


@pytest.mark.usefixtures("files")
def test_other_commands_are_quiet_or_print_all_their_statements(dbkit: Run) -> None:
    Path("models_of_a.py").write_text("import peewee as pw\nclass A(pw.Model):\n    pass\n")
    models = ("--models", "models_of_a")
    assert dbkit("migrate", "-q", "--to", "1").exit_code == 0
    assert "[ ] 002_more" in dbkit("status", "-q").stdout  # the answer is no
    assert dbkit("migrate", "-q").exit_code == 0
    for command in ("status", "check", "diff migrations migrations"):
        assert dbkit(*command.split(), "-q").output == "", command
    for command in ("status", "verify", "check"):
        shown = dbkit(command, "-v", *(models if command == "verify" else ())).stderr
        assert re.search(r"SELECT .*;  -- \d+\.\d ms$", shown, re.MULTILINE | re.DOTALL), command
    quiet = dbkit("verify", "-q", *models)
    assert (quiet.exit_code, quiet.stderr) == (1, "")
    assert "column x" in quiet.stdout


@pytest.mark.usefixtures("files")
def test_colours(dbkit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("models_of_c.py").write_text("import peewee as pw\nclass C(pw.Model):\n    pass\n")

    def is_coloured(*words: str) -> bool:
        return "\x1b[" in dbkit("verify", "--models", "models_of_c", *words).stdout

    dbkit("migrate")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert is_coloured()
    assert not is_coloured("--no-color")
    monkeypatch.setenv("NO_COLOR", "")
    assert is_coloured()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not is_coloured()


@pytest.mark.usefixtures("files")
def test_one_document_for_programs(dbkit: Run) -> None:
    def run(*words: str) -> tuple[int, dict[str, Any]]:
        result = dbkit(*words, "--format", "json")
        return result.exit_code, json.loads(result.stdout)

    code, document = run("migrate")
    first, second = document["files"]
    assert document == {"version": 1, "ok": True, "files": [first, second], "error": None}
    assert first.pop("seconds") >= 0
    assert first == {"name": "001_first", "direction": "migrate", "operations": ["create_model a"]}
    code, document = run("rollback", "--count", "2")
    assert [file["direction"] for file in document["files"]] == ["rollback"] * 2
    write("003_wrong", "migrator.sql('nonsense')")
    for words, kept in ((["migrate"], ["001_first", "002_more"]), (["reset", "--yes"], [])):
        code, document = run(*words)
        assert (code, document["ok"]) == (2, False)
        assert [file["name"] for file in document["files"]] == kept
        said = document["error"]["message"]
        assert said.startswith("Migration 003_wrong failed and was rolled back.")
    code, document = run("migrate", "--database", "sqlite:////no/directory/x.db")
    assert (code, document["ok"], document["files"]) == (2, False, [])
    write("003_wrong", "pass")
    Path("models_of_b.py").write_text("import peewee as pw\nclass B(pw.Model):\n    pass\n")
    code, document = run("up", "--models", "models_of_b")
    assert (code, document["ok"], document["error"]) == (1, False, None)
    assert document["verify"]["changes"][0]["table"] == "b"


@pytest.mark.usefixtures("files")
def test_pw_migrate_prints_the_same_lines(monkeypatch: pytest.MonkeyPatch, dbkit: Run) -> None:
    conf = "from dbkit.migration import pw_migrate\nDATABASE = pw_migrate.install()\n"
    Path("migrations/conf.py").write_text(conf)
    done = dbkit("migrate", "-v", command=pw_migrate)
    assert LINE.findall(done.stdout)[0] == "migrate: 001_first: create_model a"
    assert done.stdout.endswith("- [x] 001_first\n- [x] 002_more\nOK\n")
    assert ";  -- " in done.stderr
    done = dbkit("rollback", "--count", "2", command=pw_migrate)
    assert LINE.findall(done.stdout)[1:] == ["rollback: 001_first: remove_model a"]


def test_a_failure_names_all_files_that_are_kept(
    files: str, dbkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those before a question, before a file with ATOMIC = False, and both ways."""
    write("003_steps", "migrator.sql('nonsense')", head="ATOMIC = False")
    assert "were kept: 001_first, 002_more." in dbkit("migrate").stderr
    write("003_steps", "migrator.sql('DELETE FROM a')")
    write("004_wrong", "migrator.sql('nonsense')")
    assert dbkit("rollback").exit_code == 0
    monkeypatch.setenv("DBKIT_ENV", "production")
    monkeypatch.setattr("dbkit.prompts.is_terminal", lambda: True)
    failed = dbkit("migrate", input="y\n")
    assert "were kept: 002_more, 003_steps." in failed.stderr
    monkeypatch.delenv("DBKIT_ENV")
    write("004_wrong", "migrator.sql('nonsense')", head="ATOMIC = False")
    kept = "rollback 003_steps, rollback 002_more, rollback 001_first, migrate 001_first"
    assert f"were kept: {kept}, " in dbkit("reset", "--yes").stderr
    with opened(files) as database:
        assert Router(database, "migrations").done == ["001_first", "002_more", "003_steps"]


def test_a_program_gets_the_log(database: pw.Database) -> None:
    write("001_first", FIRST)
    log = RunLog()
    assert migrate(database, "migrations", log=log) == ["001_first"]
    assert [(file.name, file.operations) for file in log.files] == [
        ("001_first", ["create_model a"])
    ]


def test_a_terminal_shows_the_progress_of_the_server(postgres: pw.Database) -> None:
    """The build of the index waits for a transaction that writes."""
    port = postgres.connect_params["port"]
    url = f"postgresql://postgres@127.0.0.1:{port}/{postgres.database}"
    write("001_first", FIRST)
    migrate(postgres, "migrations")
    write("002_index", "print('printed')\n    "
          "migrator.add_index('a', 'x', concurrently=True)", head="ATOMIC = False")  # fmt: skip
    terminal, other = pty.openpty()
    with postgres.atomic() as transaction:
        postgres.execute_sql("INSERT INTO a (x) VALUES (1)")
        command = [sys.executable, "-m", "dbkit", "migrate", "--database", url]
        with subprocess.Popen(command, stdin=other, stdout=other, stderr=other):
            os.close(other)
            shown = read(terminal, "waiting for writers before build")
            transaction.commit(begin=False)
            shown += read(terminal, "migrate: applied")
    os.close(terminal)
    assert 'CREATE INDEX CONCURRENTLY "a_x" ON "a"' in shown
    assert re.search(r"\rmigrate: 002_index \(\d s\): waiting for writers before build 0 of 1 sess",
                     shown)  # fmt: skip
    last = shown.split("\r")
    assert any(re.match(r"migrate: 002_index: add_index a x .*s\)$", part) for part in last)
    assert "\nprinted" in shown


def read(terminal: int, until: str) -> str:
    text = ""
    while until not in text:
        text += os.read(terminal, 4096).decode()
    return text


@pytest.mark.parametrize(("redirected", "code"), [("2>&- <&-", 0), (">&-", 0), (">/dev/full", 2)])
@pytest.mark.sqlite
def test_streams_that_are_closed_or_full(tmp_path: Path, redirected: str, code: int) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/001_a.py").write_text("def migrate(*_, **__): pass\n")
    command = f"{sys.executable} -m dbkit migrate --format json --database sqlite:///a.db"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} {redirected}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    assert ("The output cannot be written" in done.stderr) == (code == 2)
