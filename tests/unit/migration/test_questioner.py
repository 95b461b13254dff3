"""What only a person knows: by a flag, by an answer, or left open and said."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from dbkit.errors import ConfigError, MigrationError
from dbkit.migration.questioner import Decisions, Undecided, plain
from dbkit.schema.names import Name
from tests.names import own


class Color(Enum):
    RED = "red"


def ask(decisions: Decisions, *likely: str) -> str | None:
    return decisions.renamed("column", ["t.a", "s.t.a"], likely, [*likely, "other"])


def test_a_flag_decides() -> None:
    for key in ("t.a", "s.t.a"):
        decisions = Decisions(rename={key: "b"})
        assert ask(decisions, "b") == "b"
        decisions.check_used([key])
    assert ask(Decisions(rename={"t.a": "other"}), "b") == "other"  # not likely, but possible


def test_a_flag_may_leave_out_the_schema_of_a_table() -> None:
    names = [Name("a", "b.c"), Name("a.b", "c"), Name("s", "t")]
    for text, name in (
        ("t", names[2]),
        ("s.t", names[2]),
        ("c", names[1]),
        ('"a"."b.c"', names[0]),
    ):
        decisions = Decisions(rename={"x": text})
        assert decisions.renamed("table", ["x"], [], names) == name
    with pytest.raises(MigrationError, match=r"a\.b\.c can mean several"):
        Decisions(rename={"x": "a.b.c"}).renamed("table", ["x"], [], names)


def test_a_flag_for_what_is_not_new_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"t\.a cannot be renamed to z"):
        ask(Decisions(rename={"t.a": "z"}), "b")


def test_a_flag_that_nothing_needed_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"No change needs --fill t\.x"):
        Decisions(fill={"t.x": "1"}).check_used(["t.x"])
    with pytest.raises(ConfigError, match=r"No change needs --rename t\.x"):
        Decisions(rename={"t.x": "y"}).check_used(["t.x"])


def test_a_person_is_asked_until_the_answer_is_yes() -> None:
    asked: list[str] = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return "to c" in question

    assert ask(Decisions(confirm=confirm), "b", "c", "d") == "c"
    assert asked == ["Was column t.a renamed to b?", "Was column t.a renamed to c?"]
    assert ask(Decisions(confirm=lambda question: False), "b") is None


@pytest.mark.parametrize(("no_rename", "likely"), [(True, ["b"]), (False, [])])
def test_nothing_is_open(no_rename: bool, likely: list[str]) -> None:
    decisions = Decisions(no_rename=no_rename)
    assert ask(decisions, *likely) is None
    decisions.require_all()


def test_what_is_open_names_the_flags() -> None:
    decisions = Decisions()
    assert ask(decisions, "b", "c") is None
    assert decisions.value(own("t"), "x") is None
    with pytest.raises(Undecided) as error:
        decisions.require_all()
    for words in ("t.a may have become b or c", "t.x is NOT NULL", "--rename t.a:b or --rename "
                  "t.a:c", "--no-rename", "--fill t.x=VALUE"):  # fmt: skip
        assert words in str(error.value)


def test_a_fill_is_a_flag_or_an_answer() -> None:
    decisions = Decisions(fill={"t.x": "1"}, prompt=lambda question: "answer")
    assert decisions.is_filled(own("t"), "x")
    assert not decisions.is_filled(own("t"), "y")
    assert (decisions.value(own("t"), "x"), decisions.value(own("t"), "y")) == ("1", "answer")
    decisions.check_used(["t.x"])


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (None, None),
        (1, 1),
        ("it's", "it's"),
        ({"a": [1]}, {"a": [1]}),
        (dict, {}),
        (list, []),
        (Color.RED, "red"),
        (Decimal("1.50"), "1.50"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime(2026, 1, 2, 3), "2026-01-02 03:00:00"),
        (uuid.UUID(int=0), str(uuid.UUID(int=0))),
        (uuid.uuid4, None),
        (object(), None),
        (float("nan"), None),
    ],
)
def test_a_default_that_a_migration_can_hold(value: Any, result: Any) -> None:
    assert plain(value) == result
