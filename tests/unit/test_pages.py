"""The pages of `docs`: names stay text, links lead to files, and other people's files stay."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dbkit.diagram import draw
from dbkit.errors import WriteFailed
from dbkit.pages import write
from dbkit.pages.markdown import code, escaped, expression, table
from dbkit.pages.write_pages import INDEX, MARKER, PICTURE, file_names, rendered
from dbkit.schema.details import Key, TableOptions
from dbkit.schema.names import Name
from dbkit.schema.values import (
    Check,
    Column,
    Comment,
    EnumType,
    ForeignKey,
    Index,
    Schema,
    Unique,
)

from .test_diagram import HOSTILE, HOSTILE_SCHEMA, SHOP, schema
from .test_diagram import table as a_table

MARKUP = re.compile(r"[<>|*\[\]`\\\n]")
CODE = re.compile(r"`[^`]*`")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_is_one_cell_and_no_markup(text: str) -> None:
    shown = code(text)
    outside = CODE.sub("", shown).removeprefix("<code>").removesuffix("</code>")
    assert not MARKUP.search(outside)
    assert "|" not in shown
    cells = list(table(["Name"], [[shown]]))
    assert cells[2] == f"| {shown} |"


def test_a_name_is_exact_and_an_expression_is_one_line() -> None:
    assert code(" a\nb") == "<code> a&#92;nb</code>"
    assert expression("CASE\n    WHEN a THEN 'x  y'\nEND") == "`CASE WHEN a THEN 'x  y' END`"


@pytest.mark.parametrize("text", [*HOSTILE, "# a\n- b\n1. c\n2) c\n> d\n| e |", "![x](http://x.y)"])
def test_a_comment_is_text(text: str) -> None:
    shown = escaped(text)
    lines = shown.split("<br>")
    assert not [line for line in lines if MARKUP.search(line)]
    assert not [line for line in lines if re.match(r"[#>+-]|\d+[.)]", unescape_nothing(line))]
    assert not re.search(r"\w://", shown)


def unescape_nothing(line: str) -> str:
    """An entity is never markup."""
    return re.sub(r"&#\d+;", "x", line)


def test_prose_stays_readable() -> None:
    assert escaped("The user's tenant_id, if any (or none): 3.") == (
        "The user's tenant_id, if any (or none): 3&#46;"
    )


def test_every_link_leads_to_a_page() -> None:
    for one in (SHOP, HOSTILE_SCHEMA):
        pages = rendered(one)
        for name, text in pages.items():
            if name.endswith(".md"):
                links = re.findall(r"\]\(([^)]*)\)", CODE.sub("", text))
                assert links
                assert set(links) <= pages.keys()
        linked = set(re.findall(r"\]\(([^)]*)\)", pages[INDEX]))
        assert linked == pages.keys() - {INDEX}


def test_keys_are_named_in_both_directions() -> None:
    pages = rendered(SHOP)
    references, referenced = pages["orders.md"].split("## Referenced by")
    assert "| `users_id` | [`users`](users.md) (`id`) |" in references
    assert "| [`items`](items.md) (`orders_id`) | `id` |" in referenced
    assert "| [`orders`](orders.md) (`orders_id`) | `id` |" in referenced


def test_the_order_of_the_source_makes_no_difference() -> None:
    """The models and the live database list keys, checks and types in orders of their own."""
    columns = Column("a", "integer"), Column("b", Name("", "mood")), Column("c", Name("", "color"))
    parts = (Check("a > 0"), Check("b > 0", "low"), Index((Key("b"),)), Unique(("b", "a")),
             Index((Key("a"),), name="late"), ForeignKey(("b",), Name("", "t"), ("id",)),
             ForeignKey(("a",), Name("", "u"), ("id",)),
             ForeignKey(("a",), Name("", "w"), ("id",)))  # fmt: skip
    types = EnumType(Name("", "mood"), ("good",)), EnumType(Name("", "color"), ("red",))
    others = a_table("u"), a_table("w")
    first = Schema(tables=(a_table("t", *columns, *parts), *others), enums=types)
    tables = (*others[::-1], a_table("t", *columns, *parts[::-1]))
    second = Schema(tables=tables, enums=types[::-1])
    assert rendered(first) == rendered(second)
    assert draw(first, only=["t"]) == draw(second, only=["t"])


def test_files_have_safe_names_that_differ() -> None:
    names = [Name("", text) for text in (*HOSTILE, "Users", "users", "README", "con", "nul.x",
             "../../etc/passwd", ".hidden", "a" * 200, "a" * 201, "a.b")]  # fmt: skip
    names.append(Name("a", "b"))
    files = file_names(names)
    assert len({file.lower() for file in files.values()}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}\.md", one) for one in files.values())
    assert files[Name("", "users")] != files[Name("", "Users")]
    assert not {"readme.md", "con.md", "nul.x.md"} & {one.lower() for one in files.values()}
    assert file_names(reversed(names)) == files


def test_a_second_run_writes_nothing_and_an_old_page_goes(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "docs"
    assert str(write(SHOP, directory)) == "7 tables: 9 files written"
    before = {path: path.stat().st_mtime_ns for path in directory.iterdir()}
    assert str(write(SHOP, directory)) == "7 tables: 0 files written"
    assert {path: path.stat().st_mtime_ns for path in directory.iterdir()} == before
    (directory / "mine.md").write_text("# Mine\n")
    less = replace(SHOP, tables=tuple(one for one in SHOP.tables if one.name.bare != "alone"))
    result = write(less, directory)
    assert (set(result.written), result.removed) == ({INDEX, PICTURE}, ("alone.md",))
    assert (directory / "mine.md").read_text() == "# Mine\n"
    assert not (directory / "alone.md").exists()


@pytest.mark.parametrize("name", ["users.md", INDEX, PICTURE])
def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine\n")
    with pytest.raises(WriteFailed, match="dbkit did not write it"):
        write(SHOP, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine\n"


def test_a_page_that_was_edited_is_written_again(tmp_path: Path) -> None:
    write(SHOP, tmp_path)
    page = tmp_path / "users.md"
    text = page.read_text()
    page.write_text(text + "edited")
    assert write(SHOP, tmp_path).written == ("users.md",)
    assert page.read_text() == text
    assert text.startswith(MARKER)


def test_the_directory_may_not_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "docs").write_text("")
    with pytest.raises(WriteFailed, match="is not a directory"):
        write(SHOP, tmp_path / "docs")


def test_a_comment_and_a_query_are_on_the_page() -> None:
    comments = (Comment("", "All people.\nEven | robots"), Comment("id", "<b>key</b>"))
    view = replace(a_table("v", *comments), kind="view",
                   options=TableOptions(query="SELECT 1\n```\nFROM t"))  # fmt: skip
    text = rendered(schema(view))["v.md"]
    assert "All people.<br>Even &#124; robots" in text
    assert "&#60;b&#62;key&#60;&#47;b&#62;" in text
    assert "This is a view." in text
    assert "````sql\nSELECT 1\n```\nFROM t\n````" in text


def test_a_schema_without_tables_has_an_index(tmp_path: Path) -> None:
    assert write(Schema(), tmp_path).tables == 0
    assert "There are no tables." in (tmp_path / INDEX).read_text()
