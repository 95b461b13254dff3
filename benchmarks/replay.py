"""How long `create` and `verify` take after a long history, and how much the cache helps.

    python benchmarks/replay.py [--files 1000] [--rounds 1]

from the repository's root. It uses SQLite, and PostgreSQL on a server of its own. The history has
ten files per table: one creates it, the others add, change and drop columns and indexes. `create`
finds one new column; `verify` finds one column that was dropped by hand. Each runs without a cache,
with an empty cache and with a full cache; the best round counts. The last number is the ratio to
the run without a cache.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee as pw

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # for the tests' servers

from dbkit import migrate, verify  # noqa: E402
from dbkit.connection import parse  # noqa: E402
from dbkit.migration import create  # noqa: E402
from tests.servers import BINARIES, Server  # noqa: E402

FILE = '''"""{name}"""

import peewee as pw

from dbkit.migration import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
{up}


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
{down}
'''
MODEL = """    @migrator.create_model
    class Table{n}(pw.Model):
        code = pw.CharField(max_length=20, unique=True)
        price = pw.DecimalField(10, 2, constraints=[pw.Default("{n}.50"), pw.Check("price >= 0")])
        parent = pw.ForeignKeyField({parent}, null=True, on_delete="CASCADE")

        class Meta:
            table_name = "table_{n}"
"""
STEPS = [  # (migrate, rollback)
    ('add_fields("table_{n}", name=pw.TextField(null=True))', 'remove_fields("table_{n}", "name")'),
    ('add_fields("table_{n}", made=pw.DateTimeField(constraints=[pw.Default("CURRENT_DATE")]))',
     'remove_fields("table_{n}", "made")'),
    ('add_index("table_{n}", "name", "made")', 'drop_index("table_{n}", "name", "made")'),
    ('change_fields("table_{n}", code=pw.CharField(max_length=40, unique=True))',
     'change_fields("table_{n}", code=pw.CharField(max_length=20, unique=True))'),
    ('add_fields("table_{n}", temp=pw.IntegerField(null=True))',
     'remove_fields("table_{n}", "temp")'),
    ('sql("UPDATE table_{n} SET temp = 1")', 'sql("UPDATE table_{n} SET temp = NULL")'),
    ('remove_fields("table_{n}", "temp")',
     'add_fields("table_{n}", temp=pw.IntegerField(null=True))'),
    ('add_fields("table_{n}", size=pw.IntegerField(constraints=[pw.Default("{n}")]))',
     'remove_fields("table_{n}", "size")'),
    ('add_fields("table_{n}", note=pw.CharField(null=True))',
     'remove_fields("table_{n}", "note")'),
]  # fmt: skip


def write_history(directory: Path, count: int) -> None:
    for number in range(count):
        n, step = divmod(number, len(STEPS) + 1)
        if step == 0:
            parent = f'migrator.orm["table_{n // 2}"]' if n else '"self"'
            up, down = MODEL.format(n=n, parent=parent), f'    migrator.remove_model("table_{n}")'
        else:
            up, down = (f"    migrator.{text.format(n=n)}" for text in STEPS[step - 1])
        name = f"{number + 1:04}_step"
        (directory / f"{name}.py").write_text(FILE.format(name=name, up=up, down=down))


def models(count: int) -> list[Any]:
    """The models after the history."""
    made: list[Any] = []
    for n in range(count // (len(STEPS) + 1)):
        fields = {
            "code": pw.CharField(max_length=40, unique=True),
            "price": pw.DecimalField(
                10, 2, constraints=[pw.Default(f"{n}.50"), pw.Check("price >= 0")]
            ),
            "parent": pw.ForeignKeyField(
                made[n // 2] if n else "self", null=True, on_delete="CASCADE", backref=f"b{n}"
            ),
            "name": pw.TextField(null=True),
            "made": pw.DateTimeField(constraints=[pw.Default("CURRENT_DATE")]),
            "size": pw.IntegerField(constraints=[pw.Default(str(n))]),
            "note": pw.CharField(null=True),
        }
        meta = {"table_name": f"table_{n}", "indexes": ((("name", "made"), False),)}
        fields["Meta"] = type("Meta", (), meta)
        made.append(type(f"Table{n}", (pw.Model,), fields))
    return made


def seconds(action: Callable[[], Any]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def race(url: str, count: int, rounds: int) -> Iterator[tuple[str, str, float]]:
    """(command, state of the cache, best seconds)."""
    with tempfile.TemporaryDirectory() as folder:
        directory, home = Path(folder, "migrations"), Path(folder, "cache")
        directory.mkdir()
        write_history(directory, count)
        wanted = models(count)
        with (database := parse(url).database()).connection_context():
            database.bind(wanted, False, False)
            migrate(database, directory)
            database.execute_sql("ALTER TABLE table_1 DROP COLUMN note")
            wanted[3]._meta.add_field("extra", pw.IntegerField(null=True))

            def creating() -> None:
                created = create(database, wanted, directory)
                assert created is not None
                (directory / f"{created.name}.py").unlink()

            def verifying() -> None:
                report = verify(database, wanted, directory)
                assert "changed by hand" in str(report), report

            for name, action in (("create", creating), ("verify", verifying)):
                best: dict[str, float] = {}
                for _ in range(rounds):
                    shutil.rmtree(home, ignore_errors=True)
                    for state in ("off", "empty", "full"):
                        os.environ["DBKIT_CACHE"] = "off" if state == "off" else "on"
                        os.environ["XDG_CACHE_HOME"] = str(home)
                        taken = seconds(action)
                        best[state] = min(taken, best.get(state, taken))
                yield from ((name, state, taken) for state, taken in best.items())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    logging.disable()
    server = Server(BINARIES["postgres18"])
    with tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": f"sqlite:///{folder}/test.db",
                "PostgreSQL 18": server.url(server.create_database())}  # fmt: skip
        for dialect, url in urls.items():
            off = 0.0
            for command, state, taken in race(url, given.files, given.rounds):
                off = taken if state == "off" else off
                print(
                    f"{dialect:14} {command} cache {state:6} {taken:7.2f} s {taken / off:6.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
