"""The users of an API service: their rights, requests and payments."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

import peewee as pw

from dbkit.fields import DateTimeTZField, EnumField, server_default

from .base import TimestampedModel


class UserTier(StrEnum):
    FREE = "free"
    PRO = "pro"
    ENTERPRISE = "enterprise"


class AccountStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class ApiKeyStatus(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class PaymentStatus(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    REFUNDED = "refunded"


class RequestStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"


def _money(**options: Any) -> pw.DecimalField:
    return pw.DecimalField(max_digits=12, decimal_places=2, **options)


class User(TimestampedModel):
    email = pw.CharField(unique=True)
    password_hash = pw.CharField()
    subscription_tier = EnumField(UserTier, **server_default(UserTier.FREE))
    status = EnumField(AccountStatus, **server_default(AccountStatus.ACTIVE))
    api_quota_daily = pw.IntegerField(**server_default(5))
    api_quota_used_today = pw.IntegerField(**server_default(0))
    quota_reset_date = pw.DateField(**server_default(dt.date.today, "CURRENT_DATE"))

    class Meta:
        table_name = "users"


class UserConfiguration(TimestampedModel):
    user = pw.ForeignKeyField(User, backref="configurations", on_delete="CASCADE")
    key = pw.CharField(max_length=100)
    value = pw.JSONField()

    class Meta:
        table_name = "user_configurations"
        indexes = ((("user", "key"), True),)


class SystemConfiguration(TimestampedModel):
    key = pw.CharField(max_length=100, unique=True)
    value = pw.JSONField()
    description = pw.TextField(null=True)

    class Meta:
        table_name = "system_configurations"


class ApiKey(TimestampedModel):
    user = pw.ForeignKeyField(User, backref="api_keys", on_delete="CASCADE", index=False)
    name = pw.CharField(max_length=100)
    key_hash = pw.CharField()
    status = EnumField(ApiKeyStatus, **server_default(ApiKeyStatus.ACTIVE))
    last_used_at = DateTimeTZField(null=True)
    expires_at = DateTimeTZField(null=True)

    class Meta:
        table_name = "api_keys"


ApiKey.add_index(ApiKey.key_hash, unique=True, name="idx_api_keys_key_hash")
ApiKey.add_index(ApiKey.user, name="idx_api_keys_user_id")


class Budget(TimestampedModel):
    user = pw.ForeignKeyField(User, backref="budgets", on_delete="CASCADE")
    name = pw.CharField(max_length=100)
    amount = _money()
    spent = _money(**server_default(0))
    starts_on = pw.DateField()
    ends_on = pw.DateField(null=True)

    class Meta:
        table_name = "budgets"
        constraints = [
            pw.Check("amount >= 0", "budgets_amount_not_negative"),
            pw.Check("ends_on >= starts_on", "budgets_ends_after_start"),
        ]


class Policy(TimestampedModel):
    user = pw.ForeignKeyField(User, backref="policies", on_delete="CASCADE")
    name = pw.CharField(max_length=100)
    rules = pw.JSONField(**server_default({}))
    is_enabled = pw.BooleanField(**server_default(True))

    class Meta:
        table_name = "policies"
        indexes = ((("user", "name"), True),)


class Payment(TimestampedModel):
    user = pw.ForeignKeyField(User, backref="payments", on_delete="CASCADE")
    amount = _money()
    currency = pw.FixedCharField(max_length=3, **server_default("USD"))
    status = EnumField(PaymentStatus, index=True, **server_default(PaymentStatus.PENDING))
    provider_reference = pw.CharField(null=True, unique=True)
    paid_at = DateTimeTZField(null=True)

    class Meta:
        table_name = "payments"
        constraints = [pw.Check("amount > 0", "payments_amount_positive")]


class Request(TimestampedModel):
    id = pw.BigAutoField()
    user = pw.ForeignKeyField(User, backref="requests", on_delete="CASCADE")
    api_key = pw.ForeignKeyField(ApiKey, backref="requests", null=True, on_delete="CASCADE")
    method = pw.CharField(max_length=10)
    path = pw.CharField(max_length=500)
    status = EnumField(RequestStatus, **server_default(RequestStatus.PENDING))
    status_code = pw.SmallIntegerField(null=True)
    duration_ms = pw.IntegerField(null=True)
    cost = pw.DecimalField(max_digits=12, decimal_places=6, **server_default(0))

    class Meta:
        table_name = "requests"
        indexes = ((("user", "created_at"), False),)
