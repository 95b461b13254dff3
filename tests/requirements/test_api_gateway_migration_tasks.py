"""requirements/api-gateway-migration-tasks.md: each test names the task it covers.

Where alembic or SQLAlchemy is said, dbkit's migrations and Peewee are meant. 2.1 and 2.2, making
the file, are tests of `create`; 4.1 to 4.3 are tests of the README.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest
from click.testing import Result

import dbkit as package
from dbkit import migrate, models, verify
from dbkit.discovery import load_models
from dbkit.models import MODELS, User
from tests.conftest import MIGRATIONS, opened

from . import catalog
from .catalog import Col, Key

TABLES = {"users", "api_keys", "budgets", "policies", "payments", "requests"}
ENUMS = {"accountstatus", "usertier", "apikeystatus", "paymentstatus", "requeststatus"}
FOREIGN_KEYS = {
    "users": set(),
    "api_keys": {Key("user_id", "users", "id", "CASCADE")},
    "budgets": {Key("user_id", "users", "id", "CASCADE")},
    "policies": {Key("user_id", "users", "id", "CASCADE")},
    "payments": {Key("user_id", "users", "id", "CASCADE")},
    "requests": {
        Key("user_id", "users", "id", "CASCADE"),
        Key("api_key_id", "api_keys", "id", "CASCADE"),
    },
}
INDEXES = {
    "users": {(("email",), True)},
    "api_keys": {(("key_hash",), True), (("user_id",), False)},
    "budgets": {(("user_id",), False)},
    "policies": {(("user_id",), False), (("user_id", "name"), True)},
    "payments": {(("user_id",), False), (("status",), False), (("provider_reference",), True)},
    "requests": {
        (("user_id",), False),
        (("api_key_id",), False),
        (("user_id", "created_at"), False),
    },
}
MOMENT = Col("timestamp with time zone", True, "CURRENT_TIMESTAMP")
USER = {"email": "ada@example.com", "password_hash": "x"}
TIMES = {"created_at": MOMENT, "updated_at": MOMENT}


def of_user(table: str, key: str = "integer") -> dict[str, Col]:
    serial = Col(key, True, f"nextval('{table}_id_seq'::regclass)")
    return {"id": serial, "user_id": Col("integer"), **TIMES}


# `users` is in test_core_database_setup.py; money is numeric, never float
COLUMNS = {
    "api_keys": {
        **of_user("api_keys"),
        "name": Col("character varying(100)"),
        "key_hash": Col("character varying(255)"),
        "status": Col("apikeystatus", True, "'active'::apikeystatus"),
        "last_used_at": Col("timestamp with time zone", False),
        "expires_at": Col("timestamp with time zone", False),
    },
    "budgets": {
        **of_user("budgets"),
        "name": Col("character varying(100)"),
        "amount": Col("numeric(12,2)"),
        "spent": Col("numeric(12,2)", True, "0"),
        "starts_on": Col("date"),
        "ends_on": Col("date", False),
    },
    "policies": {
        **of_user("policies"),
        "name": Col("character varying(100)"),
        "rules": Col("jsonb", True, "'{}'::jsonb"),
        "is_enabled": Col("boolean", True, "true"),
    },
    "payments": {
        **of_user("payments"),
        "amount": Col("numeric(12,2)"),
        "currency": Col("character(3)", True, "'USD'::bpchar"),
        "status": Col("paymentstatus", True, "'pending'::paymentstatus"),
        "provider_reference": Col("character varying(255)", False),
        "paid_at": Col("timestamp with time zone", False),
    },
    "requests": {
        **of_user("requests", "bigint"),
        "api_key_id": Col("integer", False),
        "method": Col("character varying(10)"),
        "path": Col("character varying(500)"),
        "status": Col("requeststatus", True, "'pending'::requeststatus"),
        "status_code": Col("smallint", False),
        "duration_ms": Col("integer", False),
        "cost": Col("numeric(12,6)", True, "0"),
    },
}


def test_1_1_and_1_4_database_url_is_what_is_connected_to(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1.1 DATABASE_URL is set and the database accessible, 1.4 test the connection."""
    monkeypatch.setenv("DATABASE_URL", url)
    database = package.connect()
    with database.connection_context():
        database.execute_sql("CREATE TABLE here (id integer)")
    with opened(url) as same:
        assert catalog.tables(same) == {"here"}


