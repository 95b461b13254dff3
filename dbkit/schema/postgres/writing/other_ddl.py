"""The statements for schemas, extensions, and comments on objects that are in no table."""

from __future__ import annotations

from collections.abc import Iterator

from ...changes import Add, Alter, Change, Drop
from ...sql import Statement, literal, quoted
from ...values import Extension, Namespace, ObjectComment
from .recreated_objects import Plan
from .statement_order import Placed, Step


class Beside:
    """Writes the statements for schemas, extensions and comments outside tables."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def placed(self, change: Change) -> Iterator[Placed]:
        match change:
            case Add(item=Namespace(name)):
                sql = f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}"
                yield Placed(Step.NAMESPACE, Statement(sql))
            case Drop(item=Namespace(name)):
                yield Placed(Step.DROP_NAMESPACE, Statement(f"DROP SCHEMA {quoted(name)}"))
            case Add(item=Extension(name, schema)):
                sql = f"CREATE EXTENSION IF NOT EXISTS {quoted(name)} SCHEMA {quoted(schema)}"
                yield Placed(Step.EXTENSION, Statement(sql))
            case Alter(new=Extension(name, schema)):
                sql = f"ALTER EXTENSION {quoted(name)} SET SCHEMA {quoted(schema)}"
                yield Placed(Step.EXTENSION, Statement(sql))
            case Drop(item=Extension(name)):
                yield Placed(Step.DROP_EXTENSION, Statement(f"DROP EXTENSION {quoted(name)}"))
            case Add(item=ObjectComment() as item) | Alter(new=ObjectComment() as item):
                yield self._comment(item, literal(item.text))
            case Drop(item=ObjectComment() as item) if not self._is_gone(item):
                yield self._comment(item, "NULL")

    def _comment(self, comment: ObjectComment, text: str) -> Placed:
        what = f"{comment.of.upper()} {comment.name.sql}"
        return Placed(Step.COMMENT, Statement(f"COMMENT ON {what} IS {text}"))

    def _is_gone(self, comment: ObjectComment) -> bool:
        """Whether the object is dropped, and its comment with it."""
        name = comment.name.bare if comment.of == "schema" else comment.name
        return any(
            isinstance(change, Drop) and change.table is None and change.item.name == name
            and not isinstance(change.item, ObjectComment) for change in self.plan.changes
        )  # fmt: skip
