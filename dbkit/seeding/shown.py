"""A value of a seed file in a message: short, on one line, and never the repr of an object."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from typing import Any

from ..plurals import counted
from ..similar_names import similar

WIDTH = 60


def shown(value: Any) -> str:
    """Return the value as TOML or JSON writes it, shortened to about 60 characters."""
    try:
        text = _text(value)
    except RecursionError:
        return "a deeply nested list or dictionary"
    if len(text) > WIDTH:
        text = text[: WIDTH - 3] + "..." + (text[-1] if text[-1] in '"]}' else "")
    return text.encode(errors="backslashreplace").decode()


def suggestion(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return a hint: the known name that is like an unknown name, or else `otherwise`, which lists
    all known names by default."""
    known = list(known)
    if meant := similar(name, known) or next((k for k in known if k.startswith(name)), ""):
        return f"Did you mean {meant}?"
    return otherwise or f"Known names: {', '.join(sorted(known))}."


def named(name: str) -> str:
    """Return a name from a file, in quotes if it has spaces or special characters."""
    return name if re.fullmatch(r"[\w.-]+", name) else shown(name)


def _text(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case Enum():
            return _text(value.value)
        case str():
            return json.dumps(value[: 2 * WIDTH], ensure_ascii=False)
        case bytes() | bytearray() | memoryview():
            return f"a value of {counted(len(value), 'byte')}"
        case bool():
            return str(value).lower()
        case int():
            return _digits(value)
        case float() | Decimal() | uuid.UUID() | dt.date() | dt.time() | dt.timedelta():
            return str(value)
        case list() | tuple():
            return "[" + ", ".join(_text(part) for part in value[:WIDTH]) + "]"
        case dict():
            parts = list(value.items())[:WIDTH]
            return "{" + ", ".join(f"{_text(key)}: {_text(part)}" for key, part in parts) + "}"
    return f"a Python object of type {type(value).__name__}"


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # Python writes no integers of more than 4300 digits
        return "an integer of more than 4000 digits"
