"""Notes the operations of a migration as they are called, and the hazards of their changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import peewee as pw

from dbkit.schema.changes import Hints
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import table_name
from dbkit.schema.values import Schema

from .data_loss import Guard, WouldLoseData
from .edit_models import field_of
from .hazards import Step, step_hazards
from .operation_queue import Stepping
from .router import Router

LONGEST = 60  # characters of an argument


class Notes(Guard):
    """The notes of the file that a router runs. A guard is told of each change."""

    def __init__(self, router: Router) -> None:
        super().__init__(accepted=())
        self.operations, self.hazards = list[str](), list[str]()
        self.filled: set[tuple[Name, str]] = set()
        self.depth = 0
        router.guard = self
        router.migrator_class = self._noting(router.migrator_class)
        router.forget()

    def taken(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the operations and the hazards of a file, and forget them."""
        taken = tuple(self.operations), tuple(dict.fromkeys(self.hazards))
        self.operations, self.hazards, self.filled = [], [], set()
        return taken

    def check_changes(
        self, database: pw.Database, live: Schema, desired: Schema, hints: Hints
    ) -> None:
        step = Step(live, diff(live, desired), self.filled)
        self.hazards += step_hazards(dialect_for(database), step)

    def check_sql(self, sql: str) -> None:
        try:
            super().check_sql(sql)
        except WouldLoseData as error:
            self.hazards += [f"may lose data: {what}" for what in error.what]

    def _noting(self, migrator_class: type) -> type:
        classes = [one for one in migrator_class.__mro__ if not issubclass(Stepping, one)]
        names = {name for one in classes for name in vars(one) if not name.startswith("_")}
        names -= vars(Stepping).keys() - {"sql", "run"}
        methods = {name: getattr(migrator_class, name) for name in names}
        body = {name: self._noted(name, one) for name, one in methods.items() if callable(one)}
        return type(migrator_class.__name__, (migrator_class,), body)

    def _noted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def operation(migrator: Any, *args: Any, **kwargs: Any) -> Any:
            if not self.depth and not migrator.following:
                self.operations.append(" ".join([name, *map(_shown, args), *kwargs]))
            if name == "fill":
                model = migrator.get_model(args[0])
                self.filled |= {(table_name(model), field_of(model, key).column_name)
                                for key in kwargs}  # fmt: skip
            self.depth += 1
            try:
                return method(migrator, *args, **kwargs)
            finally:
                self.depth -= 1

        return operation


def _shown(value: Any) -> str:
    """An argument in a few words: a model by its table, a field by its class."""
    if isinstance(value, type) and issubclass(value, pw.Model):
        return str(table_name(value))
    if isinstance(value, pw.Node):
        return type(value).__name__
    text = " ".join(str(getattr(value, "__name__", value)).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
