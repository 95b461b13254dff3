"""Tables on SQLite, changed by hand: `verify` says exactly that."""

from __future__ import annotations

from typing import Any

import peewee as pw
import pytest
from playhouse.sqlite_ext import AutoIncrementField

from tests.changes import by_place, changes, create, different, missing, run, unexpected
from tests.conftest import opened

# SQLite: the DDL of one table, as somebody rebuilt it, against the same models.
SQLITE_MODEL = """CREATE TABLE "thing" ("id" INTEGER NOT NULL PRIMARY KEY,
    "name" VARCHAR(20) NOT NULL DEFAULT 'x' CHECK (name <> ''), "size" INTEGER,
    "owner_id" INTEGER, FOREIGN KEY ("owner_id") REFERENCES "owner" ("id") ON DELETE CASCADE)"""


class Owner(pw.Model):
    label = pw.TextField(null=True)

    class Meta:
        legacy_table_names = False


class Thing(pw.Model):
    name = pw.CharField(20, constraints=[pw.SQL("DEFAULT 'x'"), pw.Check("name <> ''")])
    size = pw.IntegerField(null=True)
    owner = pw.ForeignKeyField(Owner, null=True, on_delete="CASCADE")

    class Meta:
        legacy_table_names = False


SQLITE: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "nothing": ("", "", []),
    "spelling": ("CHECK (name <> '')", "check((NAME<>''))  -- CHECK (1)\n", []),
    "operator": ("name <> ''", "name != ''", []),
    "column added": (
        '"size" INTEGER,',
        '"size" INTEGER, color TEXT,',
        [unexpected("column", "thing", "color")],
    ),
    "column dropped": ('"size" INTEGER,', "", [missing("column", "thing", "size")]),
    "type": (
        "VARCHAR(20)",
        "VARCHAR(30)",
        [different("column", "thing", "name", {"type": "varchar(20)"}, {"type": "varchar(30)"})],
    ),
    "nullable": (
        "NOT NULL DEFAULT",
        "DEFAULT",
        [different("column", "thing", "name", {"nullable": False}, {"nullable": True})],
    ),
    "default": (
        "DEFAULT 'x'",
        "DEFAULT 'X'",
        [different("column", "thing", "name", {"default": "'x'"}, {"default": "'X'"})],
    ),
    "default in double quotes": (
        "DEFAULT 'x'",
        'DEFAULT "X"',
        [different("column", "thing", "name", {"default": "'x'"}, {"default": "'X'"})],
    ),
    "blob": (
        "DEFAULT 'x'",
        "DEFAULT X'0a'",
        [different("column", "thing", "name", {"default": "'x'"}, {"default": "x'0a'"})],
    ),
    "the same in double quotes": ("DEFAULT 'x'", 'DEFAULT "x"', []),
    "collation": (
        "DEFAULT 'x'",
        "COLLATE NOCASE DEFAULT 'x'",
        [different("column", "thing", "name", {"collation": None}, {"collation": "nocase"})],
    ),
    "autoincrement": (
        "PRIMARY KEY",
        "PRIMARY KEY AUTOINCREMENT",
        [different("column", "thing", "id", {"identity": ""}, {"identity": "autoincrement"})],
    ),
    "generated": (
        '"size" INTEGER',
        '"size" INTEGER AS (id + 1)',
        [different("column", "thing", "size", {"generated": None}, {"generated": "id + 1"})],
    ),
    "check dropped": ("CHECK (name <> '')", "", [missing("check constraint", "thing", "")]),
    "check added": (
        '"size" INTEGER',
        '"size" INTEGER CONSTRAINT positive CHECK (size > 0)',
        [unexpected("check constraint", "thing", "positive")],
    ),
    "action": (
        " ON DELETE CASCADE",
        "",
        [
            different(
                "foreign key",
                "thing",
                "(owner_id)",
                {"on_delete": "CASCADE"},
                {"on_delete": "NO ACTION"},
            )
        ],
    ),
    "primary key": ("NOT NULL PRIMARY KEY", "NOT NULL", [missing("primary key", "thing", "(id)")]),
    "unique constraint": (
        "ON DELETE CASCADE)",
        "ON DELETE CASCADE, UNIQUE (size))",
        [unexpected("unique constraint", "thing", "(size)")],
    ),
}


