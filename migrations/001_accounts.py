"""Add tables api_keys, budgets, payments, policies, requests, system_configurations, user_c...."""

import peewee as pw

from dbkit.fields import DateTimeTZField, EnumField
from dbkit.migration import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.create_enum("usertier", ("free", "pro", "enterprise"))
    migrator.create_enum("accountstatus", ("active", "suspended", "closed"))
    migrator.create_enum("apikeystatus", ("active", "expired", "revoked"))
    migrator.create_enum("paymentstatus", ("pending", "completed", "failed", "refunded"))
    migrator.create_enum("requeststatus", ("pending", "succeeded", "failed", "rejected"))

    @migrator.create_model
    class User(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        email = pw.CharField(unique=True)
        password_hash = pw.CharField()
        subscription_tier = EnumField(
            ("free", "pro", "enterprise"), "usertier", constraints=[pw.Default("'free'")]
        )
        status = EnumField(
            ("active", "suspended", "closed"), "accountstatus", constraints=[pw.Default("'active'")]
        )
        api_quota_daily = pw.IntegerField(constraints=[pw.Default("5")])
        api_quota_used_today = pw.IntegerField(constraints=[pw.Default("0")])
        quota_reset_date = pw.DateField(constraints=[pw.Default("CURRENT_DATE")])

        class Meta:
            table_name = "users"
            legacy_table_names = False

    @migrator.create_model
    class ApiKey(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        user = pw.ForeignKeyField(User, on_delete="CASCADE", index=False)
        name = pw.CharField(max_length=100)
        key_hash = pw.CharField()
        status = EnumField(
            ("active", "expired", "revoked"), "apikeystatus", constraints=[pw.Default("'active'")]
        )
        last_used_at = DateTimeTZField(null=True)
        expires_at = DateTimeTZField(null=True)

        class Meta:
            table_name = "api_keys"
            legacy_table_names = False

    ApiKey.add_index(ApiKey.key_hash, unique=True, name="idx_api_keys_key_hash")

    ApiKey.add_index(ApiKey.user, name="idx_api_keys_user_id")

    @migrator.create_model
    class Budget(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        user = pw.ForeignKeyField(User, on_delete="CASCADE")
        name = pw.CharField(max_length=100)
        amount = pw.DecimalField(max_digits=12, decimal_places=2)
        spent = pw.DecimalField(max_digits=12, decimal_places=2, constraints=[pw.Default("0")])
        starts_on = pw.DateField()
        ends_on = pw.DateField(null=True)

        class Meta:
            table_name = "budgets"
            legacy_table_names = False
            constraints = [
                pw.Check("amount >= 0", "budgets_amount_not_negative"),
                pw.Check("ends_on >= starts_on", "budgets_ends_after_start"),
            ]

    @migrator.create_model
    class Payment(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        user = pw.ForeignKeyField(User, on_delete="CASCADE")
        amount = pw.DecimalField(max_digits=12, decimal_places=2)
        currency = pw.FixedCharField(max_length=3, constraints=[pw.Default("'USD'")])
        status = EnumField(
            ("pending", "completed", "failed", "refunded"),
            "paymentstatus",
            index=True,
            constraints=[pw.Default("'pending'")],
        )
        provider_reference = pw.CharField(null=True, unique=True)
        paid_at = DateTimeTZField(null=True)

        class Meta:
            table_name = "payments"
            legacy_table_names = False
            constraints = [pw.Check("amount > 0", "payments_amount_positive")]

    @migrator.create_model
    class Policy(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        user = pw.ForeignKeyField(User, on_delete="CASCADE")
        name = pw.CharField(max_length=100)
        rules = pw.JSONField(constraints=[pw.Default("'{}'")])
        is_enabled = pw.BooleanField(constraints=[pw.Default("TRUE")])

        class Meta:
            table_name = "policies"
            legacy_table_names = False
            indexes = [(("user", "name"), True)]

    @migrator.create_model
    class Request(pw.Model):
        id = pw.BigAutoField()
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        user = pw.ForeignKeyField(User, on_delete="CASCADE")
        api_key = pw.ForeignKeyField(ApiKey, on_delete="CASCADE", null=True)
        method = pw.CharField(max_length=10)
        path = pw.CharField(max_length=500)
        status = EnumField(
            ("pending", "succeeded", "failed", "rejected"),
            "requeststatus",
            constraints=[pw.Default("'pending'")],
        )
        status_code = pw.SmallIntegerField(null=True)
        duration_ms = pw.IntegerField(null=True)
        cost = pw.DecimalField(max_digits=12, decimal_places=6, constraints=[pw.Default("0")])

        class Meta:
            table_name = "requests"
            legacy_table_names = False
            indexes = [(("user", "created_at"), False)]

    @migrator.create_model
    class SystemConfiguration(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        key = pw.CharField(max_length=100, unique=True)
        value = pw.JSONField()
        description = pw.TextField(null=True)

        class Meta:
            table_name = "system_configurations"
            legacy_table_names = False

    @migrator.create_model
    class UserConfiguration(pw.Model):
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        user = pw.ForeignKeyField(User, on_delete="CASCADE")
        key = pw.CharField(max_length=100)
        value = pw.JSONField()

        class Meta:
            table_name = "user_configurations"
            legacy_table_names = False
            indexes = [(("user", "key"), True)]


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.remove_model("user_configurations")
    migrator.remove_model("system_configurations")
    migrator.remove_model("requests")
    migrator.remove_model("policies")
    migrator.remove_model("payments")
    migrator.remove_model("budgets")
    migrator.remove_model("api_keys")
    migrator.remove_model("users")
    migrator.drop_enum("usertier")
    migrator.drop_enum("accountstatus")
    migrator.drop_enum("apikeystatus")
    migrator.drop_enum("paymentstatus")
    migrator.drop_enum("requeststatus")
