"""Files that are written completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from .errors import WriteFailed


def write_new(path: Path, text: str) -> None:
    """Write a new file, and create the directories above it.

    Raises WriteFailed if the file exists already or cannot be written.
    """
    with _explained(path), new_directories_removed(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, text.encode(), _link)


def overwrite(path: Path, text: str | bytes) -> None:
    """Write a file that may exist already. The file keeps its permissions, and a symbolic link is
    followed. Raises WriteFailed."""
    path = path.resolve()
    with _explained(path):
        _write(path, text.encode() if isinstance(text, str) else text, os.replace)


@contextmanager
def new_directories_removed(path: Path) -> Iterator[None]:
    """If the block fails, remove the directories above `path` that the block created."""
    missing = [parent for parent in path.absolute().parents if not parent.exists()]
    try:
        yield
    except BaseException:
        for directory in missing:
            with suppress(OSError):  # the block did not create it, or it has other files now
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


@contextmanager
def writing(path: Path, may_replace: bool) -> Iterator[BinaryIO]:
    """Open a file that appears complete at the end of the block, and not at all if the block fails.

    Raises WriteFailed; also if the file exists already, unless it `may_replace` that.
    """
    path = path.resolve()
    with _explained(path), new_directories_removed(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _moved(path, os.replace if may_replace else _link) as file:
            yield file


def _write(path: Path, data: bytes, move: Callable[[Path, Path], None]) -> None:
    with _moved(path, move) as file:
        file.write(data)


@contextmanager
def _moved(path: Path, move: Callable[[Path, Path], None]) -> Iterator[BinaryIO]:
    """Open a temporary file in the same directory; sync it to the disk, then give it its name."""
    temporary = path.with_name(f".dbkit-{uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
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
    with suppress(OSError):  # not every system can sync a directory
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
