"""The command line: `python -m dbkit`."""

from .commands import main

__all__ = ["main"]
