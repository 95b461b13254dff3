"""How far a run of seeds is."""

from __future__ import annotations


class Progress:
    """Is told how far a run of seeds is, and shows nothing. A subclass can show it."""

    def begin(self, size: int) -> None:
        """The run begins. `size` is the number of bytes of all files, or of rows to make."""

    def read(self, size: int, rows: int) -> None:
        """`size` more bytes and `rows` more rows were read, or made."""

    def write(self) -> None:
        """All files were read, and the tables are written now."""
