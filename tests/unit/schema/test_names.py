"""Names: their SQL, their texts, their order, and the names that a text can mean."""

from __future__ import annotations

import json

import pytest

from dbkit.errors import MigrationError
from dbkit.schema.names import Name, known

DOTTED = (Name("a", "b.c"), Name("a.b", "c"), Name("", "a.b.c"))


@pytest.mark.parametrize(
    ("name", "sql", "text", "exact"),
    [
        (Name("", "users"), '"users"', "users", "users"),
        (Name("billing", "plans"), '"billing"."plans"', "billing.plans", "billing.plans"),
        (Name("a", "b.c"), '"a"."b.c"', "a.b.c", '"a"."b.c"'),
        (Name("a.b", "c"), '"a.b"."c"', "a.b.c", '"a.b"."c"'),
        (Name("", "a.b.c"), '"a.b.c"', "a.b.c", '"a.b.c"'),
        (Name("", 'say "hi"'), '"say ""hi"""', 'say "hi"', 'say "hi"'),
        (Name("", '"hi"'), '"""hi"""', '"hi"', '"""hi"""'),
    ],
)
def test_the_texts_of_a_name(name: Name, sql: str, text: str, exact: str) -> None:
    assert (name.sql, str(name), f"{name}", name.exact) == (sql, text, text, exact)


def test_the_own_schema_comes_first() -> None:
    names = [Name("billing", "a"), Name("", "z"), Name("", "b")]
    assert sorted(names) == [Name("", "b"), Name("", "z"), Name("billing", "a")]
    assert Name("billing", "a").beside("b") == Name("billing", "b")


@pytest.mark.parametrize("name", DOTTED)
def test_an_exact_text_means_one_name(name: Name) -> None:
    assert known(name.exact, DOTTED) == name
    assert known(str(name), [name, Name("", "other")]) == name


def test_a_text_that_can_mean_several_names_is_refused() -> None:
    with pytest.raises(MigrationError, match=r"a\.b\.c can mean several tables") as refused:
        known("a.b.c", DOTTED)
    assert '"a"."b.c"' in str(refused.value)


def test_a_text_without_a_name() -> None:
    assert known("a", DOTTED) is None
    assert known("label", ["label", "other"]) == "label"


def test_names_are_no_lists_in_json() -> None:
    """`json` writes a tuple as a list without asking."""
    assert json.dumps(str(Name("a", "b"))) == '"a.b"'
