"""Seed files: what they load, that a second run finds nothing to do, and how they fail."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import peewee as pw
import pytest

from dbkit import DbkitError, migrate, seed
from dbkit.fields import utcnow
from dbkit.models import (
    MODELS,
    AgentJob,
    BudgetEntry,
    Campaign,
    ContentAsset,
    Payment,
    Request,
    Subscription,
    TenantConfig,
    User,
)
from tests.conftest import MIGRATIONS, SEEDS


class Kind(pw.Model):
    code = pw.CharField(unique=True)
    label = pw.TextField(null=True)

    class Meta:
        table_name = "kind"


class Thing(pw.Model):
    name = pw.CharField()
    kind = pw.ForeignKeyField(Kind, null=True)
    price = pw.DecimalField(10, 2, null=True)
    ratio = pw.DoubleField(null=True)
    code = pw.FixedCharField(5, null=True)
    data = pw.JSONField(null=True)
    at = pw.DateTimeField(null=True)
    day = pw.DateField(null=True)
    time = pw.TimeField(null=True)
    flag = pw.BooleanField(null=True)
    key = pw.UUIDField(null=True)

    class Meta:
        table_name = 'Weird "Näme"'


OWN = [Kind, Thing]


@pytest.fixture
def own(database: pw.Database) -> pw.Database:
    """A database with two tables that are not the reference's."""
    database.bind(OWN)
    database.create_tables(OWN)
    return database


def files(directory: Path, **texts: str) -> Path:
    directory.mkdir(exist_ok=True)
    for name, text in texts.items():
        (directory / f"{name}.toml").write_text(text, encoding="utf-8")
    return directory


def test_the_reference_seeds_load_and_load_again(database: pw.Database) -> None:
    migrate(database, MIGRATIONS)
    first = seed(database, MODELS, SEEDS)
    assert set(first.inserted) == {model._meta.table_name for model in MODELS}
    assert all(first.inserted.values())
    before = [list(model.select().order_by(model._meta.primary_key).dicts()) for model in MODELS]
    second = seed(database, MODELS, SEEDS)
    assert sum(second.inserted.values()) == sum(second.updated.values()) == 0
    assert second.unchanged == first.inserted
    assert before == [
        list(model.select().order_by(model._meta.primary_key).dicts()) for model in MODELS
    ]


def test_the_documents_campaigns_assets_and_jobs_are_there(database: pw.Database) -> None:
    migrate(database, MIGRATIONS)
    seed(database, MODELS, SEEDS)
    now = utcnow()
    launch = Campaign.get(Campaign.name == "Q4 Product Launch")
    assert (launch.budget, launch.spend, launch.impressions, launch.roi) == (
        10000.0,
        2500.0,
        125000,
        2.3,
    )
    assert abs(launch.start_date - (now - dt.timedelta(days=30))) < dt.timedelta(minutes=1)
    assert abs(launch.end_date - (now + dt.timedelta(days=60))) < dt.timedelta(minutes=1)
    assert sorted(c.name for c in Campaign) == [
        "Content Marketing 2025",
        "Holiday Email Series",
        "Q4 Product Launch",
    ]
    blog = ContentAsset.get(ContentAsset.title ** "10 Ways%")
    assert blog.campaign.name == "Q4 Product Launch"
    assert blog.metadata["keywords"] == ["AI", "marketing", "automation"]
    assert blog.agent_job.duration_seconds == 55 * 60 / 11
    assert sorted(job.agent_type.value for job in AgentJob) == [
        "email_marketer",
        "seo_writer",
        "seo_writer",
    ]
    sale = ContentAsset.get(ContentAsset.title == "Holiday Sale Announcement")
    assert sale.metadata["subject"] == "🎄 Holiday Sale - Up to 50% Off!"
    assert BudgetEntry.select().join(AgentJob).where(AgentJob.id == blog.agent_job).count() == 1
    assert Payment.get().user.email == "ada@example.com"
    assert Subscription.get().plan.name == "Team"
    assert TenantConfig.get().tenant.name == "Analytical Engines Ltd"


