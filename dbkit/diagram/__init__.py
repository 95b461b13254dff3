"""Pictures of a schema: Mermaid, Graphviz, SVG and HTML. They are made from plain values only."""

from .formats import FORMATS, SUFFIXES
from .json_values import to_values
from .picture import Picture, draw

__all__ = ["FORMATS", "SUFFIXES", "Picture", "draw", "to_values"]
