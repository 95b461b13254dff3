"""Lets eight processes run commands on one database at once, and checks what they did.

    python benchmarks/races.py [--rounds N] [--processes N] [--seed N] [--pgbouncer PATH]
                               [--database NAME]...

from the repository's root, on SQLite and on PostgreSQL servers of its own, also through PgBouncer
in transaction mode. The kinds of rounds: all processes migrate a fresh database; all migrate a
database on which a file with ATOMIC = False failed half-way; or each runs a random command.

Each file appends to the table `events` when it begins and ends. No file may run twice or out of
order, every command must succeed (or say that another run was in its way), and in the end the
history must be complete and the schema equal to the models.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import peewee as pw

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import dbkit  # noqa: E402
from benchmarks.commands import Command, warm  # noqa: E402
from benchmarks.kills import FILES, Project  # noqa: E402
from dbkit.connection import parse  # noqa: E402
from tests.servers import BINARIES, Server, pooled  # noqa: E402

EVENTS = """

def _within(name, sign, action, places):
    def within(migrator, database, *, fake=False):
        insert = f"INSERT INTO events (what) VALUES ('{sign}NAME {places[0]}')"
        migrator.sql(insert)
        action(migrator, database, fake=fake)
        migrator.sql(insert.replace(places[0], places[1]))
    return within
def migrate(migrator, database, *, fake=False, _files=migrate):
    _within("NAME", "+", _files, ("first", "last"))(migrator, database, fake=fake)
def rollback(migrator, database, *, fake=False, _files=rollback):
    _within("NAME", "-", _files, ("last", "first"))(migrator, database, fake=fake)
