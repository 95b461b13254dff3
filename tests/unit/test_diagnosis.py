"""What a driver's failure means, from its words and its code."""

from __future__ import annotations

import peewee as pw
import pytest

from dbkit.diagnosis import RULES, explain, sqlstate
from dbkit.errors import DatabaseFailed, DatabaseUnreachable

CLOSED = pw.PostgresqlDatabase("n", password="s3cret")  # noqa: S106
WORDS = [
    ('could not translate host name "db.x.supabase.co"', "provider project paused"),
    ('could not translate host name "h"', "host not found"),
    ("Connection refused", "refused"),
    ("connection timeout expired", "timed out"),
    ("fe_sendauth: no password supplied", "no password"),
    ('password authentication failed for user "u"', "wrong password"),
    ("server does not support SSL, but SSL was required", "TLS failed"),
    ("connection is insecure (try using `sslmode=require`)", "TLS required"),
    ('no pg_hba.conf entry for host "h", no encryption', "not admitted"),
    ('database "n" does not exist', "database missing"),
    ('role "u" does not exist', "no such user"),
    ('permission denied for database "n"', "no privilege"),
    ("Max connections exceeded", "too many connections"),
    ("sorry, too many clients already", "too many connections"),
    ("the database system is starting up", "not ready"),
    ("server closed the connection unexpectedly", "connection lost"),
    ("unable to open database file", "cannot open"),
    ("file is not a database", "not a database"),
    ("database is locked", "locked"),
]


@pytest.mark.parametrize(("text", "cause"), WORDS)
def test_the_cause_of_a_failed_connection(text: str, cause: str) -> None:
    found = explain(pw.OperationalError(text), CLOSED, "postgresql://h/n")
    assert isinstance(found, DatabaseUnreachable)
    assert found.cause == cause
    assert "postgresql://h/n" in str(found)
    assert found.hint


def test_every_rule_is_tried() -> None:
    assert {cause for _, cause in WORDS} == {rule.cause for rule in RULES}


def test_a_rejected_address_needs_tls_only_where_tls_was_off() -> None:
    database = pw.PostgresqlDatabase("n", sslmode="disable")
    error = pw.OperationalError('no pg_hba.conf entry for host "h", no encryption')
    found = explain(error, database)
    assert isinstance(found, DatabaseUnreachable)
    assert found.cause == "TLS required"


def test_a_password_is_not_repeated() -> None:
    for text in ('password authentication failed "s3cret"', "something s3cret"):
        assert "s3cret" not in str(explain(pw.OperationalError(text), CLOSED))


class Coded(Exception):
    pgcode = "42P01"


def test_once_connected_the_code_decides_and_not_the_text() -> None:
    error = pw.ProgrammingError("Connection refused")
    error.__cause__ = Coded()
    found = explain(error, CLOSED)
    assert isinstance(found, DatabaseFailed)
    assert "A table is missing" in str(found)


def test_the_code_of_an_error_is_looked_for_in_its_causes() -> None:
    outer, inner = ValueError(), Coded()
    outer.__context__ = inner
    assert sqlstate(outer) == "42P01"
    again = ValueError()
    again.__context__ = error = KeyError()
    error.__context__ = again  # an error that is raised again may be its own context
    assert sqlstate(again) is None
    assert sqlstate(ValueError()) is None
    assert sqlstate(None) is None
