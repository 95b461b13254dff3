"""The reference schema on PostgreSQL, changed by hand: `verify` says exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import peewee as pw
import pytest

from dbkit import migrate, verify
from dbkit.models import MODELS
from dbkit.transactions import rolled_back
from tests.changes import (
    Case,
    by_hand,
    by_place,
    changes,
    different,
    missing,
    one_per_server,
    run,
    unexpected,
)
from tests.conftest import MIGRATIONS, POSTGRES

# PostgreSQL: the statements a person ran, and every difference that then is one.
BY_HAND: dict[str, Case] = {
    "table dropped": (
        "DROP TABLE budget_entries",
        [missing("table", "budget_entries", "budget_entries")],
    ),
    "table renamed": (
        "ALTER TABLE tenant_config RENAME TO tenant_configs",
        [missing("table", "tenant_config", "tenant_config")],
    ),
    "table made unlogged": (
        "ALTER TABLE budget_entries SET UNLOGGED",
        [
            different(
                "table",
                "budget_entries",
                "budget_entries",
                {"kind": "table"},
                {"kind": "unlogged table"},
            )
        ],
    ),
    "column added": (
        "ALTER TABLE users ADD COLUMN nickname text",
        [unexpected("column", "users", "nickname")],
    ),
    "column dropped": (
        "ALTER TABLE users DROP COLUMN quota_reset_date",
        [missing("column", "users", "quota_reset_date")],
    ),
    "column renamed": (
        "ALTER TABLE payments RENAME COLUMN paid_at TO payed_at",
        [unexpected("column", "payments", "payed_at"), missing("column", "payments", "paid_at")],
    ),
    "length changed": (
        "ALTER TABLE users ALTER email TYPE varchar(100)",
        [
            different(
                "column",
                "users",
                "email",
                {"type": "character varying(255)"},
                {"type": "character varying(100)"},
            )
        ],
    ),
    "type widened": (
        "ALTER TABLE users ALTER api_quota_daily TYPE bigint",
        [different("column", "users", "api_quota_daily", {"type": "integer"}, {"type": "bigint"})],
    ),
    "scale changed": (
        "ALTER TABLE payments ALTER amount TYPE numeric(12,4)",
        [
            different(
                "column", "payments", "amount", {"type": "numeric(12,2)"}, {"type": "numeric(12,4)"}
            )
        ],
    ),
    "double made single": (
        "ALTER TABLE campaigns ALTER spend TYPE real",
        [different("column", "campaigns", "spend", {"type": "double precision"}, {"type": "real"})],
    ),
    "time zone lost": (
        "ALTER TABLE campaigns ALTER end_date TYPE timestamp",
        [
            different(
                "column",
                "campaigns",
                "end_date",
                {"type": "timestamp with time zone"},
                {"type": "timestamp without time zone"},
            )
        ],
    ),
    "jsonb made json": (
        "ALTER TABLE agent_jobs ALTER output_data TYPE json",
        [different("column", "agent_jobs", "output_data", {"type": "jsonb"}, {"type": "json"})],
    ),
    "enum made text": (
        "ALTER TABLE agent_jobs ALTER agent_type TYPE text",
        [different("column", "agent_jobs", "agent_type", {"type": "agenttype"}, {"type": "text"})],
    ),
    "collation changed": (
        'ALTER TABLE tenants ALTER name TYPE varchar(255) COLLATE "C"',
        [different("column", "tenants", "name", {"collation": None}, {"collation": '"C"'})],
    ),
    "not null dropped": (
        "ALTER TABLE users ALTER password_hash DROP NOT NULL",
        [different("column", "users", "password_hash", {"nullable": False}, {"nullable": True})],
    ),
    "not null set": (
        "ALTER TABLE campaigns ALTER description SET NOT NULL",
        [different("column", "campaigns", "description", {"nullable": True}, {"nullable": False})],
    ),
    "default changed": (
        "ALTER TABLE users ALTER api_quota_daily SET DEFAULT 10",
        [different("column", "users", "api_quota_daily", {"default": "5"}, {"default": "10"})],
    ),
    "enum default changed": (
        "ALTER TABLE users ALTER status SET DEFAULT 'suspended'",
        [
            different(
                "column",
                "users",
                "status",
                {"default": "'active'::accountstatus"},
                {"default": "'suspended'::accountstatus"},
            )
        ],
    ),
    "default dropped": (
        "ALTER TABLE users ALTER created_at DROP DEFAULT",
        [
            different(
                "column", "users", "created_at", {"default": "CURRENT_TIMESTAMP"}, {"default": None}
            )
        ],
    ),
    "default set": (
        "ALTER TABLE campaigns ALTER description SET DEFAULT ''",
        [
            different(
                "column",
                "campaigns",
                "description",
                {"default": None},
                {"default": "''::character varying"},
            )
        ],
    ),
    "sequence lost": (
        "ALTER TABLE tenants ALTER id DROP DEFAULT",
        [different("column", "tenants", "id", {"identity": "serial"}, {"identity": ""})],
    ),
    "serial made identity": (
        "ALTER TABLE tenants ALTER id DROP DEFAULT;"
        "ALTER TABLE tenants ALTER id ADD GENERATED ALWAYS AS IDENTITY",
        [different("column", "tenants", "id", {"identity": "serial"}, {"identity": "always"})],
    ),
    "column made generated": (
        "ALTER TABLE requests DROP COLUMN duration_ms;"
        "ALTER TABLE requests ADD duration_ms integer GENERATED ALWAYS AS (status_code * 2) STORED",
        [
            different(
                "column",
                "requests",
                "duration_ms",
                {"generated": None},
                {"generated": "(status_code * 2)"},
            )
        ],
    ),
    "primary key dropped": (
        "ALTER TABLE requests DROP CONSTRAINT requests_pkey",
        [missing("primary key", "requests", "requests_pkey (id)")],
    ),
    "primary key widened": (
        "ALTER TABLE requests DROP CONSTRAINT requests_pkey, ADD PRIMARY KEY (id, user_id)",
        [
            different(
                "primary key",
                "requests",
                "requests_pkey (id)",
                {"columns": ["id"]},
                {"columns": ["id", "user_id"]},
            )
        ],
    ),
    "foreign key dropped": (
        "ALTER TABLE api_keys DROP CONSTRAINT api_keys_user_id_fkey",
        [missing("foreign key", "api_keys", "api_keys_user_id_fkey (user_id)")],
    ),
    "cascade lost": (
        "ALTER TABLE budgets DROP CONSTRAINT budgets_user_id_fkey,"
        " ADD FOREIGN KEY (user_id) REFERENCES users",
        [
            different(
                "foreign key",
                "budgets",
                "budgets_user_id_fkey (user_id)",
                {"on_delete": "CASCADE"},
                {"on_delete": "NO ACTION"},
            )
        ],
    ),
    "on update added": (
        "ALTER TABLE content_assets DROP CONSTRAINT content_assets_campaign_id_fkey, ADD FOREIGN"
        " KEY (campaign_id) REFERENCES campaigns ON DELETE SET NULL ON UPDATE CASCADE",
        [
            different(
                "foreign key",
                "content_assets",
                "content_assets_campaign_id_fkey (campaign_id)",
                {"on_update": "NO ACTION"},
                {"on_update": "CASCADE"},
            )
        ],
    ),
    "foreign key to another table": (
        "ALTER TABLE budget_entries DROP CONSTRAINT budget_entries_agent_job_id_fkey, ADD FOREIGN"
        " KEY (agent_job_id) REFERENCES campaigns ON DELETE CASCADE",
        [
            different(
                "foreign key",
                "budget_entries",
                "budget_entries_agent_job_id_fkey (agent_job_id)",
                {"target": "agent_jobs"},
                {"target": "campaigns"},
            )
        ],
    ),
    "foreign key deferrable": (
        "ALTER TABLE policies ALTER CONSTRAINT policies_user_id_fkey DEFERRABLE",
        [
            different(
                "foreign key",
                "policies",
                "policies_user_id_fkey (user_id)",
                {"deferrable": ""},
                {"deferrable": "INITIALLY IMMEDIATE"},
            )
        ],
    ),
    "foreign key not validated": (
        "ALTER TABLE policies DROP CONSTRAINT policies_user_id_fkey, ADD FOREIGN KEY (user_id)"
        " REFERENCES users ON DELETE CASCADE NOT VALID",
        [
            different(
                "foreign key",
                "policies",
                "policies_user_id_fkey (user_id)",
                {"validated": True},
                {"validated": False},
            )
        ],
    ),
    "foreign key added": (
        "ALTER TABLE tenants ADD FOREIGN KEY (id) REFERENCES plans",
        [unexpected("foreign key", "tenants", "tenants_id_fkey (id)")],
    ),
    "unique constraint added": (
        "ALTER TABLE campaigns ADD UNIQUE (name)",
        [unexpected("unique constraint", "campaigns", "campaigns_name_key (name)")],
    ),
    "unique index dropped": (
        "DROP INDEX users_email",
        [missing("unique index", "users", "users_email (email)")],
    ),
    "unique index made plain": (
        "DROP INDEX users_email; CREATE INDEX users_email ON users (email)",
        [
            different(
                "unique index", "users", "users_email (email)", {"unique": True}, {"unique": False}
            )
        ],
    ),
    "named index dropped": (
        "DROP INDEX idx_api_keys_user_id",
        [missing("index", "api_keys", "idx_api_keys_user_id (user_id)")],
    ),
    "named index renamed": (
        "ALTER INDEX idx_api_keys_key_hash RENAME TO api_keys_hash",
        [
            different(
                "unique index",
                "api_keys",
                "idx_api_keys_key_hash (key_hash)",
                {"name": "idx_api_keys_key_hash"},
                {"name": "api_keys_hash"},
            )
        ],
    ),
    "index added": (
        "CREATE INDEX by_budget ON campaigns (budget)",
        [unexpected("index", "campaigns", "by_budget (budget)")],
    ),
    "index made partial": (
        "DROP INDEX campaigns_name; CREATE INDEX campaigns_name ON campaigns (name)"
        " WHERE budget > 0",
        [
            different(
                "index",
                "campaigns",
                "campaigns_name (name)",
                {"where": None},
                {"where": "(budget > (0)::double precision)"},
            )
        ],
    ),
    "index turned round": (
        "DROP INDEX requests_user_id_created_at;"
        "CREATE INDEX requests_user_id_created_at ON requests (user_id, created_at DESC)",
        [
            different(
                "index",
                "requests",
                "requests_user_id_created_at (user_id, created_at)",
                {"keys": ["user_id", "created_at"]},
                {"keys": ["user_id", "created_at DESC"]},
            )
        ],
    ),
    "index by another method": (
        "DROP INDEX campaigns_status; CREATE INDEX campaigns_status ON campaigns USING hash"
        " (status)",
        [
            different(
                "index",
                "campaigns",
                "campaigns_status (status)",
                {"method": "btree"},
                {"method": "hash"},
            )
        ],
    ),
    "check dropped": (
        "ALTER TABLE payments DROP CONSTRAINT payments_amount_positive",
        [missing("check constraint", "payments", "payments_amount_positive")],
    ),
    "check changed": (
        "ALTER TABLE payments DROP CONSTRAINT payments_amount_positive, ADD CONSTRAINT"
        " payments_amount_positive CHECK (amount >= 0)",
        [
            different(
                "check constraint",
                "payments",
                "payments_amount_positive",
                {"expression": "(amount > (0)::numeric)"},
                {"expression": "(amount >= (0)::numeric)"},
            )
        ],
    ),
    "check added": (
        "ALTER TABLE users ADD CONSTRAINT has_at CHECK (email LIKE '%@%')",
        [unexpected("check constraint", "users", "has_at")],
    ),
    "check not validated": (
        "ALTER TABLE payments DROP CONSTRAINT payments_amount_positive, ADD CONSTRAINT"
        " payments_amount_positive CHECK (amount > 0) NOT VALID",
        [
            different(
                "check constraint",
                "payments",
                "payments_amount_positive",
                {"validated": True},
                {"validated": False},
            )
        ],
    ),
    "enum label added": (
        "ALTER TYPE usertier ADD VALUE 'team'",
        [
            different(
                "enum type",
                None,
                "usertier",
                {"labels": ["free", "pro", "enterprise"]},
                {"labels": ["free", "pro", "enterprise", "team"]},
            )
        ],
    ),
    "enum label out of order": (
        "ALTER TYPE usertier ADD VALUE 'trial' BEFORE 'free'",
        [
            different(
                "enum type",
                None,
                "usertier",
                {"labels": ["free", "pro", "enterprise"]},
                {"labels": ["trial", "free", "pro", "enterprise"]},
            )
        ],
    ),
    "enum label renamed": (
        "ALTER TYPE jobstatus RENAME VALUE 'cancelled' TO 'canceled'",
        [
            different(
                "enum type",
                None,
                "jobstatus",
                {"labels": ["pending", "running", "completed", "failed", "cancelled"]},
                {"labels": ["pending", "running", "completed", "failed", "canceled"]},
            )
        ],
    ),
    "enum type renamed": (
        "ALTER TYPE jobstatus RENAME TO job_status",
        [
            missing("enum type", None, "jobstatus"),
            different(
                "column",
                "agent_jobs",
                "status",
                {"type": "jobstatus", "default": "'pending'::jobstatus"},
                {"type": "job_status", "default": "'pending'::job_status"},
            ),
        ],
    ),
}

# What a person may do without the models being any less true.
NOTHING: dict[str, str] = {
    "index of a made-up name renamed": "ALTER INDEX users_email RENAME TO by_email",
    "constraint of a made-up name renamed": (
        "ALTER TABLE budgets RENAME CONSTRAINT budgets_user_id_fkey TO owner"
    ),
    "primary key renamed": "ALTER INDEX users_pkey RENAME TO users_key",
    "sequence moved on": "SELECT setval('users_id_seq', 1000)",
    "sequence renamed": "ALTER SEQUENCE users_id_seq RENAME TO numbers",
    "reindexed": "REINDEX TABLE users",
    "statistics": "ANALYZE users; ALTER TABLE users ALTER email SET STATISTICS 500",
    "a type spelled another way": "ALTER TABLE users ALTER email TYPE varchar (255)",
    "a default spelled another way": (
        "ALTER TABLE users ALTER subscription_tier SET DEFAULT 'free'::usertier"
    ),
    "a check spelled another way": (
        "ALTER TABLE payments DROP CONSTRAINT payments_amount_positive, ADD CONSTRAINT"
        " payments_amount_positive CHECK ((((amount)) >  0::numeric))"
    ),
    "column moved to the end": (
        "ALTER TABLE payments DROP COLUMN paid_at; ALTER TABLE payments ADD paid_at timestamptz"
    ),
    "another schema": "CREATE SCHEMA other; CREATE TABLE other.users (id text)",
    "a comment": "COMMENT ON TABLE users IS 'people'",
    "a grant": "GRANT SELECT ON users TO PUBLIC",
    "a view": "CREATE VIEW paying AS SELECT * FROM users WHERE subscription_tier <> 'free'",
}


@one_per_server
def migrated(database: pw.Database) -> None:
    migrate(database, MIGRATIONS)


@pytest.fixture(params=POSTGRES)
def live(request: pytest.FixtureRequest) -> Iterator[pw.Database]:
    database = migrated(request.param)
    with rolled_back(database):
        yield database


@pytest.mark.parametrize(("statements", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_a_change_by_hand_is_said_exactly(
    live: pw.Database, statements: str, expected: list[dict[str, Any]]
) -> None:
    found, causes = by_hand(live, statements)
    assert found == sorted(expected, key=by_place)
    assert causes == {("by hand",)}


@pytest.mark.parametrize("statements", NOTHING.values(), ids=NOTHING)
def test_what_means_nothing_is_no_difference(live: pw.Database, statements: str) -> None:
    run(live, statements)
    assert changes(live) == []


def test_the_report_prints_both_sides(live: pw.Database) -> None:
    run(
        live,
        "ALTER TABLE users ALTER email TYPE varchar(100); DROP INDEX users_email;"
        "CREATE INDEX other ON users (status); DROP TABLE tenant_config",
    )
    assert (
        str(verify(live, MODELS))
        == """\
tables
  - table tenant_config is missing from the database
users
  ~ column email differs
      type:
        model:    character varying(255)
        database: character varying(100)
  + index other (status) is in the database but not in the models
  - unique index users_email (email) is missing from the database
16 tables compared: 4 differences"""
    )
