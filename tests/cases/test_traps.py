"""No code of a stranger runs with the rights of whoever runs a command.

The functions, operators, types and relations of the statements that the commands really send are
collected from the server's log; for each of them a role that may only create in public plants one
of the same name, for all argument types that would fit as well or better. Then a superuser runs the
commands again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, product
from pathlib import Path

import psycopg2
import pytest
from click.testing import Result

from tests.conftest import POSTGRES, server_of
from tests.servers import Server

MODELS = """\
import enum
import peewee as pw
from playhouse import postgres_ext as pg
from dbkit import EnumField
from dbkit.fields import DateTimeTZField
class Kind(enum.Enum):
    A = "a"
    B = "b"
class Thing(pw.Model):
    name = pw.CharField(unique=True)
    kind = EnumField(Kind, constraints=[pw.SQL("DEFAULT 'a'")])
    size = pw.IntegerField(constraints=[pw.Check("size IN (1, 2)")])
    made = DateTimeTZField(null=True)
    words = pg.ArrayField(pw.TextField, null=True)
class Part(pw.Model):
    thing = pw.ForeignKeyField(Thing)
    number = pw.IntegerField(unique=True){more}
"""
SEEDS = """\
[[thing]]
id = 5
name = "one"
kind = "b"
size = 1
made = "now"
[[part]]
number = 1
thing = { name = "one" }
"""
COMMANDS = (  # words of the command, SQL that comes before, the exit code
    ("migrate", "", 0), ("check", "", 0), ("status", "", 0), ("verify", "", 0),
    ("seed", "", 0), ("seed", "", 0), ("verify", "ALTER TABLE part ADD x integer", 1),
    ("diff live models --format sql", "", 1), ("diff migrations live", "", 1),
    ("reset --yes", "ALTER TABLE part DROP x", 0),
    ("rollback", "", 0), ("status", "", 1), ("migrate --fake", "", 0), ("rollback", "", 2),
)  # fmt: skip
# whether init can write all of the traps into its baseline is not the question
INIT = (("init --models {adopted} --migrations {adopted}", "DROP TABLE IF EXISTS migratehistory; "
         "CREATE TABLE IF NOT EXISTS old (id integer PRIMARY KEY, name varchar(9))", None),
        )  # fmt: skip
FEW = 4  # traps of a name for init, which tries each of them in its baseline
GROUPS = (
    ("text", "name", "varchar", '"char"', "bpchar"),
    ("int4", "int2", "int8", "oid", "numeric", "regclass", "regnamespace", "regcollation"),
    ("text[]", "name[]", "int2[]", "oid[]", '"char"[]', "int2vector", "oidvector"),
    ("timestamptz", "timestamp", "date"),
)
PSEUDO = {"any": "text", "anyarray": "text[]", "anyelement": "text", "anynonarray": "text",
          "anycompatible": "text", "anycompatiblearray": "text[]", "cstring": "text"}  # fmt: skip
TYPES = ("text", "oid", "regclass", "regnamespace", "timestamptz", "date", "uuid", "name")
TEXT = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*")
FUNCTION = re.compile(r"\b([a-z_][a-z0-9_]*)\s*\(")
OPERATOR = re.compile(r"[-+*/<>=~!@#%^&|]+")
RELATION = re.compile(r"\bpg_catalog\.(pg_\w+)|\b(pg_\w+)\b(?!\s*\()")
SENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*?)(?=^\d{4}-\d\d-\d\d )", re.S | re.M)


class Project:
    """The commands, run one after the other on a database of their own."""

    def __init__(
        self, server: Server, dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.server, self.dbkit, self.monkeypatch = server, dbkit, monkeypatch

    def run(self, database: str, commands: Iterable[tuple[str, str, int | None]]) -> None:
        self.monkeypatch.setenv("DATABASE_URL", self.server.url(database))
        Path("setup.cfg").unlink(missing_ok=True)  # of init
        for words, sql, code in commands:
            if sql:
                self.server.execute(f"SET search_path TO public; {sql}", database)
            words = words.format(adopted=f"adopted_of_{database}")
            before = hits(self.server, database)
            result = self.dbkit(*words.split())
            assert code is None or result.exit_code == code, (words, result.output)
            assert hits(self.server, database) == before, f"{words} ran a trap"


@pytest.fixture(params=POSTGRES)
def project(
    request: pytest.FixtureRequest,
    dbkit: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> Project:
    server = server_of(request.param)
    monkeypatch.setenv("DBKIT_MODELS", "things_of_traps")
    monkeypatch.syspath_prepend(Path.cwd())
    Path("things_of_traps.py").write_text(MODELS.replace("{more}", ""))
    Path("seeds").mkdir()
    Path("seeds/1.toml").write_text(SEEDS)
    return Project(server, dbkit, monkeypatch)


def rows(server: Server, database: str, sql: str) -> list[tuple[object, ...]]:
    link = psycopg2.connect(server.socket_url(database))
    try:
        with link.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()
    finally:
        link.close()


def hits(server: Server, database: str) -> object:
    return rows(server, database, "SELECT last_value FROM log.hits")


def test_no_trap_is_run(project: Project) -> None:
    server = project.server
    clean = server.create_database()
    server.execute("CREATE SCHEMA log CREATE SEQUENCE hits; SELECT nextval('log.hits');"
                   "GRANT ALL ON SCHEMA log, public TO PUBLIC;"
                   "GRANT ALL ON SEQUENCE log.hits TO PUBLIC", clean)  # fmt: skip
    server.create_role("mallory")
    project.monkeypatch.setenv("DATABASE_URL", server.url(clean))
    assert project.dbkit("create", "first").exit_code == 0
    listened = server.create_database(clean)
    server.execute(f"ALTER DATABASE {listened} SET log_statement = 'all'")
    log = server.home / "log"
    start = log.stat().st_size
    project.run(listened, (*COMMANDS, *INIT))
    sent = "\n".join(SENT.findall(log.read_text()[start:]))
    assert "pg_get_expr" in sent
    assert "pg_try_advisory_xact_lock" in sent
    every, few = list(traps(server, sent)), list(traps(server, sent, FEW))
    assert len(every) > 1000
    for commands, plants in ((COMMANDS, every), (INIT, few)):
        for path in ("", "public, pg_catalog"):
            planted = server.create_database(clean)
            plant(server, planted, plants)
            if path:
                server.execute(f"ALTER DATABASE {planted} SET search_path = {path}")
            project.run(planted, commands)


def plant(server: Server, database: str, plants: list[str]) -> None:
    link = psycopg2.connect(server.socket_url(database, "mallory"))
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute("SET check_function_bodies TO off; SET search_path TO pg_catalog")
        cursor.execute(";\n".join(plants))
    link.close()


def traps(server: Server, sent: str, most: int | None = None) -> Iterator[str]:
    """The statements that plant them; at most so many for each function and group of operands."""
    code = TEXT.sub("''", sent.lower())
    body = "LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval('log.hits'); RETURN {}; END $$"
    spring = body.format("NULL")
    yield f"CREATE FUNCTION public.trap() RETURNS boolean {body.format('true')}"
    functions = rows(
        server,
        "postgres",
        "SELECT p.proname, array(SELECT format_type(a, NULL) FROM unnest(p.proargtypes) a),"
        " p.provariadic = '\"any\"'::regtype FROM pg_proc p"
        " WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.pronargs BETWEEN 1 AND 4",
    )
    wanted, planted = set(FUNCTION.findall(code)), set()
    for name, types, variadic in functions:
        if name not in wanted:
            continue
        for arguments in islice(product(*map(alike, types)), most):
            for more in ((), ("text",), ("text", "text")) if variadic else ((),):
                signature = (name, *arguments, *more)
                if signature not in planted and not {"internal", "cstring"} & {*signature}:
                    planted.add(signature)
                    yield (f'CREATE FUNCTION public."{name}"({", ".join(signature[1:])}) '
                           f"RETURNS {result(name)} {spring}")  # fmt: skip
    for operator in sorted({*OPERATOR.findall(code)} - {"->", "*", "-->", "=>", "--"}):
        for group in GROUPS:
            operands = islice(product(group, group), most)
            for number, (left, right) in enumerate(operands):
                function = f"trap_{abs(hash((operator, left, right)))}_{number}"
                returns = "text" if operator in ("||", "+", "-") else "boolean"
                takes = f"{function}({left}, {right})"
                yield f"CREATE FUNCTION public.{takes} RETURNS {returns} {spring}"
                yield (f"CREATE OPERATOR public.{operator} (leftarg = {left}, rightarg = {right}, "
                       f"function = public.{function})")  # fmt: skip
    for name in TYPES:
        yield f"CREATE DOMAIN public.{name} AS pg_catalog.{name} CHECK (public.trap())"
    relations = rows(server, "postgres", "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v')")
    found = {first or second for first, second in RELATION.findall(code)}
    for name in sorted(found & {name for (name,) in relations}):
        yield f"CREATE VIEW public.{name} AS SELECT pg_catalog.nextval('log.hits') AS oid"


def alike(type_: str) -> tuple[str, ...]:
    """Types that an argument may be of that pg_catalog's function takes as this one."""
    names = {"integer": "int4", "smallint": "int2", "bigint": "int8",
             "character varying": "varchar", "character": "bpchar",
             "timestamp with time zone": "timestamptz",
             "timestamp without time zone": "timestamp"}  # fmt: skip
    name = PSEUDO.get(type_.strip('"'), names.get(type_, type_))
    group = next((group for group in GROUPS if name in group), (name,))
    return (name, *(one for one in group if one != name))


def result(name: str) -> str:
    return "SETOF text" if name in ("unnest", "generate_series") else "text"
