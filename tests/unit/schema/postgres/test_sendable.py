"""Names that psycopg2 and PostgreSQL can take."""

from __future__ import annotations

import peewee as pw
import pytest

from dbkit.errors import ModelsError
from dbkit.schema.postgres.sendable import require_names
from tests.pairs.pair import table

CLOSED = pw.PostgresqlDatabase("nowhere")


@pytest.mark.parametrize("name", ["a", "A b", 'a"b', "größe", "a.b", "日本", "a\nb"])
def test_any_text_is_a_name(name: str) -> None:
    require_names(CLOSED, [table("t", a=pw.CharField(column_name=name))])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("50%", "reads the % as a placeholder"),
        ("a\0b", "PostgreSQL ends the name there"),
        ("a\udcffb", "utf-8 lacks the character"),
    ],
)
def test_what_cannot_be_sent_is_named(name: str, words: str) -> None:
    with pytest.raises(ModelsError, match="the column of a ") as error:
        require_names(CLOSED, [table("t", a=pw.CharField(column_name=name))])
    assert words in str(error.value)


def test_a_schemas_name_is_not_cut() -> None:
    require_names(CLOSED, [table("t", {"schema": "s" * 63})])
    with pytest.raises(ModelsError, match="longer than 63 bytes"):
        require_names(CLOSED, [table("t", {"schema": "ü" * 32})])
