"""The messages about a module of the project that cannot be imported: where it fails, and which
module may be meant."""

from __future__ import annotations

import os
import pkgutil
import sys
import sysconfig
import traceback
from collections.abc import Iterable

from .errors import ModelsError
from .similar_names import similar

LIBRARIES = tuple(
    os.path.realpath(path) + os.sep
    for path in (*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")),
                 os.path.dirname(__file__))
)  # fmt: skip


def module_missing(name: str, error: ModuleNotFoundError, folder: str) -> ModelsError:
    """Return the error for a module `name` that lacks a module, or does not exist itself. The
    project is in `folder`."""
    missing = error.name or name
    if name == missing or name.startswith(missing + "."):
        otherwise = "dbkit looks in the current directory first, and then on Python's module path."
        meant = _module_meant(missing, folder)
        hint = f"Did you mean {meant}{name.removeprefix(missing)}?" if meant else otherwise
        return ModelsError(f"There is no module {name} for the models.", hint)
    said = f"Module {name} cannot be imported: {error}{_place(error)}"
    if missing.partition(".")[0] not in {name.partition(".")[0], *_modules([folder])}:
        return ModelsError(said, "Install what it needs.")
    meant = _module_meant(missing, folder)
    return ModelsError(said, f"Did you mean {meant}?" if meant else "Correct the import.")


def _module_meant(missing: str, folder: str) -> str:
    """Return the module of the same package, or of the folder, whose name is like that of a missing
    module; an empty text if there is none."""
    package, dot, last = missing.rpartition(".")
    places = getattr(sys.modules.get(package), "__path__", ()) if package else [folder]
    meant = similar(last, _modules(places))
    return f"{package}{dot}{meant}" if meant else ""


def _modules(places: Iterable[str]) -> list[str]:
    return [info.name for info in pkgutil.iter_modules(list(places))]


def module_fails(what: str, error: BaseException) -> ModelsError:
    """Return the error for code of the project that raises an error; `what` says what fails."""
    return ModelsError(
        f"{what}: {type(error).__name__}: {error}{_place(error)}",
        "Correct the module. Run with --debug to see the traceback.",
    )


def _place(error: BaseException) -> str:
    """Return the innermost file and line of the user in the traceback, in parentheses, or an empty
    text. A SyntaxError names its place itself."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = os.path.realpath(frame.filename)
        if os.path.isfile(path) and not path.startswith(LIBRARIES):
            near = os.path.relpath(path)
            shown = path if near.startswith(os.pardir) else near
            return "" if isinstance(error, SyntaxError) else f" ({shown}, line {frame.lineno})"
    return ""
