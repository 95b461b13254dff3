"""Campaigns, content assets, agents' jobs and what they cost."""

from typing import Any

import peewee as pw

from dbkit.fields import DateTimeTZField, EnumField
from dbkit.migration import Migrator

ENUMS = {
    "campaignstatus": ("draft", "active", "paused", "completed", "archived"),
    "contenttype": ("blog", "email", "social", "video_script", "ad_copy", "landing_page"),
    "contentstatus": ("draft", "review", "approved", "published", "archived"),
    "agenttype": ("seo_writer", "email_marketer", "social_media", "analyst", "optimizer"),
    "jobstatus": ("pending", "running", "completed", "failed", "cancelled"),
    "resourcetype": ("openai_api", "web_search", "file_search", "image_generation", "embedding"),
}


def default(sql: str) -> dict[str, Any]:
    return {"constraints": [pw.SQL(f"DEFAULT {sql}")]}


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    for name, labels in ENUMS.items():
        migrator.create_enum(name, labels)

    class Base(pw.Model):
        id = pw.UUIDField(primary_key=True)
        created_at = DateTimeTZField(**default("CURRENT_TIMESTAMP"))
        updated_at = DateTimeTZField(**default("CURRENT_TIMESTAMP"))

        class Meta:
            legacy_table_names = False  # indexes are named after the table

    def enum(name: str, **options: Any) -> EnumField:
        return EnumField(ENUMS[name], name, index=True, **options)

    def amount() -> pw.DoubleField:
        return pw.DoubleField(null=True, **default("0.0"))

    @migrator.create_model
    class Campaign(Base):
        name = pw.CharField(index=True)
        description = pw.CharField(max_length=1000, null=True)
        status = enum("campaignstatus", **default("'draft'"))
        budget = pw.DoubleField(**default("0.0"))
        spend = pw.DoubleField(**default("0.0"))
        start_date = DateTimeTZField()
        end_date = DateTimeTZField(null=True)
        impressions = amount()
        clicks = amount()
        conversions = amount()
        roi = amount()

        class Meta:
            table_name = "campaigns"

    @migrator.create_model
    class AgentJob(Base):
        agent_type = enum("agenttype")
        status = enum("jobstatus", **default("'pending'"))
        input_data = pw.JSONField()
        output_data = pw.JSONField(null=True)
        started_at = DateTimeTZField(null=True)
        completed_at = DateTimeTZField(null=True)
        error_message = pw.TextField(null=True)
        retry_count = amount()
        tokens_used = amount()
        cost = amount()

        class Meta:
            table_name = "agent_jobs"

    @migrator.create_model
    class ContentAsset(Base):
        title = pw.CharField(max_length=500, index=True)
        content = pw.TextField()
        content_type = enum("contenttype")
        status = enum("contentstatus", **default("'draft'"))
        metadata = pw.JSONField(null=True, **default("'{}'"))
        campaign = pw.ForeignKeyField(Campaign, null=True, on_delete="SET NULL")
        agent_job = pw.ForeignKeyField(AgentJob, null=True, on_delete="SET NULL")

        class Meta:
            table_name = "content_assets"

    @migrator.create_model
    class BudgetEntry(Base):
        resource_type = enum("resourcetype")
        cost = pw.DoubleField()
        tokens_used = amount()
        model_used = pw.CharField(max_length=100, null=True)
        description = pw.CharField(max_length=500, null=True)
        agent_job = pw.ForeignKeyField(AgentJob, null=True, on_delete="CASCADE")

        class Meta:
            table_name = "budget_entries"


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.remove_model("budget_entries")
    migrator.remove_model("content_assets")
    migrator.remove_model("agent_jobs")
    migrator.remove_model("campaigns")
    for name in ENUMS:
        migrator.drop_enum(name)
