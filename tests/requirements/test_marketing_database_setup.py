"""requirements/marketing-database-setup.md: each test names the step it covers.

Step 3 is the schema, column by column; the properties of its models are tested by
tests/cases/test_reference_models.py, seed rows and connecting by the tests of seeding and check.
"""

from __future__ import annotations

import uuid

import peewee as pw
import pytest

from dbkit import migrate, models, rollback, seed, status
from dbkit.migration import reset
from dbkit.models import MODELS, Campaign
from tests.conftest import MIGRATIONS, SEEDS

from . import catalog
from .catalog import Col, Key

# BaseModel: the id is made by Python (default=uuid.uuid4), the times by the server too
MOMENT = Col("timestamp with time zone", True, "CURRENT_TIMESTAMP")
BASE = {"id": Col("uuid"), "created_at": MOMENT, "updated_at": MOMENT}
METRIC = Col("double precision", False, "0.0")
COLUMNS = {
    "campaigns": {
        **BASE,
        "name": Col("character varying(255)"),
        "description": Col("character varying(1000)", False),
        "status": Col("campaignstatus", True, "'draft'::campaignstatus"),
        "budget": Col("double precision", True, "0.0"),
        "spend": Col("double precision", True, "0.0"),
        "start_date": Col("timestamp with time zone"),
        "end_date": Col("timestamp with time zone", False),
        "impressions": METRIC,
        "clicks": METRIC,
        "conversions": METRIC,
        "roi": METRIC,
    },
    "content_assets": {
        **BASE,
        "title": Col("character varying(500)"),
        "content": Col("text"),
        "content_type": Col("contenttype"),
        "status": Col("contentstatus", True, "'draft'::contentstatus"),
        "metadata": Col("jsonb", False, "'{}'::jsonb"),
        "campaign_id": Col("uuid", False),
        "agent_job_id": Col("uuid", False),
    },
    "agent_jobs": {
        **BASE,
        "agent_type": Col("agenttype"),
        "status": Col("jobstatus", True, "'pending'::jobstatus"),
        "input_data": Col("jsonb"),
        "output_data": Col("jsonb", False),
        "started_at": Col("timestamp with time zone", False),
        "completed_at": Col("timestamp with time zone", False),
        "error_message": Col("text", False),
        "retry_count": METRIC,
        "tokens_used": METRIC,
        "cost": METRIC,
    },
    "budget_entries": {
        **BASE,
        "resource_type": Col("resourcetype"),
        "cost": Col("double precision"),
        "tokens_used": METRIC,
        "model_used": Col("character varying(100)", False),
        "description": Col("character varying(500)", False),
        "agent_job_id": Col("uuid", False),
    },
}
ENUMS = {
    "campaignstatus": ["draft", "active", "paused", "completed", "archived"],
    "contenttype": ["blog", "email", "social", "video_script", "ad_copy", "landing_page"],
    "contentstatus": ["draft", "review", "approved", "published", "archived"],
    "agenttype": ["seo_writer", "email_marketer", "social_media", "analyst", "optimizer"],
    "jobstatus": ["pending", "running", "completed", "failed", "cancelled"],
    "resourcetype": ["openai_api", "web_search", "file_search", "image_generation", "embedding"],
}
# index=True of the document; the key needs no second one
INDEXED = {
    "campaigns": {"name", "status"},
    "content_assets": {"title", "content_type", "status", "campaign_id", "agent_job_id"},
    "agent_jobs": {"agent_type", "status"},
    "budget_entries": {"resource_type", "agent_job_id"},
}
FOREIGN_KEYS = {
    "campaigns": set(),
    "agent_jobs": set(),
    "content_assets": {
        Key("campaign_id", "campaigns", "id", "SET NULL"),
        Key("agent_job_id", "agent_jobs", "id", "SET NULL"),
    },
    "budget_entries": {Key("agent_job_id", "agent_jobs", "id", "CASCADE")},
}
# the least that a row of each table needs
LEAST: dict[str, dict[str, object]] = {
    "campaigns": {"name": "Q4", "start_date": "2025-10-01 00:00:00+00:00"},
    "content_assets": {"title": "Ten ways", "content": "<p>", "content_type": "blog"},
    "agent_jobs": {"agent_type": "analyst", "input_data": "{}"},
    "budget_entries": {"resource_type": "embedding", "cost": 0.1},
}
REQUIRED = [(table, column) for table, values in LEAST.items() for column in ("id", *values)]


