"""The formats of a picture, and the file names that choose them."""

from __future__ import annotations

from collections.abc import Callable

from .graphviz import to_dot
from .html_page import to_html
from .mermaid import to_mermaid
from .picture import Picture
from .svg import to_svg

FORMATS: dict[str, Callable[[Picture], str]] = {
    "mermaid": to_mermaid,
    "dot": to_dot,
    "svg": to_svg,
    "html": to_html,
}
SUFFIXES = {
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
}
