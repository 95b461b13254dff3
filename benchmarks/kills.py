"""Kills commands at random moments, and checks that nothing is half done.

    python benchmarks/kills.py [--rounds N] [--seed N] [URL...]

from the repository's root. Without a URL it starts a PostgreSQL server of its own, and uses that
and SQLite. A round runs one command on a project with migrations of every kind (also ATOMIC =
False), kills the client (SIGKILL) or its server process at a random moment, and then checks:

- `status` and `verify` can tell the state, and no file of the project is half written;
- `migrate` completes, the schema equals the models, and no row is lost or doubled;
- no index is invalid, and no scratch database is left.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee as pw

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from dbkit import migrate, rollback, status  # noqa: E402
from dbkit.connection import parse  # noqa: E402

ROWS = 300
FILES = {
    "001_tables": """
def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Author(pw.Model):
        name = pw.CharField(unique=True)
        class Meta: table_name = "authors"
    @migrator.create_model
    class Book(pw.Model):
        author = pw.ForeignKeyField(Author, on_delete="CASCADE")
        title = pw.TextField()
        class Meta: table_name = "books"
def rollback(migrator, database, *, fake=False):
    migrator.remove_model("books")
    migrator.remove_model("authors")
""",
    "002_rows": """
def migrate(migrator, database, *, fake=False):
    migrator.sql("INSERT INTO authors (name) VALUES ('a'), ('b')")
    if not fake:
        for number in range(ROWS):
            database.execute_sql("INSERT INTO books (author_id, title) "
                                 f"SELECT min(id), '{number}' FROM authors")
def rollback(migrator, database, *, fake=False):
    migrator.sql("DELETE FROM books")
    migrator.sql("DELETE FROM authors")
""",
    "003_alone": """
ATOMIC = False
def migrate(migrator, database, *, fake=False):
    migrator.add_fields("books", pages=pw.IntegerField(default=1))
    migrator.add_index("books", "title", concurrently=True)
    migrator.sql("UPDATE books SET pages = pages + 1")
    migrator.add_index("books", "author", "title", name="both", unique=True, concurrently=True)
    database.execute_sql("INSERT INTO books (author_id, title, pages) "
                         "SELECT min(id), 'own', 3 FROM authors")
    migrator.sql("VACUUM")
    migrator.run(lambda: database.execute_sql("UPDATE books SET pages = pages + 1"))
    migrator.add_fields("authors", note=pw.TextField(null=True))
def rollback(migrator, database, *, fake=False):
    migrator.remove_fields("authors", "note")
    migrator.drop_index("books", name="both", concurrently=True)
    migrator.sql("DELETE FROM books WHERE title = 'own'")
    migrator.drop_index("books", "title", concurrently=True)
    migrator.remove_fields("books", "pages")
""",
    "004_type": """
def migrate(migrator, database, *, fake=False):
    migrator.change_fields("authors", name=pw.TextField(unique=True))
    migrator.add_check("books", "pages >= 0", "pages_fit")
def rollback(migrator, database, *, fake=False):
    migrator.drop_check("books", "pages_fit")
    migrator.change_fields("authors", name=pw.CharField(unique=True))
""",
}
MODELS = """
import peewee as pw
class Author(pw.Model):
    name = pw.TextField(unique=True)
    note = pw.TextField(null=True)
    class Meta: table_name = "authors"
class Book(pw.Model):
    author = pw.ForeignKeyField(Author, on_delete="CASCADE")
    title = pw.TextField(index=True)
    pages = pw.IntegerField()
    class Meta:
        table_name = "books"
        constraints = [pw.Check("pages >= 0", "pages_fit")]
