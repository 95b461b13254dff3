"""The seed files of a directory, in the order in which they load."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dbkit.config import ENVIRONMENTS
from dbkit.errors import SeedError

from ..plurals import counted
from ..printable import printable
from .read_csv import CsvFile
from .read_json import JsonFile
from .read_python import PythonFile
from .read_toml import TomlFile
from .reading import unreadable
from .rows import SeedFile
from .shown import suggestion

READERS: dict[str, Callable[[Path], SeedFile]] = {
    ".toml": TomlFile,
    ".json": JsonFile,
    ".csv": CsvFile,
    ".py": PythonFile,
}
KINDS = f"{', '.join([*READERS][:-1])} or {[*READERS][-1]}"
NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class FoundFiles:
    """The seed files in the order in which they load, and remarks about files that do not load."""

    files: list[SeedFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_files(directory: Path, environment: str, is_explicit: bool) -> FoundFiles:
    """Find the files of `directory`, and those of the environment's folder in it if the environment
    `is_explicit`: DBKIT_ENV is set. In production, only files with `reference = true` load from
    `directory` itself. Raises SeedError."""
    try:
        return _found(directory, environment, is_explicit)
    except OSError as error:
        raise unreadable(Path(error.filename or directory), error) from None


def _found(directory: Path, environment: str, is_explicit: bool) -> FoundFiles:
    paths = list(_files(directory))
    found = FoundFiles([_read(path) for path in paths])
    if environment == "production":
        _keep_reference(found)
    folder = directory / environment
    if is_explicit and folder.is_dir():
        found.files.extend(_read(path) for path in _files(folder, is_environment=True))
    elif (directory / "development").is_dir() and not is_explicit:
        found.notes.append(
            f"{directory / 'development'} is not loaded because DBKIT_ENV is not set."
        )
    return found


def _keep_reference(found: FoundFiles) -> None:
    others = [file for file in found.files if not file.is_reference]
    found.files[:] = [file for file in found.files if file.is_reference]
    if others:
        files = f"{counted(len(others), 'file')} {'is' if len(others) == 1 else 'are'}"
        found.notes.append(
            f"{files} not loaded in production without reference = true, such as {others[0].path}."
        )


def _read(path: Path) -> SeedFile:
    return READERS[path.suffix.lower()](path)


def _files(directory: Path, is_environment: bool = False) -> Iterator[Path]:
    """Yield the seed files in order. Raises SeedError for every other file and folder."""
    for path in sorted(_entries(directory), key=_order):
        if path.is_dir():
            if is_environment or path.name not in ENVIRONMENTS:
                raise _unknown_folder(path, is_environment)
        else:
            _refuse_unusable(path)
            yield path


def _order(path: Path) -> tuple[float, str]:
    match = NUMBER.match(path.name)
    return int(match[0]) if match else float("inf"), path.name


def _entries(directory: Path) -> list[Path]:
    try:
        entries = list(directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        if directory.is_file():
            raise SeedError(
                f"{printable(str(directory))} is a file.",
                "Put it into a directory, and give --seeds DIR.",
            ) from None
        raise SeedError(
            f"There is no seeds directory {directory}.",
            "Run from the project's directory, or give --seeds DIR.",
        ) from None
    except OSError as error:
        raise SeedError(
            f"The seeds directory {directory} cannot be read: {error.strerror}.",
            "Give a readable directory with --seeds DIR.",
        ) from None
    return [path for path in entries if path.name[0] != "." and path.name != "__pycache__"]


def _unknown_folder(path: Path, is_environment: bool) -> SeedError:
    shown = printable(str(path))
    if is_environment:
        return SeedError(
            f"{shown} is a folder inside the folder of an environment, and is not read.",
            f"Move its files to {path.parent}.",
        )
    otherwise = f"The environments are {', '.join(ENVIRONMENTS)}."
    hint = suggestion(path.name, ENVIRONMENTS, otherwise)
    return SeedError(f"{shown} is not the folder of an environment.", hint)


def _refuse_unusable(path: Path) -> None:
    if path.suffix.lower() not in READERS:
        raise SeedError(
            f"{printable(str(path))} is not a seed file.",
            f"Move it out of the seeds directory, or rename it: the name must end in {KINDS}.",
        )
    if not path.is_file():
        what = "a broken link" if path.is_symlink() else "not a file"
        raise SeedError(f"{printable(str(path))} is {what}.", "Put the seeds there, or remove it.")
