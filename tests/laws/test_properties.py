"""What must hold of any models: hypothesis makes them up, Peewee creates them.

Some dozens of examples each; `DBKIT_EXAMPLES=5000 pytest tests/laws/test_properties.py` runs more.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import peewee as pw
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from playhouse import postgres_ext as pg

from dbkit import EnumField, verify
from dbkit.fields import DateTimeTZField, create_enum
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.peewee_models import with_targets
from dbkit.schema.postgres import plain, settle, temporary_tables
from dbkit.schema.values import Check, EnumType, Part, Schema, Table

EXAMPLES = int(os.environ.get("DBKIT_EXAMPLES", "0"))

some = settings(
    max_examples=EXAMPLES or 50,
    derandomize=not EXAMPLES,  # the same every time, so that nobody's build fails by chance
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Kind:
    """A field class with what goes with it: defaults, checks ({} is the column), whether a btree
    can be built on it."""

    make: Callable[..., Any]
    defaults: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    indexable: bool = True
    postgres_only: bool = False


NUMBERS = ("{} > 5", "{} BETWEEN 1 AND 7", "{} IN (2, 3, 40)", "{} <> -4", "{} + 2 > 3 OR {} < 0",
           "abs({}) < 100", "{} >= 0.50", "NOT {} = 12", "{} IS NOT NULL AND {} > 3")  # fmt: skip
WORDS = ("{} <> ''", "{} IN ('a', 'it''s', 'c')", "length({}) > 2", "lower({}) = {}",
         "{} LIKE 'a_'", "{} LIKE '5%'", "{} = 'x' || 'y'", "{} > 'a' AND {} < 'z'",
         "NOT ({} = '(')")  # fmt: skip
MOMENTS = ("CURRENT_TIMESTAMP",)
OTHER_LABELS = (("x", "it's", "new"), ("it's", "x"), ("first", "x", "it's"), ("x",), ("x", "its"))
KINDS: dict[str, Kind] = {
    "char": Kind(lambda **o: pw.CharField(20, **o), ("'x'", "''", "'it''s'"), WORDS),
    "fixed": Kind(lambda **o: pw.FixedCharField(3, **o), ("'USD'",), WORDS),
    "text": Kind(pw.TextField, ("'x'", "'größe'", "NULL", "(lower('X'))"), WORDS),
    "integer": Kind(pw.IntegerField, ("5", "-5", "(1 + 2)", "0"), NUMBERS),
    "big": Kind(pw.BigIntegerField, ("5", "-5", "12345678901"), NUMBERS),
    "small": Kind(pw.SmallIntegerField, ("5", "-5"), NUMBERS),
    "float": Kind(pw.FloatField, ("0.5", "1", "-0.25"), NUMBERS),
    "double": Kind(pw.DoubleField, ("0.5", "1e3"), NUMBERS),
    "decimal": Kind(lambda **o: pw.DecimalField(8, 3, **o), ("0", "-1.50", "1.5"), NUMBERS),
    "bool": Kind(pw.BooleanField, ("TRUE", "false"), ("{} = TRUE", "NOT {}", "{} IS NOT NULL")),
    "date": Kind(pw.DateField, ("CURRENT_DATE", "'2020-01-31'"), ("{} > '2020-01-31'",)),
    "time": Kind(pw.TimeField, ("'12:30'",), ("{} > '08:00'",)),
    "datetime": Kind(pw.DateTimeField, (*MOMENTS, "'2020-01-31 10:00'"), ("{} > '2020-01-31'",)),
    "moment": Kind(DateTimeTZField, MOMENTS),
    "timestamp": Kind(pw.TimestampField, ("0",), NUMBERS),
    "uuid": Kind(pw.UUIDField, ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",)),
    "binary uuid": Kind(pw.BinaryUUIDField),
    "blob": Kind(pw.BlobField),
    "bits": Kind(pw.BitField, (), NUMBERS),
    "ip": Kind(pw.IPField, (), NUMBERS),
    "json": Kind(pw.JSONField, ("'{}'", "'{\"a\": [1, 2]}'"), (), False),
    "enum": Kind(lambda **o: EnumField(("x", "it's"), "mood", **o), ("'x'",)),
    **{f"enum of {labels}": Kind(lambda labels=labels, **o: EnumField(labels, "mood", **o),
                                 ("'x'",)) for labels in OTHER_LABELS},
    "enum with more": Kind(lambda **o: EnumField(("y", "z"), 'Odd "Type"', **o), ("'y'",)),
    "array": Kind(lambda **o: pg.ArrayField(pw.IntegerField, **o), (), (), False, True),
    "interval": Kind(pg.IntervalField, ("'1 day'",), (), True, True),
    "tsvector": Kind(pg.TSVectorField, (), (), False, True),
}  # fmt: skip
ODD = (
    'qu"ote',
    "it's",
    "with space",
    "größe",
    "Upper",
    "semi;colon",
    "a.b",
    "x" * 58,
    "--(c",
    "100%",
    "%s",
    "%(a)s",
)
RESERVED = ("order", "select", "user", "time", "check", "values", "table", "primary")
PLAIN = ("a", "b", "amount", "title", "created", "state", "price2", "x_y", "date", "name")
KEYS_OF_OTHERS = ("char", "fixed", "text", "integer", "big", "small", "decimal", "date", "uuid")
ACTIONS = (None, "CASCADE", "SET NULL", "RESTRICT")


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    null: bool = False
    index: bool = False
    unique: bool = False
    default: str | None = None
    check: str | None = None
    check_name: str | None = None
    # of a foreign key the number of the table, and that of its unique column if not the key
    target: int | None = None
    target_field: int | None = None
    on_delete: str | None = None
    on_update: str | None = None

    @property
    def quoted(self) -> str:
        plain = self.name in PLAIN
        return self.name if plain else '"' + self.name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Index:
    columns: tuple[int, ...]
    unique: bool = False
    name: str | None = None
    form: str = "plain"


@dataclass(frozen=True)
class Model:
    """`key` is 'id', 'big', 'uuid', 'text', 'composite' or 'none'."""

    name: str
    fields: tuple[Field, ...]
    key: str = "id"
    schema: str | None = None
    indexes: tuple[Index, ...] = ()
    constraints: tuple[str, ...] = ()


Target = tuple[int, int | None]  # of a foreign key, as a Field has them


def fields(names: list[str], targets: list[Target], postgres: bool) -> st.SearchStrategy[Any]:
    kinds = [name for name, kind in KINDS.items()
             if (postgres or not kind.postgres_only) and "enum of" not in name]  # fmt: skip
    return st.tuples(*(field(name, kinds, targets) for name in names))


@st.composite
def field(draw: Any, name: str, kinds: list[str], targets: list[Target]) -> Field:
    if targets and draw(st.integers(0, 4)) == 0:
        target, target_field = draw(st.sampled_from(targets))
        return Field(name, "key", draw(st.booleans()), unique=draw(st.booleans()),
                     target=target, target_field=target_field,
                     on_delete=draw(st.sampled_from(ACTIONS)),
                     on_update=draw(st.sampled_from(ACTIONS)))  # fmt: skip
    kind = draw(st.sampled_from(kinds))
    known = KINDS[kind]
    check = draw(st.sampled_from((None, *known.checks)))
    return Field(
        name,
        kind,
        draw(st.booleans()),
        known.indexable and draw(st.booleans()),
        known.indexable and draw(st.integers(0, 3)) == 0,
        draw(st.sampled_from((None, *known.defaults))),
        check,
        draw(st.sampled_from((None, f"own {name}"[:60]))) if check else None,
    )


@st.composite
def model(draw: Any, number: int, before: list[Model], postgres: bool) -> Model:
    every = [
        name for name in (*PLAIN, *RESERVED, *ODD) if not (postgres and "%" in name)
    ]  # which Peewee cannot create there
    names = draw(st.lists(st.sampled_from(every), min_size=2, max_size=6, unique=True))
    key = draw(st.sampled_from(("id", "id", "big", "uuid", "text", "composite", "none")))
    targets: list[Target] = [(n, None) for n, one in enumerate(before) if has_one_key(one)]
    targets += [(n, place) for n, one in enumerate(before) for place, of_it in enumerate(one.fields)
                if of_it.unique and of_it.kind in KEYS_OF_OTHERS]  # fmt: skip
    targets += [(number, None)] if key in ("id", "big", "uuid", "text") else []
    found = draw(fields(names, targets, postgres))
    usable = [place for place, one in enumerate(found) if one.target is not None
              or KINDS[one.kind].indexable]  # fmt: skip
    columns = st.lists(st.sampled_from(usable), min_size=1, max_size=3, unique=True).map(tuple)
    index = st.builds(
        Index, columns, st.booleans(), st.none(), st.sampled_from(("plain", "desc", "partial",
                                                                   "lower")))  # fmt: skip
    indexes = draw(st.lists(index, max_size=2)) if usable else []
    pair = " AND ".join(f"{one.quoted} IS NOT NULL" for one in found[:2])
    unique = ", ".join(one.quoted for one in found if KINDS.get(one.kind, KINDS["text"]).indexable)
    constraints = [f"CHECK ({pair})", f"CONSTRAINT own_pair CHECK ({pair})"]
    constraints += [f"UNIQUE ({unique})"] if unique else []
    return Model(
        f"{draw(st.sampled_from(every))}{number}",
        found,
        key,
        draw(st.sampled_from((None, "other"))) if postgres else None,
        # a name that Peewee makes for one that it has made before is skipped
        tuple(replace(one, name=f"own_{place}_{number}")
              if one.form != "plain" or place or len(one.columns) == 1 else one
              for place, one in enumerate(indexes)),
        tuple(draw(st.lists(st.sampled_from(constraints), max_size=2, unique=True))),
    )  # fmt: skip


def has_one_key(one: Model) -> bool:
    return one.key not in ("composite", "none")


@st.composite
def schemas(draw: Any, postgres: bool) -> tuple[Model, ...]:
    found: list[Model] = []
    for number in range(draw(st.integers(1, 3))):
        found.append(draw(model(number, found, postgres)))
    return tuple(found)


KEYS: dict[str, Callable[[], dict[str, Any]]] = {
    "id": dict,
    "big": lambda: {"number": pw.BigAutoField()},
    "uuid": lambda: {"id": pw.UUIDField(primary_key=True)},
    "text": lambda: {"code": pw.CharField(12, primary_key=True, column_name="Code")},
    "composite": lambda: {
        "left": pw.IntegerField(column_name="left"),
        "right": pw.TextField(),
        "_key": pw.CompositeKey("right", "left"),
    },
    "none": lambda: {"_key": False},
}


def built(schema: tuple[Model, ...], postgres: bool) -> list[Any]:
    """The Peewee models."""
    models: list[Any] = []
    for number, one in enumerate(schema):
        attributes = KEYS[one.key]()
        meta: dict[str, Any] = {
            "table_name": one.name,
            "schema": one.schema,
            "legacy_table_names": False,
            "constraints": [pw.SQL(escaped(text, postgres)) for text in one.constraints],
        }
        if "_key" in attributes:
            meta["primary_key"] = attributes.pop("_key")
        for place, column in enumerate(one.fields):
            attributes[f"f{place}"] = built_field(column, number, models, postgres)
        attributes["Meta"] = type("Meta", (), meta)
        made = type(f"M{number}", (pw.Model,), attributes)
        for index in one.indexes:
            add_index(made, one, index)
        models.append(made)
    return models


def escaped(sql: str, postgres: bool) -> str:
    """psycopg2 takes a bare % for a placeholder."""
    return sql.replace("%", "%%") if postgres else sql


def built_field(column: Field, number: int, models: list[Any], postgres: bool) -> Any:
    options: dict[str, Any] = {"column_name": column.name, "null": column.null,
                               "index": column.index, "unique": column.unique}  # fmt: skip
    if column.target is not None:
        target = "self" if column.target == number else models[column.target]
        key = None if column.target_field is None else f"f{column.target_field}"
        return pw.ForeignKeyField(target, key, backref="+", on_delete=column.on_delete,
                                  on_update=column.on_update,
                                  **{**options, "index": True})  # fmt: skip
    clauses = [pw.SQL(f"DEFAULT {column.default}")] if column.default else []
    if column.check:
        text = escaped(column.check.replace("{}", column.quoted), postgres)
        clauses.append(pw.Check(text, column.check_name))
    return KINDS[column.kind].make(constraints=clauses, **options)


def add_index(made: Any, one: Model, index: Index) -> None:
    columns = [getattr(made, f"f{place}") for place in index.columns]
    where = None
    match index.form:
        case "desc":
            columns[0] = columns[0].desc()
        case "partial":
            where = columns[0].is_null(False)
        case "lower" if one.fields[index.columns[0]].kind in ("char", "text"):
            columns[0] = pw.fn.lower(columns[0])
    made.add_index(*columns, unique=index.unique, where=where, name=index.name)


@contextmanager
def created(database: pw.Database, models: list[Any]) -> Iterator[None]:
    """The models' tables, for the block."""
    with database.atomic() as transaction, database.bind_ctx(models, False, False):
        if isinstance(database, pw.PostgresqlDatabase):
            database.execute_sql("SET LOCAL client_min_messages = error")
            database.execute_sql("CREATE SCHEMA other")
        database.create_tables(models)
        yield
        transaction.rollback()


