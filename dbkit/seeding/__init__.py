"""Seed data: rows with keys are inserted or updated, in one transaction."""

from typing import TYPE_CHECKING

from ..lazy_imports import importing

if TYPE_CHECKING:
    from .load import check, seed
    from .result import Result


__all__ = ["Result", "check", "seed"]

__getattr__ = importing(
    __name__,
    {
        "Result": "result",
        "check": "load",
        "seed": "load",
    },
)