@pytest.mark.sqlite
@pytest.mark.parametrize(("old", "new", "expected"), SQLITE.values(), ids=SQLITE)
def test_a_rebuilt_sqlite_table_is_said_exactly(
    old: str, new: str, expected: list[dict[str, Any]]
) -> None:
    assert old in SQLITE_MODEL
    with opened("sqlite:///:memory:") as database:
        create(database, Owner)
        run(database, SQLITE_MODEL.replace(old, new, 1))
        run(database, 'CREATE INDEX "thing_owner_id" ON "thing" ("owner_id")')
        assert sorted(changes(database, [Thing, Owner]), key=by_place) == sorted(
            expected, key=by_place
        )


# And of kinds that table has none of; in place of "" comes what is run afterwards.
SCRIPT = """
CREATE TABLE owner (id INTEGER NOT NULL PRIMARY KEY, label TEXT);
CREATE TABLE item (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(20) NOT NULL DEFAULT 'x',
    size INTEGER,
    price DECIMAL(8, 2) NOT NULL DEFAULT 1.5,
    label TEXT NOT NULL COLLATE NOCASE,
    twice INTEGER GENERATED ALWAYS AS (size * 2) STORED,
    made DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    owner_id INTEGER NOT NULL,
    CONSTRAINT positive CHECK (size > 0),
    CONSTRAINT once UNIQUE (label, size),
    FOREIGN KEY (owner_id) REFERENCES owner (id) ON DELETE CASCADE ON UPDATE RESTRICT
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX item_owner_id ON item (owner_id);
CREATE INDEX by_name ON item (lower(name));
CREATE INDEX few ON item (size) WHERE size > 1;
CREATE INDEX down ON item (size DESC);
CREATE UNIQUE INDEX two ON item (name, size);
CREATE TABLE flat (key TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE pair (a INTEGER NOT NULL, b INTEGER NOT NULL, note TEXT, PRIMARY KEY (a, b));
"""


class Item(pw.Model):
    id = AutoIncrementField()
    name = pw.CharField(20, constraints=[pw.SQL("DEFAULT 'x'")])
    size = pw.IntegerField(null=True)
    price = pw.DecimalField(8, 2, constraints=[pw.SQL("DEFAULT 1.5")])
    label = pw.TextField(collation="NOCASE")
    twice = pw.IntegerField(
        null=True, constraints=[pw.SQL("GENERATED ALWAYS AS (size * 2) STORED")]
    )
    made = pw.DateTimeField(constraints=[pw.SQL("DEFAULT CURRENT_TIMESTAMP")])
    owner = pw.ForeignKeyField(
        Owner, on_delete="CASCADE", on_update="RESTRICT", deferrable="INITIALLY DEFERRED"
    )

    class Meta:
        legacy_table_names = False
        constraints = [
            pw.Check("size > 0", "positive"),
            pw.SQL("CONSTRAINT once UNIQUE (label, size)"),
        ]


Item.add_index(pw.fn.lower(Item.name), name="by_name")
Item.add_index(Item.size, where=Item.size > 1, name="few")
Item.add_index(Item.size.desc(), name="down")
Item.add_index(Item.name, Item.size, unique=True, name="two")


class Flat(pw.Model):
    key = pw.TextField(primary_key=True)
    n = pw.IntegerField()

    class Meta:
        legacy_table_names = False
        strict_tables = True
        without_rowid = True


class Pair(pw.Model):
    a = pw.IntegerField()
    b = pw.IntegerField()
    note = pw.TextField(null=True)

    class Meta:
        legacy_table_names = False
        primary_key = pw.CompositeKey("a", "b")


def column(name: str, model: dict[str, Any], database: dict[str, Any]) -> list[dict[str, Any]]:
    return [different("column", "item", name, model, database)]


def foreign_key(model: dict[str, Any], database: dict[str, Any]) -> list[dict[str, Any]]:
    return [different("foreign key", "item", "(owner_id)", model, database)]


def unique(model: dict[str, Any], database: dict[str, Any]) -> list[dict[str, Any]]:
    return [different("unique constraint", "item", "once (label, size)", model, database)]


def options(table: str, model: list[str], database: list[str]) -> list[dict[str, Any]]:
    return [different("table", table, table, {"options": model}, {"options": database})]


def index(
    name: str, model: dict[str, Any], database: dict[str, Any], kind: str = "index"
) -> list[dict[str, Any]]:
    return [different(kind, "item", name, model, database)]