def add(database: pw.Database, table: str, **values: object) -> str:
    key = str(uuid.uuid4())
    return str(catalog.insert(database, table, **{"id": key, **LEAST[table], **values}))


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_step_3_columns(migrated: pw.Database, table: str) -> None:
    """Step 3: types, nullability and defaults, nothing more and nothing less."""
    assert catalog.columns(migrated, table) == catalog.expected(migrated, COLUMNS[table])


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_step_3_the_key_is_the_uuid(migrated: pw.Database, table: str) -> None:
    assert catalog.primary_key(migrated, table) == ["id"]
    key = add(migrated, table)
    with pytest.raises(pw.IntegrityError):
        add(migrated, table, id=key)


@pytest.mark.parametrize("type_", sorted(ENUMS))
def test_step_3_enum_types(migrated_postgres: pw.Database, type_: str) -> None:
    """Step 3: native enum types with the labels in the document's order."""
    assert catalog.enums(migrated_postgres)[type_] == ENUMS[type_]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("campaigns", "status"),
        ("content_assets", "content_type"),
        ("content_assets", "status"),
        ("agent_jobs", "agent_type"),
        ("agent_jobs", "status"),
        ("budget_entries", "resource_type"),
    ],
)
def test_step_3_every_label_fits_and_no_other(
    migrated: pw.Database, table: str, column: str
) -> None:
    """Step 3: by the native type on PostgreSQL and by a CHECK on SQLite."""
    for label in ENUMS[COLUMNS[table][column].type]:
        add(migrated, table, **{column: label})
    for wrong in ("DRAFT", "nonsense", ""):
        with pytest.raises((pw.DataError, pw.IntegrityError)):
            add(migrated, table, **{column: wrong})


@pytest.mark.parametrize("table", sorted(INDEXED))
def test_step_3_indexes(migrated: pw.Database, table: str) -> None:
    """Step 3: index=True."""
    assert set(catalog.indexes(migrated, table).values()) == {
        ((column,), False) for column in INDEXED[table]
    }


@pytest.mark.parametrize("table", sorted(FOREIGN_KEYS))
def test_step_3_foreign_keys(migrated: pw.Database, table: str) -> None:
    """Step 3: ondelete="SET NULL" and "CASCADE"."""
    assert catalog.foreign_keys(migrated, table) == FOREIGN_KEYS[table]


@pytest.mark.parametrize(("table", "column"), REQUIRED)
def test_step_3_required_columns(migrated: pw.Database, table: str, column: str) -> None:
    """Step 3: nullable=False where there is no default."""
    with pytest.raises(pw.IntegrityError):
        add(migrated, table, **{column: None})


@pytest.mark.parametrize(
    ("parent", "column"), [("campaigns", "campaign_id"), ("agent_jobs", "agent_job_id")]
)
def test_step_3_deleting_a_parent_keeps_the_content(
    migrated: pw.Database, parent: str, column: str
) -> None:
    """Step 3: ON DELETE SET NULL; the asset stays, and so does one of another parent."""
    keys = [add(migrated, parent), add(migrated, parent)]
    for key in keys:
        add(migrated, "content_assets", title=key, **{column: key})
    catalog.delete(migrated, parent, keys[0])
    left = migrated.execute_sql(f"SELECT title, {column} FROM content_assets").fetchall()
    found = {title: None if value is None else str(value) for title, value in left}
    assert found == {keys[0]: None, keys[1]: keys[1]}


