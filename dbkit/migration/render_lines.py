"""The lines of a migration's function, which call its migrator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee as pw

from dbkit.model_source import ModelSource
from dbkit.python_source import INDENT, Call, Statement, flat, statement_lines
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name


class Lines:
    """The body of a function."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def call(self, name: str, /, *arguments: Any, **options: Any) -> None:
        """Add a call of the migrator. Names and texts become string literals; Code is unchanged."""
        written = (one.exact if isinstance(one, Name) else one for one in arguments)
        self._add(Call(f"migrator.{name}", tuple(written), options))

    def model(self, model: ModelSource, operation: str = "") -> None:
        """Add a model's class, which the operation gets: `create_model`, unless the table is not
        managed."""
        operation = operation or "create_model" * model.options.get("managed", True)
        decorator = f"migrator.{operation}" if operation else ""
        for place, one in enumerate(model.statements(decorator)):
            self.lines += [""] * bool(place)
            self._add(one)

    def _add(self, statement: Statement) -> None:
        self.lines += [line.removeprefix(INDENT) for line in statement_lines(statement, INDENT)]

    def sql(self, database: pw.Database, statement: str) -> None:
        """Add a call of `migrator.sql`; percent signs are escaped for the driver."""
        self.call("sql", dialect_for(database).escaped(statement))

    def without_views(self, names: Sequence[str]) -> Lines:
        """Return the lines in a block that removes these views and restores them."""
        if not names or not self:
            return self
        block = Lines()
        head = flat(Call("migrator.without_views", tuple(names)))
        block.lines = [f"with {head}:", *(f"{INDENT}{line}".rstrip() for line in self.lines)]
        return block

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __add__(self, other: Lines) -> Lines:
        """Return both, with an empty line between them."""
        both = Lines()
        between = [""] if self.lines and other.lines else []
        both.lines = [*self.lines, *between, *other.lines]
        return both

    def __str__(self) -> str:
        text = "\n".join(f"    {line}".rstrip() for line in self.lines).rstrip() or "    pass"
        return text.replace("\n\n\n", "\n\n")
