"""`dbkit init`: an existing database becomes a project with models and a baseline migration."""

from typing import TYPE_CHECKING

from ..lazy_imports import importing

if TYPE_CHECKING:
    from .adopt_database import Adopted, adopt
    from .left_out import LeftOut
    from .notes import Note
    from .render_models import Models, models_source, written
    from .scope import Scope


__all__ = ["Adopted", "LeftOut", "Models", "Note", "Scope", "adopt", "models_source", "written"]

__getattr__ = importing(
    __name__,
    {
        "Adopted": "adopt_database",
        "Models": "render_models",
        "LeftOut": "left_out",
        "Note": "notes",
        "Scope": "scope",
        "adopt": "adopt_database",
        "models_source": "render_models",
        "written": "render_models",
    },
)
