"""The causes of connection failures, and their remedies: a table of patterns in the drivers' texts.

libpq gives no SQLSTATE for a failed connection (PostgreSQL manual, 34.1), so only its text can be
used. After the connection, the SQLSTATE decides (PostgreSQL manual, appendix A), because the text
may quote user data.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import peewee as pw

from .errors import DatabaseFailed, DatabaseUnreachable, DbkitError
from .masking import masked
from .sqlstates import advice, sql_name


class Explanation(NamedTuple):
    """A pattern in the driver's text, the cause that it shows, a message, and the next step."""

    pattern: str
    cause: str
    message: str
    hint: str


PAUSED = """\
A Supabase project on the free tier pauses after 7 days without use. Open the project in the
dashboard and restore it. A Neon endpoint may be disabled there. Then check the host name. (The host
db.REF.supabase.co has only an IPv6 address: without IPv6, use the host of the pooler.)"""

RULES = [
    Explanation(
        r"Tenant or user not found|endpoint .*(disabled|not (be )?found)|project .*paused"
        r"|could not translate host name \"[^\"]*\.(supabase\.(co|com)|neon\.tech)\"",
        "provider project paused",
        "The provider does not know this project, or has paused it.",
        PAUSED,
    ),
    Explanation(
        r"could not translate host name",
        "host not found",
        "The host name cannot be resolved.",
        "Check the host name in the database URL, and check DNS.",
    ),
    Explanation(
        r"Connection refused|No such file or directory Is the server running",
        "refused",
        "Nothing answers at that host and port.",
        "Check that the server runs, that the port is right, and that no firewall is in between. "
        "A Supabase project may be paused.",
    ),
    Explanation(
        r"timeout expired|timed out|No route to host|Network is unreachable",
        "timed out",
        "The server did not answer in time.",
        "Check host and port, firewall and VPN. A provider's project may be paused, or reachable "
        "only over IPv6 (Supabase: use the pooler's host). To wait longer, add "
        "connect_timeout=SECONDS to the URL.",
    ),
    Explanation(
        r"no password supplied",
        "no password",
        "The server requires a password, and none was given.",
        "Put it into the database URL (URL-encoded), or into DB_PASSWORD (unencoded).",
    ),
    Explanation(
        r"password authentication failed|SCRAM authentication"
        r"|SASL authentication failed",
        "wrong password",
        "The user name or the password is wrong.",
        "Check them in .env or DATABASE_URL (Supabase: Settings > Database > Reset password). "
        "In a URL, special characters must be encoded (p@ss is p%40ss), but not in "
        "DB_PASSWORD.",
    ),
    Explanation(
        r"server does not support SSL|server certificate|certificate verify|root certificate"
        r"|SSL error",
        "TLS failed",
        "The TLS connection that sslmode asks for failed.",
        "For a local server without TLS, remove sslmode from the URL. Otherwise use "
        "sslmode=require, or sslrootcert=FILE with verify-full.",
    ),
    Explanation(
        # with any other sslmode, libpq has tried TLS too, so TLS is not the cause
        r"no pg_hba.conf entry .*(no encryption|SSL off) .*sslmode=disable"
        r"|connection is insecure|SSL connection is required|SSL(/TLS)? required",
        "TLS required",
        "The server accepts only encrypted connections.",
        "Add ?sslmode=require to the database URL. If that does not help, ask the administrator "
        "for an entry in pg_hba.conf.",
    ),
    Explanation(
        r"no pg_hba.conf entry|pg_hba.conf rejects|(Peer|Ident) authentication failed",
        "not admitted",
        "The server does not accept this user from this address.",
        "Ask the administrator for an entry in pg_hba.conf, or allow your address at the provider.",
    ),
    Explanation(
        r"database \"[^\n]*\" does not exist|no such database",
        "database missing",
        "The server has no database with that name.",
        "Check the name in the URL, or create it: createdb NAME.",
    ),
    Explanation(
        r"role \"[^\n]*\" does not exist|no such user",
        "no such user",
        "The server has no user with that name.",
        "Check the user in the URL, or create it: CREATE ROLE name LOGIN.",
    ),
    Explanation(
        r"permission denied for database",
        "no privilege",
        "This user may not connect to this database.",
        "As the owner of the database, run: GRANT CONNECT ON DATABASE name TO user.",
    ),
    Explanation(
        r"max(imum)? connections",  # Peewee's own words
        "too many connections",
        "The connection pool has no free connection.",
        "Close unused connections, or raise max_connections of the pool.",
    ),
    Explanation(
        r"too many clients|connection slots|max client|too many connections"
        r"|no more connections",
        "too many connections",
        "The server has no free connection.",
        "Close some connections, or connect through a pooler.",
    ),
    Explanation(
        r"system is (starting up|shutting down|in recovery)|not yet accepting",
        "not ready",
        "The server is starting, stopping or recovering.",
        "Try again in a moment.",
    ),
    Explanation(
        r"server closed the connection|terminating connection|connection already closed"
        r"|SSL connection has been closed|could not receive data",
        "connection lost",
        "The server closed the connection.",
        "Check the server log, then try again. The open transaction was rolled back.",
    ),
    Explanation(
        r"unable to open database file|disk I/O error",  # the latter if the path is a directory
        "cannot open",
        "The SQLite file cannot be opened or created.",
        "Check that the path is a file, that its directory exists, and that you may write there.",
    ),
    Explanation(
        r"file is not a database|disk image is malformed",
        "not a database",
        "The file is not a SQLite database, or is damaged.",
        "Check the path.",
    ),
    Explanation(
        r"database( table)? is locked",
        "locked",
        "Another program has locked the SQLite file.",
        "Wait until that program finishes, then try again.",
    ),
]

