"""The private attributes of Peewee and peewee-migrate that dbkit uses, each with the reason.

Neither library promises to keep these names. `tests/unit/test_peewee_internals.py` compares every
function with a public effect of the installed library, so a renamed attribute fails there first.
`Model._meta` is not here: Peewee documents it, with its attributes, for extensions.

Some private names have to stay in the class that overrides or inherits them:

- `__sql__` of the nodes in `dbkit.fields`: Peewee calls it to render a node.
- `__database__`, `__migrator__`, `__ops__` and `__get_model__` of peewee-migrate's Migrator, in its
  subclass `dbkit.migration.base_migrator.BaseMigrator`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from operator import attrgetter
from threading import Lock, get_ident
from typing import Any, NamedTuple

import peewee as pw

Model = Any  # a class derived from peewee.Model; Peewee ships no types
Field = Any
Statement = tuple[str, Sequence[Any]]  # SQL and its parameters
Replacement = Callable[[pw.Database, str], pw.Database | None]

# The keyword of ForeignKeyField that leaves the constraint out of CREATE TABLE. Only
# DeferredForeignKey passes it, and a migration also needs it for the key that replaces one.
DEFERRED = "_deferred"


# indexes


class IndexParts(NamedTuple):
    """The arguments of a `pw.Index`. `keys` are fields, other nodes, or SQL as text."""

    name: str
    keys: Sequence[Any]
    unique: bool
    where: Any
    using: str | None
    nulls_distinct: bool | None


_PARTS = attrgetter("_name", "_expressions", "_unique", "_where", "_using", "_nulls_distinct")


def index_parts(index: pw.Index) -> IndexParts:
    """What the index was made of. An Index has no public attributes: it can only be rendered, and
    CREATE INDEX would have to be parsed to get the parts back."""
    return IndexParts._make(_PARTS(index))


def index_name(index: object) -> str | None:
    """The name of an index, or None for a member of Meta.indexes that is not a `pw.Index`. See
    `index_parts` for the reason."""
    return index._name if isinstance(index, pw.Index) else None


def generated_index_name(index: pw.ModelIndex) -> str:
    """The name that Peewee gives to an index of this model on these keys. Raises ValueError if no
    key has a name. An index does not say whether its own name was generated."""
    name: str = index._generate_name_from_fields(index._model, index._expressions)
    return name


def shortened_index_name(name: str) -> str:
    """The name as Peewee shortens it when it generates it: a long one ends in a hash. The only
    public way is an index of a model, and the caller has no model."""
    short: str = pw._truncate_constraint_name(name)
    return short


def index_with(index: pw.ModelIndex, model: Model = None, **parts: Any) -> pw.ModelIndex:
    """A copy of the index with these of its `IndexParts` replaced, and on the table of `model` if
    that is given. The constructor needs no private names, but it would turn a subclass into a plain
    ModelIndex."""
    copy = index.clone()
    if model is not None:
        copy._model, copy._table = model, model._meta.table
    if "keys" in parts:
        parts["expressions"] = parts.pop("keys")
    for name, value in parts.items():
        setattr(copy, f"_{name}", value)
    return copy


# names in SQL


def entity_name(entity: pw.Entity) -> str:
    """The last part of a quoted name, without its schema. An Entity can only be rendered, which
    quotes it, and its public attributes make new entities."""
    name: str = entity._path[-1]
    return name


def model_of_table(table: pw.Table) -> Model | None:
    """The model for which Peewee made this table, or None. A rendering context meets only the
    table, and no public attribute leads from there to the model."""
    return table._model


def database_of_context(context: pw.Context) -> pw.Database:
    """The database for which a context renders SQL. A context gets the database's options but not
    the database; only a bound method among the options still holds it."""
    return context.state.conflict_statement.__self__


def reserved_column_names() -> set[str]:
    """Names that a column cannot have, because Peewee sets each column as an attribute of its
    table. Peewee has no such list; the names are the attributes of a table, and most are
    private."""
    return {*vars(pw.Table("x")), *filter(lambda name: name.startswith("_"), dir(pw.Table))}


# fields and keys


def sequence_parts(field: Field) -> tuple[str | None, str]:
    """The schema and the name of the sequence of a field with `sequence=`. Peewee 4.5 splits the
    name and adds the schema of the model; only private methods give the result."""
    schema, name = field._sequence_parts()
    return schema, name


def element_field(array: Field) -> Field:
    """The field of an ArrayField's elements. It is kept under a name that Python mangles."""
    return array._ArrayField__field


def json_dumps(field: Field) -> Callable[[Any], str]:
    """The function that writes the documents of a JSONField, under one of two names. It is only an
    argument of the constructor."""
    return getattr(field, "_dumps", None) or getattr(field, "_json_dumps", None) or json.dumps


def clone_element_field(array: Field) -> None:
    """Give a cloned ArrayField its own element field; see `element_field` for the reason."""
    array._ArrayField__field = array._ArrayField__field.clone()


def point_to_self(key: Field, field_name: str) -> None:
    """Let an unbound foreign key point to a field of the model to which it will be bound.
    ForeignKeyField decides that in its constructor, and this key is a clone."""
    key.rel_model, key.rel_field, key._is_self_reference = "self", field_name, True


def set_composite_key(model: Model, *names: str) -> None:
    """Make these fields the primary key of a model that exists. Peewee does this only while it
    creates a class, and there adds the key under this name."""
    model._meta.set_primary_key("__composite_key__", pw.CompositeKey(*names))


# statements of models


def added_to_update(model: Model) -> dict[Field, Any]:
    """The values that the model's own `update` adds to every UPDATE, by field. An update that has
    not run does not show its values."""
    added: dict[Field, Any] = model.update({})._update
    return added


