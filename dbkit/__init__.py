"""dbkit: a small schema manager for Peewee, on PostgreSQL and SQLite."""

from typing import TYPE_CHECKING

from .lazy_imports import importing

if TYPE_CHECKING:
    from .connection import connect
    from .discovery import load_models
    from .errors import DbkitError
    from .fields import EnumField
    from .migration import create, migrate, rollback, status
    from .seeding import seed
    from .verification.drift import verify
    from .verification.report import Report


__version__ = "0.1.0"

__all__ = [
    "DbkitError",
    "EnumField",
    "Report",
    "connect",
    "create",
    "load_models",
    "migrate",
    "rollback",
    "seed",
    "status",
    "verify",
]

__getattr__ = importing(
    __name__,
    {
        "DbkitError": "errors",
        "EnumField": "fields",
        "Report": "verification",
        "connect": "connection",
        "create": "migration",
        "load_models": "discovery",
        "migrate": "migration",
        "rollback": "migration",
        "seed": "seeding",
        "status": "migration",
        "verify": "verification",
    },
)
