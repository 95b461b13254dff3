"""The order in which statements run: dependent objects are dropped first and created last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, auto

from ...sql import Statement


class Step(IntEnum):
    """The steps in the order in which they run."""

    NAMESPACE = auto()
    SEARCH_PATH = auto()
    EXTENSION = auto()
    DROP_HOOK = auto()  # triggers, rules, policies
    DROP_VIEW = auto()
    DROP_FOREIGN_KEY = auto()
    DROP_CONSTRAINT = auto()  # indexes too
    DROP_PARENT = auto()
    DROP_DEFAULT = auto()
    DROP_TABLE = auto()
    DROP_GENERATED = auto()
    DROP_COLUMN = auto()
    DROP_SEQUENCE = auto()
    TYPE = auto()
    SEQUENCE = auto()
    TABLE = auto()
    ADD_COLUMN = auto()
    TYPE_OF = auto()
    NULLABILITY = auto()
    DEFAULT = auto()
    AFTER_DEFAULT = auto()
    ADD_GENERATED = auto()
    CONSTRAINT = auto()
    ADD_PARENT = auto()  # the parent must have the same checks
    INDEX = auto()
    FOREIGN_KEY = auto()
    OPTION = auto()
    VIEW = auto()
    VIEW_INDEX = auto()
    HOOK = auto()
    ATTACHED = auto()  # owner, privileges, comments of objects that were created again
    FIRING = auto()
    COMMENT = auto()
    DROP_TYPE = auto()
    DROP_EXTENSION = auto()
    DROP_NAMESPACE = auto()


@dataclass(frozen=True, slots=True)
class Placed:
    """A statement with its place in the order; `rank` orders the statements of a step."""

    step: Step
    statement: Statement
    rank: int = 0

    def losing(self, loss: str) -> Placed:
        """Return the same with the data that the statement loses, in words."""
        return replace(self, statement=replace(self.statement, loses=loss)) if loss else self
