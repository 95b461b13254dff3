"""Fake rows: the constraints of the database itself accept them, and they look plausible."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import peewee as pw
import pytest
from playhouse import postgres_ext

from dbkit import models
from dbkit.errors import SeedError
from dbkit.fields import EnumField
from dbkit.schema.dialect import dialect_for
from dbkit.seeding.fake import fake


@contextmanager
def tables(database: pw.Database, *found: Any) -> Iterator[None]:
    """The tables of the models, in the database and bound to it."""
    with database.bind_ctx(found):
        database.create_tables(found)
        yield


def rows(model: Any, *columns: Any) -> list[Any]:
    """The rows of a model as SQL has them, in an order of their own."""
    return sorted(model.select(*columns).tuples(), key=str)


def broken_keys(database: pw.Database) -> list[Any]:
    """The rows that SQLite finds without a parent; PostgreSQL does not let them in."""
    if isinstance(database, pw.PostgresqlDatabase):
        return []
    return list(database.execute_sql("PRAGMA foreign_key_check").fetchall())


def test_the_reference_tables_get_plausible_rows(database: pw.Database) -> None:
    database.create_tables(models.MODELS)
    counts = {model._meta.table_name: 40 for model in models.MODELS}
    result = fake(database, models.MODELS, counts, seed=7)
    assert result.inserted == counts
    assert {model.select().count() for model in models.MODELS} == {40}
    assert not broken_keys(database)
    for model in models.MODELS:
        assert not model.select().where(model.created_at > model.updated_at).exists()
        assert model.select().where(model.created_at > dt.datetime(2025, 1, 1)).count() == 40
    assert all("@example." in user.email for user in models.User.select())
    statuses = {campaign.status for campaign in models.Campaign.select()}
    assert statuses == {*models.CampaignStatus}
    empty = models.Campaign.select().where(models.Campaign.description.is_null()).count()
    assert 0 < empty < 20
    assert not models.Budget.select().where(models.Budget.ends_on < models.Budget.starts_on)
    fake(database, models.MODELS, {"users": 10}, seed=7)
    assert models.User.select().count() == 50, "rows are added, also with the same seed"


def test_empty_parents_get_rows_too_and_the_result_says_so(database: pw.Database) -> None:
    database.create_tables(models.MODELS)
    result = fake(database, models.MODELS, {"subscriptions": 30, "tenant_config": 31})
    assert [*result.inserted] == ["plans", "tenants", "subscriptions", "tenant_config"]
    assert models.TenantConfig.select(models.TenantConfig.tenant).distinct().count() == 31
    assert any("plans" in note and "subscriptions" in note for note in result.notes)
    with pytest.raises(SeedError, match=r"whose rows are all .*\n.*--fake tenants=3"):
        fake(database, models.MODELS, {"tenant_config": 3})
    again = fake(database, models.MODELS, {"subscriptions": 5})
    assert again.inserted == {"subscriptions": 5}, "parents that have rows get no more"


def test_the_same_seed_gives_the_same_rows(database: pw.Database) -> None:
    database.create_tables(models.MODELS)
    found = []
    for seed in (7, 7, 8):
        fake(database, models.MODELS, {"content_assets": 20}, seed=seed)
        found.append([rows(models.ContentAsset), rows(models.Campaign), rows(models.AgentJob)])
        for model in (models.ContentAsset, models.Campaign, models.AgentJob):
            model.delete().execute()
    assert found[0] == found[1]
    assert not {*map(str, found[0][0])} & {*map(str, found[2][0])}


CHECKS = [
    "a > 0",
    "a >= 10 AND a < 12",
    "a BETWEEN -5 AND -3",
    "a IN (3, 5) OR a IS NULL",
    "NOT (a < 100 OR a > 200)",
    "a <= b",
    "b < a",
    "a <> b",
    "(a + b) % 2 = 0",
    "a * a > b",
    "a IS NULL OR b IS NULL",
    "(a IS NULL) <> (b IS NULL)",
    "(s = 'x' AND a IS NOT NULL) OR (s = 'y' AND b = 7)",
    "s LIKE 'INV-%'",
    "length(s) > 12",
    "length(s) = 3",
    "s IN ('red', 'it''s', '100%')",
    "upper(s) = s",
    "s <> ''",
    "d >= '2031-01-01'",
    "d <= e",
    "d < CURRENT_DATE",
    "b > a + 5",
    "coalesce(a, 0) + coalesce(b, 0) >= 10",
    "CASE WHEN a > 500 THEN b IS NOT NULL ELSE 1 = 1 END",
]


def test_checks_are_respected_whether_they_are_understood_or_not(database: pw.Database) -> None:
    postgres = isinstance(database, pw.PostgresqlDatabase)
    made = [_checked(place, check.replace("%", "%%") if postgres else check)
            for place, check in enumerate(CHECKS)]  # fmt: skip
    with tables(database, *made):
        fake(database, made, {model._meta.table_name: 60 for model in made})
        assert [model.select().count() for model in made] == [60] * len(CHECKS)


def _checked(number: int, check: str) -> Any:
    class Checked(pw.Model):
        a = pw.IntegerField(null=True)
        b = pw.IntegerField(null=True)
        s = pw.CharField(max_length=40)
        d = pw.DateField()
        e = pw.DateField()

        class Meta:
            table_name = f"checked_{number}"
            constraints = [pw.Check(check)]

    return Checked


@pytest.mark.parametrize("check", ["1 = 0", "a > 5 AND a < 5", "a + 0 = 123456789"])
def test_a_check_that_no_row_satisfies_is_named(database: pw.Database, check: str) -> None:
    class Impossible(pw.Model):
        a = pw.IntegerField()

        class Meta:
            constraints = [pw.Check(check, "never_true")]

    with tables(database, Impossible):
        with pytest.raises(SeedError, match="never_true") as caught:
            fake(database, [Impossible], {"impossible": 5})
        assert "impossible" in str(caught.value)
        assert Impossible.select().count() == 0


def test_unique_sets_of_all_kinds(database: pw.Database) -> None:
    class Label(pw.Model):
        name = pw.CharField(max_length=20)

    class Item(pw.Model):
        code = pw.CharField(primary_key=True, max_length=4)
        rank = pw.SmallIntegerField(unique=True)
        mood = EnumField(("good", "bad"), "mood")
        day = pw.DateField(unique=True)

    class Tagging(pw.Model):
        label = pw.ForeignKeyField(Label)
        item = pw.ForeignKeyField(Item)

        class Meta:
            primary_key = pw.CompositeKey("label", "item")

    class Detail(pw.Model):
        item = pw.ForeignKeyField(Item, primary_key=True)
        mood = EnumField(("good", "bad"), "mood")
        is_default = pw.BooleanField()
        label = pw.ForeignKeyField(Label, null=True)
        number = pw.IntegerField()

        class Meta:
            indexes = ((("label", "number"), True), (("mood", "number"), True))

    Label.add_index(pw.SQL("CREATE UNIQUE INDEX lowered ON label (lower(name))"))
    Detail.add_index(
        pw.SQL("CREATE UNIQUE INDEX one_default ON detail (label_id) WHERE is_default")
    )
    found = [Label, Item, Tagging, Detail]
    with tables(database, *found):
        fake(database, found, {"label": 6, "tagging": 60, "detail": 40}, seed=3)
        fake(database, found, {"label": 300, "tagging": 30, "item": 50}, seed=3)
        assert Tagging.select().count() == 90
        names = [label.name.lower() for label in Label.select()]
        assert len({*names}) == len(names) == 306


def test_rows_are_counted_out_if_the_values_are_few(database: pw.Database) -> None:
    class Side(pw.Model):
        side = EnumField(("left", "right", "top"), "sidekind")
        is_open = pw.BooleanField()
        note = pw.CharField(max_length=5, null=True)

        class Meta:
            indexes = ((("side", "is_open"), True),)

    class Slot(pw.Model):
        number = pw.IntegerField(unique=True, null=True, constraints=[pw.Check("number IN (1, 2)")])

    with tables(database, Side, Slot):
        fake(database, [Side], {"side": 2})
        fake(database, [Side], {"side": 4}, seed=9)
        assert len(rows(Side, Side.side, Side.is_open)) == 6
        with pytest.raises(SeedError, match="only 6 different values are possible, and 6 exist"):
            fake(database, [Side], {"side": 1})
        fake(database, [Slot], {"slot": 20})  # the others are NULL
        assert Slot.select().where(Slot.number.is_null(False)).count() == 2


def test_tables_that_refer_to_themselves_and_to_each_other(database: pw.Database) -> None:
    class Node(pw.Model):
        parent = pw.ForeignKeyField("self", null=True)

    class Word(pw.Model):
        id = pw.UUIDField(primary_key=True, default=uuid.uuid4)
        root = pw.ForeignKeyField("self")

    class Team(pw.Model):
        name = pw.CharField()
        leader = pw.DeferredForeignKey("Player", null=True)

    class Player(pw.Model):
        name = pw.CharField()
        team = pw.ForeignKeyField(Team)

    class Branch(pw.Model):
        trunk = pw.ForeignKeyField("self")

    class Bare(pw.Model):
        pass

    found = [Node, Word, Player, Team, Branch, Bare]
    with tables(database, *found):
        fake(database, found, {"branch": 30, "bare": 1500})
        assert Bare.select().count() == 1500
        assert Branch.select().where(Branch.trunk != Branch.id).count() > 20
        Branch.create(trunk=Branch.get())  # the sequence is past the keys
        fake(database, found, {"node": 40, "word": 20, "player": 20})
        fake(database, found, {"team": 20})
        parents = Node.select().where(Node.parent.is_null(False)).count()
        assert 20 < parents < 40
        assert Word.select().where(Word.id != Word.root).count() > 5
        assert Team.select().where(Team.leader.is_null(False)).count() >= 10
        assert not broken_keys(database)


def test_composite_foreign_keys_that_share_a_column_agree(database: pw.Database) -> None:
    class Tenant(pw.Model):
        name = pw.CharField(unique=True)

    class Member(pw.Model):
        tenant = pw.ForeignKeyField(Tenant)
        number = pw.IntegerField()

        class Meta:
            primary_key = pw.CompositeKey("tenant", "number")

    class Project(pw.Model):
        tenant = pw.ForeignKeyField(Tenant)
        code = pw.CharField(max_length=10)

        class Meta:
            primary_key = pw.CompositeKey("tenant", "code")

    class Work(pw.Model):
        tenant = pw.ForeignKeyField(Tenant)
        number = pw.IntegerField()
        code = pw.CharField(max_length=10)

        class Meta:
            constraints = [
                pw.SQL("FOREIGN KEY (tenant_id, number) REFERENCES member (tenant_id, number)"),
                pw.SQL("FOREIGN KEY (tenant_id, code) REFERENCES project (tenant_id, code)"),
            ]

    found = [Tenant, Member, Project, Work]
    with tables(database, *found):
        fake(database, found, {"work": 50, "member": 20, "project": 20, "tenant": 4})
        assert Work.select().count() == 50
        assert not broken_keys(database)


def test_columns_that_the_database_fills_are_left_out(database: pw.Database) -> None:
    postgres = isinstance(database, pw.PostgresqlDatabase)
    identity = "GENERATED ALWAYS AS IDENTITY" if postgres else "UNIQUE"
    with tables(database):
        database.execute_sql(
            f'CREATE TABLE "odd %% ""name"".x" (id integer {identity} PRIMARY KEY, a integer,'
            " double_a integer GENERATED ALWAYS AS (a * 2) STORED, needed varchar(5) NOT NULL)"
            if postgres
            else 'CREATE TABLE "odd % ""name"".x" (id integer PRIMARY KEY, a integer,'
            " double_a integer GENERATED ALWAYS AS (a * 2) STORED, needed varchar(5) NOT NULL)"
        )

    class Odd(pw.Model):
        a = pw.IntegerField()
        double_a = pw.IntegerField(null=True)

        class Meta:
            table_name = 'odd % "name".x'

    fake(database, [Odd], {'odd % "name".x': 20})
    sql = 'SELECT count(*), max(length(needed)), sum(double_a - 2 * a) FROM "odd % ""name"".x"'
    count, longest, difference = dialect_for(database).execute(database, sql).fetchone()
    assert (count, longest <= 5, difference) == (20, True, 0)


TYPES = """
inet cidr macaddr uuid json jsonb bytea money interval point box path polygon circle line lseg
int4range daterange tstzrange int8multirange tsvector positive integer[] text[] uuid[] mood mood[]
real numeric(2) numeric(3,3) bit(3) varbit(4) char(3) time timetz date timestamp(0) pg_lsn name
""".split()  # noqa: SIM905 -- as a list it would fill a line each


def test_rows_of_other_schemas_identities_exclusions_and_triggers(postgres: pw.Database) -> None:
    for sql in (
        'CREATE SCHEMA "Other"',
        'CREATE TABLE "Other".room (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,'
        ' inside integer NOT NULL REFERENCES "Other".room, at int4range NOT NULL,'
        " day date UNIQUE, EXCLUDE USING gist (at WITH &&))",
        "CREATE TABLE made (day date UNIQUE DEFERRABLE INITIALLY DEFERRED)",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO public.made VALUES (NEW.day); RETURN NEW; END'",
        'CREATE TRIGGER noting BEFORE INSERT ON "Other".room FOR EACH ROW EXECUTE FUNCTION note()',
        "CREATE VIEW seen AS SELECT 1 AS id",
    ):
        postgres.execute_sql(sql)

    class Room(pw.Model):
        inside = pw.ForeignKeyField("self", column_name="inside")
        day = pw.DateField(null=True)

        class Meta:
            schema = "Other"

    class Made(pw.Model):
        day = pw.DateField(null=True)

        class Meta:
            primary_key = False

    class Seen(pw.Model):
        pass

    for seed in (1, 1):
        fake(postgres, [Room, Seen], {"room": 30}, seed)
    sql = 'SELECT count(*), (SELECT count(*) FROM made) FROM "Other".room'
    assert postgres.execute_sql(sql).fetchone() == (60, 60)
    fake(postgres, [Made], {"made": 200})
    with pytest.raises(SeedError, match="seen is a view"):
        fake(postgres, [Room, Seen], {"seen": 1})


def test_types_that_only_postgres_has(postgres: pw.Database) -> None:
    postgres.execute_sql("CREATE DOMAIN positive AS integer CHECK (VALUE > 0 AND VALUE < 5)")
    postgres.execute_sql("CREATE TYPE mood AS ENUM ('a', 'b')")
    columns = ", ".join(f"c{place} {kind} NOT NULL" for place, kind in enumerate(TYPES))
    postgres.execute_sql(f"CREATE TABLE wide (id serial PRIMARY KEY, {columns}, tags text[])")

    class Wide(pw.Model):
        tags = postgres_ext.ArrayField(pw.TextField, index=False, null=True)

    fake(postgres, [Wide], {"wide": 40})
    sql = f"SELECT count(*), min(c{TYPES.index('positive')}) FROM wide"
    count, least = postgres.execute_sql(sql).fetchone()
    assert count == 40
    assert 0 < least < 5


def test_what_cannot_be_filled_is_said_and_nothing_is_inserted(database: pw.Database) -> None:
    class Missing(pw.Model):
        name = pw.CharField()

    with pytest.raises(SeedError, match=r"has no table missing\.\n.*migrate"):
        fake(database, [Missing], {"missing": 3})
    database.create_tables(models.MODELS)
    with pytest.raises(SeedError, match="Did you mean campaigns"):
        fake(database, models.MODELS, {"campaign": 3})
    for count in (0, -4):
        with pytest.raises(SeedError, match="at least 1"):
            fake(database, models.MODELS, {"campaigns": count})
    sql = "CREATE TABLE orphan (id integer PRIMARY KEY, x integer NOT NULL REFERENCES beyond (id))"
    database.execute_sql("CREATE TABLE beyond (id integer PRIMARY KEY)")
    database.execute_sql(sql)

    class Orphan(pw.Model):
        x = pw.IntegerField()

    with pytest.raises(SeedError, match=r"orphan\.x refers to beyond, which has no rows"):
        fake(database, [Orphan, *models.MODELS], {"campaigns": 3, "orphan": 3})
    assert models.Campaign.select().count() == 0
    assert database.execute_sql("SELECT count(*) FROM orphan").fetchone() == (0,)


def test_one_row_with_two_different_parents(database: pw.Database) -> None:
    class Person(pw.Model):
        name = pw.CharField()

    class Message(pw.Model):
        sender = pw.ForeignKeyField(Person)
        recipient = pw.ForeignKeyField(Person)
        reply_to = pw.ForeignKeyField("self", null=True)
        first = pw.DateTimeField()
        last = pw.DateTimeField()

        class Meta:
            constraints = [
                pw.Check("sender_id <> recipient_id"),
                pw.Check('"last" > "first"'),
                pw.Check("reply_to_id IS NULL OR reply_to_id <> id"),
            ]

    with tables(database, Person, Message):
        fake(database, [Person, Message], {"message": 1})
        fake(database, [Person, Message], {"message": 100})
        assert Message.select().count() == 101


def test_rows_of_a_partitioned_table_have_partitions(postgres: pw.Database) -> None:
    for sql in (
        "CREATE TABLE event (id serial, at date, kind text) PARTITION BY RANGE (at)",
        "CREATE TABLE early PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('1990-01-01')",
        "CREATE TABLE late PARTITION OF event FOR VALUES FROM ('2025-02-01') TO ('2025-03-01')"
        " PARTITION BY LIST (kind)",
        "CREATE TABLE a PARTITION OF late FOR VALUES IN ('a', 'it''s')",
        "CREATE TABLE b PARTITION OF late DEFAULT",
    ):
        postgres.execute_sql(sql)

    class Event(pw.Model):
        at = pw.DateField()
        kind = pw.TextField()

    fake(postgres, [Event], {"event": 100})
    counts = postgres.execute_sql("SELECT (SELECT count(*) FROM early), (SELECT count(*) FROM b)")
    early, late = counts.fetchone()
    assert early + late == 100
    assert 10 < early < 90


def test_a_composite_key_to_the_table_itself_begins_with_null(database: pw.Database) -> None:
    class Firm(pw.Model):
        name = pw.CharField()

    class Clerk(pw.Model):
        firm = pw.ForeignKeyField(Firm)
        number = pw.IntegerField()
        boss = pw.IntegerField(null=True)
        deputy = pw.IntegerField(null=True)

        class Meta:
            primary_key = pw.CompositeKey("firm", "number")
            constraints = [
                pw.SQL("FOREIGN KEY (firm_id, boss) REFERENCES clerk (firm_id, number)"),
                pw.SQL("FOREIGN KEY (firm_id, deputy) REFERENCES clerk (firm_id, number)"),
            ]

    with tables(database, Firm, Clerk):
        fake(database, [Firm, Clerk], {"clerk": 60})
        assert Clerk.select().count() == 60
        assert Clerk.select().where(Clerk.boss.is_null(False)).count() > 30
        assert not broken_keys(database)


def test_the_database_says_why_it_takes_no_row(database: pw.Database) -> None:
    class Locked(pw.Model):
        name = pw.CharField(max_length=20)

    with tables(database, Locked):
        if isinstance(database, pw.PostgresqlDatabase):
            database.execute_sql(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN RAISE EXCEPTION ''locked for 100 days''; END'"
            )
            run = "EXECUTE FUNCTION refuse()"
        else:
            run = "BEGIN SELECT RAISE(ABORT, 'locked for 100 days'); END"
        database.execute_sql(f"CREATE TRIGGER refusing BEFORE INSERT ON locked FOR EACH ROW {run}")
        with pytest.raises(SeedError, match=r"does not accept fake rows: .*locked for 100"):
            fake(database, [Locked], {"locked": 3})


def test_tables_that_need_each_other_are_refused(database: pw.Database) -> None:
    database.execute_sql("CREATE TABLE hen (id integer PRIMARY KEY, egg integer NOT NULL)")
    database.execute_sql(
        "CREATE TABLE egg (id integer PRIMARY KEY, hen integer NOT NULL REFERENCES hen)"
    )

    class Egg(pw.Model):
        hen = pw.DeferredForeignKey("Hen", column_name="hen")

    class Hen(pw.Model):
        egg = pw.ForeignKeyField(Egg, column_name="egg")

    with pytest.raises(SeedError, match="refer to each other"):
        fake(database, [Hen, Egg], {"hen": 3})
