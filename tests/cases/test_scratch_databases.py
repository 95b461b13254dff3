"""Where scratch databases may be, and what killed runs leave of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from dbkit.errors import ConfigError, DbkitError
from dbkit.scratch_database import NoScratch, scratch_database, server_of
from tests.conftest import opened
from tests.servers import Server

LEFT = "SELECT datname FROM pg_database WHERE datname LIKE 'dbkit_scratch%%' ORDER BY 1"
MODELS = """\
import peewee as pw
class Thing(pw.Model):
    name = pw.CharField()
"""


def names(server: Server) -> list[str]:
    with opened(server.url()) as database:
        return [name for (name,) in database.execute_sql(LEFT).fetchall()]


def test_what_killed_runs_left_is_removed(server: Server) -> None:
    hour_ago, now = (f"{int(time.time()) - age:x}" for age in (3600, 0))
    left, used, young, others, unlike = (
        f"dbkit_scratch_{hour_ago}_{'a' * 12}",
        f"dbkit_scratch_{hour_ago}_{'b' * 12}",
        f"dbkit_scratch_{now}_{'c' * 12}",
        f"dbkit_scratch_{hour_ago}_{'d' * 12}",
        "dbkit_scratch_of_mine",
    )
    kept = [used, young, others, unlike]
    for name in (left, *kept):
        server.execute(f"CREATE DATABASE {name}")
    server.execute("CREATE ROLE one_who_creates LOGIN CREATEDB")
    server.execute(f"ALTER DATABASE {left} OWNER TO one_who_creates")
    try:
        with opened(server.url(used)), opened(server.url(user="one_who_creates")) as live:
            with scratch_database(live):
                assert set(names(server)) > {*kept}
            assert names(server) == sorted(kept)
    finally:
        for name in names(server):
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.execute("DROP ROLE one_who_creates")


def no_server(*_: Any) -> Any:
    raise DbkitError("There is no embedded server.")


def test_none_is_made_on_a_production_server(
    server: Server, monkeypatch: pytest.MonkeyPatch, dbkit: Callable[..., Result]
) -> None:
    """`verify` says that it could not determine the causes."""
    name = server.create_database()
    monkeypatch.setenv("DATABASE_URL", server.url(name))
    monkeypatch.setenv("DBKIT_MODELS", "things_of_production")
    monkeypatch.syspath_prepend(Path.cwd())
    Path("things_of_production.py").write_text(MODELS)
    assert dbkit("create", "first").exit_code == 0
    assert dbkit("migrate").exit_code == 0
    server.execute("ALTER TABLE thing ADD more int", name)
    monkeypatch.setattr("dbkit.scratch_database.EMBEDDED", ("an embedded server", no_server))
    monkeypatch.setenv("DBKIT_ENV", "production")
    result = dbkit("verify")
    said = "only if the settings have `scratch = live`" in result.output
    assert (result.exit_code, said) == (1, True)
    Path("setup.cfg").write_text("[dbkit]\nscratch = live\n")
    result = dbkit("verify")
    assert (result.exit_code, "changed by hand" in result.output) == (1, True)


def test_a_plan_on_a_server_without_the_roles(
    server: Server, monkeypatch: pytest.MonkeyPatch, dbkit: Callable[..., Result]
) -> None:
    """The warning is one plain sentence, and there is none if nothing is pending."""
    name = server.create_database()
    with opened(server.url(name)) as live:
        if live.server_version < 180000:
            pytest.skip("the embedded server has another version")
    monkeypatch.setenv("DATABASE_URL", server.url(name))
    Path("migrations").mkdir()
    for number, statement in ((1, "CREATE TABLE t (id int)"), (2, "ALTER TABLE t ADD a int")):
        Path(f"migrations/00{number}_t.py").write_text(
            f"def migrate(migrator, database, **_):\n    migrator.sql('{statement}')\n"
        )
    assert dbkit("migrate", "--to", "1").exit_code == 0
    server.execute("CREATE ROLE dbkit_deploy; ALTER TABLE t OWNER TO dbkit_deploy", name)
    monkeypatch.setenv("DBKIT_ENV", "production")
    pending = dbkit("migrate", "--plan").stderr
    monkeypatch.delenv("DBKIT_ENV")
    assert dbkit("migrate").exit_code == 0
    monkeypatch.setenv("DBKIT_ENV", "production")
    done = dbkit("migrate", "--plan")
    server.execute("DROP OWNED BY dbkit_deploy; DROP ROLE dbkit_deploy", name)
    (warning,) = [one for one in pending.splitlines() if one.startswith("warning: ")]
    assert 'lacks what the database server has (role "dbkit_deploy" does not exist)' in warning
    assert (done.exit_code, "warning" in done.stderr) == (0, False), done.output


def test_the_embedded_server_serves_in_production(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But only if its major version is that of the live server."""
    monkeypatch.setenv("DBKIT_ENV", "production")
    with opened(server.url()) as live:
        if live.server_version >= 180000:
            with scratch_database(live) as database:
                assert server_of(database).place == "an embedded server"
        else:
            with pytest.raises(NoScratch, match="DBKIT_SCRATCH_URL"), scratch_database(live):
                pass
    monkeypatch.setenv("DBKIT_SCRATCH", "somewhere")
    with opened(server.url()) as live:
        with pytest.raises(ConfigError, match="somewhere"), scratch_database(live):
            pass
