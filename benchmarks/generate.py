"""What four migration generators make of the same changes: is the migration right, both ways?

    python benchmarks/generate.py [--markdown] [--why] [--only WORDS] [--tools NAME,NAME]

from the repository's root, after `pip install -e '.[test,benchmark]'`. It starts a PostgreSQL
server of its own and deletes it at the end.

Each kind of change is a pair of models, v1 and v2, in Peewee and in SQLAlchemy; that both say the
same is checked first. A tool gets a database that its ORM made from v1, with a row in it, and a
history that says so where it keeps one. What it generates for v2 is run as it stands, then taken
back. dbkit's comparison of live databases judges: after the first against a clean database that
the ORM made from v2, after the second against what was there before. The row has to be there too.

    both ways   right, and so is the way back
    up only     right, but the way back fails, or leaves something else than v1
    by hand     not right, and a TODO in the file says so
    wrong       it runs, and the result is not v2
    drops data  v2, but without the row's values
    not seen    "no changes"
    fails       an error, when generating or running

Names that nobody chose may be any: those that the models choose begin with `by_`. alembic compares
all it can when asked to (types, server defaults, the names of CHECKs) and has the naming convention
that its manual advises, without which it cannot drop most constraints. The tools for Peewee have
dbkit's EnumField, as Peewee has no enum types, and defaults in Python beside those of the server.
dbkit is told what was renamed, the others cannot be.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from io import StringIO
from itertools import chain
from pathlib import Path
from textwrap import indent
from typing import Any

import alembic.command
import alembic.config
import peewee as pw
import peewee_migrate
import playhouse.migrations
import psycopg2
import sqlalchemy as sa
from playhouse.schema_diff import diff_models

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # for the tests' servers

import dbkit.migration  # noqa: E402
from dbkit.connection import parse  # noqa: E402
from dbkit.fields import EnumField  # noqa: E402
from dbkit.schema import changes  # noqa: E402
from dbkit.schema.changes import Alter, Change  # noqa: E402
from dbkit.schema.dialect import dialect_for  # noqa: E402
from dbkit.schema.diff import diff  # noqa: E402
from dbkit.schema.values import Constraint, Index, Schema, Table  # noqa: E402
from tests.servers import BINARIES, Server  # noqa: E402

BOTH, UP, BY_HAND, WRONG = "both ways", "up only", "by hand", "wrong"
DROPS, UNSEEN, FAILS = "drops data", "not seen", "fails"

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}  # as alembic's manual has it, "The Importance of Naming Constraints"

Models = list[Any]


def model(title: str, /, meta: dict[str, Any] | None = None, **fields: Any) -> Any:
    options = {"table_name": title.lower(), **(meta or {})}
    return type(title, (pw.Model,), {**fields, "Meta": type("Meta", (), options)})


def item(index: Callable[[Any], Any] | None = None, **fields: Any) -> Any:
    made = model("Item", **{"name": pw.CharField(20), **fields})
    if index:
        made.add_index(index(made))
    return made


def owner() -> Any:
    return model("Owner", name=pw.CharField(20))


def owned(**options: Any) -> Models:
    parent = owner()
    return [parent, item(owner=pw.ForeignKeyField(parent, **options))]


def checked(expression: str) -> Any:
    return item(size=pw.IntegerField(constraints=[pw.Check(expression)]))


def sized(default: int) -> Any:
    # the default in Python too, which the tools for Peewee need to fill rows
    clause = pw.SQL(f"DEFAULT {default}")
    return item(size=pw.IntegerField(default=default, constraints=[clause]))


def coloured(*labels: str) -> Any:
    return item(colour=EnumField(labels, "colour"))


def table(*items: Any, key: Any = None, more: Callable[[sa.MetaData], Any] | None = None) -> Any:
    """`more` adds tables that `item` points to, or that point to it."""
    metadata = sa.MetaData(naming_convention=CONVENTION)
    key = sa.Column("id", sa.Integer, primary_key=True) if key is None else key
    sa.Table("item", metadata, key, column("name", sa.String(20)), *items)
    if more:
        more(metadata)
    return metadata


def column(name: str, type_: Any, *items: Any, **options: Any) -> Any:
    return sa.Column(name, type_, *items, **{"nullable": False, **options})


def other(name: str, *items: Any) -> Callable[[sa.MetaData], Any]:
    key = sa.Column("id", sa.Integer, primary_key=True)
    return lambda metadata: sa.Table(name, metadata, key, *items)


def to_owner(*items: Any, index: bool = True) -> Any:
    return table(column("owner_id", sa.Integer, *items, index=index),
                 more=other("owner", column("name", sa.String(20))))  # fmt: skip


def checked_table(expression: str) -> Any:
    return table(column("size", sa.Integer), sa.CheckConstraint(expression, name="size"))


def sized_table(default: int) -> Any:
    return table(column("size", sa.Integer, server_default=sa.text(str(default))))


def coloured_table(*labels: str) -> Any:
    return table(column("colour", sa.Enum(*labels, name="colour")))


def cyclic(metadata: sa.MetaData) -> None:
    for name, target in (("team", "player"), ("player", "team")):
        other(name, column(f"{target}_id", sa.Integer, sa.ForeignKey(f"{target}.id"),
                           nullable=True, index=name == "player"))(metadata)  # fmt: skip


def cyclic_models() -> Models:
    # Peewee indexes a foreign key, but not a deferred one
    team = model("Team", player=pw.DeferredForeignKey("Player", null=True, index=False))
    return [item(), team, model("Player", team=pw.ForeignKeyField(team, null=True))]


OWNED = "INSERT INTO owner VALUES (1, 'Eve'); INSERT INTO item (name, owner_id) VALUES ('Ada', 1)"


def with_row(name: str, value: str) -> str:
    return f"INSERT INTO item (name, {name}) VALUES ('Ada', {value})"


@dataclass(frozen=True)
class Kind:
    """`peewee` and `alchemy` make v1 and v2 anew at each call: fields and columns belong to one
    table. `kept` reads what has to survive from v1, `kept_after` the same from v2."""

    name: str
    peewee: Callable[[], tuple[Models, Models]]
    alchemy: Callable[[], tuple[sa.MetaData, sa.MetaData]]
    row: str = "INSERT INTO item (name) VALUES ('Ada')"
    kept: str = "SELECT name FROM item"
    kept_after: str = ""
    rename: dict[str, str] = field(default_factory=dict)
    fill: dict[str, str] = field(default_factory=dict)


KINDS = (
    Kind(
        "table added",
        lambda: ([item()], [made := item(), model("Note", item=pw.ForeignKeyField(made))]),
        lambda: (table(), table(more=other(
            "note", column("item_id", sa.Integer, sa.ForeignKey("item.id"), index=True)))),
    ),
    Kind(
        "column NOT NULL with server default added",
        lambda: ([item()], [sized(5)]),
        lambda: (table(), sized_table(5)),
    ),
    Kind(
        "server default changed",
        lambda: ([sized(5)], [sized(7)]),
        lambda: (sized_table(5), sized_table(7)),
        row=with_row("size", "3"),
        kept="SELECT size FROM item",
    ),
    Kind(
        "CHECK added",
        lambda: ([item(size=pw.IntegerField())], [checked("size > 0")]),
        lambda: (table(column("size", sa.Integer)), checked_table("size > 0")),
        row=with_row("size", "3"),
    ),
    Kind(
        "CHECK changed",
        lambda: ([checked("size > 0")], [checked("size > 1")]),
        lambda: (checked_table("size > 0"), checked_table("size > 1")),
        row=with_row("size", "3"),
    ),
    Kind(
        "varchar widened",
        lambda: ([item(code=pw.CharField(10))], [item(code=pw.CharField(40))]),
        lambda: (table(column("code", sa.String(10))), table(column("code", sa.String(40)))),
        row=with_row("code", "'x7'"),
        kept="SELECT code FROM item",
    ),
    Kind(
        "text to integer",
        lambda: ([item(code=pw.TextField())], [item(code=pw.IntegerField())]),
        lambda: (table(column("code", sa.Text)), table(column("code", sa.Integer))),
        row=with_row("code", "'7'"),
        kept="SELECT code::text FROM item",
    ),
    Kind(
        "numeric precision",
        lambda: ([item(price=pw.DecimalField(10, 2))], [item(price=pw.DecimalField(12, 3))]),
        lambda: (table(column("price", sa.Numeric(10, 2))),
                 table(column("price", sa.Numeric(12, 3)))),
        row=with_row("price", "1.5"),
        kept="SELECT price::float FROM item",
    ),
    Kind(
        "NULL to NOT NULL",
        lambda: ([item(code=pw.TextField(null=True))], [item(code=pw.TextField())]),
        lambda: (table(column("code", sa.Text, nullable=True)), table(column("code", sa.Text))),
        row=with_row("code", "'x7'"),
        kept="SELECT code FROM item",
        fill={"item.code": "none"},
    ),
    Kind(
        "collation",
        lambda: ([item(code=pw.TextField())], [item(code=pw.TextField(collation='"C"'))]),
        lambda: (table(column("code", sa.Text)), table(column("code", sa.Text(collation="C")))),
        row=with_row("code", "'x7'"),
        kept="SELECT code FROM item",
    ),
    Kind(
        "generated column added",
        lambda: ([item()], [item(length=pw.IntegerField(null=True, constraints=[
            pw.SQL("GENERATED ALWAYS AS (length(name)) STORED")]))]),
        lambda: (table(), table(column("length", sa.Integer, sa.Computed(
            "length(name)", persisted=True), nullable=True))),
    ),
    Kind(
        "column renamed",
        lambda: ([item(memo=pw.TextField(null=True))], [item(remark=pw.TextField(null=True))]),
        lambda: (table(column("memo", sa.Text, nullable=True)),
                 table(column("remark", sa.Text, nullable=True))),
        row=with_row("memo", "'x7'"),
        kept="SELECT memo FROM item",
        kept_after="SELECT remark FROM item",
        rename={"item.memo": "remark"},
    ),
    Kind(
        "enum type, in a new table",
        lambda: ([item()], [item(), model("Paint", colour=EnumField(["red"], "colour"))]),
        lambda: (table(), table(more=other(
            "paint", column("colour", sa.Enum("red", name="colour"))))),
    ),
    Kind(
        "enum label added",
        lambda: ([coloured("red")], [coloured("red", "blue")]),
        lambda: (coloured_table("red"), coloured_table("red", "blue")),
        row=with_row("colour", "'red'"),
        kept="SELECT colour::text FROM item",
    ),
    Kind(
        "enum label removed",
        lambda: ([coloured("red", "blue")], [coloured("red")]),
        lambda: (coloured_table("red", "blue"), coloured_table("red")),
        row=with_row("colour", "'red'"),
        kept="SELECT colour::text FROM item",
    ),
    Kind(
        "unique index added",
        lambda: ([item()], [item(name=pw.CharField(max_length=20, unique=True))]),
        lambda: (table(), table(sa.Index(None, "name", unique=True))),
    ),
    Kind(
        "partial index added",
        lambda: ([item()], [item(lambda item: item.index(
            item.name, where=pw.SQL("name <> ''"), name="by_name"))]),
        lambda: (table(), table(sa.Index(
            "by_name", "name", postgresql_where=sa.text("name <> ''")))),
    ),
    Kind(
        "expression index added",
        lambda: ([item()], [item(lambda item: item.index(
            pw.fn.lower(item.name), name="by_name"))]),
        lambda: (table(), table(sa.Index("by_name", sa.text("lower(name)")))),
    ),
    Kind(
        "index method",
        lambda: ([item(code=pw.TextField(index=True))],
                 [item(code=pw.TextField(index=True, index_type="HASH"))]),
        lambda: (table(column("code", sa.Text), sa.Index(None, "code")),
                 table(column("code", sa.Text), sa.Index(None, "code", postgresql_using="hash"))),
        row=with_row("code", "'x7'"),
    ),
    Kind(
        "index renamed",
        lambda: ([item(lambda item: item.index(item.name, name="by_name"))],
                 [item(lambda item: item.index(item.name, name="by_title"))]),
        lambda: (table(sa.Index("by_name", "name")), table(sa.Index("by_title", "name"))),
    ),
    Kind(
        "foreign key added to a column",
        lambda: ([owner(), item(owner=pw.IntegerField(column_name="owner_id", index=True))],
                 owned()),
        lambda: (to_owner(), to_owner(sa.ForeignKey("owner.id"))),
        row=OWNED,
        kept="SELECT owner_id FROM item",
    ),
    Kind(
        "ON DELETE of a foreign key",
        lambda: (owned(), owned(on_delete="CASCADE")),
        lambda: (to_owner(sa.ForeignKey("owner.id")),
                 to_owner(sa.ForeignKey("owner.id", ondelete="CASCADE"))),
        row=OWNED,
        kept="SELECT owner_id FROM item",
    ),
    Kind(
        "self reference added",
        lambda: ([item()], [item(parent=pw.ForeignKeyField("self", null=True))]),
        lambda: (table(), table(column("parent_id", sa.Integer, sa.ForeignKey("item.id"),
                                       nullable=True, index=True))),
    ),
    Kind(
        "two tables that point to each other",
        lambda: ([item()], cyclic_models()),
        lambda: (table(), table(more=cyclic)),
    ),
    Kind(
        "primary key made composite",
        lambda: ([item(id=pw.IntegerField(primary_key=True), part=pw.IntegerField())],
                 [item(id=pw.IntegerField(), part=pw.IntegerField(),
                       meta={"primary_key": pw.CompositeKey("id", "part")})]),
        lambda: tuple(
            table(column("part", sa.Integer, primary_key=composite),
                  key=sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
            for composite in (False, True)
        ),
        row="INSERT INTO item (id, name, part) VALUES (1, 'Ada', 2)",
        kept="SELECT id, part FROM item",
    ),
)  # fmt: skip


class Tool:
    """A generator and its runner, on one database, as its own commands use them."""

    name = ""
    history = ""  # the table it keeps, which is no part of the schema
    said: StringIO  # what it printed

    def __init__(self, kind: Kind, url: str, folder: Path) -> None:
        self.kind, self.url, self.folder = kind, url, folder

    def make(self, version: int) -> None:
        """What the ORM makes of v1 (0) or v2 (1)."""
        raise NotImplementedError

    def generate(self) -> str | None:
        """The text of the file for v2; None if it is told that nothing changed."""
        raise NotImplementedError

    def up(self) -> None:
        raise NotImplementedError

    def down(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class Alembic(Tool):
    name, history = "alembic", "alembic_version"
    ENV = (
        "from alembic import context\n"
        "given = context.config.attributes\n"
        "with given['engine'].connect() as connection:\n"
        "    context.configure(connection=connection, target_metadata=given['metadata'],\n"
        "                      compare_type=True, compare_server_default=True,\n"
        "                      autogenerate_plugins=['alembic.autogenerate.*',\n"
        "                                            'alembic.ext.checkconstraint_byname'])\n"
        "    with context.begin_transaction():\n"
        "        context.run_migrations()\n"
    )

    def __init__(self, kind: Kind, url: str, folder: Path) -> None:
        super().__init__(kind, url, folder)
        self.versions = kind.alchemy()
        self.engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg2:"))
        self.config = alembic.config.Config(str(folder / "alembic.ini"), stdout=StringIO())

    def make(self, version: int) -> None:
        self.versions[version].create_all(self.engine)

    def generate(self) -> str | None:
        scripts = self.folder / "scripts"
        alembic.command.init(self.config, str(scripts))
        (scripts / "env.py").write_text(self.ENV)
        self.config.set_main_option("script_location", str(scripts))
        self.config.attributes.update(engine=self.engine, metadata=self.versions[1])
        made: Any = alembic.command.revision(
            self.config, "v2", autogenerate=True, process_revision_directives=_unless_empty
        )
        return Path(made.path).read_text() if made else None

    def up(self) -> None:
        alembic.command.upgrade(self.config, "head")

    def down(self) -> None:
        alembic.command.downgrade(self.config, "base")

    def close(self) -> None:
        self.engine.dispose()


def _unless_empty(context: Any, revision: Any, directives: list[Any]) -> None:
    """As alembic's cookbook has it: without this it writes a file that does nothing."""
    if directives[0].upgrade_ops.is_empty():
        directives.clear()


