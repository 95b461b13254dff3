"""`dbkit check`: what it says of a database it reaches, and of every way not to reach one.

The failures are provoked on real servers. Only what a provider's proxy says, which nobody can
have at home, is said by a socket of the test's own, to the real driver.
"""

from __future__ import annotations

import re
import socket
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from select import select
from threading import Thread

import psycopg2
import pytest
from click.testing import Result

from dbkit.connection import diagnosed, opened, parse
from dbkit.diagnosis import facts
from dbkit.errors import DatabaseFailed, DatabaseUnreachable
from tests.conftest import MIGRATIONS, POSTGRES, SEEDS, no_15
from tests.servers import BINARIES, Server, free_port

Dbkit = Callable[..., Result]
PEM = Path(__file__).parent / "server.pem"  # key and self-signed certificate, until 2126
ROOT = f"sslrootcert={PEM}"
PASSWORD = "Tr0ub4dor"  # noqa: S105
HBA = """\
local   all all                     trust
host    all secret     127.0.0.1/32 scram-sha-256
hostssl all sealed     127.0.0.1/32 trust
host    all postgres   127.0.0.1/32 trust
host    all visitor    127.0.0.1/32 trust
host    all crowded    127.0.0.1/32 trust
host    all nobody     127.0.0.1/32 trust
host    all refused    127.0.0.1/32 reject
"""


@cache
def guarded_server(name: str) -> Server:
    """A server that treats each user differently; with TLS where the build has it, in 15."""
    tls = ("ssl=on", "ssl_cert_file=server.pem", "ssl_key_file=server.pem")
    server = Server(
        BINARIES[name],
        ("max_connections=8", *(tls if name == "postgres15" else ())),
        HBA,
        {"server.pem": PEM.read_text()},
    )
    for user in ("sealed", "visitor", "stranger", "refused"):
        server.execute(f"CREATE ROLE {user} LOGIN")
    server.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    server.execute(f"CREATE ROLE secret LOGIN PASSWORD '{PASSWORD}'")
    server.execute("CREATE DATABASE closed")
    server.execute("REVOKE CONNECT ON DATABASE closed FROM PUBLIC")
    return server


@pytest.fixture(params=POSTGRES)
def guarded(request: pytest.FixtureRequest) -> Server:
    return guarded_server(request.param)


@pytest.fixture(autouse=True)
def _no_settings_of_libpq(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PGPASSWORD", "PGSSLMODE", "PGSSLROOTCERT", "PGHOST", "PGPORT", "PGUSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))


def assert_explained(result: Result, cause: str, hint: str = "") -> None:
    """Exit code 2, the cause by its name, what to do next, and no password."""
    assert result.exit_code == 2, result.output
    assert f"error: {cause}" in result.stderr
    assert hint in result.stderr
    assert "This should not happen" not in result.stderr
    assert PASSWORD not in result.output


# What check says of a database it reaches


