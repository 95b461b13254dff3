"""A slow line to a server on this machine: each direction takes its time, and loses no speed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

CHUNK = 1 << 16


class Line:
    """Listens on `port` and passes all on; `round_trips` counts what the client sent after a
    message of the server, or first: what the client waits for."""

    def __init__(self, target: int, delay: float) -> None:
        """`delay` is in seconds, each way."""
        self._target, self._delay = target, delay
        self.port = self.round_trips = 0
        self._loop = asyncio.new_event_loop()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        its_reader, its_writer = await asyncio.open_connection("127.0.0.1", self._target)
        turn = [False]  # whether the client spoke last
        await asyncio.gather(
            self._pass(reader, its_writer, turn, True), self._pass(its_reader, writer, turn, False)
        )

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: list[bool],
        of_client: bool,
    ) -> None:  # fmt: skip
        """Read at once, and write each chunk when its time has come: chunks travel together."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def write() -> None:
            data = b"-"
            while data:
                due, data = await queue.get()
                await asyncio.sleep(due - time.monotonic())
                writer.write(data)
            writer.close()

        writing = asyncio.ensure_future(write())
        data = b"-"
        while data:
            try:
                data = await reader.read(CHUNK)
            except ConnectionError:
                data = b""
            if data:
                self.round_trips += of_client and not turn[0]
                turn[0] = of_client
            queue.put_nowait((time.monotonic() + self._delay, data))
        await writing

    @contextmanager
    def open(self) -> Iterator[Line]:
        self._loop.run_until_complete(self._listen())
        thread = Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