def schema_manager_class(model: Model) -> Any:
    """The class of the model's schema manager. `Meta.schema_manager_class` does not name it where
    an EnumField has extended it."""
    return type(model._schema)


def extend_schema_manager(model: Model, extended: Callable[[Any], Any]) -> None:
    """Replace the class of the model's schema manager by one that is made from it. A field is bound
    after Peewee has created the manager, and no hook lets a field add DDL around the table's."""
    model._schema.__class__ = extended(type(model._schema))


def schema_manager(
    model: Model,
    database: pw.Database | None = None,
    context: Callable[[], pw.Context] | None = None,
) -> pw.SchemaManager:
    """A schema manager of the model's own class that sends to `database`, or else to the model's,
    and renders in the context that `context` returns. The model's own manager always sends to the
    model's database, and a manager's options can set options of the context but not its class."""
    manager = type(model._schema)(model, database)
    if context is not None:
        manager._create_context = context
    return manager


def table_statement(manager: pw.SchemaManager, temporary: bool = False) -> Statement:
    """The CREATE TABLE of the manager's model. `create_table` sends it without showing it."""
    statement: Statement = manager._create_table(safe=False, temporary=temporary).query()
    return statement


def index_statements(manager: pw.SchemaManager) -> list[Statement]:
    """The CREATE INDEX statements of the manager's model. `create_indexes` sends them without
    showing them."""
    return [query.query() for query in manager._create_indexes(safe=False)]


@cache
def renders_usual_statements(manager: Any) -> bool:
    """Whether a class of schema managers leaves the rendering of tables and indexes to Peewee. The
    methods that render them are private, and yet projects override them."""
    methods = ("_create_table", "_create_indexes", "_create_index")
    return all(getattr(manager, name) is getattr(pw.SchemaManager, name) for name in methods)


# databases


def uses_psycopg3(database: pw.Database) -> bool:
    """Whether a database uses psycopg 3. The option of the constructor is not kept, and without
    psycopg2 Peewee chooses psycopg 3 by itself."""
    return isinstance(getattr(database, "_adapter", None), pw.Psycopg3Adapter)


def transaction_begun_inside(database: pw.Database) -> Any:
    """A transaction, or a savepoint in an open transaction, whose block sends the BEGIN itself.
    Peewee's own BEGIN is a round trip of its own."""
    if database.transaction_depth():
        return database.atomic()
    database.cursor()  # opens the database; that would empty the stack of transactions
    transaction = database.transaction()
    transaction._begin = lambda: None
    return transaction


def exchange_connections(
    database: pw.Database, connections: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Take the open connections of all threads from a database, also those of its pool, without
    closing them; return them. A later call can give them back. Peewee can close connections, but
    only those of the present thread, and not keep them open."""
    names = [name for name in ("_state", "_connections", "_in_use") if name in vars(database)]
    taken = {name: vars(database)[name] for name in names}
    vars(database).update(connections or {name: type(one)() for name, one in taken.items()})
    return taken


# the attributes of a Database that lead to its connection, and those that open or close it
_OF_CONNECTION = {"_state", "connection", "cursor", "execute_sql"}
_OPENING = {"close", "close_all", "connect", "dispose", "manual_close"}
_REPLACING = dict[int, Replacement | None]()  # by thread
_REPLACING_LOCK = Lock()


@contextmanager
def replaced_databases(replacement: Replacement) -> Iterator[None]:
    """In the block, ask `replacement` which database takes the place of a Database object of this
    thread whose attribute of this name is used; None is the object itself. The object then shares
    the connection and the transactions of the other database, and neither opens nor closes it.
    Peewee can bind models to another database, but statements of an object cannot be redirected."""
    me = get_ident()
    with _REPLACING_LOCK:
        before, _REPLACING[me] = _REPLACING.get(me), replacement
        pw.Database.__getattribute__ = _attribute
    try:
        yield
    finally:
        with _REPLACING_LOCK:
            _REPLACING[me] = before
            if before is None:
                del _REPLACING[me]
            if not _REPLACING:
                del pw.Database.__getattribute__


def _attribute(database: pw.Database, name: str) -> Any:
    if name in _OF_CONNECTION or name in _OPENING:
        me = get_ident()
        if replacement := _REPLACING.get(me):
            _REPLACING[me] = None  # what `replacement` itself does is not replaced
            try:
                other = replacement(database, name)
            finally:
                _REPLACING[me] = replacement
            if other is not None:
                return _stay_open if name in _OPENING else getattr(other, name)
    return object.__getattribute__(database, name)


def _stay_open(*_: Any, **__: Any) -> bool:
    return True


def driver_errors() -> Any:
    """A context that turns the driver's errors into those of Peewee, as `execute_sql` does. COPY
    and executemany are methods of the driver's cursor, which Peewee does not wrap."""
    return pw.__exception_wrapper__


def attached_schemas(database: pw.SqliteDatabase) -> Collection[str]:
    """The schemas that a SqliteDatabase attaches when it connects. `PRAGMA database_list` knows
    them only while a connection is open."""
    schemas: Collection[str] = database._attached.keys()
    return schemas


def share_functions(source: pw.SqliteDatabase, target: pw.SqliteDatabase) -> None:
    """Let a SQLite database have the functions, collations and extensions that are registered with
    another. They can be registered one by one, and no public attribute lists them."""
    for registry in ("_collations", "_functions", "_extensions"):
        setattr(target, registry, getattr(source, registry))


# peewee-migrate


def use_router(router: type) -> None:
    """Let `pw_migrate` create routers of this class. The command has no option for it, and looks
    the name up in its module after it has executed conf.py."""
    from peewee_migrate import cli  # slow to import, and only pw_migrate needs it

    cli.Router = router
