"""Where the models of a project, and their fields, are in its source."""

from __future__ import annotations

import ast
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .fields import EnumField
from .schema.changes import Change, covers
from .schema.peewee_models import Model, table_name
from .schema.values import Column, EnumType, Table


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    path: Path
    line: int = 1


def place_of(models: Iterable[Model], change: Change) -> Place | None:
    """Return the place of the field that a change concerns, or else of its model's class. The file
    is parsed but not run; None if no class in a file describes the item."""
    places = (_in_model(model, change) for model in models)
    return next((place for place in places if place), None)


def _in_model(model: Model, change: Change) -> Place | None:
    item = change.item
    if isinstance(item, EnumType):
        enums = (one for one in model._meta.sorted_fields if isinstance(one, EnumField))
        columns = {one.column_name for one in enums if one.type_name == item.name.bare}
        return _place(model, columns) if columns else None
    if table_name(model) != (item.name if isinstance(item, Table) else change.table):
        return None
    columns = {str(item.name)} if isinstance(item, Column) else {*covers(item)}
    return _place(model, columns)


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