@pytest.mark.parametrize("name", ["User", "ApiKey", "Budget", "Policy", "Payment", "Request"])
def test_1_2_the_models_can_be_imported(name: str) -> None:
    """1.2; the document's APIRequest is Request here, after its table."""
    assert issubclass(getattr(models, name), pw.Model)


def test_1_3_the_tool_finds_all_models() -> None:
    """1.3: what env.py imports is what the setting `models = dbkit.models` finds."""
    found = {model._meta.table_name for model in load_models("dbkit.models")}
    assert found >= TABLES


@pytest.mark.parametrize("table", sorted(TABLES))
def test_2_3_and_3_3_the_table_exists(migrated: pw.Database, table: str) -> None:
    """2.3 the migration includes, 3.3 the database holds every table."""
    assert table in catalog.tables(migrated)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_2_4_and_3_5_foreign_keys(migrated: pw.Database, table: str) -> None:
    """2.4, 3.5 foreign key relationships, 2.7 their cascade behaviour."""
    assert catalog.foreign_keys(migrated, table) == FOREIGN_KEYS[table]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_2_5_and_3_6_indexes(migrated: pw.Database, table: str) -> None:
    """2.5, 3.6 all indexes."""
    assert set(catalog.indexes(migrated, table).values()) == INDEXES[table]


def test_2_5_the_two_indexes_that_are_named(migrated: pw.Database) -> None:
    """2.5: idx_api_keys_key_hash and idx_api_keys_user_id."""
    assert catalog.indexes(migrated, "api_keys") == {
        "idx_api_keys_key_hash": (("key_hash",), True),
        "idx_api_keys_user_id": (("user_id",), False),
    }


def test_2_6_and_3_4_enum_types_exist(migrated_postgres: pw.Database) -> None:
    """2.6, 3.4: native enum types."""
    assert set(catalog.enums(migrated_postgres)) >= ENUMS


@pytest.mark.parametrize(
    ("table", "column", "type_", "labels"),
    [
        ("users", "subscription_tier", "usertier", ["free", "pro", "enterprise"]),
        ("users", "status", "accountstatus", ["active", "suspended", "closed"]),
        ("api_keys", "status", "apikeystatus", ["active", "expired", "revoked"]),
        ("payments", "status", "paymentstatus", ["pending", "completed", "failed", "refunded"]),
        ("requests", "status", "requeststatus", ["pending", "succeeded", "failed", "rejected"]),
    ],
)
def test_2_6_for_all_enum_columns(
    migrated_postgres: pw.Database, table: str, column: str, type_: str, labels: list[str]
) -> None:
    """2.6: every Enum column is of its type, which has the labels in their order."""
    assert catalog.columns(migrated_postgres, table)[column].type == type_
    assert catalog.enums(migrated_postgres)[type_] == labels


@pytest.mark.parametrize(
    ("table", "column", "rest"),
    [
        ("api_keys", "status", {"name": "n", "key_hash": "h"}),
        ("payments", "status", {"amount": 1}),
        ("requests", "status", {"method": "GET", "path": "/"}),
    ],
)
def test_2_6_a_label_that_is_none_is_refused(
    migrated: pw.Database, table: str, column: str, rest: dict[str, object]
) -> None:
    """2.6, by the native type on PostgreSQL and by a CHECK on SQLite."""
    user = catalog.insert(migrated, "users", **USER)
    with pytest.raises((pw.DataError, pw.IntegrityError)):
        catalog.insert(migrated, table, user_id=user, **{**rest, column: "nonsense"})


