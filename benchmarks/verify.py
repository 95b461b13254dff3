"""How long `verify` takes, beside the bare catalog queries and beside other tools.

    python benchmarks/verify.py [--tables 10,100] [--rounds 3]

from the repository's root, after `pip install -e '.[test,benchmark]'`. It starts a PostgreSQL
server of its own and deletes it at the end; how far it is goes to standard error. All contenders
look at the same database over the same kind of connection, in turn; of each the best round counts.
Only the ratios mean anything elsewhere.

The models have ten columns, with defaults, checks, a foreign key and indexes. Names, numbers and
texts are each table's own, so that nothing is measured that recognises an expression it has seen.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import alembic.autogenerate
import peewee as pw
import sqlalchemy as sa
from alembic.migration import MigrationContext
from playhouse.schema_diff import diff_models

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # for the tests' servers

import dbkit  # noqa: E402
from dbkit.connection import parse  # noqa: E402
from dbkit.models import MODELS  # noqa: E402
from dbkit.schema.names import Name  # noqa: E402
from dbkit.schema.postgres import catalog  # noqa: E402
from tests.servers import BINARIES, Server  # noqa: E402

PATIENCE = 20.0  # seconds; what took longer, or would with so many more tables, is not tried
WORDS = ("order", "invoice", "parcel", "member", "ticket", "lesson", "recipe")

Contender = Callable[[], Any]


def columns(number: int) -> list[tuple[str, str, str | None, str | None]]:
    """(name, type, default, check) of a table's columns beside its two keys."""
    word, n = WORDS[number % len(WORDS)], number
    columns = [
        (f"{word}_code{n}", f"varchar({20 + n % 40})", f"'{word}-{n}'", None),
        (f"{word}_state{n}", "varchar(20)", f"'open{n}'", f"IN ('open{n}', 'shut{n}', 'lost{n}')"),
        (f"price{n}", "numeric(10,2)", f"{n}.50", f">= {n % 9}"),
        (f"weight{n}", "double precision", f"{n % 7}", None),
        (f"amount{n}", "integer", f"{n}", f"BETWEEN 0 AND {n + 100}"),
        (f"note{n}", "text", None, None),
        (f"active{n}", "boolean", "TRUE" if n % 2 else "FALSE", None),
        (f"made_at{n}", "timestamp", "CURRENT_TIMESTAMP", None),
    ]
    turn = number % len(columns)  # neither the same types in the same order
    return columns[turn:] + columns[:turn]


FIELDS: dict[str, Callable[..., Any]] = {
    "varchar": pw.CharField,
    "numeric": pw.DecimalField,
    "double precision": pw.DoubleField,
    "integer": pw.IntegerField,
    "text": pw.TextField,
    "boolean": pw.BooleanField,
    "timestamp": pw.DateTimeField,
}
TYPES: dict[str, Callable[..., Any]] = {
    "varchar": sa.String,
    "numeric": sa.Numeric,
    "double precision": sa.Double,
    "integer": sa.Integer,
    "text": sa.Text,
    "boolean": sa.Boolean,
    "timestamp": sa.TIMESTAMP,
}


def typed(types: dict[str, Callable[..., Any]], type_: str, **options: Any) -> Any:
    name, _, size = type_.partition("(")
    return types[name](*map(int, size.rstrip(")").split(",")) if size else (), **options)


