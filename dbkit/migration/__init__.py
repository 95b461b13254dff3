"""Numbered migrations, run by peewee-migrate with dbkit's Router and Migrator."""

from typing import TYPE_CHECKING

from ..lazily import importing

if TYPE_CHECKING:
    from .creating import create, create_empty
    from .decisions import Undecided
    from .generating import Created
    from .merging import merge
    from .migrator import Migrator
    from .router import Router
    from .running import Status, migrate, reset, rollback, status


__all__ = [
    "Created",
    "Migrator",
    "Router",
    "Status",
    "Undecided",
    "create",
    "create_empty",
    "merge",
    "migrate",
    "reset",
    "rollback",
    "status",
]

__getattr__ = importing(
    __name__,
    {
        "Created": "generating",
        "Migrator": "migrator",
        "Router": "router",
        "Status": "running",
        "Undecided": "decisions",
        "create": "creating",
        "create_empty": "creating",
        "merge": "merging",
        "migrate": "running",
        "reset": "running",
        "rollback": "running",
        "status": "running",
    },
)
