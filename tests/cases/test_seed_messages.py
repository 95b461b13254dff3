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
    printed = pw.DateTimeField(null=True)

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
     'books.author cannot be "Jane".\nTo refer to a row of authors, write { name = ... }. An'),
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
    ("order.csv", CSV, "the file's name: rename the file, or write `# table = "),
    ("books.csv", f"{CSV}1,Emma,Jan", 'line 2: books.author = { name = "Jan" } matches no row'),
    ("books.csv", f"{CSV}# none", "line 2...1 value...\nA comment must be above the header."),
    ("books.csv", f"{CSV}1,Emma", "2 values...\nWrite a comma for each value that is missing"),
    ("books.csv", f"{CSV}1,Emma,A,B", "4 values...\nPut a value that contains a comma into"),
    ("a.toml", 'keys = ["number"]', 'keys ...\nWrite [keys], and then orders = ["number"].'),
    ("a.json", '{"keys": ["number"]}', 'keys ...\nWrite "keys": {"orders": ["number"]}.'),
    ("a.py", 'keys = ["number"]\ndef seed(db): yield 1', '\nWrite keys = {"orders": ["number"]}.'),
    ("a.toml", f"{ROW}pages = 9,99", "column 10: ...\nWrite a number with a point, such as 9.99."),
    ("a.toml", ROW.replace('"Emma"', "'It's'"), "\nIf the text has an apostrophe, put it into"),
    ("a.toml", ROW.replace('"Emma"', '"a "b" c"'), "\nWrite a quote in a text as \\"),
    ("a.toml", f'{ROW}isbn = "2"\n', "line 5...overwrite a value.\nRemove isbn, which has"),
    ("a.toml", f'{ROW}isbn = "2"', "line 5...overwrite a value.\nRemove isbn, which has"),
    ("a.toml", f"{ROW}pages: 9", "\nWrite = instead of the colon."),
    ("a.toml", f"{ROW}// pages", "\nA comment begins with #."),
    ("a.toml", f"{ROW}pages =\n", "\nWrite a value after the =; write NULL as"),
    ("a.toml", ROW.replace('"Emma"', r'"C:\Emma"'), "\nWrite a backslash twice, or"),
    ("a.json", '{"books": [\n// all\n]}', "line 2: ...\nJSON has no comments: remove it"),
    ("a.json", '{\n// all\n}', "line 2, column 1: ...\nJSON has no comments: remove it"),
    ("a.json", '{"books": [{"pages": 9,99}]}', "\nWrite a number with a point, such as 9.99."),
    ("a.json", '{"books": [{"pages": 9,}]}', "\nRemove the comma before the closing bracket"),
    ("a.json", '{"books": [{"pages": None}]}', "\nWrite NULL as null, in lower case."),
    ("a.json", '{"books": [{"pages": }]}', "\nWrite a value after the colon; write NULL as null."),
    ("a.json", "{'books': []}", "\nPut names and texts into double quotes."),
    ("a.json", '{"books": [{"pages": 9', "\nClose all quotes, brackets and braces."),
    ("a.toml", "[keys]\nbooks = ['title']\n[[books]]\nisbn = '1'",
     "title, part of its key, which ...a.toml"),
    ("a.py", "import peewee\ndef seed(db):\n yield 'authors', {'name': 'A'}\n"
     " raise peewee.DoesNotExist",
     "Yielded rows are not in the database yet; refer to them with a dict."),
    ("a.toml", f'{ROW}printed = "now - 3 days + 1 hour"', ": only one + or - is allowed"),
    ("a.toml", f'{ROW}printed = "now - 1 mont"', ": mont is not a unit.\nA duration in years"),
    ("a.toml", f'{ROW}printed = "now - days"', ": days has no amount.\nA duration in years"),
    ("a.toml", f'{ROW}printed = "now - 3"', ": 3 has no unit.\nA duration in years"),
]  # fmt: skip


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    path = tmp_path / "seeds"
    path.mkdir()
    return path


@pytest.fixture
def shop(database: pw.Database) -> pw.Database:
    database.bind(MODELS)
    database.create_tables(MODELS)
    Author.create(name="Jane Austen")
    return database


def test_a_message_says_what_is_wrong_where_and_what_to_do(shop: pw.Database, seeds: Path) -> None:
    for name, text, message in MISTAKES:
        path = seeds / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        pattern = "(?s)" + re.escape(message).replace(re.escape("..."), ".*")
        with pytest.raises(DbkitError, match=pattern):
            seed(shop, MODELS, seeds)
        path.unlink()
    assert not Book.select().exists()


def test_a_missing_column_needs_a_migration(database: pw.Database, seeds: Path) -> None:
    database.execute_sql("CREATE TABLE authors (id integer PRIMARY KEY)")
    (seeds / "a.toml").write_text("[[authors]]\nid = 1\n")
    with pytest.raises(DbkitError) as caught:
        seed(database, [Author], seeds)
    assert caught.value.message == f"A column is missing: authors.name ({seeds / 'a.toml'})."
    assert "If no migration adds it, run `python -m dbkit create NAME`" in caught.value.hint


class Product(pw.Model):
    sku = pw.CharField()
    name = pw.CharField(null=True)


class Sale(pw.Model):
    number = pw.IntegerField(unique=True)
    product = pw.ForeignKeyField(Product)


def test_a_reference_shows_null(database: pw.Database, seeds: Path) -> None:
    database.bind([Product, Sale])
    database.create_tables([Product, Sale])
    Product.insert_many([("SH-1", "Shoe"), ("SH-2", None), ("SH-2", None)]).execute()
    path = seeds / "sale.csv"
    for row, message in [
        ("1,SH-1,", '{ sku = "SH-1", name = NULL } matches no row ...seed that row too. An empty'),
        ("1,SH-2,", "NULL } matches more ...: add a column that tells them apart. An empty cell"),
    ]:
        path.write_text(f"number,product.sku,product.name\n{row}\n")
        with pytest.raises(DbkitError, match=re.escape(message).replace(r"\.\.\.", "(?s:.*)")):
            seed(database, [Product, Sale], seeds)
    path.unlink()
    (seeds / "a.json").write_text('{"sale": [{"number": 1, "product": {"sku": "SH-2"}}]}')
    with pytest.raises(DbkitError, match=r'product = { sku = "SH-2" } .*(?s:.*)apart\.$'):
        seed(database, [Product, Sale], seeds)


def test_the_seeds_are_a_file(database: pw.Database, seeds: Path) -> None:
    path = seeds / "all.toml"
    path.touch()
    with pytest.raises(DbkitError, match=r"all\.toml is a file\.\nPut it into a directory, and"):
        seed(database, [], path)
