"""Tenants, plans, subscriptions and each tenant's configuration."""

from typing import Any

import peewee as pw

from dbkit.fields import DateTimeTZField, EnumField
from dbkit.migration import Migrator

SUBSCRIPTION_STATUS = ("trialing", "active", "past_due", "canceled")


def default(sql: str) -> dict[str, Any]:
    return {"constraints": [pw.SQL(f"DEFAULT {sql}")]}


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.create_enum("subscriptionstatus", SUBSCRIPTION_STATUS)

    class Timestamped(pw.Model):
        created_at = DateTimeTZField(**default("CURRENT_TIMESTAMP"))
        updated_at = DateTimeTZField(**default("CURRENT_TIMESTAMP"))

        class Meta:
            legacy_table_names = False  # indexes are named after the table

    @migrator.create_model
    class Tenant(Timestamped):
        name = pw.CharField()
        slug = pw.CharField(max_length=100, unique=True)

        class Meta:
            table_name = "tenants"

    @migrator.create_model
    class Plan(Timestamped):
        name = pw.CharField(max_length=100, unique=True)
        price_monthly = pw.DecimalField(max_digits=12, decimal_places=2)
        currency = pw.FixedCharField(max_length=3, **default("'USD'"))
        features = pw.JSONField(**default("'{}'"))
        is_active = pw.BooleanField(**default("TRUE"))

        class Meta:
            table_name = "plans"
            constraints = [pw.Check("price_monthly >= 0", "plans_price_not_negative")]

    @migrator.create_model
    class Subscription(Timestamped):
        tenant = pw.ForeignKeyField(Tenant, on_delete="CASCADE")
        plan = pw.ForeignKeyField(Plan, on_delete="RESTRICT")
        stripe_subscription_id = pw.CharField(unique=True)
        status = EnumField(SUBSCRIPTION_STATUS, "subscriptionstatus", **default("'trialing'"))
        current_period_end = DateTimeTZField(null=True)
        cancel_at_period_end = pw.BooleanField(**default("FALSE"))

        class Meta:
            table_name = "subscriptions"

    @migrator.create_model
    class TenantConfig(Timestamped):
        tenant = pw.ForeignKeyField(Tenant, unique=True, on_delete="CASCADE")
        stripe_customer_id = pw.CharField(unique=True, null=True)
        settings = pw.JSONField(**default("'{}'"))

        class Meta:
            table_name = "tenant_config"


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.remove_model("tenant_config")
    migrator.remove_model("subscriptions")
    migrator.remove_model("plans")
    migrator.remove_model("tenants")
    migrator.drop_enum("subscriptionstatus")
