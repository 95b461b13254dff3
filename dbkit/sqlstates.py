"""The meaning and the remedy of errors of a connected server: by SQLSTATE (PostgreSQL manual,
appendix A) or by SQLite's name (https://sqlite.org/rescode.html), and then by the text."""

from __future__ import annotations

import re
from typing import NamedTuple

from .schema.sql import quoted


class Advice(NamedTuple):
    """A pattern of the code, a pattern in the error's text, the message, and the hint. In the hint,
    `{user}` is the role, and any other `{name}` is a group of the text's pattern, as SQL."""

    code: str
    pattern: str
    message: str
    hint: str


EXISTS = """\
If the database already has everything that this migration creates, mark the migration as
applied: `python -m dbkit migrate --fake --to NAME`. To adopt a database that was made without
migrations, run `python -m dbkit init`. Otherwise rename or drop the existing object."""
TABLE = "Run `python -m dbkit migrate` first. In a migration, check the name of the table."
ROWS = "Correct the rows first: in the migration before this statement, or by hand."
PRIVILEGE = "This user lacks a privilege"

ADVICE = [
    Advice(
        "42501",
        r"permission denied for schema \"?public\"?(?!\S)",
        PRIVILEGE,
        "Since PostgreSQL 15, most users may not create objects in schema public. As the owner "
        "of the database or a superuser, run: GRANT USAGE, CREATE ON SCHEMA public TO {user}",
    ),
    Advice(
        "42501",
        r"permission denied for schema (?P<name>.+?)(?= LINE \d|$)",
        PRIVILEGE,
        "As the schema's owner or a superuser, run: "
        "GRANT USAGE, CREATE ON SCHEMA {name} TO {user}",
    ),
    Advice(
        "42501",
        r"permission denied for database (?P<name>.+)",
        PRIVILEGE,
        "As the database's owner or a superuser, run: "
        "GRANT CREATE, TEMPORARY ON DATABASE {name} TO {user}",
    ),
    Advice(
        "42501",
        r"permission denied for (?:table|view|relation|materialized view) (?P<name>.+)",
        PRIVILEGE,
        "As its owner or a superuser, run: GRANT SELECT ON {name} TO {user} "
        "(and INSERT, UPDATE, DELETE, to write)",
    ),
    Advice(
        "42501",
        r"permission denied for (?P<kind>sequence|type|function|language|tablespace)",
        PRIVILEGE,
        "As the owner of the {kind} or a superuser, run: GRANT ALL ON {kind} ... TO {user}",
    ),
    Advice(
        "42501",
        r"permission denied to create extension",
        PRIVILEGE,
        "Let a superuser run CREATE EXTENSION once, by hand. With IF NOT EXISTS, the "
        "migration then skips it.",
    ),
    Advice(
        "42501",
        r"must be (?:the )?(?:owner|member|able to SET ROLE)",
        "Only the owner of the object may do this",
        "Run the migrations as the role that owns the object, or transfer the object. As its "
        "owner or a superuser, run: ALTER ... OWNER TO {user}, or GRANT the owner's role TO {user}",
    ),
    Advice(
        "42501",
        "",
        PRIVILEGE,
        "Connect as the owner, or let the owner or a superuser GRANT the privilege TO {user}",
    ),
    Advice(
        "25006",
        "",
        "The database is read-only",
        "Connect to the primary if this is a standby. Otherwise check "
        "default_transaction_read_only of this user and of this database.",
    ),
    Advice(
        "3F000",
        "no schema has been selected",
        "No schema of the connection's search_path exists",
        "Create the schema that search_path names, or set search_path to an existing schema: "
        "ALTER ROLE {user} SET search_path = public",
    ),
    Advice(
        "3F000",
        "",
        "A schema is missing",
        "Create the schema first, with migrator.create_schema in the migration or by hand.",
    ),
    Advice("42P07|42710|42701|42P06|42723|42P05", "", "An object of that name exists", EXISTS),
    Advice("SQLITE_ERROR", "already exists|duplicate column", "An object of that name exists",
           EXISTS),
    Advice("42P01", "", "A table is missing", TABLE),
    Advice("SQLITE_ERROR", "no such table", "A table is missing", TABLE),
    Advice(
        "42703",
        "",
        "A column is missing",
        "Check its name, and check that the migration which adds the column is applied.",
    ),
    Advice("SQLITE_ERROR", "no such column|has no column", "A column is missing",
           "Check its name. In SQL, strings have single quotes."),
    Advice(
        "42704|42883",
        "",
        "The server does not know a type, function or other object",
        "Check its name. If it belongs to an extension, run CREATE EXTENSION first. If it is in "
        "another schema, qualify its name or add the schema to search_path.",
    ),
    Advice("2BP01", "", "Other objects depend on it",
           "Drop or change these objects first: the DETAIL line names them."),
    Advice(
        "55006",
        "pending trigger events",
        "A deferred constraint of the table has not been checked yet",
        "Run SET CONSTRAINTS ALL IMMEDIATE before this statement, or change the rows and the "
        "table in two migrations.",
    ),
    Advice("55006", "", "The object is in use", "Let the other session end, then try again."),
    Advice(
        "55P04",
        "",
        "A new enum label cannot be used in the transaction that adds it",
        "Each migration is a transaction: use the label in the next migration.",
    ),
    Advice(
        "25001",
        "",
        "The statement cannot run in a transaction, and every migration is a transaction",
        "Leave out CONCURRENTLY, or run the statement by hand and then `migrate --fake`.",
    ),
    Advice(
        "55P03",
        "",
        "Another session holds a lock",
        "Wait for that session, or find it in pg_locks and pg_stat_activity. Then try again.",
    ),
    Advice("40P01|40001", "", "Another session conflicts with this command",
           "The transaction was rolled back: run the command again."),
    Advice(
        "57014",
        "statement timeout",
        "The statement took longer than statement_timeout allows",
        "Raise statement_timeout for this user: ALTER ROLE {user} SET statement_timeout = 0",
    ),
    Advice("57014", "", "The statement was cancelled", "Run the command again."),
    Advice("53100|58030", "", "The server's disk is full or failing",
           "Free space on the server, or ask its administrator. Then try again."),
    Advice("53200", "", "The server is out of memory",
           "If the command touches many tables, raise max_locks_per_transaction."),
    Advice("53300", "", "The server has no free connection",
           "Close some connections, or connect through a pooler."),
    Advice("23505", "", "Rows have the same value where it must be unique",
           "Remove or merge the duplicates first: the DETAIL line shows one of them."),
    Advice("SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY|ROWID)", "",
           "Rows have the same value where it must be unique",
           "Remove or merge the duplicates of these columns first."),
    Advice(
        "23502|SQLITE_CONSTRAINT_NOTNULL",
        "",
        "Rows have no value in a column that is NOT NULL",
        'Fill the column first: migrator.fill("table", column=value), or give it a DEFAULT.',
    ),
    Advice("23503|SQLITE_CONSTRAINT_FOREIGNKEY", "", "Rows reference rows that do not exist",
           f"Add the missing parents, or remove the children. {ROWS}"),
    Advice("23514|23P01|SQLITE_CONSTRAINT_CHECK", "", "Rows do not satisfy a constraint", ROWS),
    Advice("23|SQLITE_CONSTRAINT", "", "Rows do not satisfy a constraint", ROWS),
    Advice(
        "42804",
        "cannot be cast automatically",
        "The server does not cast to this type automatically",
        'Write the cast: migrator.alter_type("table", "column", field, using="column::type").',
    ),
    Advice("22|42804|SQLITE_MISMATCH|SQLITE_TOOBIG", "", "The database refused a value", ROWS),
    Advice("58P01|0A000", "extension", "The server has no such extension",
           "Install its package on the server first, or let the provider enable it."),
    Advice("42601|42P02", "", "The statement is not valid SQL",
           "Check the SQL: the LINE shows where."),
    Advice("SQLITE_ERROR", "syntax error", "The statement is not valid SQL",
           "Check the SQL, and check that SQLite supports its syntax."),
    Advice(
        "SQLITE_READONLY",
        "",
        "The SQLite file is not writable",
        "Check the permissions and the owner of the file and of its directory.",
    ),
    Advice("SQLITE_FULL", "", "The disk is full", "Free space. The transaction was rolled back."),
]  # fmt: skip


def advice(code: str, text: str, user: str | None) -> tuple[str, str] | None:
    """Return (message, hint) for an error with this code and text, or None if no entry fits."""
    for entry in ADVICE:
        match = re.search(entry.pattern, text) if re.match(entry.code, code) else None
        if match:
            names = {name: sql_name(value) for name, value in match.groupdict().items()}
            role, hint = sql_name(user) if user else "the role", entry.hint
            return entry.message, hint.format(user=role, **names) if "{" in hint else hint
    return None


def sql_name(name: str) -> str:
    """Return a name as SQL, quoted if needed. Servers print names in errors without quotes."""
    return name if re.fullmatch(r'[a-z_][a-z0-9_]*|".*"', name) else quoted(name)
