"""Pictures in every format: nothing is missing, nothing overlaps, and no name becomes markup."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbkit.diagram import FORMATS, Picture, draw
from dbkit.diagram.layout import GAP, arrange, spaced
from dbkit.schema.details import Action, Key, TableOptions
from dbkit.schema.names import Name
from dbkit.schema.values import (
    Check,
    Column,
    EnumType,
    ForeignKey,
    Index,
    PrimaryKey,
    Schema,
    Table,
    Unique,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    'a "quoted" name', "it's", "<script>alert(1)</script>", "</svg></title>", "a|b", "a\nb\r\tc",
    "a\\b", "a%b %%{init: {}}%%", "#35; &amp; &", "`code`", "**bold** _it_ ~~no~~", "--> <!-- ]]>",
    "PK", "fk", "1. one", "+ item", "{x} [y] (z)", "erDiagram", "classDef x", "end",
    "ünïcödé 表 🐘",
    "\u202egnp.exe", "\x00\x1b[31m", " lead", "o{--||o", "javascript:alert(1)", "\ud800",
]  # fmt: skip


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - it is our own


def table(name: str, *parts: object, kind: str = "table") -> Table:
    key = PrimaryKey(("id",))
    columns = (Column("id", "integer", nullable=False), key)
    return Table(Name("", name), (*columns, *parts), kind)  # type: ignore[arg-type]


def child(name: str, *parents: str, nullable: bool = True) -> Table:
    """A table with a foreign key to each parent."""
    columns = [Column(f"{parent}_id", "integer", nullable) for parent in parents]
    keys = [ForeignKey((f"{parent}_id",), Name("", parent), ("id",)) for parent in parents]
    return table(name, *columns, *keys)


def schema(*tables: Table) -> Schema:
    return Schema(tables=tables)


HOSTILE_SCHEMA = schema(
    *(
        table(name, Column(name, Name("", name)),
              ForeignKey((name,), Name("", HOSTILE[number - 1]), ("id",)))
        for number, name in enumerate(HOSTILE)
    )
)  # fmt: skip
SHOP = schema(
    table("users"), child("orders", "users", "orders"), child("a", "b"), child("b", "a", "users"),
    child("items", "orders", "users"), child("late", "items", "users", "a"), table("alone"),
)  # fmt: skip
BEFORE = schema(
    table("users", Column("name", "text"), Column("old", "text")),
    child("gone", "users"),
    child("orders", "users"),
)
AFTER = schema(
    table("users", Column("name", "integer"), Column("new", "text"),
          Index((Key("name"),), name="by_name")),
    child("fresh", "users"),
    table("orders", Column("users_id", "integer"),
          ForeignKey(("users_id",), Name("", "users"), ("id",), on_delete=Action("CASCADE"))),
)  # fmt: skip


@pytest.fixture(params=["hostile", "shop", "changes"])
def picture(request: pytest.FixtureRequest) -> Picture:
    if request.param == "changes":
        return draw(AFTER, BEFORE, compared=("migrations", "models"))
    return draw(HOSTILE_SCHEMA if request.param == "hostile" else SHOP)


def texts(picture: Picture) -> set[str]:
    """All texts that a format with rows must show."""
    return {text for box in picture.boxes for text in (box.text, *(row.text for row in box.rows))}


def test_svg_has_every_table_column_and_foreign_key(picture: Picture) -> None:
    root = parsed(FORMATS["svg"](picture))
    ids = [one.get("id") for one in root.iter(f"{SVG}g") if one.get("class") == "table"]
    assert len(set(ids)) == len(ids) == len(picture.boxes)
    assert texts(picture) <= {one.text for one in root.iter(f"{SVG}text")}
    arrows = [(ids.index(one.get("data-child")), ids.index(one.get("data-parent")))
              for one in root.iter(f"{SVG}path") if one.get("class") == "arrow"]  # fmt: skip
    assert sorted(arrows) == sorted((one.child, one.parent) for one in picture.arrows)
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        "svg", "title", "style", "defs", "marker", "path", "rect", "g", "text",
    }  # fmt: skip


class Page(HTMLParser):
    """The elements of a page, which must be closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attributes
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes += attributes

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "a":
            self.links.append(data)


def test_html_links_to_every_table_and_asks_for_nothing(picture: Picture) -> None:
    page = Page(FORMATS["html"](picture))
    assert page.open == []
    assert "script" not in page.tags
    assert page.links == [box.text for box in picture.boxes]
    ids = {value for name, value in page.attributes if name == "id"}
    targets = [value or "" for name, value in page.attributes if name in ("href", "src")]
    assert {target for target in targets if target[1:] not in ids} == {"data:,"}
    assert not [name for name, _ in page.attributes if name.startswith("on")]


