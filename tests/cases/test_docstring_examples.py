"""The examples in the docstrings of the operations, which docs/api.md shows, run as they stand."""

from __future__ import annotations

import inspect
import re
import textwrap

import peewee as pw
import pytest

from dbkit.fields import EnumField
from tests.cases.test_without_views import migrating
from tests.unit.test_api_reference import operations


class User(pw.Model):
    email = pw.TextField()
    tenant = pw.IntegerField()
    name = pw.CharField(50)
    country = pw.TextField(null=True)
    created_at = pw.DateTimeField(null=True)

    class Meta:
        table_name = "users"


class Order(pw.Model):
    total = pw.DecimalField()
    status = EnumField(["active", "closed"], "status")

    class Meta:
        table_name = "orders"


def examples() -> dict[str, str]:
    """The lines of code in the docstring of each operation that has some."""
    code = {name: re.findall(r"::\n\n((?:    .*\n?|\n)+)", inspect.getdoc(function) or "")
            for name, function in operations().items() if name == function.__name__}  # fmt: skip
    return {name: textwrap.dedent(blocks[0]) for name, blocks in code.items() if blocks}


def test_every_example_runs(database: pw.Database) -> None:
    found = examples()
    assert len(found) > 7
    last = found.pop("without_views")  # the other examples do not expect a view
    with migrating(database) as migrator:
        migrator.create_model(User)
        migrator.create_model(Order)
        migrator.sql("INSERT INTO users (email, tenant, name) VALUES ('ada@example.com', 1, 'Ada')")
        migrator.sql("INSERT INTO orders (total, status) VALUES (2.5, 'active')")
        names = {"migrator": migrator, "pw": pw}
        for code in found.values():
            exec(code, names)  # noqa: S102 - code of this repository
        migrator.sql("CREATE VIEW active_users AS SELECT name FROM users")
        exec(last, names)  # noqa: S102
    assert "phone" in {column.name for column in database.get_columns("users")}
    with pytest.raises(pw.IntegrityError):
        database.execute_sql("INSERT INTO orders (total, status) VALUES (-1, 'active')")
    assert database.execute_sql("SELECT country FROM users").fetchall() == [("CH",)]
    assert [view.name for view in database.get_views()] == ["active_users"]
