"""A line on the terminal that changes while something runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from itertools import count
from threading import Event, Lock, Thread
from typing import Any

TICK, TICKS = 0.2, 5  # seconds between two drawings; drawings between two looks at the progress


def is_possible() -> bool:
    """Whether standard error is a terminal that can draw a line again."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def live_line(
    text: Callable[[str], str], watching: AbstractContextManager[Callable[[], str]]
) -> Iterator[None]:
    """Show the text, which gets the progress, on standard error while the block runs. The context
    is entered in another thread and yields a function that returns the progress. Whatever the block
    prints appears above the line."""
    line, done = _Line(sys.stderr), Event()

    def draw() -> None:
        progress = ""
        with watching as look:
            for number in count(1):
                if done.wait(TICK):
                    return
                if number % TICKS == 0:
                    progress = look()
                line.draw(text(progress))

    with redirect_stdout(_Above(sys.stdout, line)), redirect_stderr(_Above(sys.stderr, line)):
        Thread(target=draw, daemon=True).start()
        try:
            yield
        finally:
            done.set()
            line.close()


class _Line:
    """The line. It is not drawn after text without a line break, or after it is closed."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.lock, self.shown = stream, Lock(), ""
        self.is_closed = self.is_behind_text = False

    def draw(self, text: str) -> None:
        with self.lock:
            shown = _fitting(text, self.stream)
            if shown != self.shown and not (self.is_closed or self.is_behind_text):
                self.stream.write(f"\r{shown:<{len(self.shown)}}")
                self.stream.flush()
                self.shown = shown

    def clear(self, before: str = "\n") -> None:
        """Remove the line before this text is written."""
        with self.lock:
            if self.shown:
                self.stream.write(f"\r{' ' * len(self.shown)}\r")
                self.stream.flush()
            self.shown, self.is_behind_text = "", not before.endswith("\n")

    def close(self) -> None:
        self.is_closed = True
        self.clear()


class _Above:
    """A stream that clears the line before it writes."""

    def __init__(self, stream: Any, line: _Line) -> None:
        self.stream, self.line = stream, line

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: Any) -> Any:
        if isinstance(text, str) and text:
            self.line.clear(text)
        return self.stream.write(text)


def _fitting(text: str, stream: Any) -> str:
    """The text without line breaks and control characters, as wide as the terminal at most."""
    text = "".join(one if one.isprintable() else " " for one in " ".join(text.split()))
    try:
        width = os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        width = 80
    width = width - 1 if text.isascii() else width // 2  # another letter may have two columns
    return text if len(text) <= width else f"{text[: width - 3]}..."
