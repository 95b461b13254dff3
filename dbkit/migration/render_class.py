"""Renders the class of a model in the body of a migration's function."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dbkit.python_source import INDENT, Call, Class, Code, flat, lines, statement_lines, used_names

from .class_names import is_plain
from .render_model import Frozen


def model_lines(frozen: Frozen) -> Iterator[str]:
    """Yield the lines of the class, which the migrator gets, and the calls that add its indexes."""
    body = {
        name: call
        for name, call in frozen.fields.items()
        if (name, call) != ("id", Call("pw.AutoField"))
    }  # Peewee makes that; fmt: skip
    pairs = [index for index in frozen.indexes if _is_pair(index)]
    meta = {"table_name": frozen.table, **frozen.options}
    if frozen.key is not None:
        meta["primary_key"] = frozen.key
    if pairs:
        meta["indexes"] = [(index.arguments, "unique" in index.options) for index in pairs]
    if frozen.constraints:
        meta["constraints"] = list(frozen.constraints)
    yield from _class(frozen, body, meta)
    for index in frozen.indexes:
        if index not in pairs:
            keys = tuple(_class_key(frozen.name, key) for key in index.arguments)
            yield ""
            yield from inside("", Call(f"{frozen.name}.add_index", keys, index.options))


def _class(frozen: Frozen, body: Mapping[str, Any], meta: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a class statement; or of a call of `type`, if a class body would change a
    field's name or hide a name that it uses."""
    made = frozen.options.get("managed", True)
    if any(not is_plain(name) or name in _used(body.values()) for name in body):
        attributes = {**body, "Meta": Call("type", ("Meta", (), dict(meta)))}
        call = Call("type", (frozen.name, (Code(frozen.base),), attributes))
        call = Call("migrator.create_model", (call,)) if made else call
        yield from inside(f"{frozen.name} = ", call)
        return
    decorator = "migrator.create_model" if made else ""
    parts = tuple(body.items()), tuple(meta.items())
    statement = Class(frozen.name, frozen.base, *parts, decorator=decorator)
    for line in statement_lines(statement, INDENT):
        yield line.removeprefix(INDENT)


def _used(values: Iterable[Any]) -> set[str]:
    """The names to which these values refer."""
    found = (re.match(r"\w+", name) for value in values for name in used_names(value))
    return {match[0] for match in found if match}


def inside(before: str, value: Any) -> Iterator[str]:
    """Yield lines for a function's body, without its own indentation."""
    for line in lines(before, value, "", INDENT):
        yield line.removeprefix(INDENT)


def _class_key(model: str, key: Any) -> Any:
    """A key for Model.add_index, which reads a single pw.SQL as a whole statement."""
    if isinstance(key, str):
        return Code(f"{model}.{key}" if is_plain(key) else f"getattr({model}, {flat(key)})")
    (sql,) = key.arguments
    return key if sql[:6].upper() == "CREATE" else sql


def _is_pair(index: Call) -> bool:
    """Whether Meta.indexes can express the index: field names, and whether it is unique."""
    return index.options.keys() <= {"unique"} and all(isinstance(key, str)
                                                      for key in index.arguments)  # fmt: skip
