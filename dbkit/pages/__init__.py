"""Markdown pages that describe a schema: an index with a picture, and a page per table."""

from .write_pages import Written, write, written

__all__ = ["Written", "write", "written"]
