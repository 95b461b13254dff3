"""Lines of a migration's function: calls of its migrator."""

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
        """A call of the migrator; text is written as a string literal, Code as it is."""
        self.lines += inside("", Call(f"migrator.{name}", arguments, options))

    def sql(self, database: pw.Database, statement: str) -> None:
        """A call of `migrator.sql`, in which a percent sign is the driver's on PostgreSQL."""
        self.call("sql", dialect_for(database).escaped(statement))

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __add__(self, other: Lines) -> Lines:
        """Both, with an empty line between."""
        both = Lines()
        between = [""] if self.lines and other.lines else []
        both.lines = [*self.lines, *between, *other.lines]
        return both

    def __str__(self) -> str:
        text = "\n".join(f"    {line}".rstrip() for line in self.lines).rstrip() or "    pass"
        return text.replace("\n\n\n", "\n\n")
