"""A bar on the terminal that shows how far a run of seeds is, with its rate and the time left."""

from __future__ import annotations

import sys
from typing import Any

from ..live_line import is_possible
from ..seeding.progress import Progress


class ProgressBar(Progress):
    """Shows the bar on standard error, if that is a terminal, until `close`. The `unit` is that of
    the sizes."""

    def __init__(self, quiet: bool = False, unit: str = "B") -> None:
        self.is_shown, self.rows, self.unit = is_possible() and not quiet, 0, unit
        self.bar: Any = None

    def begin(self, size: int) -> None:
        from tqdm import tqdm  # only a bar needs it

        if self.is_shown:
            self.bar = tqdm(desc="seed", total=size, unit=self.unit, unit_scale=True, leave=False,
                            file=sys.stderr)  # fmt: skip

    def read(self, size: int, rows: int) -> None:
        self.rows += rows
        if self.bar is not None:
            rate = self.rows / (self.bar.format_dict["elapsed"] or 1)
            self.bar.set_postfix_str(f"{self.rows:,} rows, {rate:,.0f} rows/s", refresh=False)
            self.bar.update(size)

    def write(self) -> None:
        if self.bar is not None:
            self.bar.set_description_str(f"seed: writing {self.rows:,} rows")

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
