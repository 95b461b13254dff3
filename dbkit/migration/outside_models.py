"""The models of tables that no migration creates. Only foreign keys need their classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dbkit.schema.peewee_models import Model

from .class_names import class_names


@dataclass
class OutsideModel:
    """A model, the name of its class in the source, and the fields to which foreign keys point."""

    model: Model
    name: str
    fields: list[Any] = field(default_factory=list)


class Outside:
    """The targets by table; `taken` are the names of other classes of the same function."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = list(taken)
        self.targets: dict[tuple[str | None, str], OutsideModel] = {}

    def name(self, key: Any) -> str:
        """Return the name of the class to which a foreign key points."""
        model = key.rel_model
        table = (model._meta.schema, model._meta.table_name)
        if table not in self.targets:
            name = class_names([model], self.taken)[model]
            self.taken.append(name)
            self.targets[table] = OutsideModel(model, name)
        self.targets[table].fields.append(key.rel_field)
        return self.targets[table].name
