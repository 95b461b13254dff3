"""Text files that are written whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from .errors import WriteFailed


def write_new(path: Path, text: str) -> None:
    """Write a file that does not exist yet, and the directories above it."""
    with _explained(path), new_directories_removed(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, text.encode(), _link)


def overwrite(path: Path, text: str | bytes) -> None:
    """Write a file that may exist; it keeps its permissions, and a symbolic link its target."""
    path = path.resolve()
    with _explained(path):
        _write(path, text.encode() if isinstance(text, str) else text, os.replace)


@contextmanager
def new_directories_removed(path: Path) -> Iterator[None]:
    """If the block fails, remove the directories above `path` that it made."""
    missing = [one for one in path.absolute().parents if not one.exists()]
    try:
        yield
    except BaseException:
        for directory in missing:
            with suppress(OSError):  # it was not made, or it has other files meanwhile
                directory.rmdir()
        raise


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        is_file = path.parent.is_file()
        reason = f"{path.parent} is not a directory" if is_file else error.strerror
        raise WriteFailed(f"{path} cannot be written: {reason}.") from error
    except UnicodeEncodeError as error:
        raise WriteFailed(f"{path} cannot be written: {error}.") from error


def _write(path: Path, data: bytes, move: Callable[[Path, Path], None]) -> None:
    """By a temporary file in the same directory, which is on the disk before it gets its name."""
    temporary = path.with_name(f".dbkit-{uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            temporary.chmod(path.stat().st_mode & 0o7777)
        move(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def _link(temporary: Path, path: Path) -> None:
    """Give the file its name. Unlike a rename, a link never replaces another file."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if path.exists() or isinstance(error, FileExistsError):
            raise WriteFailed(f"{path} exists already.", "Run the command again.") from None
        temporary.rename(path)  # some file systems have no links


def _sync_directory(directory: Path) -> None:
    with suppress(OSError):  # not every system can
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
