"""The columns of SQLite that an EnumField of dbkit would create: text with a CHECK of labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from dbkit.python_source import Class, Code
from dbkit.schema.names import Name
from dbkit.schema.values import Check, Column, Table

from .field_types import Kind
from .python_names import class_name, enum_class, model_name
from .sqlite_types import labels_of

Place = tuple[Name, str]  # table, column
Labels = tuple[str, ...]


def enums_of_sqlite(
    tables: Iterable[Table], models: Mapping[Name, str], taken: set[str]
) -> tuple[list[Class], dict[Place, tuple[Kind, Check]]]:
    """Return (the classes, the field and the CHECK by column). Columns of several tables that have
    the same name and labels share a class."""
    users: dict[tuple[str, Labels], list[tuple[Name, Check]]] = defaultdict(list)
    for table in tables:
        for column, check, labels in _enums(table):
            users[column, labels].append((table.name, check))
    classes: list[Class] = []
    fields: dict[Place, tuple[Kind, Check]] = {}
    for (column, labels), some in users.items():
        name = model_name(column, "Enum")
        if len(some) == 1:
            name = f"{models[some[0][0]]}{class_name(column, 'Enum')}"
        classes.append(enum_class(name, labels, taken))
        kind = Kind("EnumField", (Code(classes[-1].name),), sql="text", followed=False)
        fields |= {(owner, column): (kind, check) for owner, check in some}
    return classes, fields


def _enums(table: Table) -> Iterator[tuple[str, Check, Labels]]:
    """(column, its CHECK, the labels) of each column."""
    for column in table.parts:
        if isinstance(column, Column) and column.type == "text":
            for check in table.parts:
                if isinstance(check, Check) and (labels := labels_of(check, column.name)):
                    yield column.name, check, labels
                    break
