"""The SQL statements that change a schema, and functions that quote and search SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase

from dbkit.errors import MigrationError

FOLDED = str.maketrans(ascii_uppercase, ascii_lowercase)
LITERAL = r"""E'(?:[^'\\]|\\.|'')*'|(?:U&)?'(?:[^']|'')*'|(?P<tag>\$\w*\$).*?(?P=tag)"""
HIDDEN = re.compile(
    rf"""--[^\n]*|/\*.*?\*/|{LITERAL}|"(?:[^"]|"")*"|`[^`]*`|\[[^]]*\]""", re.IGNORECASE | re.DOTALL
)
PARENTHESIS = re.compile(r"""'[^']*'|"[^"]*"|[()]""")
NOT_DONE = "-- not done: "


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement. `loses` names the data that it would lose, if any. `restores` names the object
    whose attachments the statement restores after the object was created again. `column` names the
    column that it changes, in words. If `sql` is a comment, it names work that must be done by
    hand."""

    sql: str
    loses: str = ""
    restores: str = ""
    column: str = field(default="", compare=False)

    @property
    def is_comment(self) -> bool:
        return self.sql.startswith("--")


def not_done(what: str) -> Statement:
    """Return a comment in place of a statement that dbkit cannot write."""
    return Statement(NOT_DONE + " ".join(what.split()))


def runnable(statements: Iterable[Statement]) -> list[Statement]:
    """Return the statements. Raises MigrationError if a comment names work to do by hand."""
    statements = list(statements)
    for statement in statements:
        if statement.is_comment:
            raise MigrationError(f"dbkit cannot do this: {statement.sql.removeprefix(NOT_DONE)}.")
    return statements


def script(statements: Iterable[Statement]) -> str:
    """Return the statements as a script. Statements that lose data are commented out, with the
    reason."""
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
    """Return a name as the database reads it without quotes: only A to Z become lower case."""
    return name.translate(FOLDED)


def quoted(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL string constant."""
    return "'" + text.replace("'", "''") + "'"


def listed(names: Iterable[str]) -> str:
    """Return names as a quoted list in parentheses."""
    return f"({', '.join(map(quoted, names))})"


def blanked(sql: str) -> str:
    """Return the SQL with spaces in place of its comments, strings and quoted names."""
    return HIDDEN.sub(lambda match: " " * len(match[0]), sql)


def closing(sql: str) -> int:
    """Return the place of the parenthesis that closes the first one; -1 if there is none. Those in
    strings and quoted names do not count."""
    depth = 0
    for match in PARENTHESIS.finditer(sql):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if match[0] == ")" and depth == 0:
            return match.start()
    return -1


def mentions(text: str, name: str) -> bool:
    """Whether the SQL contains `name` as a word. The word may mean something else, so the answer
    may be wrongly yes, but never wrongly no."""
    name = re.escape(name.replace('"', '""'))
    return re.search(rf"(?<!\w){name}(?!\w)", text, re.IGNORECASE) is not None