def peewee_models(count: int) -> list[Any]:
    models: list[Any] = []
    for number in range(count):
        # each points to one of the tables before it, the first to itself
        parent = models[number // 2] if number else "self"
        fields = {"parent": pw.ForeignKeyField(parent, on_delete="CASCADE", null=True,
                                               backref=f"children{number}")}  # fmt: skip
        for name, type_, default, check in columns(number):
            clauses = [pw.SQL(f"DEFAULT {default}")] if default else []
            clauses += [pw.Check(f"{name} {check}")] if check else []
            fields[name] = typed(FIELDS, type_, constraints=clauses, null=check is None)
        names = [name for name, *_ in columns(number)]
        meta = {"table_name": f"{WORDS[number % len(WORDS)]}_{number}",
                "indexes": ((tuple(names[:2]), False), ((names[2], names[3]), True))}  # fmt: skip
        fields["Meta"] = type("Meta", (), meta)
        models.append(type(f"M{number}", (pw.Model,), fields))
    return models


def sqlalchemy_metadata(models: list[Any]) -> sa.MetaData:
    """The same tables."""
    metadata = sa.MetaData()
    for number, model in enumerate(models):
        own = model._meta
        target = own.fields["parent"].rel_model._meta.table_name
        reference = sa.ForeignKey(f"{target}.id", ondelete="CASCADE")
        items: list[Any] = [sa.Column("id", sa.Integer, primary_key=True),
                            sa.Column("parent_id", sa.Integer, reference)]  # fmt: skip
        for name, type_, default, check in columns(number):
            text = sa.text(default) if default else None
            items.append(sa.Column(name, typed(TYPES, type_), server_default=text,
                                   nullable=check is None))  # fmt: skip
            if check:
                items.append(sa.CheckConstraint(f"{name} {check}"))
        for index in own.fields_to_index():
            names = [field.column_name for field in index._expressions]
            items.append(sa.Index(index._name, *names, unique=bool(index._unique)))
        sa.Table(own.table_name, metadata, *items)
    return metadata


def bare(database: pw.Database, count: Callable[..., None]) -> Contender:
    """The catalog queries that `verify` needs at the least: run, and their rows fetched."""
    queries: list[tuple[str, Any]] = []
    database.query_hooks.append(lambda query: queries.append((query.sql, query.params)))
    catalog.read(database, ["public"], lambda _, name: Name("", name))
    database.query_hooks.clear()

    def run() -> None:
        cursor = database.cursor()
        cursor.execute("BEGIN")
        for sql, parameters in queries:
            cursor.execute(sql, parameters)
            cursor.fetchall()
            count()
        cursor.execute("ROLLBACK")

    return run


def dbkit_verify(database: pw.Database, models: list[Any]) -> Contender:
    def run() -> None:
        report = dbkit.verify(database, models)
        assert not report, str(report)[:1000]

    return run


def playhouse(database: pw.Database, models: list[Any]) -> Contender:
    return lambda: diff_models(database, models)


def compare_metadata(engine: sa.Engine, metadata: sa.MetaData) -> Contender:
    def run() -> None:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_server_default": True, "compare_type": True}
            )
            alembic.autogenerate.compare_metadata(context, metadata)

    return run


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def seconds(contender: Contender) -> float:
    gc.collect()
    start = time.perf_counter()
    contender()
    return time.perf_counter() - start


def peak(contender: Contender) -> float:
    """Megabytes at the most, above what was there before."""
    gc.collect()
    tracemalloc.start()
    try:
        contender()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


class Race:
    """All contenders on one database of so many tables."""

    def __init__(self, server: Server, count: int) -> None:
        self.models = peewee_models(count)
        url = server.url(server.create_database())
        self.database = parse(url).database()
        self.database.bind(self.models, False, False)  # or it looks at all of them for each
        self.database.connect()
        with self.database.atomic():
            self.database.execute_sql("SET LOCAL client_min_messages = error")
            for model in self.models:
                model.create_table(safe=False)
        self.database.execute_sql("VACUUM ANALYZE")  # as autovacuum would
        self.engine = alchemy(url)
        self.statements = 0
        sa.event.listen(self.engine, "before_cursor_execute", self._count)
        self.contenders: dict[str, Contender] = {
            "bare catalog queries": bare(self.database, self._count),
            "dbkit verify": dbkit_verify(self.database, self.models),
            "playhouse.schema_diff": playhouse(self.database, self.models),
            "alembic compare_metadata": compare_metadata(
                self.engine, sqlalchemy_metadata(self.models)
            ),
        }

    def _count(self, *_: Any) -> None:
        self.statements += 1

    def run(self, rounds: int, skipped: set[str]) -> Iterator[tuple[str, float, int, float]]:
        """(contender, seconds, queries, megabytes); who loses patience joins the skipped."""
        best: dict[str, float] = {}
        for number in range(rounds):
            for name, contender in self.contenders.items():
                if name not in skipped:
                    taken = seconds(contender)
                    say(f"round {number + 1}: {name}: {taken:.3f}")
                    best[name] = min(taken, best.get(name, taken))
                    skipped |= {name} if taken > PATIENCE else set()
        for name, taken in best.items():
            if name not in skipped:
                yield (name, taken, *self._weighed(name))

    def _weighed(self, name: str) -> tuple[int, float]:
        """(queries, megabytes), in a round that is not timed."""
        self.statements = 0
        self.database.query_hooks.append(self._count)
        megabytes = peak(self.contenders[name])
        self.database.query_hooks.clear()
        return self.statements, megabytes

    def close(self) -> None:
        self.engine.dispose()
        self.database.close()


