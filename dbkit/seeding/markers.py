"""Objects in TOML and JSON that stand for a value which the format lacks or would misread:
`{json = "text"}` is the JSON value of that text, and in TOML `{null = true}` is NULL.

They may also be elements of an array. Inside a value of JSON, they mean themselves.
"""

from __future__ import annotations

from typing import Any

from .rows import JsonText


def is_marked(value: Any) -> bool:
    """Whether a value is such an object."""
    match value:
        case {"null": True, **others} | {"json": str(), **others}:
            return not others
    return False


def meant(value: Any, has_null: bool = False) -> Any:
    """Return the value that is meant, in a format that has NULL or not."""
    if not isinstance(value, dict) or not is_marked(value) or (has_null and "null" in value):
        return value
    return JsonText(value["json"]) if "json" in value else None
