"""--prune deletes the rows that an earlier run inserted and the files no longer have."""

from __future__ import annotations

import uuid
from pathlib import Path

import peewee as pw
import pytest

from dbkit import migrate, verify
from dbkit.errors import SeedError
from dbkit.fields import DateTimeTZField
from dbkit.migration import create, reset, rollback
from dbkit.schema.peewee_models import SEEDED_TABLE

from .running import Seeds, is_postgres, total


class Base(pw.Model):
    class Meta:
        legacy_table_names = False


class Kind(Base):
    code = pw.CharField(unique=True)
    label = pw.CharField(null=True)


class Thing(Base):
    name = pw.CharField(unique=True)
    kind = pw.ForeignKeyField(Kind, null=True, on_delete="CASCADE")


class Token(Base):
    key = pw.UUIDField(primary_key=True)


class Chunk(Base):
    hash = pw.BlobField(primary_key=True)


class Pair(Base):
    one = pw.CharField()
    other = pw.IntegerField()

    class Meta:
        primary_key = pw.CompositeKey("one", "other")


class Node(Base):
    name = pw.CharField(unique=True)
    parent = pw.ForeignKeyField("self", null=True)


class Firm(Base):
    name = pw.CharField(unique=True)
    owner = pw.DeferredForeignKey("Boss", null=True)


class Boss(Base):
    name = pw.CharField(unique=True)
    firm = pw.ForeignKeyField(Firm)


ALL = [Kind, Thing, Token, Chunk, Pair, Node, Firm, Boss]


@pytest.fixture
def seeds(database: pw.Database, tmp_path: Path) -> Seeds:
    found = Seeds(database, tmp_path, ALL)
    if is_postgres(database):
        Firm._schema.create_foreign_key(Firm.owner)
    return found


def kind(*codes: str) -> str:
    return "".join(f"[[kind]]\ncode = '{code}'\n" for code in codes) or "# nothing"


def test_exactly_the_seeded_rows_that_are_gone(seeds: Seeds) -> None:
    Kind.create(code="before")
    Kind.create(code="adopted", label="old")
    seeds.load(kind("a", "b", "c", "adopted") + "label = 'new'\n")
    Kind.create(code="application")
    assert seeds.load(kind("a"), prune=True).deleted == {"kind": 2}
    assert {one.code for one in Kind} == {"before", "adopted", "application", "a"}
    assert total(seeds.load(kind("b"), prune=True), "deleted") == 1
    assert total(seeds.load(kind("b"), prune=True), "deleted") == 0
    assert total(seeds.load(kind(), prune=True), "deleted") == 1
    assert {one.code for one in Kind} == {"before", "adopted", "application"}


def test_without_the_option_rows_stay_and_are_remembered(seeds: Seeds) -> None:
    seeds.load(kind("a", "b"))
    seeds.load(kind("a"))
    assert Kind.select().count() == 2
    assert seeds.load(kind("a"), prune=True).deleted == {"kind": 1}


def test_a_row_that_was_deleted_or_named_anew_by_hand(seeds: Seeds) -> None:
    seeds.load(kind("a", "b", "c"))
    Kind.delete().where(Kind.code == "a").execute()
    Kind.update(code="mine").where(Kind.code == "b").execute()
    assert seeds.load(kind(), prune=True).deleted == {"kind": 1}
    assert [one.code for one in Kind] == ["mine"]


def test_keys_of_all_types(seeds: Seeds) -> None:
    text = (
        f"[[token]]\nkey = '{uuid.UUID(int=1)}'\n[[token]]\nkey = '{uuid.UUID(int=2)}'\n"
        "[[chunk]]\nhash = '\\x00ff'\n[[chunk]]\nhash = '\\x'\n"
        "[[pair]]\none = 'ü \"x\" %s'\nother = 1\n[[pair]]\none = 'b'\nother = 2\n"
    )
    seeds.load(text)
    kept = [one for place, one in enumerate(text.split("[[")) if place in (2, 4, 6)]
    assert seeds.load("[[" + "[[".join(kept), prune=True).deleted == {
        "token": 1, "chunk": 1, "pair": 1}  # fmt: skip
    assert (Token.get().key, bytes(Chunk.get().hash), Pair.get().one) == (
        uuid.UUID(int=2),
        b"",
        "b",
    )
    assert total(seeds.load("# nothing", prune=True), "deleted") == 3


