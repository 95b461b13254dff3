"""The names that a model chooses."""

from __future__ import annotations

from enum import Enum
from typing import Any

import peewee as pw
import pytest

from dbkit.errors import ModelsError
from dbkit.fields import EnumField
from dbkit.schema.chosen_names import names, require_free_names
from tests.pairs.pair import table


class Color(Enum):
    RED = "50% red"


def test_every_chosen_name_is_there() -> None:
    model = table("t", {"schema": "s"}, id=pw.IntegerField(primary_key=True, sequence="q"),
                  a=EnumField(Color, type_name="e"))  # fmt: skip
    model.add_index(model.a, name="i")
    assert dict(names(model)) | {"the constraint of id": None, "the constraint of a": None} == {
        "its table": "t",
        "its schema": "s",
        "the column of id": "id",
        "the column of a": "a",
        "the constraint of id": None,
        "the constraint of a": None,
        "the sequence of id": "q",
        "a label of a": "50 red",
        "the sequence of a": None,
        "the type of a": "e",
        "an index": "i",
    }


def indexed(name: str, **meta: Any) -> Any:
    model = table("t", meta, a=pw.CharField())
    model.add_index(model.a, name=name)
    return model


def test_the_historys_name_is_taken_in_its_schema_only() -> None:
    with pytest.raises(ModelsError, match="gives an index the name migratehistory"):
        require_free_names([indexed("migratehistory")])
    require_free_names([indexed("other"), indexed("migratehistory", schema="s"),
                        table("migratehistory")])  # fmt: skip
