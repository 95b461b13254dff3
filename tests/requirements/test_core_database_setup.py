"""requirements/core-database-setup.md: each test names the step, criterion or note it covers."""

from __future__ import annotations

import datetime as dt
import time

import peewee as pw
import pytest

from dbkit import status
from dbkit.models import MODELS, User
from tests.conftest import MIGRATIONS

from . import catalog
from .catalog import Col, Key

MOMENT = Col("timestamp with time zone", True, "CURRENT_TIMESTAMP")
USERS = {
    "id": Col("integer", True, "nextval('users_id_seq'::regclass)"),
    "email": Col("character varying(255)"),
    "password_hash": Col("character varying(255)"),
    "subscription_tier": Col("usertier", True, "'free'::usertier"),
    "status": Col("accountstatus", True, "'active'::accountstatus"),
    "api_quota_daily": Col("integer", True, "5"),
    "api_quota_used_today": Col("integer", True, "0"),
    "quota_reset_date": Col("date", True, "CURRENT_DATE"),
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
# every table with a user_id, and the least that a row of it needs besides
OF_USERS = {
    "user_configurations": {"key": "theme", "value": '"dark"'},
    "api_keys": {"name": "laptop", "key_hash": "0a1b"},
    "budgets": {"name": "July", "amount": 10, "starts_on": "2025-07-01"},
    "policies": {"name": "read only"},
    "payments": {"amount": 29},
    "requests": {"method": "GET", "path": "/v1"},
}
ALL = {"users", "system_configurations", *OF_USERS}


USER = {"email": "grace@example.com", "password_hash": "x"}


def add_user(database: pw.Database, email: str = "ada@example.com") -> object:
    return catalog.insert(database, "users", **{**USER, "email": email})


def add(database: pw.Database, table: str, user: object) -> object:
    values = OF_USERS[table]
    if "key_hash" in values:  # is unique
        values = {**values, "key_hash": str(user)}
    return catalog.insert(database, table, user_id=user, **values)


def test_prerequisite_postgres_15_or_later_is_what_runs(migrated_postgres: pw.Database) -> None:
    """Prerequisites: PostgreSQL 15+."""
    [(version,)] = migrated_postgres.execute_sql("SHOW server_version_num").fetchall()
    assert int(version) >= 150000


def test_step_3_users_has_the_columns_of_the_document(migrated: pw.Database) -> None:
    """Step 3: types, NOT NULL and defaults of `users`, nothing more and nothing less."""
    assert catalog.columns(migrated, "users") == catalog.expected(migrated, USERS)


def test_step_3_the_key_of_users_is_its_integer_id(migrated: pw.Database) -> None:
    assert catalog.primary_key(migrated, "users") == ["id"]


def test_step_3_email_is_unique(migrated: pw.Database) -> None:
    assert (("email",), True) in catalog.indexes(migrated, "users").values()
    add_user(migrated)
    with pytest.raises(pw.IntegrityError):
        add_user(migrated)


@pytest.mark.parametrize("column", ["email", "password_hash"])
def test_step_3_email_and_password_hash_are_required(migrated: pw.Database, column: str) -> None:
    values: dict[str, object] = {"email": "a@example.com", "password_hash": "x", column: None}
    with pytest.raises(pw.IntegrityError):
        catalog.insert(migrated, "users", **values)


@pytest.mark.parametrize("column", ["email", "password_hash"])
def test_step_3_255_characters_fit_and_no_more(migrated_postgres: pw.Database, column: str) -> None:
    """Step 3: String(255). SQLite keeps no lengths."""
    values: dict[str, object] = {"email": "e", "password_hash": "p"}
    catalog.insert(migrated_postgres, "users", **{**values, column: "é" * 255})
    with pytest.raises(pw.DataError):
        catalog.insert(migrated_postgres, "users", **{**values, column: "é" * 256})


def test_step_3_the_server_fills_in_the_defaults(migrated: pw.Database) -> None:
    """Step 3: a row from elsewhere is a free, active user with 5 calls a day."""
    key = add_user(migrated)
    before = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    [row] = migrated.execute_sql(
        "SELECT subscription_tier, status, api_quota_daily, api_quota_used_today,"
        f" quota_reset_date = CURRENT_DATE FROM users WHERE id = {key}"
    ).fetchall()
    assert row == ("free", "active", 5, 0, True)
    user = User.get_by_id(key)
    assert before < user.created_at
    assert before < user.updated_at


def test_step_3_the_model_fills_in_the_same_defaults(migrated: pw.Database) -> None:
    user = User.create(**USER)
    assert (user.subscription_tier.value, user.status.value) == ("free", "active")
    assert (user.api_quota_daily, user.api_quota_used_today) == (5, 0)
    assert user.quota_reset_date == dt.date.today()


def test_step_3_updated_at_moves_on_update_and_created_at_stays(migrated: pw.Database) -> None:
    """Step 3: onupdate=utcnow."""
    user = User.create(**USER)
    before = User.get_by_id(user.id)
    time.sleep(0.002)
    User.update(api_quota_daily=6).where(User.id == user.id).execute()
    after = User.get_by_id(user.id)
    assert after.updated_at > before.updated_at
    assert after.created_at == before.created_at


@pytest.mark.parametrize("table", ["user_configurations", "system_configurations", "requests"])
def test_step_3_the_similar_tables_have_key_and_times(migrated: pw.Database, table: str) -> None:
    """Step 3: "Repeat similar for ..."."""
    assert catalog.primary_key(migrated, table) == ["id"]
    found = catalog.columns(migrated, table)
    for name in ("created_at", "updated_at"):
        assert found[name] == catalog.expected(migrated, {name: MOMENT})[name]


def test_step_5_and_criterion_2_all_core_tables_exist(migrated: pw.Database) -> None:
    """Completion criteria: all core tables exist."""
    assert catalog.tables(migrated) >= ALL


def test_criterion_1_the_database_runs_and_answers(migrated: pw.Database) -> None:
    """Completion criteria: database running."""
    assert migrated.execute_sql("SELECT 1").fetchone() == (1,)


def test_criterion_3_the_initial_migration_is_applied(migrated: pw.Database) -> None:
    """Completion criteria: initial migration applied."""
    names = [name for (name,) in migrated.execute_sql("SELECT name FROM migratehistory")]
    assert "001_accounts" in names
    assert status(migrated, MIGRATIONS).pending == ()


@pytest.mark.parametrize("table", OF_USERS)
def test_note_foreign_keys_cascade(migrated: pw.Database, table: str) -> None:
    """Notes: foreign keys should use ON DELETE CASCADE."""
    keys = catalog.foreign_keys(migrated, table)
    assert Key("user_id", "users", "id", "CASCADE") in keys
    assert {key.on_delete for key in keys} == {"CASCADE"}


@pytest.mark.parametrize("table", OF_USERS)
def test_note_deleting_a_user_deletes_its_rows_only(migrated: pw.Database, table: str) -> None:
    """Notes: what ON DELETE CASCADE does to each child."""
    users = [add_user(migrated, email) for email in ("a@example.com", "b@example.com")]
    [_, kept] = [add(migrated, table, user) for user in users]
    catalog.delete(migrated, "users", users[0])
    assert migrated.execute_sql(f"SELECT id, user_id FROM {table}").fetchall() == [(kept, users[1])]


@pytest.mark.parametrize("table", OF_USERS)
def test_note_user_id_is_required_and_must_exist(migrated: pw.Database, table: str) -> None:
    assert catalog.columns(migrated, table)["user_id"].required
    for user in (None, 4711):
        with pytest.raises(pw.IntegrityError):
            add(migrated, table, user)


@pytest.mark.parametrize("table", OF_USERS)
def test_note_user_id_is_indexed(migrated: pw.Database, table: str) -> None:
    """Notes: add indexes on user_id."""
    assert (("user_id",), False) in catalog.indexes(migrated, table).values()


@pytest.mark.parametrize("table", sorted(ALL))
def test_note_times_are_in_utc(migrated_postgres: pw.Database, table: str) -> None:
    """Notes: utcnow for created_at and updated_at, whatever zone the session is in."""
    migrated_postgres.execute_sql("SET LOCAL TIME ZONE 'Asia/Tokyo'")
    user = add_user(migrated_postgres)
    match table:
        case "users":
            pass
        case "system_configurations":
            catalog.insert(migrated_postgres, table, key="k", value="1")
        case _:
            add(migrated_postgres, table, user)
    model = {m._meta.table_name: m for m in MODELS}[table]
    row = model.select(model.created_at, model.updated_at).get()
    for moment in (row.created_at, row.updated_at):
        assert moment.utcoffset() == dt.timedelta(0)
        assert abs(moment - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
