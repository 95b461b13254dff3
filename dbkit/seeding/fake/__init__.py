"""Fake data: plausible values and rows that respect the types and constraints of a table."""

from typing import TYPE_CHECKING

from ...lazy_imports import importing

if TYPE_CHECKING:
    from .fake_value import fake_value
    from .make_rows import FakeRows
    from .run import fake
    from .sources import Source

__all__ = ["FakeRows", "Source", "fake", "fake_value"]

__getattr__ = importing(
    __name__,
    {
        "FakeRows": "make_rows",
        "Source": "sources",
        "fake": "run",
        "fake_value": "fake_value",
    },
)
