"""The warnings and the operations in words of `create`: each fact once, in the output and the file,
and the same words for an enum type on each database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import DbkitError, migrate, rollback
from dbkit.fields import EnumField
from tests.pairs.pair import table

NEW, HELD = ("draft", "done"), ("draft", "held", "done")
IN_FILE = "the rollback fails where a row has the label: held of enum type state"


def enum_table(labels: tuple[str, ...], usual: str = "draft") -> Any:
    return table(
        "bookings", status=EnumField(labels, "state", constraints=[pw.Default(f"'{usual}'")])
    )


def docstring(text: str) -> str:
    return text.split('"""')[1]


def test_a_warning_of_the_proof_is_in_the_file_and_has_a_next_step(
    tmp_path: Path, steps: Any
) -> None:
    never = {"constraints": [pw.Check("a > 5 AND a < 3")]}
    steps([table("t", never, a=pw.IntegerField())])
    made = steps([table("t", never, a=pw.IntegerField(), b=pw.TextField(null=True))])
    (warning,) = made.hazards
    assert warning.endswith("(try the migration on a copy of your data)")
    file = tmp_path / "m" / f"{made.name}.py"
    assert warning.replace('"', "'") in docstring(file.read_text("utf-8"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (pw.TextField, pw.IntegerField), (pw.CharField, pw.DoubleField),
        (pw.BigIntegerField, pw.DoubleField), (pw.DoubleField, pw.IntegerField),
        (pw.DoubleField, pw.TextField),
    ],
)  # fmt: skip
def test_a_type_change_warns_once_of_a_fact(steps: Any, old: Any, new: Any) -> None:
    steps([table("t", a=old(null=True))])
    made = steps([table("t", a=new(null=True))])
    lost = [one for one in made.hazards if not one.startswith("fails")]
    assert len(lost) <= 1, lost


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (NEW, (*NEW, "held"), ("add label held of enum type state",)),
        (NEW, HELD, ("add label held of enum type state",)),
        (HELD, NEW, ("drop label held of enum type state",)),
        (NEW, ("done", "draft"), ("reorder the labels of enum type state",)),
    ],
)
def test_labels_in_words(
    steps: Any, old: tuple[str, ...], new: tuple[str, ...], words: tuple[str, ...]
) -> None:
    steps([enum_table(old)])
    made = steps([enum_table(new)])
    assert made.operations == words
    assert docstring(made.text).lower().startswith(words[0])


def test_labels_beside_a_new_column_and_an_equal_check(steps: Any) -> None:
    """A check of the user remains what it is."""
    rule = {"constraints": [pw.Check("other IN ('x', 'y')", "known")]}
    fields = {"other": pw.TextField(null=True)}
    steps([table("t", status=EnumField(NEW, "state"), **fields)])
    status = EnumField((*NEW, "held"), "state")
    made = steps([table("t", rule, status=status, more=pw.IntegerField(null=True), **fields)])
    assert set(made.operations) == {
        "add label held of enum type state",
        "add check constraint known of t",
        "add column more of t",
    }


def test_the_rollback_of_a_label_in_use(database: pw.Database, tmp_path: Path, steps: Any) -> None:
    """Both files warn of it where two are made, and the error names the table and the column."""
    steps([enum_table(NEW)])
    made = steps([enum_table(HELD, "held")])
    first = made.first or made
    assert IN_FILE in first.hazards
    assert IN_FILE in docstring(first.text)
    migrate(database, tmp_path / "m")
    database.execute_sql("INSERT INTO bookings (status) VALUES ('held')")
    if made.first is not None:
        rollback(database, tmp_path / "m")
    with pytest.raises(DbkitError) as caught:
        rollback(database, tmp_path / "m")
    assert "status" in caught.value.message
    if made.first is not None:
        assert '"held" (column status of table bookings)' in caught.value.message
