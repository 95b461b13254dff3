"""Seed data: rows with keys are inserted or updated, in one transaction, and dumped again."""

from typing import TYPE_CHECKING

from ..lazy_imports import importing

if TYPE_CHECKING:
    from .dump_tables import dump
    from .load import check, seed
    from .preview import Preview
    from .result import Result


__all__ = ["Preview", "Result", "check", "dump", "seed"]

__getattr__ = importing(
    __name__,
    {
        "Preview": "preview",
        "Result": "result",
        "check": "load",
        "dump": "dump_tables",
        "seed": "load",
    },
)
