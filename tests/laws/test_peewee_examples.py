"""The models of Peewee's own documentation and examples, created by Peewee: `verify` is clean.

Each function gives the models as https://docs.peewee-orm.com or the folder `examples` of
https://github.com/coleifer/peewee has them, in the order they are created in.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import peewee as pw
import pytest
from peewee import (
    AutoField,
    BareField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    Check,
    CompositeKey,
    DateField,
    DateTimeField,
    DecimalField,
    DeferredForeignKey,
    ForeignKeyField,
    IntegerField,
    ManyToManyField,
    Model,
    TextField,
    TimestampField,
    UUIDField,
)

from dbkit import verify

Models = list[Any]


def quickstart() -> Models:
    class Person(Model):
        name = CharField()
        birthday = DateField()

    class Pet(Model):
        owner = ForeignKeyField(Person, backref="pets")
        name = CharField()
        animal_type = CharField()

    return [Person, Pet]


def twitter_clone() -> Models:
    class User(Model):
        username = CharField(unique=True)
        password = CharField()
        email = CharField()
        join_date = DateTimeField()

    class Relationship(Model):
        from_user = ForeignKeyField(User, backref="relationships")
        to_user = ForeignKeyField(User, backref="related_to")

        class Meta:
            indexes = ((("from_user", "to_user"), True),)

    class Message(Model):
        user = ForeignKeyField(User, backref="messages")
        content = TextField()
        pub_date = DateTimeField()

    return [User, Relationship, Message]


def querying() -> Models:
    class User(Model):
        username = TextField()

    class Tweet(Model):
        content = TextField()
        timestamp = DateTimeField(default=datetime.datetime.now)
        user = ForeignKeyField(User, backref="tweets")

    class Favorite(Model):
        user = ForeignKeyField(User, backref="favorites")
        tweet = ForeignKeyField(Tweet, backref="favorites")

    return [User, Tweet, Favorite]


def self_reference() -> Models:
    class Category(Model):
        name = CharField()
        parent = ForeignKeyField("self", null=True, backref="children")

    class Person(Model):
        name = CharField()

    class Friendship(Model):
        one = ForeignKeyField(Person, backref="+", on_delete="CASCADE")
        other = ForeignKeyField(Person, backref="+", on_delete="CASCADE")

    return [Category, Person, Friendship]


def many_to_many() -> Models:
    class Student(Model):
        name = CharField()

    class Course(Model):
        name = CharField()
        students = ManyToManyField(Student, backref="courses")

    return [Student, Course, Course.students.get_through_model()]


def many_to_many_by_hand() -> Models:
    class Student(Model):
        name = CharField()

    class Course(Model):
        name = CharField()

    class StudentCourse(Model):
        student = ForeignKeyField(Student)
        course = ForeignKeyField(Course)

    return [Student, Course, StudentCourse]


def composite_key() -> Models:
    class Blog(Model):
        pass

    class Tag(Model):
        name = CharField(primary_key=True)

    class BlogToTag(Model):
        blog = ForeignKeyField(Blog)
        tag = ForeignKeyField(Tag)

        class Meta:
            primary_key = CompositeKey("blog", "tag")

    return [Blog, Tag, BlogToTag]


def other_keys() -> Models:
    class Person(Model):
        person_id = AutoField()

    class UUIDModel(Model):
        id = UUIDField(primary_key=True)

    class NoKey(Model):
        key = CharField()
        value = TextField()

        class Meta:
            primary_key = False

    class Log(Model):
        id = BigIntegerField(primary_key=True)
        line = BlobField(null=True)

    return [Person, UUIDModel, NoKey, Log]


def indexes() -> Models:
    class User(Model):
        email = CharField(unique=True)
        registered = DateTimeField(index=True)

    class Transaction(Model):
        from_acct = CharField()
        to_acct = CharField()
        amount = DecimalField(max_digits=9, decimal_places=2)
        date = DateTimeField()

        class Meta:
            indexes = (
                (("from_acct", "to_acct", "date"), True),
                (("from_acct", "to_acct"), False),
            )

    return [User, Transaction]


def advanced_indexes() -> Models:
    class Article(Model):
        name = TextField()
        timestamp = TimestampField()
        status = IntegerField()
        flags = IntegerField()

    Article.add_index(Article.name, Article.timestamp)
    Article.add_index(Article.name, Article.timestamp.desc(), name="newest")
    Article.add_index(Article.status, where=(Article.status == 1) & (Article.flags > 0))
    index = Article.index(
        Article.name,
        Article.timestamp,
        unique=True,
        where=Article.status == 1,
        name="some_articles",
    )
    Article.add_index(index)
    Article.add_index(
        Article.index(Article.flags.bin_and(4), Article.status, name="article_flagged")
    )
    Article.add_index(pw.SQL('CREATE INDEX "article_raw" ON "article" ("flags", "status" DESC)'))
    return [Article]


def table_constraints() -> Models:
    class Person(Model):
        name = CharField(constraints=[Check("name <> ''")])
        age = IntegerField(constraints=[pw.SQL("DEFAULT 18")])
        joined = DateTimeField(constraints=[pw.SQL("DEFAULT CURRENT_TIMESTAMP")])

        class Meta:
            constraints = [Check("age >= 18 AND age < 200"), pw.SQL("UNIQUE (name, age)")]

    class Product(Model):
        name = CharField(max_length=100, column_name="product_name", null=True)
        price = DecimalField(default=0, constraints=[Check("price >= 0", "price_not_negative")])
        status = CharField(choices=[("a", "active"), ("b", "banned")], default="a")

        class Meta:
            table_name = "products"

    return [Person, Product]


def inheritance_and_names() -> Models:
    class BaseModel(Model):
        created = DateTimeField(default=datetime.datetime.now)

        class Meta:
            legacy_table_names = False

            @staticmethod
            def table_function(model: Any) -> str:
                return str(model.__name__.lower()) + "_tbl"

    class UserProfile(BaseModel):
        full_name = CharField(max_length=30)

    class APIResponse(BaseModel):
        profile = ForeignKeyField(UserProfile, on_delete="SET NULL", on_update="CASCADE", null=True)

    return [UserProfile, APIResponse]


def keys_to_other_columns() -> Models:
    class User(Model):
        username = CharField(unique=True)

    class Tweet(Model):
        username = ForeignKeyField(User, field="username", column_name="author", backref="tweets")
        content = TextField()

    class Reply(Model):
        tweet = ForeignKeyField(Tweet, object_id_name="tweet_number", unique=True)

    return [User, Tweet, Reply]


def blog() -> Models:
    """examples/blog/app.py, without its full-text table, which is SQLite's"""

    class Entry(Model):
        title = CharField()
        slug = CharField(unique=True)
        content = TextField()
        published = BooleanField(index=True)
        timestamp = DateTimeField(default=datetime.datetime.now, index=True)

    return [Entry]


