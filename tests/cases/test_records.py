"""dbkit knows what ran: a record of each applied file, beside the history of peewee-migrate."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import peewee as pw
import peewee_migrate
import pytest
from click.testing import Result

import dbkit as library
from dbkit import DbkitError, migrate, rollback, status, verify
from dbkit.migration import Repair, Router, merge, reset
from dbkit.schema.peewee_models import OWN_TABLES
from tests.conftest import opened
from tests.servers import Server

from .test_history import files, names
from .test_migration import MODEL, tables, write

Run = Callable[..., Result]
RECORDS = OWN_TABLES[1]


def recorded(database: pw.Database) -> list[str]:
    rows = database.execute_sql(f"SELECT name FROM {RECORDS} ORDER BY name").fetchall()
    return [name for (name,) in rows]


def edit(
    directory: Path, name: str, old: str = "TextField()", new: str = "TextField(null=True)"
) -> None:
    path = directory / f"{name}.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def edited(database: pw.Database, directory: Path) -> tuple[str, ...]:
    return status(database, directory).edited


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return files(tmp_path / "m", 1, 2)


def plain(database: pw.Database, directory: Path) -> peewee_migrate.Router:
    return peewee_migrate.Router(database, directory)


def test_what_is_recorded(database: pw.Database, directory: Path) -> None:
    migrate(database, directory, "001_m1")
    migrate(database, directory, fake=True)
    one, two = status(database, directory).records.values()
    now = datetime.now(UTC).replace(tzinfo=None)
    assert now - timedelta(seconds=30) < datetime.fromisoformat(one.migrated_at) <= now
    role = "postgres" if isinstance(database, pw.PostgresqlDatabase) else None
    assert (one.role, one.host, one.version) == (role, socket.gethostname(), library.__version__)
    assert one.seconds is not None
    assert 0 < one.seconds < 10
    assert two.seconds is None  # it was not run
    assert (two.host, two.checksum == one.checksum) == (one.host, False)


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_an_edited_or_missing_file_stops_what_would_build_on_it(
    url: str, database: pw.Database, directory: Path, dbkit: Run, change: str
) -> None:
    migrate(database, directory)
    files(directory, 3)
    what = "was edited after it was applied" if change == "edit" else "its file is gone"
    if change == "edit":
        edit(directory, "001_m1")
    else:
        (directory / "001_m1.py").unlink()
    Path("models_of_records.py").write_text(APP)
    where = ("--database", url, "--migrations", str(directory))
    for command in ("status", "migrate", "rollback", "verify", "up"):
        more = ("--models", "models_of_records") if command in ("verify", "up") else ()
        result = dbkit(command, *where, *more)
        assert (result.exit_code, what in result.output) == (2, True), result.output
        assert "by hand" not in result.output
        assert (
            "by hand"
            not in dbkit(
                "verify", *where, "--models", "models_of_records", "--format", "json"
            ).output
        )
    assert names(database) == ["001_m1", "002_m2"]
    result = dbkit("migrate", *where, "--allow-edited")
    assert (result.exit_code, "003_m3" in result.output) == (0, True), result.output
    for command in ("status", "verify --models models_of_records"):
        result = dbkit(*command.split(), *where, "--allow-edited")
        assert (result.exit_code, "by hand" in result.output) == (0, False), result.output
    result = dbkit("rollback", "--allow-edited", *where)
    assert (result.exit_code, names(database)) == (0, ["001_m1", "002_m2"]), result.output


APP = "import peewee as pw\n" + "".join(
    f"class t{n}(pw.Model):\n    label = pw.TextField()\n"
    f"    class Meta:\n        table_name = 't{n}'\n"
    for n in (1, 2)
)


@pytest.mark.parametrize("how", ["DBKIT_ALLOW_EDITED", "setup.cfg"])
def test_the_settings_that_replace_the_option(
    url: str, database: pw.Database, directory: Path, dbkit: Run, how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    migrate(database, directory, "001_m1")
    edit(directory, "001_m1")
    where = ("--database", url, "--migrations", str(directory))
    for value, code in (("no", 2), ("maybe", 2), ("yes", 0)):
        if how == "setup.cfg":
            Path("setup.cfg").write_text(f"[dbkit]\nallow_edited = {value}\n")
        else:
            monkeypatch.setenv(how, value)
        result = dbkit("migrate", *where)
        assert result.exit_code == code, result.output
        assert ("allow_edited" in result.output) == (value == "maybe")


def test_a_formatted_file_is_the_same_file(database: pw.Database, directory: Path) -> None:
    migrate(database, directory)
    edit(directory, "001_m1", "\nimport peewee", "# formatted\r\n\r\nimport peewee")
    edit(directory, "001_m1", '"t1"', "('t1')")
    assert edited(database, directory) == ()
    assert migrate(database, directory) == []


def test_verify_blames_the_edit_and_nothing_else(database: pw.Database, directory: Path) -> None:
    class T1(pw.Model):
        label = pw.TextField(null=True)

        class Meta:
            table_name = "t1"

    migrate(database, directory)
    edit(directory, "001_m1")
    report = verify(database, [T1], directory)
    assert "cause: an applied migration was edited" in str(report)
    assert report.causes == (("edited",),)
    assert "001_m1" in report.to_github()
    allowed = verify(database, [T1], directory, allow_edited=True)
    assert (allowed.history, allowed.causes) == ((), (("edited",),))
    assert "001_m1" in str(allowed)


def test_plain_peewee_migrate_goes_on_with_the_history(
    database: pw.Database, directory: Path
) -> None:
    """A file that it applied has no record until the next migrate."""
    migrate(database, directory, "001_m1")
    assert plain(database, directory).run() == ["002_m2"]
    assert plain(database, directory).done == ["001_m1", "002_m2"]
    edit(directory, "002_m2")
    assert edited(database, directory) == ()
    edit(directory, "002_m2", "(null=True)", "()")
    assert (migrate(database, directory), recorded(database)) == ([], ["001_m1", "002_m2"])
    edit(directory, "002_m2")
    assert edited(database, directory) == ("002_m2",)
    plain(database, directory).rollback()
    assert (edited(database, directory), status(database, directory).pending) == ((), ("002_m2",))
    plain(database, directory).run()
    assert edited(database, directory) == ()  # the record is that of the earlier run
    assert rollback(database, directory) == ["002_m2"]
    assert (names(database), recorded(database)) == (["001_m1"], ["001_m1"])


def test_a_history_of_an_earlier_version_is_adopted(database: pw.Database, directory: Path) -> None:
    plain(database, directory).run("001_m1")
    edit(directory, "001_m1")
    before = {*database.get_tables()}
    assert status(database, directory).applied == ("001_m1",)
    assert verify(database, [make("t2")], directory)
    assert {*database.get_tables()} == before  # a read wrote nothing
    assert migrate(database, directory) == ["002_m2"]
    found = status(database, directory)
    assert (found.edited, [*found.records]) == ((), ["001_m1", "002_m2"])
    assert found.records["001_m1"].version is None


def make(name: str) -> type[pw.Model]:
    meta = type("Meta", (), {"table_name": name})
    return type("Made", (pw.Model,), {"label": pw.TextField(), "Meta": meta})


def test_rollback_and_reset_forget_the_edited_file(database: pw.Database, directory: Path) -> None:
    migrate(database, directory)
    assert rollback(database, directory) == ["002_m2"]
    edit(directory, "002_m2")
    assert migrate(database, directory) == ["002_m2"]
    assert edited(database, directory) == ()
    edit(directory, "002_m2", "(null=True)", "()")
    assert reset(database, directory) == ["001_m1", "002_m2"]
    assert (edited(database, directory), recorded(database)) == ((), ["001_m1", "002_m2"])


def test_a_renamed_file_is_recognised(database: pw.Database, directory: Path) -> None:
    """It is not recognised if another file has the same content, or if it was edited too."""
    migrate(database, directory)
    moment = status(database, directory).records["002_m2"].migrated_at
    (directory / "002_m2.py").rename(directory / "003_other.py")
    write(directory, m002_new=MODEL.format(name="t3"))
    found = status(database, directory)
    assert (found.applied, found.gone, found.errors) == (("001_m1", "003_other"), (), ())
    assert (found.renamed, found.pending) == ({"002_m2": "003_other"}, ("002_new",))
    assert names(database) == ["001_m1", "002_m2"]
    assert migrate(database, directory, allow_out_of_order=True) == ["002_new"]
    assert names(database) == ["001_m1", "003_other", "002_new"]
    assert recorded(database) == ["001_m1", "002_new", "003_other"]
    assert status(database, directory).records["003_other"].migrated_at == moment
    assert rollback(database, directory, 2) == ["002_new", "003_other"]
    assert tables(database) == ["t1"]


def test_a_renamed_file_is_rolled_back_under_its_new_name(
    database: pw.Database, directory: Path
) -> None:
    migrate(database, directory)
    (directory / "002_m2.py").rename(directory / "003_m2.py")
    assert rollback(database, directory) == ["003_m2"]
    assert (names(database), recorded(database)) == (["001_m1"], ["001_m1"])


def test_any_name_of_a_file_is_recorded(database: pw.Database, tmp_path: Path) -> None:
    odd = ["001_50%s_'quoted'", '002_\u00e4 "b" %% \\', "003_select; --"]
    directory = write(tmp_path / "m")
    for number, name in enumerate(odd):
        (directory / f"{name}.py").write_text(MODEL.format(name=f"t{number}"))
    assert migrate(database, directory) == odd
    assert [*status(database, directory).records] == odd
    edit(directory, odd[1])
    assert edited(database, directory) == (odd[1],)
    mark(database, directory)
    (directory / f"{odd[0]}.py").rename(directory / "001_%(a)s.py")
    assert rollback(database, directory, 3) == [odd[2], odd[1], "001_%(a)s"]
    assert recorded(database) == []


def test_pw_migrate_knows_what_ran(url: str, directory: Path) -> None:
    (directory / "conf.py").write_text(
        "from dbkit.migration import pw_migrate\nDATABASE = pw_migrate.install()\n"
    )

    def pw_migrate(*words: str, **settings: str) -> tuple[int, str]:
        command = [str(Path(sys.executable).with_name("pw_migrate")), *words]
        environment = {**os.environ, "DATABASE_URL": url, **settings}
        command += ["--directory", str(directory)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert pw_migrate("migrate", "--name", "001_m1")[0] == 0
    edit(directory, "001_m1")
    for words in (["migrate"], ["rollback"], ["list"]):
        code, output = pw_migrate(*words)
        assert (code, "001_m1 was edited" in output) == (2, True), output
    assert pw_migrate("migrate", DBKIT_ALLOW_EDITED="1")[0] == 0
    with opened(url) as database:
        assert names(database) == recorded(database) == ["001_m1", "002_m2"]


@pytest.mark.parametrize("copies", [1, 2])
def test_a_renamed_file_with_copies_is_not_guessed(
    database: pw.Database, directory: Path, copies: int
) -> None:
    migrate(database, directory)
    path = (directory / "002_m2.py").rename(directory / "003_m2.py")
    edit(directory, "003_m2") if copies == 1 else write(directory, m004_m2=path.read_text())
    with pytest.raises(DbkitError, match=r"002_m2 is applied .* its file is gone"):
        migrate(database, directory)
    assert names(database) == ["001_m1", "002_m2"]


def test_a_renamed_file_is_recognised_when_nothing_is_pending(
    database: pw.Database, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    migrate(database, directory)
    (directory / "002_m2.py").rename(directory / "002_two.py")
    assert migrate(database, directory) == []
    assert "002_m2 was renamed to 002_two" in caplog.text
    assert (names(database), recorded(database)) == (["001_m1", "002_two"],) * 2


def test_a_squash_takes_the_records_of_the_files_that_it_replaces(
    database: pw.Database, directory: Path
) -> None:
    migrate(database, directory)
    edit(directory, "002_m2", "Field()", "Field() ")
    merge(database, directory, "all")
    edit(directory, "001_m1")
    assert edited(database, directory) == ("001_m1",)  # the merged file has what 001 said
    edit(directory, "001_m1", "(null=True)", "()")
    assert (migrate(database, directory), names(database)) == ([], ["003_all"])
    assert recorded(database) == ["003_all"]
    edit(directory, "003_all")
    assert edited(database, directory) == ("003_all",)


def test_init_records_its_baseline(url: str, dbkit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice: the table of the records is not part of what `init` adopts."""
    monkeypatch.syspath_prepend(Path.cwd())
    with opened(url) as database:
        database.execute_sql("CREATE TABLE thing (id integer PRIMARY KEY, name text)")
        assert dbkit("init", "--database", url, "--models", "adopted_of_records").exit_code == 0
        (record,) = status(database).records.values()
        assert (record.seconds, record.version) == (None, library.__version__)
        text = (
            Path("adopted_of_records.py").read_text()
            + Path("migrations/001_baseline.py").read_text()
        )
        assert "migratehistory" not in text
        result = dbkit("init", "--database", url, "--models", "adopted_of_records")
        assert (result.exit_code, "nothing to do" in result.output) == (0, True), result.output


