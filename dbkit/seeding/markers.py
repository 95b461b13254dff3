"""Objects in TOML and JSON that stand for a value which the format lacks or would misread:
`{null = true}` is NULL, and `{json = "text"}` is the JSON value of that text.

They may also stand in lists. Inside other objects, which are values of JSON, they mean themselves.
"""

from __future__ import annotations

from typing import Any

from .rows import JsonText


def is_marked(value: Any) -> bool:
    """Whether a value is such an object, or a list with one."""
    match value:
        case {"null": True, **others} | {"json": str(), **others}:
            return not others
        case list():
            return any(map(is_marked, value))
    return False


def meant(value: Any) -> Any:
    """Return the value that is meant."""
    if not isinstance(value, (dict, list)) or not is_marked(value):
        return value
    if isinstance(value, list):
        return [meant(part) for part in value]
    return JsonText(value["json"]) if "json" in value else None
