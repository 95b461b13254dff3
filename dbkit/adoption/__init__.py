"""From a database that exists already to a project that manages it."""

from .adopting import Adopted, adopt
from .models_source import Models, models_source, written
from .unsaid import Unsaid

__all__ = ["Adopted", "Models", "Unsaid", "adopt", "models_source", "written"]
