"""Add tables agent_jobs, budget_entries, campaigns, content_assets."""

import peewee as pw

from dbkit.fields import DateTimeTZField, EnumField
from dbkit.migration import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.create_enum("campaignstatus", ("draft", "active", "paused", "completed", "archived"))
    migrator.create_enum(
        "agenttype", ("seo_writer", "email_marketer", "social_media", "analyst", "optimizer")
    )
    migrator.create_enum("jobstatus", ("pending", "running", "completed", "failed", "cancelled"))
    migrator.create_enum(
        "contenttype", ("blog", "email", "social", "video_script", "ad_copy", "landing_page")
    )
    migrator.create_enum("contentstatus", ("draft", "review", "approved", "published", "archived"))
    migrator.create_enum(
        "resourcetype", ("openai_api", "web_search", "file_search", "image_generation", "embedding")
    )

    @migrator.create_model
    class AgentJob(pw.Model):
        id = pw.UUIDField(primary_key=True)
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        agent_type = EnumField(
            ("seo_writer", "email_marketer", "social_media", "analyst", "optimizer"),
            "agenttype",
            index=True,
        )
        status = EnumField(
            ("pending", "running", "completed", "failed", "cancelled"),
            "jobstatus",
            index=True,
            constraints=[pw.Default("'pending'")],
        )
        input_data = pw.JSONField()
        output_data = pw.JSONField(null=True)
        started_at = DateTimeTZField(null=True)
        completed_at = DateTimeTZField(null=True)
        error_message = pw.TextField(null=True)
        retry_count = pw.DoubleField(null=True, constraints=[pw.Default("0.0")])
        tokens_used = pw.DoubleField(null=True, constraints=[pw.Default("0.0")])
        cost = pw.DoubleField(null=True, constraints=[pw.Default("0.0")])

        class Meta:
            table_name = "agent_jobs"
            legacy_table_names = False

    @migrator.create_model
    class BudgetEntry(pw.Model):
        id = pw.UUIDField(primary_key=True)
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        resource_type = EnumField(
            ("openai_api", "web_search", "file_search", "image_generation", "embedding"),
            "resourcetype",
            index=True,
        )
        cost = pw.DoubleField()
        tokens_used = pw.DoubleField(null=True, constraints=[pw.Default("0.0")])
        model_used = pw.CharField(max_length=100, null=True)
        description = pw.CharField(max_length=500, null=True)
        agent_job = pw.ForeignKeyField(AgentJob, on_delete="CASCADE", null=True)

        class Meta:
            table_name = "budget_entries"
            legacy_table_names = False

    @migrator.create_model
    class Campaign(pw.Model):
        id = pw.UUIDField(primary_key=True)
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        name = pw.CharField(index=True)
        description = pw.CharField(max_length=1000, null=True)
        status = EnumField(
            ("draft", "active", "paused", "completed", "archived"),
            "campaignstatus",
            index=True,
            constraints=[pw.Default("'draft'")],
        )
        budget = pw.DoubleField(constraints=[pw.Default("0.0")])
        spend = pw.DoubleField(constraints=[pw.Default("0.0")])
        start_date = DateTimeTZField()
        end_date = DateTimeTZField(null=True)
        impressions = pw.DoubleField(null=True, constraints=[pw.Default("0.0")])
        clicks = pw.DoubleField(null=True, constraints=[pw.Default("0.0")])
        conversions = pw.DoubleField(null=True, constraints=[pw.Default("0.0")])
        roi = pw.DoubleField(null=True, constraints=[pw.Default("0.0")])

        class Meta:
            table_name = "campaigns"
            legacy_table_names = False

    @migrator.create_model
    class ContentAsset(pw.Model):
        id = pw.UUIDField(primary_key=True)
        created_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        updated_at = DateTimeTZField(constraints=[pw.Default("CURRENT_TIMESTAMP")])
        title = pw.CharField(max_length=500, index=True)
        content = pw.TextField()
        content_type = EnumField(
            ("blog", "email", "social", "video_script", "ad_copy", "landing_page"),
            "contenttype",
            index=True,
        )
        status = EnumField(
            ("draft", "review", "approved", "published", "archived"),
            "contentstatus",
            index=True,
            constraints=[pw.Default("'draft'")],
        )
        metadata = pw.JSONField(null=True, constraints=[pw.Default("'{}'")])
        campaign = pw.ForeignKeyField(Campaign, on_delete="SET NULL", null=True)
        agent_job = pw.ForeignKeyField(AgentJob, on_delete="SET NULL", null=True)

        class Meta:
            table_name = "content_assets"
            legacy_table_names = False


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.remove_model("content_assets")
    migrator.remove_model("campaigns")
    migrator.remove_model("budget_entries")
    migrator.remove_model("agent_jobs")
    migrator.drop_enum("agenttype")
    migrator.drop_enum("jobstatus")
    migrator.drop_enum("resourcetype")
    migrator.drop_enum("campaignstatus")
    migrator.drop_enum("contenttype")
    migrator.drop_enum("contentstatus")
