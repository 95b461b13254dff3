"""Warnings about a directory of migrations: missing numbers, and another directory beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .files import Files, has_migrations

GAP = "If a file was deleted, restore it from version control."


def directory_notes(directory: Path) -> Iterator[str]:
    """Yield a sentence for each missing number. If the directory has no migrations, yield one for
    each directory beside it that has some: its name may be misspelled in the settings."""
    files = Files(directory)
    files.needed = False
    layout = files.layout()
    yield from (f"{gap} {GAP}" for gap in layout.standing({}).gaps)
    for other in () if layout.names else sorted(directory.absolute().parent.glob("*/")):
        if has_migrations(other):
            yield (
                f"{directory} had no migrations, but {directory.parent / other.name} has. If you "
                "mean that directory, delete the new file, and correct the setting `migrations`."
            )