# the grammar of erDiagram, as far as dbkit uses it (mermaid/diagrams/er/parser/erDiagram.jison)
STRING = r'"[^"%\r\n\v\b\\]+"'
WORD = r"(?!(?:PK|FK|UK)\b)[A-Za-z_\u00c0-\uffff][A-Za-z0-9\-_\[\]()\u00c0-\uffff]*"
MERMAID = re.compile(
    rf"""\ {{4}}t\d+\[{STRING}\](?:\ \{{)?
    |\ {{8}}{WORD}\ {WORD}(?:\ (?:PK|FK|UK)(?:,\ (?:PK|FK|UK))*)?(?:\ {STRING})?
    |\ {{4}}\}}
    |\ {{4}}t\d+\ (?:\|o|\|\|)(?:--|\.\.)(?:o\||o\{{|\|\|)\ t\d+\ :\ {STRING}
    |\ {{4}}classDef\ (?:added|removed|changed)\ [\w#:,]+
    |\ {{4}}class\ t\d+(?:,t\d+)*\ (?:added|removed|changed)
    |\ {{4}}%%\ [^{{}}]*""",
    re.VERBOSE | re.IGNORECASE,
)


def as_utf_16(text: str) -> str:
    """The text as JavaScript sees it: a character beyond U+FFFF is two."""
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(data[at] + 256 * data[at + 1]) for at in range(0, len(data), 2))


def decoded(text: str) -> str:
    return re.sub(r"#(\d+);", lambda match: chr(int(match[1])), text)


def test_mermaid_keeps_to_the_grammar_and_to_the_names(picture: Picture) -> None:
    text = FORMATS["mermaid"](picture)
    first, *lines = text.splitlines()
    assert first == "erDiagram"
    wrong = [line for line in lines if not MERMAID.fullmatch(as_utf_16(line))]
    assert wrong == []
    titles = [decoded(one) for one in re.findall(r'^    t\d+\["(.*)"\]', text, re.MULTILINE)]
    assert titles == [box.text for box in picture.boxes]
    attributes = [decoded(line) for line in lines if line.startswith(" " * 8)]
    rows = [row for box in picture.boxes for row in box.rows]
    assert len(attributes) == len(rows)
    assert [row.name for row, line in zip(rows, attributes, strict=True) if row.name not in line
            ] == []  # fmt: skip
    relations = re.findall(r"^    t(\d+) \S+ t(\d+) :", text, re.MULTILINE)
    assert relations == [(str(one.parent), str(one.child)) for one in picture.arrows]


def test_graphviz_reads_its_graph(picture: Picture) -> None:
    text = FORMATS["dot"](picture)
    assert len(re.findall(r"^  t\d+ \[", text, re.MULTILINE)) == len(picture.boxes)
    assert len(re.findall(r"^  t\d+:\S+ -> t\d+:\S+ \[", text, re.MULTILINE)) == len(picture.arrows)
    for label in re.findall(r"label=<(.*)>\];", text):
        parsed(label)
    if program := shutil.which("dot"):
        done = subprocess.run([program, "-Tcanon"], input=text, capture_output=True, text=True,
                              encoding="utf-8", check=True)  # fmt: skip
        assert done.stderr == ""


def test_changes_have_colours_and_signs() -> None:
    picture = draw(AFTER, BEFORE, compared=("migrations", "models"))
    states = {box.name: box.state for box in picture.boxes}
    assert states == {"fresh": "added", "gone": "removed", "orders": "changed", "users": "changed"}
    users = next(box for box in picture.boxes if box.name == "users")
    assert [row.text for row in users.rows] == [
        "id", "~ name", "+ new", "\N{MINUS SIGN} old", "+ index by_name (name)",
    ]  # fmt: skip
    names = [box.name for box in picture.boxes]
    assert {(names[one.child], one.state) for one in picture.arrows} == {
        ("fresh", "added"), ("gone", "removed"), ("orders", "changed"),
    }  # fmt: skip
    assert "classDef removed" in FORMATS["mermaid"](picture)
    for name in ("svg", "html", "dot"):
        assert all(colour in FORMATS[name](picture) for colour in ("#dcfce7", "#fee2e2", "#fef9c3"))


def test_equal_schemas_have_no_colours() -> None:
    picture = draw(AFTER, AFTER, compared=("migrations", "models"))
    assert {box.state for box in picture.boxes} == {""}


def test_a_changed_enum_type_colours_its_columns() -> None:
    tables = (table("t", Column("mood", Name("", "mood"))),)
    old, new = (Schema(tables=tables, enums=(EnumType(Name("", "mood"), labels),))
                for labels in (("a",), ("a", "b")))  # fmt: skip
    assert [row.text for row in draw(new, old).boxes[0].rows] == ["id", "~ mood"]


