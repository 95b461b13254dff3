"""docs/deploying.md: its commands print what it says, its roles can do what it says, and its
recipes are whole: they parse, and their commands run with their settings."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml

from dbkit.cli.commands import main
from dbkit.connection import parse
from dbkit.project import KNOWN
from tests.cli.shop import shop_in_production, write_migration
from tests.conftest import ROOT
from tests.documents import assert_prints, blocks, printed_here
from tests.servers import Server

PAGE = ROOT / "docs" / "deploying.md"
FILES = {found[1]: block.text for block in blocks(PAGE)
         if (found := re.match(r"# (\S*\w\.?\w+)\n", block.text))}  # fmt: skip
RECIPES = {name: text for name, text in FILES.items() if name.endswith(("yml", "yaml"))}
SENTENCE = re.compile(r"[^;]+;")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with the database of the shop; nobody has privileges by way of PUBLIC."""
    with shop_in_production(monkeypatch) as server:
        server.execute("REVOKE ALL ON DATABASE shop FROM PUBLIC")
        server.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC", "shop")
        for name in ("001_shop", "002_price", "003_pages"):
            write_migration(name)
        yield server
        server.execute("DROP OWNED BY app, auditor", "shop")


def recipe(name: str) -> Any:
    return yaml.safe_load(FILES[name])


def run_sql(server: Server, text: str) -> None:
    """Run the statements as the role that the first line names."""
    user = re.match(r"-- as (?:a )?(\w+)", text)
    assert user, text
    is_deploy = user[1] == "deploy"
    for sentence in SENTENCE.findall(re.sub("--.*", "", text)):
        # roles and the database are there: other tests need them, too
        with suppress(psycopg2.errors.DuplicateObject, psycopg2.errors.DuplicateDatabase):
            if is_deploy:
                execute(server, "deploy", sentence)
            else:
                server.execute(sentence)


def execute(server: Server, user: str, sql: str) -> None:
    with psycopg2.connect(server.url("shop", user)) as connection:
        connection.cursor().execute(sql)
    connection.close()


@pytest.mark.postgres
def test_every_command_prints_what_the_page_says_and_each_role_can_do_its_work(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for block in blocks(PAGE):
        if block.language == "sql":
            if "after the first migration" in block.text:
                assert_prints("dbkit migrate -q --wait 1", "")
            run_sql(server, block.text)
        elif block.language == "console":
            user = block.comment.removeprefix("as ") or "deploy"
            monkeypatch.setenv("DATABASE_URL", server.url("shop", user))
            for command, expected in block.commands():
                assert_prints(command, expected)
    assert_the_auditor_can_run(*auditors())
    execute(server, "app", "INSERT INTO books (title, price) VALUES ('Emma', 20)")
    for user, sql in (("auditor", "SELECT * FROM books"), ("app", "DELETE FROM migratehistory"),
                      ("auditor", "DELETE FROM migratehistory"), ("app", "DROP TABLE books"),
                      ("auditor", "CREATE TABLE t (a int)")):  # fmt: skip
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            execute(server, user, sql)


def auditors() -> list[str]:
    """The commands of the table of privileges that the auditor may run."""
    table = PAGE.read_text(encoding="utf-8").partition("| Command | Privileges")[2]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    return [command for row in rows[:5] for command in re.findall("`(.*?)`", row)]


def assert_the_auditor_can_run(*commands: str) -> None:
    assert {"check", "status", "verify", "migrate --plan"} <= {*commands}
    for command in commands:
        printed = printed_here(shlex.split(command.replace("DIR", "tables")))
        assert "[exit" not in printed, printed


def dbkit_commands(text: str) -> list[list[str]]:
    """The arguments of each dbkit command of a recipe."""
    lines = re.findall(
        r"^[^#\n]*?\bdbkit\b[ \",]+(\w.*?)(?: &&.*| #.*|\]|`.*)?$", text, re.MULTILINE
    )
    return [shlex.split(line.replace(",", " ")) for line in lines]


def test_the_recipes_use_commands_options_and_settings_that_exist() -> None:
    recipes = "".join(block.text for block in blocks(PAGE)
                      if block.language in ("yaml", "dockerfile", "sh"))  # fmt: skip
    commands = [words for words in dbkit_commands(recipes) if words[0] in main.commands]
    assert len(commands) > 8
    for name, *arguments in commands:
        main.commands[name].make_context(name, arguments)
    for name in re.findall(r"\bDBKIT_(\w+)", recipes):
        assert name == "ENV" or name.lower() in KNOWN, name
    urls = re.findall(r"postgresql://\S+", "".join(b.text for b in blocks(PAGE, "sh")))
    assert len(urls) == 6
    for url in urls:
        parse(url)


def test_the_dockerfiles_have_instructions_that_exist_and_commands_without_a_shell() -> None:
    instructions = [line.partition(" ") for block in blocks(PAGE, "dockerfile")
                    for line in block.text.splitlines() if not line.startswith("#")]  # fmt: skip
    assert {word for word, _, _ in instructions} <= {
        "FROM",
        "RUN",
        "WORKDIR",
        "COPY",
        "USER",
        "ENV",
        "CMD",
    }
    commands = [json.loads(words) for word, _, words in instructions if word == "CMD"]
    assert [command[0] for command in commands] == ["uvicorn", "sh"]


def test_every_push_to_main_proves_all_migrations() -> None:
    """On main, no file differs from origin/main, so --since would leave out every file."""
    steps = recipe(".github/workflows/database.yml")["jobs"]["check"]["steps"]
    proofs = {step["if"]: step["run"] for step in steps if "dbkit prove" in step.get("run", "")}
    assert proofs == {
        "github.event_name == 'pull_request'": "dbkit prove --since origin/main",
        "github.event_name == 'push'": "dbkit prove",
    }


def test_the_application_of_the_compose_file_starts_after_the_migration() -> None:
    services = recipe("compose.yaml")["services"]
    for service in services.values():
        assert {*service.get("depends_on", ())} <= services.keys()
    after = {"migrate": {"condition": "service_completed_successfully"}}
    assert services["web"]["depends_on"] == after
    assert services["web"]["environment"] == services["migrate"]["environment"]


@pytest.mark.postgres
def test_the_migrations_of_the_recipes_run_with_their_settings(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each recipe runs on the empty database, then its migrations are rolled back."""
    for name in ("DATABASE_URL", "DBKIT_SCRATCH_URL", "DBKIT_ENV"):
        monkeypatch.delenv(name)
    url = {"DATABASE_URL": server.url("shop", "deploy")}
    service = recipe("compose.yaml")["services"]["migrate"]
    there = {"DB_HOST": "127.0.0.1", "DB_PORT": str(server.port), "DB_USER": "deploy"}
    job = recipe("migrate.yaml")["spec"]["template"]["spec"]["containers"][0]
    check = recipe(".github/workflows/database.yml")["jobs"]["check"]
    for git in ("init -q -b main", "add -A", "commit -q -m shop",
                "update-ref refs/remotes/origin/main HEAD"):  # fmt: skip
        assert_prints(f"git {git}", "")
    for commands, settings in (
        ([shlex.split(service["command"])], {**service["environment"], **there}),
        ([job["command"]], {one["name"]: one["value"] for one in job["env"]} | url),
        ([shlex.split(step["run"]) for step in check["steps"] if "dbkit " in step.get("run", "")],
         {**check["env"], **url}),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            for _, *words in commands:
                printed = printed_here(words)
                assert "[exit" not in printed, printed
            assert "applied: 3" in printed_here(["status"])
            assert "[exit" not in printed_here(["rollback", "--count", "3", "--accept-data-loss"])
