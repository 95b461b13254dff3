"""Numbered migrations, run by peewee-migrate with dbkit's Router and Migrator."""

from .creating import Created, create
from .decisions import Undecided
from .migrator import Migrator
from .router import Router, Status, migrate, reset, rollback, status

__all__ = ["Created", "Migrator", "Router", "Status", "Undecided", "create", "migrate", "reset", "rollback", "status"]
