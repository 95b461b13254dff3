"""The statements that bring one PostgreSQL schema to another, written from values alone."""

from __future__ import annotations

import pytest

from dbkit.schema.details import Action, Key, TableOptions
from dbkit.schema.postgres.writing import effects, statements
from dbkit.schema.values import (
    Check,
    Column,
    Comment,
    Domain,
    EnumType,
    ForeignKey,
    Index,
    Namespace,
    Part,
    PrimaryKey,
    Schema,
    Sequence,
    Table,
    Unique,
)
from tests.names import own

A = Column("a", "integer")


def sql(old: Schema, new: Schema) -> list[str]:
    return [one.sql for one in statements(old, new)]


def schema(*parts: Part) -> Schema:
    return Schema(tables=(Table(own("t"), parts),))


# what is added, and the statements there and back
PARTS: dict[str, tuple[Part, str, str]] = {
    "column": (Column("b", "text", False, "'x'::text"),
               """ALTER TABLE "t" ADD COLUMN "b" text DEFAULT 'x'::text NOT NULL""",
               'ALTER TABLE "t" DROP COLUMN "b"'),
    "odd name": (Column('B "x".y', "text"), 'ALTER TABLE "t" ADD COLUMN "B ""x"".y" text',
                 'ALTER TABLE "t" DROP COLUMN "B ""x"".y"'),
    "primary key": (PrimaryKey(("a",), name="k"),
                    'ALTER TABLE "t" ADD CONSTRAINT "k" PRIMARY KEY ("a")',
                    'ALTER TABLE "t" DROP CONSTRAINT "k"'),
    "unique": (Unique(("a",), name="u"), 'ALTER TABLE "t" ADD CONSTRAINT "u" UNIQUE ("a")',
               'ALTER TABLE "t" DROP CONSTRAINT "u"'),
    "check": (Check("(a > 0)", name="c"), 'ALTER TABLE "t" ADD CONSTRAINT "c" CHECK ((a > 0))',
              'ALTER TABLE "t" DROP CONSTRAINT "c"'),
    "check that is not validated": (Check("(lower(a) IS NOT NULL)", False, name="c"),
        'ALTER TABLE "t" ADD CONSTRAINT "c" CHECK ((lower(a) IS NOT NULL)) NOT VALID',
        'ALTER TABLE "t" DROP CONSTRAINT "c"'),
    "not null that is not validated": (Check('("A" IS NOT NULL)', False, name="n", not_null="A"),
                                       'ALTER TABLE "t" ADD CONSTRAINT "n" NOT NULL "A" NOT VALID',
                                       'ALTER TABLE "t" DROP CONSTRAINT "n"'),
    "foreign key with columns to set": (
        ForeignKey(("a",), own("t"), ("b",), Action("SET NULL", ("a, b", "c")), name="f"),
        'ALTER TABLE "t" ADD CONSTRAINT "f" FOREIGN KEY ("a") REFERENCES "t" ("b") '
        'ON DELETE SET NULL ("a, b", "c") ON UPDATE NO ACTION',
        'ALTER TABLE "t" DROP CONSTRAINT "f"'),
    "check of a model": (Check("(a > 0)", name="c", source="a>0"),
                         'ALTER TABLE "t" ADD CONSTRAINT "c" CHECK (a>0)',
                         'ALTER TABLE "t" DROP CONSTRAINT "c"'),
    "foreign key": (ForeignKey(("a",), own("t"), ("b",), Action("CASCADE"), name="f"),
                    'ALTER TABLE "t" ADD CONSTRAINT "f" FOREIGN KEY ("a") REFERENCES "t" ("b") '
                    "ON DELETE CASCADE ON UPDATE NO ACTION", 'ALTER TABLE "t" DROP CONSTRAINT "f"'),
    "index": (Index((Key("a"),), name="i", where="(a > 0)"),
              'CREATE INDEX "i" ON "t" USING "btree" ("a") WHERE (a > 0)', 'DROP INDEX "i"'),
    "comment": (Comment("a", "it's"), """COMMENT ON COLUMN "t"."a" IS 'it''s'""",
                'COMMENT ON COLUMN "t"."a" IS NULL'),
}  # fmt: skip


@pytest.mark.parametrize("kind", PARTS)
def test_a_part_is_added_and_dropped(kind: str) -> None:
    part, add, drop = PARTS[kind]
    assert sql(schema(A), schema(A, part)) == [add]
    assert sql(schema(A, part), schema(A)) == [drop]


@pytest.mark.parametrize(
    ("old", "new", "clauses"),
    [
        (A, Column("a", "bigint"), ["TYPE bigint"]),
        (A, Column("a", "integer", False), ["SET NOT NULL"]),
        (Column("a", "integer", False), A, ["DROP NOT NULL"]),
        (A, Column("a", "integer", default="1"), ["SET DEFAULT 1"]),
        (Column("a", "integer", default="1"), A, ["DROP DEFAULT"]),
    ],
)
def test_a_column_is_altered(old: Column, new: Column, clauses: list[str]) -> None:
    head = 'ALTER TABLE "t" ALTER COLUMN "a" '
    assert sql(schema(old), schema(new)) == [head + clause for clause in clauses]


