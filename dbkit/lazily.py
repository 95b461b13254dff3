"""Packages whose public names are imported when they are first used.

`dbkit --help` needs none of them, and `dbkit status` no more than the runner of migrations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def importing(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A package's `__getattr__` (PEP 562); `homes` are the modules of its public names."""

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f".{homes[name]}", package), name)
        vars(import_module(package))[name] = value
        return value

    return find
