"""Numbered migrations, run by peewee-migrate with dbkit's Router and Migrator."""

from .router import Router, Status, migrate, reset, rollback, status

__all__ = ["Router", "Status", "migrate", "reset", "rollback", "status"]
