"""A model that the server refuses: the error says which declaration to change, and how."""

from __future__ import annotations

import re
from typing import Any

import peewee as pw
import pytest
from playhouse import postgres_ext as pg

from dbkit.errors import ModelsError
from dbkit.migration import create
from tests.conftest import opened


def model(using: str = "", index: str = "", **fields: Any) -> Any:
    made = type("Doc", (pw.Model,), {"data": pw.JSONField(), **fields})
    if using:
        made.add_index(made.data, using=using, name="doc_data")
    if index:
        made.add_index(pw.SQL(index))
    return made


def with_key_in_sql() -> Any:
    key = pw.SQL("FOREIGN KEY (a, b) REFERENCES zone (a, b)")
    meta = type("Meta", (), {"constraints": [key]})
    columns = {name: pw.IntegerField() for name in "ab"}
    target = {**columns, "Meta": type("Meta", (), {"primary_key": pw.CompositeKey("a", "b")})}
    return [type("Line", (pw.Model,), {**columns, "Meta": meta}), type("Zone", (pw.Model,), target)]


@pytest.mark.parametrize(
    ("made", "hint"),
    [
        (lambda: model(id=pw.IdentityField()), "make Doc.id an AutoField"),
        (lambda: model(more=pg.BinaryJSONField()), "make it a peewee.JSONField"),
        (lambda: model(tags=pg.ArrayField(pw.TextField)), "make it a peewee.JSONField"),
        (lambda: model(using="GIN"), "remove using='GIN'"),
        (lambda: model(more=pw.TextField(index=True, index_type="GIST")), "from Doc.more"),
    ],
    ids=["identity", "binary json", "array", "index", "field"],
)
def test_what_only_postgres_has(made: Any, hint: str) -> None:
    with (
        opened("sqlite:///:memory:") as database,
        pytest.raises(ModelsError, match=re.escape(hint)),
    ):
        create(database, [made()], "m")


def test_an_expression_that_peewee_takes_for_a_statement(database: pw.Database) -> None:
    with pytest.raises(ModelsError, match=r"Doc\.add_index\(Doc\.index\(pw\.SQL\("):
        create(database, [model(index="(data ->> 'city')")], "m")


def test_a_foreign_key_in_sql_to_a_later_model(postgres: pw.Database) -> None:
    models = with_key_in_sql()
    with pytest.raises(ModelsError, match=r"`depends_on` of Line\.Meta"):
        create(postgres, models, "m")
    models[0]._meta.depends_on = models[1:]
    assert create(postgres, models, "m")


@pytest.mark.parametrize("option", ["strict_tables", "without_rowid"])
def test_what_only_sqlite_has(postgres: pw.Database, option: str) -> None:
    meta = type("Meta", (), {option: True})
    with pytest.raises(ModelsError, match=f"remove {option} from Doc.Meta"):
        create(postgres, [model(Meta=meta)], "m")


@pytest.mark.parametrize("check", ["name LIKE '%@%'", "length(name) % 2 = 0", "name <> '100 %'"])
def test_a_percent_sign_that_psycopg2_takes_for_a_placeholder(
    postgres: pw.Database, check: str
) -> None:
    def models(check: str) -> list[Any]:
        meta = type("Meta", (), {"constraints": [pw.Check(check)]})
        return [type("Doc", (pw.Model,), {"name": pw.TextField(), "Meta": meta})]

    with pytest.raises(ModelsError, match="write %% for a percent sign"):
        create(postgres, models(check), "m")
    assert create(postgres, models(check.replace("%", "%%")), "m")
