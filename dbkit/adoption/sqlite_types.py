"""SQLite's implementation of `TypesOfDialect`: fields for its types, and SQL for models."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from dbkit.python_source import Class
from dbkit.schema.details import Key
from dbkit.schema.names import Name
from dbkit.schema.sql import literal, quoted
from dbkit.schema.sqlite.tokenizer import normal, tokens, write_type
from dbkit.schema.sqlite.writing import table_ddl
from dbkit.schema.values import Check, Column, Constraint, ForeignKey, Index, PrimaryKey, Table

from .field_types import Kind
from .python_names import class_name

FIELDS = {
    "integer": "pw.IntegerField",
    "text": "pw.TextField",
    "real": "pw.FloatField",
    "blob": "pw.BlobField",
    "date": "pw.DateField",
    "time": "pw.TimeField",
    "datetime": "pw.DateTimeField",
    "timestamptz": "DateTimeTZField",
    "any": "pw.AnyField",
    "": "pw.BareField",
}
SIZED = re.compile(r"(varchar|char|decimal)\((\d+)(?:,(\d+))?\)")
# types that Peewee declares under another name, and the field that converts their values
LIKE = (
    (re.compile(r"bool|boolean"), "pw.BooleanField"),
    (re.compile(r"(?:datetime|timestamp)\b[^()]*(?:\(\d+\))?"), "pw.DateTimeField"),
)
NO_ACTION = re.compile(r" ON (?:DELETE|UPDATE) NO ACTION(?= |$)")
NUMERIC = re.compile(r"(numeric|money|number)\((\d+),(\d+)\)")


class Sqlite:
    """SQLite; see `field_types.TypesOfDialect`."""

    links_late = False

    def is_sayable(self, name: str) -> bool:
        return True

    def kind(self, column: Column, schema: str) -> Kind:
        type_ = str(column.type)
        if type_ in FIELDS:
            return Kind(FIELDS[type_], sql=type_, followed=type_ != "")
        match = SIZED.fullmatch(type_)
        if match:
            return _sized(type_, *match.groups())
        numeric = NUMERIC.fullmatch(type_)
        if numeric:
            options = {"max_digits": int(numeric[2]), "decimal_places": int(numeric[3])}
            return _derived(numeric[1], "pw.DecimalField", type_, options)
        for pattern, base in LIKE:
            if pattern.fullmatch(type_):
                return _derived(type_, base, type_, {})
        return _sized(type_, type_, None, None)

    def automatic(self, column: Column) -> Kind | None:
        if column.type != "integer" or column.nullable:
            return None
        if column.identity:
            return Kind("sq.AutoIncrementField", sql="integer")
        return Kind("pw.AutoField", sql="integer")

    def column_constraints(self, column: Column, is_key: bool) -> list[str]:
        """See `TypesOfDialect`. A conflict clause belongs to NOT NULL, and follows it."""
        words = list(map(str, column.options))
        if is_key and words:
            words = ["NOT NULL", *words]
        if column.default is not None:
            words.append(f"DEFAULT {_default(column.default)}")
        if column.generated is not None:
            expression = column.generated.expression
            kind = column.generated.kind.upper() or "VIRTUAL"
            words.append(f"GENERATED ALWAYS AS ({expression}) {kind}")
        return words

    def key_constraints(self, key: PrimaryKey) -> list[str] | None:
        if any(isinstance(one, Key) and one.options for one in key.options):
            return None
        return [one.order if isinstance(one, Key) else str(one) for one in key.options]

    def check(self, check: Check) -> str | None:
        return check.expression

    def constraint(self, part: Constraint, named: bool) -> str:
        """See `TypesOfDialect`. The constraint is the only line of a CREATE TABLE."""
        part = part if named else replace(part, name=None)
        made = table_ddl.create_table(Table(Name("", "t"), (part,)))
        return made.removeprefix('CREATE TABLE "t" (\n    ').removesuffix("\n)")

    def reference(self, key: ForeignKey, named: bool) -> tuple[str, str]:
        before, _, after = self.constraint(key, named).partition(
            f" REFERENCES {quoted(key.target.bare)} "
        )
        return f"{before} REFERENCES", NO_ACTION.sub("", after)

    def is_usual(self, table: Table, part: Constraint) -> bool:
        return not part.name

    def index_key(self, key: Key) -> str:
        return str(key)

    def where(self, index: Index) -> str | None:
        return index.where

    def create_index(self, table: Table, index: Index) -> tuple[str, str]:
        raise NotImplementedError  # Peewee's own indexes can express all indexes of SQLite

    def index_name(self, name: str) -> str:
        return name

    def table_options(self, table: Table) -> tuple[list[tuple[str, Any]], list[str]]:
        strict = [("strict_tables", True)] * table.options.strict
        return [*strict, *[("without_rowid", True)] * table.options.without_rowid], []

    def references(self, key: ForeignKey) -> bool:
        return True


def labels_of(check: Check, column: str) -> tuple[str, ...]:
    """Return the labels if the CHECK is what an EnumField writes for a column; else none."""
    texts = [word for word in tokens(check.expression) if word.startswith("'")]
    labels = tuple(dict.fromkeys(word[1:-1].replace("''", "'") for word in texts))
    made = normal(f"{quoted(column)} IN ({', '.join(map(literal, labels))})")
    return labels if check.name is None and made == check.expression else ()


def _derived(name: str, base: str, type_: str, options: dict[str, Any]) -> Kind:
    """A field with its own class, whose field_type is this name."""
    own = class_name(name, "Column") + "Field"
    derived = Class(own, base, {"field_type": name})
    return Kind(own, (), options, type_, derived=derived)


def _sized(type_: str, base: str, size: str | None, scale: str | None) -> Kind:
    match base:
        case "varchar":
            length = int(size) if size else None
            options = {} if length == 255 else {"max_length": length}
            return Kind("pw.CharField", (), options, type_)
        case "char":
            length = int(size) if size else None
            return Kind("pw.FixedCharField", (), {"max_length": length}, type_)
        case "decimal" if size and scale:
            options = {"max_digits": int(size), "decimal_places": int(scale)}
            return Kind("pw.DecimalField", (), options, type_)
    words = write_type(type_)
    return Kind("ColumnField", (words,), sql=words, followed=False)


def _default(default: str) -> str:
    plain = table_ddl.is_literal(default) or default in table_ddl.NOW
    return default if plain else f"({default})"