def said(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    return dict(line.split(": ", 1) for line in result.stdout.splitlines())


def test_it_says_what_it_reached(dbkit: Dbkit, guarded: Server) -> None:
    result = dbkit("check", "--database", guarded.url("closed", "postgres", PASSWORD))
    found = said(result)
    assert re.fullmatch(r"\d+\.\d+ ms", found.pop("latency"))
    major = {"postgres18": "18", "postgres15": "15"}
    assert found.pop("server").split(".")[0] in {f"PostgreSQL {n}" for n in major.values()}
    tls = "TLSv1.3" if "postgresql/15" in str(guarded.binaries) else "none"
    assert found == {"database": "closed", "user": "postgres", "tls": tls, "pooler": "none seen"}
    assert f"database: postgresql://postgres@127.0.0.1:{guarded.port}/closed" in result.stderr
    assert PASSWORD not in result.output


def test_it_says_which_sqlite_file_it_reached(dbkit: Dbkit, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE a (b)")
    found = said(dbkit("check", "--database", "sqlite:///a.db"))
    assert found["server"] == f"SQLite {sqlite3.sqlite_version}"
    assert found["database"] == str(tmp_path / "a.db")
    assert set(found) == {"server", "database", "latency"}


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a socket that answers one client so."""

    def serve() -> None:
        client, _ = listening.accept()
        with client:
            answer(client)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        thread = Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@contextmanager
def behind_tls(server: Server) -> Iterator[str]:
    """The URL of a server behind a proxy that ends TLS: the wheel's server has none of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)

    def forward(client: socket.socket) -> None:
        client.recv(8)  # SSLRequest
        client.sendall(b"S")
        tls = context.wrap_socket(client, server_side=True)
        with tls, socket.create_connection(("127.0.0.1", server.port)) as plain:
            while True:
                for end in [tls] if tls.pending() else select([tls, plain], [], [])[0]:
                    data = end.recv(100_000)
                    if not data:
                        return
                    (plain if end is tls else tls).sendall(data)

    with serving(forward) as port:
        yield f"postgresql://visitor@127.0.0.1:{port}/postgres"


@pytest.mark.postgres
@pytest.mark.parametrize("query", ["", "?sslmode=require", f"?sslmode=verify-full&{ROOT}"])
def test_it_says_that_there_is_tls(dbkit: Dbkit, query: str) -> None:
    with behind_tls(guarded_server("postgres18")) as url:
        assert said(dbkit("check", "--database", url + query))["tls"] == "TLSv1.3"


@no_15
@pytest.mark.postgres
@pytest.mark.parametrize(
    ("query", "tls"),
    [("?sslmode=disable", "none"), (f"?sslmode=verify-full&{ROOT}", "TLSv1.3")],
)
def test_it_says_whether_there_is_tls(dbkit: Dbkit, query: str, tls: str) -> None:
    url = guarded_server("postgres15").url() + query
    assert said(dbkit("check", "--database", url))["tls"] == tls


def test_options_of_the_url_reach_the_server(guarded: Server) -> None:
    options = "?options=-csearch_path%3Delsewhere&application_name=me"
    with opened(parse(guarded.url() + options).database()) as database:
        row = database.execute_sql(
            "SELECT current_setting('search_path'), current_setting('application_name')"
        ).fetchone()
    assert row == ("elsewhere", "me")


@pytest.mark.postgres
def test_it_tells_a_pooler(dbkit: Dbkit, bouncer: str) -> None:
    found = said(dbkit("check", "--database", bouncer))
    assert found["pooler"] == "yes"
    assert found["server"].startswith("PostgreSQL 18")


# What check says if it does not get there

FAILURES = {
    "wrong password": ("secret", "postgres", "", "Reset password"),
    "database missing": ("visitor", "nowhere", "", "createdb"),
    "no such user": ("nobody", "postgres", "", "CREATE ROLE"),
    "no privilege": ("visitor", "closed", "", "GRANT CONNECT"),
    "too many connections": ("crowded", "postgres", "", "pooler"),
    "not admitted": ("stranger", "postgres", "", "pg_hba.conf"),
    "TLS required": ("sealed", "postgres", "?sslmode=disable", "?sslmode=require"),
}


@pytest.mark.parametrize("cause", FAILURES)
def test_a_server_that_refuses(dbkit: Dbkit, guarded: Server, cause: str) -> None:
    user, database, query, hint = FAILURES[cause]
    url = guarded.url(database, user, PASSWORD + "-" if cause == "wrong password" else PASSWORD)
    assert_explained(dbkit("check", "--database", url + query), cause, hint)
    with pytest.raises(DatabaseUnreachable) as error, opened(parse(url + query).database()):
        pass
    assert error.value.cause == cause


@pytest.mark.parametrize("query", ["", "?sslmode=disable"])
def test_a_user_rejected_by_name_is_not_told_to_use_tls(
    dbkit: Dbkit, guarded: Server, query: str
) -> None:
    url = guarded.url(user="refused") + query
    assert_explained(dbkit("check", "--database", url), "not admitted", "pg_hba.conf")


def test_no_password_given(dbkit: Dbkit, guarded: Server) -> None:
    result = dbkit("check", "--database", guarded.url(user="secret"))
    assert_explained(result, "no password", "DB_PASSWORD")


@pytest.mark.parametrize("user", ["visitor", "postgres"])
def test_every_connection_taken(dbkit: Dbkit, guarded: Server, user: str) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            try:
                stack.enter_context(closing(psycopg2.connect(guarded.socket_url(user=user))))
            except psycopg2.OperationalError:
                break
        result = dbkit("check", "--database", guarded.url(user=user))
    assert_explained(result, "too many connections", "Close some")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("postgres18", "?sslmode=require"),
        pytest.param("postgres15", f"?sslmode=verify-full&sslrootcert={__file__}", marks=no_15),
        pytest.param("postgres15", "?sslmode=verify-full&sslrootcert=/none", marks=no_15),
        pytest.param("postgres15", "?sslmode=verify-full&sslrootcert=system", marks=no_15),
    ],
)
def test_tls_that_cannot_be_had(dbkit: Dbkit, name: str, query: str) -> None:
    result = dbkit("check", "--database", guarded_server(name).url() + query)
    assert_explained(result, "TLS failed", "sslmode")


