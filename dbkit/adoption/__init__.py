"""From a database that exists already to a project that manages it."""

from .models_source import Models, models_source, written
from .unsaid import Unsaid

__all__ = ["Models", "Unsaid", "models_source", "written"]
