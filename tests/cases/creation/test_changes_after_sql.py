"""`create` after a history whose SQL changed what its operations had made: an operation would not
make such a change as wanted, so SQL does. Names that the server made up come back in the rollback.

Each row has a table of its own, so that one migration has them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import peewee as pw

from dbkit import create, migrate, rollback, verify
from dbkit.migration.goal import whole
from dbkit.schema.diff import diff
from tests.cases.test_migration import write
from tests.pairs.pair import default, table

Fields = Callable[[], dict[str, Any]]
BOTH, POSTGRES = ("sqlite", "postgres"), ("postgres",)


@dataclass(frozen=True)
class Case:
    """Fields before, lines of a migration by hand ({t} is the table), fields after; None if the
    model is removed."""

    v1: Fields
    lines: str
    v2: Fields | None
    on: tuple[str, ...] = BOTH
    meta1: Mapping[str, Any] = field(default_factory=dict)
    meta2: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""  # of the table after the lines


def sql(statement: str) -> str:
    return f"migrator.sql({statement!r})"


def number(**options: Any) -> Any:
    return pw.IntegerField(**options)


CHECK = {"constraints": [pw.Check("a > 0")]}
EXCLUDED = {"constraints": [pw.SQL("EXCLUDE USING gist (int4range(a, a, '[]') WITH &&)")]}
CASES = {
    "index_of_dropped_column": Case(
        lambda: {"a": number(), "b": number()}, sql("CREATE INDEX {t}_x ON {t} (b)"),
        lambda: {"a": number()},
    ),
    "check_of_dropped_column": Case(
        lambda: {"a": number(), "b": number()}, sql("ALTER TABLE {t} ADD CHECK (b > 0)"),
        lambda: {"a": number()}, POSTGRES,
    ),
    "retyped_column": Case(
        lambda: {"a": number()}, sql("ALTER TABLE {t} ALTER a TYPE bigint"),
        lambda: {"a": number(null=True)}, POSTGRES,
    ),
    "retyped_column_with_default": Case(
        lambda: {"a": number()},
        sql("ALTER TABLE {t} ALTER a SET DEFAULT 5, ALTER a DROP NOT NULL"),
        lambda: {"a": number(**default("7"))}, POSTGRES,
    ),
    "dropped_check": Case(
        lambda: {"a": number()}, sql("ALTER TABLE {t} DROP CONSTRAINT {t}_check"),
        lambda: {"a": number()}, POSTGRES, {"constraints": [pw.Check("a > id AND a > 0")]},
        {"constraints": [pw.Check("a > id AND a > 0"), pw.Check("a < 9")]},
    ),
    "dropped_check_of_a_field": Case(
        lambda: {"a": number(**CHECK)}, sql("ALTER TABLE {t} DROP CONSTRAINT {t}_a_check"),
        lambda: {"a": number(**CHECK)}, POSTGRES,
    ),
    "dropped_exclusion": Case(
        lambda: {"a": number()},
        sql("ALTER TABLE {t} DROP CONSTRAINT {t}_int4range_excl"),
        lambda: {"a": number()}, POSTGRES, EXCLUDED, EXCLUDED,
    ),
    "dropped_index": Case(
        lambda: {"a": number(index=True)}, sql("DROP INDEX {t}_a"),
        lambda: {"a": number(index=True), "b": number(null=True)},
    ),
    "removed_table": Case(
        lambda: {"a": number(), "b": number(index=True)},
        sql("CREATE INDEX {t}_x ON {t} (a)") + "; " + sql("DROP INDEX {t}_b"), None,
    ),
    "removed_table_of_changed_columns": Case(
        lambda: {"a": number()},
        sql("ALTER TABLE {t} ALTER a TYPE bigint, ADD b text, ADD UNIQUE (b)"), None, POSTGRES,
    ),
    "removed_table_with_settings": Case(
        lambda: {"a": number()}, sql("ALTER TABLE {t} SET (fillfactor=50)"), None, POSTGRES,
    ),
    "settings": Case(
        lambda: {"a": number()}, sql("ALTER TABLE {t} SET (fillfactor=50)"),
        lambda: {"a": number()}, POSTGRES, meta2={"table_settings": "WITH (fillfactor=70)"},
    ),
    "dropped_index_of_several": Case(
        lambda: {"a": number(), "b": number()}, sql("DROP INDEX {t}_a_b"),
        lambda: {"a": number(null=True), "b": number()},
        meta1={"indexes": ((("a", "b"), True),)}, meta2={"indexes": ((("a", "b"), True),)},
    ),
    "dropped_column": Case(
        lambda: {"a": number(), "b": number(null=True)}, sql("ALTER TABLE {t} DROP COLUMN b"),
        lambda: {"a": number(null=True), "b": number(null=True)},
    ),
    "added_column": Case(
        lambda: {"a": number()}, sql("ALTER TABLE {t} ADD COLUMN b integer"),
        lambda: {"a": number(), "b": pw.TextField(null=True)},
    ),
    "renamed_index": Case(
        lambda: {"a": number(index=True)}, sql("ALTER INDEX {t}_a RENAME TO {t}_odd"),
        lambda: {"a": number()}, POSTGRES,
    ),
    "added_check": Case(
        lambda: {"a": number()}, sql("ALTER TABLE {t} ADD CONSTRAINT {t}_odd CHECK (a > 0)"),
        lambda: {"a": number(), "b": number(null=True)}, POSTGRES, {}, CHECK,
    ),
    "changed_foreign_key": Case(
        lambda: {"a": pw.ForeignKeyField("self", null=True)},
        sql("ALTER TABLE {t} DROP CONSTRAINT {t}_a_id_fkey"),
        lambda: {"a": pw.ForeignKeyField("self", null=True, on_delete="CASCADE")}, POSTGRES,
    ),
    "check_of_renamed_column": Case(
        lambda: {"b": number()}, "migrator.rename_field('{t}', 'b', 'a')",
        lambda: {"a": number()},
        meta1={"constraints": [pw.Check("b > 0")]},
    ),
    "check_of_renamed_column_changed": Case(
        lambda: {"b": number()}, "migrator.rename_field('{t}', 'b', 'a')",
        lambda: {"a": number(constraints=[pw.Check("a > 1")])},
        meta1={"constraints": [pw.Check("b > 0")]},
    ),
    "foreign_key_of_renamed_table": Case(
        lambda: {"a": pw.ForeignKeyField("self", null=True), "b": number()},
        "migrator.rename_table('{t}', '{t}_new')",
        lambda: {"a": number(null=True, column_name="a_id"), "b": number()},
        meta1={"indexes": ((("a", "b"), False),)},
        name="foreign_key_of_renamed_table_new",
    ),
    "index_of_renamed_table": Case(
        lambda: {"a": number(), "b": number(unique=True)},
        "migrator.rename_table('{t}', '{t}_new')",
        lambda: {"a": number(index=True), "b": number()},
        meta1={"indexes": ((("a", "b"), False),)},
        name="index_of_renamed_table_new",
    ),
    "two_checks_of_a_column": Case(
        lambda: {"a": number()}, "pass",
        lambda: {"a": number()},
        meta1={"constraints": [pw.Check("a > 0"), pw.Check("a >= 0"), pw.Check("a < 9")]},
        meta2={"constraints": [pw.Check("a >= 0"), pw.Check("a > 9")]},
    ),
    "checks_in_both_places": Case(
        lambda: {"a": number(constraints=[pw.Check("a > b")]), "b": number()}, "pass",
        lambda: {"a": number()},
    ),
    "unique_constraint": Case(
        lambda: {"a": number(), "b": number()}, "pass",
        lambda: {"a": number(null=True), "b": number()},
        meta1={"constraints": [pw.SQL("UNIQUE (a, b)")]},
        meta2={"constraints": [pw.SQL("CONSTRAINT uc UNIQUE (b, a)")]},
    ),
}  # fmt: skip


def test_there_and_back(database: pw.Database, tmp_path: Path) -> None:
    dialect = "sqlite" if isinstance(database, pw.SqliteDatabase) else "postgres"
    cases = {name: one for name, one in CASES.items() if dialect in one.on}
    directory = tmp_path / "m"
    before = [table(name, {**one.meta1}, **one.v1()) for name, one in cases.items()]
    assert create(database, before, directory)
    lines = "\n    ".join(one.lines.format(t=name) for name, one in cases.items())
    write(directory, m002_by_hand="def migrate(migrator, database, *, fake=False):\n    " + lines)
    migrate(database, directory)
    start = whole(database)

    after = [table(one.name or name, {**one.meta2}, **one.v2()) for name, one in cases.items()
             if one.v2 is not None]  # fmt: skip
    assert create(database, after, directory, no_rename=True)
    migrate(database, directory)
    assert not (report := verify(database, after)), str(report)
    assert create(database, after, directory) is None
    rollback(database, directory)
    assert diff(whole(database), start) == ()
