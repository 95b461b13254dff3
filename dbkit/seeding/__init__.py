"""Seed data: rows of TOML files are inserted or updated by natural key, in one transaction."""

from typing import TYPE_CHECKING

from ..lazy_imports import importing

if TYPE_CHECKING:
    from .upsert import Result, seed


__all__ = ["Result", "seed"]

__getattr__ = importing(
    __name__,
    {
        "Result": "upsert",
        "seed": "upsert",
    },
)
