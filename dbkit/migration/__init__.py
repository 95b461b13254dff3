"""Numbered migrations, run by peewee-migrate with dbkit's Router and Migrator."""

from .migrator import Migrator
from .router import Router, Status, migrate, reset, rollback, status

__all__ = ["Migrator", "Router", "Status", "migrate", "reset", "rollback", "status"]
