"""The programs that have locked a SQLite file. SQLite does not say; Linux does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import peewee as pw

# proc(5): the number, POSIX or FLOCK, ADVISORY, READ or WRITE, the process, device and inode
LOCK = re.compile(r"^\d+: POSIX +\S+ +\S+ (\d+) \w+:\w+:(\d+) ", re.MULTILINE)


def other_programs(database: pw.Database) -> str:
    """Describe the processes that have locked the files of the database."""
    found = dict.fromkeys(_holders(database))
    return ", ".join(map(_process, found)) or "a program whose name this system does not show"


def _holders(database: pw.Database) -> Iterator[int]:
    """The numbers of these processes. (If dbkit asked the file itself, it would have to open and
    close the file, and closing it would release the locks of this process.)"""
    rows = database.execute_sql("PRAGMA database_list").fetchall()
    files = [f"{file}{end}" for _, _, file in rows if file for end in ("", "-shm")]
    inodes = {os.stat(file).st_ino for file in files if os.path.exists(file)}
    try:
        locks = LOCK.findall(Path("/proc/locks").read_text())
    except OSError:
        return  # not on Linux
    yield from (int(pid) for pid, inode in locks if int(inode) in inodes)


def _process(pid: int) -> str:
    """Describe a process, but not by its arguments, which may hold a password."""
    place = Path(f"/proc/{pid}")
    try:
        name = (place / "comm").read_text().strip()
        status = place.stat()
        since = datetime.fromtimestamp(status.st_ctime).astimezone().isoformat(" ", "seconds")
        return f"pid {pid} (user {_user(status.st_uid)}, application {name}), since {since}"
    except OSError:
        return f"pid {pid}"


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
