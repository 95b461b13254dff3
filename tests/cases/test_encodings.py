"""Databases of other encodings than UTF8: their names work, and others are refused by the model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import DbkitError, EnumField, create, migrate, rollback, verify
from tests.conftest import opened, server_of
from tests.laws.test_any_models import EXAMPLES, failures

ENCODINGS = {"LATIN1": ("größe", "名前"), "EUC_JP": ("名前", "😀"), "SQL_ASCII": ("size", "größe")}
PLACES = ("table", "column", "label", "type", "default", "sequence", "index")


@pytest.fixture(params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(encoding: str) -> Iterator[pw.Database]:
    server, name = server_of("postgres18"), f"test_{encoding.lower()}"
    server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    server.execute(
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' "
        "LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    with opened(server.url(name)) as database:
        yield database


def model(places: tuple[str, ...], name: str) -> Any:
    """A model with the name in these places."""
    names = {place: name if place in places else "plain" for place in PLACES}

    class Named(pw.Model):
        a = pw.IntegerField(column_name=names["column"], null=True, sequence=names["sequence"])
        b = pw.TextField(constraints=[pw.SQL(f"DEFAULT '{names['default']}'")])
        c = EnumField([names["label"]], names["type"] + "_type")

        class Meta:
            table_name = names["table"] + "_table"

    Named.add_index(Named.b, name=names["index"] + "_index")
    return Named


@pytest.mark.postgres
def test_names_that_the_encoding_has(database: pw.Database, encoding: str, tmp_path: Path) -> None:
    models = [model(PLACES, ENCODINGS[encoding][0])]
    assert create(database, models, tmp_path, "one")
    migrate(database, tmp_path)
    assert not (report := verify(database, models)), str(report)
    assert create(database, models, tmp_path, "two") is None
    rollback(database, tmp_path)


@pytest.mark.postgres
def test_a_name_that_the_encoding_lacks(
    database: pw.Database, encoding: str, tmp_path: Path
) -> None:
    name = ENCODINGS[encoding][1]
    for place in PLACES:
        for call in (verify, lambda *given: create(*given, tmp_path, "one")):
            with pytest.raises(DbkitError, match=r"Named.* lacks the character"):
                call(database, [model((place,), name)])
    assert not list(tmp_path.glob("*.py"))


@pytest.mark.postgres
def test_any_models(database: pw.Database, tmp_path: Path) -> None:
    start = int(time.time()) * 10_000 if EXAMPLES else 70_052
    found = failures(database, start, EXAMPLES or 3, tmp_path)
    assert not found, min(found, key=len)
