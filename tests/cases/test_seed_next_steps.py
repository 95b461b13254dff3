"""Messages about seeds name the real reason and a next step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest
from click.testing import Result

from dbkit import DbkitError
from dbkit.seeding import check, seed

MODELS = """
import peewee as pw

class Base(pw.Model):
    made = pw.IntegerField(null=True)

class Room(Base):
    name = pw.CharField(unique=True)
    class Meta: table_name = "rooms"

class Booking(Base):
    room = pw.ForeignKeyField(Room)
    starts_at = pw.DateTimeField()
    code = pw.CharField(null=True)
    class Meta:
        table_name = "bookings"
        indexes = ((("room", "starts_at"), True),)

class Plain(Base):
    name = pw.CharField()
    class Meta: table_name = "plain"
"""
ROOM = '[[rooms]]\nname = "Eiger"\n'


@pytest.fixture
def project(url: str, dbkit: Callable[..., Result]) -> Callable[..., Result]:
    """A command in a project whose tables exist."""
    Path("models_of_rooms.py").write_text(MODELS)
    Path("seeds").mkdir()
    Path("seeds/a.toml").write_text(ROOM)
    words = ("--database", url, "--models", "models_of_rooms")
    for command in (("create", *words, "x"), ("migrate", "--database", url)):
        assert dbkit(*command).exit_code == 0
    return lambda command, *more: dbkit(command, *words, *more)


def test_a_relative_time_in_the_only_unique_columns(project: Callable[..., Result]) -> None:
    row = '[[bookings]]\nroom = { name = "Eiger" }\nstarts_at = "now + 1 day"\n'
    Path("seeds/a.toml").write_text(ROOM + row)
    result = project("seed")
    assert result.exit_code == 2
    assert "starts_at cannot be part of the key: a relative time does not compare" in result.stderr
    Path("seeds/a.toml").write_text(ROOM + '[[plain]]\nname = "x"\n')
    assert "no column of the row is unique in plain" in project("seed").stderr


@pytest.mark.parametrize("words", [("seed",), ("seed", "nothing"), ("dump", "nothing"),
                                   ("seed", "--fake", "nothing=1")])  # fmt: skip
def test_a_class_without_a_table_is_no_known_name(
    project: Callable[..., Result], words: tuple[str, ...]
) -> None:
    Path("seeds/a.toml").write_text("[[nothing]]\nname = 1\n")
    result = project(*words)
    assert "Known names: bookings, plain, rooms." in result.stderr


def test_missing_rows_have_a_next_step(project: Callable[..., Result]) -> None:
    step = "To load the seed files, run `dbkit seed`."
    for words in (("verify", "--seeds"), ("seed", "--check")):
        result = project(*words)
        assert (result.exit_code, step in result.stdout) == (1, True), result.output
    assert project("seed").exit_code == 0
    for words in (("verify", "--seeds"), ("seed", "--check")):
        result = project(*words)
        assert (result.exit_code, step in result.stdout) == (0, False), result.output


def test_a_check_without_the_privilege_says_nothing_of_loading(
    postgres: pw.Database, tmp_path: Path
) -> None:
    class Thing(pw.Model):
        name = pw.CharField(unique=True)

        class Meta:
            table_name = "things"

    (tmp_path / "things.csv").write_text("name\nx\n")
    Thing.bind(postgres)
    Thing.create_table()
    postgres.execute_sql("CREATE ROLE dbkit_guest")
    try:
        for act in (check, seed):
            postgres.execute_sql("SET ROLE dbkit_guest")
            with pytest.raises(DbkitError) as caught:
                act(postgres, [Thing], tmp_path)
            postgres.execute_sql("RESET ROLE")
            assert "lacks a privilege" in caught.value.message
            assert ("Nothing was loaded" in caught.value.hint) <= (act is seed)
    finally:
        postgres.execute_sql("DROP ROLE dbkit_guest")