def is_postgres(database: pw.Database) -> bool:
    return isinstance(database, pw.PostgresqlDatabase)


@given(st.data())
@some
def test_what_peewee_creates_is_clean(database: pw.Database, data: st.DataObject) -> None:
    models = built(data.draw(schemas(is_postgres(database))), is_postgres(database))
    with created(database, models):
        report = verify(database, models)
        assert not report, str(report)


Change = tuple[str, Callable[[Field], Field]]


def changes_of(column: Field, postgres: bool) -> list[Change]:
    """What can be changed about a column, each time so that it matters."""
    found: list[Change] = [
        ("null", lambda one: replace(one, null=not one.null)),
        ("name", lambda one: replace(one, name="renamed", check=None, default=None)),
        ("unique", lambda one: replace(one, unique=not one.unique)),
    ]
    if column.target is not None:
        action = "SET DEFAULT" if column.on_delete == "CASCADE" else "CASCADE"
        return [*found, ("on delete", lambda one: replace(one, on_delete=action))]
    if not KINDS[column.kind].indexable:
        found.pop()
    other = "big" if column.kind in ("text", "json", "uuid") else "text"  # which SQLite has as text
    found += [
        ("type", lambda one: replace(one, kind=other, default=None, check=None)),
        ("check", lambda one: replace(one, check="{} IS NOT NULL", check_name="added")),
    ]
    if column.default != "NULL":  # which is none
        found.append(("default", lambda one: replace(one, default="7" if one.kind in (
            "integer", "big", "small", "float", "double", "decimal") else None)))  # fmt: skip
    return [one for one in found if one[1](column) != column]