def test_the_next_automatic_key_is_past_the_seeds_own(database: pw.Database) -> None:
    migrate(database, MIGRATIONS)
    seed(database, MODELS, SEEDS)
    last = max(request.id for request in Request)
    assert Request.create(user=User.get(), method="GET", path="/").id > last


def test_every_kind_of_value_is_found_unchanged(own: pw.Database, tmp_path: Path) -> None:
    directory = files(
        tmp_path / "s",
        one="""
        [keys]
        'Weird "Näme"' = ["name"]
        [[kind]]
        code = "größe %s 'x'"
        [['Weird "Näme"']]
        name = "a"
        kind = { code = "größe %s 'x'" }
        price = 1.005
        ratio = 0.1
        code = "ab"
        data = { list = [1, 2.5, "x", true], deep = { a = {} } }
        at = 2026-01-02T03:04:05.678901
        day = 2026-01-02
        time = 03:04:05
        flag = true
        key = "0B8F5C1E-6A5B-4E0E-9D0A-4C1F5B6A7D01"
        """,
    )
    assert seed(own, OWN, directory).summary == "2 inserted, 0 updated, 0 unchanged"
    assert seed(own, OWN, directory).summary == "0 inserted, 0 updated, 2 unchanged"
    thing = Thing.get()
    assert thing.kind.code == "größe %s 'x'"
    assert thing.at == dt.datetime(2026, 1, 2, 3, 4, 5, 678901)
    assert (thing.day, thing.time, thing.flag) == (dt.date(2026, 1, 2), dt.time(3, 4, 5), True)
    assert thing.data == {"list": [1, 2.5, "x", True], "deep": {"a": {}}}


def test_toml_has_a_spelling_for_null_and_for_json_with_null(
    own: pw.Database, tmp_path: Path
) -> None:
    rows = {
        "a": """data = { json = '{"n": null}' }""",
        "b": "data = { null = true }",
        "c": "data = { json = 'null' }",
        "d": "data = { a = { null = true } }",
    }
    text = "".join(f"{ROW}name = '{name}'\n{value}\n" for name, value in rows.items())
    directory = files(tmp_path / "s", one=KEYS + text.replace("name = 'x'\n", ""))
    assert seed(own, OWN, directory).summary == "4 inserted, 0 updated, 0 unchanged"
    assert seed(own, OWN, directory).summary == "0 inserted, 0 updated, 4 unchanged"
    found = {thing.name: thing.data for thing in Thing}
    assert found == {"a": {"n": None}, "b": None, "c": None, "d": {"a": {"null": True}}}
    assert [row.name for row in Thing.select().where(Thing.data.is_null())] == ["b"]
    wrong = f"{KEYS}{ROW}price = {{ json = '1' }}"
    with pytest.raises(DbkitError, match="price cannot be"):
        seed(own, OWN, files(tmp_path / "t", one=wrong))


def test_json_that_looks_like_a_spelling_of_null_is_data(own: pw.Database, tmp_path: Path) -> None:
    values = [{"null": True}, [{"null": True}, {"json": "x"}], {"a": {"json": "x"}}, None]
    rows = [{"name": str(number), "data": value} for number, value in enumerate(values)]
    name = 'Weird "Näme"'
    (tmp_path / "s").mkdir()
    text = json.dumps({"keys": {name: ["name"]}, name: rows})
    (tmp_path / "s" / "1.json").write_text(text)
    seed(own, OWN, tmp_path / "s")
    assert [thing.data for thing in Thing.select().order_by(Thing.name)] == values


def test_what_differs_is_updated_and_said(own: pw.Database, tmp_path: Path) -> None:
    text = '[[kind]]\ncode = "a"\nlabel = "{}"\n[[kind]]\ncode = "b"\nlabel = "same"\n'
    seed(own, OWN, files(tmp_path / "s", one=text.format("old")))
    result = seed(own, OWN, files(tmp_path / "s", one=text.format("new")))
    assert str(result) == "kind: 0 inserted, 1 updated, 1 unchanged"
    assert Kind.get(code="a").label == "new"


