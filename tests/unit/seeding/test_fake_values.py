"""Fake values: which values fit a column, and which value replaces a real one."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from random import Random
from typing import Any

import peewee as pw
import pytest

from dbkit import models
from dbkit.errors import ConfigError
from dbkit.seeding.fake import fake_value
from dbkit.seeding.fake.check_limits import ways
from dbkit.seeding.fake.column_kinds import kind_of
from dbkit.seeding.fake.described import Described
from dbkit.seeding.fake.patterns import matches

TIME = dt.datetime(2025, 3, 1, 12, tzinfo=dt.UTC)


def test_the_same_value_is_always_replaced_by_the_same_value_of_its_kind() -> None:
    email = models.User.email
    replaced = fake_value(email, "grace@navy.mil")
    assert replaced == fake_value(email, "grace@navy.mil") != fake_value(email, "alan@navy.mil")
    assert replaced.endswith("@example.com")
    assert fake_value(email, None) is None
    assert fake_value(email, "grace@navy.mil", unique=True) == replaced, "joins hold"
    assert fake_value(email, "grace@navy.mil", secret="x") != replaced  # noqa: S106


@pytest.mark.parametrize(
    ("field", "original", "kind"),
    [
        (models.User.status, "active", str),
        (models.Budget.amount, Decimal("5.00"), Decimal),
        (models.Budget.starts_on, dt.date(2025, 1, 1), dt.date),
        (models.User.created_at, TIME, dt.datetime),
        (models.Policy.rules, {"a": 1}, dict),
        (models.Policy.is_enabled, True, bool),
        (models.Policy.user, 5, int),
        (models.Campaign.budget, 1.5, float),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_value_is_replaced_by_a_value_of_its_type(field: Any, original: Any, kind: type) -> None:
    assert type(fake_value(field, original)) is kind


def test_unique_values_stay_unique() -> None:
    class Person(pw.Model):
        code = pw.CharField(max_length=8)
        number = pw.SmallIntegerField()
        name = pw.CharField(max_length=30)

    for field, originals in (
        (Person.number, range(30_000)),
        (Person.name, [f"name {n}" for n in range(3000)]),
        (Person.code, [f"code {n}" for n in range(300)]),
    ):
        values = [fake_value(field, one, unique=True) for one in originals]
        assert len(set(values)) == len(values)
        longest = getattr(field, "max_length", None)
        assert longest is None or max(map(len, values)) <= longest


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 11, 13, 17, 20, 30, 50])
@pytest.mark.parametrize("name", ["email", "name", "url", "ip", "description", "x", "hash", "zip"])
def test_texts_are_as_short_as_the_column(name: str, length: int) -> None:
    class Table(pw.Model):
        field = pw.CharField(column_name=name, max_length=length)

    kind = kind_of(Described("table", name, f"varchar({length})", Table.field))
    numbers = {0, kind.common - 1, kind.size - 1, kind.size // 2}
    texts = [kind.at(n) for n in numbers]
    assert len({text.lower() for text in texts}) == len(numbers)
    assert all(0 < len(text) <= length for text in texts)


CHECKS = [  # as people and as PostgreSQL write them
    ("integer", "x > 5", lambda x: x > 5),
    ("integer", "((x >= 3) AND (x <= 9))", lambda x: 3 <= x <= 9),
    ("integer", '"x" BETWEEN -9 AND -3', lambda x: -9 <= x <= -3),
    ("integer", "X in (1, 2, 40) OR x IS NULL", lambda x: x in (1, 2, 40)),
    ("integer", "(x = ANY (ARRAY[1, 7]))", lambda x: x in (1, 7)),
    ("integer", "NOT (x < 100000 OR x IS NULL)", lambda x: x >= 100_000),
    ("integer", "((0 < x) AND (100 > x))", lambda x: 0 < x < 100),
    ("numeric(5,2)", "(x > (0)::numeric)", lambda x: 0 < x < 1000),
    ("numeric(3,1)", "x < 99.9 and x > 98", lambda x: 98 < x < Decimal("99.9")),
    ("double precision", "x >= -1.5e0 AND x < 1", lambda x: -1.5 <= x < 1),
    ("text", "(length(x) > 20)", lambda x: len(x) > 20),
    ("text", "(char_length((x)::text) = 4)", lambda x: len(x) == 4),
    ("text", "length(x) BETWEEN 2 AND 3", lambda x: 2 <= len(x) <= 3),
    ("text", "x <> '' AND lower(x) = x", lambda x: x and x == x.lower()),
    ("text", "((x)::text = ANY ((ARRAY['a'::text, 'it''s'::character varying])::text[]))",
     lambda x: x in ("a", "it's")),
    ("text", "x IN ('a', 'b') AND x NOT IN ('a')", lambda x: x == "b"),
    ("text", "((x)::text ~~ '%@%'::text)", lambda x: "@" in x),
    ("text", "x LIKE 'INV-____'", lambda x: x.startswith("INV-") and len(x) == 8),
    ("text", "x GLOB '[A-F]*'", lambda x: x[0] in "ABCDEF"),
    ("text", "(x ~ '^[A-Z]{3}-\\d+(/[a-z]+)?$'::text)",
     lambda x: matches("~", "^[A-Z]{3}-\\d+(/[a-z]+)?$", x)),
    ("text", "x ~* '^#[0-9a-f]{6}$'", lambda x: matches("~*", "^#[0-9a-f]{6}$", x)),
    ("date", "x >= '2031-05-01'::date", lambda x: x >= dt.date(2031, 5, 1)),
    ("date", "(x > CURRENT_DATE)", lambda x: x > dt.date(2100, 1, 1)),
    ("timestamp with time zone", "x <= now()", lambda x: x < dt.datetime.now(dt.UTC)),
    ("timestamp", "x < '2001-01-01 00:00:00' AND x > '2000-12-31 23:00:00'",
     lambda x: dt.datetime(2000, 12, 31, 23) < x < dt.datetime(2001, 1, 1)),
    ("boolean", "x", lambda x: x is True),
    ("boolean", "x IS NOT TRUE OR x = false", lambda x: x in (True, False)),
    ("integer[]", "cardinality(x) <= 2", lambda x: 1 <= len(x) <= 2),
    ("jsonb", "(jsonb_typeof(x) = 'array'::text)", lambda x: type(x) is list),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "check", "holds"), CHECKS, ids=[one[1] for one in CHECKS])
def test_the_usual_checks_are_understood(type_: str, check: str, holds: Any) -> None:
    random = Random(1)  # noqa: S311
    (found, *_) = ways([check], ["x"])
    kind = kind_of(Described("table", "x", type_, limit=found.of("x")))
    values = [kind.draw(random) for _ in range(200)] + [kind.at(kind.size - 1)]
    assert all(map(holds, values)), [value for value in values if not holds(value)][:3]


@pytest.mark.parametrize(
    ("check", "nulls"),
    [
        ("(a IS NULL) <> (b IS NULL)", [(True, False), (False, True)]),
        ("((a IS NOT NULL) = (b IS NOT NULL))", [(False, False), (True, True)]),
        ("num_nonnulls(a, b) = 1", [(False, True), (True, False)]),
        ("a IS NOT NULL OR b IS NOT NULL", [(False, None), (None, False)]),
        ("(c = 1 AND a IS NOT NULL) OR (c = 2 AND b IS NULL)", [(False, None), (None, True)]),
    ],
)
def test_each_way_in_which_a_check_is_true_is_found(check: str, nulls: Any) -> None:
    found = [(way.of("a").null, way.of("b").null) for way in ways([check], ["a", "b", "c"])]
    assert sorted(found, key=str) == sorted(nulls, key=str)


@pytest.mark.parametrize(
    "check",
    ["x > (", "CASE WHEN x THEN 1 END", "f(x) > g(y)", "", "x @@ 'a'", "((", "x NOT 1", "'"],
)
def test_a_check_that_is_not_understood_limits_nothing(check: str) -> None:
    (way,) = ways([check], ["x"])
    assert not way.columns
    assert not way.ordered


def test_a_missing_faker_is_an_error_that_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['faker'] = None\n"
        "from dbkit import models\nfrom dbkit.errors import ConfigError\n"
        "from dbkit.seeding.fake import fake_value\n"
        "try: fake_value(models.User.email, 'a')\n"
        "except ConfigError as error: print(error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "peewee-dbkit[fake]" in done.stdout, ConfigError
