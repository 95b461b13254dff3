"""Fake data: plausible values and rows that respect the types and constraints of a table."""

from typing import TYPE_CHECKING

from ...lazy_imports import importing

if TYPE_CHECKING:
    from .anonymize import fake_value

__all__ = ["fake_value"]

__getattr__ = importing(__name__, {"fake_value": "anonymize"})