class PeeweeTool(Tool):
    def __init__(self, kind: Kind, url: str, folder: Path) -> None:
        super().__init__(kind, url, folder)
        self.versions = kind.peewee()
        self.database = parse(url).database()
        self.database.connect()

    def make(self, version: int) -> None:
        models = self.versions[version]
        self.database.bind(models)
        self.database.create_tables(models)
        for key in chain.from_iterable(one._meta.sorted_fields for one in models):
            if isinstance(key, pw.ForeignKeyField) and key.deferred:
                key.model._schema.create_foreign_key(key)

    def close(self) -> None:
        self.database.close()


class PeeweeMigrate(PeeweeTool):
    name, history = "peewee-migrate", "migratehistory"

    def generate(self) -> str | None:
        if not self._router().create("v1", auto=self.versions[0]):
            raise RuntimeError("no migration for v1")
        self._router().run(fake=True)
        self.database.bind(self.versions[1])
        name = self._router().create("v2", auto=self.versions[1])
        return (self.folder / f"{name}.py").read_text() if name else None

    def up(self) -> None:
        self._router().run()

    def down(self) -> None:
        self._router().rollback()

    def _router(self) -> Any:
        return peewee_migrate.Router(self.database, self.folder)


class Pwmigrate(PeeweeTool):
    name, history = "pwmigrate", "schema_migration"

    def generate(self) -> str | None:
        self.database.bind(self.versions[1])
        found = diff_models(self.database, self.versions[1])
        if not found:
            return None
        text = playhouse.migrations.template(found)
        return Path(self._runner().create("v2", body=text)).read_text()

    def up(self) -> None:
        self._runner().up()

    def down(self) -> None:
        self._runner().down()

    def _runner(self) -> Any:
        return playhouse.migrations.Runner(self.database, str(self.folder))