def test_a_relative_time_is_set_once(own: pw.Database, tmp_path: Path) -> None:
    text = '[keys]\n\'Weird "Näme"\' = ["name"]\n[[\'Weird "Näme"\']]\nname = "a"\n{}\n'
    seed(own, OWN, files(tmp_path / "s", one=text.format('at = "now - 3 days"')))
    Thing.update(at=dt.datetime(2020, 1, 1)).execute()
    result = seed(own, OWN, files(tmp_path / "s", one=text.format('at = "now - 3 days"')))
    assert result.summary == "0 inserted, 0 updated, 1 unchanged"
    assert Thing.get().at == dt.datetime(2020, 1, 1)


def test_files_are_read_in_order_and_tables_parents_first(own: pw.Database, tmp_path: Path) -> None:
    directory = files(
        tmp_path / "s",
        a="[keys]\n'Weird \"Näme\"' = ['name']\n[['Weird \"Näme\"']]\nname = 'x'\n"
        "kind = { code = 'later' }",
        b="[[kind]]\ncode = 'later'",
    )
    seed(own, OWN, directory)
    assert Thing.get().kind.code == "later"


KEYS = "[keys]\n'Weird \"Näme\"' = ['name']\n"
ROW = "[['Weird \"Näme\"']]\nname = 'x'\n"
BROKEN = {
    "not TOML": ("[[kind]]\ncode = ?\n", r"bad.toml, line 2, column 8: Invalid value"),
    "not UTF-8": (b"code = '\xff'", r"bad.toml, line 1, column 9: The byte 0xff is not UTF-8"),
    "no list": ("[kind]\ncode = 'a'", r"kind is not a list of rows"),
    "a scalar": ("kind = 1", r"line 1: kind is neither a setting nor a list of rows"),
    "no such table": (
        "[[kinds]]\ncode = 'a'",
        r"line 1: no model has the table kinds.\nDid you mean kind\?",
    ),
    "no such column": ("[[kind]]\nkode = 'a'", r"kind has no column kode.\nDid you mean code\?"),
    "nothing unique": ("[[kind]]\nlabel = 'a'", r"line 1: no column of the row is unique in kind"),
    "a bad key": ("[keys]\nkind = 'code'", r"line 1: The key of kind is not a list"),
    "an unknown key": ("[keys]\nkind = ['kode']\n[[kind]]\ncode = 'a'", r"no column kode"),
    "a missing key": (
        KEYS + "[['Weird \"Näme\"']]\nprice = 1",
        r"no value for name, part of its key",
    ),
    "a dangling reference": (
        KEYS + ROW + "kind = { code = 'z' }",
        r'line 3: .*kind = { code = "z" } matches no row of kind',
    ),
    "a null": (
        "[[kind]]\ncode = 'ok'\n[[kind]]\ncode = 'b'\nid = 'x'",
        r'line 3: kind.id cannot be "x".\nAn integer from',
    ),
    "no length of time": (
        KEYS + ROW + "at = 'now - 3 moons'",
        r'at cannot be "now - 3 moons": moons is not a unit.\nA duration in years',
    ),
    "a key twice": (
        "[[kind]]\ncode = 'a'\n[[kind]]\ncode = 'a'",
        r"line 3: the row of kind has the same key as the row in .*bad.toml, line 1",
    ),
    "a relative key": (
        "[keys]\n'Weird \"Näme\"' = ['at']\n" + ROW + "at = 'now'",
        r"at cannot be part of the key: a relative time",
    ),
    "a float key": (
        "[keys]\n'Weird \"Näme\"' = ['ratio']\n" + ROW + "ratio = 0.1",
        r"ratio cannot be part of the key: a float",
    ),
    "a key of no table": ("[keys]\nkinds = ['code']", r"no model has the table kinds"),
    "a word for a flag": (
        KEYS + ROW + "flag = 'false'",
        r'line 3: .*flag cannot be "false".\ntrue or false',
    ),
    "a table for a text": ("[[kind]]\ncode = { a = 1 }", r'line 1: kind.code cannot be {"a": 1}'),
    "a word for a time": (
        KEYS + ROW + "at = 'garbage'",
        r'line 3: .*at cannot be "garbage".\nA date and time',
    ),
    "a word for an amount": (
        KEYS + ROW + "price = 'abc'",
        r'price cannot be "abc".\nA number, such as',
    ),
    "a word for a uuid": (KEYS + ROW + "key = 'abc'", r'key cannot be "abc".\nA UUID'),
    "a time beyond all": (
        KEYS + ROW + "at = 'now + 99999999999 days'",
        r"the time is out of range",
    ),
    "a time in JSON": (
        KEYS + ROW + "data = { at = 2026-01-01 }",
        r"data cannot be .*: JSON has no dates and times",
    ),
}


