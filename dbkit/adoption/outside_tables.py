"""The tables of others to which foreign keys of adopted tables point. Their models have
`managed = False`, and a scratch database has a stand-in for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from dbkit.schema.names import Name
from dbkit.schema.patch import filtered
from dbkit.schema.values import Column, ForeignKey, Part, PrimaryKey, Table, Unique

from .field_types import TypesOfDialect
from .left_out import has_model
from .model_layout import columns_of
from .render_models import is_queryable


def can_have_model(target: Table, key: ForeignKey, types: TypesOfDialect) -> bool:
    """Whether the target of a foreign key can have a model, and a scratch database a table in its
    place: the types of the columns must exist everywhere."""
    table = _bare(target, {*key.target_columns})
    kinds = {types.kind(part, "").function for part in columns_of(table)}
    return has_model(target) and is_queryable(table, types) and "ColumnField" not in kinds


def targets(keys: Iterable[ForeignKey], tables: Mapping[Name, Table]) -> Iterator[Table]:
    """Yield the tables to which these foreign keys point, with only the columns that they use."""
    columns: dict[Name, set[str]] = {}
    for key in keys:
        columns.setdefault(key.target, set()).update(key.target_columns)
    for name, used in sorted(columns.items()):
        yield _bare(tables[name], used)


def _bare(table: Table, used: set[str]) -> Table:
    """A table of others with its key and these columns, without what the server does with them."""
    keys = [part for part in table.parts if isinstance(part, PrimaryKey)]
    columns = {*used, *(name for key in keys for name in key.columns)}

    def stays(part: object) -> bool:
        match part:
            case Column(name=name):
                return name in columns
            case PrimaryKey():
                return True
            case Unique():
                return used >= {*part.columns}
        return False

    return Table(table.name, tuple(map(_plain, filtered(table, stays).parts)))


def _plain(part: Part) -> Part:
    match part:
        case Column():
            return Column(part.name, part.type, part.nullable, collation=part.collation)
        case PrimaryKey() | Unique():
            return replace(part, name=None, named=False)
    return part
