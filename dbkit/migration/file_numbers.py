"""The number at the beginning of a migration's name: a counter, or the time of creation."""

from __future__ import annotations

import re

TIME = re.compile(r"((?:19|20)\d{6})_(\d{6}|\d{4})_")  # a name that begins with a date and a time


def number(name: str) -> int:
    """Return the number at the beginning of a file's name: 7 of `007_add`, and 20261125120000 of
    `20261125_1200_add`."""
    if match := TIME.match(name):
        return int(match[1] + match[2].ljust(6, "0"))
    return int(name.partition("_")[0])


def is_time(found: int) -> bool:
    """Whether a number that `number` returned is a time."""
    return found >= 10**13