def test_trees_and_cycles(seeds: Seeds) -> None:
    text = (
        "[[node]]\nname = 'a'\n[[node]]\nname = 'b'\nparent = { name = 'a' }\n"
        "[[node]]\nname = 'c'\nparent = { name = 'b' }\n"
        "[[firm]]\nname = 'f'\nowner = { name = 'o' }\n"
        "[[boss]]\nname = 'o'\nfirm = { name = 'f' }\n"
    )
    seeds.load(text)
    assert seeds.load("[[node]]\nname = 'a'\n", prune=True).deleted == {
        "node": 2, "firm": 1, "boss": 1}  # fmt: skip
    assert [model.select().count() for model in (Node, Firm, Boss)] == [1, 0, 0]


def test_never_by_cascade(seeds: Seeds) -> None:
    seeds.load(kind("a", "b") + "[[thing]]\nname = 't'\nkind = { code = 'b' }\n")
    Thing.create(name="mine", kind=Kind.get(code="a"))
    with pytest.raises(
        SeedError, match=r"The row of kind with the key .* a row of .* refers to it"
    ):
        seeds.load(kind("b"), prune=True)
    assert Kind.select().count() == Thing.select().count() == 2
    assert seeds.load(kind("a"), prune=True).deleted == {"thing": 1, "kind": 1}


def test_only_the_named_tables(seeds: Seeds) -> None:
    seeds.load(kind("a") + "[[token]]\nkey = '" + str(uuid.UUID(int=1)) + "'\n")
    assert seeds.load("# nothing", prune=True, tables=["token"]).deleted == {"token": 1}
    assert Kind.select().count() == 1


def test_a_failed_run_records_nothing(seeds: Seeds) -> None:
    with pytest.raises(SeedError):
        seeds.load(kind("a") + "[[thing]]\nname = 't'\nkind = { code = 'z' }\n")
    Kind.create(id=1, code="a")
    assert total(seeds.load("# nothing", prune=True), "deleted") == 0


@pytest.mark.parametrize("how", ["reset", "rollback"])
def test_rows_of_a_new_table_are_not_the_seeded_ones(
    database: pw.Database, tmp_path: Path, how: str
) -> None:
    """They have the same keys, which the database or the application counts from 1."""
    models = [Kind, Thing]
    database.bind(models)
    create(database, models, tmp_path / "m")
    migrate(database, tmp_path / "m")
    seeds = Seeds(database, tmp_path, models, create=False)
    seeds.load("[[kind]]\nid = 1\ncode = 'a'\n[[thing]]\nname = 't'\n")
    assert not verify(database, models)
    if how == "reset":
        reset(database, tmp_path / "m")
    else:
        rollback(database, tmp_path / "m")
        migrate(database, tmp_path / "m")
    assert not verify(database, models)
    Kind.create(code="mine")
    Thing.create(name="mine")
    assert total(seeds.load("# nothing", prune=True), "deleted") == 0
    assert Kind.select().count() == Thing.select().count() == 1


def test_a_table_that_was_emptied_by_hand(seeds: Seeds) -> None:
    seeds.load(kind("a", "b"))
    Kind.delete().execute()
    Kind.create(id=1, code="mine")
    assert total(seeds.load("# nothing", prune=True), "deleted") == 0


def test_the_record_is_no_table_of_the_project(seeds: Seeds, tmp_path: Path) -> None:
    seeds.load(kind("a"))
    assert SEEDED_TABLE in seeds.database.get_tables()
    assert SEEDED_TABLE not in str(verify(seeds.database, ALL))