def test_2_7_deleting_an_api_key_deletes_its_requests(migrated: pw.Database) -> None:
    """2.7; a request that used no key stays."""
    user = catalog.insert(migrated, "users", **USER)
    key = catalog.insert(migrated, "api_keys", user_id=user, name="n", key_hash="h")
    request: dict[str, object] = {"user_id": user, "method": "GET", "path": "/"}
    catalog.insert(migrated, "requests", api_key_id=key, **request)
    kept = catalog.insert(migrated, "requests", **request)
    catalog.delete(migrated, "api_keys", key)
    assert migrated.execute_sql("SELECT id FROM requests").fetchall() == [(kept,)]


def test_2_7_deleting_a_child_leaves_its_user(migrated: pw.Database) -> None:
    user = catalog.insert(migrated, "users", **USER)
    key = catalog.insert(migrated, "api_keys", user_id=user, name="n", key_hash="h")
    catalog.delete(migrated, "api_keys", key)
    assert catalog.count(migrated, "users") == 1


def test_3_1_and_3_2_the_migration_is_applied_without_errors(database: pw.Database) -> None:
    """3.1, 3.2, on an empty database."""
    assert migrate(database, MIGRATIONS, "001_accounts") == ["001_accounts"]
    assert catalog.tables(database) >= TABLES


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_3_7_table_structures(migrated: pw.Database, table: str) -> None:
    """3.7: column types, nullability, defaults."""
    wanted = catalog.expected(migrated, COLUMNS[table])
    assert catalog.columns(migrated, table) == wanted
    assert catalog.primary_key(migrated, table) == ["id"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_4_4_every_table_can_be_queried(migrated: pw.Database, model: type[pw.Model]) -> None:
    """4.4: all columns of the model are asked for."""
    assert list(model.select()) == []


class WithDummy(User):
    """`users` with a column more."""

    dummy = pw.IntegerField(null=True)

    class Meta:
        table_name = "users"


def test_4_5_a_dummy_column_in_the_model_is_found_then_gone(migrated_copy: pw.Database) -> None:
    """4.5: added to the model, found; removed, not found any more."""
    with migrated_copy.bind_ctx([WithDummy]):
        report = verify(migrated_copy, [WithDummy])
    assert report
    assert [(type(c).__name__, str(c.table), c.item.name) for c in report.changes] == [
        ("Add", "users", "dummy")
    ]
    assert not verify(migrated_copy, [User])


def test_4_5_a_dummy_column_in_the_database_is_found_then_gone(migrated_copy: pw.Database) -> None:
    """4.5, the other way round."""
    migrated_copy.execute_sql("ALTER TABLE users ADD COLUMN dummy integer")
    report = verify(migrated_copy, MODELS)
    assert [(type(c).__name__, str(c.table), c.item.name) for c in report.changes] == [
        ("Drop", "users", "dummy")
    ]
    migrated_copy.execute_sql("ALTER TABLE users DROP COLUMN dummy")
    assert not verify(migrated_copy, MODELS)


def test_4_5_the_command_line_finds_the_dummy_column(
    url: str, dbkit: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4.5 as a user does it: `verify` exits 1 and names the column; without it, 0."""
    monkeypatch.syspath_prepend(tmp_path)
    line = "    password_hash = pw.CharField()\n"
    for name, added in (
        ("with_dummy", "    dummy = pw.IntegerField(null=True)\n"),
        ("without", ""),
    ):
        accounts = shutil.copytree(Path(models.__file__).parent, tmp_path / name) / "accounts.py"
        before, found, after = accounts.read_text().partition(line)
        assert found
        accounts.write_text(before + line + added + after)
    where = ("--database", url, "--migrations", str(MIGRATIONS))
    assert dbkit("migrate", *where).exit_code == 0
    result = dbkit("verify", *where, "--models", "with_dummy")
    assert result.exit_code == 1, result.output
    assert "column dummy is missing from the database" in result.stdout
    assert dbkit("verify", *where, "--models", "without").exit_code == 0
