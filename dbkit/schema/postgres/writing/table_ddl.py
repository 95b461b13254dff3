"""The statements that create, drop and alter PostgreSQL tables and views, and their parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ...changes import Add, Alter, Change, Drop
from ...details import Setting, TableOptions
from ...inheritance import inherited_column, is_partition
from ...names import Name
from ...sql import Statement, literal, mentions, not_done, quoted
from ...values import (
    VIEWS,
    Check,
    Column,
    Comment,
    Exclusion,
    Firing,
    ForeignKey,
    Index,
    Nameable,
    Part,
    Policy,
    PrimaryKey,
    Rule,
    Table,
    Trigger,
    Unique,
)
from .as_sql import Spelling, spaced
from .column_ddl import Columns
from .recreated_objects import Plan
from .statement_order import Placed, Step
from .trigger_ddl import Firings


class Tables:
    """Writes the statements for tables, views and their parts."""

    def __init__(self, spelling: Spelling, plan: Plan, columns: Columns) -> None:
        self.spelling, self.plan, self.columns = spelling, plan, columns
        self.firing = Firings(plan, lambda table: self._rank(table, plan.new))
        self._ranks: dict[tuple[int, Name], int] = {}

    def placed(self, change: Change) -> Iterator[Placed]:
        match change:
            case Add(item=Table() as table):
                yield from self._create(table)
            case Drop(item=Table() as table):
                yield from self._drop(table)
            case Alter(old=Table() as old, new=Table() as new):
                yield from self._alter(old, new)
            case Add(table=Name() as table, item=Column() as column):
                yield from self.columns.add(table, column)
            case Drop(table=Name() as table, item=Column() as column):
                yield self.columns.drop(table, column)
            case Alter(table=Name() as table, old=Column() as old, new=Column() as new):
                yield from self.columns.alter(table, old, new)
            case Alter(table=Name() as table, old=old, new=new):
                yield self._rename_part(table, old, new)  # type: ignore[arg-type]
            case Add(table=Name() as table, item=item):
                yield from self._add(self.plan.new[table], item)  # type: ignore[arg-type]
            case Drop(table=Name() as table, item=item):
                yield from self._drop_part(table, item)  # type: ignore[arg-type]

    def _create(self, table: Table) -> Iterator[Placed]:
        if table.kind == "foreign table":
            yield Placed(Step.TABLE, not_done(f"create foreign table {table.name}"))
            return
        if table.kind in VIEWS:
            view = Statement(self.spelling.view(table))
            yield Placed(Step.VIEW, view, self._rank(table, self.plan.new))
            yield from self._view_defaults(table)
        else:
            yield from self._create_table(table)
            yield from self._options(table, TableOptions(), table.options)
        for part in table.parts:
            if not isinstance(part, Column) and not self._is_inherited(table, part):
                yield from self._add(table, part)

    def _create_table(self, table: Table) -> Iterator[Placed]:
        columns = [part for part in table.parts if isinstance(part, Column)]
        options = table.options
        kind = "UNLOGGED TABLE" if table.kind == "unlogged table" else "TABLE"
        words = [f"CREATE {kind} {table.name.sql}"]
        beside: list[Placed] = []
        if options.bound:
            words.append(f"PARTITION OF {', '.join(options.parents)} {options.bound}")
        else:
            lines, beside = self.columns.create(table.name, columns)
            words.append("(" + "".join(f"\n    {line}," for line in lines).rstrip(",") + "\n)")
        if options.partition_by:
            words.append(f"PARTITION BY {options.partition_by}")
        rank = self._rank(table, self.plan.new)
        yield Placed(Step.TABLE, Statement(" ".join(words)), rank)
        yield from beside
        if options.bound:
            yield from self._differing(table, columns)
        else:
            yield from self._inherit(table.name, options.parents)

    def _differing(self, table: Table, columns: list[Column]) -> Iterator[Placed]:
        """Alter the columns of a new partition that differ from those of its parent."""
        inherited = {part.name: part for parent in self.plan.parents(table)
                     for part in parent.parts if isinstance(part, Column)}  # fmt: skip
        for column in columns:
            old = inherited_column(inherited.get(column.name, column), column)
            if old != column:
                for placed in self.columns.alter(table.name, old, column):
                    yield replace(placed, step=max(placed.step, Step.TYPE_OF))

    def _is_inherited(self, table: Table, part: Part) -> bool:
        """Whether a new partition has the part from its parent."""
        checked = isinstance(part, Check) and is_partition(table)
        return checked and any(
            isinstance(other, Check) and other.name == part.name and other.inherited
            for one in self.plan.parents(table)
            for other in one.parts
        )

    def _rank(self, table: Table, among: Mapping[Name, Table]) -> int:
        """The length of the longest chain of tables and views on which a table or view is based."""
        place = (id(among), table.name)
        if place not in self._ranks:
            self._ranks[place] = 0  # the table may depend on itself
            text = table.options.query
            under = (self._rank(one, among) for one in among.values()
                     if one.name != table.name and (one.kind in VIEWS) == (table.kind in VIEWS)
                     and self._is_under(one, table, text))  # fmt: skip
            self._ranks[place] = 1 + max(under, default=0)
        return self._ranks[place]

    def _is_under(self, one: Table, table: Table, text: str) -> bool:
        """Whether a table is under another, its text names it, or a column is a row of it."""
        bare = one.name.bare
        rows = (bare, quoted(bare), f"{bare}[]", f"{quoted(bare)}[]")
        return (
            one.name in table.parents
            or (bool(text) and mentions(text, bare))
            or any(isinstance(part, Column) and part.type in rows for part in table.parts)
        )

    def _view_defaults(self, view: Table) -> Iterator[Placed]:
        for part in view.parts:
            if isinstance(part, Column) and part.default is not None:
                sql = (f"ALTER VIEW {view.name.sql} ALTER COLUMN "
                       f"{quoted(part.name)} SET DEFAULT {part.default}")  # fmt: skip
                yield Placed(Step.VIEW_INDEX, Statement(sql))

    def _drop(self, table: Table) -> Iterator[Placed]:
        is_foreign = table.kind == "foreign table"
        for part in () if is_foreign else table.parts:
            alone = self.plan.is_in_the_way(table, part)
            if isinstance(part, ForeignKey | Policy | Rule) and not alone:
                yield from self._drop_part(table.name, part)
        words = "TABLE" if table.kind not in (*VIEWS, "foreign table") else table.kind.upper()
        sql = f"DROP {words} {table.name.sql}"
        step = Step.DROP_VIEW if table.kind in VIEWS else Step.DROP_TABLE
        rank = -self._rank(table, self.plan.old)
        yield Placed(step, Statement(sql), rank)

    def _alter(self, old: Table, new: Table) -> Iterator[Placed]:
        name = new.name.sql
        if old.kind != new.kind:
            word = "UNLOGGED" if new.kind == "unlogged table" else "LOGGED"
            yield Placed(Step.OPTION, Statement(f"ALTER TABLE {name} SET {word}"))
        before, after = old.options.parents, new.options.parents
        for parent in before:
            if parent not in after:
                sql = f"ALTER TABLE {name} NO INHERIT {parent}"
                yield Placed(Step.DROP_PARENT, Statement(sql))
        yield from self._inherit(new.name, [parent for parent in after if parent not in before])
        yield from self._options(new, old.options, new.options)

    def _inherit(self, table: Name, parents: Iterable[str]) -> Iterator[Placed]:
        for parent in parents:
            sql = f"ALTER TABLE {table.sql} INHERIT {parent}"
            yield Placed(Step.ADD_PARENT, Statement(sql))

    def _options(self, table: Table, old: TableOptions, new: TableOptions) -> Iterator[Placed]:
        for words in filter(None, (*_security(old, new), *_settings(old.settings, new.settings))):
            sql = f"ALTER TABLE {table.name.sql} {words}"
            if table.kind == "materialized view":
                sql = sql.replace("ALTER TABLE", "ALTER MATERIALIZED VIEW", 1)
            yield Placed(Step.OPTION, Statement(sql))
        if (old.replica_identity, old.replica_index) != (new.replica_identity, new.replica_index):
            yield self._replica_identity(table, new)
        if old.of_type != new.of_type:
            words = f"OF {new.of_type}" if new.of_type else "NOT OF"
            sql = f"ALTER TABLE {table.name.sql} {words}"
            yield Placed(Step.OPTION, Statement(sql))

    def _replica_identity(self, table: Table, options: TableOptions) -> Placed:
        words = spaced(f"REPLICA IDENTITY {options.replica_identity or 'DEFAULT'}",
                       quoted(options.replica_index) if options.replica_index else "")  # fmt: skip
        sql = f"ALTER TABLE {table.name.sql} {words}"
        return Placed(Step.OPTION, Statement(sql))

    def _add(self, table: Table, part: Part) -> Iterator[Placed]:
        head = f"ALTER TABLE {table.name.sql}"
        match part:
            case Index(valid=False):
                yield Placed(Step.INDEX, not_done(f"create index {part.name} as invalid"))
            case Index():
                step = Step.VIEW_INDEX if table.kind in VIEWS else Step.INDEX
                yield Placed(step, Statement(self.spelling.index(table, part)))
            case Trigger() | Rule():
                yield from self.firing.add(table, part)
            case Policy():
                yield Placed(Step.HOOK, Statement(self.spelling.policy(table.name, part)))
            case Comment():
                yield self._comment(table, part, literal(part.text))
            case Firing():
                yield self.firing.of_constraint(table, part.name, part.states)
            case ForeignKey():
                sql = f"{head} ADD {self.spelling.constraint(part)}"
                yield Placed(Step.FOREIGN_KEY, Statement(sql))
            case PrimaryKey() | Unique() | Check() | Exclusion():
                sql = f"{head} ADD {self.spelling.constraint(part)}"
                yield Placed(Step.CONSTRAINT, Statement(sql))
        if isinstance(part, Exclusion) and part.options:
            words = f"SET ({', '.join(map(str, part.options))})"
            name = table.name.beside(part.name or "").sql
            yield Placed(Step.INDEX, Statement(f"ALTER INDEX {name} {words}"))
        if part.name and part.name == table.options.replica_index:
            yield self._replica_identity(table, table.options)

    def _drop_part(self, table: Name, part: Part) -> Iterator[Placed]:
        name = quoted(part.name or "")
        on = table.sql
        match part:
            case Comment():
                yield from self._drop_comment(table, part)
            case Firing():
                if self._has(table, part.name):
                    yield self.firing.of_constraint(self.plan.new[table], part.name, ())
            case Trigger() if self.firing.of_original(self.plan.old[table], part, self.plan.old):
                yield from self.firing.as_original(self.plan.new[table], part)
            case Trigger() | Rule() | Policy():
                word = type(part).__name__.upper()
                yield Placed(Step.DROP_HOOK, Statement(f"DROP {word} {name} ON {on}"))
            case _ if part.name is None:
                yield Placed(Step.DROP_CONSTRAINT, not_done(f"drop {part}, which has no name"))
            case Index():
                sql = f"DROP INDEX {table.beside(part.name or '').sql}"
                yield Placed(Step.DROP_CONSTRAINT, Statement(sql))
            case Check() if self.plan.old[table].options.parents:  # perhaps after the parent's
                rank = self._rank(self.plan.old[table], self.plan.old)
                sql = f"ALTER TABLE {on} DROP CONSTRAINT IF EXISTS {name}"
                yield Placed(Step.DROP_CONSTRAINT, Statement(sql), rank)
            case _:
                foreign = isinstance(part, ForeignKey)
                step = Step.DROP_FOREIGN_KEY if foreign else Step.DROP_CONSTRAINT
                yield Placed(step, Statement(f"ALTER TABLE {on} DROP CONSTRAINT {name}"))

    def _rename_part(self, table: Name, old: Nameable, new: Nameable) -> Placed:
        """Rename a part before another part takes its old name, and after its new name is free."""
        if isinstance(old, Index):
            head = f"ALTER INDEX {table.beside(old.name or '').sql} RENAME"
        else:
            head = f"ALTER TABLE {table.sql} RENAME CONSTRAINT"
            head = f"{head} {quoted(old.name or '')}"
        return Placed(Step.DROP_PARENT, Statement(f"{head} TO {quoted(new.name or '')}"))

    def _drop_comment(self, table: Name, comment: Comment) -> Iterator[Placed]:
        """Drop a comment, unless its object is dropped with it."""
        new = self.plan.new[table]
        if not comment.name or self._has(table, comment.name):
            yield self._comment(new, comment, "NULL")

    def _has(self, table: Name, name: str) -> bool:
        """Whether the table still has a part of that name, other than comments."""
        return any(part.name == name and not isinstance(part, Comment | Firing)
                   for part in self.plan.new[table].parts)  # fmt: skip

    def _comment(self, table: Table, comment: Comment, text: str) -> Placed:
        on, name = table.name.sql, quoted(comment.name)
        if comment.of == "index":
            what = f"INDEX {table.name.beside(comment.name).sql}"
        elif comment.of:
            what = f"{comment.of.upper()} {name} ON {on}"
        elif comment.name:
            what = f"COLUMN {on}.{name}"
        else:
            plain = table.kind in (*VIEWS, "foreign table")
            what = f"{table.kind.upper() if plain else 'TABLE'} {on}"
        return Placed(Step.COMMENT, Statement(f"COMMENT ON {what} IS {text}"))


def _security(old: TableOptions, new: TableOptions) -> Iterator[str]:
    if old.row_security != new.row_security:
        yield f"{'ENABLE' if new.row_security else 'DISABLE'} ROW LEVEL SECURITY"
    if old.forces_row_security != new.forces_row_security:
        yield f"{'FORCE' if new.forces_row_security else 'NO FORCE'} ROW LEVEL SECURITY"


def _settings(old: Iterable[Setting], new: Iterable[Setting]) -> Iterator[str]:
    """The SET and RESET clauses for storage parameters that differ."""
    before, after = ({one.name: one.value for one in side} for side in (old, new))
    changed = [f"{name} = {literal(value)}" for name, value in after.items()
               if before.get(name) != value]  # fmt: skip
    gone = [name for name in before if name not in after]
    yield f"SET ({', '.join(changed)})" if changed else ""
    yield f"RESET ({', '.join(gone)})" if gone else ""
