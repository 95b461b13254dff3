"""A picture in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from .colours import COLOURS
from .picture import SIGNS, Arrow, Box, Picture, Row

HEAD = """\
digraph schema {
  graph [rankdir=LR, nodesep=0.3, ranksep=1];
  node [shape=plain, fontname="monospace", fontsize=11];
  edge [fontname="monospace", fontsize=9, dir=both];"""


def to_dot(picture: Picture) -> str:
    """Return the picture as a graph whose nodes are tables in the HTML of Graphviz."""
    return "\n".join([*_lines(picture), ""])


def _lines(picture: Picture) -> Iterator[str]:
    yield HEAD
    if picture.compared:
        yield f"  label={_quoted(picture.title)};"
    for number, box in enumerate(picture.boxes):
        yield f"  t{number} [label=<{''.join(_label(box))}>];"
    for arrow in picture.arrows:
        yield _edge(arrow)
    yield "}"


def _label(box: Box) -> Iterator[str]:
    colour, _ = COLOURS[box.state]
    title = f"{box.text} ({box.note})" if box.note else box.text
    yield f'<table border="0" cellborder="1" cellspacing="0" cellpadding="4" color="{colour}">'
    yield f'<tr><td port="head" colspan="3" bgcolor="{colour}">'
    yield f'<font color="white"><b>{_text(title)}</b></font></td></tr>'
    for number, row in enumerate(box.rows):
        yield from _row(number, row)
    yield "</table>"


def _row(number: int, row: Row) -> Iterator[str]:
    fill = f'bgcolor="{COLOURS[row.state][1]}"'
    if not row.type:
        yield f'<tr><td align="left" colspan="3" {fill}>{_text(row.text)}</td></tr>'
        return
    yield f'<tr><td port="l{number}" {fill}>{" ".join(row.keys)}</td>'
    yield f'<td align="left" {fill}>{_text(row.text)}</td>'
    yield f'<td align="left" port="r{number}" {fill}>{_text(row.words)}</td></tr>'


def _edge(arrow: Arrow) -> str:
    """Parents come first, so that they are on the left; the arrow points at them."""
    near = "r" if arrow.child == arrow.parent else "l"
    ends = (_port(arrow.parent, "r", arrow.parent_row), _port(arrow.child, near, arrow.child_row))
    colour, _ = COLOURS[arrow.state]
    label = _quoted(SIGNS[arrow.state] + arrow.label)
    shape = "none" if arrow.inherits else "tee" if arrow.single else "crow"
    style = ", style=dashed" if arrow.inherits else ""
    return (
        f'  {ends[0]} -> {ends[1]} [label={label}, color="{colour}", fontcolor="{colour}", '
        f"arrowtail=normal, arrowhead={shape}{style}];"
    )


def _port(box: int, side: str, row: int | None) -> str:
    return f"t{box}:head" if row is None else f"t{box}:{side}{row}"


def _text(text: str) -> str:
    return escape(text) or " "


def _quoted(text: str) -> str:
    """A text in quotes. Graphviz reads entities in it, and a backslash begins an escape."""
    text = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
