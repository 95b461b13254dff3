"""The reference models' properties, and updated_at, which moves with every update."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import peewee as pw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbkit.models import AgentJob, Campaign, CampaignStatus, ContentAsset, Plan

OLD = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
GIVEN = dt.datetime(2021, 2, 3, 4, 5, 6, tzinfo=dt.UTC)


# properties


@pytest.mark.parametrize(
    ("budget", "spend", "remaining", "percentage"),
    [
        (100.0, 0.0, 100.0, 0.0),
        (100.0, 25.0, 75.0, 25.0),
        (100.0, 100.0, 0.0, 100.0),
        (100.0, 150.0, -50.0, 150.0),  # overspent
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 20.0, -20.0, 0.0),  # no budget to be a percentage of
        (0.5, 0.125, 0.375, 25.0),
        (3, 1, 2, 100 / 3),  # integers divide as floats
    ],
)
def test_budget(budget: float, spend: float, remaining: float, percentage: float) -> None:
    campaign = Campaign(budget=budget, spend=spend)
    assert campaign.budget_remaining == remaining
    assert campaign.budget_used_percentage == pytest.approx(percentage)


def test_budget_of_a_row_with_defaults(database: pw.Database) -> None:
    database.create_tables([Campaign])
    Campaign.create(name="Q4", start_date=OLD)
    campaign = Campaign.get()
    assert (campaign.budget_remaining, campaign.budget_used_percentage) == (0.0, 0.0)


@given(budget=st.floats(0.01, 1e9, allow_nan=False), spend=st.floats(0, 1e9, allow_nan=False))
def test_budget_parts_add_up(budget: float, spend: float) -> None:
    campaign = Campaign(budget=budget, spend=spend)
    assert campaign.budget_remaining + spend == pytest.approx(budget, abs=1e-6)
    assert campaign.budget_used_percentage / 100 * budget == pytest.approx(spend)
    assert (campaign.budget_remaining < 0) == (spend > budget)


def at(second: float, zone: dt.tzinfo = dt.UTC) -> dt.datetime:
    return (OLD + dt.timedelta(seconds=second)).astimezone(zone)


@pytest.mark.parametrize(
    ("started", "completed", "duration"),
    [
        (None, None, None),
        (at(0), None, None),
        (None, at(1), None),
        (at(0), at(0), 0.0),
        (at(0), at(300), 300.0),
        (at(0), at(0.25), 0.25),
        (at(0), at(86400 * 2), 172800.0),
        (at(5), at(0), -5.0),
        (at(0), at(60, dt.timezone(dt.timedelta(hours=9))), 60.0),
    ],
)
def test_duration(
    database: pw.Database, started: Any, completed: Any, duration: float | None
) -> None:
    database.create_tables([AgentJob])
    job = AgentJob.create(
        agent_type="analyst", input_data={}, started_at=started, completed_at=completed
    )
    assert job.duration_seconds == duration
    assert AgentJob.get().duration_seconds == duration


def test_duration_of_a_job_not_yet_started() -> None:
    assert AgentJob().duration_seconds is None


def test_parents_know_their_content(database: pw.Database) -> None:
    """relationship("ContentAsset"), both ways."""
    database.create_tables([Campaign, AgentJob, ContentAsset])
    campaign = Campaign.create(name="Q4", start_date=OLD)
    job = AgentJob.create(agent_type="analyst", input_data={"a": [1, None, "é"]})
    asset = ContentAsset.create(
        title="t", content="c", content_type="blog", campaign=campaign, agent_job=job
    )
    assert list(campaign.content_assets) == list(job.content_assets) == [asset]
    found = ContentAsset.get()
    assert (found.campaign, found.agent_job, found.metadata) == (campaign, job, {})
    assert found.agent_job.input_data == {"a": [1, None, "é"]}


# updated_at


@pytest.fixture
def campaign(database: pw.Database) -> Campaign:
    """A row that was made and last changed in 2020."""
    database.create_tables([Campaign, Plan])
    row = Campaign.create(name="Q4", start_date=OLD, created_at=OLD, updated_at=OLD)
    other = Campaign.create(name="other", start_date=OLD, created_at=OLD, updated_at=OLD)
    assert Campaign.get_by_id(row.id).updated_at == Campaign.get_by_id(other.id).updated_at == OLD
    return row


def _save(row: Campaign) -> None:
    row.name = "new"
    row.save()


def _save_unchanged(row: Campaign) -> None:
    Campaign.get_by_id(row.id).save()


def _save_only(row: Campaign) -> None:
    row.name, row.description = "new", "not saved"
    row.save(only=["name"])


def _save_only_fields(row: Campaign) -> None:
    row.name, row.description = "new", "not saved"
    row.save(only=(Campaign.name,))


def _save_dirty(row: Campaign) -> None:
    row.name = "new"
    row.save(only=row.dirty_fields)


def _bulk_update(row: Campaign) -> None:
    row.name, row.status = "new", CampaignStatus.PAUSED
    Campaign.bulk_update([row], [Campaign.name, Campaign.status])


def _bulk_update_batches(row: Campaign) -> None:
    row.name = "new"
    Campaign.bulk_update([row], ["name"], batch_size=1)


def _upsert(row: Campaign) -> None:
    Campaign.insert(id=row.id, name="new", start_date=OLD).on_conflict(
        conflict_target=[Campaign.id], update={Campaign.name: "new"}
    ).execute()


def _upsert_preserve(row: Campaign) -> None:
    Campaign.insert_many([{"id": row.id, "name": "new", "start_date": OLD}]).on_conflict(
        conflict_target=[Campaign.id], preserve=[Campaign.name]
    ).execute()


def _upsert_from(row: Campaign) -> None:
    source = Campaign.select(Campaign.id, pw.Value("new"), Campaign.start_date)
    # WHERE keeps SQLite from reading ON CONFLICT as the ON of a join
    Campaign.insert_from(
        source.where(Campaign.id == row.id), ["id", "name", "start_date"]
    ).on_conflict(conflict_target=[Campaign.id], preserve=["name"]).execute()


def _setitem(row: Campaign) -> None:
    Campaign[row.id] = {"name": "new"}


MOVES: list[Callable[[Campaign], Any]] = [
    _save,
    _save_unchanged,
    _save_only,
    _save_only_fields,
    _save_dirty,
    _bulk_update,
    _bulk_update_batches,
    _upsert,
    _upsert_preserve,
    _upsert_from,
    lambda row: Campaign.update(name="new").where(Campaign.id == row.id).execute(),
    lambda row: Campaign.update({Campaign.name: "new"}).where(Campaign.id == row.id).execute(),
    lambda row: Campaign.update({"name": "new"}, spend=1).where(Campaign.id == row.id).execute(),
    lambda row: Campaign.update(spend=Campaign.spend + 1).where(Campaign.id == row.id).execute(),
    lambda row: Campaign.set_by_id(row.id, {"name": "new"}),
    _setitem,
]
NAMES = [
    *(move.__name__.strip("_") for move in MOVES[:10]),
    "update(name=)",
    "update({Field:})",
    "update({str:}, name=)",
    "atomic increment",
    "set_by_id",
    "setitem",
]


@pytest.mark.parametrize("move", MOVES, ids=NAMES)
def test_updated_at_moves(
    database: pw.Database, campaign: Campaign, move: Callable[[Campaign], Any]
) -> None:
    """With every update through the ORM, of that row only; created_at stays."""
    before = dt.datetime.now(dt.UTC)
    if move is _upsert_from:
        before = before.replace(microsecond=0)  # the server's clock on SQLite has no fraction
    move(campaign)
    found = Campaign.get_by_id(campaign.id)
    assert before <= found.updated_at <= dt.datetime.now(dt.UTC)
    assert found.created_at == OLD
    assert found.description is None
    other = Campaign.get(Campaign.name == "other")
    assert (other.updated_at, other.created_at) == (OLD, OLD)


def test_a_bulk_update_moves_every_row_it_changes(campaign: Campaign) -> None:
    before = dt.datetime.now(dt.UTC)
    assert Campaign.update(budget=1).execute() == 2
    assert all(row.updated_at >= before for row in Campaign)
    assert {row.created_at for row in Campaign} == {OLD}


@pytest.mark.parametrize("only", [None, ["name"], [Campaign.name]], ids=["all", "str", "field"])
def test_the_saved_object_knows_its_new_updated_at(campaign: Campaign, only: Any) -> None:
    campaign.name = "new"
    assert campaign.save(only=only) == 1
    assert campaign.updated_at == Campaign.get_by_id(campaign.id).updated_at > OLD


EXPLICIT: dict[str, Callable[[Campaign], Any]] = {
    "keyword": lambda _: Campaign.update(name="new", updated_at=GIVEN),
    "field": lambda _: Campaign.update({Campaign.name: "new", Campaign.updated_at: GIVEN}),
    "string": lambda _: Campaign.update({"name": "new", "updated_at": GIVEN}),
    "upsert": lambda row: Campaign.insert(id=row.id, name="n", start_date=OLD).on_conflict(
        conflict_target=[Campaign.id], update={"name": "new", "updated_at": GIVEN}
    ),
    "preserved": lambda row: Campaign.insert(
        id=row.id, name="new", start_date=OLD, updated_at=GIVEN
    ).on_conflict(conflict_target=[Campaign.id], preserve=[Campaign.name, Campaign.updated_at]),
}


@pytest.mark.parametrize("query", EXPLICIT.values(), ids=EXPLICIT)
def test_an_explicit_updated_at_is_kept(
    campaign: Campaign, query: Callable[[Campaign], Any]
) -> None:
    query(campaign).execute()
    found = Campaign.get_by_id(campaign.id)
    assert (found.name, found.updated_at, found.created_at) == ("new", GIVEN, OLD)


def test_bulk_update_can_set_updated_at(campaign: Campaign) -> None:
    campaign.updated_at = GIVEN
    Campaign.bulk_update([campaign], [Campaign.updated_at])
    assert Campaign.get_by_id(campaign.id).updated_at == GIVEN


def test_an_ignored_conflict_moves_nothing(campaign: Campaign) -> None:
    Campaign.insert(id=campaign.id, name="new", start_date=OLD).on_conflict_ignore().execute()
    found = Campaign.get_by_id(campaign.id)
    assert (found.name, found.updated_at) == ("Q4", OLD)


def test_saving_nothing_is_refused_as_peewee_does(campaign: Campaign) -> None:
    with pytest.raises(ValueError, match="no data to save"):
        campaign.save(only=[])


def test_new_rows_get_both_times(campaign: Campaign) -> None:
    """An integer key: save() inserts, and given times are kept."""
    before = dt.datetime.now(dt.UTC)
    plan = Plan(name="Team", price_monthly=49)
    plan.save()
    kept = Plan.create(name="Old", price_monthly=1, created_at=OLD, updated_at=GIVEN)
    found = Plan.get_by_id(plan.id)
    assert before <= found.created_at <= found.updated_at <= dt.datetime.now(dt.UTC)
    found = Plan.get_by_id(kept.id)
    assert (found.created_at, found.updated_at) == (OLD, GIVEN)
