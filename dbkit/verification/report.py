"""The report of a comparison, and its formats for people, programs and databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from ..called_as import as_called
from ..plurals import counted
from ..schema.changes import (
    Add,
    Alter,
    Change,
    Drop,
    covers,
    definition,
    is_undeclarable,
    kind,
    subject,
)
from ..schema.details import TABLE_OPTIONS, SequenceOptions, TableOptions
from ..schema.names import Name
from ..schema.sql import Statement, script
from ..schema.values import Domain, EnumType, Extension, Namespace, ObjectComment, Sequence, Table
from ..source_places import Find, Place

JSON_VERSION = 1
PENDING, MODELS, BY_HAND = "pending", "models", "by hand"
EDITED, HALF_DONE = "edited", "half done"
CAUSES = {
    PENDING: "a migration is pending",
    MODELS: "the models changed, and no migration was made",
    BY_HAND: "the database was changed by hand",
    EDITED: "an applied migration was edited",
    HALF_DONE: "a migration is half done",
}
NEXT = {
    PENDING: "Apply the pending migrations: python -m dbkit migrate",
    MODELS: "Create a migration for the changed models: python -m dbkit create NAME",
    HALF_DONE: "Complete the half-done migration: python -m dbkit migrate",
    BY_HAND: "Undo the manual change in the database, or make the same change in the models and "
    "create a migration.\nThe SQL that undoes the change: python -m dbkit verify --format sql",
}
IGNORE = """\
No model can describe a {}. If a migration made this object, list it in the setting `ignore`."""
COLOURS = {Add: "red", Drop: "yellow", Alter: "cyan"}
SIGNS = {Add: "-", Drop: "+", Alter: "~"}
WORDS = {Add: "missing", Drop: "unexpected", Alter: "different"}


@dataclass(frozen=True)
class Report:
    """The result of a comparison of a current schema (a database) with a desired schema (the
    models).

    A report is false if there is no difference, nothing is unverified, and no applied migration was
    edited. `str()` returns it as text.

    Attributes:
        changes: What would lead from the current to the desired schema; the differences.
        causes: The causes of each change, in the same order: "pending", "models", "by hand",
            "edited", "half done". It is empty if they were not determined.
        tables: The number of tables that were compared.
        unmanaged: The names of tables without a model.
        ignored: The names of what a pattern of `ignore` matches.
        passed_over: The names of base classes without a table.
        unverified: The name of each object that could not be compared, and the reason.
        history: Sentences about applied migrations that were edited or are gone.
        notes: Sentences that are no difference.
        current: What the current schema is, for sentences.
        desired: What the desired schema is.
        pending: The files of pending migrations.
        edited: The files of applied migrations that were edited.
    """

    changes: tuple[Change, ...]
    tables: int
    unmanaged: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unverified: tuple[tuple[str, str], ...] = ()
    passed_over: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    causes: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    current: str = "database"
    desired: str = "model"
    pending: tuple[Path, ...] = ()
    edited: tuple[Path, ...] = ()
    # for the formats: the statements of `to_sql` and of one change, its place in the models or in a
    # migration, and the place of the model of a table
    statements: Callable[[], Iterable[Statement]] = field(default=tuple, repr=False)
    fix: Callable[[Change], Iterable[Statement]] = field(default=lambda _: (), repr=False)
    find: Find = field(default=lambda _: None, repr=False)
    find_table: Callable[[str], Place | None] = field(default=lambda _: None, repr=False)

    def __bool__(self) -> bool:
        return bool(self.changes or self.unverified or self.history)

    def __str__(self) -> str:
        return str(click.unstyle(self.to_text()))

    def to_text(self, verbose: bool = False) -> str:
        """Return the report for people, with colours as in a terminal (`str()` has none).

        With `verbose`, it also names the base classes without a table.
        """
        return "\n".join(self._lines(verbose))

    def to_json(self) -> str:
        """Return the report for programs.

        It is an object with `version`, `clean`, `current`, `desired`, `tables`, `unmanaged`,
        `ignored`, `passed_over`, `unverified`, `history` and `changes`.

        Each change has `change` (missing, unexpected, different), `table`, `kind`, `name` (or
        null), `on` (its columns or keys) and `causes`. Under the names of the two sides (`model`
        and `database` for `verify`), it has the whole item, or, if it is different, the attributes
        that differ.
        """
        return json.dumps(
            {
                "version": JSON_VERSION,
                "clean": not self,
                "current": self.current,
                "desired": self.desired,
                "tables": self.tables,
                "unmanaged": list(self.unmanaged),
                "ignored": list(self.ignored),
                "passed_over": list(self.passed_over),
                "unverified": [{"name": name, "reason": why} for name, why in self.unverified],
                "history": list(self.history),
                "changes": [self._json(change, causes) for change, causes in self.caused()],
            },
            indent=2,
            ensure_ascii=False,
            default=_plain,
        )

    def to_github(self) -> str:
        """Return an annotation for each difference, for GitHub Actions."""
        from .annotations import to_github

        return to_github(self)

    def to_sarif(self) -> str:
        """Return a log of SARIF 2.1.0, which code analysis tools show."""
        from .annotations import to_sarif

        return to_sarif(self)

    def to_html(self) -> str:
        """Return a page in one file: each difference with both sides, its cause and its SQL."""
        from .html_page import page

        return page(self)

    def to_sql(self) -> str:
        """Return the statements that change the current schema into the desired schema, in an order
        that runs. Statements that would lose data are commented out.
        """
        return script(self.statements()).strip()

    def caused(self) -> Iterator[tuple[Change, tuple[str, ...]]]:
        """Yield each change with its causes."""
        for number, change in enumerate(self.changes):
            yield change, self.causes[number] if self.causes else ()

    def differences(self) -> str:
        """Return the differences for people, without the rest of the report."""
        return str(click.unstyle("\n".join(self._differences())))

    def _differences(self) -> Iterator[str]:
        for title, changes in groupby(self.caused(), lambda pair: heading(pair[0])):
            yield click.style(title, bold=True)
            for change, causes in changes:
                yield from self._text(change, causes)

    def _lines(self, verbose: bool) -> Iterator[str]:
        yield from self._differences()
        for name, reason in self.unverified:
            yield click.style(f"not verified: {name}: {reason}", fg="red")
        for problem in self.history:
            yield click.style(problem, fg="red")
        if self.unmanaged:
            yield f"not covered by any model, left alone: {', '.join(self.unmanaged)}"
        if self.ignored:
            yield f"ignored: {', '.join(self.ignored)}"
        if verbose and self.passed_over:
            yield f"base classes without a table: {', '.join(self.passed_over)}"
        yield from self.notes
        yield self.summary()
        yield from self.next_steps()

    def next_steps(self) -> Iterator[str]:
        """Yield a sentence for each cause that says how to continue."""
        found = {cause for change, causes in self.caused() for cause in causes
                 if cause != MODELS or not is_undeclarable(change)}  # fmt: skip
        yield from (as_called(step) for cause, step in NEXT.items() if cause in found)
        kinds = [kind(change.item) for change, causes in self.caused()
                 if MODELS in causes and is_undeclarable(change)]  # fmt: skip
        yield from (IGNORE.format(one) for one in dict.fromkeys(kinds))

    def summary(self) -> str:
        """Return the last line: how much was compared, and with what result."""
        compared = f"{counted(self.tables, 'table')} compared"
        count = len(self.changes)
        if not self:
            return click.style(f"{compared}: {self._clean()}", fg="green")
        parts = [counted(count, "difference")] * bool(count)
        parts += [f"{len(self.unverified)} not verified"] * bool(self.unverified)
        parts += ["applied migrations were edited or are gone"] * bool(self.history)
        return f"{compared}: {', '.join(parts)}"

    def _clean(self) -> str:
        if (self.current, self.desired) == ("database", "model"):
            return "the database matches the models"
        return "no difference"

    def names(self) -> tuple[str, str]:
        """Return the names of the two sides, current and desired, for a sentence."""
        if (self.current, self.desired) == ("database", "model"):
            return "the database", "the models"
        return self.current, self.desired

    def sentence(self, change: Change) -> str:
        """Return a change as a sentence without its full stop."""
        current, desired = self.names()
        said = {
            Add: f"is missing from {current}",
            Drop: f"is in {current} but not in {desired}",
            Alter: "differs",
        }[type(change)]
        return f"{what(change)} {said}"

    def in_full(self, change: Change, causes: tuple[str, ...]) -> str:
        """Return a change with its values and causes, without colours."""
        lines = self._text(change, causes)
        return "\n".join(click.unstyle(line).strip() for line in lines)

    def _text(self, change: Change, causes: tuple[str, ...]) -> Iterator[str]:
        line = f"  {SIGNS[type(change)]} {self.sentence(change)}"
        yield click.style(line, fg=COLOURS[type(change)])
        width = max(len(self.current), len(self.desired)) + 2
        detail = definition(change.item)
        match change:
            case Alter():
                for attribute, (old, new) in change.differences.items():
                    yield f"      {attribute.replace('_', ' ')}:"
                    yield f"        {self.desired + ':':{width}}{value_text(new)}"
                    yield f"        {self.current + ':':{width}}{value_text(old)}"
            case Add() if detail:
                yield f"      {self.desired + ':':{width}}{detail}"
            case Drop() if detail:
                yield f"      {self.current + ':':{width}}{detail}"
        if causes:
            yield f"      cause: {'; '.join(CAUSES[cause] for cause in causes)}"

    def _json(self, change: Change, causes: tuple[str, ...]) -> dict[str, Any]:
        item = change.item
        old: dict[str, Any] | None = None if isinstance(change, Add) else _dict(item)
        new: dict[str, Any] | None = None if isinstance(change, Drop) else _dict(item)
        if isinstance(change, Alter):
            old = {key: _text(before) for key, (before, _) in change.differences.items()}
            new = {key: _text(after) for key, (_, after) in change.differences.items()}
        return {
            "change": WORDS[type(change)],
            "table": _text(item.name if isinstance(item, Table) else change.table),
            "kind": kind(item),
            "name": _text(item.name),
            "on": list(covers(item)),
            "causes": list(causes),
            self.desired: new,
            self.current: old,
        }


def place(change: Change) -> str:
    """Return the name that patterns of `ignore` match: a table's name, or table.name for a part."""
    match change:
        case Alter(None, Table()):
            return f"{change.item.name}.{TABLE_OPTIONS}"
    if change.table is None:
        return str(change.item.name)
    return f"{change.table}.{change.item.name or subject(change.item)}"


