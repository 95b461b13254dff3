"""The syntax of the usual CHECK expressions, as PostgreSQL prints them and people write them.

What is not understood becomes an Other. The database judges the rows in any case; to understand a
CHECK only avoids rows that it would reject.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Any

TOKEN = re.compile(
    r"""\s*(?:(?P<text>[Ee]?'(?:[^']|'')*')|(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<name>"(?:[^"]|"")*"|`[^`]*`)|(?P<word>[^\W\d][\w$]*)
    |(?P<sign>::|<=|>=|<>|!=|==|\|\||!~~\*|!~~|~~\*|~~|!~\*|!~|~\*|->>|->|@>|<@|.))""",
    re.VERBOSE | re.DOTALL,
)
COMPARED = {"=": "=", "==": "=", "<>": "<>", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
TURNED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
NEGATED = {"=": "<>", "<>": "=", "<": ">=", ">": "<=", "<=": ">", ">=": "<"}
LIKE = {"~~": "like", "~~*": "ilike", "~": "~", "~*": "~*", "like": "like", "ilike": "ilike",
        "glob": "glob", "regexp": "~"}  # fmt: skip
CALCULATED = ("+", "-", "*", "/", "%", "||", "->", "->>", "@>", "<@")
CONSTANTS = {"true": True, "false": False, "null": None}
NOW = ("current_date", "current_timestamp", "localtimestamp", "now")
TYPE_WORDS = ("varying", "precision", "with", "without", "time", "zone")


class Unknown(Exception):
    """The expression has a syntax that is not understood."""


@dataclass(frozen=True)
class Other:
    """A part that is not understood."""


@dataclass(frozen=True)
class Column:
    name: str


@dataclass(frozen=True)
class Literal:
    """A constant. A text may stand for a value of any type; `NOW` is the current time."""

    value: Any


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Both:
    """AND, or OR if `either`."""

    parts: tuple[Any, ...]
    either: bool = False


@dataclass(frozen=True)
class Compare:
    left: Any
    sign: str
    right: Any


@dataclass(frozen=True)
class Among:
    """IN, or NOT IN."""

    subject: Any
    values: tuple[Any, ...]
    negated: bool = False


@dataclass(frozen=True)
class Like:
    """A match with a pattern; `sign` is a value of LIKE."""

    subject: Any
    sign: str
    pattern: str


@dataclass(frozen=True)
class Null:
    """IS NULL, or IS NOT NULL."""

    subject: Any
    negated: bool = False


def parse(sql: str) -> Any:
    """Return the expression. Raises Unknown."""
    parser = _Parser(sql)
    found = parser.expression()
    if parser.peek() is not None:
        raise Unknown
    return found


def negated(node: Any) -> Any:
    """Return the node that is true where this node is false."""
    match node:
        case Both(parts, either):
            return Both(tuple(map(negated, parts)), not either)
        case Compare(left, sign, right):
            return Compare(left, NEGATED[sign], right)
        case Among(subject, values, no):
            return Among(subject, values, not no)
        case Null(subject, no):
            return Null(subject, not no)
        case Column():
            return Compare(node, "=", Literal(False))
    return Other()


class _Parser:
    def __init__(self, sql: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        for match in TOKEN.finditer(sql.strip()):
            self.tokens.append((str(match.lastgroup), match[match.lastgroup or 0]))
        self.place = 0

    def peek(self, ahead: int = 0) -> str | None:
        """Return the next token as text; a word in lower case."""
        if self.place + ahead >= len(self.tokens):
            return None
        kind, text = self.tokens[self.place + ahead]
        return text.lower() if kind == "word" else text

    def take(self, *texts: str) -> bool:
        """Take these tokens if they are next."""
        if any(self.peek(ahead) != text for ahead, text in enumerate(texts)):
            return False
        self.place += len(texts)
        return True

    def need(self, text: str) -> None:
        if not self.take(text):
            raise Unknown

    def expression(self) -> Any:
        parts = [self._all()]
        while self.take("or"):
            parts.append(self._all())
        return Both(tuple(parts), either=True) if len(parts) > 1 else parts[0]

    def _all(self) -> Any:
        parts = [self._not()]
        while self.take("and"):
            parts.append(self._not())
        return Both(tuple(parts)) if len(parts) > 1 else parts[0]

    def _not(self) -> Any:
        return negated(self._not()) if self.take("not") else self._predicate()

    def _predicate(self) -> Any:
        left = self._sum()
        while (word := self.peek()) is not None:
            if word in COMPARED:
                self.place += 1
                left = self._compared(left, COMPARED[word])
            elif word == "is":
                self.place += 1
                left = self._is(left)
            elif word in ("isnull", "notnull"):
                self.place += 1
                left = Null(left, word == "notnull")
            elif word in ("not", "in", "between", *LIKE):
                no = self.take("not")
                found = self._matched(left)
                left = negated(found) if no else found
            elif word.startswith("!~"):
                self.place += 1
                self._sum()
                left = Other()
            else:
                break
        return left

    def _compared(self, left: Any, sign: str) -> Any:
        if sign in ("=", "<>") and (self.take("any", "(") or self.take("all", "(")):
            values = self.expression()
            self.need(")")
            if not isinstance(values, Call) or values.name != "array":
                return Other()
            return Among(left, values.arguments, negated=sign == "<>")
        return Compare(left, sign, self._sum())

    def _is(self, left: Any) -> Any:
        no = self.take("not")
        if self.take("null"):
            return Null(left, no)
        if self.take("distinct", "from"):
            return Compare(left, "=" if no else "<>", self._sum())
        for word in ("true", "false"):
            if self.take(word):
                return Other() if no else Compare(left, "=", Literal(word == "true"))
        raise Unknown

    def _matched(self, left: Any) -> Any:
        if self.take("in"):
            self.need("(")
            values = self._list(")")
            return Among(left, values)
        if self.take("between"):
            low = self._sum()
            self.need("and")
            return Both((Compare(left, ">=", low), Compare(left, "<=", self._sum())))
        sign = LIKE.get(self.peek() or "")
        if sign is None:
            raise Unknown
        self.place += 1
        right = self._sum()
        if self.take("escape"):
            self._sum()
            return Other()
        if isinstance(right, Literal) and isinstance(right.value, str):
            return Like(left, sign, right.value)
        return Other()

    def _list(self, end: str) -> tuple[Any, ...]:
        values: list[Any] = []
        while not self.take(end):
            values.append(self.expression())
            if not self.take(",") and self.peek() != end:
                raise Unknown
        return tuple(values)

    def _sum(self) -> Any:
        left = self._primary()
        while self.peek() in CALCULATED:
            self.place += 1
            self._primary()
            left = Other()
        return left

    def _primary(self) -> Any:
        found = self._bare()
        while True:
            if self.take("::"):
                self._type()
            elif self.take("collate"):
                self.place += 1
                while self.take("."):
                    self.place += 1
            else:
                return found

    def _bare(self) -> Any:
        if self.peek() is None:
            raise Unknown
        kind, text = self.tokens[self.place]
        self.place += 1
        word = text.lower()
        if kind == "text":
            return Literal(text[text.index("'") + 1 : -1].replace("''", "'"))
        if kind == "number":
            return Literal(Decimal(text))
        if word == "(":
            found = self.expression()
            self.need(")")
            return found
        if word in ("-", "+"):
            value = self._primary()
            if not isinstance(value, Literal) or not isinstance(value.value, Decimal):
                return Other()
            return Literal(-value.value if word == "-" else value.value)
        if kind == "word":
            return self._word(word, text)
        if kind == "name":
            return self._column(text[1:-1].replace(text[0] * 2, text[0]))
        raise Unknown

    def _word(self, word: str, text: str) -> Any:
        if word in CONSTANTS:
            return Literal(CONSTANTS[word])
        if word == "array":
            self.need("[")
            return Call("array", self._list("]"))
        if word == "cast":
            self.need("(")
            found = self.expression()
            self.need("as")
            self._type()
            self.need(")")
            return found
        if word in ("case", "exists", "select", "row", "interval"):
            raise Unknown
        if self.take("("):
            arguments = self._list(")")
            return Literal(NOW) if word in NOW else Call(word, arguments)
        return Literal(NOW) if word in NOW else self._column(text)

    def _column(self, name: str) -> Any:
        if self.take("."):  # of a schema or a table
            _, text = self.tokens[self.place]
            self.place += 1
            if self.take("("):
                return Call(text.lower(), self._list(")"))
            name = text.strip('"')
        return Column(name)

    def _type(self) -> None:
        self.place += 1
        while self.take("."):
            self.place += 1
        while (self.peek() or "") in TYPE_WORDS:
            self.place += 1
        if self.take("("):
            self._list(")")
            while (self.peek() or "") in TYPE_WORDS:
                self.place += 1
        while self.take("[", "]"):
            pass


def columns_of(nodes: Sequence[Any]) -> set[str]:
    """Return the names of the columns in nodes."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, Column):
            found.add(node.name)
        elif is_dataclass(node):
            found |= columns_of([getattr(node, one.name) for one in fields(node)])
        elif isinstance(node, tuple):
            found |= columns_of(node)
    return found
