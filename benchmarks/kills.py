"""Kills commands at random moments, and checks that nothing is half done.

    python benchmarks/kills.py [--rounds N] [--seed N] [--database NAME]... [--only COMMAND]

from the repository's root, on SQLite and on PostgreSQL servers of its own. A round runs one command
on a project with migrations of every kind (also ATOMIC = False); at a random moment it kills the
client (SIGKILL) or its server process, stops the whole server at once, or cuts the connection. Then
it checks:

- `status` and `verify` can tell the state, and no file of the project is half written;
- `migrate` completes, the schema equals the models, and no row is lost or doubled;
- no index is invalid, and no scratch database is left.

`--only seed` kills only `seed`, in the project of `benchmarks/seed_kills.py` with large seed files.
"""

from __future__ import annotations

import argparse
import random
import shutil
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import peewee as pw

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.commands import Command, warm  # noqa: E402
from dbkit import migrate, rollback, status  # noqa: E402
from dbkit.connection import parse  # noqa: E402
from tests.servers import BINARIES, Server  # noqa: E402

DURABLE = ("synchronous_commit=on",)  # a server that is stopped keeps what was committed

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
    "up": 2,
    "rollback --count 2": 3,
    "rollback --count 4": 2,
    "reset --yes": 2,
    "seed": 2,
    "create more --models more": 2,
    "init --models adopted --migrations adopted_migrations": 2,
    "prove": 2,
    "repair --yes --pending 004": 2,
    "verify": 2,
}
# these run on a copy of the project; the next commands on it must succeed
ON_A_COPY = {
    "init": (
        "init --models adopted --migrations adopted_migrations",
        "verify --models adopted --migrations adopted_migrations",
    ),
}
WAYS = {"client killed": 4, "server process killed": 3, "server stopped": 1, "connection cut": 2}
# a run leaves the young scratch databases (of 60 s) alone: another run may be about to use them
LEFT = """SELECT datname FROM pg_database WHERE datname ~ '^dbkit_scratch' AND
          ('x' || substr(datname, 15, 8))::bit(32)::bigint < extract(epoch FROM now()) - 90"""
INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"


class Relay:
    """Hands on the connections to a local port, until it cuts them."""

    def __init__(self, port: int) -> None:
        self._port, self._sockets = port, [socket.create_server(("127.0.0.1", 0))]
        self.port = self._sockets[0].getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._sockets[0].accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                self._sockets += [client, server]
                for pair in ((client, server), (server, client)):
                    Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


class Project:
    """A directory with migrations, models and seeds, and its database, perhaps on a server."""

    def __init__(
        self, directory: Path, url: str, server: Server | None = None, more: str = ""
    ) -> None:
        """`more` is added to each migration, with its name for NAME."""
        self.directory, self.url, self.server = directory, url, server
        self.migrations = directory / "migrations"
        self.migrations.mkdir()
        (directory / "seeds").mkdir()
        for name, text in FILES.items():
            text = (text + more).replace("ROWS", str(ROWS)).replace("NAME", name)
            (self.migrations / f"{name}.py").write_text(f"import peewee as pw\n{text}")
        (directory / "app_models.py").write_text(MODELS)
        extra = MODELS.replace("    pages =", "    extra = pw.TextField(null=True)\n    pages =")
        (directory / "more.py").write_text(extra)
        (directory / "seeds" / "authors.toml").write_text(SEEDS)
        self.files = self._texts()

    def _texts(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.migrations.glob("*.py")}

    @contextmanager
    def opened(self) -> Iterator[pw.Database]:
        database = parse(self.url).database()
        with database.connection_context():
            yield database

    def run(self, command: str, *codes: int) -> str:
        code, output = Command(self.directory, self.url, command).ended()
        assert code in (codes or (0,)), f"{command}: {code}\n{output}"
        assert "Traceback" not in output, output
        return output

    def kill(self, command: str, after: float, way: str) -> str:
        """Run a command, and kill it in this way; return what became of it."""
        url, relay = self.url, None
        if self.server and way == "connection cut":
            relay = Relay(self.server.port)
            url = url.replace(f":{self.server.port}/", f":{relay.port}/")
        process = Command(self.directory, url, command)
        if process.has_ended(after):
            way = "ended"
        elif way == "client killed" or not self.server:
            process.kill()
        elif relay:
            relay.cut()
        elif way == "server stopped":
            self.server.stop()
        else:
            way = self._kill_server_processes()
        code, output = process.ended()
        if way == "server stopped" and self.server:
            self.server.start(*DURABLE)
        assert "Traceback" not in output, output
        assert "error: unexpected" not in output, output
        assert code == 0 or way != "ended", output
        return way

    def _kill_server_processes(self) -> str:
        with self.opened() as database:
            found = database.execute_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'victim' AND random() < 0.8"
            ).fetchall()
        return "server process killed" if found else "not connected"

    @contextmanager
    def copied(self) -> Iterator[Project]:
        """A copy of the project with a copy of its database."""
        with tempfile.TemporaryDirectory() as directory:
            copy = Project.__new__(Project)
            copy.directory, copy.server = Path(directory) / "copy", self.server
            shutil.copytree(self.directory, copy.directory)
            copy.migrations, copy.files = copy.directory / "migrations", {}
            copy.url = self.url.replace(str(self.directory), str(copy.directory))
            if self.server:
                name = self.server.create_database(self.url.rpartition("/")[2])
                copy.url = self.server.url(name)
            yield copy
            if self.server:
                self.server.execute(f"DROP DATABASE {name} WITH (FORCE)")

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
            authors = {name for (name,) in database.execute_sql("SELECT name FROM authors")}
            assert {"a", "b"} <= authors <= {"a", "b", "seeded"}, authors
            if self.server:
                assert database.execute_sql(INVALID).fetchall() == []
        self.run("verify")
        if scratch and self.server:
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

    def check_copy(self, command: str) -> None:
        for path in self.directory.rglob("*.py"):
            compile(path.read_text(), path.name, "exec")
        for next_ in ON_A_COPY[command.split()[0]]:
            self.run(next_)


