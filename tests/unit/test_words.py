"""Hints name commands as the user calls them, and nouns agree with their numbers."""

from __future__ import annotations

import sys

import click
import pytest

from dbkit.called_as import as_called
from dbkit.errors import DbkitError
from dbkit.plurals import counted

HINT = "Run `python -m dbkit migrate`, then `python -m dbkit status`."


@pytest.mark.parametrize(
    ("program", "hint"),
    [
        ("python -m dbkit", HINT),
        ("dbkit", "Run `dbkit migrate`, then `dbkit status`."),
        ("dbkit.exe", "Run `dbkit migrate`, then `dbkit status`."),
        ("pw_migrate", "Run `pw_migrate migrate`, then `python -m dbkit status`."),
        ("uvicorn", HINT),
    ],
)
def test_a_hint_names_the_program_that_runs(
    program: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with click.Context(click.Command("x"), info_name=program):
        assert DbkitError("wrong", HINT).hint == hint
    monkeypatch.setattr(sys, "argv", [f"/venv/bin/{program}", "migrate"])
    if " " not in program:
        assert as_called(HINT) == hint


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "row", "0 rows"),
        (1, "row", "1 row"),
        (2, "unique index", "2 unique indexes"),
        (1200, "policy", "1,200 policies"),
        (1, "policy", "1 policy"),
        (3, "foreign key", "3 foreign keys"),
    ],
)
def test_nouns_agree_with_their_numbers(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text
