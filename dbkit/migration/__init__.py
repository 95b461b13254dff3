"""Numbered migrations: peewee-migrate's files, with dbkit's Router and Migrator."""

from typing import TYPE_CHECKING

from ..lazy_imports import importing

if TYPE_CHECKING:
    from .autogenerate import Created
    from .commands import Status, migrate, reset, rollback, status
    from .migrator import Migrator
    from .new_migration import create, create_empty
    from .questioner import Undecided
    from .router import Router
    from .squash import merge


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
        "Created": "autogenerate",
        "Migrator": "migrator",
        "Router": "router",
        "Status": "commands",
        "Undecided": "questioner",
        "create": "new_migration",
        "create_empty": "new_migration",
        "merge": "squash",
        "migrate": "commands",
        "reset": "commands",
        "rollback": "commands",
        "status": "commands",
    },
)
