"""Tenants, plans and subscriptions."""

from __future__ import annotations

from enum import StrEnum

import peewee as pw

from dbkit.fields import DateTimeTZField, EnumField, server_default

from .base import TimestampedModel


class SubscriptionStatus(StrEnum):
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELED = "canceled"


class Tenant(TimestampedModel):
    name = pw.CharField()
    slug = pw.CharField(max_length=100, unique=True)

    class Meta:
        table_name = "tenants"


class Plan(TimestampedModel):
    name = pw.CharField(max_length=100, unique=True)
    price_monthly = pw.DecimalField(max_digits=12, decimal_places=2)
    currency = pw.FixedCharField(max_length=3, **server_default("USD"))
    features = pw.JSONField(**server_default({}))
    is_active = pw.BooleanField(**server_default(True))

    class Meta:
        table_name = "plans"
        constraints = [pw.Check("price_monthly >= 0", "plans_price_not_negative")]


class Subscription(TimestampedModel):
    tenant = pw.ForeignKeyField(Tenant, backref="subscriptions", on_delete="CASCADE")
    plan = pw.ForeignKeyField(Plan, backref="subscriptions", on_delete="RESTRICT")
    stripe_subscription_id = pw.CharField(unique=True)
    status = EnumField(SubscriptionStatus, **server_default(SubscriptionStatus.TRIALING))
    current_period_end = DateTimeTZField(null=True)
    cancel_at_period_end = pw.BooleanField(**server_default(False))

    class Meta:
        table_name = "subscriptions"


class TenantConfig(TimestampedModel):
    tenant = pw.ForeignKeyField(Tenant, backref="config", unique=True, on_delete="CASCADE")
    stripe_customer_id = pw.CharField(unique=True, null=True)
    settings = pw.JSONField(**server_default({}))

    class Meta:
        table_name = "tenant_config"
