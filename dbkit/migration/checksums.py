"""A checksum of the meaning of a file: comments, docstrings and formatting do not count.

It is the same on every supported Python. `ast.dump` is not: each version has other fields.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

# the position of a node in a tree, and the spelling of a string, mean nothing
SILENT = {"ctx", "kind", "type_comment", "type_ignores"}


@dataclass(frozen=True)
class Content:
    """The text of a file. The checksum of the text is much faster than that of its meaning."""

    text: str

    @cached_property
    def text_checksum(self) -> str:
        return hashlib.sha256(self.text.encode(errors="surrogatepass")).hexdigest()

    @cached_property
    def checksum(self) -> str:
        return checksum(self.text)


def checksum(text: str) -> str:
    """Return the checksum of a Python file. The text of a file that cannot be parsed is its own
    meaning."""
    try:
        tokens: Iterator[str] = _tokens(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tokens = iter(("unparsable", text))
    joined = "\n".join(tokens).encode(errors="surrogatepass")
    return hashlib.sha256(joined).hexdigest()


def _tokens(tree: ast.AST) -> Iterator[str]:
    """The tree as a line of tokens. It is not recursive, because a long sum of strings is deep."""
    waiting: list[Any] = [tree]
    while waiting:
        match waiting.pop():
            case str(token):
                yield token
            case ast.AST() as node:
                waiting.append(")")
                for name, value in sorted(_fields(node), key=itemgetter(0), reverse=True):
                    waiting += (_wrapped(value), f"{name}=")
                yield f"({type(node).__name__}"
            case list(items):
                waiting += ("]", *reversed([_wrapped(item) for item in items]), "[")
            case (value,):
                yield _constant(value)


def _wrapped(value: Any) -> Any:
    """A constant in a tuple, so that a string is not taken for a token."""
    return value if isinstance(value, (ast.AST, list)) else (value,)


def _fields(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """The fields that have a meaning; a missing or empty field has none."""
    for name, value in ast.iter_fields(node):
        meaning = _meaning(node, value)
        if name not in SILENT and meaning is not None and meaning != []:
            yield name, meaning


def _meaning(node: ast.AST, value: Any) -> Any:
    """The value of a field, without statements that do nothing, and in one of its spellings."""
    match node, value:
        case ast.JoinedStr(), list(parts):
            return list(_merged(parts))
        case ast.Delete(), [ast.Tuple(elts) | ast.List(elts)]:  # del (a, b) is del a, b
            return elts
        case _, [ast.stmt(), *_]:
            return [one for one in value if not _does_nothing(one)]
    return value


def _does_nothing(statement: ast.stmt) -> bool:
    """Whether a statement is `pass`, or a constant such as a docstring."""
    match statement:
        case ast.Pass() | ast.Expr(ast.Constant()):
            return True
    return False


def _merged(parts: list[ast.expr]) -> Iterator[ast.expr]:
    """The parts of an f-string, with one constant between two values. Versions of Python differ."""
    for constant, group in groupby(parts, lambda part: isinstance(part, ast.Constant)):
        if not constant:
            yield from group
        elif text := "".join(part.value for part in group):  # type: ignore[attr-defined]
            yield ast.Constant(text)


def _constant(value: Any) -> str:
    """A constant with its type. The decimal digits of an integer are limited, and `repr` escapes
    the characters that this version of Unicode does not know."""
    if type(value) is int:
        return f"int {value:x}"
    return f"{type(value).__name__} {value!a}"