class Dbkit(PeeweeTool):
    name, history = "dbkit", "migratehistory"

    def generate(self) -> str | None:
        self._create(0, "v1")
        dbkit.migration.migrate(self.database, self.folder, fake=True)
        self.database.bind(self.versions[1])
        made = self._create(1, "v2", rename=self.kind.rename, fill=self.kind.fill)
        return _newest(self.folder).read_text() if made is not None else None

    def _create(self, version: int, name: str, **options: Any) -> Any:
        return dbkit.migration.create(
            self.database, self.versions[version], self.folder, name, **options
        )

    def up(self) -> None:
        dbkit.migration.migrate(self.database, self.folder)

    def down(self) -> None:
        dbkit.migration.rollback(self.database, self.folder)


def _newest(folder: Path) -> Path:
    return max(folder.glob("[0-9]*.py"))


TOOLS: tuple[type[Tool], ...] = (Alembic, PeeweeMigrate, Pwmigrate, Dbkit)


@dataclass(frozen=True)
class Verdict:
    mark: str
    why: str = ""
    file: str = ""


@contextmanager
def quiet() -> Iterator[StringIO]:
    """What a tool prints, logs and warns of is kept from the table."""
    logging.disable(logging.CRITICAL)
    said = StringIO()
    try:
        with warnings.catch_warnings(), redirect_stdout(said), redirect_stderr(said):
            warnings.simplefilter("ignore")
            yield said
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def tried(server: Server, kind: Kind, tool: type[Tool]) -> Iterator[Tool]:
    """The tool on an empty database, gone after the block."""
    name = server.create_database()
    with tempfile.TemporaryDirectory() as folder, quiet() as said:
        one = tool(kind, server.url(name), Path(folder))
        one.said = said
        try:
            yield one
        finally:
            one.close()
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def schema(url: str, history: str = "") -> Schema:
    """The schema there, with no names but those that the models choose."""
    database = parse(url).database()
    with database.connection_context(), dialect_for(database).reading(database, None) as reading:
        found = reading.live()
    tables = [_unnamed(one) for one in found.tables if one.name != history]
    return replace(found, tables=tuple(tables))


