"""Writes the pages of a schema into a directory, and only the files that change.

Every file begins with MARKER. A file without it belongs to somebody else: it is neither replaced
nor removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from ..atomic_files import writing
from ..diagram.picture import draw
from ..diagram.svg import to_svg
from ..errors import WriteFailed
from ..plurals import counted
from ..schema.changes import covers, definition, subject
from ..schema.inheritance import is_partition
from ..schema.names import Name
from ..schema.values import Column, Part, Schema
from .markdown import escaped, table
from .table_page import Site, comment_on, page

MARKER = "<!-- Written by dbkit docs. Change the models or the comments instead of this file. -->"
INDEX, PICTURE = "README.md", "diagram.svg"
UNSAFE = re.compile(r"[^a-z0-9_.-]", re.IGNORECASE | re.ASCII)
LONGEST = 80
# names that Windows does not accept, and the index
RESERVED = re.compile(r"(?:readme|index|con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Written:
    """What `write` did."""

    tables: int
    written: tuple[str, ...]
    removed: tuple[str, ...]

    def __str__(self) -> str:
        removed = f", {len(self.removed)} removed" if self.removed else ""
        files = counted(len(self.written), "file")
        return f"{counted(self.tables, 'table')}: {files} written{removed}"


def write(schema: Schema, directory: Path) -> Written:
    """Write the pages of a schema. Raises WriteFailed, before it writes anything, if a page has the
    name of a file that dbkit did not write."""
    pages = rendered(schema)
    for name in pages:
        _require_ours(directory / name)
    new = tuple(name for name, text in pages.items() if written(directory / name, text))
    old = [path for path in _files(directory) if path.name not in pages and _is_ours(path)]
    for path in sorted(old):
        _remove(path)
    return Written(len(schema.tables), new, tuple(path.name for path in sorted(old)))


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WriteFailed(f"{path} cannot be removed: {error.strerror}.") from error


def written(path: Path, text: str) -> bool:
    """Write a file, unless it has that content already; return whether it was written."""
    data = text.encode()
    if _content(path, len(data) + 1) == data:
        return False
    with writing(path, may_replace=True) as file:
        file.write(data)
    return True


def rendered(schema: Schema) -> dict[str, str]:
    """Return the text of each file by its name. Equal schemas give equal texts."""
    schema = _ordered(schema)
    site = Site(schema, file_names(one.name for one in schema.tables))
    pages = {site.files[one.name]: _text(page(site, one)) for one in schema.tables}
    pages[INDEX] = _text(_index(site))
    pages[PICTURE] = f"{MARKER}\n{to_svg(draw(schema))}"
    return pages


def _ordered(schema: Schema) -> Schema:
    """Put all but the columns in an order that does not depend on where the schema was read."""
    tables = sorted(schema.tables, key=lambda table: table.name)
    return replace(
        schema,
        tables=tuple(replace(one, parts=tuple(sorted(one.parts, key=_place))) for one in tables),
        enums=tuple(sorted(schema.enums, key=lambda one: one.name)),
        domains=tuple(sorted(schema.domains, key=lambda one: one.name)),
    )


def _place(part: Part) -> tuple[object, ...]:
    return () if isinstance(part, Column) else (covers(part), subject(part), definition(part))


def _text(lines: Iterable[str]) -> str:
    return "\n".join([MARKER, "", *lines, ""])


def _index(site: Site) -> list[str]:
    rows = [
        (site.link(one.name), "" if one.kind == "table" else one.kind, escaped(comment_on(one)))
        for one in site.schema.tables
        if not is_partition(one)
    ]
    partitions = [(site.link(one.name), site.link(one.parents[0]) if one.parents else "")
                  for one in site.schema.tables if is_partition(one)]  # fmt: skip
    more = ["", "## Partitions", "", *table(("Partition", "Table"), partitions)]
    return [
        "# Tables",
        "",
        f"[![The tables and their foreign keys]({PICTURE})]({PICTURE})",
        "",
        *(table(("Table", "Kind", "Comment"), rows) if rows else ["There are no tables."]),
        *(more if partitions else []),
    ]


def file_names(names: Iterable[Name]) -> dict[Name, str]:
    """Return the file of each table. No two are equal on a file system that ignores case; a name
    that no file can have, or that another table has, gets a hash."""
    files: dict[Name, str] = {}
    taken: set[str] = set()
    for name in sorted(names):
        bare = UNSAFE.sub("-", str(name))[:LONGEST].lstrip("-._").rstrip("-.") or "table"
        if bare != str(name) or RESERVED.fullmatch(bare) or bare.lower() in taken:
            bare = f"{bare}-{sha256(repr(tuple(name)).encode(errors='replace')).hexdigest()[:8]}"
        taken.add(bare.lower())
        files[name] = f"{bare}.md"
    return files


def _require_ours(path: Path) -> None:
    if (path.exists() or path.is_symlink()) and not _is_ours(path):
        raise WriteFailed(
            f"{path} exists already, and dbkit did not write it.",
            "Move the file, or choose another directory.",
        )


def _is_ours(path: Path) -> bool:
    marker = f"{MARKER}\n".encode()
    return _content(path, len(marker)) == marker


def _content(path: Path, length: int) -> bytes | None:
    """Return the first bytes of a file; None if the file cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError:
        return None


def _files(directory: Path) -> list[Path]:
    return [*directory.glob("*.md"), directory / PICTURE]
