"""From a database that exists already to a project that manages it."""

from typing import TYPE_CHECKING

from ..lazily import importing

if TYPE_CHECKING:
    from .adopting import Adopted, adopt
    from .models_source import Models, models_source, written
    from .unsaid import Unsaid


__all__ = ["Adopted", "Models", "Unsaid", "adopt", "models_source", "written"]

__getattr__ = importing(
    __name__,
    {
        "Adopted": "adopting",
        "Models": "models_source",
        "Unsaid": "unsaid",
        "adopt": "adopting",
        "models_source": "models_source",
        "written": "models_source",
    },
)
