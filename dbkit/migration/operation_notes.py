"""Notes the operations of a migration as they are called, and the hazards of their changes."""

from __future__ import annotations

import peewee as pw

from dbkit.schema.changes import Hints
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.values import Schema

from .data_loss import Guard, WouldLoseData
from .hazards import Direction, direction_hazards
from .router import Router
from .run_log import RunLog


class Notes(Guard, RunLog):
    """The notes of the file that a router runs. A guard is told of each change."""

    def __init__(self, router: Router) -> None:
        Guard.__init__(self, accepted=())
        RunLog.__init__(self)
        self.hazards = list[str]()
        router.guard = router.log = self

    def taken(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the operations and the hazards of a file, and forget them."""
        operations = tuple(text for file in self.files for text in file.operations)
        taken = operations, tuple(dict.fromkeys(self.hazards))
        self.files, self.hazards = [], []
        return taken

    def check_changes(
        self, database: pw.Database, live: Schema, desired: Schema, hints: Hints
    ) -> None:
        direction = Direction(live, diff(live, desired), self.filled)
        self.hazards += direction_hazards(dialect_for(database), direction)

    def check_sql(self, sql: str) -> None:
        try:
            super().check_sql(sql)
        except WouldLoseData as error:
            self.hazards += [f"may lose data: {what}" for what in error.what]
