"""The kinds of values that fields for numbers take."""

from __future__ import annotations

import decimal
import math
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .kinds import Invalid, Kind
from .quick_columns import only

INTEGER = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
SPECIAL = {"nan", "inf", "infinity", "-inf", "-infinity"}
SINGLE = (1.18e-38, 3.4028235e38)  # the smallest and the largest float of 32 bits
IDENTITIES = (f"INT GENERATED {when} AS IDENTITY" for when in ("ALWAYS", "BY DEFAULT"))
BITS = {"SMALLINT": 16, **dict.fromkeys(("INT", "AUTO", *IDENTITIES), 32)}


class Integer(Kind):
    types = (int,)

    @property
    def bits(self) -> int:
        return BITS.get(self.field.field_type, 64) if self.cells.sized_integers else 64

    @property
    def hint(self) -> str:
        bound = 2 ** (self.bits - 1)
        return f"An integer from {-bound} to {bound - 1}."

    def parse(self, text: str) -> int:
        if INTEGER.fullmatch(text) is None:
            raise Invalid(self.hint)
        return int(text)

    def checked(self, value: int) -> int:
        if not -(bound := 2 ** (self.bits - 1)) <= value < bound:
            raise Invalid(self.hint)
        return value

    def quick(self, column: Sequence[str]) -> Sequence[int] | None:
        values = list(map(int, column)) if only(column, b"0123456789-") else [2**64]
        bound = 2 ** (self.bits - 1)
        return values if -bound <= min(values) and max(values) < bound else None


class Float(Kind):
    types = (int, float, Decimal, str)

    @property
    def hint(self) -> str:
        return "A number, such as 12.5."

    @property
    def single(self) -> bool:
        return self.cells.single_floats and self.field.field_type == "FLOAT"

    def parse(self, text: str) -> Decimal:
        if NUMBER.fullmatch(text) is None and text.lower() not in SPECIAL:
            raise Invalid(self.hint)
        return Decimal(text)

    def take(self, value: Any) -> Any:
        """JSON has no NaN and no infinity, so they are texts; other texts are not numbers."""
        value = super().take(value)
        if not isinstance(value, str):
            return value
        if value.lower() not in SPECIAL:
            raise Invalid(self.hint)
        return Decimal(value)

    def checked(self, value: Any) -> float:
        number = float(value)
        if math.isnan(number) and not self.cells.has_nan:
            raise Invalid(self.hint, "the database cannot store NaN")
        if math.isinf(number) and number != value:
            raise Invalid(self.hint, "the number is too large")
        if number == 0 and value:
            raise Invalid(self.hint, "the number is too small")
        fits = not number or not math.isfinite(number) or SINGLE[0] <= abs(number) <= SINGLE[1]
        if self.single and not fits:
            raise Invalid(self.hint, "the column stores floats of 32 bits")
        return number

    def quick(self, column: Sequence[str]) -> Sequence[float] | None:
        values = list(map(float, column))
        if not only(column, b"0123456789.-"):
            if not only(column, b"0123456789.-+eE"):
                return None
            large = [float(text) for text in column if "e" in text.lower()]
            if not all(1e-30 < abs(value) < 1e30 for value in large):
                return None
        return values if max(map(len, column)) <= 30 else None  # real holds such numbers, too


class Number(Kind):
    """A DecimalField: it rounds to its decimal places, half up if the field does not say how."""

    types = (int, float, str, Decimal)

    @property
    def hint(self) -> str:
        digits, places = self.field.max_digits, self.field.decimal_places
        return f"A number, such as 12.5, of at most {digits} digits, {places} after the point."

    def take(self, value: Any) -> Decimal:
        value = super().take(value)
        if isinstance(value, str) and NUMBER.fullmatch(value) is None and value.lower() != "nan":
            raise Invalid(self.hint)
        return Decimal(value) if isinstance(value, int) else Decimal(str(value))

    def checked(self, value: Decimal) -> Decimal:
        if value.is_nan() and self.cells.has_nan:
            return value
        context = decimal.Context(prec=max(1, self.field.max_digits))
        step = Decimal(1).scaleb(-self.field.decimal_places)
        rounding = self.field.rounding if self.field.auto_round else ROUND_HALF_UP
        if not value.is_finite():
            raise Invalid(self.hint)
        return value.quantize(step, rounding, context)

    def store(self, value: Decimal) -> Any:
        return value if value.is_nan() else super().store(value)

    def quick(self, column: Sequence[str]) -> Sequence[str] | None:
        """The texts, which PostgreSQL rounds half up."""
        if self.field.auto_round or self.cells.text is None or not only(column, b"0123456789.-"):
            return None
        largest = max(map(abs, map(float, column)))
        whole = self.field.max_digits - self.field.decimal_places
        return column if largest < 0.99 * 10**whole else None