@no_15
@pytest.mark.postgres
def test_tls_is_taken_where_it_is_required(dbkit: Dbkit) -> None:
    url = guarded_server("postgres15").url(user="sealed")
    assert said(dbkit("check", "--database", url))["tls"] == "TLSv1.3"
    missing = guarded_server("postgres15").url("nowhere", "sealed")
    assert_explained(dbkit("check", "--database", missing), "database missing")


@pytest.mark.parametrize(
    ("url", "cause", "hint"),
    [
        (
            f"postgresql://u:{PASSWORD}@127.0.0.1:{{port}}/x",
            "refused",
            "Check that the server runs",
        ),
        (f"postgresql://u:{PASSWORD}@/x?host=/nowhere", "refused", "Check that the server runs"),
        (f"postgresql://u:{PASSWORD}@nohost.invalid/x", "host not found", "Check the host name"),
        (
            f"postgresql://postgres:{PASSWORD}@db.nosuchprojectofdbkit.supabase.co:5432/postgres",
            "provider project paused",
            "restore it",
        ),
        (
            f"postgresql://u:{PASSWORD}@ep-none.no-such-region.neon.tech/neondb?sslmode=require",
            "provider project paused",
            "Neon",
        ),
    ],
)
def test_nobody_there(dbkit: Dbkit, url: str, cause: str, hint: str) -> None:
    assert_explained(dbkit("check", "--database", url.format(port=free_port())), cause, hint)


def test_a_server_that_never_answers(dbkit: Dbkit) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"postgresql://u:{PASSWORD}@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=2"
        assert_explained(dbkit("check", "--database", url), "timed out", "connect_timeout")


