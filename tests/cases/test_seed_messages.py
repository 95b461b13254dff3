"""Mistakes in seed files: the message says what is wrong, where, and what to do next."""

from __future__ import annotations

import enum
import re
from pathlib import Path

import peewee as pw
import pytest

from dbkit import DbkitError, seed
from dbkit.fields import EnumField


class Format(enum.Enum):
    PAPERBACK = "paperback"
    HARDCOVER = "hardcover"


class Author(pw.Model):
    name = pw.CharField(unique=True)

    class Meta:
        table_name = "authors"


class Book(pw.Model):
    isbn = pw.CharField(13, unique=True)
    title = pw.CharField(60)
    author = pw.ForeignKeyField(Author)
    format = EnumField(Format, default=Format.PAPERBACK)
    pages = pw.IntegerField(null=True, constraints=[pw.Check("pages > 0")])

    class Meta:
        table_name = "books"


MODELS = [Author, Book]
ROW = '[[books]]\nisbn = "1"\ntitle = "Emma"\nauthor = { name = "Jane Austen" }\n'
CSV = "isbn,title,author.name\n"
# the name of a file, its text, and a part of the message, in which ... is any text
MISTAKES = [
    ("a.toml", ROW.replace("title", "titel"), "line 1: books has no column titel.\nDid you mean"),
    ("a.toml", f"{ROW}reference = true", "no column reference.\nIf reference is a setting of"),
    ("a.toml", ROW.replace('{ name = "Jane Austen" }', '"Jane"'),
     'books.author cannot be "Jane".\nAn integer ... To refer to a row of authors, write { name ='),
    ("a.toml", ROW.replace('{ name = "Jane Austen" }', "77"),
     "line 1: books: ...\nCorrect the value, or seed the parent too.\nNothing was loaded."),
    ("a.toml", ROW.replace('title = "Emma"\n', ""),
     "line 1: books: ... NOT NULL...title...\nGive the row a value for this column"),
    ("a.toml", f"{ROW}pages = 0", "line 1: books: ...\nCorrect the row.\nNothing was loaded"),
    ("a.toml", f'{ROW}format = "pocket"', 'cannot be "pocket".\nOne of paperback, hardcover'),
    ("a.tml", ROW, "a.tml is not a seed file.\nMove ... end in .toml, .json, .csv or .py"),
    ("a.json", '{"books": {"isbn": "1"}}', "line 1: books is not a list of rows.\nPut its rows"),
    ("books.csv", "isbn,titel\n", "line 1: books has no column titel.\nDid you mean title"),
    ("books.csv", "# mode = 'keep'\nisbn,titel\n1,Emma", "line 2: books has no column titel"),
    ("books.csv", "1,Emma,Jane Austen\n", "line 1: books has no column 1.\nKnown names: "),
    ("books.csv", "isbn;title\n1;Emma", 'no column "isbn;title".\nIn CSV, commas separate'),
    ("books.csv", "isbn, title\n1,Emma", 'no column " title".\nDid you mean title'),
    ("books.csv", "", "line 1: The header with the names of the columns is missing.\nWrite"),
    ("books.csv", (CSV + "1,Emma,Jane").encode("utf-16"), "is UTF-16.\nSave the file as UTF-8"),
    ("books.csv", "isbn,title,author\n1,Emma,Jane", "To ... authors, name the column author.name."),
    ("a.toml", ROW.replace('"Emma"', "null"), "column 9: ...TOML has no null: write { null = true"),
    ("a.toml", ROW.replace('"Emma"', "Emma"), "line 3, column 9: ...\nPut a text into quotes"),
    ("a.toml", ROW.replace('"Emma"', '"Emma'), "line 3, column ...\nClose the quote on the same"),
    ("a.toml", "reference = True", "line 1, column 13: ...\nWrite true or false, in lower case"),
    ("a.toml", ROW.replace("name =", "\nname ="), "line 4...\nPut everything in braces on one"),
    ("a.toml", ROW.replace(" }", " title = 1 }"), "line 4...\nSeparate the values in braces by"),
    ("books.csv", '# key = "isbn"\nisbn\n1', 'line 1: The key of ...\nWrite # key = ["column"]'),
    ("books.csv", "# key = isbn\nisbn\n1", 'line 1: ... such as # key = ["column"]'),
    ("book.csv", CSV, "line 1: no model has the table book.\nDid you mean books"),
    ("books.csv", f"{CSV}1,Emma,Jan", 'line 2: books.author = { name = "Jan" } matches no row'),
]  # fmt: skip


@pytest.fixture
def shop(database: pw.Database) -> pw.Database:
    database.bind(MODELS)
    database.create_tables(MODELS)
    Author.create(name="Jane Austen")
    return database


def test_a_message_says_what_is_wrong_where_and_what_to_do(
    shop: pw.Database, tmp_path: Path
) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for name, text, message in MISTAKES:
        path = seeds / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        pattern = "(?s)" + re.escape(message).replace(re.escape("..."), ".*")
        with pytest.raises(DbkitError, match=pattern):
            seed(shop, MODELS, seeds)
        path.unlink()
    assert not Book.select().exists()
