"""Users of the API service, their keys, budgets, policies, payments and requests."""

from typing import Any

import peewee as pw

from dbkit.fields import DateTimeTZField, EnumField
from dbkit.migration import Migrator

ENUMS = {
    "usertier": ("free", "pro", "enterprise"),
    "accountstatus": ("active", "suspended", "closed"),
    "apikeystatus": ("active", "expired", "revoked"),
    "paymentstatus": ("pending", "completed", "failed", "refunded"),
    "requeststatus": ("pending", "succeeded", "failed", "rejected"),
}


def default(sql: str) -> dict[str, Any]:
    return {"constraints": [pw.SQL(f"DEFAULT {sql}")]}


def enum(name: str, label: str, **options: Any) -> EnumField:
    return EnumField(ENUMS[name], name, **default(f"'{label}'"), **options)


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    for name, labels in ENUMS.items():
        migrator.create_enum(name, labels)

    class Timestamped(pw.Model):
        created_at = DateTimeTZField(**default("CURRENT_TIMESTAMP"))
        updated_at = DateTimeTZField(**default("CURRENT_TIMESTAMP"))

        class Meta:
            legacy_table_names = False  # indexes are named after the table

    @migrator.create_model
    class User(Timestamped):
        email = pw.CharField(unique=True)
        password_hash = pw.CharField()
        subscription_tier = enum("usertier", "free")
        status = enum("accountstatus", "active")
        api_quota_daily = pw.IntegerField(**default("5"))
        api_quota_used_today = pw.IntegerField(**default("0"))
        quota_reset_date = pw.DateField(**default("CURRENT_DATE"))

        class Meta:
            table_name = "users"

    @migrator.create_model
    class UserConfiguration(Timestamped):
        user = pw.ForeignKeyField(User, on_delete="CASCADE")
        key = pw.CharField(max_length=100)
        value = pw.JSONField()

        class Meta:
            table_name = "user_configurations"
            indexes = ((("user", "key"), True),)

    @migrator.create_model
    class SystemConfiguration(Timestamped):
        key = pw.CharField(max_length=100, unique=True)
        value = pw.JSONField()
        description = pw.TextField(null=True)

        class Meta:
            table_name = "system_configurations"

    @migrator.create_model
    class ApiKey(Timestamped):
        user = pw.ForeignKeyField(User, on_delete="CASCADE", index=False)
        name = pw.CharField(max_length=100)
        key_hash = pw.CharField()
        status = enum("apikeystatus", "active")
        last_used_at = DateTimeTZField(null=True)
        expires_at = DateTimeTZField(null=True)

        class Meta:
            table_name = "api_keys"

    ApiKey.add_index(ApiKey.key_hash, unique=True, name="idx_api_keys_key_hash")
    ApiKey.add_index(ApiKey.user, name="idx_api_keys_user_id")

    @migrator.create_model
    class Budget(Timestamped):
        user = pw.ForeignKeyField(User, on_delete="CASCADE")
        name = pw.CharField(max_length=100)
        amount = pw.DecimalField(max_digits=12, decimal_places=2)
        spent = pw.DecimalField(max_digits=12, decimal_places=2, **default("0"))
        starts_on = pw.DateField()
        ends_on = pw.DateField(null=True)

        class Meta:
            table_name = "budgets"
            constraints = [
                pw.Check("amount >= 0", "budgets_amount_not_negative"),
                pw.Check("ends_on >= starts_on", "budgets_ends_after_start"),
            ]

    @migrator.create_model
    class Policy(Timestamped):
        user = pw.ForeignKeyField(User, on_delete="CASCADE")
        name = pw.CharField(max_length=100)
        rules = pw.JSONField(**default("'{}'"))
        is_enabled = pw.BooleanField(**default("TRUE"))

        class Meta:
            table_name = "policies"
            indexes = ((("user", "name"), True),)

    @migrator.create_model
    class Payment(Timestamped):
        user = pw.ForeignKeyField(User, on_delete="CASCADE")
        amount = pw.DecimalField(max_digits=12, decimal_places=2)
        currency = pw.FixedCharField(max_length=3, **default("'USD'"))
        status = enum("paymentstatus", "pending", index=True)
        provider_reference = pw.CharField(null=True, unique=True)
        paid_at = DateTimeTZField(null=True)

        class Meta:
            table_name = "payments"
            constraints = [pw.Check("amount > 0", "payments_amount_positive")]

    @migrator.create_model
    class Request(Timestamped):
        id = pw.BigAutoField()
        user = pw.ForeignKeyField(User, on_delete="CASCADE")
        api_key = pw.ForeignKeyField(ApiKey, null=True, on_delete="CASCADE")
        method = pw.CharField(max_length=10)
        path = pw.CharField(max_length=500)
        status = enum("requeststatus", "pending")
        status_code = pw.SmallIntegerField(null=True)
        duration_ms = pw.IntegerField(null=True)
        cost = pw.DecimalField(max_digits=12, decimal_places=6, **default("0"))

        class Meta:
            table_name = "requests"
            indexes = ((("user", "created_at"), False),)


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.remove_model("requests")
    migrator.remove_model("payments")
    migrator.remove_model("policies")
    migrator.remove_model("budgets")
    migrator.remove_model("api_keys")
    migrator.remove_model("system_configurations")
    migrator.remove_model("user_configurations")
    migrator.remove_model("users")
    for name in ENUMS:
        migrator.drop_enum(name)
