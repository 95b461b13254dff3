"""Numbered migrations: peewee-migrate's files, with dbkit's Router and Migrator."""

from typing import TYPE_CHECKING

from ..lazy_imports import importing

if TYPE_CHECKING:
    from .autogenerate import Created
    from .migrator import Migrator
    from .new_migration import create, create_empty
    from .questioner import Undecided
    from .repair import Repair
    from .router import Router
    from .run_migrations import migrate, reset, rollback
    from .squash import merge
    from .status_report import HalfDone, Status, status


__all__ = [
    "Created",
    "HalfDone",
    "Migrator",
    "Repair",
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
        "HalfDone": "status_report",
        "Migrator": "migrator",
        "Repair": "repair",
        "Router": "router",
        "Status": "status_report",
        "Undecided": "questioner",
        "create": "new_migration",
        "create_empty": "new_migration",
        "merge": "squash",
        "migrate": "run_migrations",
        "reset": "run_migrations",
        "rollback": "run_migrations",
        "status": "status_report",
    },
)