CREATE_FOLDER = "Create the folder, or correct the URL."
LOCK_CONFLICTS = {"55P03", "40P01"}  # lock not available, deadlock detected
LOST = ("08", "57P")  # classes of SQLSTATE that end the connection


def explain(error: Exception, database: pw.Database, display: str = "") -> DbkitError:
    """Return the DbkitError for a driver's error, without the password that its text may quote.

    `display` is the database's URL for the message.
    """
    text = _words(error, database)
    at = f" ({display})" if display else ""
    state = sqlstate(error)
    code = error_code(error)
    if not code.startswith(LOST) and (found := advice(code, text, _user(database))):
        return DatabaseFailed(f"{found[0]}{at}: {text}", found[1])
    if state is None and "unable to open" in text and (folder := missing_folder(database.database)):
        return DatabaseUnreachable(
            "cannot open", f"cannot open: There is no folder {folder}.{at}", CREATE_FOLDER
        )
    if rule := _rule(text, database) if state is None or state.startswith(LOST) else None:
        return DatabaseUnreachable(
            rule.cause, f"{rule.cause}: {rule.message}{at}\n  {text}", rule.hint
        )
    if isinstance(error, pw.InterfaceError) and database.is_closed():
        return DatabaseUnreachable(
            "not connected",
            f"not connected: The database is closed, and autoconnect=False forbids opening it{at}.",
            "Call connect() first, or remove autoconnect=False.",
        )
    if state is None and isinstance(error, pw.OperationalError) and database.is_closed():
        return DatabaseUnreachable(
            "not connected",
            f"not connected: The connection failed{at}.\n  {text}",
            "Check the database URL.",
        )
    return DatabaseFailed(f"The database refused a statement{at}: {text}")


def missing_folder(name: str) -> Path | None:
    """Return the folder of a SQLite file if it does not exist."""
    if name.startswith("file:"):  # a URI
        return None
    try:
        Path(name).parent.stat()
    except FileNotFoundError:
        return Path(name).parent
    except (OSError, ValueError):
        pass  # SQLite says what is wrong with the path
    return None


def _rule(text: str, database: pw.Database) -> Explanation | None:
    mode = database.connect_params.get("sslmode") or os.environ.get("PGSSLMODE", "prefer")
    text += f" sslmode={mode}"
    return next((rule for rule in RULES if re.search(rule.pattern, text, re.IGNORECASE)), None)


