"""The models of a project: the classes of a module that have tables."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from .errors import ModelsError
from .project import current_project, hint_where
from .schema.peewee_models import Model, is_model, only_inherited_from, with_targets

LIBRARIES = ("peewee", "playhouse", "peewee_migrate")


@dataclass(frozen=True)
class Found:
    """The models of a module. `bases` are classes that exist only as a base for other models.
    `outside` are classes of other modules to which foreign keys point. No list says that these
    have no table, so a table that a migration created for such a class is kept."""

    models: list[Model]
    bases: tuple[Model, ...] = ()
    outside: tuple[Model, ...] = ()


def load_models(spec: str | None) -> list[Model]:
    """Return the models of a project, as the commands find them.

    Args:
        spec: `MODULE` or `MODULE:NAME`. NAME is a list of models, or a function that returns one.
            Without NAME, the list MODELS of the module is used, or else every model of the module
            and its submodules, except classes that exist only as a base for other models.

    Raises:
        ModelsError: The module cannot be imported, or has no models. A submodule that cannot be
            imported is an error too: its models must not look like tables that were removed.
    """
    return find_models(spec).models


def find_models(spec: str | None) -> Found:
    """Return what `load_models` returns, with the classes that were passed over.

    Raises ModelsError.
    """
    if not spec:
        raise ModelsError(
            "No models are configured.",
            hint_where(
                "Use --models MODULE, DBKIT_MODELS, or `models` under [dbkit] in setup.cfg or "
                "[tool.dbkit] in pyproject.toml."
            ),
        )
    name, _, attribute = spec.partition(":")
    find_project()
    module = _import(name)
    try:
        listed = getattr(module, attribute or "MODELS", None)
        found = _tables(_walk(module)) if listed is None else Found(_listed(spec, listed))
    except ModelsError:
        raise
    except (Exception, SystemExit) as error:
        from .import_errors import module_fails  # only for errors

        raise module_fails(f"{spec} fails", error) from error
    if attribute and listed is None:
        raise ModelsError(f"Module {name} has no {attribute}.", "Check --models MODULE:NAME.")
    if not found.models:
        raise ModelsError(
            f"There are no Peewee models in {spec}.", "Name the module that defines them."
        )
    return found


def find_project() -> str:
    """Let Python import modules from the project's folder, as `python -m` does there; return the
    folder."""
    folder = str((Path.cwd() / current_project().directory).resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return folder


def _listed(spec: str, listed: Any) -> list[Model]:
    if callable(listed) and not is_model(listed):
        listed = listed()
    models = [listed] if is_model(listed) else listed
    if not isinstance(models, Iterable) or not all(map(is_model, models := list(models))):
        raise ModelsError(
            f"{spec} is not a list of Peewee models.",
            "Name a list of model classes, or a function that returns such a list.",
        )
    return _with_through_models(models)


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        from .import_errors import module_missing  # only for errors

        raise module_missing(name, error, find_project()) from error
    except (Exception, SystemExit) as error:  # a module that exits must not end dbkit as "clean"
        from .import_errors import module_fails

        raise module_fails(f"Module {name} cannot be imported", error) from error


def _walk(module: ModuleType) -> list[ModuleType]:
    """The module and its submodules. A folder without `__init__.py` is a package to Python, but may
    also contain scripts, so only those of its files that define classes are imported."""
    modules = [module]
    folder = not getattr(module, "__file__", None)
    for info in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if info.name == "__main__" or not info.name.isidentifier():
            continue
        if info.ispkg or not folder or _defines_classes(info):
            modules += _walk(_import(f"{module.__name__}.{info.name}"))
    for name in _folders(module):
        modules += _walk(_import(f"{module.__name__}.{name}"))
    return modules


def _folders(module: ModuleType) -> list[str]:
    """The names of the folders in a package that have Python files but no `__init__.py`."""
    return sorted(
        {
            folder.name
            for place in getattr(module, "__path__", ())
            for folder in (Path(place).iterdir() if Path(place).is_dir() else ())
            if folder.name.isidentifier()
            and folder.name != "__pycache__"
            and folder.is_dir()
            and not (folder / "__init__.py").exists()
            and next(folder.rglob("*.py"), None)
        }
    )


def _defines_classes(info: pkgutil.ModuleInfo) -> bool:
    """Whether a file defines a class that has a base class; the file is parsed but not run."""
    path = Path(getattr(info.module_finder, "path", ""), f"{info.name}.py")
    if not path.is_file():
        return True
    try:
        with tokenize.open(path) as file:
            body = ast.parse(file.read()).body
    except (SyntaxError, ValueError, OSError):
        return True  # the import says what is wrong
    return any(isinstance(node, ast.ClassDef) and node.bases for node in body)


def _is_librarys(model: Model) -> bool:
    """Whether a class belongs to a library. (A class that `type()` made claims to be Peewee's, so
    the module must really contain it.)"""
    module = sys.modules.get(model.__module__)
    own = getattr(module, model.__name__, None) is model
    return own and model.__module__.partition(".")[0] in LIBRARIES


def _tables(modules: list[ModuleType]) -> Found:
    found = {
        thing: None
        for module in modules
        for thing in vars(module).values()
        if is_model(thing) and not _is_librarys(thing)
    }
    models = _with_through_models([model for model in found if not only_inherited_from(model)])
    bases = tuple(model for model in found if model not in models)
    outside = tuple(model for model in with_targets(models) if model not in {*models, *bases})
    return Found(models, bases, outside)


def _with_through_models(models: Iterable[Model]) -> list[Model]:
    every = dict.fromkeys(models)
    for model in list(every):
        for field in model._meta.manytomany.values():
            every[field.get_through_model()] = None
    return list(every)
