"""A report as a page in one file, which loads nothing and runs no script."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import click

from .. import __version__
from ..printable import printable
from ..schema.changes import Add, Alter, Change, Drop, definition, kind, subject
from ..schema.sql import Statement, script
from ..schema.values import Table
from .annotations import relative
from .report import CAUSES, WORDS, Report, heading, value_text

STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8881; --missing: #b3261e;
  --unexpected: #8a5a00; --different: #00629d; --fine: #1b6e3c }
@media (prefers-color-scheme: dark) { :root { --missing: #ff8a80; --unexpected: #ffc069;
  --different: #7cc7ff; --fine: #7ddc9f } }
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem;
  overflow-wrap: anywhere }
h1 { font-size: 1.5rem; margin: .5rem 0 } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem }
h3 { font-size: 1rem; margin: 0 }
.result { font-weight: 600; border-left: .3rem solid var(--missing); padding: .3rem .8rem;
  background: var(--soft) }
.result.fine { border-color: var(--fine) }
article { border: 1px solid var(--line); border-left: .3rem solid; border-radius: .3rem;
  padding: .8rem; margin: .8rem 0 }
.missing { border-left-color: var(--missing) } .unexpected { border-left-color: var(--unexpected) }
.different { border-left-color: var(--different) }
.tag { font-size: .8rem; font-weight: 600 } .missing .tag { color: var(--missing) }
.unexpected .tag { color: var(--unexpected) } .different .tag { color: var(--different) }
table { border-collapse: collapse; width: 100%; table-layout: fixed; margin: .6rem 0 }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem;
  border: 1px solid var(--line) }
thead th { background: var(--soft) } th:first-child { width: 22% }
td, pre, code { font-family: ui-monospace, monospace; font-size: .85rem }
td { white-space: pre-wrap }
pre { background: var(--soft); padding: .6rem; margin: .4rem 0 0; white-space: pre-wrap }
p { margin: .4rem 0 } footer { margin-top: 2rem; font-size: .85rem; opacity: .8 }
@media screen and (max-width: 36rem) {
  table, tbody, tr, td, tbody th { display: block; width: 100% }
  thead { display: none } tbody th:first-child { width: 100%; background: var(--soft) }
  td::before { content: attr(data-side) ": "; font-family: system-ui, sans-serif;
    font-weight: 600 }
}
@media print {
  :root { color-scheme: light; --missing: #b3261e; --unexpected: #8a5a00; --different: #00629d }
  body { max-width: none; padding: 0; font-size: 10pt; color: #000; background: #fff }
  article, tr { break-inside: avoid } h2, h3 { break-after: avoid }
}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
NOTHING = "\N{EN DASH}"


def page(report: Report) -> str:
    """Return the page. It is ASCII, so that it suits every encoding of standard output."""
    text = "".join(_page(report))
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _page(report: Report) -> Iterator[str]:
    current, desired = report.names()
    title = f"dbkit: {current} compared with {desired}"
    yield f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<link rel="icon" href="data:,">
<title>{_escaped(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{_escaped(title)}</h1>
<p class="result{"" if report else " fine"}">{_escaped(click.unstyle(report.summary()))}</p>
"""
    for name, changes in groupby(report.caused(), lambda pair: heading(pair[0])):
        yield f"<h2>{_escaped(name)}</h2>\n"
        for change, causes in changes:
            yield from _article(report, change, causes)
    yield from _list("Not verified", (f"{name}: {why}" for name, why in report.unverified))
    yield from _list("Applied migrations", report.history)
    yield from _list("What to do next", report.next_steps())
    if report.changes:
        yield "<h2>SQL for all differences</h2>\n"
        yield f"<p>The statements change {_escaped(current)}, in an order that runs.</p>\n"
        yield _sql(report.statements())
    yield from _list("Not covered by any model", report.unmanaged)
    yield from _list("Ignored", report.ignored)
    yield from _list("Base classes without a table", report.passed_over)
    yield from _list("Notes", report.notes)
    yield f"<footer>dbkit {__version__}</footer>\n</body>\n</html>"


def _article(report: Report, change: Change, causes: tuple[str, ...]) -> Iterator[str]:
    word = WORDS[type(change)]
    yield f'<article class="{word}">\n<p class="tag">{word}</p>\n'
    yield f"<h3>{_escaped(report.sentence(change))}</h3>\n"
    place = report.find(change)
    if place and (path := relative(place.path)):
        yield f"<p>Model: <code>{_escaped(path)}:{place.line}</code></p>\n"
    yield from _sides(report, change)
    if causes:
        yield f"<p>Cause: {_escaped('; '.join(CAUSES[cause] for cause in causes))}.</p>\n"
    if fix := _fix(report, change):
        yield f"<p>SQL that fixes it:</p>\n{fix}"
    yield "</article>\n"


def _sides(report: Report, change: Change) -> Iterator[str]:
    """The table with the two sides, the desired side first."""
    names = [report.desired, report.current]
    heads = "".join(f'<th scope="col">{_escaped(name)}</th>' for name in names)
    yield f'<table>\n<thead><tr><th scope="col">attribute</th>{heads}</tr></thead>\n<tbody>\n'
    for attribute, *values in _rows(change):
        yield f'<tr><th scope="row">{_escaped(attribute)}</th>'
        for name, value in zip(names, values, strict=True):
            yield f'<td data-side="{_escaped(name)}">{_escaped(value)}</td>'
        yield "</tr>\n"
    yield "</tbody>\n</table>\n"


def _rows(change: Change) -> Iterator[tuple[str, str, str]]:
    """(attribute, desired value, current value)."""
    match change:
        case Alter():
            for name, (old, new) in change.differences.items():
                yield name.replace("_", " "), value_text(new), value_text(old)
        case Add():
            yield kind(change.item), _described(change.item), NOTHING
        case Drop():
            yield kind(change.item), NOTHING, _described(change.item)


def _described(item: Any) -> str:
    """An item with its definition; a table with a line for each of its parts."""
    first = f"{subject(item)} {definition(item)}".strip()
    parts = item.parts if isinstance(item, Table) else ()
    return "\n".join([first, *(f"{kind(part)} {_described(part)}" for part in parts)])


def _fix(report: Report, change: Change) -> str:
    """The statements for one change; empty if the change cannot be made without the others."""
    try:
        return _sql(report.fix(change))
    except Exception:  # the page has the statements for all changes together
        return ""


def _sql(statements: Iterable[Statement]) -> str:
    text = script(statements).strip()
    return f"<pre>{_escaped(text)}</pre>\n" if text else ""


def _list(title: str, lines: Iterable[str]) -> Iterator[str]:
    if items := "".join(f"<li>{_escaped(line)}</li>\n" for line in lines):
        yield f"<h2>{title}</h2>\n<ul>\n{items}</ul>\n"


def _escaped(text: str) -> str:
    """Text for an element or an attribute. Characters that cannot be seen are written as escapes:
    a name of the database could turn the text around."""
    return html.escape(printable(text, "\n\t"))