def _words(error: Exception, database: pw.Database) -> str:
    text = masked(" ".join(str(error).split()))
    password = str(database.connect_params.get("password") or "")
    return text.replace(password, "***") if len(password) > 2 else text


def _user(database: pw.Database) -> str | None:
    """The role of the connection, if it is known without a query."""
    if database.is_closed() or not isinstance(database, pw.PostgresqlDatabase):
        return None
    return str(database.connection().info.user)


def sqlstate(error: BaseException | None) -> str | None:
    """Return the SQLSTATE of a driver's error, or of an error that it caused."""
    return _of_causes(error, "pgcode")


def error_code(error: BaseException) -> str:
    """Return the SQLSTATE of a driver's error, or SQLite's name of it, or "" if it has none."""
    return sqlstate(error) or _of_causes(error, "sqlite_errorname") or ""


def is_lock_conflict(error: BaseException) -> bool:
    """Whether a session held a lock too long or two sessions blocked each other, so that the same
    transaction can succeed later."""
    busy = _of_causes(error, "sqlite_errorname") or ""
    return sqlstate(error) in LOCK_CONFLICTS or busy.startswith("SQLITE_BUSY")


def has_rolled_back(error: BaseException) -> bool:
    """Whether SQLite rolls a transaction back itself because of this error."""
    return (_of_causes(error, "sqlite_errorname") or "").startswith(
        ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM", "SQLITE_INTERRUPT")
    )


def _of_causes(error: BaseException | None, attribute: str) -> str | None:
    seen: list[BaseException] = []  # an error that is raised again can be its own context
    while error is not None and error not in seen:
        seen.append(error)
        if found := getattr(error, attribute, None):
            return str(found)
        error = error.__cause__ or error.__context__
    return None


@dataclass(frozen=True)
class Facts:
    """The facts that `dbkit check` prints about a connection. `latency` is in milliseconds."""

    server: str
    database: str
    user: str
    latency: float
    tls: str
    pooler: str
    privileges: str = "-"  # what this user lacks to run migrations


def facts(database: pw.Database) -> Facts:
    """Return the facts of an open database. Writes nothing."""
    latency = _latency(database)
    if isinstance(database, pw.SqliteDatabase):
        version, file = database.execute_sql(
            "SELECT sqlite_version(), file FROM pragma_database_list WHERE name = 'main'"
        ).fetchone()
        return Facts(f"SQLite {version}", file or ":memory:", "-", latency, "-", "-")
    row = database.execute_sql(
        "SELECT pg_catalog.current_setting('server_version'), pg_catalog.current_database(),"
        " current_user, pg_catalog.pg_backend_pid(), pg_catalog.current_schema(),"
        " pg_catalog.has_schema_privilege(pg_catalog.current_schema()::pg_catalog.text,"
        " 'CREATE'::pg_catalog.text)"
    ).fetchone()
    version, name, user, backend, schema, may_create = row
    info = database.connection().info
    tls = info.ssl_attribute("protocol") if info.ssl_in_use else None
    # a pooler tells the client its own process number, not that of the server
    pooled = info.backend_pid != backend or "pooler" in (info.host or "")
    return Facts(
        f"PostgreSQL {version}",
        name,
        user,
        latency,
        tls or "none",
        "yes" if pooled else "none seen",
        _lacking(user, schema, may_create),
    )


def _lacking(user: str, schema: str | None, may_create: bool) -> str:
    if schema is None:
        return "no schema of the search_path exists, or this user may not use it"
    if may_create:
        return "-"
    grant = f"GRANT USAGE, CREATE ON SCHEMA {sql_name(schema)} TO {sql_name(user)}"
    return f"may not create tables in schema {schema}; as its owner or a superuser, run: {grant}"


def _latency(database: pw.Database) -> float:
    def once() -> float:
        start = time.perf_counter()
        database.execute_sql("SELECT 1").fetchone()
        return (time.perf_counter() - start) * 1000

    return min(once() for _ in range(4))
