"""Qualified names as values.

No code joins the parts of a name with a dot, or splits a text at one: both parts may contain dots.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, TypeVar

from dbkit.errors import MigrationError

from .sql import quoted


class Name(NamedTuple):
    """The name of a table, type or sequence. `schema` is empty for the connection's own schema:
    the first of the search path, or SQLite's main database. Such names sort first."""

    schema: str
    bare: str

    @property
    def sql(self) -> str:
        """The name as SQL."""
        return f"{quoted(self.schema)}.{quoted(self.bare)}" if self.schema else quoted(self.bare)

    @property
    def exact(self) -> str:
        """The name as source writes it: like `str()`, unless another name could look the same."""
        quoted_too = "." in self.schema or "." in self.bare or str(self).startswith('"')
        return self.sql if quoted_too else str(self)

    def beside(self, bare: str) -> Name:
        """Return the name of another object in the same schema."""
        return Name(self.schema, bare)

    def __str__(self) -> str:
        """Return the name for people: in messages, JSON and the patterns of `ignore`."""
        return f"{self.schema}.{self.bare}" if self.schema else self.bare

    def __repr__(self) -> str:
        return f"Name({str(self)!r})"


N = TypeVar("N", str, Name)


def known(text: str, names: Collection[N]) -> N | None:
    """Return the name among these that a person or a file gives as a text; None if there is none.

    The text is compared with the names that exist, because a dot in it says nothing. Raises
    MigrationError if it can mean several names.
    """
    own = Name("", text)
    if own in names and own.exact == text:
        return own  # type: ignore[return-value]
    exact = [name for name in names if getattr(name, "exact", name) == text]
    found = exact or [name for name in names if str(name) == text]
    if len(found) > 1:
        forms = " or ".join(str(getattr(name, "exact", name)) for name in found)
        raise MigrationError(f"{text} can mean several tables.", f"Write {forms}.")
    return found[0] if found else None
