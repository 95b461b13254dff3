"""Add tables plans, subscriptions, tenant_config, tenants."""

import peewee as pw

from dbkit.fields import DateTimeTZField, EnumField
from dbkit.migration import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.create_enum("subscriptionstatus", ("trialing", "active", "past_due", "canceled"))

    @migrator.create_model
    class Plan(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        name = pw.CharField(max_length=100, unique=True)
        price_monthly = pw.DecimalField(max_digits=12, decimal_places=2)
        currency = pw.FixedCharField(max_length=3, constraints=[pw.Default("'USD'")])
        features = pw.JSONField(constraints=[pw.Default("'{}'")])
        is_active = pw.BooleanField(constraints=[pw.Default("TRUE")])

        class Meta:
            table_name = "plans"
            legacy_table_names = False
            constraints = [pw.Check("price_monthly >= 0", "plans_price_not_negative")]

    @migrator.create_model
    class Tenant(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        name = pw.CharField()
        slug = pw.CharField(max_length=100, unique=True)

        class Meta:
            table_name = "tenants"
            legacy_table_names = False

    @migrator.create_model
    class Subscription(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        tenant = pw.ForeignKeyField(Tenant, on_delete="CASCADE")
        plan = pw.ForeignKeyField(Plan, on_delete="RESTRICT")
        stripe_subscription_id = pw.CharField(unique=True)
        status = EnumField(
            ("trialing", "active", "past_due", "canceled"),
            "subscriptionstatus",
            constraints=[pw.Default("'trialing'")],
        )
        current_period_end = DateTimeTZField(null=True)
        cancel_at_period_end = pw.BooleanField(constraints=[pw.Default("FALSE")])

        class Meta:
            table_name = "subscriptions"
            legacy_table_names = False

    @migrator.create_model
    class TenantConfig(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        tenant = pw.ForeignKeyField(Tenant, on_delete="CASCADE", unique=True)
        stripe_customer_id = pw.CharField(null=True, unique=True)
        settings = pw.JSONField(constraints=[pw.Default("'{}'")])

        class Meta:
            table_name = "tenant_config"
            legacy_table_names = False


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.remove_model("tenant_config")
    migrator.remove_model("subscriptions")
    migrator.remove_model("tenants")
    migrator.remove_model("plans")
    migrator.drop_enum("subscriptionstatus")
