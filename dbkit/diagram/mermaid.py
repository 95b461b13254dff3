"""A picture as an erDiagram of Mermaid, which GitHub draws.

A name of a column can have only some characters there; other names are spelled with `_`, and the
comment of the row has the real name. Everywhere else, a character that Mermaid would interpret is
written as `#NUMBER;`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .colours import COLOURS
from .picture import SIGNS, Arrow, Box, Picture, Row

PLAIN = re.compile(r"[A-Za-z](?:[\w-]*[A-Za-z0-9])?", re.ASCII)
# what an attribute may contain in all versions; PK, FK and UK before a hyphen would be keys
FORBIDDEN = re.compile(r"[^A-Za-z0-9_\-\[\]()\u00c0-\U0010ffff]")
RESERVED = re.compile(r"(?:pk|fk|uk)\b", re.IGNORECASE | re.ASCII)
# also where Markdown would read a list (`+ `, `1.`) or emphasis
SPECIAL = re.compile(
    r"[^A-Za-z0-9 _,.()~\u00c0-\U0010ffff-]|(?<![A-Za-z0-9])[_.-]|_(?![A-Za-z0-9])|(?<=\d)\.|~(?! )"
)


def to_mermaid(picture: Picture) -> str:
    """Return the picture as a diagram, without the fence of Markdown."""
    return "\n".join([*_lines(picture), ""])


def _lines(picture: Picture) -> Iterator[str]:
    yield "erDiagram"
    if picture.compared:
        # Mermaid would read `%%{...}%%` as a directive, even in a comment
        yield f"    %% {re.sub('[%{}]', '_', picture.title)}"
    for number, box in enumerate(picture.boxes):
        yield from _entity(number, box)
    for arrow in picture.arrows:
        yield _relation(arrow)
    yield from _classes(picture)


def _entity(number: int, box: Box) -> Iterator[str]:
    title = f"{box.text} ({box.note})" if box.note else box.text
    head = f'    t{number}["{_escaped(title)}"]'
    if not box.rows:
        yield head
        return
    yield f"{head} {{"
    yield from (f"        {_attribute(row)}" for row in box.rows)
    yield "    }"


def _attribute(row: Row) -> str:
    """The type, the name, the keys, and a comment."""
    if not row.type:
        return f'{row.state} part "{_escaped(row.text)}"'
    name, notes = _word(row.name), []
    if name != row.name or not PLAIN.fullmatch(name):
        notes.append(row.name)
    notes += ["null"] * row.nullable
    if row.state:
        notes.append(SIGNS[row.state] + row.state)
    comment = f' "{_escaped(", ".join(notes))}"' if notes else ""
    keys = f" {', '.join(row.keys)}" if row.keys else ""
    return f"{_word(row.type)} {name}{keys}{comment}"


def _word(text: str) -> str:
    text = FORBIDDEN.sub("_", text.replace('"', ""))
    if not text or not re.match(r"[A-Za-z_\u00c0-\U0010ffff]", text):
        text = f"_{text}"
    return f"_{text}" if RESERVED.match(text) else text


def _relation(arrow: Arrow) -> str:
    if arrow.inherits:
        return f'    t{arrow.parent} ||..|| t{arrow.child} : "{_escaped(arrow.label)}"'
    ends = f"{'|o' if arrow.optional else '||'}--{'o|' if arrow.single else 'o{'}"
    label = _escaped(SIGNS[arrow.state] + arrow.label)
    return f'    t{arrow.parent} {ends} t{arrow.child} : "{label}"'


def _classes(picture: Picture) -> Iterator[str]:
    for state, (stroke, fill) in COLOURS.items():
        boxes = [f"t{number}" for number, box in enumerate(picture.boxes) if box.state == state]
        if state and boxes:
            yield f"    classDef {state} fill:{fill},stroke:{stroke},color:#0f172a"
            yield f"    class {','.join(boxes)} {state}"


def _escaped(text: str) -> str:
    return SPECIAL.sub(lambda match: f"#{ord(match[0])};", text) or "#32;"
