"""How long it takes to load a million rows, beside the fastest way and beside other tools.

    python benchmarks/seed.py [--rows N] [--database NAME]... [--only NAME]...
    python benchmarks/seed.py --line      # the reference seeds over a line of 40 ms
    python benchmarks/seed.py --memory    # files of 200 MB in each format

from the repository's root, after `pip install -e '.[test,benchmark]'`, on SQLite and on a server of
its own. N rows of `campaigns` and a tenth as many rows of `content_assets`, which refer to them, go
from CSV files into tables that `migrate` has created. A contender runs in a process of its own, on
a copy of the empty database; the time and the peak memory are those of the whole process. The first
contender is the limit, to which the others are compared: `\\copy` of psql, or `executemany` with
the csv module. Slow contenders load only a part of the rows, and the time is scaled; the table then
names the part. Only the ratios mean anything elsewhere.

Each contender must leave the right number of rows, and dbkit exactly the rows of the limit.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import peewee as pw

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # for the tests' servers

from benchmarks import seed_rows  # noqa: E402
from benchmarks.seed_contenders import write_fixture  # noqa: E402
from benchmarks.seed_rows import ASSETS, CAMPAIGNS, COLUMNS, FILES, PER_ASSET  # noqa: E402
from benchmarks.slow_line import Line  # noqa: E402
from dbkit import migrate  # noqa: E402
from dbkit.connection import opened, parse  # noqa: E402
from tests.servers import BINARIES, Server  # noqa: E402

ROUND_TRIP = 0.04  # seconds
LARGE = 200_000_000  # bytes
# a process of its own, which is small: a forked process begins with the memory of its parent
MEASURE = """
import resource, subprocess, sys, time
begin = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=2).returncode
seconds = time.perf_counter() - begin
print(code, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
SUM = {  # whatever the order of the rows
    "postgresql": "sum(hashtextextended(ROW({})::text, 0)::numeric)",
    "sqlite": "sum(checksum({}))",
}
Content = list[tuple[int, int]]


@dataclass(frozen=True)
class Taken:
    """What a process took."""

    seconds: float
    megabytes: float


def measured(url: str, seeds: Path, *command: str) -> Taken:
    """Run a command to its end. What it prints is shown only if it fails."""
    environment = {**os.environ, "DATABASE_URL": url, "DBKIT_SEEDS": str(seeds)}
    environment.pop("DBKIT_ENV", None)
    ended = subprocess.run(
        [sys.executable, "-S", "-c", MEASURE, *command],
        capture_output=True, text=True, check=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    code, seconds, kilobytes = ended.stdout.split()
    if code != "0":
        sys.exit(f"{' '.join(command)} failed:\n{ended.stderr[-3000:]}")
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return Taken(float(seconds), float(kilobytes) / unit)


class Place:
    """Databases with empty tables, on a server or in a folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self.server = None if name == "sqlite" else Server(BINARIES[name])
        self._folder, self._count = folder, 0
        self._empty = folder / "empty.db"
        self._template = self.server.create_database() if self.server else ""
        url = self.server.url(self._template) if self.server else f"sqlite:///{self._empty}"
        with opened(parse(url).database()) as database:
            migrate(database, ROOT / "migrations")

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a database, which is dropped after the block."""
        if self.server:
            name = self.server.create_database(self._template)
            yield self.server.url(name)
            self.server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        else:
            path = self._folder / "test.db"
            shutil.copy(self._empty, path)
            yield f"sqlite:///{path}"
            path.unlink()


def content(url: str) -> Content:
    """(rows, checksum) of each table."""
    target = parse(url)
    found = []
    with opened(target.database()) as database:
        if isinstance(database, pw.SqliteDatabase):
            database.register_function(lambda *row: zlib.crc32(repr(row).encode()), "checksum", -1)
        for table, columns in COLUMNS.items():
            sql = SUM[target.dialect].format(", ".join(columns))
            found.append(database.execute_sql(f"SELECT count(*), {sql} FROM {table}").fetchone())
    return found


def limit(place: Place, url: str, seeds: Path, rows: int) -> Taken:
    """Load all rows in one transaction, in the fastest way."""
    if not place.server:
        return contender("executemany", url, seeds, rows)
    commands = [f"\\copy {table} ({', '.join(columns)}) FROM '{seeds / FILES[table]}' CSV HEADER"
                for table, columns in COLUMNS.items()]  # fmt: skip
    return measured(
        url, seeds, str(place.server.binaries / "psql"), url, "-qX1", "-v", "ON_ERROR_STOP=1",
        *(part for command in commands for part in ("-c", command)),
    )  # fmt: skip


def contender(name: str, url: str, seeds: Path, rows: int) -> Taken:
    script = str(ROOT / "benchmarks" / "seed_contenders.py")
    return measured(url, seeds, sys.executable, script, name, url, str(seeds), str(rows))


def dbkit_seed(url: str, seeds: Path) -> Taken:
    return measured(url, seeds, sys.executable, "-m", "dbkit", "seed")


PARTS = {"insert_many": 1, "upsert": 50, "loaddata": 50}
NAMES = {
    "insert_many": "Peewee, insert_many",
    "upsert": "Peewee, row-by-row upsert",
    "loaddata": "Django, loaddata",
}


class Race:
    """All contenders on one kind of database; each prints a line."""

    def __init__(self, place: Place, folder: Path, rows: int) -> None:
        self._place, self._rows = place, rows
        self._seeds, self._changed = folder / "seeds", folder / "changed"
        self._limit = 0.0

    def run(self, only: list[str]) -> None:
        print(f"{'':44} {'seconds':>8} {'ratio':>6} {'peak MB':>8}")
        wanted = self._run_limit()
        for name, part in PARTS.items():
            if not only or name in only:
                self._run_other(name, part)
        if not only or "dbkit" in only:
            self._run_dbkit(wanted)

    def _say(self, name: str, taken: Taken, part: int = 1) -> None:
        seconds = taken.seconds * part
        self._limit = self._limit or seconds
        name += f" (1/{part} of the rows)" if part > 1 else ""
        print(f"{name:44} {seconds:8.1f} {seconds / self._limit:6.2f} {taken.megabytes:8.0f}",
              flush=True)  # fmt: skip

    def _run_limit(self) -> Content:
        with self._place.database() as url:
            taken = limit(self._place, url, self._seeds, self._rows)
            self._say("\\copy" if self._place.server else "executemany", taken)
            return self._checked(url, self._rows)

    def _run_other(self, name: str, part: int) -> None:
        with self._place.database() as url:
            self._say(NAMES[name], contender(name, url, self._seeds, self._rows // part), part)
            self._checked(url, self._rows // part)

    def _run_dbkit(self, wanted: Content) -> None:
        with self._place.database() as url:
            limit(self._place, url, self._changed, self._rows)
            changed = content(url)
        with self._place.database() as url:
            for name, seeds, expected in (
                ("dbkit, first run", self._seeds, wanted),
                ("dbkit, nothing to do", self._seeds, wanted),
                ("dbkit, 1% of the rows changed", self._changed, changed),
            ):
                self._say(name, dbkit_seed(url, seeds))
                assert content(url) == expected, f"{name}: other rows than the limit's"

    def _checked(self, url: str, rows: int) -> Content:
        found = content(url)
        assert [count for count, _ in found] == [rows, rows // PER_ASSET], found
        return found


def race(names: list[str], rows: int, only: list[str], folder: Path) -> None:
    rows -= rows % (PER_ASSET * max(PARTS.values()))
    seed_rows.write(folder / "seeds", rows)
    seed_rows.write(folder / "changed", rows, changed=True)
    write_fixture(folder / "seeds", rows // PARTS["loaddata"])
    for name in names:
        print(f"{name}: {rows:,} {CAMPAIGNS} and {rows // PER_ASSET:,} {ASSETS}")
        with placed(name, folder) as place:
            Race(place, folder, rows).run(only)


@contextmanager
def placed(name: str, folder: Path) -> Iterator[Place]:
    (own := folder / name).mkdir(parents=True)
    place = Place(name, own)
    try:
        yield place
    finally:
        if place.server:
            place.server.delete()


def over_a_line(names: list[str], folder: Path) -> None:
    """The reference seeds, twice, over a slow line."""
    print(f"{'':44} {'seconds':>8} {'round trips':>12}")
    for name in names:
        if name == "sqlite":
            continue
        with placed(name, folder) as place, place.database() as url:
            assert place.server
            for run in ("first run", "second run"):
                with Line(place.server.port, ROUND_TRIP / 2).open() as line:
                    slow = url.replace(f":{place.server.port}/", f":{line.port}/")
                    taken = dbkit_seed(slow, ROOT / "seeds")
                title = f"{name}, {ROUND_TRIP * 1000:.0f} ms: {run}"
                print(f"{title:44} {taken.seconds:8.2f} {line.round_trips:12}", flush=True)


def by_format(names: list[str], folder: Path, size: int) -> None:
    """dbkit's memory for a large file of each format."""
    print(f"{'':44} {'seconds':>8} {'peak MB':>8}")
    for suffix in ("toml", "json", "csv"):
        (seeds := folder / suffix).mkdir()
        seed_rows.write_as(suffix, seeds / f"01_campaigns.{suffix}", size)
        for name in names:
            with placed(name, seeds.with_name(f"{suffix}-{name}")) as place:
                with place.database() as url:
                    taken = dbkit_seed(url, seeds)
                    title = f"{name}, {suffix}, {content(url)[0][0]:,} rows"
                    print(f"{title:44} {taken.seconds:8.1f} {taken.megabytes:8.0f}", flush=True)
        shutil.rmtree(seeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of campaigns")
    parser.add_argument("--database", action="append", help="sqlite, postgres18, postgres15")
    parser.add_argument("--only", action="append", choices=["dbkit", *PARTS], default=[])
    parser.add_argument("--line", action="store_true", help="over a line of 40 ms")
    parser.add_argument("--memory", action="store_true", help="files of 200 MB")
    options = parser.parse_args()
    names = options.database or ["postgres18", "sqlite"]
    with tempfile.TemporaryDirectory() as folder:
        if options.line:
            over_a_line(names, Path(folder))
        elif options.memory:
            by_format(names, Path(folder), LARGE)
        else:
            race(names, options.rows, options.only, Path(folder))


if __name__ == "__main__":
    main()
