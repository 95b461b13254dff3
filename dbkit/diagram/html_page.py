"""A picture as one HTML page, which asks for no other file and runs no script."""

from __future__ import annotations

from html import escape

from ..plurals import counted
from .colours import COLOURS
from .picture import ELSEWHERE, Box, Picture
from .svg import identity, to_svg

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
body {{ margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #0f172a; background: #f8fafc; }}
header {{ padding: 1rem 1.5rem; }}
h1 {{ margin: 0; font-size: 1.25rem; }}
nav ul {{ margin: .5rem 0 0; padding: 0; list-style: none; columns: 16rem; }}
nav li {{ overflow-wrap: anywhere; }}
a {{ color: #1d4ed8; text-decoration: none; }}
a:hover {{ text-decoration: underline; }}
.picture {{ overflow: auto; border-top: 1px solid #cbd5e1; background: #ffffff; }}
.picture svg {{ display: block; }}
@media print {{ nav {{ display: none; }} .picture svg {{ max-width: 100%; height: auto; }} }}
</style>
</head>
<body>
<header>
<h1>{title}</h1>
<nav aria-label="Tables"><ul>
{links}
</ul></nav>
</header>
<main class="picture" tabindex="0">
{svg}</main>
</body>
</html>
"""


def to_html(picture: Picture) -> str:
    """Return the picture as a page with a link to each table."""
    links = (
        _link(number, box) for number, box in enumerate(picture.boxes) if box.kind != ELSEWHERE
    )
    foreign_keys = counted(sum(not arrow.inherits for arrow in picture.arrows), "foreign key")
    title = picture.title if picture.compared else f"{picture.title}, {foreign_keys}"
    return PAGE.format(title=escape(title), links="\n".join(links), svg=to_svg(picture))


def _link(number: int, box: Box) -> str:
    style = f' style="color: {COLOURS[box.state][0]}"' if box.state else ""
    return f'<li><a href="#{identity(number)}"{style}>{escape(box.text)}</a></li>'
