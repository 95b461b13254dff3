"""Foreign keys to tables that no listed model makes; what `ignore` and `managed` leave alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import migrate, rollback, verify
from dbkit.migration import create, merge
from dbkit.migration.goal import whole
from dbkit.schema.diff import diff
from tests.pairs.pair import table

OWNER = (
    "CREATE TABLE owner (id integer PRIMARY KEY, email varchar(255) NOT NULL)",
    "CREATE UNIQUE INDEX owner_email ON owner (email)",
)


def by_hand(database: pw.Database) -> None:
    for sql in OWNER:
        database.execute_sql(sql)


def owner(**meta: Any) -> Any:
    key = pw.IntegerField(primary_key=True)
    return table("owner", meta, id=key, email=pw.CharField(unique=True))


def item(target: Any, **options: Any) -> Any:
    return table("item", n=pw.IntegerField(null=True), owner=pw.ForeignKeyField(target, **options))


def test_a_key_to_a_table_that_is_not_listed(
    database: pw.Database, tmp_path: Path, steps: Callable[..., Any]
) -> None:
    """Made with its table, removed with its column, added to a table; and back."""
    by_hand(database)
    database.execute_sql("INSERT INTO owner VALUES (1, 'a@b')")
    other = owner()
    empty = whole(database)
    first = steps([item(other)])
    assert 'table_name = "owner"' in first.text
    database.execute_sql("INSERT INTO item (n, owner_id) VALUES (1, 1)")
    with pytest.raises(pw.IntegrityError), database.atomic():
        database.execute_sql("INSERT INTO item (n, owner_id) VALUES (1, 7)")
    steps([table("item", n=pw.IntegerField(null=True))], no_rename=True)
    by_email = item(other, field="email", null=True, on_delete="CASCADE", column_name="mail")
    steps([by_email])
    database.execute_sql("UPDATE item SET mail = 'a@b'")
    keys = database.get_foreign_keys("item")
    assert [(key.column, key.dest_table, key.dest_column) for key in keys] == [
        ("mail", "owner", "email")
    ]
    assert create(database, [by_email], tmp_path / "m", write=False) is None
    database.execute_sql("DELETE FROM item")  # the column that comes back takes no NULL
    for _ in range(3):
        rollback(database, tmp_path / "m")
    assert diff(empty, whole(database)) == ()
    assert database.execute_sql("SELECT email FROM owner").fetchall() == [("a@b",)]


def test_a_key_to_a_table_that_a_migration_made_by_sql(
    database: pw.Database, tmp_path: Path, steps: Callable[..., Any]
) -> None:
    (tmp_path / "m").mkdir()
    body = "".join(f"    migrator.sql({sql!r})\n" for sql in OWNER)
    text = (
        f"def migrate(migrator, database, **_):\n{body}\n\ndef rollback(migrator, database, **_):\n"
    )
    (tmp_path / "m/001_owner.py").write_text(text + "    migrator.sql('DROP TABLE owner')\n")
    migrate(database, tmp_path / "m")
    before = whole(database)
    other = owner()
    models = [other, item(other)]
    made = steps(models)
    assert "migrator.sql" not in made.text
    assert verify(database, models, tmp_path / "m", strict=True).changes == ()
    rollback(database, tmp_path / "m")
    assert diff(before, whole(database)) == ()
    migrate(database, tmp_path / "m")
    merged = merge(database, tmp_path / "m")
    assert merged.name.endswith("_initial")


def test_a_merged_history_leaves_the_tables_of_others_out(
    database: pw.Database, tmp_path: Path, steps: Callable[..., Any]
) -> None:
    by_hand(database)
    steps([item(owner())])
    text = merge(database, tmp_path / "m").text
    assert "managed = False" in text
    assert text.count("create_model") == 1


@pytest.mark.postgres
def test_a_key_into_a_schema_of_others(
    database: pw.Database, tmp_path: Path, steps: Callable[..., Any]
) -> None:
    if isinstance(database, pw.SqliteDatabase):
        pytest.skip("SQLite has no foreign keys into another schema")
    database.execute_sql("CREATE SCHEMA auth; CREATE TABLE auth.users (id uuid PRIMARY KEY)")
    users = table("users", {"schema": "auth"}, id=pw.UUIDField(primary_key=True))
    profile = table("profile", user=pw.ForeignKeyField(users))
    for models, ignore in (
        ([profile], ()),
        ([users, profile], ("auth.*",)),
        ([users, profile], ("auth.users",)),
    ):
        made = create(database, models, tmp_path / str(len(ignore)), ignore=ignore)
        if made is not None:
            assert "create_schema" not in made.text
            assert made.text.count("create_model") == 1
    steps([profile])
    assert not verify(database, [users, profile], ignore=("auth.*",))


def test_a_model_that_is_not_managed(
    database: pw.Database, tmp_path: Path, steps: Callable[..., Any]
) -> None:
    by_hand(database)
    other = table("owner", {"managed": False}, email=pw.TextField(null=True), x=pw.TextField())
    models = [other, item(other)]
    made = steps(models)
    assert made.text.count("create_model") == 1
    report = verify(database, models, strict=True)
    assert "owner" in report.ignored
    assert create(database, models, tmp_path / "m", write=False) is None
    # a table that the migrations made and that is given away stays
    given = [
        other,
        table("item", {"managed": False}, n=pw.TextField()),
        table("t", a=pw.TextField()),
    ]
    assert "item" not in steps(given).text


def test_what_is_ignored_is_neither_made_nor_changed_nor_dropped(
    database: pw.Database, tmp_path: Path
) -> None:
    """A table and parts of a table, in a new table and in one that the history knows."""

    def step(models: list[Any], ignore: tuple[str, ...]) -> str:
        made = create(database, models, tmp_path / "m", ignore=ignore)
        assert made is not None
        migrate(database, tmp_path / "m")
        assert not verify(database, models, ignore=ignore)
        assert create(database, models, tmp_path / "m", ignore=ignore) is None
        return made.text

    every = {"old_a": pw.TextField(null=True), "old_b": pw.TextField(null=True)}
    check = {"constraints": [pw.Check("a <> ''", "old_check")]}
    step(
        [
            table("t", check, a=pw.TextField(), old_a=pw.TextField(null=True)),
            table("u", a=pw.TextField()),
        ],
        (),
    )
    pattern = ("t.old_*", "u", "w")
    changed = table("t", a=pw.TextField(), old_b=pw.TextField(), b=pw.TextField(null=True))
    changed.add_index(changed.b, name="old_index", where=changed.b != "")
    text = step([changed, table("w", a=pw.TextField())], pattern)
    assert "b=pw.TextField(null=True)" in text
    assert "old_" not in text
    assert '"u"' not in text
    assert '"w"' not in text
    fresh = table("v", a=pw.TextField(), **every)
    text = step([changed, fresh], (*pattern, "v.old_a"))
    assert "old_b" in text
    assert "old_a" not in text