def of_labels(schema: tuple[Model, ...], labels: tuple[str, ...]) -> tuple[Model, ...]:
    """The schema with other labels for an enum type, which all tables share."""
    return tuple(
        replace(one, fields=tuple(replace(column, kind=f"enum of {labels}")
                                  if column.kind == "enum" else column for column in one.fields))
        for one in schema
    )  # fmt: skip


@st.composite
def changed(draw: Any, schema: tuple[Model, ...], postgres: bool) -> tuple[int, tuple[Model, ...]]:
    """(number of the table, the schema) after one change."""
    number = draw(st.integers(0, len(schema) - 1))
    one = schema[number]
    place = draw(st.integers(0, len(one.fields) - 1))
    column = one.fields[place]
    pointed_to = any((number, place) == (other.target, other.target_field)
                     for table in schema for other in table.fields)  # fmt: skip
    what = draw(st.sampled_from(("column", "column", "column", "added", "index", "check")))
    if what == "column" and column.kind == "enum" and draw(st.booleans()):
        note(f"labels of {one.name}")
        return number, of_labels(schema, draw(st.sampled_from(OTHER_LABELS)))
    if what == "column" and not one.constraints and not pointed_to:
        word, change = draw(st.sampled_from(changes_of(column, postgres)))
        # the index of a name that is asked for would be another thing
        new = replace(one, fields=(*one.fields[:place], change(column), *one.fields[place + 1 :]))
        if word == "type" and any(index.form == "lower" for index in one.indexes):
            new = replace(new, indexes=())
    elif what == "added":
        new = replace(one, fields=(*one.fields, Field("added", "integer", True)))
    elif what == "index" and one.indexes:
        new = replace(one, indexes=one.indexes[1:])
    else:
        new = replace(one, constraints=(*one.constraints, "CHECK (7 > 2)"))
    note(f"{what} of {one.name}: {column}")
    return number, (*schema[:number], new, *schema[number + 1 :])


