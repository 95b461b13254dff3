"""What somebody who tried to break `create` found, so that it stays mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import DbkitError, migrate, rollback, verify
from dbkit.fields import EnumField
from dbkit.migration import Undecided, create
from dbkit.migration.goal import whole
from dbkit.schema.diff import diff
from tests.conftest import POSTGRES
from tests.pairs.pair import default, table


def by_hand(directory: Path, body: str, number: int = 2) -> None:
    text = f"def migrate(migrator, database, **_):\n    {body}\n"
    (directory / f"{number:03}_by_hand.py").write_text(text, encoding="utf-8")


def there_and_back(database: pw.Database, directory: Path, before: Any) -> None:
    rollback(database, directory)
    assert diff(before, whole(database)) == ()
    migrate(database, directory)


def test_a_history_that_reads_rows_is_followed(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    steps([table("t", a=pw.TextField())])
    by_hand(tmp_path / "m", 'for row in migrator.orm["t"].select().tuples(): print(row)')
    migrate(database, tmp_path / "m")
    assert steps([table("t", a=pw.TextField(), b=pw.TextField(null=True))])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (pw.BooleanField, "no"),
        (pw.JSONField, "{not json"),
        (pw.IntegerField, "one"),
        (pw.FloatField, "nan"),
        (pw.BinaryUUIDField, "1"),
    ],
)
def test_a_fill_that_is_no_value_is_refused(
    steps: Any, tmp_path: Path, field: Any, value: str
) -> None:
    steps([table("t", a=pw.TextField())])
    with pytest.raises(DbkitError, match=r"is not (a valid value|JSON) for"):
        steps([table("t", a=pw.TextField(), b=field())], fill={"t.b": value})
    assert len(list((tmp_path / "m").glob("0*"))) == 1


def test_a_fill_of_json_is_json(database: pw.Database, steps: Any) -> None:
    steps([table("t", a=pw.TextField())])
    database.execute_sql("INSERT INTO t (a) VALUES ('x')")
    steps([table("t", a=pw.TextField(), b=pw.JSONField())], fill={"t.b": '{"k": [1]}'})
    (value,) = database.execute_sql("SELECT b FROM t").fetchone()
    assert (json.loads(value) if isinstance(value, str) else value) == {"k": [1]}


def test_an_address_is_filled(steps: Any) -> None:
    steps([table("t", a=pw.TextField())])
    assert steps([table("t", a=pw.TextField(), b=pw.IPField())], fill={"t.b": "127.0.0.1"})


def test_bytes_are_filled_as_they_are(database: pw.Database, steps: Any) -> None:
    steps([table("t", a=pw.TextField())])
    database.execute_sql("INSERT INTO t (a) VALUES ('x')")
    steps([table("t", a=pw.TextField(), b=pw.BlobField(default=b"ab"))])
    (value,) = database.execute_sql("SELECT b FROM t").fetchone()
    assert bytes(value) == b"ab"


def named(**fields: Any) -> list[Any]:
    user = table("users", code=pw.CharField(5, unique=True, column_name="short"))
    return [user, table("t", {"indexes": fields.pop("indexes", ())}, **{
        name: make(user) for name, make in fields.items()})]  # fmt: skip


def test_a_field_that_is_renamed_in_python_only(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    steps(named(user=pw.ForeignKeyField, slug=lambda _: pw.CharField(),
                indexes=((("user", "slug"), True),)))  # fmt: skip
    before = whole(database)
    steps(named(owner=lambda user: pw.ForeignKeyField(user, column_name="user_id"),
                slug=lambda _: pw.CharField(), more=lambda _: pw.IntegerField(null=True),
                indexes=((("owner", "slug"), True),)))  # fmt: skip
    there_and_back(database, tmp_path / "m", before)


def test_a_key_of_an_index_that_begins_like_a_statement(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    def models(*columns: str) -> list[Any]:
        model = table("t", created_at=pw.IntegerField(), altered=pw.IntegerField())
        for name in columns:
            model.add_index(pw.ModelIndex(model, [pw.SQL(f"{name} DESC")], name=f"by_{name}"))
        return [model]

    steps(models("created_at"))
    before = whole(database)
    assert 'add_index("t", pw.SQL("altered DESC")' in steps(models("created_at", "altered")).text
    there_and_back(database, tmp_path / "m", before)


@pytest.mark.parametrize("url", POSTGRES, indirect=True)
def test_a_statement_about_the_sequence_of_a_new_table(database: pw.Database, steps: Any) -> None:
    """As `init` writes it."""
    model = table("t")
    model.add_index(pw.SQL("ALTER SEQUENCE t_id_seq INCREMENT BY 5"))
    steps([model])
    rows = "INSERT INTO t DEFAULT VALUES RETURNING id"
    assert [database.execute_sql(rows).fetchone() for _ in range(2)] == [(1,), (6,)]


def test_a_field_takes_the_name_of_one_that_is_renamed(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    steps([table("t", a=pw.TextField(column_name="x", null=True))])
    database.execute_sql("INSERT INTO t (x) VALUES ('kept')")
    before = whole(database)
    steps([table("t", c=pw.TextField(column_name="x", null=True),
                 a=pw.TextField(column_name="z", null=True))])  # fmt: skip
    assert database.execute_sql("SELECT x, z FROM t").fetchone() == ("kept", None)
    there_and_back(database, tmp_path / "m", before)


def test_a_label_is_added_and_filled_at_once(database: pw.Database, steps: Any) -> None:
    steps([table("t", a=EnumField(("x", "y"), "mood", null=True))])
    database.execute_sql("INSERT INTO t (a) VALUES (NULL)")
    steps([table("t", a=EnumField(("x", "y", "new"), "mood"))], fill={"t.a": "new"})
    assert database.execute_sql("SELECT a FROM t").fetchone() == ("new",)


def test_a_column_that_raw_sql_made_already(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    steps([table("t", a=pw.TextField())])
    by_hand(tmp_path / "m", 'migrator.sql("ALTER TABLE t ADD COLUMN b INTEGER")')
    migrate(database, tmp_path / "m")
    before = whole(database)
    steps([table("t", a=pw.TextField(), b=pw.IntegerField(null=True, index=True))])
    there_and_back(database, tmp_path / "m", before)


def test_a_table_that_raw_sql_made_already(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    steps([table("t", a=pw.TextField())])
    by_hand(tmp_path / "m", 'migrator.sql("CREATE TABLE u (id INTEGER PRIMARY KEY)")')
    migrate(database, tmp_path / "m")
    key = {"id": pw.IntegerField(primary_key=True)}
    before = whole(database)
    steps([table("t", a=pw.TextField()), table("u", **key, b=pw.IntegerField(null=True))])
    there_and_back(database, tmp_path / "m", before)


def test_a_file_of_peewee_migrate_drops_an_index_twice(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    steps([table("t", a=pw.CharField(index=True))])
    (tmp_path / "m" / "002_old.py").write_text(
        "import peewee as pw\ndef migrate(migrator, database, **_):\n"
        "    migrator.change_fields('t', a=pw.CharField())\n    migrator.drop_index('t', 'a')\n"
    )
    migrate(database, tmp_path / "m")
    assert not verify(database, [table("t", a=pw.CharField())])


def test_a_field_that_is_not_known_is_named(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    steps([table("t", a=pw.CharField())])
    by_hand(tmp_path / "m", 'migrator.remove_fields("t", "nope")')
    with pytest.raises(DbkitError, match="Table t has no field nope"):
        migrate(database, tmp_path / "m")


@pytest.mark.sqlite
def test_a_trigger_that_would_break_is_refused(tmp_path: Path) -> None:
    database = pw.SqliteDatabase(":memory:")
    directory = tmp_path / "m"
    create(database, [table("t", a=pw.TextField(), b=pw.TextField(null=True))], directory)
    by_hand(directory, 'migrator.sql("CREATE TRIGGER g AFTER UPDATE ON t BEGIN '
                       'UPDATE t SET a = new.b; END")')  # fmt: skip
    with pytest.raises(DbkitError, match="a trigger of t would no longer work"):
        create(database, [table("t", a=pw.TextField())], directory)
    assert len(list(directory.iterdir())) == 2


@pytest.mark.parametrize("url", POSTGRES, indirect=True)
def test_a_table_moves_to_another_schema_with_its_rows(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    steps([table("t", a=pw.TextField())])
    database.execute_sql("INSERT INTO t (a) VALUES ('kept')")
    before = whole(database)
    moved = [table("t", {"schema": "s1"}, a=pw.TextField())]
    with pytest.raises(Undecided, match=r"t may have become s1\.t"):
        steps(moved)
    steps(moved, rename={"t": "s1.t"})
    assert database.execute_sql("SELECT a FROM s1.t").fetchone() == ("kept",)
    there_and_back(database, tmp_path / "m", before)


@pytest.mark.parametrize("url", POSTGRES, indirect=True)
def test_tables_of_one_name_in_two_schemas(database: pw.Database, steps: Any) -> None:
    def both(name: str) -> list[Any]:
        other = table("t", {"schema": "s1"}, name=pw.TextField())
        return [table("t", **{name: pw.TextField()}), other]

    steps(both("name"))
    assert "rename_field" in steps(both("full"), rename={"t.name": "full"}).text


@pytest.mark.parametrize("url", POSTGRES, indirect=True)
def test_the_own_schema_may_be_named(steps: Any) -> None:
    steps([table("t", a=pw.TextField())])
    with_name = [table("t", {"schema": "public"}, a=pw.TextField())]
    assert steps(with_name) is None
    assert steps([table("t", {"schema": "public"}, a=pw.TextField(null=True))])


@pytest.mark.parametrize("url", POSTGRES, indirect=True)
def test_a_percent_sign_in_a_predicate(steps: Any) -> None:
    model = table("t", a=pw.CharField())
    model.add_index(model.a, where=model.a == "50%", name="half")
    assert steps([model])


@pytest.mark.parametrize("url", POSTGRES, indirect=True)
def test_a_list_of_texts_is_the_same_after_a_dump(database: pw.Database) -> None:
    model = table("t", {"constraints": [pw.Check("a IN ('x', 'y')", "one")]}, a=pw.CharField())
    with database.bind_ctx([model]):
        database.create_tables([model])
    (text,) = database.execute_sql(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'one'"
    ).fetchone()
    database.execute_sql("ALTER TABLE t DROP CONSTRAINT one")
    database.execute_sql(f"ALTER TABLE t ADD CONSTRAINT one {text}")
    assert not verify(database, [model])


@pytest.mark.parametrize(
    "field", [pw.IPField, pw.BigBitField, pw.BinaryUUIDField, pw.JSONField, pw.DateField]
)
def test_a_column_of_any_type_can_be_dropped(
    database: pw.Database, tmp_path: Path, steps: Any, field: Any
) -> None:
    steps([table("t", a=pw.TextField(), b=field())])
    before = whole(database)
    steps([table("t", a=pw.TextField())])
    there_and_back(database, tmp_path / "m", before)


def test_a_fill_that_the_check_refuses_is_a_hazard(steps: Any) -> None:
    steps([table("t", a=pw.IntegerField(null=True))])
    made = steps([table("t", {"constraints": [pw.Check("a > 0")]}, a=pw.IntegerField())],
                 fill={"t.a": "-1"})  # fmt: skip
    assert any("can fail on existing rows" in one for one in made.hazards)


def test_a_directory_that_cannot_be_written(database: pw.Database, tmp_path: Path) -> None:
    (tmp_path / "m").write_text("a file")
    with pytest.raises(DbkitError, match="m cannot be read: Not a directory"):
        create(database, [table("t", a=pw.TextField(**default("'x'")))], tmp_path / "m")


def test_an_index_stays_where_another_column_goes(database: pw.Database, steps: Any) -> None:
    def models(**more: Any) -> list[Any]:
        model = table("t", a=pw.TextField(null=True), **more)
        model.add_index(model.a, name="kept", unique=True)
        return [model]

    steps(models(b=pw.TextField(null=True), c=pw.TextField(null=True)))
    made = steps(models(c=pw.TextField(null=True)))
    assert "migrator.sql" not in made.text
    assert [index.name for index in database.get_indexes("t")][:1] == ["kept"]


@pytest.mark.sqlite
def test_a_trigger_written_in_another_case_stays(tmp_path: Path) -> None:
    database, directory = pw.SqliteDatabase(tmp_path / "a.db"), tmp_path / "m"
    with database.connection_context():
        create(database, [table("Album", n=pw.IntegerField(**default("1")))], directory, "one")
        by_hand(directory, 'migrator.sql("CREATE TRIGGER g AFTER INSERT ON ALBUM BEGIN '
                           'UPDATE album SET n = n + 1; END")')  # fmt: skip
        migrate(database, directory)
        for value in ("2", "3"):
            model = table("Album", n=pw.IntegerField(**default(value)))
            create(database, [model], directory, f"to_{value}")
            migrate(database, directory)
        sql = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        assert database.execute_sql(sql).fetchall() == [("g",)]


def test_a_label_and_a_child_change_together(database: pw.Database, steps: Any) -> None:
    def models(labels: tuple[str, ...], number: Any) -> list[Any]:
        order = table("orders", status=EnumField(labels, "s"))
        return [order, table("lines", parent=pw.ForeignKeyField(order), n=number)]

    steps(models(("a", "b"), pw.IntegerField()))
    assert steps(models(("a", "b", "c"), pw.DecimalField(8, 2)))


def test_another_table_of_the_same_class_takes_the_index_names(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    def models(name: str) -> list[Any]:
        fields = {"code": pw.CharField(index=True), "x": pw.IntegerField(unique=True)}
        meta = type("Meta", (), {"table_name": name})
        return [type("Thing", (pw.Model,), {"Meta": meta, **fields})]

    steps(models("a"))
    before = whole(database)
    steps(models("b"), no_rename=True)
    there_and_back(database, tmp_path / "m", before)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (pw.TextField, lambda: pw.CharField(50)),
        (pw.TextField, lambda: pw.TextField(unique=True)),
    ],
)
def test_what_rows_may_break_is_said(steps: Any, old: Any, new: Any) -> None:
    steps([table("t", a=old())])
    assert steps([table("t", a=new())]).hazards


@pytest.mark.parametrize(
    "check",
    [
        "a < b",
        "a > b",
        "a >= 2001",
        "a BETWEEN 2000 AND 2001 AND b > 7",
        "a = 123456",
        "a <= -5",
        "c < d",
        "d < c",
        "length(e) >= 5",
        "e IN ('x', 'y')",
        "e <> 'x' AND e <> ''",
        "a < b AND c < d AND length(e) > 3",
    ],
)
def test_a_check_that_rows_can_pass_gets_rows(steps: Any, check: str) -> None:
    columns = {"a": pw.IntegerField, "b": pw.IntegerField, "c": pw.DateTimeField,
               "d": pw.DateTimeField, "e": pw.TextField}  # fmt: skip
    rules = {"constraints": [pw.Check(check)]}
    steps([table("t", rules, **{name: field() for name, field in columns.items()})])
    more = {name: field() for name, field in columns.items()} | {"f": pw.TextField(null=True)}
    made = steps([table("t", rules, **more)])
    assert not made.hazards
    assert made.proof.endswith("with rows in 1 of 1 table")


def test_two_keys_that_a_check_keeps_apart_get_two_parents(steps: Any) -> None:
    item = table("item", a=pw.TextField())

    def related(**more: Any) -> Any:
        return table(
            "related",
            {"constraints": [pw.Check("item_id <> other_id")]},
            item=pw.ForeignKeyField(item, backref="+"),
            other=pw.ForeignKeyField(item, backref="+"),
            **more,
        )

    steps([item, related()])
    made = steps([item, related(b=pw.TextField(null=True))])
    assert not made.hazards
    assert made.proof.endswith("with rows in 2 of 2 tables")


def test_a_table_without_rows_in_the_proof_is_named(steps: Any) -> None:
    """No row that the proof knows passes the check; the other table has rows."""
    narrow = {"constraints": [pw.Check("a > 5 AND a < 3")]}
    steps([table("t", narrow, a=pw.IntegerField()), table("u", a=pw.IntegerField())])
    more = table("u", a=pw.IntegerField(), b=pw.TextField(null=True))
    made = steps([table("t", narrow, a=pw.IntegerField()), more])
    (warning,) = made.hazards
    assert warning.startswith("not proven with rows: table t accepted no test row: ")
    assert made.proof.endswith("up, down and up again, with rows in 1 of 2 tables")
