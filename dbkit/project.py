"""The folder of a project, and the settings in its `setup.cfg` or `pyproject.toml`.

A command may run in any folder of the project: dbkit looks in the current directory, and then in
the folders above it.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ConfigError
from .limits import LIMITS
from .similar_names import similar

TIMES = (*LIMITS, "wait_for_database")
SWITCHES = ("allow_edited", "accept_data_loss", "quiet", "verbose", "cache")
KNOWN = ("models", "migrations", "seeds", "ignore", "scratch", *TIMES, *SWITCHES)
SETUP_CFG, PYPROJECT = "setup.cfg", "pyproject.toml"
SECTIONS = {SETUP_CFG: "[dbkit]", PYPROJECT: "[tool.dbkit]"}
NAME = "dbkit"  # a file without this word has no settings of dbkit
NOT_COMMITTED = "Set the database in DATABASE_URL or .env, which are not committed."
SECRET = re.compile(r"(db|database|dsn|host|port|user|password)|.*url", re.IGNORECASE)
VARIABLE = re.compile(
    r"^\s*(?:export\s+)?(?:DATABASE_(?:DIRECT_)?URL|DB_(?:HOST|PORT|NAME|USER|PASSWORD)|DBKIT_\w+)"
    r"\s*=",
    re.MULTILINE,
)
MIGRATION = re.compile(r"conf\.py|[0-9]{3,}_[^.]+\.py")
PLAIN = re.compile(r"[\w.$-]+")
ENTRY = re.compile(r'"(?:[^"\\]|\\.)*"(?!\S)|\S+')


@dataclass(frozen=True)
class Project:
    """A project. `directory` is relative to the current directory, and `file` has its settings.

    If no project `is_found`, the directory is the current directory. `ignore` has the patterns of
    the setting of that name.
    """

    directory: Path = Path()
    file: str = ""  # setup.cfg, pyproject.toml, or nothing
    settings: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    is_found: bool = True


NOT_FOUND = (
    "Neither this folder nor a folder above it has [dbkit] in setup.cfg, [tool.dbkit] in "
    "pyproject.toml, an .env with a variable of dbkit, or a folder migrations."
)


def current_project() -> Project:
    """Return the project of the current directory: the nearest folder with settings, or with an
    `.env` that sets a variable of dbkit, or else with migrations.

    Raises ConfigError if the settings cannot be read.
    """
    folders = list(_folders())
    for folder in folders:
        if project := _with_settings(folder):
            return project
        if _sets_variables(folder / ".env"):
            return Project(folder)
    for folder in folders:
        if _has_migrations(folder / "migrations"):
            return Project(folder)
    return Project(is_found=False)


def hint_where(hint: str) -> str:
    """Return the hint, and before it, if there is no project, where dbkit has looked for one."""
    return hint if current_project().is_found else f"{NOT_FOUND}\n{hint}"


def _folders() -> Iterator[Path]:
    """The current directory and those above it, up to the root of a repository. A folder in which
    everybody may write, such as /tmp, is no project of ours: its settings name code to run."""
    folder = Path()
    while True:
        yield folder
        above = folder / ".."
        if os.path.lexists(folder / ".git") or _is_last(folder, above):
            return
        folder = above


def _is_last(folder: Path, above: Path) -> bool:
    try:
        mode = above.stat().st_mode
        return os.path.samefile(folder, above) or bool(mode & stat.S_ISVTX and mode & stat.S_IWOTH)
    except OSError:
        return True


def _sets_variables(path: Path) -> bool:
    try:
        return VARIABLE.search(path.read_text("utf-8", "replace")) is not None
    except OSError:
        return path.parent != Path() and os.path.isfile(path)  # its reader says what is wrong


def _has_migrations(directory: Path) -> bool:
    try:
        return any(MIGRATION.fullmatch(name) for name in os.listdir(directory))
    except OSError:
        return False


def _with_settings(folder: Path) -> Project | None:
    """The project of a folder, if a file of it has a section for dbkit."""
    paths = (folder / name for name in SECTIONS)
    found = {path.name: parsed(path, _text(path)) for path in paths}
    there = {name: project for name, project in found.items() if project is not None}
    full = [name for name, project in there.items() if project.settings]
    if len(full) > 1:
        places = " and ".join(f"{SECTIONS[name]} in {folder / name}" for name in full)
        raise ConfigError(
            f"Both {places} have settings.", "Move all of them to one file, and delete the others."
        )
    return next((there[name] for name in [*full, *there]), None)


def parsed(path: Path, text: str | None) -> Project | None:
    """Return the project whose settings are in this text of a file; None without a section."""
    if text is None:
        return None
    return _setup_cfg(path, text) if path.name == SETUP_CFG else _pyproject(path, text)


def _setup_cfg(path: Path, text: str) -> Project | None:
    if NAME not in text and path.parent != Path():
        return None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text, str(path))
    except configparser.Error as error:
        # the other lines of the error quote the file
        raise ConfigError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    if not parser.has_section(NAME):
        return None
    section = dict(parser[NAME])
    _require_known(section.keys() - (parser.defaults().keys() - set(KNOWN)), path)
    ignore = tuple(_patterns(section.get("ignore", ""), path))
    known = {name: section[name] for name in section if name in KNOWN}
    return Project(path.parent, SETUP_CFG, known, ignore)


def _pyproject(path: Path, text: str) -> Project | None:
    if NAME not in text:
        return None
    import tomllib  # only here: most commands do not need it

    try:
        tools = tomllib.loads(text).get("tool")
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{path} cannot be read: {error}.",
            "Correct the line. dbkit reads the file because it contains the word dbkit.",
        ) from None
    section = tools.get(NAME) if isinstance(tools, dict) else None
    if section is None:
        return None
    if not isinstance(section, dict):
        raise ConfigError(f"tool.dbkit in {path} is not a table.", "Write [tool.dbkit].")
    _require_known(section, path)
    ignore = _list(section.get("ignore", []), path)
    texts = {name: " ".join(ignore) if name == "ignore" else _as_text(name, value, path)
             for name, value in section.items()}  # fmt: skip
    return Project(path.parent, PYPROJECT, texts, ignore)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None


def _as_text(name: str, value: Any, path: Path) -> str:
    """The value of TOML as setup.cfg would write it."""
    if name in SWITCHES and isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if name in TIMES and type(value) in (int, float):
        return str(value)
    kind = "a string"
    if name in (*SWITCHES, *TIMES):
        kind = "true or false" if name in SWITCHES else "a number of seconds, or a string"
    raise ConfigError(
        f"{name} under [tool.dbkit] in {path} has a value of the wrong type.", f"Write {kind}."
    )


def _list(value: Any, path: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ConfigError(
            f"ignore under [tool.dbkit] in {path} is not a list of strings.",
            'Write ignore = ["table", "other_table.column"].',
        )
    return tuple(value)


def _require_known(names: Iterable[str], path: Path) -> None:
    """Raise ConfigError for unknown settings. Their values may be secret, so it has none."""
    if unknown := sorted(set(names) - set(KNOWN)):
        raise ConfigError(
            f"{SECTIONS[path.name]} in {path} has unknown settings: {', '.join(unknown)}. "
            f"Known settings: {', '.join(KNOWN)}.",
            "\n".join(dict.fromkeys(filter(None, map(_suggestion, unknown)))),
        )


def _suggestion(name: str) -> str:
    if SECRET.match(name):
        return NOT_COMMITTED
    meant = similar(name.lower().replace("-", "_"), KNOWN)
    return f"Did you mean {meant} instead of {name}?" if meant else ""


def quoted_pattern(name: str) -> str:
    """Return an entry of `ignore` that matches only this name: the name itself, or a JSON string
    if the name has special characters."""
    if PLAIN.fullmatch(name):
        return name
    pattern = literal_pattern(name)
    return json.dumps(pattern, ensure_ascii=not pattern.isprintable())


def literal_pattern(name: str) -> str:
    """Return the pattern that matches only this name."""
    return re.sub(r"[*?\[]", r"[\g<0>]", name)


def _patterns(text: str, path: Path) -> Iterator[str]:
    """The entries of `ignore`, which are separated by blanks."""
    for entry in ENTRY.findall(text):
        try:
            yield json.loads(entry) if entry.startswith('"') else entry
        except ValueError:
            raise ConfigError(
                f"In {path}, ignore has an entry without a closing quote: {entry}",
                'Write it as a JSON string: "table.a \\"quoted\\" name".',
            ) from None