@given(st.data())
@some
def test_one_change_is_found(database: pw.Database, data: st.DataObject) -> None:
    schema = data.draw(schemas(is_postgres(database)))
    models = built(schema, is_postgres(database))
    number, new = data.draw(changed(schema, is_postgres(database)))
    with created(database, models):
        desired = built(new, is_postgres(database))
        report = verify(database, desired)
        assert report
        name = temporary_tables.Names("public").table(desired[number])
        touched = {change.table or change.item.name for change in report.changes}
        assert name in touched or any(
            isinstance(change.item, EnumType) for change in report.changes
        )


@given(st.data())
@some
def test_the_sql_makes_the_database_what_the_models_say(
    database: pw.Database, data: st.DataObject
) -> None:
    schema = data.draw(schemas(is_postgres(database)))
    _, new = data.draw(changed(schema, is_postgres(database)))
    with created(database, built(schema, is_postgres(database))):
        desired = built(new, is_postgres(database))
        for statement in verify(database, desired).statements():
            # `created` has begun a transaction, to roll it back
            if statement.sql not in ("BEGIN", "COMMIT"):
                database.execute_sql(escaped(statement.sql, is_postgres(database)))
        report = verify(database, desired)
        assert not report, str(report)


@given(st.data())
@some
def test_a_diff_and_its_opposite(database: pw.Database, data: st.DataObject) -> None:
    schema = data.draw(schemas(is_postgres(database)))
    models = built(schema, is_postgres(database))
    _, new = data.draw(changed(schema, is_postgres(database)))
    with created(database, models):
        with dialect_for(database).reading(
            database, {"other"} if is_postgres(database) else ()
        ) as (reading):
            live = reading.live()
            desired = reading.models(built(new, is_postgres(database)), live)
    there, back = diff(live, desired), diff(desired, live)
    assert there
    assert {change.inverse for change in there} == set(back)
    assert len(there) == len(back)


