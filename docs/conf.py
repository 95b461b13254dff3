"""The site of the pages in this folder. Built as in CONTRIBUTING.md, it needs no network."""

from __future__ import annotations

import re
from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.domains.python import PyObject

import dbkit

project = "dbkit"
version = release = dbkit.__version__
project_copyright = "the authors of dbkit"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4  # the anchors of headings are those of GitHub

# docstrings: `x` is code, "Args:" and "Raises:" are sections, and types are those of the signatures
default_role = "code"
add_module_names = False
autodoc_type_aliases = {"Model": "type[Model]"}
napoleon_use_ivar = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
# these types have no page: those of other packages, and what only `create --count-rows` uses
INTERNAL = r"dbkit\.migration\.(renames\.Renaming|new_rules\.NewRule)"
nitpick_ignore_regex = [
    ("py:class", r"(peewee|pathlib|collections|datetime|enum)\..*|Model"),
    ("py:class", INTERNAL),
]

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = f"dbkit {version}"
html_static_path, html_css_files = ["_static"], ["site.css"]
html_show_sphinx = False
html_show_sourcelink = html_copy_source = False

# pages of the repository whose place on the site is another
PAGES = {"../CHANGELOG.md": "changelog.md"}


def link_within_the_site(_: Any, __: str, text: list[str]) -> None:
    """Let links to the repository's own pages lead to those of the site."""
    for path, page in PAGES.items():
        text[0] = text[0].replace(f"]({path}", f"]({page}")


def shorten(*event: Any) -> tuple[str, str] | None:
    """Write types and defaults in a signature as the code does."""
    if not event[-2]:
        return None
    text, result = (
        re.sub(r"TypeAliasForwardRef\('(.*?)'\)", r"\1", one or "") for one in event[-2:]
    )
    return re.sub(r"= Limits\(.*?\)", "= Limits()", text), result


def setup(app: Any) -> None:
    app.add_lexer("csv", TextLexer)  # Pygments has none
    app.connect("source-read", link_within_the_site)
    app.connect("autodoc-process-signature", shorten)
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"