"""
ORDER = [f"{name} {place}" for name in FILES for place in ("first", "last")]
TABLE = "CREATE TABLE events (id INTEGER PRIMARY KEY {}, what TEXT NOT NULL)"
DOUBLE = "INSERT INTO books (author_id, title) SELECT min(id), '0' FROM authors"
MIXED = {"migrate": 4, "rollback": 2, "rollback --count 2": 2, "seed": 2, "reset --yes": 1, "up": 1}
# what a command may answer if another process has just rolled files back
REFUSALS = re.compile(
    r"Another run (rolled back migration|changed the history)"
    r"|Cannot roll back \d migrations|A (table|column) is missing"
)


@dataclass
class Place:
    """SQLite files, or a server, whose commands may go through a pooler."""

    name: str
    directory: Path
    server: Server | None = None
    pooler: str = ""
    templates: dict[str, str] = field(default_factory=dict)

    def create(self, template: str) -> str:
        """Return the name of a new copy of a template."""
        if self.server:
            return self.server.create_database(self.templates.get(template, "template0"))
        copy = self.directory / f"{time.monotonic_ns()}.db"
        if template in self.templates:
            shutil.copy(self.directory / self.templates[template], copy)
        return copy.name

    def drop(self, name: str) -> None:
        if self.server:
            self.server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        else:
            (self.directory / name).unlink()

    def url(self, name: str, pooled: bool = False) -> str:
        if pooled and self.pooler:
            return f"{self.pooler}/{name}"
        return self.server.url(name) if self.server else f"sqlite:///{self.directory / name}"

    @contextmanager
    def opened(self, name: str) -> Iterator[pw.Database]:
        with closing(parse(self.url(name)).database()) as database:
            database.connect()
            yield database

    def prepare(self) -> None:
        """Make the templates: a fresh database, and one on which a file failed half-way."""
        project = Project(self.directory, "", more=EVENTS)
        (self.directory / "setup.cfg").write_text("[dbkit]\nignore = events\n")
        fresh = self.create("")
        with self.opened(fresh) as database:
            serial = "GENERATED ALWAYS AS IDENTITY" if self.server else "AUTOINCREMENT"
            database.execute_sql(TABLE.format(serial))
        self.templates["fresh"] = fresh
        half = self.create("fresh")
        with self.opened(half) as database:
            dbkit.migrate(database, project.migrations, name="002")
            database.execute_sql(DOUBLE)
            try:  # the unique index
                dbkit.migrate(database, project.migrations)
            except dbkit.DbkitError:
                database.execute_sql("DELETE FROM books WHERE id = (SELECT max(id) FROM books)")
            assert dbkit.status(database, project.migrations).half_done
        self.templates.update(half=half, mixed=half)


def run(place: Place, url: str, commands: list[str], random_: random.Random) -> Iterator[str]:
    """Run commands at once; yield what is wrong with their ends."""
    started = [Command(place.directory, url, command, random_.uniform(0, 0.2))
               for command in commands]  # fmt: skip
    mixed = len(set(commands)) > 1
    for command in started:
        code, text = command.ended()
        refused = (code == 2 and REFUSALS.search(text)) or (code == 1 and command.text == "up")
        crashed = re.search("Traceback|error: unexpected|deadlock", text)
        if crashed or not (code == 0 or (mixed and refused)):
            yield f"{command.text}: {code}: {text}"


def judged(events: list[str]) -> Iterator[str]:
    """Yield the events that are out of order."""
    done = 0
    for event in events:
        step, expected = (1, ORDER[done : done + 1]) if event[0] == "+" else (-1, ORDER[:done][-1:])
        if [event[1:]] != expected:
            yield f"{event} after {ORDER[:done][-1:]}"
            return
        done += step


def round_(place: Place, kind: str, processes: int, random_: random.Random) -> Iterator[str]:
    """Run a round; yield its faults."""
    name = place.create(kind)
    url = place.url(name, pooled=True)
    names, weights = list(MIXED), list(MIXED.values())
    mixed = random_.choices(names, weights, k=processes)
    yield from run(place, url, mixed if kind == "mixed" else ["migrate"] * processes, random_)
    if kind == "mixed":
        yield from run(place, url, ["migrate"], random_)
    yield from run(place, url, ["verify"], random_)
    with place.opened(name) as database:
        events = database.execute_sql("SELECT what FROM events ORDER BY id").fetchall()
        yield from judged([what for (what,) in events])
        history = database.execute_sql("SELECT name FROM migratehistory ORDER BY id").fetchall()
        if [name for (name,) in history] != list(FILES):
            yield f"the history is {history}"
        if kind != "mixed" and len(events) != len(ORDER):
            yield f"{len(events)} events"
    place.drop(name)


@contextmanager
def places(pgbouncer: str) -> Iterator[dict[str, Place]]:
    """Where rounds can run here."""
    with ExitStack() as stack:

        def place(name: str, server: Server | None = None, pooler: str = "") -> None:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            found[name] = Place(name, directory, server, pooler)

        found: dict[str, Place] = {}
        place("sqlite")
        for name, binaries in BINARIES.items():
            if not binaries.exists():
                print(f"{name}: skipped, it is not installed")
                continue
            place(name, server := Server(binaries))
            stack.callback(server.delete)
            if name != "postgres18":
                continue
            if program := shutil.which(pgbouncer):
                place("pgbouncer", server, stack.enter_context(pooled(server, program)))
            else:
                print(f"pgbouncer: skipped, there is no program {pgbouncer}")
        yield found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3, help="of each kind (default: 3)")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--pgbouncer", default="pgbouncer", metavar="PATH")
    parser.add_argument("--database", action="append", help="sqlite, postgres18, ...")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    warm()
    faults, random_ = 0, random.Random(options.seed)  # noqa: S311
    with places(options.pgbouncer) as found:
        for place in found.values():
            if options.database and place.name not in options.database:
                continue
            place.prepare()
            for kind in ("fresh", "half", "mixed"):
                begun, count = time.monotonic(), 0
                for number in range(options.rounds):
                    for fault in round_(place, kind, options.processes, random_):
                        count += 1
                        print(f"{place.name}: {kind}: round {number}: {fault}", flush=True)
                print(f"{place.name}: {kind}: {options.rounds} rounds, {count} faults, "
                      f"{time.monotonic() - begun:.0f} s", flush=True)  # fmt: skip
                faults += count
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
