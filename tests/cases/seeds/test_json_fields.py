"""A field is JSON whatever the class and the type of its column: each class of Peewee called
JSONField holds what Peewee's own INSERT stores."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from playhouse import postgres_ext, sqlite_ext

from dbkit.errors import SeedError
from dbkit.fields import ColumnField
from dbkit.seeding import dump
from dbkit.seeding.fake import fake
from tests.pairs.pair import table

from .running import Seeds, is_postgres

DOCUMENTS: list[Any] = [
    {"sizes": [40, 41], "a b": {"c": "é😀"}}, {}, [], [1, "x", True], "text", '{"a": 1}', "", "5",
    5, -1.5, True, False, 2**70,
]  # fmt: skip
ONLY_MARKED = [{"a": None}, None]  # TOML has no null


class Own(sqlite_ext.JSONField):
    """A field of a project, without code for its values."""


def fields(database: pw.Database) -> dict[str, Any]:
    made = {"core": pw.JSONField, "text": sqlite_ext.JSONField, "own": Own}
    if is_postgres(database):
        made |= {"old": postgres_ext.JSONField, "compact": postgres_ext.BinaryJSONField}
    elif sqlite3.sqlite_version_info >= (3, 45):
        made |= {"compact": sqlite_ext.JSONBField}
    return made


def products(database: pw.Database) -> Any:
    return table("products", id=pw.IntegerField(primary_key=True),
                 **{name: make(null=True) for name, make in fields(database).items()})  # fmt: skip


def stored(database: pw.Database, model: Any) -> list[Any]:
    """The rows as the database has them, with their types on SQLite."""
    names = list(model._meta.fields)
    shown = [f"{name}::text" for name in names] if is_postgres(database) else [
        part for name in names for part in (name, f"typeof({name})")]  # fmt: skip
    sql = f"SELECT {', '.join(shown)} FROM products ORDER BY id"
    return list(database.execute_sql(sql).fetchall())


def by_peewee(database: pw.Database, model: Any, documents: list[Any]) -> list[Any]:
    """What INSERTs by the model store."""
    names = [name for name in model._meta.fields if name != "id"]
    for number, document in enumerate(documents):
        model.insert(id=number, **dict.fromkeys(names, document)).execute()
    found = stored(database, model)
    model.delete().execute()
    return found


def in_json(model: Any, documents: list[Any]) -> str:
    names = [name for name in model._meta.fields if name != "id"]
    rows = [{"id": number, **dict.fromkeys(names, document)}
            for number, document in enumerate(documents)]  # fmt: skip
    return json.dumps({"products": rows})


def in_csv(model: Any, documents: list[Any]) -> str:
    names = list(model._meta.fields)
    lines = [",".join(names)]
    for number, document in enumerate(documents):
        cell = '"' + json.dumps(document).replace('"', '""') + '"'
        lines.append(",".join([str(number), *[cell] * (len(names) - 1)]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("layout", ["json", "csv"])
def test_seeds_store_what_peewee_stores(database: pw.Database, tmp_path: Path, layout: str) -> None:
    model = products(database)
    seeds = Seeds(database, tmp_path, [model])
    documents = [*DOCUMENTS, {"a": None}]
    expected = by_peewee(database, model, documents)
    files = {"json": {"a_json": in_json}, "csv": {"products_csv": in_csv}}[layout]
    seeds.write(**{name: make(model, documents) for name, make in files.items()})
    seeds.twice()
    assert stored(database, model) == expected


def test_toml_has_tables_lists_and_texts(database: pw.Database, tmp_path: Path) -> None:
    """A text is the JSON value of that text, also if it looks like a document."""
    model = products(database)
    seeds = Seeds(database, tmp_path, [model])
    documents = [{"sizes": [40, 41]}, '{"a": 1}', {"a": None}]
    texts = ["{sizes = [40, 41]}", "'{\"a\": 1}'", "{ json = '{\"a\": null}' }"]
    expected = by_peewee(database, model, documents)
    names = [name for name in model._meta.fields if name != "id"]
    rows = (f"[[products]]\nid = {number}\n" + "".join(f"{name} = {text}\n" for name in names)
            for number, text in enumerate(texts))  # fmt: skip
    seeds.twice("\n".join(rows))
    assert stored(database, model) == expected


@pytest.mark.parametrize("layout", ["toml", "json", "csv"])
def test_a_dump_loads_back(database: pw.Database, tmp_path: Path, layout: str) -> None:
    model = products(database)
    seeds = Seeds(database, tmp_path, [model])
    seeds.write(a_json=in_json(model, [*DOCUMENTS, *ONLY_MARKED])).load()
    before = stored(database, model)
    pieces: list[str] = []
    dump(database, [model], pieces.append, layout=layout, file_name="products.csv")
    model.delete().execute()
    seeds.write(**{f"products_{layout}": "".join(pieces)}).twice()
    assert stored(database, model) == before
    assert layout != "toml" or "{ sizes = [40, 41]" in "".join(pieces)


def test_fake_values_are_documents(database: pw.Database) -> None:
    model = products(database)
    with database.bind_ctx([model]):
        database.create_tables([model])
        fake(database, [model], {"products": 20})
        for name in fields(database):
            sql = f"SELECT {name} FROM products WHERE {name} IS NOT NULL"
            if name == "compact" and not is_postgres(database):
                sql = sql.replace(name, f"json({name})", 1)
            found = [one for (one,) in database.execute_sql(sql).fetchall()]
            read = [json.loads(one) if isinstance(one, str) else one for one in found]
            assert read
            assert all(isinstance(one, dict) for one in read), name


def test_csv_that_is_no_json_is_refused(database: pw.Database, tmp_path: Path) -> None:
    model = products(database)
    seeds = Seeds(database, tmp_path, [model])
    seeds.write(products_csv="id,text\n1,hello\n")
    with pytest.raises(SeedError, match=r"products\.text cannot be"):
        seeds.load()


def test_a_column_of_that_type_is_dumped_as_json(postgres: pw.Database, tmp_path: Path) -> None:
    model = table("products", id=pw.IntegerField(primary_key=True), data=ColumnField("jsonb"))
    seeds = Seeds(postgres, tmp_path, [model])
    seeds.twice("[[products]]\nid = 1\ndata = { a = [1] }\n")
    pieces: list[str] = []
    dump(postgres, [model], pieces.append)
    assert "data = { a = [1] }" in "".join(pieces)
    before = stored(postgres, model)
    model.delete().execute()
    seeds.twice("".join(pieces))
    assert stored(postgres, model) == before
