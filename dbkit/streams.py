"""The standard streams of a process, as both command lines need them."""

from __future__ import annotations

import io
import os
import sys


def prepare_streams() -> None:
    """Open the streams that the caller has closed, as /dev/null. Let standard output print every
    message: characters that its encoding lacks are escaped."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