def of_no_name(table: Table) -> Counter[Part]:
    """The parts, without names that nobody chose."""
    return Counter(
        replace(part, name=None) if not getattr(part, "named", True) else part
        for part in table.parts
    )  # type: ignore[type-var]


@given(st.data())
@some
def test_the_quick_reading_says_what_the_server_does(
    postgres: pw.Database, data: st.DataObject
) -> None:
    models = built(data.draw(schemas(True)), True)
    with created(postgres, models):
        with dialect_for(postgres).reading(postgres, {"other"}) as reading:
            live = reading.live()
            beside_live, alone = (
                {table.name: of_no_name(table) for table in reading.models(models, schema).tables}
                for schema in (live, Schema())
            )
            names = reading.names
            for name, field in temporary_tables.enums(with_targets(models), names).items():
                create_enum(postgres, names.types_there[name], field.labels, "pg_temp")
            asked = {table.name: of_no_name(names.as_live(table))
                     for table in temporary_tables.read(postgres, models, names)}  # fmt: skip
    assert alone == asked
    assert beside_live == asked


@given(
    st.lists(
        st.tuples(
            st.sampled_from([kind for kind in KINDS.values() if kind.checks]),
            st.sampled_from((*NUMBERS, *WORDS, *KINDS["date"].checks, *KINDS["bool"].checks)),
            st.integers(0, 3000000000) | st.integers(0, 20),
            st.text("abcß'(). 0", max_size=70),
            st.sampled_from(("a", "Amount", "time", "largest_first")),
        ),
        min_size=1,
        max_size=20,
    )
)
@some
def test_a_shape_says_what_the_server_does(postgres: pw.Database, checks: list[Any]) -> None:
    """Numbers and texts of all sizes; whatever a shape makes of them the server does too."""
    tables = []
    for number, (kind, check, value, text, name) in enumerate(checks):
        field = kind.make(column_name=name.lower(), null=True)
        options = {"f": field, "Meta": type("Meta", (), {"table_name": f"t{number}"})}
        made = type("M", (pw.Model,), options)
        source = check.replace("{}", name).replace("2", str(value))
        source = source.replace("'a'", "'" + text.replace("'", "''") + "'")
        made._meta.constraints = [pw.Check(source)]
        table = plain.read(made, postgres.get_sql_context(scope=pw.SCOPE_VALUES),
                           temporary_tables.Names("public"))  # fmt: skip
        tables += [table] if table else []
    with postgres.atomic() as transaction:
        answers = settle.settle(postgres, settle.doubts(tables, {}), {})
        shapes = list(settle.by_shape(postgres, settle.doubts(tables, {}), {}))
        transaction.rollback()
    for doubt, texts in shapes:
        if doubt.table.name in answers and None not in texts:
            parts = answers[doubt.table.name].parts
            assert texts == [part.expression for part in parts if isinstance(part, Check)]
