"""`create` warns of rules and types that existing rows may not satisfy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import DbkitError, migrate
from dbkit.migration import create


def table(**fields: Any) -> type[pw.Model]:
    return type("T", (pw.Model,), {"Meta": type("Meta", (), {"table_name": "t"}), **fields})


def integer(**options: Any) -> pw.Field:
    return pw.IntegerField(null=True, **options)


FAILING = {
    "a check": (integer, lambda: integer(constraints=[pw.Check("a > 0")]), [-1]),
    "another check": (
        lambda: integer(constraints=[pw.Check("a > -5")]),
        lambda: integer(constraints=[pw.Check("a > 0")]),
        [-1],
    ),
    "a unique field": (integer, lambda: integer(unique=True), [1, 1]),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_fails_on_rows_is_said(database: pw.Database, name: str, tmp_path: Path) -> None:
    before, after, values = FAILING[name]
    create(database, [table(a=before())], tmp_path / "m")
    migrate(database, tmp_path / "m")
    for value in values:
        database.execute_sql(f"INSERT INTO t (a) VALUES ({value})")
    made = create(database, [table(a=after())], tmp_path / "m")
    assert made
    assert any(one.startswith("fails where") for one in made.hazards)
    assert made.hazards[0].split(":")[0] in made.text
    with pytest.raises(DbkitError):
        migrate(database, tmp_path / "m")


def test_a_float_that_becomes_short_text(database: pw.Database, tmp_path: Path) -> None:
    create(database, [table(a=pw.DoubleField())], tmp_path / "m")
    made = create(database, [table(a=pw.CharField(5))], tmp_path / "m")
    assert made
    if isinstance(database, pw.PostgresqlDatabase):
        assert any("column a of table t" in one for one in made.hazards)


def test_a_text_that_becomes_a_number(database: pw.Database, tmp_path: Path) -> None:
    create(database, [table(a=pw.TextField())], tmp_path / "m")
    made = create(database, [table(a=pw.IntegerField())], tmp_path / "m")
    assert made
    assert any("column a of table t" in one for one in made.hazards)


@pytest.mark.parametrize("rule", ["n > 0", "n IS NULL OR n > 0"])
def test_a_rule_of_a_new_column_is_harmless(
    database: pw.Database, rule: str, tmp_path: Path
) -> None:
    create(database, [table(a=integer())], tmp_path / "m")
    new = table(a=integer(), n=integer(constraints=[pw.Check(rule)]))
    made = create(database, [new], tmp_path / "m")
    assert made
    assert made.hazards == ()