def test_the_table_is_no_difference(url: str, dbkit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path.cwd())
    Path("app_of_records.py").write_text(APP)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DBKIT_MODELS", "app_of_records")
    for command in ("create first", "migrate", "verify --strict", "create --check",
                    "diff migrations live", "diff live models"):  # fmt: skip
        result = dbkit(*command.split())
        assert (result.exit_code, RECORDS in result.output) == (0, False), result.output


def test_a_table_of_that_name_with_other_columns_is_refused(
    database: pw.Database, directory: Path
) -> None:
    database.execute_sql(f"CREATE TABLE {RECORDS} (name text, checksum integer)")
    for action in (migrate, status, rollback):
        with pytest.raises(DbkitError, match=f"{RECORDS}, but the table of that name has no"):
            action(database, directory)
    assert tables(database) == []
    assert "could not be determined" in str(verify_nothing(database, directory))


def verify_nothing(database: pw.Database, directory: Path) -> object:
    model = make("t9")
    with database.bind_ctx([model]):
        model.create_table()
    return verify(database, [model], directory)


TRICKS = {  # mallory's object, and whether a superuser may read it
    "a table": (f"CREATE TABLE {RECORDS} (name text, migrated_at text, checksum text, text_checksum"
                " text, seconds real, role text, host text, version text)", True),
    "a view": (f"CREATE VIEW {RECORDS} AS SELECT '' AS name, '' AS migrated_at, '' AS checksum, ''"
               " AS text_checksum, 1.0 AS seconds, '' AS role, '' AS host, 'x' AS version", False),
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_a_strangers_table_is_refused(server: Server, directory: Path, trick: str) -> None:
    sql, may_read = TRICKS[trick]
    name = server.create_database()
    server.create_role("mallory")
    server.execute("GRANT CREATE ON SCHEMA public TO mallory", name)
    with opened(server.url(name, "mallory")) as database:
        database.execute_sql(sql)
    with opened(server.url(name)) as database:
        words = f'"public"."{RECORDS}" belongs to the role mallory'
        with pytest.raises(DbkitError, match=words):
            migrate(database, directory)
        if may_read:
            assert status(database, directory).pending == ("001_m1", "002_m2")
        else:
            with pytest.raises(DbkitError, match=words):
                status(database, directory)


def test_a_role_that_may_only_read_the_history(server: Server, directory: Path) -> None:
    """It cannot see the records, and it can adopt nothing. Both are no errors."""
    name = server.create_database()
    with opened(server.url(name)) as database:
        database.execute_sql("DROP ROLE IF EXISTS watcher; CREATE ROLE watcher LOGIN")
        plain(database, directory).run()
        database.execute_sql("GRANT SELECT ON migratehistory TO watcher")
        with opened(server.url(name, "watcher")) as other:
            assert migrate(other, directory) == []
        migrate(database, directory)
        assert recorded(database) == ["001_m1", "002_m2"]
        edit(directory, "001_m1")
        with opened(server.url(name, "watcher")) as other:
            assert status(other, directory).edited == ()
        database.execute_sql(f"GRANT SELECT ON {RECORDS} TO watcher")
        with opened(server.url(name, "watcher")) as other:
            assert status(other, directory).edited == ("001_m1",)
        database.execute_sql("DROP OWNED BY watcher; DROP ROLE watcher")


@pytest.mark.parametrize("kind", ["timestamp", "text", "varchar(40)", "timestamp with time zone"])
def test_the_records_fit_every_history(database: pw.Database, directory: Path, kind: str) -> None:
    """Another tool may have created the history table. How a session prints a time is no matter."""
    key = "serial" if isinstance(database, pw.PostgresqlDatabase) else "integer"
    database.execute_sql(f"CREATE TABLE migratehistory (id {key} PRIMARY KEY, name text,"
                         f" migrated_at {kind})")  # fmt: skip
    database.execute_sql("INSERT INTO migratehistory (name) VALUES ('001_m1')")
    assert migrate(database, directory) == ["002_m2"]
    edit(directory, "001_m1")
    edit(directory, "002_m2")
    if isinstance(database, pw.PostgresqlDatabase):
        database.execute_sql("SET DateStyle = 'SQL, DMY'")
    assert edited(database, directory) == ("001_m1", "002_m2")


def test_a_history_of_another_name_has_its_own_records(
    database: pw.Database, directory: Path
) -> None:
    migrate(database, directory)
    assert Router(database, directory, migrate_table="other").run("001_m1", fake=True) == ["001_m1"]
    assert [*Router(database, directory, migrate_table="other").standing().records] == ["001_m1"]
    assert recorded(database) == ["001_m1", "002_m2"]


def test_repair_accepts_edited_files(database: pw.Database, directory: Path) -> None:
    migrate(database, directory)
    edit(directory, "001_m1")
    edit(directory, "002_m2")
    before = status(database, directory).records["001_m1"]
    repair = Repair(database, directory, ["1"])
    assert [step.name for step in repair.changes()] == ["001_m1"]
    repair.run(repair.changes())
    found = status(database, directory)
    assert (found.edited, found.records["001_m1"].seconds) == (("002_m2",), before.seconds)
    with pytest.raises(DbkitError, match="001_m1 was not edited"):
        Repair(database, directory, ["001_m1"]).changes()
    repair = Repair(database, directory)
    repair.run(repair.changes())
    assert edited(database, directory) == ()
    assert Repair(database, directory).changes() == []
    assert migrate(database, directory) == []


def test_repair_marks_a_file_as_applied_or_not(database: pw.Database, directory: Path) -> None:
    """A file that is gone can be taken out of the history."""
    migrate(database, directory, "001_m1")
    mark(database, directory, applied="002")
    found = status(database, directory)
    assert (found.pending, found.records["002_m2"].seconds) == ((), None)
    assert tables(database) == ["t1"]
    with pytest.raises(DbkitError, match="002_m2 is applied already"):
        Repair(database, directory, applied="2").changes()
    mark(database, directory, pending="002_m2")
    assert status(database, directory).pending == ("002_m2",)
    assert recorded(database) == ["001_m1"]
    with pytest.raises(DbkitError, match="no migration 2 in the history"):
        Repair(database, directory, pending="2").changes()
    (directory / "001_m1.py").unlink()
    with pytest.raises(DbkitError, match="repair --pending NAME"):
        Repair(database, directory).changes()
    mark(database, directory, pending="001_m1")
    assert (names(database), recorded(database)) == ([], [])
    assert migrate(database, directory) == ["002_m2"]


def mark(database: pw.Database, directory: Path, **marks: str) -> None:
    repair = Repair(database, directory, **marks)  # type: ignore[arg-type]
    repair.run(repair.changes())


def test_repair_stops_if_another_run_came_between(database: pw.Database, directory: Path) -> None:
    migrate(database, directory)
    edit(directory, "001_m1")
    edit(directory, "002_m2")
    repair = Repair(database, directory)
    steps = repair.changes()
    rollback(database, directory, allow_edited=True)
    with pytest.raises(DbkitError, match="Another run changed the history meanwhile"):
        repair.run(steps)
    assert edited(database, directory) == ("001_m1",)


def test_repair_asks_first(
    url: str, database: pw.Database, directory: Path, dbkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--database", url, "--migrations", str(directory))
    migrate(database, directory)
    nothing = dbkit("repair", *where)
    assert (nothing.exit_code, "nothing to do" in nothing.output) == (0, True), nothing.output
    edit(directory, "001_m1")
    alone = dbkit("repair", *where, input="y\n")
    assert (alone.exit_code, "Use --yes" in alone.output) == (2, True), alone.output
    monkeypatch.setattr("dbkit.prompts.is_terminal", lambda: True)
    for answer, code in (("n\n", 2), ("", 2), ("y\n", 0)):
        assert edited(database, directory) == ("001_m1",)
        result = dbkit("repair", *where, input=answer)
        assert (result.exit_code, "001_m1 is accepted" in result.output) == (code, True)
    assert edited(database, directory) == ()
    assert dbkit("repair", *where, "--yes", "--pending", "002").exit_code == 0
    assert status(database, directory).pending == ("002_m2",)
    assert dbkit("repair", *where, "--yes", "1", "--pending", "002").exit_code == 2


def test_status_shows_the_records(
    url: str, database: pw.Database, directory: Path, dbkit: Run
) -> None:
    plain(database, directory).run("001_m1")
    where = ("--database", url, "--migrations", str(directory))
    assert "[x] 001_m1  not recorded\n[ ] 002_m2" in dbkit("status", "--log", *where).output
    migrate(database, directory)
    edit(directory, "002_m2")
    lines = dbkit("status", "--log", *where).output.splitlines()
    assert re.fullmatch(r"\[x\] 001_m1  \d{4}-\d\d-\d\d [\d:]{8}  not applied by dbkit", lines[1])
    assert re.fullmatch(r"\[x\] 002_m2  \d{4}-\d\d-\d\d [\d:]{8} +\d\.\d\d s  (postgres@)?"
                        + re.escape(f"{socket.gethostname()}  dbkit {library.__version__} ")
                        + r"\(its file was edited\)", lines[2])  # fmt: skip
    result = dbkit("status", "--format", "json", *where)
    found = json.loads(result.stdout)
    assert (result.exit_code, found["version"], found["pending"]) == (2, 1, [])
    assert [(one["name"], one["file"]) for one in found["applied"]] == [
        ("001_m1", "present"), ("002_m2", "edited")]  # fmt: skip
    first, second = (one["record"] for one in found["applied"])
    assert (first["role"], second["host"]) == (None, socket.gethostname())
    assert len(first["checksum"]) == 64
    assert "002_m2 was edited" in found["errors"][0]


def test_the_records_cost_no_round_trip(
    server: Server, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A database is far away. A row of the history and its record are one message, as are both
    tables when they are read."""
    with opened(server.url(server.create_database())) as database:
        migrate(database, directory, "001_m1")
        caplog.set_level("DEBUG", "peewee")
        migrate(database, directory)
        assert sum("INSERT" in message for message in caplog.messages) == 1
        caplog.clear()
        status(database, directory)
        assert len(caplog.messages) == 2
