"""A scratch server of another major version than the database's is announced, or refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest
from click.testing import Result

from dbkit import create, verify
from dbkit.scratch_database import NoScratch, scratch_database, server_of
from tests.conftest import POSTGRES, opened
from tests.conftest import server_of as running
from tests.servers import BINARIES

from .test_migration import MODEL, write

Run = Callable[..., Result]
WORDS = "The scratch server is PostgreSQL {other}"


class T(pw.Model):
    label = pw.TextField()
    more = pw.IntegerField(null=True)

    class Meta:
        table_name = "t"


@pytest.fixture(params=POSTGRES)
def url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database, while DBKIT_SCRATCH_URL names a server of the other version."""
    server = running(request.param)
    (other,) = BINARIES.keys() - {request.param}
    monkeypatch.setenv("DBKIT_SCRATCH_URL", running(other).url())
    return server.url(server.create_database())


def other_version(url: str) -> str:
    with opened(url) as database:
        return "15" if database.server_version >= 160000 else "18"


def test_create_verify_and_diff_announce_it(url: str, tmp_path: Path, dbkit: Run) -> None:
    directory = write(tmp_path / "m", m001_t=MODEL.format(name="t"))
    words = WORDS.format(other=other_version(url))
    with opened(url) as database:
        made = create(database, [T], directory)
        assert made is not None
        assert any(words in one for one in made.hazards)
        report = verify(database, [T], directory)
        assert report.causes == (("pending",),)
        assert any(words in note for note in report.notes)
    result = dbkit("diff", "live", "migrations", "--database", url, "--migrations", str(directory))
    assert words in result.output


def test_it_does_not_judge(url: str) -> None:
    """What another version writes in other words would be a difference that is none."""
    with opened(url) as database:
        with pytest.raises(NoScratch, match="The scratch server is PostgreSQL"):
            with scratch_database(database, same_version=True):
                pass
    with opened(os.environ["DBKIT_SCRATCH_URL"]) as database:
        left = "SELECT datname FROM pg_database WHERE datname LIKE 'dbkit_scratch%%'"
        assert database.execute_sql(left).fetchall() == []


def test_a_database_that_cannot_be_reached_needs_none(url: str) -> None:
    with scratch_database(pw.PostgresqlDatabase("x", host="127.0.0.1", port=1)) as database:
        assert server_of(database).difference == ""
        assert str(server_of(database)).startswith("PostgreSQL 1")


def test_the_server_beside_is_of_the_same_version(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DBKIT_SCRATCH_URL")
    directory = write(tmp_path / "m", m001_t=MODEL.format(name="t"))
    with opened(url) as live, scratch_database(live, same_version=True) as database:
        found = server_of(database)
        (version,) = live.execute_sql("SHOW server_version").fetchone()
        assert (found.place, found.difference) == ("beside the database", "")
        assert found.version == found.live == f"PostgreSQL {version.split()[0]}"
        made = create(live, [T], directory)
        assert made is not None
        assert not any("scratch server" in one for one in made.hazards)


def test_sqlite_is_of_the_same_version() -> None:
    with opened("sqlite:///:memory:") as live, scratch_database(live) as database:
        assert server_of(database).difference == ""
        assert str(server_of(database)).endswith("(in memory)")
