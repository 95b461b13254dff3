"""The history tables of other tools are recognized by their columns, not only by their names."""

from __future__ import annotations

import pytest

from dbkit.adoption.other_tools import tool_of
from dbkit.schema.names import Name
from dbkit.schema.values import Column, Table

TEXT, NUMBER, TIME = "character varying(255)", "integer", "timestamp without time zone"
FLYWAY = {"installed_rank": NUMBER, "version": TEXT, "description": TEXT, "type": TEXT,
          "script": TEXT, "checksum": NUMBER, "installed_by": TEXT, "installed_on": TIME,
          "execution_time": NUMBER, "success": "boolean"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "columns", "tool"),
    [
        ("alembic_version", {"version_num": "character varying(32)"}, "alembic"),
        ("billing_alembic_version", {"version_num": "VARCHAR(32)"}, "alembic"),
        ("alembic_version", {"version_num": "text"}, ""),
        ("alembic_version", {"version_num": "varchar(32)", "note": "text"}, ""),
        ("version", {"version_num": "varchar(32)"}, ""),
        ("django_migrations", {"id": NUMBER, "app": TEXT, "name": TEXT, "applied": TIME}, "Django"),
        ("django_migrations", {"id": NUMBER, "app": TEXT}, ""),
        ("django_session", {"id": NUMBER, "app": TEXT, "name": TEXT, "applied": TIME}, ""),
        ("old_history", {"id": NUMBER, "name": TEXT, "migrated_at": TIME}, "peewee-migrate"),
        ("old_history", {"id": NUMBER, "name": "VARCHAR(255)", "migrated_at": "DATETIME"},
         "peewee-migrate"),
        ("birds", {"id": NUMBER, "name": TEXT, "migrated_at": TIME, "kind": TEXT}, ""),
        ("flyway_schema_history", FLYWAY, "Flyway"),
        ("schema_version", FLYWAY, "Flyway"),
        ("schema_migrations", {"version": TEXT}, "Rails or dbmate"),
        ("schema_migrations", {"version": "bigint", "dirty": "boolean"}, "golang-migrate"),
        ("schema_migrations", {"version": TEXT, "mine": TEXT}, ""),
        ("knex_migrations", {"id": NUMBER, "name": TEXT, "batch": NUMBER, "migration_time": TIME},
         "knex"),
        ("knex_migrations_lock", {"index": NUMBER, "is_locked": NUMBER}, "knex"),
        ("__drizzle_migrations", {"id": NUMBER, "hash": "text", "created_at": "bigint"}, "Drizzle"),
        ("SequelizeMeta", {"name": TEXT}, "Sequelize"),
        ("__EFMigrationsHistory", {"MigrationId": TEXT, "ProductVersion": TEXT},
         "Entity Framework"),
        ("migrations", {"id": NUMBER, "what": TEXT}, ""),
        ("tags", {"id": NUMBER, "name": TEXT}, ""),
    ],
)  # fmt: skip
def test_a_table_is_a_history_by_its_columns(name: str, columns: dict[str, str], tool: str) -> None:
    parts = tuple(Column(column, type_) for column, type_ in columns.items())
    assert tool_of(Table(Name("", name), parts)) == tool
    assert tool_of(Table(Name("app", name), parts)) == tool
    assert tool_of(Table(Name("", name), parts, "view")) == ""


def test_the_history_of_dbkit_in_another_schema_belongs_to_dbkit() -> None:
    assert tool_of(Table(Name("app", "dbkit_migratehistory"))) == "dbkit"
