"""Spellings of one default, and arrays as the server prints them the second time."""

from __future__ import annotations

import pytest

from dbkit.schema.postgres.equivalent_spellings import EQUIVALENT, one_array, one_spelling


@pytest.mark.parametrize(("given", "result"), EQUIVALENT.items())
def test_equivalent_spellings_become_one(given: str, result: str) -> None:
    assert one_spelling(given) == result
    assert one_spelling(f"({given} + '1 day'::interval)") == f"({result} + '1 day'::interval)"
    assert one_spelling(result) == result


@pytest.mark.parametrize(
    "text",
    [
        None,
        "1",
        "'now()'::text",
        "'it''s now()'::text",
        '"now()"',
        "s.now()",
        '"s".now()',
        "know()",
        "now(1)",
        "SESSION_USER",
        "USERS",
    ],
)
def test_what_only_looks_like_one_stays(text: str | None) -> None:
    assert one_spelling(text) == text


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (None, None),
        ("(ARRAY['a'::character varying])::text[]", "ARRAY[('a'::character varying)::text]"),
        (
            "(x)::text = ANY ((ARRAY['a'::character varying, 'it''s'::character varying])::text[])",
            "(x)::text = ANY (ARRAY[('a'::character varying)::text, "
            "('it''s'::character varying)::text])",
        ),
        ("(ARRAY['a'::text])::text[]", "(ARRAY['a'::text])::text[]"),
        ("(ARRAY[x])::text[]", "(ARRAY[x])::text[]"),
    ],
)
def test_a_cast_array_is_cast_item_by_item(given: str | None, result: str | None) -> None:
    assert one_array(given) == result
