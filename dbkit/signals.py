"""Signals end a command line: they cancel the running statement, and everything is rolled back.

Only the two command lines use this; a program that calls dbkit's functions keeps its own handlers.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Thread, current_thread, main_thread
from types import FrameType

import psycopg2
from psycopg2.extensions import connection as PostgresConnection

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
AGAIN, PATIENCE = 0.2, 2.0  # seconds: between two cancellations, and for them to have an effect


class Interrupted(KeyboardInterrupt):
    """A signal has ended the command. (Python's own exception for it, so that files of migrations
    treat all signals like Ctrl-C.)"""

    def __init__(self, number: int) -> None:
        name = signal.Signals(number).name
        super().__init__(
            f"interrupted by {name}: the running statement was cancelled, and its transaction was "
            "rolled back"
        )
        self.exit_code = 128 + number

    def __str__(self) -> str:
        return "\n".join([*self.args, *getattr(self, "__notes__", ())])


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted in the block when the first signal arrives; ignore further signals, which
    would break the roll-back. A signal that the process ignores (nohup) stays ignored.

    The drivers wait in C, where Python runs no handler. So the signal also wakes a thread.
    """
    if current_thread() is not main_thread():  # Python allows handlers only there
        yield
        return
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    caught = [number for number in numbers
              if signal.getsignal(number) not in (signal.SIG_IGN, None)]  # fmt: skip
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    watcher = _Watcher(reader)
    watcher.start()
    before = {number: signal.signal(number, watcher.handle) for number in caught}
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield
    except Exception as error:  # of a roll-back, for example, which SQLite interrupted too
        if watcher.interrupted is None:
            raise
        raise watcher.interrupted from error
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        writer.close()


class _Watcher(Thread):
    """Waits for a signal, and then ends the statements that run until the handler has run."""

    def __init__(self, reader: socket.socket) -> None:
        super().__init__(daemon=True)
        self.reader, self.ending = reader, Lock()
        self.interrupted: Interrupted | None = None

    def run(self) -> None:
        with self.reader:  # open until the block ends: each further signal writes to it as well
            if self.reader.recv(1):
                self._end_statements_until_handled()
            while self.reader.recv(64):
                pass

    def _end_statements_until_handled(self) -> None:
        start = time.monotonic()
        while self.interrupted is None:
            with self.ending:
                if self.interrupted is None:
                    _end_statements(cut=time.monotonic() > start + PATIENCE)
            time.sleep(AGAIN)

    def handle(self, number: int, _: FrameType | None) -> None:
        if self.interrupted is None:
            self.interrupted = Interrupted(number)
            self.ending.acquire(timeout=PATIENCE)  # a late cancellation would hit the roll-back
            raise self.interrupted


def _end_statements(cut: bool) -> None:
    """Cancel the statements of all connections of the process, also of those to scratch databases;
    with `cut`, end the connections, if the server does not hear. (Python knows all objects, so no
    connection has to be registered.)"""
    for found in gc.get_objects():
        try:
            if issubclass(type(found), sqlite3.Connection):
                found.interrupt()
            elif issubclass(type(found), PostgresConnection) and not found.closed:
                if cut:
                    with socket.socket(fileno=os.dup(found.fileno())) as line:
                        line.shutdown(socket.SHUT_RDWR)
                else:
                    found.cancel()
        except (OSError, psycopg2.Error, sqlite3.Error):
            pass  # the connection has just been closed
