"""Which classes of a module are the project's tables."""

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
from .schema.peewee_models import Model, is_model, with_targets

LIBRARIES = ("peewee", "playhouse", "peewee_migrate")


@dataclass(frozen=True)
class Found:
    """The models of a module. `bases` are classes that were passed over because other models
    inherit from them; `outside` are classes of other modules that foreign keys point to. No list
    says that these are no tables, so a table that a migration made for such a class stays."""

    models: list[Model]
    bases: tuple[Model, ...] = ()
    outside: tuple[Model, ...] = ()


def load_models(spec: str | None) -> list[Model]:
    """The models that `MODULE` or `MODULE:NAME` names.

    NAME is a list of models, or a function that gives one; without it the module's own MODELS
    is taken, or else every model in it and its submodules, less those that are only inherited
    from. Raises ModelsError, also when any submodule fails to import: what cannot be read must
    not look like a table that was removed.
    """
    return find_models(spec).models


def find_models(spec: str | None) -> Found:
    """As `load_models`, with the classes that were passed over."""
    if not spec:
        raise ModelsError(
            "No models are configured.",
            "Use --models MODULE, DBKIT_MODELS, or models = MODULE under [dbkit] in setup.cfg.",
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
        raise ModelsError(f"{spec} fails: {type(error).__name__}: {error}") from error
    if attribute and listed is None:
        raise ModelsError(f"Module {name} has no {attribute}.", "Check --models MODULE:NAME.")
    if not found.models:
        raise ModelsError(
            f"There are no Peewee models in {spec}.", "Name the module that defines them."
        )
    return found


def find_project() -> None:
    """Let modules of the current directory be imported, as `python -m` does."""
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))


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
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise ModelsError(
                f"There is no module {name} for the models.",
                "dbkit looks in the current directory first, and then on Python's module path.",
            ) from error
        raise ModelsError(
            f"Module {name} cannot be imported: {error}", "Install what it needs."
        ) from error
    except (Exception, SystemExit) as error:  # a module that exits must not end us as "clean"
        raise ModelsError(
            f"Module {name} cannot be imported: {type(error).__name__}: {error}",
            "Run with --debug to see where.",
        ) from error


def _walk(module: ModuleType) -> list[ModuleType]:
    """The module and its submodules. A folder without `__init__.py` is a package to Python, and may
    also hold scripts: of its files, only those that define classes are imported."""
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
    """The names of the folders below a package that hold Python files and no `__init__.py`."""
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
    """Whether a file defines a class that is derived from another; it is read, and not run."""
    path = Path(getattr(info.module_finder, "path", ""), f"{info.name}.py")
    if not path.is_file():
        return True
    try:
        with tokenize.open(path) as file:
            body = ast.parse(file.read()).body
    except (SyntaxError, ValueError, OSError):
        return True  # the import says what is wrong
    return any(isinstance(one, ast.ClassDef) and one.bases for one in body)


def _is_librarys(model: Model) -> bool:
    """Whether a class is a library's. (One that `type()` made says that it is Peewee's.)"""
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
    outside = tuple(one for one in with_targets(models) if one not in {*models, *bases})
    return Found(models, bases, outside)


def only_inherited_from(model: Model) -> bool:
    """Whether a class is no table of its own; Peewee has no mark for it, so by how it is used:
    models derive from it, no foreign key points to it, and nobody gave it a table's name."""
    meta = model._meta
    named = meta.table_name != meta.make_table_name() and meta.table_function is None
    return bool(model.__subclasses__()) and not meta.backrefs and not named


def _with_through_models(models: Iterable[Model]) -> list[Model]:
    every = dict.fromkeys(models)
    for model in list(every):
        for field in model._meta.manytomany.values():
            every[field.get_through_model()] = None
    return list(every)
