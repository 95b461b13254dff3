"""SQL of SQLite, written as a person would."""

from __future__ import annotations

import pytest

from dbkit.adoption.sqlite_types import spaced


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("lower ( a ) = 'X'", "lower (a) = 'X'"),
        ("a in ( 1 , 2 )", "a in (1, 2)"),
        ("a = x'00' or ( b )", "a = x'00' or (b)"),
    ],
)
def test_spaces_between_tokens(printed: str, written: str) -> None:
    assert spaced(printed) == written