def test_things_beside_tables() -> None:
    full = Schema(
        namespaces=(Namespace("s"),), enums=(EnumType(own("e"), ("a", "it's")),),
        sequences=(Sequence(own("q")),), domains=(Domain(own("d"), "integer"),),
    )  # fmt: skip
    made = sql(Schema(), full)
    for statement in ('CREATE SCHEMA IF NOT EXISTS "s"',
                      """CREATE TYPE "e" AS ENUM ('a', 'it''s')""",
                      'CREATE SEQUENCE "q"', 'CREATE DOMAIN "d" AS integer'):  # fmt: skip
        assert statement in made
    gone = sql(full, Schema())
    for statement in ('DROP SCHEMA "s"', 'DROP TYPE "e"', 'DROP SEQUENCE IF EXISTS "q"',
                      'DROP DOMAIN "d"'):  # fmt: skip
        assert statement in gone


def test_a_label_is_added_in_its_place() -> None:
    old, new = Schema(enums=(EnumType(own("e"), ("a", "c")),)), Schema(
        enums=(EnumType(own("e"), ("a", "b", "c")),)
    )  # fmt: skip
    assert sql(old, new) == ["""ALTER TYPE "e" ADD VALUE 'b' AFTER 'a'"""]


def test_a_table_comes_with_its_keys_and_before_what_points_to_it() -> None:
    parent = Table(own("z"), (A, PrimaryKey(("a",), name="z_pkey")))
    child = Table(own("b"), (A, ForeignKey(("a",), own("z"), ("a",), name="f")))
    made = sql(Schema(), Schema(tables=(child, parent)))
    (key,) = (place for place, one in enumerate(made) if "FOREIGN KEY" in one)
    assert key > max(place for place, one in enumerate(made) if one.startswith("CREATE TABLE"))
    gone = sql(Schema(tables=(child, parent)), Schema())
    assert gone == ['ALTER TABLE "b" DROP CONSTRAINT "f"', 'DROP TABLE "b"', 'DROP TABLE "z"']


def test_what_loses_data_says_so() -> None:
    (column,) = statements(schema(A, Column("b", "text")), schema(A))
    (table,) = statements(schema(A), Schema())
    (index,) = statements(schema(A, Index((Key("a"),), name="i")), schema(A))
    assert (bool(column.loses), bool(table.loses), bool(index.loses)) == (True, True, False)


def test_equal_schemas_need_nothing() -> None:
    assert statements(schema(A), schema(A)) == []


@pytest.mark.parametrize(
    ("old", "new", "using", "misfit", "loses"),
    [
        ("integer", "bigint", "", "", False),
        ("integer", "text", "", "", False),
        ("numeric(10,4)", "numeric(10,2)", "", "", True),
        # a plain TYPE refuses what USING would cut
        ("character varying(20)", "character varying(5)", "", "a value does not fit", False),
        ("double precision", "integer", "", "a value does not fit", True),
        ("text", "integer", '"a"::text::integer', "is not valid for the new type", False),
        ("integer", "uuid", '"a"::text::uuid', "is not valid for the new type", True),
    ],
)
def test_a_column_gets_another_type(
    old: str, new: str, using: str, misfit: str, loses: bool
) -> None:
    pair = schema(Column("a", old)), schema(Column("a", new))
    (statement,) = statements(*pair)
    assert statement.sql == f'ALTER TABLE "t" ALTER COLUMN "a" TYPE {new}' + (
        f" USING {using}" if using else ""
    )
    found = effects(*pair)
    assert found.usings == ({(own("t"), "a"): using} if using else {})
    assert misfit in found.misfits.get((own("t"), "a"), "")
    assert bool(found.misfits) == bool(misfit)
    assert bool(statement.loses) == loses


def test_many_domains_that_name_all_before_them() -> None:
    names = [f"d{number:02}" for number in range(30)]
    domains = [
        Domain(
            own(name), f"{names[n - 1] if n else 'text'} CHECK ((VALUE <> '{' '.join(names[:n])}'))"
        )
        for n, name in enumerate(names)
    ]
    full, empty = Schema(domains=tuple(reversed(domains))), Schema()
    created = sql(empty, full)
    assert [one.split()[2].strip('"') for one in created] == names
    dropped = sql(full, empty)
    assert [one.split()[2].strip('"') for one in dropped] == names[::-1]


def test_many_views_that_name_all_before_them() -> None:
    names = [f"v{number:02}" for number in reversed(range(30))]  # not in the order of their names
    column = (Column("a", "integer"),)
    queries = [f"SELECT 1 AS a FROM {', '.join(names[:n]) or 'x'}" for n in range(len(names))]
    views = [Table(own(name), column, "view", TableOptions(query))
             for name, query in zip(names, queries, strict=True)]  # fmt: skip
    created = sql(Schema(), Schema(tables=tuple(views)))
    assert [one.split()[2].strip('"') for one in created] == names


def test_domains_that_mention_each_other_in_a_string() -> None:
    first = Domain(own("first"), "text CHECK ((VALUE <> 'second'))")
    second = Domain(own("second"), "text CHECK ((VALUE <> 'first'))")
    assert len(statements(Schema(), Schema(domains=(first, second)))) == 2
