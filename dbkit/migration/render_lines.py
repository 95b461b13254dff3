"""The lines of a migration's function, which call its migrator."""

from __future__ import annotations

from typing import Any

import peewee as pw

from dbkit.python_source import Call
from dbkit.schema.dialect import dialect_for

from .render_class import inside


class Lines:
    """The body of a function."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def call(self, name: str, /, *arguments: Any, **options: Any) -> None:
        """Add a call of the migrator. A text becomes a string literal; Code is unchanged."""
        self.lines += inside("", Call(f"migrator.{name}", arguments, options))

    def sql(self, database: pw.Database, statement: str) -> None:
        """Add a call of `migrator.sql`; percent signs are escaped for the driver."""
        self.call("sql", dialect_for(database).escaped(statement))

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
