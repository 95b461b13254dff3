"""Settings of a server, a database or a role that change how SQL is read or printed."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
from playhouse import postgres_ext as pg

from dbkit import create, migrate, rollback, verify
from dbkit.connection import parse
from dbkit.discovery import Found
from dbkit.fields import ColumnField
from dbkit.verification.sources import Sources
from tests.conftest import opened
from tests.servers import Server

SETTINGS = (
    "quote_all_identifiers = on",
    "DateStyle = 'SQL, DMY'",
    "DateStyle = 'German'",
    "IntervalStyle = 'iso_8601'",
    "bytea_output = 'escape'",
    "extra_float_digits = -15",
    "standard_conforming_strings = off",
    "backslash_quote = off",
    "TimeZone = 'Asia/Kolkata'",
    "lc_messages = 'C'",
    "xmloption = 'document'",
    "default_transaction_read_only = on",
    "default_transaction_isolation = 'serializable'",
    "row_security = off",
    "transform_null_equals = on",
    "check_function_bodies = off",
    "session_replication_role = 'replica'",
    "client_encoding = 'LATIN1'",
    "cursor_tuple_fraction = 0.001",
    "search_path = public, pg_catalog, pg_temp",
)


def default(sql: str) -> list[pw.SQL]:
    return [pw.SQL(f"DEFAULT {sql}")]


class Every(pw.Model):
    """A column for each spelling that a setting changes."""

    day = pw.DateField(constraints=default("'2024-02-01'"))
    moment = ColumnField("timestamptz", constraints=default("'2024-02-01 10:00:00+00'"))
    long = pg.IntervalField(constraints=default("'1 day 02:03:04'"))
    raw = pw.BlobField(constraints=default(r"E'\\x00ff'::bytea"))
    number = pw.DoubleField(constraints=default("0.1::double precision"))
    back = pw.TextField(constraints=default(r"E'a\\b'"))
    words = pg.ArrayField(pw.TextField, constraints=default("'{a,b}'"))
    order = pw.IntegerField(constraints=[pw.Check('"order" IN (1, 2)')])
    name = pw.CharField(constraints=[pw.Check("name IS DISTINCT FROM NULL")])

    class Meta:
        indexes = (pw.SQL("CREATE INDEX every_x ON every (lower(name)) WHERE day > '2024-02-01'"),)


def test_a_setting_makes_no_difference(server: Server) -> None:
    """One by one in a session, and all of them at once on the database."""
    usual, other = server.create_database(), server.create_database()
    with opened(server.url(usual)) as database:
        create(database, [Every])
        migrate(database)
        for setting in SETTINGS:
            database.execute_sql(f"SET {setting}")
            report = verify(database, [Every], "migrations")
            assert not report, (setting, report)
            database.execute_sql("RESET ALL")
    for setting in SETTINGS:
        if "read_only" not in setting:
            server.execute(f"ALTER DATABASE {other} SET {setting}")
    with opened(server.url(other)) as database:
        migrate(database)
        assert create(database, [Every]) is None
    server.execute(f"ALTER DATABASE {other} SET default_transaction_read_only = on")
    sources = Sources(parse(server.url(other)), Path("migrations"), lambda: Found([Every]))
    for left, right in (("live", server.url(usual)), (server.url(usual), "live"),
                        ("migrations", "live"), ("live", "models")):  # fmt: skip
        report = sources.diff(left, right)
        assert not report, report
    with opened(server.url(other)) as database:
        database.execute_sql("SET default_transaction_read_only TO off")
        database.execute_sql("ALTER TABLE every ADD x integer")
        report = verify(database, [Every], "migrations")
        assert len(report.changes) == 1
        assert "the database was changed by hand" in str(report)
        rollback(database)