@pytest.mark.parametrize(("text", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_loads_nothing_and_says_where(
    own: pw.Database, tmp_path: Path, text: str | bytes, words: str
) -> None:
    directory = files(tmp_path / "s", a="[[kind]]\ncode = 'first'")
    content = text if isinstance(text, bytes) else text.encode()
    (directory / "bad.toml").write_bytes(content)
    with pytest.raises(DbkitError, match=words):
        seed(own, OWN, directory)
    assert Kind.select().count() == 0


def test_a_wrong_label_is_answered_with_the_right_ones(
    database: pw.Database, tmp_path: Path
) -> None:
    migrate(database, MIGRATIONS)
    directory = files(
        tmp_path / "s",
        one="""
        [[users]]
        email = "a@b"
        password_hash = "x"
        subscription_tier = "gold"
        """,
    )
    with pytest.raises(
        DbkitError, match=r'line 2: users.subscription_tier cannot be "gold".\nOne of free, pro'
    ):
        seed(database, MODELS, directory)


def test_a_key_that_fits_two_rows_is_refused(own: pw.Database, tmp_path: Path) -> None:
    Thing.insert_many([{"name": "x"}, {"name": "x"}]).execute()
    with pytest.raises(DbkitError, match="the key matches more than one row"):
        seed(own, OWN, files(tmp_path / "s", one=KEYS + ROW))


class Team(pw.Model):
    name = pw.CharField(unique=True)
    lead = pw.DeferredForeignKey("Member", null=True)

    class Meta:
        table_name = "teams"


class Member(pw.Model):
    name = pw.CharField(unique=True)
    team = pw.ForeignKeyField(Team, null=True)
    mentor = pw.ForeignKeyField("self", null=True)

    class Meta:
        table_name = "members"


LEAD, TEAM = 'lead = { name = "Ada" }', 'team = { name = "Engines" }'
MENTOR = 'mentor = { name = "Grace" }'


@pytest.mark.parametrize(
    ("lead", "team", "mentor"), [("", "", ""), (LEAD, "", ""), ("", TEAM, ""), (LEAD, TEAM, MENTOR)]
)
def test_tables_that_could_refer_to_each_other_load_with_any_of_the_references(
    database: pw.Database, tmp_path: Path, lead: str, team: str, mentor: str
) -> None:
    database.bind([Team, Member])
    database.create_tables([Team, Member])
    text = f"""
    [[teams]]
    name = "Engines"
    {lead}
    [[members]]
    name = "Ada"
    {team}
    {mentor}
    [[members]]
    name = "Grace"
    """
    directory = files(tmp_path / "s", one=text)
    assert seed(database, [Team, Member], directory).inserted == {"teams": 1, "members": 2}
    assert seed(database, [Team, Member], directory).unchanged == {"teams": 1, "members": 2}
    found = Team.get()
    ada, grace = Member.select().order_by(Member.name)
    assert found.lead_id == (ada.id if lead else None)
    assert ada.team_id == (found.id if team else None)
    assert ada.mentor_id == (grace.id if mentor else None)


def test_no_directory_is_said(own: pw.Database, tmp_path: Path) -> None:
    with pytest.raises(DbkitError, match="There is no seeds directory"):
        seed(own, OWN, tmp_path / "nowhere")
