"""Models as people write them, beyond the reference: created by Peewee, `verify` finds nothing;
changed, it finds that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import peewee as pw
import pytest
from playhouse import postgres_ext as pg
from playhouse import sqlite_ext

from dbkit import DbkitError, EnumField, verify
from dbkit.fields import BigIdentityField, TypedIdentityField
from tests.conftest import opened


def table(name: str, meta: dict[str, Any] | None = None, /, **fields: Any) -> Any:
    """A model, by the name of its table."""
    options = {"table_name": name, "legacy_table_names": False, **(meta or {})}
    return type("M", (pw.Model,), {"Meta": type("Meta", (), options), **fields})


def differences(database: pw.Database, models: list[Any]) -> list[str]:
    return [line for line in str(verify(database, models)).splitlines()[:-1]]


def created(database: pw.Database, *models: Any) -> list[Any]:
    database.bind(models)
    database.create_tables(models)
    return list(models)


def one(index: Any = None, **field: Any) -> Any:
    model = table("t", a=pw.CharField(**field), b=pw.IntegerField(null=True))
    if index is not None:
        model.add_index(index(model))
    return model


class Self(pw.Model):
    parent = pw.ForeignKeyField("self", null=True, on_delete="CASCADE")


class Range(pw.Field):
    field_type = "INT4RANGE"


BOTH: dict[str, Callable[[], list[Any]]] = {
    "every plain field": lambda: [
        table(
            "t",
            a=pw.BigIntegerField(),
            b=pw.SmallIntegerField(),
            c=pw.FloatField(),
            d=pw.DoubleField(),
            e=pw.DecimalField(8, 3),
            f=pw.CharField(10),
            g=pw.FixedCharField(4),
            h=pw.TextField(),
            i=pw.BlobField(),
            j=pw.BitField(),
            k=pw.BigBitField(),
            l=pw.UUIDField(),
            m=pw.BinaryUUIDField(),
            n=pw.DateTimeField(),
            o=pw.DateField(),
            p=pw.TimeField(),
            q=pw.TimestampField(),
            r=pw.IPField(),
            s=pw.BooleanField(),
            u=pw.JSONField(null=True),
        )
    ],
    "keys": lambda: [
        table("a", key=pw.CharField(primary_key=True)),
        table(
            "b",
            {"primary_key": pw.CompositeKey("x", "y")},
            x=pw.IntegerField(),
            y=pw.TextField(null=True),
        ),
        table("c", {"primary_key": False}, x=pw.IntegerField()),
        table("d", id=pw.BigAutoField()),
        table("e", id=pw.UUIDField(primary_key=True)),
    ],
    "foreign keys": lambda: [
        parent := table("parent", code=pw.CharField(20, unique=True)),
        Self,
        table(
            "child",
            a=pw.ForeignKeyField(parent, on_delete="SET NULL", null=True),
            b=pw.ForeignKeyField(parent, field="code", on_update="CASCADE", backref="+"),
            c=pw.ForeignKeyField(parent, backref="-", deferrable="INITIALLY DEFERRED"),
            d=pw.ForeignKeyField(parent, backref="*", constraint_name="my_own"),
        ),
    ],
    "indexes": lambda: [
        m := table(
            "t",
            {"indexes": ((("a", "b"), True), (("b", "a"), False))},
            a=pw.CharField(index=True),
            b=pw.IntegerField(unique=True),
        ),
        m.add_index(m.b.desc(), name="down") or m,
        m.add_index(m.a, where=m.b > 5, name="some", unique=True) or m,
        m.add_index(pw.fn.lower(m.a), name="low") or m,
        m.add_index(pw.SQL('CREATE INDEX "raw" ON "t" ("b", "a")')) or m,
    ],
    "long names": lambda: [table("x" * 60, a_column_of_some_length=pw.IntegerField(index=True))],
    "defaults": lambda: [
        table(
            "t",
            **{
                f"c{number}": field
                for number, field in enumerate(
                    [
                        pw.IntegerField(constraints=[pw.SQL("DEFAULT 5")]),
                        pw.IntegerField(constraints=[pw.SQL("DEFAULT -5")]),
                        pw.IntegerField(constraints=[pw.SQL("DEFAULT (1 + 2)")]),
                        pw.CharField(constraints=[pw.SQL("DEFAULT 'it''s'")]),
                        pw.FixedCharField(3, constraints=[pw.SQL("DEFAULT 'USD'")]),
                        pw.TextField(constraints=[pw.SQL("DEFAULT ''")]),
                        pw.DecimalField(10, 2, constraints=[pw.SQL("DEFAULT 0")]),
                        pw.DecimalField(10, 2, constraints=[pw.SQL("DEFAULT -1.50")]),
                        pw.DoubleField(constraints=[pw.SQL("DEFAULT 0.5")]),
                        pw.BooleanField(constraints=[pw.SQL("DEFAULT TRUE")]),
                        pw.DateTimeField(constraints=[pw.SQL("DEFAULT CURRENT_TIMESTAMP")]),
                        pw.DateField(constraints=[pw.SQL("DEFAULT CURRENT_DATE")]),
                        pw.JSONField(constraints=[pw.SQL("DEFAULT '{\"a\": [1]}'")]),
                        pw.TextField(constraints=[pw.SQL("DEFAULT 'x' CHECK (c13 <> 'y')")]),
                        pw.TextField(null=True, constraints=[pw.SQL("DEFAULT NULL")]),
                    ]
                )
            },
        )
    ],
    "checks": lambda: [
        table(
            "t",
            {
                "constraints": [
                    pw.Check("a > 0"),
                    pw.Check("a < b", "in_order"),
                    pw.SQL("UNIQUE (a, b)"),
                    pw.SQL("CONSTRAINT two CHECK (b > 2)"),
                    pw.Check("c IN ('x', ')', 'CHECK (')"),
                ]
            },
            a=pw.IntegerField(constraints=[pw.Check("a <> 3"), pw.SQL("DEFAULT 1")]),
            b=pw.DecimalField(constraints=[pw.Check("b >= 0 AND b < 1000")]),
            c=pw.TextField(),
        )
    ],
    "equal checks, one named": lambda: [
        table(
            "t",
            {"constraints": [pw.Check("a > 0"), pw.Check("a > 0", "chosen")]},
            a=pw.IntegerField(),
        )
    ],
    "a check with a long name": lambda: [
        table("t", {"constraints": [pw.Check("a > 0", "n" * 70)]}, a=pw.IntegerField())
    ],
    "names that need quotes": lambda: [
        table(
            'Weird "Näme"',
            order=pw.IntegerField(index=True),
            select=pw.CharField(unique=True),
            check=pw.TextField(collation=None),
            Upper=pw.IntegerField(constraints=[pw.Check('"Upper" > 0')]),
            größe=pw.IntegerField(constraints=[pw.SQL("DEFAULT 0")]),
        ),
        table("order", user=pw.IntegerField()),
    ],
    "enums": lambda: [
        table(
            "t",
            a=EnumField(("x", "y"), "kind", constraints=[pw.SQL("DEFAULT 'x'")]),
            b=EnumField(
                ("it's", "größe"), 'Odd "Type"', null=True, constraints=[pw.SQL("DEFAULT 'größe'")]
            ),
        ),
        table("u", a=EnumField(("x", "y"), "kind"), c=EnumField(("z",), "order")),
    ],
    "many to many": lambda: [
        tag := table("tag", name=pw.TextField()),
        post := type("Post", (pw.Model,), {"tags": pw.ManyToManyField(tag)}),
        post.tags.get_through_model(),
    ],
    "a raw foreign key": lambda: [
        table(
            "z",
            {"constraints": [pw.SQL("UNIQUE (a, b)")]},
            a=pw.IntegerField(),
            b=pw.IntegerField(),
        ),
        table(
            "zz",
            {"constraints": [pw.SQL("FOREIGN KEY (a, b) REFERENCES z (a, b)")]},
            a=pw.IntegerField(),
            b=pw.IntegerField(),
        ),
    ],
}

POSTGRES: dict[str, Callable[[], list[Any]]] = {
    "playhouse.postgres_ext": lambda: [
        table(
            "t",
            a=pg.ArrayField(pw.IntegerField),
            b=pg.BinaryJSONField(),
            c=pg.DateTimeTZField(),
            d=pg.IntervalField(),
            e=pg.JSONField(),
            f=pg.TSVectorField(),
        )
    ],
    "identity": lambda: [
        table("t", id=pw.IdentityField()),
        table("u", id=pw.IdentityField(generate_always=True)),
        v := table("v", id=BigIdentityField(primary_key=True), a=pw.TextField()),
        table(
            "w",
            v=pw.ForeignKeyField(v),
            n=TypedIdentityField(sql_type="smallint", generate_always=True, options="START 7"),
        ),
    ],
    "a collation": lambda: [table("t", a=pw.CharField(collation='"C"'))],
    "index methods": lambda: [
        table(
            "t",
            a=pw.CharField(index=True, index_type="hash"),
            b=pw.JSONField(index=True, index_type="gin"),
        )
    ],
    "nulls not distinct": lambda: [
        m := one(),
        m.add_index(m.a, unique=True, nulls_distinct=False, name="n") or m,
    ],
    "table options": lambda: [
        table("t", {"table_settings": ["WITH (fillfactor=70)"]}, a=pw.IntegerField())
    ],
    "an expression's collation": lambda: [
        m := one(),
        m.add_index(pw.SQL('CREATE INDEX "e" ON "t" (lower(a) COLLATE "C" DESC)')) or m,
    ],
    "exclusion": lambda: [
        table(
            "t",
            {"constraints": [pw.SQL("CONSTRAINT once EXCLUDE USING gist (a WITH &&)")]},
            a=Range(),
        )
    ],
}

SQLITE: dict[str, Callable[[], list[Any]]] = {
    "table kinds": lambda: [
        table("a", {"strict_tables": True}, x=pw.IntegerField()),
        table(
            "b", {"without_rowid": True, "strict_tables": True}, x=pw.TextField(primary_key=True)
        ),
    ],
    "playhouse.sqlite_ext": lambda: [
        table("t", id=sqlite_ext.AutoIncrementField(), a=sqlite_ext.JSONField(null=True))
    ],
    "full text search": lambda: [
        type("Doc", (sqlite_ext.FTS5Model,), {"body": sqlite_ext.SearchField()}),
        table("t", a=pw.TextField()),
    ],
    "a collation": lambda: [table("t", a=pw.CharField(collation="NOCASE"))],
    "a column called check": lambda: [table("t", check=pw.CharField(collation="NOCASE"))],
}


@pytest.mark.parametrize("kind", BOTH)
def test_what_peewee_creates_is_what_the_models_say(database: pw.Database, kind: str) -> None:
    models = created(database, *dict.fromkeys(BOTH[kind]()))
    assert differences(database, models) == []


@pytest.mark.parametrize("kind", POSTGRES)
def test_what_peewee_creates_on_postgresql(postgres: pw.Database, kind: str) -> None:
    models = created(postgres, *dict.fromkeys(POSTGRES[kind]()))
    assert differences(postgres, models) == []


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", SQLITE)
def test_what_peewee_creates_on_sqlite(kind: str) -> None:
    with opened("sqlite:///:memory:") as database:
        models = created(database, *dict.fromkeys(SQLITE[kind]()))
        assert differences(database, models) == []


def test_models_in_another_schema(postgres: pw.Database) -> None:
    postgres.execute_sql('CREATE SCHEMA "Other"')
    parent = table(
        "t",
        {"schema": "Other"},
        a=pw.IntegerField(index=True),
        mood=EnumField(("x", "y"), "mood", constraints=[pw.SQL("DEFAULT 'y'")]),
        low=pw.TextField(constraints=[pw.SQL("DEFAULT lower('X')")]),
    )
    same = table("t", b=pw.ForeignKeyField(parent))
    models = created(postgres, parent, same)
    assert differences(postgres, models) == []
    postgres.execute_sql('ALTER TABLE "Other".t ALTER mood DROP DEFAULT')
    postgres.execute_sql("ALTER TYPE \"Other\".mood ADD VALUE 'z'")
    assert differences(postgres, models) == [
        "enum types",
        "  ~ enum type Other.mood differs",
        "      labels:",
        "        model:    x, y",
        "        database: x, y, z",
        "Other.t",
        "  ~ column mood differs",
        "      default:",
        "        model:    'y'::mood",
        "        database: none",
    ]


def test_enum_types_of_one_name_in_several_schemas(postgres: pw.Database) -> None:
    default, check = pw.SQL("DEFAULT 'x'"), pw.Check("b <> 'y'")
    models = []
    for schema in (None, "a", "b"):
        if schema:
            postgres.execute_sql(f"CREATE SCHEMA {schema}")
        labels = ("x", "y", schema or "none")
        fields = {"a": EnumField(labels, "mood", constraints=[default]),
                  "b": EnumField(labels, "mood", constraints=[check])}  # fmt: skip
        models.append(table("t", {"schema": schema}, **fields))
    created(postgres, *models)
    assert differences(postgres, models) == []
    assert differences(postgres, models[1:]) == ["not covered by any model, left alone: t"]
    postgres.execute_sql("ALTER TABLE b.t ALTER a SET DEFAULT 'y'")
    assert differences(postgres, models) == [
        "b.t",
        "  ~ column a differs",
        "      default:",
        "        model:    'x'::b.mood",
        "        database: 'y'::b.mood",
    ]


def test_types_of_another_schema_on_the_search_path(postgres: pw.Database) -> None:
    postgres.execute_sql("CREATE SCHEMA extensions")
    postgres.execute_sql("CREATE DOMAIN extensions.email AS text")
    postgres.execute_sql("SET search_path = public, extensions")

    class EmailField(pw.TextField):
        field_type = "email"

    assert differences(postgres, created(postgres, table("t", a=EmailField()))) == []
    assert postgres.execute_sql("SHOW search_path").fetchone() == ("public, extensions",)


def test_a_deferred_foreign_key_is_expected_where_it_can_be_made(database: pw.Database) -> None:
    class Early(pw.Model):
        late = pw.DeferredForeignKey("Late", null=True, on_delete="CASCADE")

    class Late(pw.Model):
        early = pw.ForeignKeyField(Early)

    models = created(database, Early, Late)
    if isinstance(database, pw.PostgresqlDatabase):
        assert differences(database, models) == [
            "early",
            "  - foreign key early_late_id_fkey (late_id) is missing from the database",
            "      model:    references late (id) on delete cascade",
        ]
        Early._schema.create_foreign_key(Early.late)
    assert differences(database, models) == []


def test_a_dot_in_the_name_of_a_table_is_no_schema() -> None:
    with opened("sqlite:///:memory:") as database:
        model = table("a.b", parent=pw.ForeignKeyField("self", null=True))
        created(database, model)
        assert differences(database, [model]) == []
        model._meta.add_field("added", pw.IntegerField(null=True))
        for statement in verify(database, [model]).statements():
            database.execute_sql(statement.sql)
        assert differences(database, [model]) == []


def test_attached_databases_are_read_and_not_written() -> None:
    with opened("sqlite:///:memory:") as database:
        database.attach(":memory:", "aux2")
        model = table("t", {"schema": "aux2"}, a=pw.IntegerField(index=True))
        assert differences(database, [model]) == [
            "tables",
            "  - table aux2.t is missing from the database",
        ]
        assert database.execute_sql("SELECT * FROM aux2.sqlite_master").fetchall() == []
        assert differences(database, created(database, model)) == []


@pytest.mark.parametrize("begin", ["begin", "manual", "atomic"])
def test_a_transaction_of_the_callers_goes_on(database: pw.Database, begin: str) -> None:
    (model,) = created(database, table("t", a=pw.IntegerField()))
    context = database.atomic() if begin == "atomic" else database.manual_commit()
    with context:
        if begin != "atomic":
            database.begin()
        model.create(a=1)
        assert differences(database, [model]) == []
        if begin != "atomic":
            database.commit()
    assert model.select().count() == 1


def test_nothing_to_compare_is_no_clean_answer(database: pw.Database) -> None:
    with pytest.raises(DbkitError, match="No model can be compared"):
        verify(database, [table("t", {"temporary": True}, a=pw.IntegerField())])


def test_two_models_of_one_table_describe_it_together(database: pw.Database) -> None:
    whole = table("t", a=pw.CharField(10), b=pw.IntegerField(null=True, index=True))
    part = table("t", a=pw.CharField(10))
    created(database, whole)
    assert differences(database, [whole, part]) == []
    assert differences(database, [part, whole]) == []
    assert differences(database, [part]) != []
    with pytest.raises(DbkitError, match="of the table t disagree on column a"):
        verify(database, [whole, table("t", a=pw.CharField(20))])
