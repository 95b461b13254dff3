"""The settings that `init` writes: into the file that has the project's settings already, or else
into its `setup.cfg` or `pyproject.toml`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
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
    quoted_pattern,
)

HEADERS = {
    SETUP_CFG: re.compile(r"^\[dbkit\].*$", re.MULTILINE),
    PYPROJECT: re.compile(r"""^[ \t]*\[\s*["']?tool["']?\s*\.\s*["']?dbkit["']?\s*\].*$""",
                          re.MULTILINE),
}  # fmt: skip


def settings_file() -> Path:
    """Return the path of the file with the project's settings, which may not exist yet."""
    project = current_project()
    names = [project.file] if project.file else [SETUP_CFG, PYPROJECT]
    paths = [project.directory / name for name in names]
    return next((path for path in paths if path.exists()), paths[0])


def write_settings(spec: str, directory: Path, ignored: Sequence[str]) -> Path | None:
    """Write the settings; return the path of the file if it is new. An existing section only gets
    a missing `ignore`. Raises ConfigError if that cannot be added."""
    project, path = current_project(), settings_file()
    is_new = not path.exists()
    text = "" if is_new else path.read_bytes().decode("utf-8-sig")
    ignore = _ignore(path.name, tuple(dict.fromkeys(ignored)))
    if not project.file:
        values = {"models": spec, "migrations": _inside(project, directory)}
        shown = "".join(f"{name} = {_value(path.name, one)}\n" for name, one in values.items())
        before = f"{text.rstrip()}\n\n" if text.strip() else ""
        new = f"{before}{SECTIONS[path.name]}\n{shown}{ignore}"
    elif ignore and "ignore" not in project.settings:
        new = HEADERS[path.name].sub(
            lambda found: f"{found[0].rstrip()}\n{ignore.rstrip()}", text, count=1
        )
        if new == text:
            raise ConfigError(
                f"{path} has no line {SECTIONS[path.name]}, so `ignore` cannot be added to its "
                "settings.",
                f"Write the settings under that line, or add to them: {ignore}",
            )
    else:
        return None
    lines = new.replace("\r\n", "\n")
    overwrite(path, lines.replace("\n", "\r\n") if "\r\n" in text else lines)
    return path if is_new else None


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