@pytest.mark.postgres
def test_a_role_that_may_not_create_tables(postgres: pw.Database, tmp_path: Path) -> None:
    seeds = Seeds(postgres, tmp_path, [Kind])
    name = f"seeder_{uuid.uuid4().hex[:8]}"
    postgres.execute_sql(f"CREATE ROLE {name}")
    postgres.execute_sql("REVOKE CREATE ON SCHEMA public FROM public")
    postgres.execute_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON kind TO {name}")
    postgres.execute_sql(f"GRANT ALL ON SEQUENCE kind_id_seq TO {name}")
    postgres.execute_sql(f"SET ROLE {name}")
    try:
        result = seeds.load(kind("a"), prune=True)
        assert result.inserted == {"kind": 1}
        assert "may not create the table" in result.notes[0]
    finally:
        postgres.execute_sql("RESET ROLE")
        postgres.execute_sql(f"DROP OWNED BY {name}")
        postgres.execute_sql(f"DROP ROLE {name}")


@pytest.mark.postgres
def test_the_settings_of_the_session_may_change(postgres: pw.Database, tmp_path: Path) -> None:
    class Moment(Base):
        at = DateTimeTZField(unique=True)
        hash = pw.BlobField(primary_key=True)

    seeds = Seeds(postgres, tmp_path, [Moment])
    postgres.execute_sql("SET timezone = 'Europe/Berlin'; SET bytea_output = 'escape'")
    seeds.load("[keys]\nmoment = ['at']\n[[moment]]\nat = 2026-02-01T00:00:00Z\nhash = '\\x00'\n")
    postgres.execute_sql("SET timezone = 'Asia/Tokyo'; SET bytea_output = 'hex'")
    assert seeds.load("# nothing", prune=True).deleted == {"moment": 1}


def test_two_runs_in_one_transaction(seeds: Seeds) -> None:
    """The caller's transaction; nothing is left of a run that the caller undoes."""
    with seeds.database.atomic() as outer:
        seeds.load(kind("a"))
        seeds.load(kind("a", "b"))
        with pytest.raises(SeedError):
            seeds.load("[[thing]]\nname = 't'\nkind = { code = 'z' }\n")
        assert seeds.load(kind("b"), prune=True).deleted == {"kind": 1}
        assert Kind.select().count() == 1
        outer.rollback()
    assert Kind.select().count() == 0
    assert seeds.load(kind("a")).inserted == {"kind": 1}


def test_rows_of_a_folder_that_is_not_read(seeds: Seeds) -> None:
    seeds.write(kind("a"))
    folder = seeds.directory / "development"
    folder.mkdir()
    (folder / "more.toml").write_text(kind("b"))
    seeds.load(environment="development")
    assert total(seeds.load(prune=True), "deleted") == 0
    assert total(seeds.load(environment="development", prune=True), "deleted") == 0
    (folder / "more.toml").write_text("# nothing")
    assert seeds.load(environment="development", prune=True).deleted == {"kind": 1}


def test_rows_of_another_environment_stay(seeds: Seeds) -> None:
    seeds.load('[[kind]]\ncode = "development"\n', environment="development")
    seeds.load('[[kind]]\ncode = "test"\n', environment="test")
    result = seeds.load('[[kind]]\ncode = "new"\n', environment="test", prune=True)
    assert result.deleted == {"kind": 1}
    assert {kind.code for kind in Kind} == {"development", "new"}


def test_a_preview_shows_the_rows(seeds: Seeds) -> None:
    seeds.load('[[kind]]\ncode = "a"\n[[kind]]\ncode = "b"\n')
    seeds.write('[[kind]]\ncode = "a"\n')
    shown: list[str] = []
    preview = seeds.check(prune=True, show=lambda change: shown.append(str(change)))
    assert shown == [f'- kind: id = "{Kind.get(code="b").id}"']
    assert (bool(preview), str(preview)) == (True, "kind: 1 no longer in the files")
    assert Kind.select().count() == 2
    assert not seeds.check()


def test_no_files_are_an_error(seeds: Seeds) -> None:
    seeds.load('[[kind]]\ncode = "a"\n')
    seeds.write()
    with pytest.raises(SeedError, match="There are no seed files to load"):
        seeds.load(prune=True)
    assert Kind.select().count() == 1