PAIR_TABLE = SCRIPT[SCRIPT.index("CREATE TABLE pair") :]
TWO = "two (name, size)"
KINDS: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    # tables
    "table dropped": ("", "DROP TABLE pair", [missing("table", "pair", "pair")]),
    "table renamed": (
        "",
        "ALTER TABLE pair RENAME TO pairs",
        [missing("table", "pair", "pair")],
    ),
    "view in its place": (
        SCRIPT[SCRIPT.index("CREATE TABLE flat") : SCRIPT.index("CREATE TABLE pair")],
        "CREATE TABLE rows (key TEXT, n INTEGER); CREATE VIEW flat AS SELECT key, n FROM rows;",
        [
            different(
                "table",
                "flat",
                "flat",
                {"kind": "table", "options": ["strict", "without rowid"]},
                {"kind": "view", "options": ["create view flat as select key, n from rows"]},
            ),
            different("column", "flat", "key", {"nullable": False}, {"nullable": True}),
            different("column", "flat", "n", {"nullable": False}, {"nullable": True}),
            missing("primary key", "flat", "(key)"),
        ],
    ),
    "not strict": (
        "STRICT, WITHOUT ROWID",
        "WITHOUT ROWID",
        options("flat", ["strict", "without rowid"], ["without rowid"]),
    ),
    "with rowid": (
        "STRICT, WITHOUT ROWID",
        "STRICT",
        options("flat", ["strict", "without rowid"], ["strict"]),
    ),
    "strict": ("(a, b));", "(a, b)) STRICT;", options("pair", [], ["strict"])),
    "without rowid": (
        "(a, b));",
        "(a, b)) WITHOUT ROWID;",
        options("pair", [], ["without rowid"]),
    ),
    # columns
    "column added": (
        "",
        "ALTER TABLE pair ADD COLUMN more TEXT",
        [unexpected("column", "pair", "more")],
    ),
    "column dropped": (
        "",
        "ALTER TABLE pair DROP COLUMN note",
        [missing("column", "pair", "note")],
    ),
    "column renamed": (
        "",
        "ALTER TABLE pair RENAME COLUMN note TO notes",
        [missing("column", "pair", "note"), unexpected("column", "pair", "notes")],
    ),
    "type": (
        "size INTEGER",
        "size BIGINT",
        column("size", {"type": "integer"}, {"type": "bigint"}),
    ),
    "no type": ("size INTEGER", "size", column("size", {"type": "integer"}, {"type": ""})),
    "int": ("size INTEGER", "size INT", column("size", {"type": "integer"}, {"type": "int"})),
    "length": (
        "VARCHAR(20)",
        "VARCHAR(21)",
        column("name", {"type": "varchar(20)"}, {"type": "varchar(21)"}),
    ),
    "no length": (
        "VARCHAR(20)",
        "VARCHAR",
        column("name", {"type": "varchar(20)"}, {"type": "varchar"}),
    ),
    "scale": (
        "DECIMAL(8, 2)",
        "DECIMAL(8, 3)",
        column("price", {"type": "decimal(8,2)"}, {"type": "decimal(8,3)"}),
    ),
    "null": (
        "label TEXT NOT NULL",
        "label TEXT",
        column("label", {"nullable": False}, {"nullable": True}),
    ),
    "not null": (
        "size INTEGER",
        "size INTEGER NOT NULL",
        column("size", {"nullable": True}, {"nullable": False}),
    ),
    "not null replaces": (
        "label TEXT NOT NULL",
        "label TEXT NOT NULL ON CONFLICT REPLACE",
        column("label", {"options": []}, {"options": ["ON CONFLICT REPLACE"]}),
    ),
    "default's case": (
        "DEFAULT 'x'",
        "DEFAULT 'X'",
        column("name", {"default": "'x'"}, {"default": "'X'"}),
    ),
    "default's number": (
        "DEFAULT 1.5",
        "DEFAULT 1",
        column("price", {"default": "1.5"}, {"default": "1"}),
    ),
    "default negative": (
        "DEFAULT 1.5",
        "DEFAULT -1.5",
        column("price", {"default": "1.5"}, {"default": "- 1.5"}),
    ),
    "default set": (
        "size INTEGER",
        "size INTEGER DEFAULT 0",
        column("size", {"default": None}, {"default": "0"}),
    ),
    "default dropped": (
        "DEFAULT 1.5",
        "",
        column("price", {"default": "1.5"}, {"default": None}),
    ),
    "default of another time": (
        "DEFAULT CURRENT_TIMESTAMP",
        "DEFAULT CURRENT_DATE",
        column("made", {"default": "current_timestamp"}, {"default": "current_date"}),
    ),
    "default of an expression": (
        "DEFAULT CURRENT_TIMESTAMP",
        "DEFAULT (datetime('now'))",
        column("made", {"default": "current_timestamp"}, {"default": "datetime ('now')"}),
    ),
    "collation": (
        "COLLATE NOCASE",
        "COLLATE RTRIM",
        column("label", {"collation": "nocase"}, {"collation": "rtrim"}),
    ),
    "collation lost": (
        "COLLATE NOCASE",
        "",
        column("label", {"collation": "nocase"}, {"collation": None}),
    ),
    "no autoincrement": (
        " AUTOINCREMENT",
        "",
        column("id", {"identity": "autoincrement"}, {"identity": ""}),
    ),
    "generated otherwise": (
        "(size * 2) STORED",
        "(size * 3) STORED",
        column("twice", {"generated": "size * 2 stored"}, {"generated": "size * 3 stored"}),
    ),
    "generated virtual": (
        "(size * 2) STORED",
        "(size * 2) VIRTUAL",
        column("twice", {"generated": "size * 2 stored"}, {"generated": "size * 2"}),
    ),
    "generated no longer": (
        "GENERATED ALWAYS AS (size * 2) STORED",
        "",
        column("twice", {"generated": "size * 2 stored"}, {"generated": None}),
    ),
    # keys
    "primary key's order": (
        "PRIMARY KEY (a, b)",
        "PRIMARY KEY (b, a)",
        [different("primary key", "pair", "(a, b)", {"columns": ["a", "b"]},
                   {"columns": ["b", "a"]})],
    ),
    "primary key narrowed": (
        "PRIMARY KEY (a, b)",
        "PRIMARY KEY (a)",
        [different("primary key", "pair", "(a, b)", {"columns": ["a", "b"]}, {"columns": ["a"]})],
    ),
    "primary key dropped": (
        ", PRIMARY KEY (a, b)",
        "",
        [missing("primary key", "pair", "(a, b)")],
    ),
    "primary key descending": (
        "PRIMARY KEY (a, b)",
        "PRIMARY KEY (a DESC, b)",
        [different("primary key", "pair", "(a, b)", {"options": []}, {"options": ["a DESC"]})],
    ),
    "primary key ignores": (
        "PRIMARY KEY (a, b)",
        "PRIMARY KEY (a, b) ON CONFLICT IGNORE",
        [
            different("primary key", "pair", "(a, b)", {"options": []},
                      {"options": ["ON CONFLICT IGNORE"]})
        ],
    ),
    "on delete": (
        "ON DELETE CASCADE",
        "ON DELETE SET NULL",
        foreign_key({"on_delete": "CASCADE"}, {"on_delete": "SET NULL"}),
    ),
    "on update": (
        "ON UPDATE RESTRICT",
        "",
        foreign_key({"on_update": "RESTRICT"}, {"on_update": "NO ACTION"}),
    ),
    "not deferred": (
        "DEFERRABLE INITIALLY DEFERRED",
        "",
        foreign_key({"deferrable": "INITIALLY DEFERRED"}, {"deferrable": ""}),
    ),
    "initially immediate": (
        "INITIALLY DEFERRED",
        "INITIALLY IMMEDIATE",
        foreign_key({"deferrable": "INITIALLY DEFERRED"}, {"deferrable": ""}),
    ),
    "to another table": (
        "REFERENCES owner (id)",
        "REFERENCES pair (id)",
        foreign_key({"target": "owner"}, {"target": "pair"}),
    ),
    "to another column": (
        "REFERENCES owner (id)",
        "REFERENCES owner (label)",
        foreign_key({"target_columns": ["id"]}, {"target_columns": ["label"]}),
    ),
    "foreign key dropped": (
        SCRIPT[SCRIPT.index(",\n    FOREIGN KEY") : SCRIPT.index("\n);\nCREATE INDEX item_owner")],
        "",
        [missing("foreign key", "item", "(owner_id)")],
    ),
    "foreign key added": (
        "note TEXT",
        "note TEXT REFERENCES owner",
        [unexpected("foreign key", "pair", "(note)")],
    ),
    # unique and check
    "unique dropped": (
        "    CONSTRAINT once UNIQUE (label, size),\n",
        "",
        [missing("unique constraint", "item", "once (label, size)")],
    ),
    "unique's name": (
        "CONSTRAINT once UNIQUE",
        "CONSTRAINT twice UNIQUE",
        unique({"name": "once"}, {"name": "twice"}),
    ),
    "unique's order": (
        "UNIQUE (label, size)",
        "UNIQUE (size, label)",
        unique({"columns": ["label", "size"]}, {"columns": ["size", "label"]}),
    ),
    "unique's collation": (
        "UNIQUE (label, size)",
        "UNIQUE (label COLLATE BINARY, size)",
        unique({"options": []}, {"options": ["label COLLATE binary"]}),
    ),
    "unique replaces": (
        "UNIQUE (label, size)",
        "UNIQUE (label, size) ON CONFLICT REPLACE",
        unique({"options": []}, {"options": ["ON CONFLICT REPLACE"]}),
    ),
    "unique column": (
        "note TEXT",
        "note TEXT UNIQUE",
        [unexpected("unique constraint", "pair", "(note)")],
    ),
    "check's body": (
        "CHECK (size > 0)",
        "CHECK (size >= 0)",
        [different("check constraint", "item", "positive", {"expression": "size > 0"},
                   {"expression": "size >= 0"})],
    ),
    "check's name": (
        "CONSTRAINT positive",
        "CONSTRAINT above",
        [
            missing("check constraint", "item", "positive"),
            unexpected("check constraint", "item", "above"),
        ],
    ),
    "check twice": (
        "size INTEGER",
        "size INTEGER CHECK (size > 0)",
        [unexpected("check constraint", "item", "")],
    ),
    # indexes
    "index dropped": ("", "DROP INDEX few", [missing("index", "item", "few (size)")]),
    "index added": (
        "",
        "CREATE INDEX more ON pair (note)",
        [unexpected("index", "pair", "more (note)")],
    ),
    "index of a chosen name renamed": (
        "INDEX few",
        "INDEX many",
        index("few (size)", {"name": "few"}, {"name": "many"}),
    ),
    "index not unique": (
        "UNIQUE INDEX",
        "INDEX",
        index(TWO, {"unique": True}, {"unique": False}, "unique index"),
    ),
    "index made unique": (
        "INDEX few",
        "UNIQUE INDEX few",
        index("few (size)", {"unique": False}, {"unique": True}),
    ),
    "index's order": (
        "(name, size)",
        "(size, name)",
        index(TWO, {"keys": ["name", "size"]}, {"keys": ["size", "name"]}, "unique index"),
    ),
    "index's direction": (
        "(size DESC)",
        "(size)",
        index("down (size desc)", {"keys": ["size desc"]}, {"keys": ["size"]}),
    ),
    "index's collation": (
        "(name, size)",
        "(name COLLATE NOCASE, size)",
        index(
            TWO,
            {"keys": ["name", "size"]},
            {"keys": ["name collate nocase", "size"]},
            "unique index",
        ),
    ),
    "index's expression": (
        "(lower(name))",
        "(upper(name))",
        index(
            "by_name (lower (name))",
            {"keys": ["lower (name)"]},
            {"keys": ["upper (name)"]},
        ),
    ),
    "index's predicate": (
        "WHERE size > 1",
        "WHERE size > 2",
        index("few (size)", {"where": "size > 1"}, {"where": "size > 2"}),
    ),
    "index for all": (
        " WHERE size > 1",
        "",
        index("few (size)", {"where": "size > 1"}, {"where": None}),
    ),
    # triggers
    **{
        f"trigger {words}": (
            "",
            f"CREATE TRIGGER g {words} BEGIN SELECT 1; END",
            [unexpected("trigger", "pair", "g")],
        )
        for words in (
            "AFTER INSERT ON pair",
            "BEFORE UPDATE OF note ON pair",
            "AFTER DELETE ON pair WHEN OLD.a > 1",
        )
    },
}  # fmt: skip

