"""How far a run of seeds is."""

from __future__ import annotations


class Progress:
    """Hears how far a run is, and shows nothing. A subclass shows it."""

    def begin(self, size: int) -> None:
        """The files have `size` bytes together, or so many rows are to be made."""

    def read(self, size: int, rows: int) -> None:
        """So many bytes and rows were read, or made."""

    def write(self) -> None:
        """All files were read; now the tables are written."""