@contextmanager
def proxy_saying(words: str) -> Iterator[int]:
    """The port of a socket that sends every client this error, as PostgreSQL's protocol has it."""
    fields = b"".join(kind + value + b"\0" for kind, value in ((b"S", b"FATAL"), (b"C", b"XX000")))
    body = fields + b"M" + words.encode() + b"\0\0"

    def answer(client: socket.socket) -> None:
        client.recv(1000)
        client.sendall(b"E" + (len(body) + 4).to_bytes(4, "big") + body)
        client.recv(1000)

    with serving(answer) as port:
        yield port


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("Tenant or user not found", "provider project paused"),
        ("The endpoint has been disabled. Enable it using Neon API and retry.", "provider project"),
        ("The requested endpoint could not be found", "provider project paused"),
        ("connection is insecure (try using `sslmode=require`)", "TLS required"),
        ("SSL connection is required. Please specify SSL options and retry.", "TLS required"),
        ("SSL required", "TLS required"),
        ("no more connections allowed (max_client_conn)", "too many connections"),
        ("Max client connections reached", "too many connections"),
        ("the database system is starting up", "not ready"),
        ("no such database: x", "database missing"),
        ("password authentication failed for user u", "wrong password"),
    ],
)
def test_what_the_proxies_of_providers_say(dbkit: Dbkit, words: str, cause: str) -> None:
    with proxy_saying(words) as port:
        url = f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/x?sslmode=disable"
        assert_explained(dbkit("check", "--database", url), cause, words)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"postgresql://u:{PASSWORD}@x@127.0.0.1/x", "must be URL-encoded"),
        (f"postgresql://u:x@{PASSWORD}@127.0.0.1/x", "must be URL-encoded"),
        (f"postgresql://u:{PASSWORD}/x@127.0.0.1/x", "must be URL-encoded"),
        (f"postgresql://u:x/{PASSWORD}@127.0.0.1/x", "must be URL-encoded"),
        (f"postgresql://u:{PASSWORD}%x@127.0.0.1/x", "must be URL-encoded"),
        (f"postgresql://u:{PASSWORD}%ff@127.0.0.1/x", "must be URL-encoded"),
        (f"postgresql://u:x@y?{PASSWORD}@127.0.0.1/x", "must be URL-encoded"),
        ("postgresql://postgres:[YOUR-PASSWORD]@127.0.0.1/x", "[YOUR-PASSWORD]"),
        ("postgresql://postgres.[PROJECT-REF]:x@127.0.0.1/x", "[PROJECT-REF]"),
        ("postgresql://postgres:x@db.[PROJECT-REF].supabase.co/x", "[PROJECT-REF]"),
    ],
)
def test_a_url_that_was_not_finished(dbkit: Dbkit, url: str, words: str) -> None:
    assert_explained(dbkit("check", "--database", url), "The database URL", words)
    assert PASSWORD not in dbkit("check", "--debug", "--database", url).output


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?sslmode=bogus", 'invalid sslmode value: "bogus"'),
        ("?connect_timeout=soon", 'invalid integer value "soon"'),
        ("?service=none", 'definition of service "none" not found'),
    ],
)
def test_an_option_that_the_driver_refuses(dbkit: Dbkit, query: str, words: str) -> None:
    url = f"postgresql://u:{PASSWORD}@127.0.0.1/x{query}"
    assert_explained(dbkit("check", "--database", url), "not connected", words)


def test_no_traceback_shows_a_password(dbkit: Dbkit, guarded: Server) -> None:
    url = guarded.url("postgres", "secret", PASSWORD + "x")
    for command in ("check", "status", "verify", "migrate"):
        models = ["--models", "dbkit.models"] if command == "verify" else []
        result = dbkit(command, "--debug", "--database", url, *models)
        assert "Traceback" in result.stderr
        assert_explained(result, "wrong password")


# After the connection is made


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 'Connection refused'::integer", "refused a value"),
        ("SELECT 'role \"x\" does not exist, too many clients'::integer", "refused a value"),
        ("CREATE TABLE public.x (y integer)", "lacks a privilege"),
        ("SELECT * FROM nothing", "`python -m dbkit migrate`"),
        ("SELECT * FROM pg_locks, pg_sleep(9)", "took longer than statement_timeout allows"),
    ],
)
def test_a_statement_that_fails_is_no_lost_connection(
    guarded: Server, sql: str, words: str
) -> None:
    url = guarded.url(user="visitor") + "?options=-cstatement_timeout%3D50"
    with opened(parse(url).database()) as database:
        with pytest.raises(DatabaseFailed) as error, diagnosed(database):
            database.execute_sql(sql)
    assert words in str(error.value)