CHECK = "CONSTRAINT positive CHECK (size > 0)"
TO_CHECK = SCRIPT[SCRIPT.index("size INTEGER,") : SCRIPT.index("    CONSTRAINT once")]
MEANS_NOTHING: dict[str, tuple[str, str]] = {
    "nothing": ("", ""),
    "case of words": ("CREATE TABLE item", "create table item"),
    "case of types": ("VARCHAR(20)", "varchar (20)"),
    "quotes": ("    size INTEGER", '    "size" [INTEGER]'),
    "other quotes": ("label TEXT NOT", "`label` TEXT NOT"),
    "single quotes": ("label TEXT NOT", "'label' TEXT NOT"),
    "comments": ("size INTEGER,", "size /* , note TEXT CHECK ( */ INTEGER, -- UNIQUE (\n"),
    "order of clauses": (
        "NOT NULL DEFAULT 'x'",
        "DEFAULT 'x' NOT NULL",
    ),
    "default null": ("size INTEGER", "size INTEGER DEFAULT NULL"),
    "default in parentheses": ("DEFAULT 1.5", "DEFAULT (1.5)"),
    "null spelled": ("size INTEGER", "size INTEGER NULL"),
    "binary collation": ("size INTEGER", "size INTEGER COLLATE BINARY"),
    "the rowid's not null": ("NOT NULL PRIMARY KEY AUTO", "PRIMARY KEY AUTO"),
    "the usual conflict": ("size)", "size) ON CONFLICT ABORT"),
    "check in parentheses": ("CHECK (size > 0)", "CHECK (((size>0)))"),
    "check of the column": (
        TO_CHECK,
        TO_CHECK.replace(CHECK + ",", "").replace("INTEGER,", f"INTEGER {CHECK},"),
    ),
    "generated in short": ("GENERATED ALWAYS AS", "AS"),
    "foreign key of the column": ("owner (id)", "owner"),
    "foreign key's case": ("REFERENCES owner (id)", "REFERENCES OWNER (ID)"),
    "foreign key's match": ("REFERENCES owner (id)", "REFERENCES owner (id) MATCH FULL"),
    "index ascending": ("(name, size)", "(name ASC, size)"),
    "index's usual collation": ("(name, size)", "(name COLLATE BINARY, size)"),
    "index's predicate in parentheses": ("WHERE size > 1", "WHERE ((size>1))"),
    "index of a made-up name": ("item_owner_id", "other"),
    "order of options": ("STRICT, WITHOUT ROWID", "WITHOUT ROWID, STRICT"),
    "a key's name": ("PRIMARY KEY (a, b)", "CONSTRAINT k PRIMARY KEY (a, b)"),
    "a column moved": ("a INTEGER NOT NULL, b INTEGER NOT NULL", "b INTEGER NOT NULL, a INTEGER"
                       " NOT NULL"),
    "a column added and dropped": (
        "",
        "ALTER TABLE pair ADD COLUMN z INTEGER; ALTER TABLE pair DROP COLUMN z",
    ),
    "renamed and back": (
        "",
        "ALTER TABLE pair RENAME TO p; ALTER TABLE p RENAME TO pair;"
        "ALTER TABLE pair RENAME COLUMN note TO n; ALTER TABLE pair RENAME COLUMN n TO note",
    ),
    "reindexed": ("", "REINDEX; ANALYZE; VACUUM"),
    "rows": ("", "INSERT INTO pair VALUES (1, 2, 'x')"),
    "a view": ("", "CREATE VIEW v AS SELECT * FROM item"),
    "another table": ("", "CREATE TABLE other (id INTEGER REFERENCES item)"),
    "a trigger that came and went": (
        "",
        "CREATE TRIGGER g AFTER INSERT ON pair BEGIN SELECT 1; END; DROP TRIGGER g",
    ),
    "a virtual table": ("", "CREATE VIRTUAL TABLE words USING fts5 (body)"),
}  # fmt: skip


def edited(old: str, new: str) -> str:
    assert old in SCRIPT
    return SCRIPT.replace(old, new, 1) if old else f"{SCRIPT};{new}"


def found(script: str) -> list[dict[str, Any]]:
    with opened("sqlite:///:memory:") as database:
        run(database, script)
        return sorted(changes(database, [Item, Owner, Flat, Pair]), key=by_place)


@pytest.mark.sqlite
@pytest.mark.parametrize(("old", "new", "expected"), KINDS.values(), ids=KINDS)
def test_a_change_by_hand_is_said_exactly(
    old: str, new: str, expected: list[dict[str, Any]]
) -> None:
    assert found(edited(old, new)) == sorted(expected, key=by_place)


@pytest.mark.sqlite
@pytest.mark.parametrize(("old", "new"), MEANS_NOTHING.values(), ids=MEANS_NOTHING)
def test_what_means_nothing_is_no_difference(old: str, new: str) -> None:
    assert found(edited(old, new)) == []
