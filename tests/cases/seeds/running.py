"""Runs seed files against models, and judges whether a run wrote a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee as pw

from dbkit.seeding import Result, check, seed


class Seeds:
    """A directory of seed files, for the models that are bound to a database."""

    def __init__(
        self, database: pw.Database, directory: Path, models: Sequence[Any], create: bool = True
    ) -> None:
        self.database, self.models = database, list(models)
        self.directory = directory / "seeds"
        self.directory.mkdir(exist_ok=True)
        database.bind(self.models)
        if create:
            database.create_tables(self.models)

    def write(self, text: str = "", **files: str) -> Seeds:
        """Replace the files: `text` is a TOML file, and a name such as `a_csv` means a.csv."""
        for path in self.directory.iterdir():
            path.unlink()
        for name, content in (({"seeds_toml": text} if text else {}) | files).items():
            path = self.directory / ".".join(name.rsplit("_", 1))
            path.write_text(content, encoding="utf-8")
        return self

    def load(self, text: str = "", **options: Any) -> Result:
        if text:
            self.write(text)
        return seed(self.database, self.models, self.directory, **options)

    def check(self, **options: Any) -> Any:
        return check(self.database, self.models, self.directory, **options)

    def table(self, model: Any) -> list[tuple[Any, ...]]:
        """The rows of a table, in the order of its columns."""
        sql = f"SELECT * FROM {name(model)} ORDER BY 1"
        if is_postgres(self.database):
            sql = sql.replace("%", "%%")
        return list(self.database.execute_sql(sql).fetchall())

    def changes(self) -> list[str]:
        shown: list[str] = []
        self.check(show=lambda change: shown.append(str(change)))
        return shown

    def twice(self, text: str = "", **options: Any) -> Result:
        """Load the files, and again, which writes nothing. Return what the first run did."""
        first = self.load(text, **options)
        assert not self.check(), str(self.check())
        with nothing_written(self.database, self.models):
            second = self.load(**options)
        assert total(second, "inserted", "updated", "deleted") == 0, str(second)
        assert total(second, "unchanged") == total(first, "inserted", "updated", "unchanged")
        assert not self.check()
        return first


def total(result: Result, *kinds: str) -> int:
    return sum(sum(getattr(result, kind).values()) for kind in kinds)


def is_postgres(database: pw.Database) -> bool:
    return isinstance(database, pw.PostgresqlDatabase)


def name(model: Any) -> str:
    schema, table = model._meta.schema, model._meta.table_name
    return f"{quoted(schema)}.{quoted(table)}" if schema else quoted(table)


def quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


@contextmanager
def nothing_written(database: pw.Database, models: Sequence[Any]) -> Iterator[None]:
    """No row of the models' tables is inserted, updated or deleted in the block."""
    if is_postgres(database):
        before = [_versions(database, model) for model in models]
        yield
        assert before == [_versions(database, model) for model in models]
        return
    database.execute_sql("CREATE TABLE written (what)")
    with database.atomic():
        _count_writes(database, models)
    yield
    written = database.execute_sql("SELECT * FROM written").fetchall()
    with database.atomic():
        for number in range(len(models)):
            for what in ("INSERT", "UPDATE", "DELETE"):
                database.execute_sql(f"DROP TRIGGER IF EXISTS written_{number}_{what}")
        database.execute_sql("DROP TABLE written")
    assert written == []


def _count_writes(database: pw.Database, models: Sequence[Any]) -> None:
    for number, model in enumerate(models):
        for what in ("INSERT", "UPDATE", "DELETE"):
            if not model._meta.schema:  # a trigger cannot write into another database
                database.execute_sql(
                    f"CREATE TRIGGER written_{number}_{what} AFTER {what} ON {name(model)} "
                    f"BEGIN INSERT INTO written VALUES ('{what}'); END"
                )


def _versions(database: pw.Database, model: Any) -> list[Any]:
    sql = f"SELECT ctid::text, xmin::text FROM {name(model)} ORDER BY ctid".replace("%", "%%")
    return list(database.execute_sql(sql).fetchall())
