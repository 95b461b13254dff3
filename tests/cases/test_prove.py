"""`dbkit prove`: every file up, down and up again with rows, and the end against the models."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

MODELS = """
import peewee as pw

class T(pw.Model):
    a = pw.IntegerField()
    renamed = pw.TextField(null=True)
    c = pw.IntegerField(null=True)
"""
TABLE = """
    @migrator.create_model
    class T(pw.Model):
        a = pw.IntegerField()
        b = pw.TextField(null=True)
"""
NOTHING = "    pass"
CHANGE = "migrator.sql(\"UPDATE t SET b = upper(b) || '!'\")"
SAME = 'migrator.sql("UPDATE t SET a = 1")'


def write(name: str, up: str, down: str | None) -> None:
    """Write a migration; a statement is indented, and without `down` it has no rollback()."""
    text = "import peewee as pw\n"
    for word, body in (("migrate", up), ("rollback", down)):
        if body is not None:
            head = f"\n\ndef {word}(migrator, database, *, fake=False):\n"
            text += head + (body if body.startswith((" ", "\n")) else f"    {body}") + "\n"
    Path("migrations").mkdir(exist_ok=True)
    Path(f"migrations/{name}.py").write_text(text)


@pytest.fixture
def prove(url: str, dbkit: Callable[..., Result]) -> Callable[..., tuple[int, dict[str, str]]]:
    Path("models_of_prove.py").write_text(MODELS)
    write("001_table", TABLE, "migrator.remove_model('t')")

    def run(*words: str) -> tuple[int, dict[str, str]]:
        """The exit code, and for each file its text with its warnings."""
        result = dbkit(
            "prove", "--database", url, "--models", "models_of_prove", "--format", "json", *words
        )
        if result.exit_code == 2:
            return 2, {"error": result.output}
        proofs = json.loads(result.stdout)["proofs"]
        return result.exit_code, {one["name"]: "\n".join([one["text"], *one["warnings"]])
                                  for one in proofs}  # fmt: skip

    return run


def test_sound_and_unsound_files(prove: Callable[..., tuple[int, dict[str, str]]]) -> None:
    write("002_data", CHANGE, NOTHING)
    write("003_no_way_back", "migrator.add_fields('t', c=pw.IntegerField(null=True))", NOTHING)
    write("004_rename", "migrator.rename_field('t', 'b', 'renamed')",
          "migrator.rename_field('t', 'renamed', 'b')")  # fmt: skip
    write("005_rows", f"{SAME}\n    migrator.add_index('t', 'a', unique=True, name='once')",
          "migrator.drop_index('t', name='once')")  # fmt: skip
    write("006_one_way", "migrator.drop_index('t', name='once')", None)
    code, said = prove()
    assert code == 1
    assert list(said) == ["001_table", "002_data", "003_no_way_back", "004_rename", "005_rows",
                          "006_one_way", "models"]  # fmt: skip
    assert said["001_table"] == "proven: up, down and up again"
    assert said["002_data"].startswith(
        "proven: up, down and up again, with rows in 1 of 1 table\n"
        "002_data loses values of column b of table t: "
    )
    assert said["003_no_way_back"].startswith(
        "not proven: After the rollback of 003_no_way_back, the schema is not what it was before."
    )
    assert "column c is in the result but not in the schema before" in said["003_no_way_back"]
    assert said["004_rename"] == "proven: up, down and up again, with rows in 1 of 1 table"
    assert "\n005_rows can fail on existing rows: " in said["005_rows"]
    assert said["006_one_way"] == "proven: up (it has no rollback())"
    assert said["models"].startswith("the migrations lead to their schema, on ")


def test_a_file_that_does_not_run_and_models_that_are_not_reached(
    prove: Callable[..., tuple[int, dict[str, str]]],
) -> None:
    code, said = prove()
    assert (code, list(said)) == (1, ["001_table", "models"])
    assert "column renamed is missing from the result" in said["models"]
    write("002_broken", "migrator.sql('UPDATE nothing SET a = 1')", NOTHING)
    write("003_after_it", SAME, NOTHING)
    code, said = prove()
    assert (code, list(said)) == (1, ["001_table", "002_broken", "003_after_it"])
    assert said["002_broken"].startswith("not proven: Migration 002_broken failed and was rolled b")
    assert said["003_after_it"] == "not run, because an earlier file fails"


def test_the_next_step_is_that_of_migrate(
    prove: Callable[..., tuple[int, dict[str, str]]], url: str, dbkit: Callable[..., Result]
) -> None:
    lines = {
        "assert not hasattr(migrator, 'add_field'); migrator.add_field('t', c=pw.TextField())":
            "The migrator has no operation add_field.\nDid you mean add_fields?",
        "migrator.zzz()": "operation zzz.\nThe page about migrations lists all operations.",
        "migrator.remove_fields('t', 'nothing')": "\nFields: id, a, b.",
        "migrator.sql('UPDATE nothing SET a = 1')": "nothing",
    }  # fmt: skip
    if not url.startswith("sqlite"):
        lines["migrator.sql(\"UPDATE t SET b = '%s'\")"] = "\nIn SQL for PostgreSQL, write % as"
    for line, words in lines.items():
        write("002_wrong", line, NOTHING)
        _, said = prove()
        output = dbkit("migrate", "--database", url).output
        assert words in said["002_wrong"], said
        assert words in output, output
        assert "committed" not in said["002_wrong"]
        assert "Rehearsal" not in said["002_wrong"]


def test_a_way_back_that_loses_rows(prove: Callable[..., tuple[int, dict[str, str]]]) -> None:
    """The schema is right after the rollback, but the rows are not."""
    again = TABLE.replace("null=True", "null=True, default='x'")
    write("002_kept", "migrator.add_fields('t', c=pw.IntegerField(null=True))",
          f"migrator.remove_model('t'){again}")  # fmt: skip
    _, said = prove()
    assert said["002_kept"].startswith(
        "not proven: The rollback of 002_kept loses values of column "
    )
    assert said["models"].startswith("not reached: ")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_only_the_files_that_changed_since_a_revision(
    prove: Callable[..., tuple[int, dict[str, str]]],
) -> None:
    def git(*words: str) -> None:
        config = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        command = ["git", *config, *words]
        subprocess.run(command, check=True, capture_output=True)

    write("002_ä", SAME, NOTHING)
    assert "not a git repository" in prove("--since", "HEAD")[1]["error"]
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "first")
    assert list(prove("--since", "main")[1]) == ["models"]
    write("002_ä", CHANGE, NOTHING)
    write("003_new", SAME, NOTHING)
    assert list(prove("--since", "main")[1]) == ["002_ä", "003_new", "models"]
    git("add", ".")
    git("commit", "-qm", "second")
    assert list(prove("--since", "main~1")[1]) == ["002_ä", "003_new", "models"]
    code, said = prove("--since", "--output=x")
    assert code == 2
    assert "git cannot tell which files of migrations changed" in said["error"]


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_a_foreign_key_to_a_table_that_is_not_ours(
    url: str, is_elsewhere: bool, prove: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    """The table of others, which dbkit creates from its model on the scratch database, may be in
    another schema."""
    if is_elsewhere and url.startswith("sqlite"):
        pytest.skip("SQLite has no foreign keys between schemas")
    schema = 'schema = "auth"' if is_elsewhere else ""
    theirs = f"""
class Person(pw.Model):
    class Meta:
        table_name = "persons"
        managed = False
        {schema}
"""
    ours = """
class Order(pw.Model):
    person = pw.ForeignKeyField(Person)
    class Meta:
        table_name = "orders"
"""
    models = Path("models_of_prove.py")
    models.write_text(models.read_text() + theirs + ours)
    tables = theirs + ours.replace("class Order", "@migrator.create_model\nclass Order")
    write("002_orders", tables.replace("\n", "\n    "), "migrator.remove_model('orders')")
    more = "renamed=pw.TextField(null=True), c=pw.IntegerField(null=True)"
    write("003_more", f"migrator.add_fields('t', {more})",
          "migrator.remove_fields('t', 'renamed', 'c')")  # fmt: skip
    write("004_less", "migrator.remove_fields('t', 'b')",
          "migrator.add_fields('t', b=pw.TextField(null=True))")  # fmt: skip
    code, said = prove()
    assert said["002_orders"].startswith("proven: up, down and up again"), said
    assert (code, said["models"][:14]) == (0, "the migrations")
