"""What a run of seeds did."""

from __future__ import annotations

from dataclasses import dataclass, field

KINDS = ("inserted", "updated", "unchanged", "deleted")


@dataclass
class Result:
    """What a run of seeds did. `str()` returns a line for each table.

    Attributes:
        inserted: The numbers of inserted rows, by table.
        updated: The numbers of updated rows, by table.
        unchanged: The numbers of unchanged rows, by table.
        deleted: The numbers of deleted rows, by table.
        notes: Sentences about files that were not loaded.
    """

    inserted: dict[str, int] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, table: str, **counts: int) -> None:
        """Add these numbers to those of the table."""
        for kind in KINDS:
            numbers = getattr(self, kind)
            numbers[table] = numbers.get(table, 0) + counts.get(kind, 0)

    @property
    def summary(self) -> str:
        """The numbers of all tables together, in one line."""
        return self._line({kind: sum(getattr(self, kind).values()) for kind in KINDS})

    def __str__(self) -> str:
        lines = [f"{table}: {self._line({kind: getattr(self, kind)[table] for kind in KINDS})}"
                 for table in self.inserted]  # fmt: skip
        return "\n".join(lines) or "the seed files have no rows"

    def _line(self, counts: dict[str, int]) -> str:
        return ", ".join(f"{count} {kind}" for kind, count in counts.items()
                         if count or kind != "deleted")  # fmt: skip
