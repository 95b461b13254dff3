"""A role that may do little still gets what it may see, and a sentence for the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import opened
from tests.servers import Server

MODELS = """\
import peewee as pw
class Thing(pw.Model):
    name = pw.CharField(constraints=[pw.SQL("DEFAULT 'a'")])
    size = pw.IntegerField(constraints=[pw.Check("size IN (1, 2)")])
"""
UNREADABLE = "The causes could not be determined"
# what the role may not do: SQL, (exit code, words) of verify on a clean and on a changed database
RIGHTS = {
    "read the history": ("SELECT 1", (0, ""), (1, UNREADABLE)),
    "create databases": (
        "GRANT SELECT ON migratehistory TO monitor", (0, ""), (1, "There is no scratch database")),
    "make temporary tables": (
        "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
        (2, "not verified: thing"), (2, "not verified: thing")),
    "use the schema": (
        "CREATE SCHEMA app; ALTER DATABASE {database} SET search_path = app, public",
        (2, "may not use the schema app"), (2, "may not use the schema app")),
    "use any schema": (
        "REVOKE USAGE ON SCHEMA public FROM PUBLIC",
        (2, "may not use the schema public"), (2, "may not use the schema public")),
    "write": (
        "ALTER ROLE monitor SET default_transaction_read_only = on; GRANT SELECT ON migratehistory"
        " TO monitor; ALTER ROLE monitor CREATEDB", (0, ""), (1, "changed by hand")),
}  # fmt: skip


@pytest.mark.parametrize("case", RIGHTS)
def test_what_a_role_may_not_do(
    case: str, server: Server, dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    sql, clean, changed = RIGHTS[case]
    name = server.create_database()
    monkeypatch.setenv("DATABASE_URL", server.url(name))
    monkeypatch.setenv("DBKIT_MODELS", "things_of_rights")
    monkeypatch.setattr("dbkit.scratch_database.EMBEDDED", ("an embedded server", _no_server))
    monkeypatch.syspath_prepend(Path.cwd())
    Path("things_of_rights.py").write_text(MODELS)
    assert dbkit("create", "first").exit_code == 0
    assert dbkit("migrate").exit_code == 0
    server.create_role("monitor")
    server.execute("ALTER ROLE monitor NOCREATEDB; ALTER ROLE monitor RESET ALL")
    for one in sql.replace("{database}", name).split("; "):
        server.execute(one, name)
    monkeypatch.setenv("DATABASE_URL", server.url(name, "monitor"))

    def check(word: str, code: int, words: str) -> None:
        result = dbkit(*word.split())
        assert (result.exit_code, words in result.output) == (code, True), result.output
        assert "unexpected" not in result.output

    check("verify", *clean)
    check("diff live models", *clean)
    server.execute("ALTER TABLE public.thing ADD x integer", name)
    check("verify", *changed)
    if case == "read the history":
        check("status", 2, "permission denied for table migratehistory")
        check("migrate", 2, "permission denied")
        server.execute("GRANT ALL ON public.migratehistory TO monitor", name)
        server.execute("GRANT CREATE ON SCHEMA public TO monitor", name)
        Path("migrations/002_x.py").write_text("def migrate(*_, **__): pass\n")
        check("migrate", 2, "permission denied for table dbkit_migratehistory")


@pytest.mark.sqlite
def test_a_directory_that_may_not_be_read(
    tmp_path: Path, dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused here as the system does it: the tests may run as root, whom no permission stops."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'a.db'}")
    monkeypatch.setenv("DBKIT_MODELS", "dbkit.models:MODELS")
    Path("locked/inside").mkdir(parents=True)
    with opened(f"sqlite:///{tmp_path / 'a.db'}") as database:
        database.execute_sql("CREATE TABLE users (id integer)")
    real = Path.iterdir, Path.is_dir

    def refusing(method: Callable[[Path], object]) -> Callable[[Path], object]:
        def refuse(path: Path) -> object:
            if "locked" in path.parts:
                raise PermissionError(13, "Permission denied")
            return method(path)

        return refuse

    monkeypatch.setattr(Path, "iterdir", refusing(real[0]))
    monkeypatch.setattr(Path, "is_dir", refusing(real[1]))
    verified = dbkit("verify", "--migrations", "locked/inside")
    assert (verified.exit_code, UNREADABLE in verified.output) == (1, True), verified.output
    for words in ("status --migrations locked", "migrate --migrations locked",
                  "seed --seeds locked/inside"):  # fmt: skip
        result = dbkit(*words.split())
        assert result.exit_code == 2, result.output
        assert "cannot be read: Permission denied" in result.output


def _no_server(*_: object) -> None:
    from dbkit.scratch_database import NoScratch

    raise NoScratch("There is no embedded server here.")


def test_a_role_that_may_not_read_still_gets_json(
    server: Server, dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a transaction of the application the refused query does not break it."""
    import dbkit as library
    from dbkit.models import MODELS as models

    name = server.create_database()
    server.execute(
        "CREATE TABLE migratehistory (id integer, name text, migrated_at timestamp)", name
    )
    Path("migrations").mkdir()
    server.create_role("monitor")
    with opened(server.url(name, "monitor")) as database, database.atomic():
        report = library.verify(database, models, "migrations")
        assert UNREADABLE in str(report)
        assert database.execute_sql("SELECT 1").fetchone() == (1,)
