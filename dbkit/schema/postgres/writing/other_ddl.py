"""The statements for schemas, extensions, and comments on objects that are in no table."""

from __future__ import annotations

from collections.abc import Iterator

from ...changes import Add, Alter, Change, Drop
from ...sql import Statement, literal, quoted
from ...values import VIEWS, Comment, Extension, Namespace
from .as_sql import Spelling
from .plan import Plan
from .steps import Placed, Step


class Beside:
    """Writes the statements for schemas, extensions and comments outside tables."""

    def __init__(self, spelling: Spelling, plan: Plan, sequences: list[str]) -> None:
        self.spelling, self.plan = spelling, plan
        self.lasting = [one.name for one in plan.old.values() if one.kind not in VIEWS] + sequences

    def placed(self, change: Change) -> Iterator[Placed]:
        match change:
            case Add(item=Namespace(name)):
                sql = f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}"
                yield Placed(Step.NAMESPACE, Statement(sql))
            case Drop(item=Namespace(name)):
                yield self._drop_namespace(name)
            case Add(item=Extension(name, schema)):
                sql = f"CREATE EXTENSION IF NOT EXISTS {quoted(name)} SCHEMA {quoted(schema)}"
                yield Placed(Step.EXTENSION, Statement(sql))
            case Alter(new=Extension(name, schema)):
                sql = f"ALTER EXTENSION {quoted(name)} SET SCHEMA {quoted(schema)}"
                yield Placed(Step.EXTENSION, Statement(sql))
            case Drop(item=Extension(name)):
                loss = f"extension {name}, with all that belongs to it"
                yield Placed(Step.DROP_EXTENSION, Statement(f"DROP EXTENSION {quoted(name)}", loss))
            case Add(item=Comment() as item) | Alter(new=Comment() as item):
                yield self._comment(item, literal(item.text))
            case Drop(item=Comment() as item) if not self._is_gone(item):
                yield self._comment(item, "NULL")

    def _comment(self, comment: Comment, text: str) -> Placed:
        schema = comment.of == "schema"
        name = quoted(comment.name) if schema else self.spelling.name(comment.name)
        return Placed(Step.COMMENT, Statement(f"COMMENT ON {comment.of.upper()} {name} IS {text}"))

    def _is_gone(self, comment: Comment) -> bool:
        """Whether the object is dropped, and its comment with it."""
        return any(
            isinstance(change, Drop) and change.table is None and change.item.name == comment.name
            and not isinstance(change.item, Comment) for change in self.plan.changes
        )  # fmt: skip

    def _drop_namespace(self, name: str) -> Placed:
        """Drop a schema. Its tables and sequences may contain data."""
        lost = [one for one in self.lasting if self.spelling.split(one)[0] == name]
        loss = f"{', '.join(lost)} in schema {name}" if lost else ""
        return Placed(Step.DROP_NAMESPACE, Statement(f"DROP SCHEMA {quoted(name)}", loss))
