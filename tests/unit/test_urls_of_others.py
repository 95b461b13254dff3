"""URLs as other programs write them: with a driver, or in quotes."""

from __future__ import annotations

import pytest

from dbkit.connection import parse
from dbkit.errors import ConfigError

POSTGRES, SQLITE = "postgresql://u@h:1/n", "sqlite:///a.db"


@pytest.mark.parametrize(
    ("url", "display"),
    [
        *((f"{scheme}://u:p@h:1/n", POSTGRES) for scheme in (
            "postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg",
            "postgres+psycopg2", "postgres+psycopg", "PostgreSQL+Psycopg2",
        )),
        *((f"{scheme}:///a.db", SQLITE) for scheme in (
            "sqlite", "sqlite+pysqlite",
        )),
        ("sqlite+pysqlite:////a/b.db", "sqlite:////a/b.db"),
        ("sqlite+pysqlite:///:memory:", "sqlite:///:memory:"),
        *((f"{first}{url}{last}", display) for first, last in ('""', "''", "``", "“”")
          for url, display in (("postgresql+psycopg2://u:p@h:1/n", POSTGRES), (SQLITE, SQLITE))),
        (f" '{SQLITE}'\n", SQLITE),
    ],
)  # fmt: skip
def test_urls_that_are_understood(url: str, display: str) -> None:
    assert parse(url).display == display


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("psql 'postgresql://u:s3cret@h/n'", "Remove psql and any quotes around the rest"),
        ("psql postgresql://u:s3cret@h/n", "Remove psql"),
        ("jdbc:postgresql://u:s3cret@h/n", "Remove jdbc:"),
        ("DATABASE_URL=postgresql://u:s3cret@h/n", "Remove DATABASE_URL="),
        ("export DATABASE_URL='postgresql://u:s3cret@h/n'", "Remove export DATABASE_URL="),
        ("'postgresql://u:s3cret@h/n", "Remove the quotes."),
        ("embedded+x:s3cret", "it does not begin with a known scheme"),
        ("mysql+pymysql://u:s3cret@h/n", "mysql+pymysql is not a known scheme"),
        ("sqlite+pysqlite:///a.db?s3cret=false", "Remove the ? and what follows it."),
        ("postgresql+asyncpg://u:s3cret@h/n", "Remove +asyncpg"),
        ("postgresql+psycopg2cffi://u:s3cret@h/n", "Remove +psycopg2cffi"),
        ("sqlite+aiosqlite:///s3cret.db", "Remove +aiosqlite"),
        ("sqlite+psycopg2:///s3cret.db", "Remove +psycopg2"),
    ],
)
def test_the_error_says_what_to_remove(url: str, words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(url)
    assert words in str(raised.value)
    assert "s3cret" not in str(raised.value)
