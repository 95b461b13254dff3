"""`verify` and `diff`: comparisons of models, migrations and databases."""

from typing import TYPE_CHECKING

from ..lazy_imports import importing

if TYPE_CHECKING:
    from .drift import verify
    from .report import Report


__all__ = ["Report", "verify"]

__getattr__ = importing(__name__, {"Report": "report", "verify": "drift"})