Book.add_index(Book.index(Book.author, Book.title, name="both", unique=True))
"""
SEEDS = '[[authors]]\nname = "seeded"\n'
COMMANDS = {
    "migrate": 8,
    "rollback --count 2": 3,
    "rollback --count 4": 2,
    "reset --yes": 2,
    "seed": 1,
    "create more --models more": 2,
    "verify": 1,
}
# a run leaves the young scratch databases (of 60 s) alone: another run may be about to use them
LEFT = """SELECT datname FROM pg_database WHERE datname ~ '^dbkit_scratch' AND
          ('x' || substr(datname, 15, 8))::bit(32)::bigint < extract(epoch FROM now()) - 90"""
INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"


class Project:
    """A directory with migrations, models and seeds, and its database."""

    def __init__(self, directory: Path, url: str, more: str = "") -> None:
        """`more` is added to each migration, with its name for NAME."""
        self.directory, self.url = directory, url
        self.migrations = directory / "migrations"
        self.migrations.mkdir()
        (directory / "seeds").mkdir()
        for name, text in FILES.items():
            text = (text + more).replace("ROWS", str(ROWS)).replace("NAME", name)
            (self.migrations / f"{name}.py").write_text(f"import peewee as pw\n{text}")
        (directory / "app_models.py").write_text(MODELS)
        more = MODELS.replace("    pages =", "    extra = pw.TextField(null=True)\n    pages =")
        (directory / "more.py").write_text(more)
        (directory / "seeds" / "authors.toml").write_text(SEEDS)
        self.files = self._texts()

    def _texts(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.migrations.glob("*.py")}

    @contextmanager
    def opened(self) -> Iterator[pw.Database]:
        database = parse(self.url).database()
        with database.connection_context():
            yield database

    def start(self, command: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "DATABASE_URL": self.url, "DBKIT_MODELS": "app_models",
                       "PYTHONPATH": f"{ROOT}:{self.directory}", "PGAPPNAME": "victim"}  # fmt: skip
        environment.pop("DATABASE_DIRECT_URL", None)
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "dbkit", *command.split()],
            cwd=self.directory, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def run(self, command: str, *codes: int) -> str:
        with self.start(command) as process:
            output, _ = process.communicate(timeout=120)
        assert process.returncode in (codes or (0,)), f"{command}: {process.returncode}\n{output}"
        assert "Traceback" not in output, output
        return output

    def kill(self, command: str, after: float, server: bool) -> str:
        """Run a command, and kill it or its server processes; return what became of it."""
        with self.start(command) as process:
            try:
                process.wait(after)
                return "ended"
            except subprocess.TimeoutExpired:
                pass
            if not server:
                process.kill()
                process.communicate()
                return "client killed"
            with self.opened() as database:
                pids = database.execute_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'victim' AND random() < 0.8"
                ).fetchall()
            output, _ = process.communicate(timeout=120)
            assert "Traceback" not in output, output
            return f"server killed ({len(pids)})" if pids else "not connected"

    def check(self, scratch: bool = True) -> None:
        """Check the invariants, and complete what was interrupted. With `scratch`, also by
        commands, which remove the scratch databases that were left."""
        self._check_files()
        if scratch:
            self.run("status", 0, 1)
            self.run("verify", 0, 1)
            self.run("migrate")
        with self.opened() as database:
            migrate(database, self.migrations)
            assert status(database, self.migrations).pending == ()
            assert not status(database, self.migrations).half_done
            rows = list(database.execute_sql("SELECT title, pages FROM books").fetchall())
            books = Counter(title for title, _ in rows)
            assert books == Counter(["own", *map(str, range(ROWS))]), books.most_common(3)
            assert Counter(pages for _, pages in rows) == {3: ROWS, 4: 1}, rows[-5:]
            if isinstance(database, pw.PostgresqlDatabase):
                assert database.execute_sql(INVALID).fetchall() == []
        self.run("verify")
        if scratch and self.url.startswith("postgres"):
            self.run("create more --models more --check", 1)
            with self.opened() as database:
                assert database.execute_sql(LEFT).fetchall() == []

    def _check_files(self) -> None:
        """`create` writes a whole file or none."""
        for name, text in self._texts().items():
            if name in self.files:
                assert text == self.files[name]
            else:
                compile(text, name, "exec")
                assert "def rollback" in text
                (self.migrations / name).unlink()
        left = {path.name for path in self.migrations.iterdir()} - {*self.files, "__pycache__"}
        for name in left:
            (self.migrations / name).unlink()
            assert name.startswith("."), name


def rounds(
    project: Project, count: int, random_: random.Random, only: str = ""
) -> Iterator[tuple[str, str]]:
    """Kill `count` commands, or only this command; yield each and what became of it."""
    begun = time.monotonic()
    project.run("migrate")
    longest = dict.fromkeys(COMMANDS, time.monotonic() - begun)
    names, weights = list(COMMANDS), list(COMMANDS.values())
    for _ in range(count):
        command = only or random_.choices(names, weights)[0]
        if command == "migrate":
            with project.opened() as database:
                rollback(database, project.migrations, 4)
        server = project.url.startswith("postgres") and random_.random() < 0.5
        after, begun = random_.uniform(0.25, 1) * longest[command], time.monotonic()
        became = project.kill(command, after, server)
        if became == "ended":
            longest[command] = time.monotonic() - begun
        yield command, became
        project.check(scratch=not only)


@contextmanager
def servers() -> Iterator[list[str]]:
    """The URL of a server of its own."""
    from tests.servers import BINARIES, Server

    server = Server(BINARIES["postgres18"])
    try:
        yield [server.url(server.create_database())]
    finally:
        server.delete()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=20, help="of each database (default: 20)")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("urls", nargs="*", metavar="URL")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with servers() if not options.urls else _given(options.urls) as urls:
        for url in ["sqlite", *urls] if not options.urls else urls:
            with tempfile.TemporaryDirectory() as directory:
                target = f"sqlite:///{directory}/app.db" if url == "sqlite" else url
                seen: Counter[Any] = Counter()
                project = Project(Path(directory), target)
                for round_ in rounds(project, options.rounds, random.Random(options.seed)):  # noqa: S311
                    seen[round_] += 1
                for (command, became), count in sorted(seen.items()):
                    print(f"{url.partition(':')[0]}: {command}: {became}: {count}", flush=True)


@contextmanager
def _given(urls: list[str]) -> Iterator[list[str]]:
    yield urls


if __name__ == "__main__":
    main()
