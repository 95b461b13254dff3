"""The models of the history, as the earlier files and operations made them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dbkit.schema.names import Name, known
from dbkit.schema.peewee_models import Model, table_name

from .unknown_tables import is_unknown


class Orm:
    """The history's models: `orm.User`, or `orm["users"]`, `orm["billing.plans"]`. The function
    `sought` finds the models of other tables."""

    def __init__(self, sought: Callable[[str], Model]) -> None:
        self.tables: dict[Name, Model] = {}
        self.sought = sought

    def add(self, model: Model) -> None:
        if not is_unknown(model):
            self.tables[table_name(model)] = model

    def remove(self, model: Model) -> None:
        for name in [name for name, one in self.tables.items() if one is model]:
            del self.tables[name]

    def find(self, name: str) -> Model | None:
        """Return the model with this table name, or else with this class name; None if there is
        none."""
        if (table := known(name, self.tables)) is not None:
            return self.tables[table]
        return next((one for one in self if name in (one.__name__, one._meta.name)), None)

    def __getitem__(self, name: str) -> Model:
        return self.find(name) or self.sought(name)

    def __contains__(self, name: str) -> bool:
        return known(name, self.tables) is not None

    def __getattr__(self, name: str) -> Model:
        for model in self.tables.values():
            if model.__name__ == name:
                return model
        raise AttributeError(f"the earlier migrations do not create a model {name}")

    def __iter__(self) -> Iterator[Model]:
        return iter(self.tables.values())
