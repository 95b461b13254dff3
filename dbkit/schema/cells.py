"""What the columns of a database system can hold: the questions about single values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .sql import quoted


class CannotHold(ValueError):
    """No column of the database system can hold a value; the text says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a database system.

    `check` returns a value as the driver takes it, and `json` the text of a JSON document as the
    column of that type ("JSON" or "JSONB") takes it; both raise CannotHold. `json_text` returns
    the text of a JSON document that a query returned. `text` returns the text that the database
    reads as a value, if rows can be copied as CSV.
    """

    sized_integers: bool  # smallint and integer are smaller than bigint
    single_floats: bool  # real has only 32 bits
    has_nan: bool
    keeps_offsets: bool  # a column of times without time zone holds the text of any time
    check: Callable[[Any], Any]
    json: Callable[[str, str], Any]
    json_text: Callable[[Any], str]
    text: Callable[[Any], str | None] | None


def without_surrogates(text: str) -> str:
    """Return the text. Raises CannotHold if it cannot be written in UTF-8."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise CannotHold("the text has half of a surrogate pair") from None
    return text


def csv_field(text: str | None) -> str:
    """Return a text as a field of CSV, in which NULL is an empty field without quotes."""
    return "" if text is None else quoted(text)