def rounds(
    project: Project, count: int, random_: random.Random, only: str = ""
) -> Iterator[tuple[str, str]]:
    """Kill `count` commands, or only this command; yield each and what became of it."""
    begun = time.monotonic()
    project.run("migrate")
    longest = {"migrate": time.monotonic() - begun}
    names, weights = list(COMMANDS), list(COMMANDS.values())
    ways = list(WAYS) if project.server and not only else list(WAYS)[: 1 + bool(project.server)]
    while count:
        command = only or random_.choices(names, weights)[0]
        if command == "migrate":
            with project.opened() as database:
                rollback(database, project.migrations, 4)
        way = random_.choices(ways, [WAYS[way] for way in ways])[0]
        # the first run of a command ends
        after = random_.uniform(0.05, 1) * longest[command] if command in longest else 100
        on_copy = command.split()[0] in ON_A_COPY
        with project.copied() if on_copy else nullcontext(project) as place:
            begun = time.monotonic()
            became = place.kill(command, after, way)
            if became == "ended":
                longest[command] = time.monotonic() - begun
            yield command, became
            if on_copy:
                place.check_copy(command)
        if command.startswith("repair"):
            project.run("repair --yes --applied 004", 0, 2)
        project.check(scratch=not only)
        count -= became in WAYS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=20, help="kills on each database")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--database", action="append", help="sqlite, postgres18, ...")
    parser.add_argument("--only", default="", help="a command")
    options = parser.parse_args()
    from benchmarks.seed_kills import SeedProject, seed_rounds  # which imports this module

    print(f"seed {options.seed}", flush=True)
    warm()
    kills = 0
    for name in options.database or [
        "sqlite",
        *(one for one in BINARIES if BINARIES[one].exists()),
    ]:
        begun, seen = time.monotonic(), Counter[Any]()
        with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
            url, server = f"sqlite:///{directory}/app.db", None
            if name != "sqlite":
                server = Server(BINARIES[name], DURABLE)
                stack.callback(server.delete)
                url = server.url(server.create_database())
            chosen = random.Random(options.seed)  # noqa: S311
            if options.only == "seed":
                project = SeedProject(Path(directory), url, server)
                seen.update(seed_rounds(project, options.rounds, chosen))
            else:
                project = Project(Path(directory), url, server)
                seen.update(rounds(project, options.rounds, chosen, options.only))
        for (command, became), count in sorted(seen.items()):
            print(f"{name}: {command}: {became}: {count}")
            kills += count * (became in WAYS)
        print(f"{name}: {time.monotonic() - begun:.0f} s; kills until now: {kills}", flush=True)


if __name__ == "__main__":
    main()
