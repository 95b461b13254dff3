"""The class names in a generated function: none hides another name that the source uses."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from unicodedata import normalize

from dbkit import fields
from dbkit.python_source import is_plain
from dbkit.schema.peewee_models import Model

OURS = ("migrator", "database", "fake", "migrate", "rollback", "pw", "pg", "sq", "Migrator")
RESERVED = {name.lower() for name in (*OURS, *fields.__all__, *dir(builtins))}


def class_names(models: Iterable[Model], taken: Iterable[str] = ()) -> dict[Model, str]:
    """Return a name for each class that is not among `taken`. The names differ in more than case,
    because a DeferredForeignKey ignores case."""
    names: dict[Model, str] = {}
    used = {*RESERVED, *(name.lower() for name in taken)}
    for model in models:
        name = re.sub(r"\W", "_", normalize("NFKC", model.__name__)).lstrip("_")
        if not is_plain(name):
            name = f"Model{name}"
        while name.lower() in used:
            name += "_"
        used.add(name.lower())
        names[model] = name
    return names
