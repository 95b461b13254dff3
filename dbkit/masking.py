"""Hides the passwords in statements that dbkit prints or records."""

from __future__ import annotations

import re

from .schema.sql import LITERAL

GAP = r"(?:\s|/\*.*?\*/|--[^\n]*\n)"
PASSWORD = re.compile(
    rf"""(?P<before>password"?{GAP}*+(?P<is>=)?{GAP}*+)(?:{LITERAL}|(?(is)[^\s'",;)]+|(?!)))"""
    r"|(?P<url>://[^\s:/@']*:)[^\s@']+(?=@)",
    re.IGNORECASE | re.DOTALL,
)


def masked(sql: str) -> str:
    """Return a statement without its passwords: those of roles, of connections, and of URLs."""
    return PASSWORD.sub(lambda match: f"{match['before'] or match['url']}***", sql)
