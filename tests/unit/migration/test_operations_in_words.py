"""The operations of a file in words."""

from __future__ import annotations

import pytest

from dbkit.migration.renames import Renaming
from dbkit.migration.render_file import in_words
from dbkit.schema.changes import Alter
from dbkit.schema.names import Name
from dbkit.schema.values import EnumType


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ab", "abc", ("add label c of enum type mood",)),
        ("ab", "cabd", ("add labels c, d of enum type mood",)),
        ("abc", "b", ("drop labels a, c of enum type mood",)),
        ("ab", "bc", ("add label c of enum type mood", "drop label a of enum type mood")),
        ("ab", "ba", ("reorder the labels of enum type mood",)),
    ],
)
def test_labels(old: str, new: str, words: tuple[str, ...]) -> None:
    name = Name("", "mood")
    change = Alter(None, EnumType(name, tuple(old)), EnumType(name, tuple(new)))
    assert in_words(Renaming(), [change], {}, {}) == words
