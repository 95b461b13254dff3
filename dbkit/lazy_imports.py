"""Packages that import their public names when a program first uses them.

`dbkit --help` needs none of these names, and `dbkit status` needs only those that run migrations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def importing(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package (PEP 562). `homes` maps its public names to modules.

    The modules are attributes too, so no module may have the same name as another attribute.
    """

    def find(name: str) -> Any:
        if name in homes:
            value = getattr(import_module(f".{homes[name]}", package), name)
        elif not name.startswith("_") and find_spec(f"{package}.{name}"):
            value = import_module(f".{name}", package)
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        vars(import_module(package))[name] = value
        return value

    return find
