"""Finds the declaration of a table's part in the model of the table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.python_source import Call
from dbkit.schema.changes import Item, covers
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model, table_name
from dbkit.schema.sql import mentions
from dbkit.schema.values import Check, Exclusion, ForeignKey, Index, Unique

from .edit_models import is_index, unquoted
from .render_model import Freezer, primary_key

WORD = re.compile(r"'(?:[^']|'')*'|\w+|[<>=!~]+")
CLAUSES: dict[type, str] = {Check: "CHECK", Unique: "UNIQUE", ForeignKey: "REFERENCES",
                            Exclusion: "EXCLUDE"}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Member:
    """A member of Meta.indexes or Meta.constraints, and its source: a call of `add_index`, or of
    the constraint's class."""

    node: Any
    source: Call

    @property
    def text(self) -> str:
        """The SQL of a constraint."""
        check = "CHECK" * (self.source.function == "pw.Check")
        return " ".join([check, *reversed(self.source.arguments)])


class Declarations:
    """The declarations of a model: its fields by column, and the members of its Meta. Columns for
    which `owns` is false are left out."""

    def __init__(
        self,
        model: Model,
        freezer: Freezer,
        cut: Callable[[str], str],
        owns: Callable[[Name | str], bool],
    ) -> None:
        meta = model._meta
        self.model, self.cut, self.key = model, cut, primary_key(model)
        self.fields = {column: field for column, field in meta.columns.items()
                       if owns(f"{table_name(model)}.{column}")}  # fmt: skip
        self.sources = {column: freezer.field(field) for column, field in self.fields.items()}
        indexes = meta.fields_to_index()  # those of fields come first
        count = len(indexes) - len(meta.indexes)
        self.of_fields = indexes[:count]
        self.indexes = [Member(one, freezer.index(one)) for one in indexes[count:]]
        self.found: list[Member] = []  # each declares one part
        self.constraints = [Member(one, freezer.constraint(one)) for one in meta.constraints or ()]

    def find(self, part: Item, other: Declarations) -> Member | str | None:
        """Return the member of the Meta that declares a part, or the column of the field that does,
        or None. What the `other` model declares equally is not found: no operation changes it."""
        if isinstance(part, Index):
            return self._index(part, other)
        return self._constraint(part, other) or self._field(part, other)

    def place(self, member: Member) -> int:
        """Return the place of a member among its kind."""
        return [*self.indexes, *self.constraints].index(member)

    def _index(self, part: Index, other: Declarations) -> Member | str | None:
        new = _only(self.indexes, other.indexes)
        for fits in (self._is_called, _is_over):
            for member in new:
                if fits(member.node, part):
                    return member
            for index in self.of_fields:
                column = internals.index_parts(index).keys[0].column_name
                if fits(index, part) and self.differs(column, other):
                    return str(column)
        return None

    def _is_called(self, index: Any, part: Index) -> bool:
        name = internals.index_name(index)
        if name is None:
            return bool(part.name) and is_index(self.model, index, (), part.name)
        return self.cut(name) == part.name

    def _constraint(self, part: Item, other: Declarations) -> Member | str | None:
        """The clause of the Meta or of a field that mentions the part's name, or else its columns.
        If several clauses match, return the most similar one."""
        columns, word = self._columns(part), CLAUSES.get(type(part), " ")
        clauses: list[tuple[Member, Member | str]] = [
            *((one, one) for one in _only(self.constraints, other.constraints)
              if one not in self.found),
            *((Member(None, clause), column) for column, source in self.sources.items()
              if self.differs(column, other) for clause in source.options.get("constraints", ())),
        ]  # fmt: skip
        words = WORD.findall(_text(part).lower())

        def fit(clause: Member) -> tuple[bool, float]:
            ratio = SequenceMatcher(None, WORD.findall(clause.text.lower()), words).ratio()
            return _names(clause, part), ratio

        possible = [
            (fit(clause), found) for clause, found in clauses
            if word in clause.text.upper()
            and (_names(clause, part) or all(mentions(clause.text, one) for one in columns))
        ]  # fmt: skip
        _, found = max(possible, key=lambda one: one[0], default=(None, None))
        self.found += [found] if isinstance(found, Member) else []
        return found

    def _field(self, part: Item, other: Declarations) -> str | None:
        """The column of a field with a foreign key, or with a check of its type."""
        return next((one for one in self._columns(part) if self.differs(one, other)), None)

    def _columns(self, part: Item) -> list[str]:
        """The columns of a part."""
        names, text = covers(part), _text(part)
        return [one for one in self.fields if one in names or (not names and mentions(text, one))]

    def differs(self, column: str, other: Declarations) -> bool:
        """Whether the models declare the field of a column in different ways."""
        return self.sources.get(column) != other.sources.get(column)


def _only(members: Iterable[Member], others: Iterable[Member]) -> list[Member]:
    """The members that the other model does not have."""
    sources = [_unquoted(one.source) for one in others]
    return [one for one in members if _unquoted(one.source) not in sources]


def _unquoted(call: Call) -> Call:
    arguments = (unquoted(one) if isinstance(one, str) else one for one in call.arguments)
    return replace(call, arguments=tuple(arguments))


def _is_over(index: Any, part: Index) -> bool:
    """Whether an index has the same columns as a part; its name may come from an earlier name of
    the table."""
    if not isinstance(index, pw.ModelIndex):
        return False
    keys = internals.index_parts(index).keys
    return len(keys) == len(part.keys) and all(
        isinstance(key, pw.Field) and key.column_name == one.column
        for key, one in zip(keys, part.keys, strict=True)
    )


def _names(member: Member, part: Item) -> bool:
    return bool(part.name) and mentions(member.text, str(part.name))


def _text(part: Item) -> str:
    """The SQL of a check or an exclusion constraint."""
    match part:
        case Check():
            return part.source or part.expression
        case Exclusion():
            return part.definition
    return ""