def _unnamed(table: Table) -> Table:
    parts = [
        replace(part, named=str(part.name).startswith("by_"))
        if isinstance(part, Constraint | Index)
        else part
        for part in table.parts
    ]
    return replace(table, parts=tuple(parts))


def differences(current: Schema, desired: Schema) -> str:
    return "\n".join(map(_said, diff(current, desired)))


def _said(change: Change) -> str:
    item = change.item
    words = (type(change).__name__, change.table, changes.kind(item), changes.subject(item))
    details = change.differences if isinstance(change, Alter) else changes.definition(item)
    return " ".join(word for word in (*words, str(details)) if word)


def query(url: str, sql: str) -> Any:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def judged(server: Server, kind: Kind, tool: type[Tool], v2: Schema) -> Verdict:
    try:
        with tried(server, kind, tool) as one:
            one.make(0)
            query(one.url, kind.row)
            v1, row = schema(one.url), query(one.url, kind.kept)
            verdict = _up(one, v2, row)
            return verdict if verdict.mark != BOTH else _down(one, v1, row, verdict)
    except Exception as error:  # what it left cannot even be read; the others still have a turn
        return Verdict(FAILS, _told(error))


def _up(tool: Tool, v2: Schema, row: Any) -> Verdict:
    text = ""
    try:
        text = tool.generate() or ""
        if not text:
            return Verdict(UNSEEN)
        tool.up()
    except (Exception, SystemExit) as error:
        return Verdict(FAILS, f"{_told(error)}\n{tool.said.getvalue()}".strip(), text)
    if wrong := differences(schema(tool.url, tool.history), v2):
        return Verdict(BY_HAND if "# TODO" in text else WRONG, wrong, text)
    if query(tool.url, tool.kind.kept_after or tool.kind.kept) != row:
        return Verdict(DROPS, f"{row} is gone", text)
    return Verdict(BOTH, file=text)