def alchemy(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql:", "postgresql+psycopg2:"))


ALEMBIC_INI = "[alembic]\nscript_location = {folder}\nsqlalchemy.url = {url}\n"
ALEMBIC_ENV = """
from alembic import context
from sqlalchemy import create_engine
from tables import metadata

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.connect() as connection:
    context.configure(connection, target_metadata=metadata, compare_server_default=True)
    context.run_migrations()
"""
ALEMBIC_TABLES = """
import sqlalchemy as sa
from sqlalchemy import *
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData()

class op:
    f = str

    def create_table(name, *items, **options):
        sa.Table(name, metadata, *items, **options)

    def create_index(name, table, keys, **options):
        columns = metadata.tables[table].columns
        sa.Index(name, *[columns[key] if isinstance(key, str) else key for key in keys], **options)

def upgrade():
    {upgrade}

upgrade()
"""


def cold_starts(server: Server, rounds: int) -> dict[str, float]:
    """Best seconds of each command on the reference schema, the interpreter's start included."""
    url = server.url(server.create_database())
    with tempfile.TemporaryDirectory() as folder:
        ini = _alembic_project(Path(folder), url, server)
        commands = {
            "python -m dbkit verify": ([sys.executable, "-m", "dbkit", "verify"], ROOT),
            "alembic check": ([sys.executable, "-m", "alembic", "-c", str(ini), "check"], folder),
        }
        environment = {**os.environ, "DATABASE_URL": url}
        best: dict[str, float] = {}
        for _ in range(rounds + 2):  # these are short, so a few more
            for name, (command, where) in commands.items():
                taken = seconds(
                    lambda command=command, where=where: subprocess.run(
                        command, cwd=where, env=environment, check=True, capture_output=True
                    )
                )
                best[name] = min(taken, best.get(name, taken))
    return best


def _alembic_project(folder: Path, url: str, server: Server) -> Path:
    """The reference schema created in the database, and an alembic project that says the same."""
    with parse(url).database() as database, database.bind_ctx(MODELS):
        database.create_tables(MODELS)
    metadata = sa.MetaData()
    engine = alchemy(url)
    metadata.reflect(engine)
    engine.dispose()
    empty = alchemy(server.url(server.create_database()))
    with empty.connect() as connection:
        context = MigrationContext.configure(connection)
        made = alembic.autogenerate.produce_migrations(context, metadata)
        upgrade = alembic.autogenerate.render_python_code(made.upgrade_ops)
    empty.dispose()
    (folder / "versions").mkdir()
    (folder / "env.py").write_text(ALEMBIC_ENV)
    (folder / "tables.py").write_text(ALEMBIC_TABLES.replace("{upgrade}", upgrade))
    ini = folder / "alembic.ini"
    ini.write_text(
        ALEMBIC_INI.format(folder=folder, url=engine.url) + f"prepend_sys_path = {folder}\n"
    )
    return ini


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", default="10,100,1000,5000", metavar="N,N")
    parser.add_argument("--rounds", default=3, type=int, metavar="N")
    arguments = parser.parse_args()
    server = Server(BINARIES["postgres18"], ("max_locks_per_transaction=10000",))
    skipped: set[str] = set()
    times: dict[str, float] = {}  # seconds a table
    try:
        print(f"{'tables':>6}  {'':24}  {'seconds':>8}  {'ratio':>6}  {'queries':>7}  {'MB':>6}")
        for count in map(int, arguments.tables.split(",")):
            skipped |= {name for name, each in times.items() if each * count > PATIENCE}
            say(f"making {count} tables")
            race = Race(server, count)
            fastest = None
            for name, taken, queries, megabytes in race.run(arguments.rounds, skipped):
                fastest = fastest or taken  # of the bare queries, which come first
                ratio = taken / fastest
                times[name] = taken / count
                print(f"{count:>6}  {name:24}  {taken:8.3f}  {ratio:6.2f}  {queries:7}"
                      f"  {megabytes:6.1f}", flush=True)  # fmt: skip
            race.close()
            for name in sorted(skipped):
                print(f"{count:>6}  {name:24}  > {PATIENCE:.0f} s", flush=True)
        for name, taken in cold_starts(server, arguments.rounds).items():
            print(f"  cold  {name:24}  {taken:8.3f}", flush=True)
    finally:
        server.delete()


if __name__ == "__main__":
    main()
