"""A picture as values for a program."""

from __future__ import annotations

from typing import Any

from .picture import ELSEWHERE, Arrow, Box, Picture


def to_values(picture: Picture) -> dict[str, Any]:
    """Return the tables and the foreign keys of a picture."""
    keys = [arrow for arrow in picture.arrows if not arrow.inherits]
    return {
        "tables": [_table(box) for box in picture.boxes if box.kind != ELSEWHERE],
        "foreign_keys": [_foreign_key(arrow, picture) for arrow in keys],
    }


def _table(box: Box) -> dict[str, Any]:
    columns = [
        {"name": row.name, "type": row.type, "nullable": row.nullable, "keys": [*row.keys],
         "state": row.state}
        for row in box.rows if row.type
    ]  # fmt: skip
    others = [{"name": row.name, "state": row.state} for row in box.rows if not row.type]
    return {
        "name": box.name,
        "kind": box.kind,
        "state": box.state,
        "columns": columns,
        "differences": others,
    }


def _foreign_key(arrow: Arrow, picture: Picture) -> dict[str, Any]:
    return {
        "table": picture.boxes[arrow.child].name,
        "references": picture.boxes[arrow.parent].name,
        "text": arrow.text,
        "nullable": arrow.optional,
        "unique": arrow.single,
        "state": arrow.state,
    }
