"""A table on its way into a seed file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DumpedTable:
    """What a file says of a table before its rows. `key` are the columns that identify a row; they
    are all columns if the model declares no set of columns as unique (`is_keyless`)."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    is_keyless: bool
