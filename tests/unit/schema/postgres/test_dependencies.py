"""The order of domains that are made of domains is found in no time, even where text misleads."""

from __future__ import annotations

from dbkit.schema.postgres.writing import statements
from dbkit.schema.values import Domain, Schema


def test_many_domains_that_name_all_before_them() -> None:
    names = [f"d{number:02}" for number in range(30)]
    domains = [
        Domain(name, f"{names[n - 1] if n else 'text'} CHECK ((VALUE <> '{' '.join(names[:n])}'))")
        for n, name in enumerate(names)
    ]
    full, empty = Schema(domains=tuple(reversed(domains))), Schema()
    created = [one.sql for one in statements(empty, full)]
    assert [sql.split()[2].strip('"') for sql in created] == names
    dropped = [one.sql for one in statements(full, empty)]
    assert [sql.split()[2].strip('"') for sql in dropped] == names[::-1]


def test_domains_that_mention_each_other_in_a_string() -> None:
    first = Domain("first", "text CHECK ((VALUE <> 'second'))")
    second = Domain("second", "text CHECK ((VALUE <> 'first'))")
    assert len(statements(Schema(), Schema(domains=(first, second)))) == 2