def test_only_draws_a_frame_for_a_table_that_is_referenced() -> None:
    picture = draw(SHOP, only=["item*"])
    assert [(box.name, bool(box.rows)) for box in picture.boxes] == [
        ("items", True), ("orders", False), ("users", False),
    ]  # fmt: skip
    assert len(picture.arrows) == 2


def test_a_partition_is_left_out_unless_it_is_named() -> None:
    part = replace(table("logs_2026"), options=TableOptions(bound="DEFAULT"),
                   parents=(Name("", "logs"),))  # fmt: skip
    both = schema(table("logs"), part)
    assert [box.name for box in draw(both).boxes] == ["logs"]
    assert [box.name for box in draw(both, only=["logs_*"]).boxes] == ["logs_2026"]


@pytest.mark.parametrize(
    ("parts", "nullable", "single"),
    [
        ((), True, False),
        ((Unique(("u",)),), False, True),
        ((Index((Key("u"),), unique=True),), True, True),
        ((Index((Key("u"),), unique=True, where="u > 0"),), True, False),
        ((Unique(("u", "id")), Check("u > 0")), True, False),
    ],
)
def test_the_ends_of_an_arrow_say_how_many(
    parts: Sequence[object], nullable: bool, single: bool
) -> None:
    key = ForeignKey(("u",), Name("", "users"), ("id",))
    one = table("t", Column("u", "integer", nullable), key, *parts)
    (arrow,) = draw(schema(one, table("users"))).arrows
    assert (arrow.optional, arrow.single) == (nullable, single)
    ends = f"{'|o' if nullable else '||'}--{'o|' if single else 'o{'}"
    assert ends in FORMATS["mermaid"](draw(schema(one, table("users"))))


def overlapping(sizes: Sequence[tuple[float, float]], places: Sequence[tuple[float, float]]
                ) -> Iterator[tuple[int, int]]:  # fmt: skip
    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(places, sizes, strict=True)]
    for (one, a), (two, b) in combinations(enumerate(boxes), 2):
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
            yield one, two


numbers = st.integers(0, 14)
graphs = st.tuples(
    st.lists(st.tuples(st.floats(50, 400), st.floats(30, 600)), min_size=15, max_size=15),
    st.lists(st.tuples(numbers, numbers), max_size=40),
)


@given(graphs)
def test_no_boxes_overlap_and_no_line_passes_through_a_box(
    graph: tuple[list[tuple[float, float]], list[tuple[int, int]]],
) -> None:
    sizes, edges = graph
    layout = arrange(sizes, edges)
    assert list(overlapping(sizes, layout.places)) == []
    width, height = layout.size
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height
               for (x, y), (w, h) in zip(layout.places, sizes, strict=True))  # fmt: skip
    for (start, column), height in layout.lanes.items():
        assert layout.columns[start] < column
        inside = [box for box, place in layout.columns.items() if place == column
                  and layout.places[box][1] < height < layout.places[box][1] + sizes[box][1]
                  ]  # fmt: skip
        assert inside == []


@given(st.permutations(range(12)))
def test_a_parent_is_left_of_its_child(order: list[int]) -> None:
    edges = [(one, two) for one, two in combinations(order, 2) if (one + two) % 3]
    layout = arrange([(100, 50)] * 12, edges)
    assert all(layout.places[a][0] < layout.places[b][0] for a, b in edges)


def test_a_hundred_tables_are_a_page_and_not_a_strip() -> None:
    edges = [(number % 7, number) for number in range(7, 100)]
    layout = arrange([(200.0, 160.0)] * 100, edges)
    assert 0.4 < layout.size[0] / layout.size[1] < 3


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(1, 99)), max_size=12))
def test_boxes_are_close_to_their_wishes_and_apart(wishes: list[tuple[float, float]]) -> None:
    tops = spaced([wish for wish, _ in wishes], [height for _, height in wishes])
    for at in range(1, len(tops)):
        assert tops[at] >= tops[at - 1] + wishes[at - 1][1] + GAP - 1e-6


@pytest.mark.parametrize(
    ("long", "brief"),
    [
        ("timestamp without time zone", "timestamp"),
        ("timestamp(3) with time zone[]", "timestamptz(3)[]"),
        ("time with time zone", "timetz"),
        ("character varying(20)", "varchar(20)"),
        ("interval day to second(3)", "interval day to second(3)"),
    ],
)
def test_long_names_of_types_are_short(long: str, brief: str) -> None:
    (box,) = draw(schema(table("t", Column("c", long)))).boxes
    assert box.rows[1].type == brief


@pytest.mark.parametrize("name", FORMATS)
def test_no_tables_are_a_picture_too(name: str) -> None:
    assert FORMATS[name](draw(Schema()))