def _down(tool: Tool, v1: Schema, row: Any, verdict: Verdict) -> Verdict:
    """The verdict, or UP if the way back is not right."""
    try:
        tool.down()
    except (Exception, SystemExit) as error:
        return replace(verdict, mark=UP, why=_told(error))
    wrong = differences(schema(tool.url, tool.history), v1)
    if not wrong and query(tool.url, tool.kind.kept) != row:
        wrong = f"{row} is gone"
    return replace(verdict, mark=UP, why=wrong) if wrong else verdict


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip()


def reference(server: Server, kind: Kind, tool: type[Tool], version: int) -> Schema:
    with tried(server, kind, tool) as one:
        one.make(version)
        return schema(one.url)


def references(server: Server, kind: Kind) -> dict[bool, Schema]:
    """v2 as SQLAlchemy (False) and Peewee (True) make it; raises unless they say the same."""
    for version in (0, 1):
        sides = [reference(server, kind, tool, version) for tool in (Alembic, PeeweeTool)]
        if differs := differences(*sides):
            raise ValueError(f"{kind.name}: v{version + 1} is not the same twice:\n{differs}")
    return dict(enumerate(sides))  # type: ignore[arg-type]


def line(cells: list[str], markdown: bool) -> str:
    if markdown:
        return f"| {' | '.join(cells)} |"
    return f"{cells[0]:42}" + "".join(f"{cell:16}" for cell in cells[1:]).rstrip()


