"""A picture as SVG, with the layout of `layout.py`. It needs no script, font or other file."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from unicodedata import combining, east_asian_width

from .colours import COLOURS
from .layout import Layout, Size, arrange
from .picture import ELSEWHERE, SIGNS, Arrow, Box, Picture, Row

CHAR = 7.25  # the width of a character of FONT at 12 pixels
LINE, HEAD, PAD, KEYS = 20.0, 28.0, 10.0, 44.0
MARGIN, LEGEND = 24.0, 34.0
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
STYLE = f"""\
text {{ font: 12px {FONT}; fill: #0f172a; white-space: pre; }}
.title {{ font-weight: bold; fill: #ffffff; }}
.keys {{ font-size: 9px; font-weight: bold; fill: #64748b; }}
.type {{ fill: #64748b; text-anchor: end; }}
.frame {{ fill: none; stroke-width: 1.5; }}
.elsewhere {{ stroke-dasharray: 5 3; }}
.arrow {{ fill: none; stroke-width: 1.5; }}
.arrow:hover, .arrow:focus {{ stroke-width: 4; }}
.table:target .frame {{ stroke-width: 5; }}
"""


def to_svg(picture: Picture) -> str:
    """Return the picture as a document."""
    return "\n".join([*_Svg(picture).lines(), ""])


def identity(number: int) -> str:
    """Return the id of a box, to which a page can link."""
    return f"table-{number}"


class _Svg:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.sizes = [_size(box) for box in picture.boxes]
        edges = [(arrow.parent, arrow.child) for arrow in picture.arrows]
        self.layout: Layout = arrange(self.sizes, edges)

    def lines(self) -> Iterator[str]:
        top = LEGEND if self.picture.compared else 0
        # on the right, there is room for the foreign keys of a table to itself
        width = max(self.layout.size[0] + 2 * MARGIN + LINE, 420)
        height = self.layout.size[1] + 2 * MARGIN + top
        title = escape(self.picture.title)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{title}">'
        )
        yield f"<title>{title}</title>"
        yield f"<style>\n{STYLE}</style>"
        yield from _markers()
        yield '<rect width="100%" height="100%" fill="#ffffff"/>'
        if self.picture.compared:
            yield from _legend(self.picture.title)
        yield f'<g transform="translate({MARGIN:.0f} {MARGIN + top:.0f})">'
        for number, box in enumerate(self.picture.boxes):
            yield from self._box(number, box)
        for arrow in sorted(self.picture.arrows, key=lambda arrow: bool(arrow.state)):
            yield self._arrow(arrow)
        yield "</g>"
        yield "</svg>"

    def _box(self, number: int, box: Box) -> Iterator[str]:
        (left, top), (width, height) = self.layout.places[number], self.sizes[number]
        colour, _ = COLOURS[box.state]
        size = f'width="{width:.1f}" height="{height:.1f}" rx="4"'
        dashed = " elsewhere" if box.kind == ELSEWHERE else ""
        yield (
            f'<g class="table" id="{identity(number)}" data-table="{escape(box.name)}" '
            f'transform="translate({left:.1f} {top:.1f})">'
        )
        yield f'<rect {size} fill="{colour}"/>'
        yield _text(PAD, 18, "title", _title(box))
        for place, row in enumerate(box.rows):
            yield from _row(HEAD + place * LINE, width, row)
        yield f'<rect class="frame{dashed}" {size} stroke="{colour}"/>'
        yield "</g>"

    def _arrow(self, arrow: Arrow) -> str:
        colour, _ = COLOURS[arrow.state]
        state = arrow.state or "same"
        dash = ' stroke-dasharray="6 4"' if arrow.inherits else ""
        start = "" if arrow.inherits else f' marker-start="url(#{_crowfoot(arrow)}-{state})"'
        return (
            f'<path class="arrow" data-child="{identity(arrow.child)}" '
            f'data-parent="{identity(arrow.parent)}" stroke="{colour}"{dash} '
            f'd="{self._path(arrow)}"{start} marker-end="url(#parent-{state})">'
            f"<title>{escape(SIGNS[arrow.state] + arrow.text)}</title></path>"
        )

    def _path(self, arrow: Arrow) -> str:
        """From the child's row to the parent's row, through the lanes of the columns between."""
        child, parent = arrow.child, arrow.parent
        if child == parent:
            return self._loop(arrow)
        ends = [(child, arrow.child_row), (parent, arrow.parent_row)]
        columns = self.layout.columns
        (left, left_row), (right, right_row) = sorted(ends, key=lambda end: columns[end[0]])
        x, y = self._side(left, left_row, right=True)
        points = [(x, y), (self.layout.extents[columns[left]][1], y)]
        for column in range(columns[left] + 1, columns[right]):
            lane = self.layout.lanes[left, column]
            points += [(x, lane) for x in self.layout.extents[column]]
        points.append(self._side(right, right_row, right=False))
        return _curve(points if child == left else points[::-1])

    def _side(self, number: int, row: int | None, right: bool) -> tuple[float, float]:
        """The end of an arrow at a row of a box."""
        (x, y), (width, _) = self.layout.places[number], self.sizes[number]
        middle = HEAD / 2 if row is None else HEAD + (row + 0.5) * LINE
        return x + width * right, y + middle

    def _loop(self, arrow: Arrow) -> str:
        """From a table to itself, on its right side."""
        x, start = self._side(arrow.child, arrow.child_row, right=True)
        _, end = self._side(arrow.child, arrow.parent_row, right=True)
        end += LINE / 4 * (start == end)
        out = x + 2 * LINE
        return (
            f"M {x:.1f} {start:.1f} C {out:.1f} {start:.1f} {out:.1f} {end:.1f} {x:.1f} {end:.1f}"
        )


def _curve(points: list[tuple[float, float]]) -> str:
    """A line through points: straight along a box or a column, and curved between two columns."""
    (x, y), *rest = points
    steps = [f"M {x:.1f} {y:.1f}"]
    for right, down in rest:
        if (right, down) == (x, y):
            continue  # the direction of an arrow's end would be lost
        if y == down:
            steps.append(f"L {right:.1f} {down:.1f}")
        else:
            middle = (x + right) / 2
            steps.append(f"C {middle:.1f} {y:.1f} {middle:.1f} {down:.1f} {right:.1f} {down:.1f}")
        x, y = right, down
    return " ".join(steps)


def _size(box: Box) -> Size:
    longest = max([_width(row.text) + _width(row.words) + (2 if row.words else 0)
                   for row in box.rows], default=0)  # fmt: skip
    width = max(KEYS + longest * CHAR + PAD, _width(_title(box)) * CHAR * 1.05 + 2 * PAD)
    return width, HEAD + len(box.rows) * LINE


def _width(text: str) -> int:
    """The number of cells of a text in a font of fixed width."""
    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def _title(box: Box) -> str:
    return f"{box.text} ({box.note})" if box.note else box.text


def _row(top: float, width: float, row: Row) -> Iterator[str]:
    _, background = COLOURS[row.state]
    yield (
        f'<rect x="0" y="{top:.1f}" width="{width:.1f}" height="{LINE:.1f}" fill="{background}"/>'
    )
    if row.keys:
        yield _text(PAD, top + 14, "keys", " ".join(row.keys))
    yield _text(KEYS if row.type else PAD, top + 14, "name", row.text)
    if row.words:
        yield _text(width - PAD, top + 14, "type", row.words)


def _text(x: float, y: float, kind: str, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _crowfoot(arrow: Arrow) -> str:
    return "one" if arrow.single else "many"


def _markers() -> Iterator[str]:
    """The ends of arrows: a triangle at the parent, and three toes at many children."""
    shapes = {
        "parent": ("M 1 1 L 11 6 L 1 11 Z", 11),
        "many": ("M 0 1 L 10 6 L 0 11 M 0 6 L 10 6", 0),
        "one": ("M 6 1 L 6 11", 0),
    }
    yield "<defs>"
    for state, (colour, _) in COLOURS.items():
        for name, (path, end) in shapes.items():
            fill = colour if name == "parent" else "none"
            yield (
                f'<marker id="{name}-{state or "same"}" markerWidth="12" markerHeight="12" '
                f'refX="{end}" refY="6" orient="auto" markerUnits="userSpaceOnUse">'
                f'<path d="{path}" fill="{fill}" stroke="{colour}" stroke-width="1.2"/></marker>'
            )
    yield "</defs>"


def _legend(title: str) -> Iterator[str]:
    left = MARGIN
    for state, sign in SIGNS.items():
        text = f"{sign}{state}" if state else title
        if state:
            colour, background = COLOURS[state]
            yield (
                f'<rect x="{left:.1f}" y="14" width="14" height="14" fill="{background}" '
                f'stroke="{colour}"/>'
            )
            left += 22
        yield _text(left, 26, "legend", text)
        left += (_width(text) + 3) * CHAR
