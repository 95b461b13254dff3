"""Campaigns, their content, the agents' jobs that create the content, and the costs."""

from __future__ import annotations

import uuid
from enum import StrEnum

import peewee as pw

from dbkit.fields import DateTimeTZField, EnumField, server_default

from .base import TimestampedModel


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class ContentType(StrEnum):
    BLOG = "blog"
    EMAIL = "email"
    SOCIAL = "social"
    VIDEO_SCRIPT = "video_script"
    AD_COPY = "ad_copy"
    LANDING_PAGE = "landing_page"


class ContentStatus(StrEnum):
    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class AgentType(StrEnum):
    SEO_WRITER = "seo_writer"
    EMAIL_MARKETER = "email_marketer"
    SOCIAL_MEDIA = "social_media"
    ANALYST = "analyst"
    OPTIMIZER = "optimizer"


class JobStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ResourceType(StrEnum):
    OPENAI_API = "openai_api"
    WEB_SEARCH = "web_search"
    FILE_SEARCH = "file_search"
    IMAGE_GENERATION = "image_generation"
    EMBEDDING = "embedding"


class UUIDModel(TimestampedModel):
    id = pw.UUIDField(primary_key=True, default=uuid.uuid4)


class Campaign(UUIDModel):
    name = pw.CharField(index=True)
    description = pw.CharField(max_length=1000, null=True)
    status = EnumField(CampaignStatus, index=True, **server_default(CampaignStatus.DRAFT))
    budget = pw.DoubleField(**server_default(0.0))
    spend = pw.DoubleField(**server_default(0.0))
    start_date = DateTimeTZField()
    end_date = DateTimeTZField(null=True)
    impressions = pw.DoubleField(null=True, **server_default(0.0))
    clicks = pw.DoubleField(null=True, **server_default(0.0))
    conversions = pw.DoubleField(null=True, **server_default(0.0))
    roi = pw.DoubleField(null=True, **server_default(0.0))

    class Meta:
        table_name = "campaigns"

    @property
    def budget_remaining(self) -> float:
        """The remaining budget; negative if the campaign is overspent."""
        return float(self.budget - self.spend)

    @property
    def budget_used_percentage(self) -> float:
        """The money spent as a percentage of the budget; 0 without a budget."""
        return float(self.spend / self.budget * 100) if self.budget else 0.0


class AgentJob(UUIDModel):
    agent_type = EnumField(AgentType, index=True)
    status = EnumField(JobStatus, index=True, **server_default(JobStatus.PENDING))
    input_data = pw.JSONField()
    output_data = pw.JSONField(null=True)
    started_at = DateTimeTZField(null=True)
    completed_at = DateTimeTZField(null=True)
    error_message = pw.TextField(null=True)
    retry_count = pw.DoubleField(null=True, **server_default(0.0))
    tokens_used = pw.DoubleField(null=True, **server_default(0.0))
    cost = pw.DoubleField(null=True, **server_default(0.0))

    class Meta:
        table_name = "agent_jobs"

    @property
    def duration_seconds(self) -> float | None:
        """The seconds from start to completion; None if one of them is missing."""
        if self.started_at is None or self.completed_at is None:
            return None
        return float((self.completed_at - self.started_at).total_seconds())


class ContentAsset(UUIDModel):
    title = pw.CharField(max_length=500, index=True)
    content = pw.TextField()
    content_type = EnumField(ContentType, index=True)
    status = EnumField(ContentStatus, index=True, **server_default(ContentStatus.DRAFT))
    metadata = pw.JSONField(null=True, **server_default({}))
    campaign = pw.ForeignKeyField(
        Campaign, backref="content_assets", null=True, on_delete="SET NULL"
    )
    agent_job = pw.ForeignKeyField(
        AgentJob, backref="content_assets", null=True, on_delete="SET NULL"
    )

    class Meta:
        table_name = "content_assets"


class BudgetEntry(UUIDModel):
    resource_type = EnumField(ResourceType, index=True)
    cost = pw.DoubleField()
    tokens_used = pw.DoubleField(null=True, **server_default(0.0))
    model_used = pw.CharField(max_length=100, null=True)
    description = pw.CharField(max_length=500, null=True)
    agent_job = pw.ForeignKeyField(
        AgentJob, backref="budget_entries", null=True, on_delete="CASCADE"
    )

    class Meta:
        table_name = "budget_entries"
