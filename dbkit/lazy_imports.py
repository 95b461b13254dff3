"""Packages whose public names are imported when they are first used.

`dbkit --help` needs none of them, and `dbkit status` no more than the runner of migrations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def importing(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A package's `__getattr__` (PEP 562). `homes` are the modules of its public names; its modules
    can be named too, so no module may have the name of something else."""

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
