"""The layout of generated Python source: values, calls and classes, wrapped as ruff wraps them."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any

WIDTH = 100
INDENT = "    "


class Code(str):
    """Source that is written unchanged; any other str becomes a string literal."""

    __slots__ = ()


@dataclass(frozen=True)
class Call:
    """The call `function(*arguments, **options)`; arguments are Code, calls or plain values."""

    function: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Class:
    """A class with assignments in its `body` and in its inner class Meta; `decorator` is source,
    and `doc` the text of the docstring.
    It is written as a call of `type` if a class body would change its meaning."""

    name: str
    base: str
    body: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    decorator: str = ""
    doc: str = ""


Statement = Call | Class


def module(doc: str, imports: Iterable[str], source: str, notes: Iterable[str] = ()) -> str:
    """Return the source of a module: docstring, lines of imports, the source of its statements, and
    `notes` as comments."""
    head = "".join(f"{line}\n" for line in imports)
    comments = "".join(f"{line}\n" for note in notes for line in _comment(note))
    return f'"""{doc}"""\n\n{head}{source}' + (f"\n\n{comments}" if comments else "")


def body(statements: Iterable[Statement]) -> str:
    """Return statements of a module, with empty lines around classes."""
    source = ""
    before: Statement | None = None
    for statement in statements:
        apart = isinstance(statement, Class) or before is None or isinstance(before, Class)
        source += "\n\n" * apart + "".join(f"{line}\n" for line in statement_lines(statement))
        before = statement
    return source


def _comment(note: str) -> list[str]:
    return textwrap.wrap(note, WIDTH, initial_indent="# - ", subsequent_indent="#   ",
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def used_names(value: Any) -> Iterator[str]:
    """Yield the names that a value refers to, each with its attributes (`pw.SQL`)."""
    match value:
        case Code():
            yield str(value)
        case Call():
            yield value.function
            for inner in (*value.arguments, *value.options.values()):
                yield from used_names(inner)
        case list() | tuple():
            for inner in value:
                yield from used_names(inner)
        case dict():
            yield from used_names([*value.values()])


def statement_lines(statement: Statement, indent: str = "") -> list[str]:
    """Return the lines of a call or a class; each begins with the indentation."""
    if isinstance(statement, Call):
        return lines("", statement, "", indent)
    if not _is_class_body(statement):
        return lines(f"{statement.name} = ", _call_of_type(statement), "", indent)
    inside = indent + INDENT
    head = [f"{indent}@{statement.decorator}"] if statement.decorator else []
    head.append(f"{indent}class {statement.name}({statement.base}):")
    body = _assignments(statement.body, inside)
    if doc := docstring(statement.doc, inside):
        head += [*doc, *[""] * bool(body or statement.meta)]
    if statement.meta:
        body += [*[""] * bool(body), f"{inside}class Meta:"]
        body += _assignments(statement.meta, inside + INDENT)
    return head + (body or [f"{inside}pass"] * (not doc))


def docstring(words: str, indent: str) -> list[str]:
    """Return the lines of a docstring; none if the text is not printable."""
    words = " ".join(words.split()).replace("\\", "\\\\").replace('"""', "'''")
    if not words or not words.isprintable():
        return []
    words = " " * words.startswith('"') + words + " " * words.endswith('"')
    if _width(words) <= WIDTH - len(indent) - 6:
        return [f'{indent}"""{words}"""']
    lines = textwrap.wrap(words, WIDTH - len(indent) - 3, break_long_words=False,
                          break_on_hyphens=False)  # fmt: skip
    return [f'{indent}"""{lines[0]}', *(f"{indent}{line}" for line in lines[1:]), f'{indent}"""']


def _is_class_body(statement: Class) -> bool:
    """Whether a class body keeps the names of its assignments, and none hides a name that another
    assignment uses."""
    found = (re.match(r"\w+", name) for name in used_names(statement.body))
    used = {match[0] for match in found if match}
    return all(is_plain(name) and name not in used for name in statement.body)


def _call_of_type(statement: Class) -> Call:
    attributes = {**statement.body, "Meta": Call("type", ("Meta", (), statement.meta))}
    call = Call("type", (statement.name, (Code(statement.base),), attributes))
    return Call(statement.decorator, (call,)) if statement.decorator else call


def _assignments(values: dict[str, Any], indent: str) -> list[str]:
    return [
        line for name, value in values.items() for line in lines(f"{name} = ", value, "", indent)
    ]


def lines(before: str, value: Any, after: str, indent: str) -> list[str]:
    """Return the lines of a value between two pieces of source: one line if it fits, or else
    several lines, broken within the value's brackets."""
    line = f"{indent}{before}{flat(value)}{after}"
    items = _items(value)
    if _width(line) <= WIDTH or not items:
        return [line]
    opening, closing = _brackets(value)
    inside = _inside(value, items, indent + INDENT)
    return [f"{indent}{before}{opening}", *inside, f"{indent}{closing}{after}"]


def _inside(value: Any, items: list[tuple[str, Any]], indent: str) -> list[str]:
    """The lines between the brackets of a value that does not fit on one line."""
    if len(items) == 1 and not isinstance(value, tuple):
        (name, item), *_ = items
        return lines(name, item, "", indent)
    together = indent + ", ".join(f"{name}{flat(item)}" for name, item in items)
    if isinstance(value, Call) and _width(together) <= WIDTH:
        return [together]
    return [line for name, item in items for line in lines(name, item, ",", indent)]


def flat(value: Any) -> str:
    """Return the source of a value on one line."""
    match value:
        case Code():
            return str(value)
        case str():
            return text(value)
        case Call() | list() | tuple() | dict():
            opening, closing = _brackets(value)
            items = ", ".join(f"{name}{flat(item)}" for name, item in _items(value))
            comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
            return f"{opening}{items}{comma}{closing}"
        case _:
            return repr(value)


def text(value: str) -> str:
    """Return a string literal, in the quotes that need fewer escapes; double quotes if equal."""
    inside = repr(f"'\"{value}")[4:-1].replace("\\'", "'")  # both quotes make repr use single
    if value.count('"') > value.count("'"):
        return "'" + inside.replace("'", "\\'") + "'"
    return '"' + inside.replace('"', '\\"') + '"'


def _brackets(value: Any) -> tuple[str, str]:
    match value:
        case Call():
            return f"{value.function}(", ")"
        case dict():
            return "{", "}"
    return ("[", "]") if isinstance(value, list) else ("(", ")")


def _items(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Call):
        named = [(f"{name}=", item) for name, item in value.options.items() if is_name(name)]
        rest = {name: item for name, item in value.options.items() if not is_name(name)}
        return [*(("", item) for item in value.arguments), *named, *[("**", rest)] * bool(rest)]
    if isinstance(value, dict):
        return [(f"{text(name)}: ", item) for name, item in value.items()]
    return [("", item) for item in value] if isinstance(value, list | tuple) else []


def is_name(name: str) -> bool:
    """Whether Python source can use the name as an identifier. (Python normalizes identifiers to
    NFKC, so a name in another form would change.)"""
    return (
        name.isidentifier() and not iskeyword(name) and unicodedata.normalize("NFKC", name) == name
    )


def is_plain(name: str) -> bool:
    """Whether source can assign to this name, also in a class body."""
    mangled = name.startswith("__") and not name.endswith("__")
    return is_name(name) and not mangled


def _width(line: str) -> int:
    """The width in columns: wide letters take two, combining accents none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in line)
    return len(line) + wide - sum(map(bool, map(unicodedata.combining, line)))