def explained(tool: type[Tool], verdict: Verdict) -> str:
    if verdict.mark == BOTH:
        return ""
    text = indent(f"{verdict.why}\n{verdict.file}".strip(), " " * 8)
    return f"    {tool.name}: {verdict.mark}\n{text}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--markdown", action="store_true", help="as the README has it")
    parser.add_argument("--why", action="store_true", help="what is wrong, and the file")
    parser.add_argument("--only", default="", metavar="WORDS", help="kinds with these in the name")
    parser.add_argument("--tools", default="", metavar="NAME,NAME")
    arguments = parser.parse_args()
    tools = [one for one in TOOLS if not arguments.tools or one.name in arguments.tools.split(",")]
    server = Server(BINARIES["postgres18"], ("statement_timeout=60s", "lock_timeout=10s"))
    right = dict.fromkeys(tools, 0)
    kinds = [kind for kind in KINDS if arguments.only in kind.name]
    try:
        print(line(["Change", *(tool.name for tool in tools)], arguments.markdown))
        if arguments.markdown:
            print(line(["---"] * (len(tools) + 1), True))
        for kind in kinds:
            v2 = references(server, kind)
            verdicts = {one: judged(server, kind, one, v2[issubclass(one, PeeweeTool)])
                        for one in tools}  # fmt: skip
            for tool, verdict in verdicts.items():
                right[tool] += verdict.mark == BOTH
            marks = [verdict.mark for verdict in verdicts.values()]
            print(line([kind.name, *marks], arguments.markdown), flush=True)
            if arguments.why:
                print("".join(explained(*one) for one in verdicts.items()), flush=True)
        totals = [f"{count} of {len(kinds)}" for count in right.values()]
        print(line(["both ways", *totals], arguments.markdown))
    finally:
        server.delete()


if __name__ == "__main__":
    main()
