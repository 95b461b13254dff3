"""The colours of a picture."""

from __future__ import annotations

from .picture import ADDED, CHANGED, REMOVED

# state -> (title and lines, background of a row)
COLOURS = {
    "": ("#334155", "#ffffff"),
    ADDED: ("#15803d", "#dcfce7"),
    REMOVED: ("#b91c1c", "#fee2e2"),
    CHANGED: ("#a16207", "#fef9c3"),
}
