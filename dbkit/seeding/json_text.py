"""JSON documents whose numbers keep all their digits."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any

from dbkit.schema.cells import CannotHold

LARGEST = 16_000  # digits of a number; PostgreSQL has 16,383 after the point


def parsed(text: str) -> Any:
    """Return the value of a JSON text, with a Decimal for a number with a point or an exponent.
    Raises ValueError."""
    return json.loads(text, parse_float=Decimal, parse_constant=refuse)


def document(value: Any) -> str:
    """Return the text of a value as json.dumps writes it. A Decimal becomes a number.

    Raises CannotHold for what JSON lacks, and ValueError for a number that is not finite."""
    try:
        return json.dumps(value, allow_nan=False)
    except TypeError:
        return _exact(value)


def with_floats(value: Any) -> Any:
    """Return the value with floats for Decimals, for code that does not know Decimals."""
    if isinstance(value, Decimal):
        number = float(value)
        return value if math.isinf(number) and value.is_finite() else number
    if isinstance(value, dict):
        return {key: with_floats(part) for key, part in value.items()}
    return [with_floats(part) for part in value] if isinstance(value, (list, tuple)) else value


def _exact(value: Any) -> str:
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise CannotHold("the keys of a JSON object are texts")
        parts = (f"{json.dumps(key)}: {_exact(part)}" for key, part in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_exact, value)) + "]"
    if isinstance(value, (dt.date, dt.time)):
        raise CannotHold("JSON has no dates and times: put it in quotation marks")
    try:
        return json.dumps(value, allow_nan=False)
    except TypeError:
        raise CannotHold(f"JSON has no values of type {type(value).__name__}") from None


def _number(value: Decimal) -> str:
    if not value.is_finite() or abs(value.adjusted()) > LARGEST:
        raise ValueError
    as_float = float(value)
    return repr(as_float) if Decimal(repr(as_float)) == value else str(value)


def refuse(constant: str) -> Any:
    """Raise ValueError: NaN and Infinity are not JSON."""
    raise ValueError


def usual_float(text: str) -> float:
    """Return the number. Raises ValueError for a number that is long or has an exponent: not every
    such number is written again with the same digits."""
    if len(text) > 16 or not text.replace("-", "").replace(".", "").isdecimal():
        raise ValueError
    return float(text)
