"""Kills `seed` at random moments; `benchmarks/kills.py --only seed` runs it.

The project has 20,000 rows in CSV files over two tables, and authors in TOML, who refer to each
other and to the books, which refer to the authors. A round begins with empty tables or with the
complete rows of one version of the seeds, and kills a `seed` of another version. Afterwards, the
tables must have exactly the rows of before or exactly the new rows, and the next `seed` completes.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.servers import Server

from .kills import WAYS, Project

ROWS = 10_000  # of books, and as many reviews
AUTHORS = 100
MODELS = """
import peewee as pw
class Author(pw.Model):
    name = pw.TextField(unique=True)
    mentor = pw.ForeignKeyField("self", null=True, backref="+")
    best = pw.DeferredForeignKey("Book", null=True, backref="+")
    class Meta: table_name = "authors"
class Book(pw.Model):
    title = pw.TextField(unique=True)
    author = pw.ForeignKeyField(Author)
    pages = pw.IntegerField(null=True)
    class Meta: table_name = "books"
class Review(pw.Model):
    code = pw.TextField(primary_key=True)
    book = pw.ForeignKeyField(Book, on_delete="CASCADE")
    text = pw.TextField()
    class Meta: table_name = "reviews"
"""
CONTENT = (
    "SELECT a.name, m.name, b.title FROM authors a LEFT JOIN authors m ON m.id = a.mentor_id "
    "LEFT JOIN books b ON b.id = a.best_id ORDER BY a.name",
    "SELECT b.title, a.name, b.pages FROM books b JOIN authors a ON a.id = b.author_id "
    "ORDER BY b.title",
    "SELECT r.code, b.title, r.text FROM reviews r JOIN books b ON b.id = r.book_id "
    "ORDER BY r.code",
)
EMPTY = ("DELETE FROM reviews", "UPDATE authors SET best_id = NULL, mentor_id = NULL",
         "DELETE FROM books", "DELETE FROM authors")  # fmt: skip
SMALLER = "smaller"  # has fewer rows: `seed --prune` deletes the others
VERSIONS = {"first": 0, "second": 1, SMALLER: 2}
Content = list[list[tuple[object, ...]]]


class SeedProject(Project):
    """A directory with models and versions of seeds, and a database with their tables."""

    def __init__(self, directory: Path, url: str, server: Server | None = None) -> None:
        self.directory, self.url, self.server = directory, url, server
        self.migrations, self.files = directory / "migrations", {}
        (directory / "app_models.py").write_text(MODELS, encoding="utf-8")
        for version, number in VERSIONS.items():
            write(directory / version, number)
        self.run("create tables")
        self.run("migrate")
        self.wanted = {version: self._complete(version) for version in VERSIONS}

    def _complete(self, version: str) -> tuple[float, Content]:
        """Load a version into empty tables. Return the seconds and the content."""
        self.empty()
        begun = time.monotonic()
        self.run(f"seed --seeds {version}")
        return time.monotonic() - begun, self.content()

    def empty(self) -> None:
        with self.opened() as database, database.atomic():
            for statement in EMPTY:
                database.execute_sql(statement)

    def content(self) -> Content:
        with self.opened() as database:
            return [database.execute_sql(query).fetchall() for query in CONTENT]

    def round(self, random: Random, version: str, ways: list[str]) -> tuple[str, str]:
        """Kill a `seed` of this version, and check. Return the command and what became of it."""
        if random.random() < 0.4:
            self.empty()
        before = self.content()
        seconds, wanted = self.wanted[version]
        # the rows that the last version has and this version does not have are pruned
        prune = " --prune" * (version == SMALLER or random.random() < 0.3)
        command = f"seed --seeds {version}{prune}"
        way = random.choices(ways, [WAYS[way] for way in ways])[0]
        became = self.kill(command, random.uniform(0.02, 1.1) * seconds, way)
        found = self.content()
        assert found in (before, wanted), f"{command}: {became}: half of the rows are there"
        assert became != "ended" or found == wanted, command
        self.run(command)
        assert self.content() == wanted, f"{command}: the next run did not complete it"
        self.run(f"seed --check --seeds {version}")
        return command.partition(" --")[0] + prune, became


def seed_rounds(project: SeedProject, count: int, random: Random) -> Iterator[tuple[str, str]]:
    """Kill `seed` so many times; yield each round's command and what became of it."""
    ways = list(WAYS) if project.server else list(WAYS)[:1]
    last = ""
    while count:
        last = random.choice([version for version in VERSIONS if version != last])
        command, became = project.round(random, last, ways)
        yield command, became
        count -= became in WAYS


def write(directory: Path, version: int) -> None:
    """Write a version of the seeds: half of the rows differ from those of the version before."""
    directory.mkdir()
    rows = ROWS - 1000 * (version == 2)
    lines = ['[keys]\nauthors = ["name"]\n']
    for number in range(AUTHORS):
        mentor, best = (number * 7 + version) % AUTHORS, (number * 31 + version) % rows
        lines.append(f'[[authors]]\nname = "author {number}"\nmentor = {{ name = "author {mentor}" '
                     f'}}\nbest = {{ title = "book {best}" }}\n')  # fmt: skip
    (directory / "01_authors.toml").write_text("\n".join(lines), encoding="utf-8")
    table(directory / "02_books.csv", ("title", "author.name", "pages"),
          ((f"book {number}", f"author {number % AUTHORS}", number + version * (number % 2) or None)
           for number in range(rows)))  # fmt: skip
    table(directory / "03_reviews.csv", ("code", "book.title", "text"),
          ((f"r{number}", f"book {number * 3 % rows}", f"good, {version * (number % 2)}" * 5)
           for number in range(rows)))  # fmt: skip


def table(path: Path, columns: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
