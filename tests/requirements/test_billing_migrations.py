"""requirements/billing-migrations.md: each test names the criterion or check it covers.

The document's `npm run db:migrate` is dbkit's migrate; making the file is a test of `create`.
"""

from __future__ import annotations

import peewee as pw
import pytest

from dbkit import migrate, rollback, status
from dbkit.models import Plan, Subscription, Tenant
from tests.conftest import MIGRATIONS

from . import catalog
from .catalog import Col, Key

TABLES = {"plans", "subscriptions", "tenant_config"}
MOMENT = Col("timestamp with time zone", True, "CURRENT_TIMESTAMP")


def keyed(table: str) -> dict[str, Col]:
    serial = Col("integer", True, f"nextval('{table}_id_seq'::regclass)")
    return {"id": serial, "created_at": MOMENT, "updated_at": MOMENT}


COLUMNS = {
    "tenants": {
        **keyed("tenants"),
        "name": Col("character varying(255)"),
        "slug": Col("character varying(100)"),
    },
    "plans": {
        **keyed("plans"),
        "name": Col("character varying(100)"),
        "price_monthly": Col("numeric(12,2)"),
        "currency": Col("character(3)", True, "'USD'::bpchar"),
        "features": Col("jsonb", True, "'{}'::jsonb"),
        "is_active": Col("boolean", True, "true"),
    },
    "subscriptions": {
        **keyed("subscriptions"),
        "tenant_id": Col("integer"),
        "plan_id": Col("integer"),
        "stripe_subscription_id": Col("character varying(255)"),
        "status": Col("subscriptionstatus", True, "'trialing'::subscriptionstatus"),
        "current_period_end": Col("timestamp with time zone", False),
        "cancel_at_period_end": Col("boolean", True, "false"),
    },
    "tenant_config": {
        **keyed("tenant_config"),
        "tenant_id": Col("integer"),
        "stripe_customer_id": Col("character varying(255)", False),
        "settings": Col("jsonb", True, "'{}'::jsonb"),
    },
}
FOREIGN_KEYS = {
    "plans": set(),
    "subscriptions": {
        Key("tenant_id", "tenants", "id", "CASCADE"),
        Key("plan_id", "plans", "id", "RESTRICT"),
    },
    "tenant_config": {Key("tenant_id", "tenants", "id", "CASCADE")},
}
UNIQUE = [
    ("plans", "name"),
    ("subscriptions", "stripe_subscription_id"),
    ("tenant_config", "tenant_id"),
    ("tenant_config", "stripe_customer_id"),
]
REQUIRED = [
    ("plans", "name"),
    ("plans", "price_monthly"),
    ("subscriptions", "tenant_id"),
    ("subscriptions", "plan_id"),
    ("subscriptions", "stripe_subscription_id"),
    ("tenant_config", "tenant_id"),
]


def rows(database: pw.Database, number: int) -> dict[str, dict[str, object]]:
    """The least that a row of each table needs; the parents are inserted, none is equal."""
    tenant = catalog.insert(database, "tenants", name="Acme", slug=f"acme-{number}")
    plan = catalog.insert(database, "plans", name=f"Parent {number}", price_monthly=1)
    return {
        "plans": {"name": f"Team {number}", "price_monthly": 49},
        "subscriptions": {
            "tenant_id": tenant,
            "plan_id": plan,
            "stripe_subscription_id": f"sub_{number}",
        },
        "tenant_config": {"tenant_id": tenant, "stripe_customer_id": f"cus_{number}"},
    }


def test_criterion_1_the_file_is_among_the_migrations() -> None:
    """1: 0003_add_billing_tables in the document."""
    assert (MIGRATIONS / "003_add_billing_tables.py").is_file()


@pytest.mark.parametrize("table", sorted(TABLES | {"tenants"}))
def test_criterion_3_the_table_exists(migrated: pw.Database, table: str) -> None:
    """3, and the check "all three tables exist"."""
    assert table in catalog.tables(migrated)


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_criterion_5_and_content_columns(migrated: pw.Database, table: str) -> None:
    """2, 5: all columns with types and defaults; content: PRIMARY KEY, NOT NULL, DEFAULT."""
    assert catalog.columns(migrated, table) == catalog.expected(migrated, COLUMNS[table])
    assert catalog.primary_key(migrated, table) == ["id"]


def test_criterion_4_applies_to_a_fresh_database(database: pw.Database) -> None:
    """4, and the check "applied to a fresh database"."""
    assert migrate(database, MIGRATIONS)[-1] == "003_add_billing_tables"
    assert catalog.tables(database) >= TABLES


@pytest.mark.parametrize("table", sorted(FOREIGN_KEYS))
def test_content_foreign_keys(migrated: pw.Database, table: str) -> None:
    """Content: FOREIGN KEY to tenants.id with CASCADE; a plan in use cannot be deleted."""
    assert catalog.foreign_keys(migrated, table) == FOREIGN_KEYS[table]


