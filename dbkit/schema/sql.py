"""SQL statements that change a schema, and the script they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase

from dbkit.errors import MigrationError

FOLDED = str.maketrans(ascii_uppercase, ascii_lowercase)
Using = Mapping[tuple[str, str], str]  # (table, column) -> an expression of the old value
NOT_DONE = "-- not done: "
Misfits = Mapping[tuple[str, str], str]  # (table, column) -> what happens to some of its values


@dataclass(frozen=True)
class Hints:
    """What two schemas do not say about the way between them: `using` are new values of columns
    whose type changes, where they are not the usual; `anew` the enum types to be made anew."""

    using: Using = field(default_factory=dict)
    anew: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Statement:
    """`loses` says what data the statement would lose; it is empty where none. `restores` names the
    object that was dropped and created again, where the statement gives back what is attached to
    it. An `sql` that is a comment tells what is left to do by hand."""

    sql: str
    loses: str = ""
    restores: str = ""

    @property
    def is_comment(self) -> bool:
        return self.sql.startswith("--")


def not_done(what: str) -> Statement:
    """A comment in place of a statement."""
    return Statement(NOT_DONE + " ".join(what.split()))


def runnable(statements: Iterable[Statement]) -> list[Statement]:
    """The statements. Raises MigrationError if one is a comment on what is left to do."""
    statements = list(statements)
    for statement in statements:
        if statement.is_comment:
            raise MigrationError(f"dbkit cannot do this: {statement.sql.removeprefix(NOT_DONE)}.")
    return statements


def script(statements: Iterable[Statement]) -> str:
    """The statements one after the other; those that lose data commented out, with the reason."""
    return "".join(map(_text, statements))


def _text(statement: Statement) -> str:
    if statement.is_comment:
        return statement.sql + "\n"
    sql = statement.sql + ";\n"
    if not statement.loses:
        return sql
    reason = " ".join(statement.loses.split())  # a name may contain a line break
    lines = [f"not run, it would lose data: {reason}", *sql.splitlines()]
    return "".join(f"-- {line}\n" for line in lines)


def folded(name: str) -> str:
    """A name as an unquoted name is understood: of the letters, only A to Z are equal to others."""
    return name.translate(FOLDED)


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string constant."""
    return "'" + text.replace("'", "''") + "'"


def listed(names: Iterable[str]) -> str:
    """Names in parentheses."""
    return f"({', '.join(map(quoted, names))})"


def mentions(text: str, name: str) -> bool:
    """Whether `name` occurs in some SQL as a word. It may be there as something else, so this
    answers yes too often, never too seldom."""
    name = re.escape(name.replace('"', '""'))
    return re.search(rf"(?<!\w){name}(?!\w)", text, re.IGNORECASE) is not None
