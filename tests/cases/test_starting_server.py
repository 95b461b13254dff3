"""`--wait-for-database` waits for a server that is still starting, and for nothing else."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from click.testing import Result

from dbkit.connection import opened, parse
from dbkit.errors import DatabaseUnreachable
from tests.servers import Server

LOG = logging.getLogger("dbkit.connection")


class Door(logging.Handler):
    """A port where nothing answers until dbkit says that it waits; then it leads to a server."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.server, self.socket = port, socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._lead)

    def emit(self, record: logging.LogRecord) -> None:
        self.socket.listen()
        self.thread.start()

    def _lead(self) -> None:
        here, _ = self.socket.accept()
        with here, socket.create_connection(("127.0.0.1", self.server)) as there:
            back = threading.Thread(target=self._copy, args=(there, here))
            back.start()
            self._copy(here, there)
            back.join()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def door(port: int) -> Iterator[Door]:
    handler = Door(port)
    LOG.addHandler(handler)
    try:
        yield handler
    finally:
        LOG.removeHandler(handler)
        if handler.thread.ident:
            handler.thread.join()
        handler.socket.close()


def test_it_waits_until_the_server_answers(server: Server, dbkit: Callable[..., Result]) -> None:
    with door(server.port) as port:
        url = server.url().replace(f":{server.port}/", f":{port.port}/")
        assert dbkit("check", "--database", url).exit_code == 2
        waited = dbkit("check", "--database", url, "--wait-for-database", "1min")
        assert (waited.exit_code, "server: PostgreSQL" in waited.output) == (0, True), waited.output


def test_it_does_not_wait_for_what_waiting_does_not_change(server: Server) -> None:
    database = parse(server.url("no_such_database")).database()
    with pytest.raises(DatabaseUnreachable, match="database missing"):
        with opened(database, wait=3600):
            pass


def test_it_gives_up() -> None:
    with door(0) as port:
        database = parse(f"postgresql://127.0.0.1:{port.port}/a").database()
        LOG.removeHandler(port)
        with pytest.raises(DatabaseUnreachable, match="refused"):
            with opened(database, wait=0.01):
                pass
