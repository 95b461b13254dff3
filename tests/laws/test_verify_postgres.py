"""What the reference schema has none of, on PostgreSQL, changed by hand: `verify` says exactly
that. And what may be done to a database without the models being any less true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import peewee as pw
import pytest
from playhouse.postgres_ext import ArrayField

from dbkit import EnumField
from dbkit.transactions import rolled_back
from tests.changes import (
    Case,
    by_hand,
    by_place,
    changes,
    different,
    missing,
    one_per_server,
    unexpected,
)
from tests.conftest import POSTGRES


class Range(pw.Field):
    field_type = "INT4RANGE"


class Base(pw.Model):
    class Meta:
        legacy_table_names = False


class Maker(Base):
    code = pw.CharField(20, unique=True)
    rank = pw.IntegerField(null=True)


class Thing(Base):
    id = pw.IdentityField()
    maker = pw.ForeignKeyField(
        Maker, on_delete="CASCADE", on_update="CASCADE", deferrable="INITIALLY DEFERRED"
    )
    code = pw.ForeignKeyField(
        Maker, field="code", null=True, backref="+", constraint_name="of_code", index=False
    )
    parent = pw.ForeignKeyField("self", null=True, on_delete="SET NULL")
    size = pw.IntegerField(null=True)
    price = pw.DecimalField(8, 2)
    made = pw.DateTimeField(constraints=[pw.SQL("DEFAULT CURRENT_TIMESTAMP")])
    seen = pw.TimeField(null=True)
    tags = ArrayField(pw.TextField, null=True, index=False)
    span = Range(null=True)
    kind = pw.CharField(20, collation='"C"')
    label = pw.TextField(constraints=[pw.SQL("DEFAULT 'x'")])
    doc = pw.JSONField(null=True)
    double = pw.IntegerField(
        null=True, constraints=[pw.SQL("GENERATED ALWAYS AS (size * 2) STORED")]
    )

    class Meta:
        legacy_table_names = False
        table_settings = ["WITH (fillfactor=70)"]
        constraints = [
            pw.Check("size > 0", "positive"),
            pw.SQL("CONSTRAINT once UNIQUE NULLS NOT DISTINCT (label, size)"),
            pw.SQL("CONSTRAINT apart EXCLUDE USING gist (span WITH &&)"),
        ]


Thing.add_index(pw.fn.lower(Thing.label), name="by_label")
Thing.add_index(Thing.size, where=Thing.price > 5, name="dear")
Thing.add_index(Thing.price.desc(), name="down")
Thing.add_index(Thing.price, Thing.size, name="two")


class Pair(Base):
    a = pw.IntegerField()
    b = pw.IntegerField()
    tag = pw.CharField(unique=True)

    class Meta:
        legacy_table_names = False
        primary_key = pw.CompositeKey("a", "b")


class Note(Base):
    text = pw.TextField(null=True)

    class Meta:
        legacy_table_names = False
        primary_key = False


class Event(Base):
    day = pw.IntegerField(null=True)
    text = pw.TextField(null=True)

    class Meta:
        legacy_table_names = False
        primary_key = False
        table_settings = ["PARTITION BY RANGE (day)"]


class Log(Base):
    id = pw.BigAutoField()
    level = EnumField(("low", "high"), "level", constraints=[pw.SQL("DEFAULT 'low'")])


class Shelf(Base):
    maker = pw.ForeignKeyField(Maker, null=True, on_delete="CASCADE")
    width = pw.IntegerField(index=True)

    class Meta:
        legacy_table_names = False
        schema = "depot"


MODELS = [Maker, Thing, Pair, Note, Event, Log, Shelf]
FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"


def column(name: str, model: dict[str, Any], database: dict[str, Any]) -> dict[str, Any]:
    """A column of thing is different."""
    return different("column", "thing", name, model, database)


def became(table: str, kind: str, *options: str) -> list[dict[str, Any]]:
    """A table without options is something else."""
    old: dict[str, Any] = {"kind": "table", "options": []} if options else {"kind": "table"}
    new = {"kind": kind, "options": list(options)} if options else {"kind": kind}
    return [different("table", table, table, old, new)]


def options(
    table: str, model: list[str], database: list[str], kind: str = "table"
) -> list[dict[str, Any]]:
    return [different(kind, table, table, {"options": model}, {"options": database})]


def foreign_key(subject: str, /, **values: tuple[Any, Any]) -> list[dict[str, Any]]:
    """A foreign key of thing is different; (in the model, in the database) by attribute."""
    model, database = ({key: pair[n] for key, pair in values.items()} for n in (0, 1))
    return [different("foreign key", "thing", subject, model, database)]


def made_again(constraint: str, words: str) -> str:
    """A constraint of thing in other words."""
    return f"ALTER TABLE thing DROP CONSTRAINT {constraint}, ADD CONSTRAINT {constraint} {words}"


def index_again(name: str, words: str) -> str:
    return f"DROP INDEX {name}; CREATE {words}"


TO_MAKER = "thing_maker_id_fkey (maker_id)"
TO_PARENT = "thing_parent_id_fkey (parent_id)"
TWO = "two (price, size)"
USUAL = "ON DELETE CASCADE ON UPDATE CASCADE INITIALLY DEFERRED"

BY_HAND: dict[str, Case] = {
    # tables
    "view": (
        "DROP TABLE note; CREATE VIEW note AS SELECT 'x'::text AS text",
        became("note", "view", " SELECT 'x'::text AS text;"),
    ),
    "materialized view": (
        "DROP TABLE note; CREATE MATERIALIZED VIEW note AS SELECT 'x'::text AS text",
        became("note", "materialized view", " SELECT 'x'::text AS text;"),
    ),
    "foreign table": (
        "DROP TABLE note; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER w FOREIGN DATA WRAPPER w;"
        "CREATE FOREIGN TABLE note (text text) SERVER w",
        became("note", "foreign table"),
    ),
    "partitioned": (
        "DROP TABLE note; CREATE TABLE note (text text) PARTITION BY HASH (text)",
        became("note", "partitioned table", "PARTITION BY HASH (text)"),
    ),
    "no longer partitioned": (
        "DROP TABLE event; CREATE TABLE event (day int, text text)",
        [
            different(
                "partitioned table",
                "event",
                "event",
                {"kind": "partitioned table", "options": ["PARTITION BY RANGE (day)"]},
                {"kind": "table", "options": []},
            )
        ],
    ),
    "partitioned another way": (
        "DROP TABLE event; CREATE TABLE event (day int, text text) PARTITION BY LIST (day)",
        options(
            "event",
            ["PARTITION BY RANGE (day)"],
            ["PARTITION BY LIST (day)"],
            "partitioned table",
        ),
    ),
    "a partition": (
        "CREATE TABLE every (text text) PARTITION BY LIST (text);"
        "ALTER TABLE every ATTACH PARTITION note DEFAULT",
        options("note", [], ["PARTITION OF (every) DEFAULT"]),
    ),
    "inheriting": (
        "CREATE TABLE parent (text text); ALTER TABLE note INHERIT parent",
        options("note", [], ["INHERITS (parent)"]),
    ),
    "storage parameter changed": (
        "ALTER TABLE thing SET (fillfactor = 80)",
        options("thing", ["fillfactor=70"], ["fillfactor=80"]),
    ),
    "storage parameter reset": (
        "ALTER TABLE thing RESET (fillfactor)",
        options("thing", ["fillfactor=70"], []),
    ),
    "storage parameter set": (
        "ALTER TABLE note SET (autovacuum_enabled = off)",
        options("note", [], ["autovacuum_enabled=off"]),
    ),
    "replica identity": (
        "ALTER TABLE note REPLICA IDENTITY FULL",
        options("note", [], ["REPLICA IDENTITY FULL"]),
    ),
    "moved to another schema": (
        "ALTER TABLE note SET SCHEMA depot",
        [missing("table", "note", "note")],
    ),
    "moved out of its schema": (
        "ALTER TABLE depot.shelf SET SCHEMA public",
        [missing("table", "depot.shelf", "depot.shelf")],
    ),
    "schema dropped": (
        "DROP SCHEMA depot CASCADE",
        [missing("schema", None, "depot"), missing("table", "depot.shelf", "depot.shelf")],
    ),
    "schema renamed": (
        "ALTER SCHEMA depot RENAME TO store",
        [missing("schema", None, "depot"), missing("table", "depot.shelf", "depot.shelf")],
    ),
    "name in another case": (
        'ALTER TABLE note RENAME TO "Note"',
        [missing("table", "note", "note")],
    ),
    # columns
    "column in another case": (
        'ALTER TABLE note RENAME text TO "Text"',
        [missing("column", "note", "text"), unexpected("column", "note", "Text")],
    ),
    "array lost": (
        "ALTER TABLE thing ALTER tags TYPE text USING tags[1]",
        [column("tags", {"type": "text[]"}, {"type": "text"})],
    ),
    "array of another": (
        "ALTER TABLE thing ALTER tags TYPE varchar(9)[]",
        [column("tags", {"type": "text[]"}, {"type": "character varying(9)[]"})],
    ),
    "two types": (
        "ALTER TABLE thing ALTER seen TYPE text; ALTER TABLE pair ALTER tag TYPE text",
        [
            column("seen", {"type": "time without time zone"}, {"type": "text"}),
            different(
                "column", "pair", "tag", {"type": "character varying(255)"}, {"type": "text"}
            ),
        ],
    ),
    "domain over the type": (
        "CREATE DOMAIN word AS text; ALTER TABLE note ALTER text TYPE word",
        [different("column", "note", "text", {"type": "text"}, {"type": "word"})],
    ),
    "precision": (
        "ALTER TABLE thing ALTER made TYPE timestamp(0)",
        [
            column(
                "made",
                {"type": "timestamp without time zone"},
                {"type": "timestamp(0) without time zone"},
            )
        ],
    ),
    "time with zone": (
        "ALTER TABLE thing ALTER seen TYPE timetz",
        [column("seen", {"type": "time without time zone"}, {"type": "time with time zone"})],
    ),
    "range of another": (
        "ALTER TABLE thing DROP CONSTRAINT apart; ALTER TABLE thing ALTER span TYPE int8range"
        " USING int8range(lower(span), upper(span));"
        "ALTER TABLE thing ADD CONSTRAINT apart EXCLUDE USING gist (span WITH &&)",
        [column("span", {"type": "int4range"}, {"type": "int8range"})],
    ),
    "json made text": (
        "ALTER TABLE thing ALTER doc TYPE text",
        [column("doc", {"type": "jsonb"}, {"type": "text"})],
    ),
    "array of an enum": (
        "ALTER TABLE log ALTER level DROP DEFAULT;"
        "ALTER TABLE log ALTER level TYPE level[] USING ARRAY[level]",
        [
            different(
                "column",
                "log",
                "level",
                {"type": "level", "default": "'low'::level"},
                {"type": "level[]", "default": None},
            )
        ],
    ),
    "number made narrow": (
        "ALTER TABLE maker ALTER rank TYPE smallint",
        [different("column", "maker", "rank", {"type": "integer"}, {"type": "smallint"})],
    ),
    "number made numeric": (
        "ALTER TABLE maker ALTER rank TYPE numeric",
        [different("column", "maker", "rank", {"type": "integer"}, {"type": "numeric"})],
    ),
    "another collation": (
        'ALTER TABLE thing ALTER kind TYPE varchar(20) COLLATE "POSIX"',
        [column("kind", {"collation": '"C"'}, {"collation": '"POSIX"'})],
    ),
    "collation lost": (
        'ALTER TABLE thing ALTER kind TYPE varchar(20) COLLATE "default"',
        [column("kind", {"collation": '"C"'}, {"collation": None})],
    ),
    "default of the clock": (
        "ALTER TABLE thing ALTER made SET DEFAULT clock_timestamp()",
        [column("made", {"default": "CURRENT_TIMESTAMP"}, {"default": "clock_timestamp()"})],
    ),
    "default of local time": (
        "ALTER TABLE thing ALTER made SET DEFAULT LOCALTIMESTAMP",
        [column("made", {"default": "CURRENT_TIMESTAMP"}, {"default": "LOCALTIMESTAMP"})],
    ),
    "default in another case": (
        "ALTER TABLE thing ALTER label SET DEFAULT 'X'",
        [column("label", {"default": "'x'::text"}, {"default": "'X'::text"})],
    ),
    "default of an array": (
        "ALTER TABLE thing ALTER tags SET DEFAULT '{}'",
        [column("tags", {"default": None}, {"default": "'{}'::text[]"})],
    ),
    "default from a sequence": (
        "CREATE SEQUENCE numbers; ALTER TABLE thing ALTER size SET DEFAULT nextval('numbers')",
        [column("size", {"default": None}, {"default": "nextval('numbers'::regclass)"})],
    ),
    "identity always": (
        "ALTER TABLE thing ALTER id SET GENERATED ALWAYS",
        [column("id", {"identity": "by default"}, {"identity": "always"})],
    ),
    "identity lost": (
        "ALTER TABLE thing ALTER id DROP IDENTITY",
        [column("id", {"identity": "by default"}, {"identity": ""})],
    ),
    "identity made serial": (
        "ALTER TABLE thing ALTER id DROP IDENTITY; CREATE SEQUENCE s AS int OWNED BY thing.id;"
        "ALTER TABLE thing ALTER id SET DEFAULT nextval('s')",
        [column("id", {"identity": "by default"}, {"identity": "serial"})],
    ),
    "identity's start": (
        "ALTER TABLE thing ALTER id SET START 100",
        [column("id", {"sequence": []}, {"sequence": ["START 100"]})],
    ),
    "identity's step": (
        "ALTER TABLE thing ALTER id SET INCREMENT 10 SET CYCLE",
        [column("id", {"sequence": []}, {"sequence": ["INCREMENT 10", "CYCLE"]})],
    ),
    "identity's bounds": (
        "ALTER TABLE thing ALTER id SET MAXVALUE 99 SET CACHE 5",
        [column("id", {"sequence": []}, {"sequence": ["MAXVALUE 99", "CACHE 5"]})],
    ),
    "serial's type": (
        "ALTER SEQUENCE maker_id_seq AS bigint",
        [
            different(
                "column", "maker", "id", {"sequence": []}, {"sequence": ["AS bigint"]}
            )
        ],
    ),
    "big serial's type": (
        "ALTER SEQUENCE log_id_seq AS integer",
        [different("column", "log", "id", {"sequence": []}, {"sequence": ["AS integer"]})],
    ),
    "serial's start": (
        "ALTER SEQUENCE depot.shelf_id_seq START 5",
        [
            different(
                "column", "depot.shelf", "id", {"sequence": []}, {"sequence": ["START 5"]}
            )
        ],
    ),
    "serial that owns nothing": (
        "ALTER SEQUENCE maker_id_seq OWNED BY NONE",
        [
            different(
                "column",
                "maker",
                "id",
                {"identity": "serial", "default": None},
                {"identity": "", "default": "nextval('maker_id_seq'::regclass)"},
            )
        ],
    ),
    "serial from another sequence": (
        "CREATE SEQUENCE s; ALTER TABLE maker ALTER id SET DEFAULT nextval('s')",
        [
            different(
                "column",
                "maker",
                "id",
                {"identity": "serial", "default": None},
                {"identity": "", "default": "nextval('s'::regclass)"},
            )
        ],
    ),
    "serial plus one": (
        "ALTER TABLE maker ALTER id SET DEFAULT nextval('maker_id_seq') + 1",
        [
            different(
                "column",
                "maker",
                "id",
                {"identity": "serial", "default": None},
                {"identity": "", "default": "(nextval('maker_id_seq'::regclass) + 1)"},
            )
        ],
    ),
    "generated lost": (
        "ALTER TABLE thing ALTER double DROP EXPRESSION",
        [column("double", {"generated": "(size * 2)"}, {"generated": None})],
    ),
    "generated otherwise": (
        "ALTER TABLE thing DROP double;"
        "ALTER TABLE thing ADD double int GENERATED ALWAYS AS (size * 3) STORED",
        [column("double", {"generated": "(size * 2)"}, {"generated": "(size * 3)"})],
    ),
    "generated made a default": (
        "ALTER TABLE thing ALTER double DROP EXPRESSION;"
        "ALTER TABLE thing ALTER double SET DEFAULT 2",
        [
            column(
                "double",
                {"generated": "(size * 2)", "default": None},
                {"generated": None, "default": "2"},
            )
        ],
    ),
    # keys
    "primary key's order": (
        "ALTER TABLE pair DROP CONSTRAINT pair_pkey, ADD PRIMARY KEY (b, a)",
        [
            different(
                "primary key",
                "pair",
                "pair_pkey (a, b)",
                {"columns": ["a", "b"]},
                {"columns": ["b", "a"]},
            )
        ],
    ),
    "primary key narrowed": (
        "ALTER TABLE pair DROP CONSTRAINT pair_pkey, ADD PRIMARY KEY (a)",
        [
            different(
                "primary key",
                "pair",
                "pair_pkey (a, b)",
                {"columns": ["a", "b"]},
                {"columns": ["a"]},
            )
        ],
    ),
    "primary key deferrable": (
        "ALTER TABLE pair DROP CONSTRAINT pair_pkey, ADD PRIMARY KEY (a, b) DEFERRABLE",
        [
            different(
                "primary key",
                "pair",
                "pair_pkey (a, b)",
                {"deferrable": ""},
                {"deferrable": "INITIALLY IMMEDIATE"},
            )
        ],
    ),
    "primary key includes": (
        "ALTER TABLE pair DROP CONSTRAINT pair_pkey, ADD PRIMARY KEY (a, b) INCLUDE (tag)",
        [
            different(
                "primary key", "pair", "pair_pkey (a, b)", {"include": []}, {"include": ["tag"]}
            )
        ],
    ),
    "primary key made unique": (
        "ALTER TABLE pair DROP CONSTRAINT pair_pkey, ADD UNIQUE (a, b)",
        [
            missing("primary key", "pair", "pair_pkey (a, b)"),
            unexpected("unique constraint", "pair", "pair_a_b_key (a, b)"),
        ],
    ),
    "primary key where none is": (
        "ALTER TABLE event ADD UNIQUE (day); ALTER TABLE note ADD id int UNIQUE",
        [
            unexpected("unique constraint", "event", "event_day_key (day)"),
            unexpected("column", "note", "id"),
            unexpected("unique constraint", "note", "note_id_key (id)"),
        ],
    ),
    "on update lost": (
        made_again(
            "thing_maker_id_fkey",
            "FOREIGN KEY (maker_id) REFERENCES maker ON DELETE CASCADE INITIALLY DEFERRED",
        ),
        foreign_key(TO_MAKER, on_update=("CASCADE", "NO ACTION")),
    ),
    "restrict": (
        made_again("thing_parent_id_fkey", "FOREIGN KEY (parent_id) REFERENCES thing ON DELETE"
                   " RESTRICT"),
        foreign_key(TO_PARENT, on_delete=("SET NULL", "RESTRICT")),
    ),
    "set default": (
        made_again("thing_parent_id_fkey", "FOREIGN KEY (parent_id) REFERENCES thing ON DELETE"
                   " SET DEFAULT"),
        foreign_key(TO_PARENT, on_delete=("SET NULL", "SET DEFAULT")),
    ),
    "set one null": (
        made_again("thing_parent_id_fkey", "FOREIGN KEY (parent_id) REFERENCES thing ON DELETE"
                   " SET NULL (parent_id)"),
        foreign_key(TO_PARENT, on_delete=("SET NULL", "SET NULL (parent_id)")),
    ),
    "to another table than itself": (
        made_again("thing_parent_id_fkey", "FOREIGN KEY (parent_id) REFERENCES maker ON DELETE"
                   " SET NULL"),
        foreign_key(TO_PARENT, target=("thing", "maker")),
    ),
    "deferred no longer": (
        "ALTER TABLE thing ALTER CONSTRAINT thing_maker_id_fkey DEFERRABLE INITIALLY IMMEDIATE",
        foreign_key(TO_MAKER, deferrable=("INITIALLY DEFERRED", "INITIALLY IMMEDIATE")),
    ),
    "not deferrable": (
        "ALTER TABLE thing ALTER CONSTRAINT thing_maker_id_fkey NOT DEFERRABLE",
        foreign_key(TO_MAKER, deferrable=("INITIALLY DEFERRED", "")),
    ),
    "match full": (
        made_again("thing_maker_id_fkey", f"FOREIGN KEY (maker_id) REFERENCES maker MATCH FULL"
                   f" {USUAL}"),
        foreign_key(TO_MAKER, match=("SIMPLE", "FULL")),
    ),
    "to another column": (
        "ALTER TABLE maker ADD UNIQUE (rank);"
        + made_again("thing_maker_id_fkey", f"FOREIGN KEY (maker_id) REFERENCES maker (rank)"
                     f" {USUAL}"),
        [
            unexpected("unique constraint", "maker", "maker_rank_key (rank)"),
            *foreign_key(TO_MAKER, target_columns=(["id"], ["rank"])),
        ],
    ),
    "foreign key of a chosen name renamed": (
        "ALTER TABLE thing RENAME CONSTRAINT of_code TO by_code",
        foreign_key("of_code (code_id)", name=("of_code", "by_code")),
    ),
    "foreign key twice": (
        "ALTER TABLE depot.shelf ADD CONSTRAINT again FOREIGN KEY (maker_id) REFERENCES maker"
        " ON DELETE CASCADE",
        [unexpected("foreign key", "depot.shelf", "again (maker_id)")],
    ),
    "foreign key to a table of that name elsewhere": (
        "CREATE TABLE depot.maker (id int PRIMARY KEY);"
        "ALTER TABLE depot.shelf DROP CONSTRAINT shelf_maker_id_fkey, ADD FOREIGN KEY (maker_id)"
        " REFERENCES depot.maker ON DELETE CASCADE",
        [
            different(
                "foreign key",
                "depot.shelf",
                "shelf_maker_id_fkey (maker_id)",
                {"target": "maker"},
                {"target": "depot.maker"},
            )
        ],
    ),
    # unique, check, exclusion
    "nulls distinct": (
        made_again("once", "UNIQUE (label, size)"),
        [
            different(
                "unique constraint",
                "thing",
                "once (label, size)",
                {"nulls_distinct": False},
                {"nulls_distinct": True},
            )
        ],
    ),
    "unique dropped": (
        "ALTER TABLE thing DROP CONSTRAINT once",
        [missing("unique constraint", "thing", "once (label, size)")],
    ),
    "unique renamed": (
        "ALTER TABLE thing RENAME CONSTRAINT once TO only_once",
        [
            different(
                "unique constraint",
                "thing",
                "once (label, size)",
                {"name": "once"},
                {"name": "only_once"},
            )
        ],
    ),
    "unique narrowed": (
        made_again("once", "UNIQUE NULLS NOT DISTINCT (label)"),
        [
            different(
                "unique constraint",
                "thing",
                "once (label, size)",
                {"columns": ["label", "size"]},
                {"columns": ["label"]},
            )
        ],
    ),
    "unique includes": (
        made_again("once", "UNIQUE NULLS NOT DISTINCT (label, size) INCLUDE (price)"),
        [
            different(
                "unique constraint",
                "thing",
                "once (label, size)",
                {"include": []},
                {"include": ["price"]},
            )
        ],
    ),
    "unique deferred": (
        made_again("once", "UNIQUE NULLS NOT DISTINCT (label, size) INITIALLY DEFERRED"),
        [
            different(
                "unique constraint",
                "thing",
                "once (label, size)",
                {"deferrable": ""},
                {"deferrable": "INITIALLY DEFERRED"},
            )
        ],
    ),
    "unique's fillfactor": (
        made_again("once", "UNIQUE NULLS NOT DISTINCT (label, size) WITH (fillfactor = 50)"),
        [
            different(
                "unique constraint",
                "thing",
                "once (label, size)",
                {"options": []},
                {"options": ["fillfactor=50"]},
            )
        ],
    ),
    "unique index made a constraint": (
        "DROP INDEX pair_tag; ALTER TABLE pair ADD UNIQUE (tag)",
        [],  # the constraint is what unique=True asks for
    ),
    "unique index made a constraint with options": (
        "DROP INDEX pair_tag; ALTER TABLE pair ADD UNIQUE (tag) DEFERRABLE",
        [
            missing("unique index", "pair", "pair_tag (tag)"),
            unexpected("unique constraint", "pair", "pair_tag_key (tag)"),
        ],
    ),
    "check not inherited": (
        made_again("positive", "CHECK (size > 0) NO INHERIT"),
        [
            different(
                "check constraint",
                "thing",
                "positive",
                {"inherited": True},
                {"inherited": False},
            )
        ],
    ),
    "check renamed": (
        "ALTER TABLE thing RENAME CONSTRAINT positive TO above",
        [
            missing("check constraint", "thing", "positive"),
            unexpected("check constraint", "thing", "above"),
        ],
    ),
    "check twice": (
        "ALTER TABLE thing ADD CHECK (size > 0)",
        [unexpected("check constraint", "thing", "thing_size_check")],
    ),
    "exclusion dropped": (
        "ALTER TABLE thing DROP CONSTRAINT apart",
        [missing("exclusion constraint", "thing", "apart")],
    ),
    "exclusion added": (
        "ALTER TABLE thing ADD CONSTRAINT e EXCLUDE (seen WITH =)",
        [unexpected("exclusion constraint", "thing", "e")],
    ),
    **{
        f"exclusion {words}": (
            made_again("apart", f"EXCLUDE USING gist (span WITH {words}"),
            [
                different(
                    "exclusion constraint",
                    "thing",
                    "apart",
                    {"definition": "EXCLUDE USING gist (span WITH &&)"},
                    {"definition": f"EXCLUDE USING gist (span WITH {stored}"},
                )
            ],
        )
        for words, stored in (
            ("-|-)", "-|-)"),
            ("&&) WHERE (size > 1)", "&&) WHERE ((size > 1))"),
            ("&&) DEFERRABLE", "&&) DEFERRABLE"),
        )
    },
    # indexes
    **{
        f"index {words}": (
            index_again("two", f"INDEX two ON thing {words}"),
            [different("index", "thing", TWO, model, database)],
        )
        for words, model, database in (
            (
                "(price NULLS FIRST, size)",
                {"keys": ["price", "size"]},
                {"keys": ["price NULLS FIRST", "size"]},
            ),
            (
                "(price, size DESC NULLS LAST)",
                {"keys": ["price", "size"]},
                {"keys": ["price", "size DESC NULLS LAST"]},
            ),
            ("(size, price)", {"keys": ["price", "size"]}, {"keys": ["size", "price"]}),
            ("(price)", {"keys": ["price", "size"]}, {"keys": ["price"]}),
            (
                "(price, (size + 1))",
                {"keys": ["price", "size"]},
                {"keys": ["price", "((size + 1))"]},
            ),
            ("USING brin (price, size)", {"method": "btree"}, {"method": "brin"}),
            ("(price, size) INCLUDE (label)", {"include": []}, {"include": ["label"]}),
            ("(price, size) WHERE (size > 1)", {"where": None}, {"where": "(size > 1)"}),
            (
                "(price, size) WITH (fillfactor = 50)",
                {"options": []},
                {"options": ["fillfactor=50"]},
            ),
            (
                "(price, size) WITH (deduplicate_items = off)",
                {"options": []},
                {"options": ["deduplicate_items=off"]},
            ),
        )
    },
    "index made unique": (
        index_again("two", "UNIQUE INDEX two ON thing (price, size)"),
        [different("index", "thing", TWO, {"unique": False}, {"unique": True})],
    ),
    "unique index without distinct nulls": (
        index_again("pair_tag", "UNIQUE INDEX pair_tag ON pair (tag) NULLS NOT DISTINCT"),
        [
            different(
                "unique index",
                "pair",
                "pair_tag (tag)",
                {"nulls_distinct": True},
                {"nulls_distinct": False},
            )
        ],
    ),
    "index no longer descending": (
        index_again("down", "INDEX down ON thing (price)"),
        [
            different(
                "index", "thing", "down (price DESC)", {"keys": ["price DESC"]}, {"keys": ["price"]}
            )
        ],
    ),
    "index on another expression": (
        index_again("by_label", "INDEX by_label ON thing (upper(label))"),
        [
            different(
                "index",
                "thing",
                "by_label (lower(label))",
                {"keys": ["lower(label)"]},
                {"keys": ["upper(label)"]},
            )
        ],
    ),
    "index with an operator class": (
        index_again("by_label", "INDEX by_label ON thing (lower(label) text_pattern_ops)"),
        [
            different(
                "index",
                "thing",
                "by_label (lower(label))",
                {"keys": ["lower(label)"]},
                {"keys": ["lower(label) text_pattern_ops"]},
            )
        ],
    ),
    "index with a collation": (
        index_again("by_label", 'INDEX by_label ON thing (lower(label) COLLATE "C")'),
        [
            different(
                "index",
                "thing",
                "by_label (lower(label))",
                {"keys": ["lower(label)"]},
                {"keys": ['lower(label) COLLATE "C"']},
            )
        ],
    ),
    "index for all": (
        index_again("dear", "INDEX dear ON thing (size)"),
        [
            different(
                "index",
                "thing",
                "dear (size)",
                {"where": "(price > (5)::numeric)"},
                {"where": None},
            )
        ],
    ),
    "index for others": (
        index_again("dear", "INDEX dear ON thing (size) WHERE price > 6"),
        [
            different(
                "index",
                "thing",
                "dear (size)",
                {"where": "(price > (5)::numeric)"},
                {"where": "(price > (6)::numeric)"},
            )
        ],
    ),
    "index on an expression renamed": (
        "ALTER INDEX by_label RENAME TO labels",
        [
            different(
                "index",
                "thing",
                "by_label (lower(label))",
                {"name": "by_label"},
                {"name": "labels"},
            )
        ],
    ),
    "index never finished": (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'two'::regclass",
        [different("index", "thing", TWO, {"valid": True}, {"valid": False})],
    ),
    "index of another schema dropped": (
        "DROP INDEX depot.shelf_width",
        [missing("index", "depot.shelf", "shelf_width (width)")],
    ),
    # enum types
    "enum moved to another schema": (
        "ALTER TYPE level SET SCHEMA depot",
        [
            missing("enum type", None, "level"),
            different("column", "log", "level", {"type": "level"}, {"type": "depot.level"}),
        ],
    ),
    "enum dropped": (
        "ALTER TABLE log ALTER level DROP DEFAULT; ALTER TABLE log ALTER level TYPE text;"
        "DROP TYPE level",
        [
            missing("enum type", None, "level"),
            different(
                "column",
                "log",
                "level",
                {"type": "level", "default": "'low'::level"},
                {"type": "text", "default": None},
            ),
        ],
    ),
    "enum made again in another order": (
        "ALTER TABLE log ALTER level DROP DEFAULT; ALTER TABLE log ALTER level TYPE text;"
        "DROP TYPE level; CREATE TYPE level AS ENUM ('high', 'low');"
        "ALTER TABLE log ALTER level TYPE level USING level::level;"
        "ALTER TABLE log ALTER level SET DEFAULT 'low'",
        [
            different(
                "enum type",
                None,
                "level",
                {"labels": ["low", "high"]},
                {"labels": ["high", "low"]},
            )
        ],
    ),
    # triggers, rules, row security
    **{
        f"trigger {words}": (
            f"{FUNCTION} CREATE {words} EXECUTE FUNCTION f()",
            [unexpected("trigger", "note", "g")],
        )
        for words in (
            "TRIGGER g BEFORE INSERT ON note FOR EACH ROW",
            "TRIGGER g AFTER TRUNCATE ON note",
            "CONSTRAINT TRIGGER g AFTER UPDATE ON note INITIALLY DEFERRED FOR EACH ROW",
        )
    },
    "trigger disabled": (
        f"{FUNCTION} CREATE TRIGGER g AFTER INSERT ON maker EXECUTE FUNCTION f();"
        "ALTER TABLE maker DISABLE TRIGGER g",
        [unexpected("trigger", "maker", "g")],
    ),
    "trigger on a table of another schema": (
        f"{FUNCTION} CREATE TRIGGER g AFTER INSERT ON depot.shelf EXECUTE FUNCTION f()",
        [unexpected("trigger", "depot.shelf", "g")],
    ),
    "triggers of a foreign key disabled": (
        "ALTER TABLE depot.shelf DISABLE TRIGGER ALL",
        [unexpected("triggers of constraint", "depot.shelf", "shelf_maker_id_fkey")],
    ),
    "a table that inherits": (
        "CREATE TABLE child (more int) INHERITS (note);"
        "CREATE TABLE grandchild () INHERITS (child)",
        [unexpected("table", "child", "child"), unexpected("table", "grandchild", "grandchild")],
    ),
    "a table of another schema that inherits": (
        'CREATE SCHEMA "An other"; CREATE TABLE "An other"."Child" (CHECK (text <> \'x\')) INHERITS'
        ' (note); CREATE TABLE "An other".note (a int); CREATE TYPE "An other".e AS ENUM ()',
        [unexpected("table", "An other.Child", "An other.Child")],
    ),
    **{
        f"{name} of a partition {words}": (
            f"{schema}; CREATE TABLE {table} PARTITION OF event FOR VALUES FROM (1) TO (9);"
            f"{FUNCTION} {sql.format(table)}",
            found(table),
        )
        for words, schema, table in (
            ("", "", "event_1"),
            ("of another schema", "CREATE SCHEMA other", "other.event_1"),
        )
        for name, sql, found in (
            (
                "check",
                "ALTER TABLE {} ADD CONSTRAINT own CHECK (text <> 'x')",
                lambda table: [unexpected("check constraint", table, "own")],
            ),
            (
                "default",
                "ALTER TABLE {} ALTER text SET DEFAULT 'x'",
                lambda table: [
                    different("column", table, "text", {"default": None},
                              {"default": "'x'::text"})
                ],
            ),
            (
                "NOT NULL",
                "ALTER TABLE {} ALTER text SET NOT NULL",
                lambda table: [
                    different("column", table, "text", {"nullable": True}, {"nullable": False})
                ],
            ),
            (
                "unique constraint",
                "ALTER TABLE {} ADD CONSTRAINT own UNIQUE (text)",
                lambda table: [unexpected("unique constraint", table, "own (text)")],
            ),
            (
                "index",
                "CREATE INDEX own ON {} (text)",
                lambda table: [unexpected("index", table, "own (text)")],
            ),
            (
                "trigger",
                "CREATE TRIGGER own BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION f()",
                lambda table: [unexpected("trigger", table, "own")],
            ),
            (
                "rule",
                "CREATE RULE own AS ON INSERT TO {} DO INSTEAD NOTHING",
                lambda table: [unexpected("rule", table, "own")],
            ),
        )
    },
    "rule": (
        "CREATE RULE quiet AS ON DELETE TO note DO INSTEAD NOTHING",
        [unexpected("rule", "note", "quiet")],
    ),
    "rule disabled": (
        "CREATE RULE quiet AS ON UPDATE TO maker DO INSTEAD NOTHING;"
        "ALTER TABLE maker DISABLE RULE quiet",
        [unexpected("rule", "maker", "quiet")],
    ),
    "row security": (
        "ALTER TABLE note ENABLE ROW LEVEL SECURITY",
        options("note", [], ["ROW LEVEL SECURITY"]),
    ),
    "row security forced": (
        "ALTER TABLE thing ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        options(
            "thing",
            ["fillfactor=70"],
            ["ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY", "fillfactor=70"],
        ),
    ),
    "policy": (
        "CREATE POLICY own ON note USING (text = CURRENT_USER)",
        [unexpected("policy", "note", "own")],
    ),
    "restrictive policy": (
        "CREATE POLICY less ON depot.shelf AS RESTRICTIVE FOR DELETE TO pg_monitor USING (false)",
        [unexpected("policy", "depot.shelf", "less")],
    ),
}  # fmt: skip

# What PostgreSQL 15 does not know.
BY_HAND_18: dict[str, Case] = {
    "check not enforced": (
        made_again("positive", "CHECK (size > 0) NOT ENFORCED"),
        [
            different(
                "check constraint",
                "thing",
                "positive",
                {"enforced": True, "validated": True},
                {"enforced": False, "validated": False},
            )
        ],
    ),
    "foreign key not enforced": (
        "ALTER TABLE thing ALTER CONSTRAINT of_code NOT ENFORCED",
        foreign_key("of_code (code_id)", enforced=(True, False), validated=(True, False)),
    ),
    "generated made virtual": (
        "ALTER TABLE thing DROP double;"
        "ALTER TABLE thing ADD double int GENERATED ALWAYS AS (size * 2) VIRTUAL",
        [column("double", {"generated": "(size * 2)"}, {"generated": "(size * 2) VIRTUAL"})],
    ),
    "not null never validated": (
        "ALTER TABLE thing ALTER label DROP NOT NULL;"
        "ALTER TABLE thing ADD CONSTRAINT filled NOT NULL label NOT VALID",
        [
            column("label", {"nullable": False}, {"nullable": True}),
            unexpected("check constraint", "thing", "filled"),
        ],
    ),
}

NOTHING: dict[str, str] = {
    "now()": "ALTER TABLE thing ALTER made SET DEFAULT now()",
    "transaction_timestamp()": "ALTER TABLE thing ALTER made SET DEFAULT transaction_timestamp()",
    "a default set again": "ALTER TABLE thing ALTER label SET DEFAULT ('x')::text",
    "a default of null": "ALTER TABLE maker ALTER rank SET DEFAULT NULL",
    "a type set again": "ALTER TABLE thing ALTER price TYPE decimal(8, 2)",
    "an array of dimensions": "ALTER TABLE thing ALTER tags TYPE text[4][4]",
    "a type changed and back": (
        "ALTER TABLE maker ALTER rank TYPE bigint; ALTER TABLE maker ALTER rank TYPE int"
    ),
    "not null dropped and set": (
        "ALTER TABLE thing ALTER price DROP NOT NULL; ALTER TABLE thing ALTER price SET NOT NULL"
    ),
    "a column dropped and made again": (
        "ALTER TABLE thing DROP seen; ALTER TABLE thing ADD seen time without time zone"
    ),
    "a collation with its schema": (
        'ALTER TABLE thing ALTER kind TYPE varchar(20) COLLATE pg_catalog."C"'
    ),
    "a generated column made again": (
        "ALTER TABLE thing DROP double;"
        "ALTER TABLE thing ADD double int4 GENERATED ALWAYS AS (((size)) * 2) STORED"
    ),
    "identity restarted": "ALTER TABLE thing ALTER id RESTART WITH 500",
    "identity's sequence renamed": "ALTER SEQUENCE thing_id_seq RENAME TO numbers",
    "identity made again": (
        "ALTER TABLE thing ALTER id DROP IDENTITY;"
        "ALTER TABLE thing ALTER id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH 1 CACHE 1)"
    ),
    "serial from another sequence of its own": (
        "CREATE SEQUENCE s AS int OWNED BY maker.id;"
        "ALTER TABLE maker ALTER id SET DEFAULT nextval('s')"
    ),
    "a check made again": made_again("positive", "CHECK (((size)) > (0)::integer)"),
    "a check validated later": (
        made_again("positive", "CHECK (size > 0) NOT VALID")
        + "; ALTER TABLE thing VALIDATE CONSTRAINT positive"
    ),
    "an exclusion made again": made_again("apart", "EXCLUDE USING gist (span range_ops WITH &&)"),
    "a unique constraint made again": (
        "ALTER TABLE thing DROP CONSTRAINT once;"
        "CREATE UNIQUE INDEX once ON thing (label, size) NULLS NOT DISTINCT;"
        "ALTER TABLE thing ADD UNIQUE USING INDEX once; "
    ),
    "a primary key of another name": (
        "ALTER TABLE pair DROP CONSTRAINT pair_pkey, ADD CONSTRAINT k PRIMARY KEY (a, b)"
    ),
    "a foreign key of another name": (
        "ALTER TABLE thing DROP CONSTRAINT thing_maker_id_fkey, ADD CONSTRAINT k FOREIGN KEY"
        f" (maker_id) REFERENCES public.maker (id) MATCH SIMPLE {USUAL}"
    ),
    "a foreign key validated later": (
        made_again("of_code", "FOREIGN KEY (code_id) REFERENCES maker (code) NOT VALID")
        + "; ALTER TABLE thing VALIDATE CONSTRAINT of_code"
    ),
    "an index of another name": "ALTER INDEX depot.shelf_width RENAME TO widths",
    "an index with the usual options": index_again(
        "two", "INDEX two ON thing USING btree (price numeric_ops ASC NULLS LAST, size int4_ops)"
    ),
    "an index on an expression made again": index_again(
        "by_label", "INDEX by_label ON thing ((pg_catalog.lower(((label)))))"
    ),
    "an index's predicate spelled otherwise": index_again(
        "dear", "INDEX dear ON thing (size) WHERE ((price) > 5::numeric)"
    ),
    "a descending index spelled otherwise": index_again(
        "down", "INDEX down ON thing (price DESC NULLS FIRST)"
    ),
    "reindexed": "REINDEX TABLE thing",
    "clustered": "CLUSTER thing USING two",
    "storage": "ALTER TABLE note ALTER text SET STORAGE EXTERNAL",
    "compression": "ALTER TABLE note ALTER text SET COMPRESSION pglz",
    "statistics": "CREATE STATISTICS s ON price, size FROM thing; ANALYZE thing",
    "settings of the toast table": "ALTER TABLE note SET (toast.autovacuum_enabled = off)",
    "rows": "INSERT INTO note VALUES ('x'); TRUNCATE event",
    "a partition": "CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (1) TO (9)",
    "a partition of another schema": (
        "CREATE SCHEMA other; CREATE TABLE other.event_1 PARTITION OF event FOR VALUES FROM (1)"
        " TO (9) PARTITION BY LIST (text); CREATE TABLE other.note (a int);"
        "CREATE TABLE event_2 PARTITION OF other.event_1 DEFAULT"
    ),
    "a view": "CREATE VIEW v AS SELECT * FROM thing",
    "a materialized view": "CREATE MATERIALIZED VIEW v AS SELECT * FROM thing;"
    "CREATE INDEX i ON v (size)",
    "a table that refers": "CREATE TABLE other (thing_id int REFERENCES thing)",
    "a function": FUNCTION,
    "another trigger dropped": (
        f"{FUNCTION} CREATE TRIGGER g AFTER INSERT ON note EXECUTE FUNCTION f();"
        "DROP TRIGGER g ON note"
    ),
    "all triggers off and on": (
        "ALTER TABLE thing DISABLE TRIGGER ALL; ALTER TABLE thing ENABLE TRIGGER ALL"
    ),
    "row security on and off": (
        "ALTER TABLE note ENABLE ROW LEVEL SECURITY; ALTER TABLE note DISABLE ROW LEVEL SECURITY"
    ),
    "the usual replica identity": "ALTER TABLE maker REPLICA IDENTITY DEFAULT",
    "unlogged and back": "ALTER TABLE note SET UNLOGGED; ALTER TABLE note SET LOGGED",
    "an option set again": "ALTER TABLE thing SET (fillfactor = 70)",
    "comments": "COMMENT ON COLUMN thing.size IS 'x'; COMMENT ON INDEX two IS 'y'",
    "grants": "GRANT ALL ON thing TO PUBLIC; GRANT SELECT (text) ON note TO pg_monitor",
    "another owner": "ALTER TABLE thing OWNER TO pg_monitor",
    "a publication": "CREATE PUBLICATION p FOR TABLE note",
    "a type, a domain and a sequence of nobody's": (
        "CREATE TYPE e AS ENUM ('x'); CREATE DOMAIN d AS int; CREATE SEQUENCE s"
    ),
    "another schema": "CREATE SCHEMA other CREATE TABLE thing (id int)",
    "an index that came and went": "CREATE INDEX i ON thing (made); DROP INDEX i",
}


def fill(database: pw.Database) -> None:
    database.execute_sql("CREATE SCHEMA depot")
    with database.bind_ctx(MODELS):
        database.create_tables(MODELS)


created = one_per_server(fill)


@pytest.fixture(params=POSTGRES)
def live(request: pytest.FixtureRequest) -> Iterator[pw.Database]:
    database = created(request.param)
    with rolled_back(database):
        yield database


def check(database: pw.Database, statements: str, expected: list[dict[str, Any]]) -> None:
    found, causes = by_hand(database, statements, MODELS)
    assert found == sorted(expected, key=by_place)
    assert causes == ({("by hand",)} if expected else set())


def test_nothing_was_changed(live: pw.Database) -> None:
    assert changes(live, MODELS) == []


@pytest.mark.parametrize(("statements", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_a_change_by_hand_is_said_exactly(
    live: pw.Database, statements: str, expected: list[dict[str, Any]]
) -> None:
    check(live, statements, expected)


@pytest.mark.postgres
@pytest.mark.parametrize(("statements", "expected"), BY_HAND_18.values(), ids=BY_HAND_18)
def test_a_change_that_only_18_knows(statements: str, expected: list[dict[str, Any]]) -> None:
    database = created("postgres18")
    with rolled_back(database):
        check(database, statements, expected)


@pytest.mark.parametrize("statements", NOTHING.values(), ids=NOTHING)
def test_what_means_nothing_is_no_difference(live: pw.Database, statements: str) -> None:
    check(live, statements, [])