def diary() -> Models:
    """examples/diary.py, sqlite_fts.py, anomaly_detection.py"""

    class Entry(Model):
        content = TextField()
        timestamp = DateTimeField(default=datetime.datetime.now)

    class WebRequest(Model):
        ip = CharField(null=True)
        duration = pw.FloatField()

    return [Entry, WebRequest]


def flash_cards() -> Models:
    """as examples/anki.py"""

    class Deck(Model):
        name = CharField(unique=True)

    class Card(Model):
        deck = ForeignKeyField(Deck, backref="cards", on_delete="CASCADE")
        front = TextField(default="")
        back = TextField(default="")
        due = DateField(default=datetime.date.today, index=True)
        ease = DecimalField(max_digits=4, decimal_places=2, default=2.5, auto_round=True)

        class Meta:
            indexes = ((("deck", "due"), False),)

    class Review(Model):
        card = ForeignKeyField(Card, backref="reviews", on_delete="CASCADE")
        grade = pw.SmallIntegerField(constraints=[Check("grade BETWEEN 0 AND 5")])
        at = TimestampField(resolution=1000)

    return [Deck, Card, Review]


def hexastore() -> Models:
    """examples/graph.py, hexastore.py"""

    class Graph(Model):
        subject = TextField()
        predicate = TextField()
        object = TextField()

        class Meta:
            indexes = (
                (("subject", "predicate", "object"), True),
                (("object", "predicate", "subject"), False),
            )

    class Node(Model):
        name = TextField(primary_key=True)

    class Edge(Model):
        src = ForeignKeyField(Node, backref="outgoing_edges")
        dest = ForeignKeyField(Node, backref="incoming_edges")
        weight = pw.FloatField()

    return [Graph, Node, Edge]


def reddit_ranking() -> Models:
    """examples/reddit_ranking.py, adjacency_list.py, query_library.py"""

    class Post(Model):
        slug = CharField(unique=True)
        score = IntegerField(default=0)
        parent = ForeignKeyField("self", backref="children", null=True)

    class Member(Model):
        memid = AutoField()
        surname = CharField()
        recommendedby = ForeignKeyField("self", backref="recommended", column_name="recommendedby",
                                        null=True)  # fmt: skip

        class Meta:
            table_name = "members"

    class Facility(Model):
        facid = AutoField()
        membercost = DecimalField()

        class Meta:
            table_name = "facilities"

    class Booking(Model):
        bookid = AutoField()
        facility = ForeignKeyField(Facility, column_name="facid")
        member = ForeignKeyField(Member, column_name="memid")
        starttime = DateTimeField()

        class Meta:
            table_name = "bookings"

    return [Post, Member, Facility, Booking]


EXAMPLES: list[Callable[[], Models]] = [
    quickstart, twitter_clone, querying, self_reference, many_to_many, many_to_many_by_hand,
    composite_key, other_keys, indexes, advanced_indexes, table_constraints, inheritance_and_names,
    keys_to_other_columns, blog, diary, flash_cards, hexastore, reddit_ranking,
]  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_clean_and_a_lost_column_is_seen(
    database: pw.Database, example: Callable[[], Models]
) -> None:
    models = example()
    database.bind(models)
    database.create_tables(models)
    assert str(verify(database, models)).endswith("the database matches the models")
    table = models[0]._meta.table_name
    database.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN surplus INTEGER')
    assert [line for line in str(verify(database, models)).splitlines() if "surplus" in line] == [
        "  + column surplus is in the database but not in the models"
    ]


def test_circular_foreign_keys(database: pw.Database) -> None:
    """As "Circular foreign key dependencies" has it: the second key is added afterwards."""

    class User(Model):
        username = CharField()
        favorite_tweet = DeferredForeignKey("Tweet", null=True)

    class Tweet(Model):
        message = TextField()
        user = ForeignKeyField(User, backref="tweets")

    database.bind([User, Tweet])
    database.create_tables([User, Tweet])
    if isinstance(database, pw.PostgresqlDatabase):  # SQLite has it from the start
        assert "favorite_tweet_id_fkey" in str(verify(database, [User, Tweet]))
        User._schema.create_foreign_key(User.favorite_tweet)
    assert not verify(database, [User, Tweet])


@pytest.mark.sqlite
def test_a_bare_field() -> None:
    class Bare(Model):
        value = BareField(null=True)

    with pw.SqliteDatabase(":memory:") as database, database.bind_ctx([Bare]):
        database.create_tables([Bare])
        assert not verify(database, [Bare])