def what(change: Change) -> str:
    """Return the words for the item of a change: "column age"."""
    return f"{kind(change.item)} {subject(change.item)}"


def heading(change: Change) -> str:
    """Return the heading under which a change stands: its table, or its kind."""
    match change.item:
        case Table():
            return "tables"
        case EnumType():
            return "enum types"
        case Domain():
            return "domains"
        case Sequence():
            return "sequences"
        case Namespace():
            return "schemas"
        case Extension():
            return "extensions"
        case ObjectComment():
            return "comments"
        case _:
            return str(change.table)


def value_text(value: Any) -> str:
    """Return the value of an attribute for people."""
    match value:
        case None | "" | ():
            return "none"
        case bool():
            return "yes" if value else "no"
        case Name():
            return str(value)
        case tuple():
            return ", ".join(map(str, value))
        case SequenceOptions() | TableOptions():
            return value_text(value.words)
        case _:
            return str(value)


def _dict(item: Any) -> dict[str, Any]:
    passed_over = {"parts"} if isinstance(item, Table) else {"named"}
    names = (f.name for f in fields(item) if f.compare and f.name not in passed_over)
    return {name: _text(getattr(item, name)) for name in names}


def _text(value: Any) -> Any:
    """The value; a Name, which JSON would write as a list, is a text."""
    return str(value) if isinstance(value, Name) else value


def _plain(value: Any) -> Any:
    """A value for JSON."""
    return value.words if isinstance(value, SequenceOptions | TableOptions) else str(value)
