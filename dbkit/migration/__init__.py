"""Numbered migrations, run by peewee-migrate with dbkit's Router and Migrator."""

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
