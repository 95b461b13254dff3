"""The lines of a migration's function."""

from __future__ import annotations

import peewee as pw
import pytest

from dbkit.migration.render_lines import Lines
from dbkit.python_source import Code


def made(*names: str) -> Lines:
    lines = Lines()
    for name in names:
        lines.call(name)
    return lines


def test_calls_of_the_migrator() -> None:
    lines = Lines()
    lines.call("rename_field", "t", 'a"b', cascade=True)
    lines.call("remove_model", Code("User"))
    assert str(lines) == (
        '    migrator.rename_field("t", \'a"b\', cascade=True)\n    migrator.remove_model(User)'
    )


def test_nothing_to_do() -> None:
    assert str(Lines()) == "    pass"
    assert not Lines()


def test_two_parts_have_an_empty_line_between() -> None:
    both = made("a") + made("b")
    assert str(both) == "    migrator.a()\n\n    migrator.b()"
    assert str(Lines() + made("b")) == str(made("b") + Lines()) == "    migrator.b()"


@pytest.mark.parametrize(
    ("database", "sql"),
    [(pw.PostgresqlDatabase("x"), "SELECT 5 %% 2"), (pw.SqliteDatabase(None), "SELECT 5 % 2")],
)
def test_a_percent_sign_is_the_drivers_on_postgresql(database: pw.Database, sql: str) -> None:
    lines = Lines()
    lines.sql(database, "SELECT 5 % 2")
    assert str(lines) == f'    migrator.sql("{sql}")'
