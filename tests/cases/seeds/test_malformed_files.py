"""A malformed seed file beside a valid file: one clear error, and the database is untouched."""

from __future__ import annotations

import re
from pathlib import Path

import peewee as pw
import pytest

from dbkit import migrate, seed
from dbkit.errors import SeedError
from dbkit.models import MODELS, Campaign, User
from tests.conftest import MIGRATIONS
from tests.unit.seeding.malformed import malformed

VALID = '[[users]]\nemail = "ada@example.com"\npassword_hash = "x"\n'
REPR = re.compile(r"<class|Traceback|object at 0x|psycopg2|sqlite3\.")


def test_each_gives_one_error_with_its_line_and_loads_nothing(
    database: pw.Database, tmp_path: Path
) -> None:
    migrate(database, MIGRATIONS)
    before = database.get_tables()
    for number, (what, name, content) in enumerate(malformed()):
        directory = tmp_path / str(number)
        directory.mkdir()
        (directory / "00_users.toml").write_text(VALID)
        (directory / name).write_bytes(content)
        with pytest.raises(SeedError) as error:
            seed(database, MODELS, directory)
        text = str(error.value)
        assert re.search(rf"{re.escape(name)}, line \d+", text), (what, text)
        assert not REPR.search(text), (what, text)
        assert User.select().count() == Campaign.select().count() == 0, what
    assert database.get_tables() == before, "dbkit's own table is not left either"