def test_a_read_only_database(guarded: Server) -> None:
    url = guarded.url() + "?options=-cdefault_transaction_read_only%3Don"
    with pytest.raises(DatabaseFailed, match="read-only"):
        with opened(parse(url).database()) as database:
            database.execute_sql("CREATE TABLE x (y integer)")


def test_a_connection_that_is_cut(guarded: Server) -> None:
    with opened(parse(guarded.url(user="visitor")).database()) as database:
        (backend,) = database.execute_sql("SELECT pg_backend_pid()").fetchone()
        guarded.execute(f"SELECT pg_terminate_backend({backend}, 5000)")
        with pytest.raises(DatabaseUnreachable) as error, diagnosed(database):
            database.execute_sql("SELECT 1")
    assert error.value.cause == "connection lost"


@pytest.mark.postgres
def test_a_connection_that_is_cut_behind_a_pooler(bouncer: str) -> None:
    with opened(parse(bouncer).database()) as database:
        with pytest.raises(DatabaseUnreachable) as error, diagnosed(database):
            database.execute_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    assert error.value.cause == "connection lost"


def test_seeding_before_migrating_says_so(dbkit: Dbkit, url: str) -> None:
    result = dbkit("seed", "--database", url, "--models", "dbkit.models", "--seeds", str(SEEDS))
    assert_explained(result, "A table is missing", "`dbkit migrate`")


# SQLite


@pytest.mark.sqlite
@pytest.mark.parametrize("command", ["check", "status", "verify"])
@pytest.mark.parametrize("file", ["none.db", "none/none.db", "file/none.db"])
def test_a_read_makes_no_file(dbkit: Dbkit, tmp_path: Path, command: str, file: str) -> None:
    (tmp_path / "file").touch()
    flags = {"status": ["--migrations", str(MIGRATIONS)], "verify": ["--models", "dbkit.models"]}
    result = dbkit(command, "--database", f"sqlite:///{file}", *flags.get(command, []))
    assert_explained(result, "cannot open" if file.startswith("file") else "database missing")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


SQLITE_FAILURES = {
    "check": [("sqlite:///text.db", "not a database"), ("sqlite:///folder", "cannot open")],
    "migrate": [
        ("sqlite:///none/x.db", "cannot open"),
        ("sqlite:////proc/x.db", "cannot open"),  # not even root may write there
        ("sqlite:///text.db", "not a database"),
        ("sqlite:///folder", "cannot open"),
        (f"sqlite:///{'x' * 5000}", "cannot open"),
    ],
}
SQLITE_FAILURES["check"].append((f"sqlite:///{'x' * 5000}", "cannot open"))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("command", "url", "cause"),
    [(command, *row) for command, rows in SQLITE_FAILURES.items() for row in rows],
    ids=lambda value: value[:30],
)
def test_a_file_that_is_no_use(
    dbkit: Dbkit, tmp_path: Path, command: str, url: str, cause: str
) -> None:
    (tmp_path / "text.db").write_text("name,price\n" * 100)
    (tmp_path / "folder").mkdir()
    flags = ["--migrations", str(MIGRATIONS)] if command == "migrate" else []
    assert_explained(dbkit(command, "--database", url, *flags), cause)


@pytest.mark.sqlite
def test_a_file_that_another_program_holds(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as other:
        other.execute("CREATE TABLE a (b)")
        other.execute("BEGIN EXCLUSIVE")
        database = parse("sqlite:///a.db").database(read_only=True)
        database.timeout = 0  # it waits for 5 s otherwise
        with pytest.raises(DatabaseUnreachable) as error, opened(database):
            facts(database)
    assert error.value.cause == "locked"


@pytest.mark.sqlite
def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a.db").close()
    with pytest.raises(DatabaseFailed, match="is not writable"):
        with opened(parse("sqlite:///a.db").database(read_only=True)) as database:
            database.execute_sql("CREATE TABLE a (b)")