@pytest.mark.parametrize(("table", "column"), UNIQUE)
def test_content_and_check_unique_constraints_work(
    migrated: pw.Database, table: str, column: str
) -> None:
    """Content: UNIQUE; check: they work."""
    assert ((column,), True) in catalog.indexes(migrated, table).values()
    first, second = (rows(migrated, number)[table] for number in (1, 2))
    catalog.insert(migrated, table, **first)
    with pytest.raises(pw.IntegrityError):
        catalog.insert(migrated, table, **{**second, column: first[column]})
    catalog.insert(migrated, table, **second)


@pytest.mark.parametrize(("table", "column"), REQUIRED)
def test_content_required_fields_are_required(
    migrated: pw.Database, table: str, column: str
) -> None:
    """Content: NOT NULL on required fields."""
    values = rows(migrated, 1)[table]
    with pytest.raises(pw.IntegrityError):
        catalog.insert(migrated, table, **{**values, column: None})
    catalog.insert(migrated, table, **values)


def test_content_defaults_of_times_and_booleans(migrated: pw.Database) -> None:
    """Content: DEFAULT values for timestamp and boolean columns, for rows from elsewhere."""
    subscription = catalog.insert(migrated, "subscriptions", **rows(migrated, 1)["subscriptions"])
    found = Subscription.get_by_id(subscription)
    assert found.cancel_at_period_end is False
    assert found.status.value == "trialing"
    plan = Plan.get_by_id(found.plan_id)
    assert plan.is_active is True
    assert plan.features == {}
    for row in (found, plan, found.tenant):
        assert row.created_at is not None
        assert row.updated_at is not None


def test_check_deleting_a_tenant_deletes_what_is_its_own(migrated: pw.Database) -> None:
    """Check: foreign keys work. Subscriptions and configuration go, another tenant's stay."""
    tenants = []
    for number in (1, 2):
        values = rows(migrated, number)
        tenants.append(values["tenant_config"]["tenant_id"])
        for table in ("subscriptions", "tenant_config"):
            catalog.insert(migrated, table, **values[table])
    catalog.delete(migrated, "tenants", tenants[0])
    for table in ("subscriptions", "tenant_config"):
        left = migrated.execute_sql(f"SELECT tenant_id FROM {table}").fetchall()
        assert left == [(tenants[1],)]
    assert catalog.count(migrated, "plans") == 2


def test_check_a_plan_with_subscribers_cannot_be_deleted(migrated: pw.Database) -> None:
    """Check: foreign keys work."""
    values = rows(migrated, 1)["subscriptions"]
    subscription = catalog.insert(migrated, "subscriptions", **values)
    with pytest.raises(pw.IntegrityError):
        catalog.delete(migrated, "plans", values["plan_id"])
    catalog.delete(migrated, "subscriptions", subscription)
    catalog.delete(migrated, "plans", values["plan_id"])


@pytest.mark.parametrize(
    ("table", "column"),
    [("subscriptions", "tenant_id"), ("subscriptions", "plan_id"), ("tenant_config", "tenant_id")],
)
def test_check_a_parent_must_exist(migrated: pw.Database, table: str, column: str) -> None:
    """Check: foreign keys work."""
    values = rows(migrated, 1)[table]
    with pytest.raises(pw.IntegrityError):
        catalog.insert(migrated, table, **{**values, column: 4711})


@pytest.mark.parametrize("column", ["tenant_id", "plan_id"])
def test_note_foreign_keys_are_indexed(migrated: pw.Database, column: str) -> None:
    """Notes: verify indexes."""
    assert ((column,), False) in catalog.indexes(migrated, "subscriptions").values()


def test_note_running_it_again_changes_nothing(migrated_copy: pw.Database) -> None:
    """Notes: the migration is idempotent."""
    Tenant.create(name="Acme", slug="acme")
    assert migrate(migrated_copy, MIGRATIONS) == []
    assert status(migrated_copy, MIGRATIONS).pending == ()
    assert Tenant.select().count() == 1


def test_note_it_can_be_rolled_back(migrated_copy: pw.Database) -> None:
    """Notes: rollback migration; the other domains keep their tables, and it applies again."""
    others = catalog.tables(migrated_copy) - TABLES - {"tenants"}
    assert rollback(migrated_copy, MIGRATIONS) == ["003_add_billing_tables"]
    assert catalog.tables(migrated_copy) == others
    if catalog.is_postgres(migrated_copy):
        assert "subscriptionstatus" not in catalog.enums(migrated_copy)
    assert migrate(migrated_copy, MIGRATIONS) == ["003_add_billing_tables"]
    assert catalog.tables(migrated_copy) >= TABLES
