"""The settings that `init` writes: into the file that has the project's settings already, or else
into its `setup.cfg` or `pyproject.toml`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dbkit.atomic_files import overwrite
from dbkit.errors import ConfigError
from dbkit.project import (
    PYPROJECT,
    SECTIONS,
    SETUP_CFG,
    Project,
    current_project,
    literal_pattern,
    parsed,
    quoted_pattern,
)

HEADERS = {
    SETUP_CFG: re.compile(r"^\[dbkit\].*$", re.MULTILINE),
    PYPROJECT: re.compile(r"""^[ \t]*\[\s*["']?tool["']?\s*\.\s*["']?dbkit["']?\s*\].*$""",
                          re.MULTILINE),
}  # fmt: skip
LISTS = {
    SETUP_CFG: re.compile(r"^ignore[ \t]*[=:].*$", re.MULTILINE | re.IGNORECASE),
    PYPROJECT: re.compile(r"""\bignore["']?\s*=\s*\["""),
}


def settings_file() -> Path:
    """Return the path of the file with the project's settings, which may not exist yet."""
    project = current_project()
    names = [project.file] if project.file else [SETUP_CFG, PYPROJECT]
    paths = [project.directory / name for name in names]
    return next((path for path in paths if path.exists()), paths[0])


def write_settings(spec: str, directory: Path, ignored: Sequence[str]) -> Path | None:
    """Write the settings; return the path of the file if it is new. An existing section only gets
    what its `ignore` lacks. Raises ConfigError if that cannot be added."""
    project, path = current_project(), settings_file()
    is_new = not path.exists()
    text = "" if is_new else path.read_bytes().decode("utf-8-sig")
    names = [one for one in dict.fromkeys(ignored) if literal_pattern(one) not in project.ignore]
    if not project.file:
        values = {"models": spec, "migrations": _inside(project, directory)}
        shown = "".join(f"{name} = {_value(path.name, one)}\n" for name, one in values.items())
        before = f"{text.rstrip()}\n\n" if text.strip() else ""
        new = f"{before}{SECTIONS[path.name]}\n{shown}{_ignore(path.name, names)}"
    elif names:
        new = _with_ignore(text, path, project, names)
    else:
        return None
    lines = new.replace("\r\n", "\n")
    overwrite(path, lines.replace("\n", "\r\n") if "\r\n" in text else lines)
    return path if is_new else None


def _with_ignore(text: str, path: Path, project: Project, names: Sequence[str]) -> str:
    """The settings with more names under `ignore`. The new text is read again, because another
    section may have an `ignore` too."""
    patterns = {*project.ignore, *map(literal_pattern, names)}
    added = _ignore(path.name, names).rstrip()
    if "ignore" in project.settings:
        places, more = LISTS[path.name], _more(path.name, names)
    else:
        places, more = HEADERS[path.name], f"\n{added}"
    for found in places.finditer(text):
        start, end = text[: found.end()].rstrip(" \t\r"), text[found.end() :]
        space = " " if path.name == PYPROJECT and not end.startswith(("\n", "\r")) else ""
        new = f"{start}{more}{space}{end}"
        with suppress(ConfigError):
            read = parsed(path, new)
            if read and {*read.ignore} == patterns and _others(read) == _others(project):
                return new
    raise ConfigError(
        f"{path} has no line {SECTIONS[path.name]}, so `ignore` cannot be added to its settings.",
        f"Write the settings under that line, or add to them: {added}",
    )


def _others(project: Project) -> dict[str, str]:
    """The other settings."""
    return {name: value for name, value in project.settings.items() if name != "ignore"}


def _more(file: str, names: Sequence[str]) -> str:
    """The lines that come first in an existing list."""
    if file == SETUP_CFG:
        return "".join(f"\n    {quoted_pattern(name)}" for name in names)
    return "".join(f"\n    {_toml(literal_pattern(name))}," for name in names)


def _inside(project: Project, directory: Path) -> str:
    """The directory as the project's settings name it."""
    if directory.is_absolute():
        return str(directory)
    return Path(os.path.relpath(directory, project.directory)).as_posix()


def _value(file: str, text: str) -> str:
    return text if file == SETUP_CFG else _toml(text)


def _ignore(file: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    if file == SETUP_CFG:
        return "".join(["ignore =\n", *(f"    {quoted_pattern(name)}\n" for name in names)])
    return "".join(
        ["ignore = [\n", *(f"    {_toml(literal_pattern(name))},\n" for name in names), "]\n"]
    )


def _toml(text: str) -> str:
    """A text as a string of TOML."""
    plain = (one if one.isprintable() and one not in '"\\' else f"\\U{ord(one):08X}"
             for one in text)  # fmt: skip
    return f'"{"".join(plain)}"'
