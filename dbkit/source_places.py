"""Where a project describes a table or a column: in the source of its models, or in a migration."""

from __future__ import annotations

import ast
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .fields import EnumField
from .schema.changes import Add, Change, Drop, covers
from .schema.names import Name
from .schema.peewee_models import Model, table_name
from .schema.sql import mentions
from .schema.values import Check, Column, EnumType, Namespace, Table


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    path: Path
    line: int = 1


Find = Callable[[Change], Place | None]


def place_of(
    models: Iterable[Model], change: Change, parents: Mapping[Name, Name] | None = None
) -> Place | None:
    """Return the place of the field that a change concerns, or else of its model's class. The file
    is parsed but not run; None if no class in a file describes the item. `parents` are the tables
    above partitions, which have no models."""
    models = list(models)
    place = next(filter(None, (_in_model(model, change) for model in models)), None)
    parent = (parents or {}).get(change.table or change.item.name)  # type: ignore[arg-type]
    if place or parent is None:
        return place
    above = Add(parent, change.item) if change.table else Add(None, Table(parent))
    return place_of(models, above, parents)


def place_of_table(models: Iterable[Model], name: str) -> Place | None:
    """Return the place of the class whose table has this name in messages."""
    return next((_place(model, set()) for model in models if str(table_name(model)) == name), None)


def place_of_any(find: Find, changes: Iterable[Change]) -> Place | None:
    """Return the first place of these changes. The place of a drop comes last, because its item is
    no longer in the source."""
    ordered = sorted(changes, key=lambda change: isinstance(change, Drop))
    return next(filter(None, map(find, ordered)), None)


def or_in_migrations(find: Find, directory: Path) -> Find:
    """Return `find`, extended: a change without a place in the models gets its place in the last
    migration that names its item."""

    def found(change: Change) -> Place | None:
        return find(change) or _in_files(sorted(directory.glob("[0-9]*.py")), change)

    return found


def _in_files(paths: Iterable[Path], change: Change) -> Place | None:
    item = change.item
    outer = change.table or item.name
    outer_name = outer.bare if isinstance(outer, Name) else str(outer)
    part = str(item.name) if change.table and item.name else ""
    found: list[tuple[bool, int, Path]] = []
    for path in paths:
        words = [*_words(path)]
        lines = [line for word, line in words if _names(word, outer_name)]
        inner = [line for word, line in words if part and _names(word, part)]
        if lines:
            found.append((bool(inner), min(inner or lines), path))
    best = [one for one in found if one[0]] or found
    return Place(best[-1][2], best[-1][1]) if best else None


def _words(path: Path) -> Iterator[tuple[str, int]]:
    """The names and texts of a file, without its docstrings, and their lines."""
    try:
        with tokenize.open(path) as text:
            tree = ast.parse(text.read())
    except (OSError, SyntaxError, ValueError):
        return
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(word)) if id(node) not in docstrings:
                yield word, node.lineno
            case ast.keyword(arg=str(word)):
                yield word, node.lineno
            case ast.Name(id=word, ctx=ast.Store()):
                yield word, node.lineno


def _names(word: str, name: str) -> bool:
    """Whether a name of a file, or SQL in it, names an item."""
    return word == name or (" " in word and mentions(word, name))


def _in_model(model: Model, change: Change) -> Place | None:
    item = change.item
    if isinstance(item, Namespace):
        return _place(model, set()) if model._meta.schema == item.name else None
    if isinstance(item, EnumType):
        enums = (one for one in model._meta.sorted_fields if isinstance(one, EnumField))
        columns = {one.column_name for one in enums if one.type_name == item.name.bare}
        return _place(model, columns) if columns else None
    if table_name(model) != (item.name if isinstance(item, Table) else change.table):
        return None
    if isinstance(item, Column):
        return _place(model, {str(item.name)})
    texts = (item.expression,) if isinstance(item, Check) else covers(item)
    about = (name for name in model._meta.columns if any(mentions(text, name) for text in texts))
    return _place(model, {*about})


def _place(model: Model, columns: set[str]) -> Place | None:
    """The place of the first field of these columns that the class or a base assigns, or else of
    the class."""
    fields = {field.name for field in model._meta.sorted_fields if field.column_name in columns}
    for kind in model.__mro__:
        found = _class(kind)
        if found is None:
            continue
        path, node = found
        lines = [line for name, line in _assigned(node) if name in fields]
        if lines:
            return Place(path, lines[0])
    found = _class(model)
    return Place(found[0], found[1].lineno) if found else None


def _class(kind: type) -> tuple[Path, ast.ClassDef] | None:
    """The file of a class, and its definition there."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    if not file or kind.__module__.partition(".")[0] == "peewee":
        return None
    try:
        with tokenize.open(file) as text:
            body: list[ast.stmt] = ast.parse(text.read()).body
    except (OSError, SyntaxError, ValueError):
        return None
    node = None
    for name in kind.__qualname__.replace(".<locals>", "").split("."):
        nodes = [one for one in _within(body) if getattr(one, "name", None) == name]
        if not nodes:
            return None
        node = nodes[-1]
        body = getattr(node, "body", [])
    return (Path(file), node) if isinstance(node, ast.ClassDef) else None


def _within(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, and those of its `if`, `try` and `with`."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from _within([one for one in ast.iter_child_nodes(node)
                                if isinstance(one, ast.stmt)])  # fmt: skip


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, int]]:
    """The names that a class assigns, with their lines."""
    for one in node.body:
        targets = one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, one.lineno