def test_step_3_deleting_a_job_deletes_its_costs(migrated: pw.Database) -> None:
    """Step 3: ON DELETE CASCADE; another job's and nobody's stay."""
    jobs = [add(migrated, "agent_jobs"), add(migrated, "agent_jobs")]
    for job in (*jobs, None):
        add(migrated, "budget_entries", agent_job_id=job)
    catalog.delete(migrated, "agent_jobs", jobs[0])
    rows = migrated.execute_sql("SELECT agent_job_id FROM budget_entries").fetchall()
    assert {None if job is None else str(job) for (job,) in rows} == {jobs[1], None}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("content_assets", "campaign_id"),
        ("content_assets", "agent_job_id"),
        ("budget_entries", "agent_job_id"),
    ],
)
def test_step_3_a_parent_must_exist(migrated: pw.Database, table: str, column: str) -> None:
    with pytest.raises(pw.IntegrityError):
        add(migrated, table, **{column: str(uuid.uuid4())})


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_step_3_server_defaults_of_the_times(migrated: pw.Database, table: str) -> None:
    """Step 3: server_default=func.now()."""
    add(migrated, table)
    [times] = migrated.execute_sql(f"SELECT created_at, updated_at FROM {table}").fetchall()
    assert None not in times


def test_step_3_the_model_makes_the_key(migrated: pw.Database) -> None:
    """Step 3: default=uuid.uuid4."""
    campaign = Campaign.create(name="Q4", start_date="2025-10-01")
    assert isinstance(campaign.id, uuid.UUID)
    assert Campaign.get_by_id(campaign.id).status.value == "draft"


def test_step_3_all_models_are_exported() -> None:
    """Step 3: models/__init__.py."""
    names = {"Campaign", "CampaignStatus", "ContentAsset", "ContentType", "ContentStatus"}
    names |= {"AgentJob", "AgentType", "JobStatus", "BudgetEntry", "ResourceType"}
    assert names <= set(models.__all__)
    assert all(hasattr(models, name) for name in names)


def test_step_5_and_verification_4_migration_status(database: pw.Database) -> None:
    """Step 5: apply all pending; verification 4: current and history."""
    names = ("001_accounts", "002_marketing", "003_add_billing_tables")
    assert status(database, MIGRATIONS).pending == names
    assert migrate(database, MIGRATIONS) == list(names)
    assert status(database, MIGRATIONS).applied == names


def test_step_7_reset_recreates_every_table_empty(migrated_copy: pw.Database) -> None:
    """Step 7: db_reset drops all tables and creates them again."""
    before = catalog.tables(migrated_copy)
    add(migrated_copy, "campaigns")
    reset(migrated_copy, MIGRATIONS)
    assert catalog.tables(migrated_copy) == before
    assert catalog.count(migrated_copy, "campaigns") == 0


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_verification_1_and_2_the_table_exists(migrated: pw.Database, table: str) -> None:
    """Verification 1, 2: the list of relations."""
    assert table in catalog.tables(migrated)


def test_verification_2_the_history_is_tracked(migrated: pw.Database) -> None:
    """Verification 2: alembic_version in the document."""
    assert catalog.count(migrated, "migratehistory") == 3


def test_verification_3_the_campaigns_of_the_seeds(migrated: pw.Database) -> None:
    """Verification 3: "Found 3 campaigns", with these statuses."""
    seed(migrated, MODELS, SEEDS)
    assert {(campaign.name, str(campaign.status)) for campaign in Campaign.select()} == {
        ("Q4 Product Launch", "active"),
        ("Holiday Email Series", "active"),
        ("Content Marketing 2025", "draft"),
    }


def test_good_to_know_the_last_migration_can_be_taken_back(migrated_copy: pw.Database) -> None:
    """Good to know: downgrade -1; and from there 002, with the types that came with it."""
    rollback(migrated_copy, MIGRATIONS, 2)
    assert not catalog.tables(migrated_copy) & set(COLUMNS)
    if catalog.is_postgres(migrated_copy):
        assert not set(catalog.enums(migrated_copy)) & set(ENUMS)
    assert status(migrated_copy, MIGRATIONS).applied == ("001_accounts",)
