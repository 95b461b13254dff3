"""The errors for changes that the server refuses because of other objects or privileges."""

from __future__ import annotations

import re
from typing import Any

from dbkit.diagnosis import sqlstate
from dbkit.errors import MigrationError

from ..sql import Statement

DEPENDENT = "2BP01"  # dependent_objects_still_exist (PostgreSQL manual, appendix A)
# the views in a detail, as the server prints them in English: `view "S 1".v depends on ...`
PART = re.compile(r'"(?:[^"]|"")+"|[^\s".]+')
VIEW = re.compile(rf"view ((?:{PART.pattern})(?:\.(?:{PART.pattern}))?) depends on ")
UNSUPPORTED = "0A000"  # feature_not_supported: a column's type cannot change under an object


def blocking_error(error: Any, statement: Statement) -> MigrationError | None:
    """Return the error for a refused statement if another object blocks it; otherwise None."""
    message, detail = _said(error)
    if statement.restores:
        return MigrationError(
            f"{statement.restores} must be dropped and created again, but dbkit cannot restore "
            f"everything that belongs to it ({statement.sql}): {message}.",
            "Run the migration as a role that may do this (the owner of the object, with CREATE "
            "on its schema, or a superuser). Or drop the object in an earlier migration with "
            "migrator.sql, and create it again in a later one.",
        )
    if sqlstate(error) == DEPENDENT or (sqlstate(error) == UNSUPPORTED and detail):
        return MigrationError(
            f"Other objects block the change ({statement.sql}): {message}: {detail}.",
            _way_out(detail),
        )
    return None


def _way_out(detail: str) -> str:
    views = [".".join(part.strip('"').replace('""', '"') for part in PART.findall(name))
             for name in VIEW.findall(detail)]  # fmt: skip
    if not views:
        return (
            "Drop these objects before this change with migrator.sql, and create them again after "
            "it. Or remove views with `with migrator.without_views(...):`."
        )
    names = ", ".join(map(repr, dict.fromkeys(views)))
    return (
        f"Indent the operation below `with migrator.without_views({names}):`. This removes the "
        "views and restores them after the operation. Drop objects of other kinds with "
        "migrator.sql before it, and create them again after it."
    )


def _said(error: Any) -> tuple[str, str]:
    """(the server's message, its detail), each on one line."""
    while error is not None and not hasattr(error, "diag"):
        error = error.__cause__ or error.__context__
    diag = getattr(error, "diag", None)
    texts = (getattr(diag, "message_primary", ""), getattr(diag, "message_detail", ""))
    first, second = ("; ".join((text or "").splitlines()) for text in texts)
    return first, second.rstrip(".")
