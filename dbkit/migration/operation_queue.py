"""The queue of operations: models are edited at once, and tables are changed later.

Neighbouring operations share a `Reshape`, which waits in the queue. The queue runs before
anything else that the file does with the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import peewee as pw
from peewee_migrate.logs import logger

from dbkit.errors import MigrationError
from dbkit.reflection import columns, reflected
from dbkit.schema.dialect import Dialect, dialect_for
from dbkit.schema.names import Name, known
from dbkit.schema.peewee_models import Model, sequences, table_name
from dbkit.schema.values import Schema
from dbkit.transactions import is_open

from .base_migrator import BaseMigrator
from .data_loss import Guard
from .edit_models import find_field, put_field
from .intercept import intercepted, sql_of
from .orm import Orm
from .reshape import Reshape, TypeKey, snapshot
from .run_log import RunLog
from .unknown_tables import (
    UnknownField,
    forget_unknown,
    is_unknown,
    learn,
    named_as,
    point,
    unknown_model,
)

if TYPE_CHECKING:
    from .non_atomic import NonAtomicRun


class Creation:
    """A queued CREATE TABLE for a model."""

    def __init__(self, model: Model) -> None:
        self.model, self.__name__ = model, f"create {table_name(model)}"

    def __call__(self) -> None:
        create_sequences(self.model)
        self.model.create_table(safe=False)


class OperationQueue(BaseMigrator):
    """The common part of the operations: find a model, edit it, and queue or run the change."""

    on_scratch = False

    def __init__(self, database: pw.Database) -> None:
        super().__init__(database)
        self.orm = Orm(self._sought)
        self.unknown: list[Model] = []  # tables of SQL that followed files name
        self.following = False  # operations edit models and run nothing
        self.busy = False  # the statements come from an operation
        self.unchecked = False  # rows were written, and deferred constraints may be unchecked
        self.failed: BaseException | None = None
        self.guard, self.log = Guard(), RunLog()
        self.atomic = True  # the file runs in a transaction
        self.non_atomic: NonAtomicRun | None = None  # runs a file with ATOMIC = False
        self.added: dict[TypeKey, tuple[str, ...]] = {}  # as Reshape.enums

    @property
    def _dialect(self) -> Dialect:
        return dialect_for(self.database)

    def __call__(self) -> None:
        """Run the rest of the queue, at the end of the transaction."""
        self._flush(last=True)
        self.added, self.unchecked = {}, False

    @contextmanager
    def fake(self) -> Iterator[list[Any]]:
        """Let the operations of the block edit models but run nothing; yield their queue."""
        queue, before = self.queue, self.following
        self.queue, self.following = [], True
        try:
            yield self.queue
        finally:
            self.queue, self.following = queue, before
            forget_unknown(self.orm)

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """Run the queue before each statement of the block that is not from an operation."""
        with intercepted(self.database, self.after_queue):
            yield

    def after_queue(self, call: Callable[[], Any]) -> Any:
        if not self.busy:
            self.guard.check_sql(sql_of(call))
            self._before_statements()
            self.unchecked = True
        return call()

    def _before_statements(self) -> None:
        """Run the queue before statements that may use the label of an enum type. PostgreSQL allows
        that in the transaction that creates the type, but not in one that adds the label, so the
        type is replaced."""
        for operation in self.queue:
            if isinstance(operation, Reshape):
                operation.replaced |= operation.enums.keys()
        self._flush()
        if self.added:
            again = Reshape(self.database, self.orm, self.guard)
            again.enums, again.replaced = self.added, set(self.added)
            self.added = {}
            self._run("recreate enum types", again)

    def _flush(self, last: bool = False) -> None:
        if self.failed is not None:
            raise self.failed  # a file that continued would be half applied
        queue = self.queue
        self.queue = [one for one in queue if not last and is_waiting(one)]
        for operation in queue:
            if operation not in self.queue:
                self._run(operation.__name__, operation)
            if isinstance(operation, Reshape) and not operation.replaced:
                self.added |= operation.enums

    def _run(self, name: str, operation: Callable[[], Any], writes_rows: bool = False) -> None:
        logger.info("Run %s", name)
        try:
            with self.own(), self._transaction():
                if not writes_rows:
                    self._check_rows()
                operation()
        except BaseException as error:
            self.failed = error
            raise
        self.unchecked |= writes_rows

    def _check_rows(self) -> None:
        """Check deferred constraints: PostgreSQL changes no table while some are unchecked."""
        if self.unchecked:
            self._dialect.check_rows(self.database)
        self.unchecked = False

    @contextmanager
    def own(self) -> Iterator[None]:
        """Mark the statements of the block as those of an operation."""
        before, self.busy = self.busy, True
        try:
            yield
        finally:
            self.busy = before

    def _transaction(self) -> AbstractContextManager[Any]:
        """A transaction for the operation, unless the Router has opened one."""
        if is_open(self.database):
            return nullcontext()
        return self.migration_context()

    def _do(self, name: str, operation: Callable[[], Any], writes_rows: bool = False) -> None:
        """Run an operation that does not wait in the queue."""
        if not self.following:
            self._flush()
            self._run(name, operation, writes_rows)

    def sql(self, sql: str, *params: Any) -> None:
        """Run an SQL statement. A percent sign must be doubled on PostgreSQL."""
        if not self.following:
            self.guard.check_sql(sql)
            self._before_statements()
            send = self.statement(sql, params)
            send = partial(self.non_atomic.attempt, sql, send) if self.non_atomic else send
            self._run("sql", send, writes_rows=True)

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call a function with these arguments, after the operations above have run."""
        if not self.following:
            self._before_statements()
            self.unchecked = True
            function(*args, **kwargs)

    def get_model(self, model: Model | str) -> Model:
        """Return the history's model. For any other class, only the table's name matters."""
        if isinstance(model, str):
            return self.orm[model]
        if is_unknown(model) or any(one is model for one in self.orm):
            return model
        return self.orm.tables.get(table_name(model)) or self._sought(
            table_name(model).exact, model
        )

    def _sought(self, text: str, model: Model | None = None) -> Model:
        """The model of a table that no operation created, with the field names of `model`."""
        if self.following:
            return self._unknown(text) or self._new_unknown(text)
        live = self._live()
        name = known(text, [table.name for table in live.tables])
        self.catch_up(live, [name] if name else [])
        if name not in self.orm.tables:
            raise MigrationError(
                f"Neither the earlier migrations nor the database has a table {text}.",
                "Use the name of a table that an earlier operation or statement created.",
            )
        if model is not None:
            named_as(self.orm.tables[name], model)
        return self.orm.tables[name]

    def _unknown(self, text: str) -> Model | None:
        return next((one for one in self.unknown if one._meta.table_name == text), None)

    def _new_unknown(self, text: str) -> Model:
        self.unknown.append(model := unknown_model(text, self.database))
        return model

    def _live(self) -> Schema:
        """The schema after the operations above."""
        self._flush()
        with self.own(), self._dialect.reading(self.database, None) as reading:
            return reading.live()

    def catch_up(self, live: Schema, names: Iterable[Name]) -> None:
        """Update the models of these tables with columns that statements added."""
        tables = self.orm.tables
        wanted = [name for name, there in columns(live, names).items()
                  if name not in tables or there - tables[name]._meta.columns.keys()]  # fmt: skip
        found = reflected(live, self._dialect.name, wanted) if wanted else {}
        for name, model in found.items():
            model._meta.set_database(self.database)
            if name not in tables:
                for followed in filter(None, map(self._unknown, {str(name), name.exact})):
                    named_as(model, followed)
                self.orm.add(model)
            elif name in wanted:
                learn(tables[name], model)
        self._link(self.orm)

    def _link(self, models: Iterable[Model]) -> None:
        """Let foreign keys point to the history's models, not to classes of the project."""
        for model in models:
            for field in list(model._meta.sorted_fields):
                if isinstance(field, pw.ForeignKeyField):
                    target = self.orm.tables.get(table_name(field.rel_model))
                    if target is not None and target is not field.rel_model:
                        point(field, target)

    def _with_fields(self, model: Model | str, *names: str) -> Model:
        """The model; fields that it lacks are read from the table."""
        model = self.get_model(model)
        missing = [name for name in names if find_field(model, name) is None]
        if missing and self.following:
            for name in missing:
                put_field(model, name, UnknownField(null=True))
        elif missing:
            self.catch_up(self._live(), [table_name(model)])
        return model

    def _reshape(self) -> Reshape:
        """The `Reshape` that neighbouring operations share."""
        if not self.queue or not isinstance(self.queue[-1], Reshape):
            self.queue.append(Reshape(self.database, self.orm, self.guard))
        return self.queue[-1]  # type: ignore[no-any-return]

    @contextmanager
    def _edited(self, *models: Model) -> Iterator[Reshape]:
        """Record the models before and after the block in the current `Reshape`. (If the file
        is only followed, it never runs and needs no copies.)"""
        if any(isinstance(one, Creation) for one in self.queue):
            self.run_queue()
        reshape = self._reshape()
        for model in models:
            if table_name(model) not in reshape.before:
                reshape.before[table_name(model)] = self._copy(model)
        yield reshape
        self._link(models)
        for model in models:
            reshape.after[table_name(model)] = self._copy(model)

    def _copy(self, model: Model) -> Model:
        return model if self.following else snapshot(model)

    def _concurrently(self, reshape: Reshape) -> None:
        """Change indexes without blocking writers. SQLite cannot, so there, and where
        the caller's transaction is open, they change as usual. Raises MigrationError if the file
        runs in a transaction."""
        if self.atomic and not self.following:
            raise MigrationError(
                "concurrently=True is not possible in a transaction.",
                "Write ATOMIC = False at the top of the file; each operation is then committed on "
                "its own.",
            )
        if self.non_atomic and self._dialect.builds_concurrently:
            reshape.concurrently = self.non_atomic.reshape

    def _mean(self, model: Model, field: Any, *names: str) -> None:
        """Set these attributes of the field's column, even if a statement changed them before."""
        place = (table_name(model), field.column_name)
        self._reshape().meant.setdefault(place, set()).update(names)

    def run_queue(self) -> None:
        """Run the queue now, unless the file is only followed."""
        if not self.following:
            self._flush()

    def _native(self, name: str, operation: Callable[[], Any]) -> None:
        if self._dialect.alters_tables:
            self._do(name, operation)

    def _sql(self, name: str, sql: str) -> None:
        if not self.following:
            self.guard.check_sql(sql)
        self._do(name, lambda: self._execute(sql))

    def _execute(self, sql: str) -> None:
        self._dialect.execute(self.database, sql)


def create_sequences(model: Model) -> None:
    """Create the sequences that fields of the model name, unless they exist."""
    database = model._meta.database
    for schema, name in sequences([model]):
        sql = f"CREATE SEQUENCE IF NOT EXISTS {name_sql(schema, name)}"
        dialect_for(database).execute(database, sql)


def is_waiting(operation: Callable[[], Any]) -> bool:
    """Whether the creation of a table must wait for the model to which a foreign key points."""
    return isinstance(operation, Creation) and any(
        isinstance(field, pw.DeferredForeignKey) for field in operation.model._meta.sorted_fields
    )


def table_sql(model: Model) -> str:
    """Return the table's name as SQL."""
    return name_sql(model._meta.schema, model._meta.table_name)


def name_sql(schema: str | None, name: str) -> str:
    """Return a name as SQL, qualified if it has a schema."""
    return Name(schema or "", name).sql
