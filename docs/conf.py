"""The site of the pages in this folder. Built as in CONTRIBUTING.md, it needs no network."""

from __future__ import annotations

from typing import Any

from pygments.lexers.special import TextLexer

import dbkit

project = "dbkit"
version = release = dbkit.__version__
project_copyright = "the authors of dbkit"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 4  # the anchors of headings are those of GitHub

html_theme = "furo"
html_title = f"dbkit {version}"
html_show_sphinx = False
html_show_sourcelink = html_copy_source = False

# pages of the repository whose place on the site is another
PAGES = {"../CHANGELOG.md": "changelog.md"}


def link_within_the_site(_: Any, __: str, text: list[str]) -> None:
    """Let links to the repository's own pages lead to those of the site."""
    for path, page in PAGES.items():
        text[0] = text[0].replace(f"]({path}", f"]({page}")


def setup(app: Any) -> None:
    app.add_lexer("csv", TextLexer)  # Pygments has none
    app.connect("source-read", link_within_the_site)
