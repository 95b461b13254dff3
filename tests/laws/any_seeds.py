"""Tables at random with rows at random, and seed files that hold the rows.

`example(random, postgres)` makes models, one to three, and their rows as values of Python. `write`
writes the rows of each table as TOML, JSON or CSV; the order of the files is not that of the keys.
"""

from __future__ import annotations

import datetime as dt
import json
import string
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from pathlib import Path
from random import Random
from typing import Any

import peewee as pw
from playhouse import postgres_ext as pg

from dbkit import EnumField
from dbkit.fields import DateTimeTZField
from dbkit.seeding.markers import is_marked

Choice = Enum("Choice", {"A": "a", "QUOTE": "it's \"", "COMMA": "b, c"})
LETTERS = [*string.ascii_letters, *string.digits, *" ,;:'\"`\\/#%@$&<>|[](){}=*+-_.\n\r\t",
           *"éß名😀\u202e\u2028\u00a0\x7f\x01\u0301"]  # fmt: skip
WORDS = ("", "\\N", "\\.", "NULL", "null", "now", " ", '""', "''", "#", "# key", "\n", "a,b", "%s",
         "true", "1", "1e5", "{}", "[]", "{a}", "\\x41", "\\", "--", "$1", "a\r\nb")  # fmt: skip
NAMES = ("a", "order", "select", "Größe", "a b", "it's", 'a"b', "名前", "key", "n", "shape",
         "line", "c0", "s", "t", "keys", "Upper", "x" * 40, "-", "#x")  # fmt: skip
BEGIN = dt.datetime(1900, 1, 1)
SECONDS = 6_000_000_000


def text(random: Random) -> str:
    if random.random() < 0.3:
        return random.choice(WORDS)
    size = random.choice((1, 3, 10, 30))
    return "".join(random.choices(LETTERS, k=random.randrange(size + 1)))


def moment(random: Random) -> dt.datetime:
    micro = random.choice((0, random.randrange(1_000_000)))
    return BEGIN + dt.timedelta(seconds=random.randrange(SECONDS), microseconds=micro)


def document(random: Random, depth: int = 0) -> Any:
    match random.randrange(7 if depth < 3 else 5):
        case 0:
            return random.randrange(-(2**53), 2**53)
        case 1:
            return random.choice((0.5, -2.25, 1.5e-7, 0.1))
        case 2:
            return random.random() < 0.5
        case 5:
            return [document(random, depth + 1) for _ in range(random.randrange(4))]
        case 6:
            return {text(random): document(random, depth + 1) for _ in range(random.randrange(4))}
        case _:
            return text(random)


@dataclass(frozen=True)
class Kind:
    """A field class with its values; `keys` makes distinct values of a number, if it can."""

    make: Callable[..., pw.Field]
    value: Callable[[Random], Any]
    key: Callable[[Random, int], Any] | None = None
    postgres_only: bool = False


def small(bits: int) -> Callable[[Random], int]:
    bound = 2 ** (bits - 1)
    return lambda random: random.choice((0, -1, bound - 1, -bound, random.randrange(-99, 99)))


def numbered(random: Random, number: int) -> str:
    return f"{text(random)[:12]}-{number}"


KINDS: dict[str, Kind] = {
    "integer": Kind(pw.IntegerField, small(32), lambda _, n: n * 7 - 20),
    "bigint": Kind(pw.BigIntegerField, small(64), lambda _, n: n * 10**12),
    "smallint": Kind(pw.SmallIntegerField, small(16)),
    "char": Kind(lambda **o: pw.CharField(40, **o), text, numbered),
    "fixed": Kind(lambda **o: pw.FixedCharField(40, **o), lambda r: text(r).strip()),
    "text": Kind(pw.TextField, text, numbered),
    "boolean": Kind(pw.BooleanField, lambda r: r.random() < 0.5),
    "float": Kind(pw.FloatField, lambda r: r.choice((0.0, 0.5, -1e10, 0.1, r.random()))),
    "double": Kind(pw.DoubleField, lambda r: r.choice((0.1, -2.5e-300, 1e300, r.random() * 1e6))),
    "decimal": Kind(lambda **o: pw.DecimalField(12, 3, **o),
                    lambda r: Decimal(r.randrange(-(10**8), 10**8)).scaleb(-3)),
    "date": Kind(pw.DateField, lambda r: moment(r).date(),
                 lambda r, n: dt.date(2000, 1, 1) + dt.timedelta(days=n)),
    "time": Kind(pw.TimeField, lambda r: moment(r).time()),
    "datetime": Kind(pw.DateTimeField, moment,
                     lambda r, n: BEGIN + dt.timedelta(hours=n, microseconds=n)),
    "datetimetz": Kind(DateTimeTZField, lambda r: moment(r).replace(tzinfo=dt.UTC),
                       lambda r, n: BEGIN.replace(tzinfo=dt.UTC) + dt.timedelta(minutes=n)),
    "uuid": Kind(pw.UUIDField, lambda r: uuid.UUID(int=r.getrandbits(128)),
                 lambda r, n: uuid.UUID(int=r.getrandbits(100) * 1000 + n)),
    "blob": Kind(pw.BlobField, lambda r: r.randbytes(r.randrange(9))),
    "json": Kind(pw.JSONField, document),
    "enum": Kind(lambda **o: EnumField(Choice, **o), lambda r: r.choice([*Choice])),
    "jsonb": Kind(pg.BinaryJSONField, document, postgres_only=True),
    "array": Kind(lambda **o: pg.ArrayField(pw.TextField, **o),
                  lambda r: [text(r) for _ in range(r.randrange(4))], postgres_only=True),
    "integers": Kind(lambda **o: pg.ArrayField(pw.IntegerField, **o),
                     lambda r: [small(32)(r) for _ in range(r.randrange(4))], postgres_only=True),
}  # fmt: skip
KEYED = [name for name, kind in KINDS.items() if kind.key]


@dataclass
class Made:
    """A table with its rows: values by field name. `unique` are the fields whose values together
    identify a row, and `kinds` the kinds of the plain fields."""

    model: Any
    kinds: dict[str, str]
    unique: list[str]
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.model._meta.table_name)


@dataclass
class Reference:
    """A row of a table."""

    table: Made
    row: dict[str, Any]

    @property
    def key(self) -> tuple[Any, ...]:
        return tuple(self.row[name] for name in self.table.unique)


def example(random: Random, postgres: bool) -> list[Made]:
    """Tables, parents first, with their rows."""
    pw.DeferredForeignKey._unresolved.clear()  # of other examples
    tables: list[Made] = []
    count = random.choice((1, 1, 2, 2, 3))
    for number, name in enumerate(random.sample(NAMES, count)):
        is_last = number == count - 1
        tables.append(_table(random, number, f"{name}{number}", tables, postgres, is_last))
    for made in tables:
        _add_rows(random, made, tables)
    for made in tables:
        _add_references(random, made, tables)
    return tables


def _table(
    random: Random, number: int, name: str, others: Sequence[Made], postgres: bool, is_last: bool
) -> Made:
    usable = [kind for kind in KINDS if postgres or not KINDS[kind].postgres_only]
    unique = ["u0", "u1"][: random.choice((1, 1, 1, 2))]
    kinds = {one: random.choice(KEYED) for one in unique}
    kinds |= {f"f{n}": random.choice(usable) for n in range(random.randrange(6))}
    columns = iter(random.sample(NAMES, len(NAMES)))
    fields: dict[str, Any] = {}
    for one, kind in kinds.items():
        options = {"column_name": next(columns)} if random.random() < 0.3 else {}
        null = one not in unique and random.random() < 0.5
        fields[one] = KINDS[kind].make(null=null, **options)
    is_parent = any("later" in other.model._meta.fields for other in others[-1:])
    meta = {"table_name": name, **_identified(random, fields, unique, is_parent)}
    fields |= _foreign_keys(random, number, others, is_last, "primary_key" in meta)
    fields["Meta"] = type("Meta", (), meta)
    return Made(type(f"M{number}", (pw.Model,), fields), kinds, unique)


def _identified(
    random: Random, fields: dict[str, Any], unique: list[str], is_parent: bool
) -> dict[str, Any]:
    """Let the unique fields be the primary key, or unique beside another primary key; Peewee has no
    foreign keys to several columns."""
    is_key = random.random() < 0.4 and not (is_parent and len(unique) > 1)
    if len(unique) == 1:
        setattr(fields[unique[0]], "primary_key" if is_key else "unique", True)
    elif is_key:
        return {"primary_key": pw.CompositeKey(*unique)}
    if not is_key and random.random() < 0.3:
        fields["id"] = pw.UUIDField(primary_key=True, default=uuid.uuid4)
    return {"indexes": ((tuple(unique), True),)} if len(unique) > 1 else {}


def _foreign_keys(
    random: Random, number: int, others: Sequence[Made], is_last: bool, is_composite: bool
) -> dict[str, pw.Field]:
    made: dict[str, pw.Field] = {}
    able: list[Made | None] = [
        other for other in others
        if not isinstance(other.model._meta.primary_key, pw.CompositeKey)
    ]  # fmt: skip
    able += able + [None] * (not is_composite)
    for n, target in enumerate(random.choices(able, k=random.randrange(3)) if able else ()):
        if target is None:  # a required key to the table itself would have no first row
            made[f"r{n}"] = pw.ForeignKeyField("self", null=True, backref="+")
            continue
        field_ = target.unique[0] if len(target.unique) == 1 and random.random() < 0.3 else None
        null = random.random() < 0.5
        made[f"r{n}"] = pw.ForeignKeyField(target.model, field_, null=null, backref="+")
    if not is_last and random.random() < 0.3:
        made["later"] = pw.DeferredForeignKey(f"M{number + 1}", null=True, backref="+")
    return made


def _add_rows(random: Random, made: Made, tables: Sequence[Made]) -> None:
    """Add rows, unless a required foreign key has no parent."""
    fields = made.model._meta.fields
    parents = {key.rel_model for key in fields.values()
               if isinstance(key, pw.ForeignKeyField) and not key.null}  # fmt: skip
    if any(not other.rows for other in tables if other.model in parents):
        return
    for number in range(random.choice((0, 1, 2, 5, 5, 12, 30))):
        row: dict[str, Any] = {}
        for name, kind in made.kinds.items():
            make = KINDS[kind].key
            if fields[name].null and random.random() < 0.3:
                row[name] = None
            elif name in made.unique and make:
                row[name] = make(random, number)
            else:
                row[name] = KINDS[kind].value(random)
        made.rows.append(row)


def _add_references(random: Random, made: Made, tables: Sequence[Made]) -> None:
    """Rows may refer to rows that come later."""
    by_model = {other.model: other for other in tables}
    for one in made.model._meta.sorted_fields:
        if not isinstance(one, pw.ForeignKeyField):
            continue
        parents = by_model[one.rel_model]
        for row in made.rows:
            if parents.rows and not (one.null and random.random() < 0.3):
                row[one.name] = Reference(parents, random.choice(parents.rows))
            else:
                row[one.name] = None


# files


def write(random: Random, directory: Path, tables: Sequence[Made]) -> None:
    directory.mkdir()
    for made in tables:
        writer = random.choice((_toml, _json, _csv))
        suffix = writer.__name__[1:]
        name = f"{random.randrange(100):02}_{made.name}.{suffix}"
        (directory / name).write_text(writer(random, made), encoding="utf-8", newline="")


def _name(random: Random, one: pw.Field) -> str:
    return str(random.choice((one.name, one.column_name)))


def _key(random: Random, made: Made) -> list[str] | None:
    """The names of the key, or None: dbkit finds the unique columns."""
    fields = made.model._meta.fields
    return None if random.random() < 0.5 else [_name(random, fields[one]) for one in made.unique]


def _value(random: Random, one: pw.Field, value: Any) -> Any:
    """A reference as the unique values of the parent, or as the value of the foreign key."""
    if not isinstance(value, Reference):
        return value
    target = one.rel_field.name
    if target in value.row and random.random() < 0.5:
        return value.row[target]
    fields = value.table.model._meta.fields
    return {_name(random, fields[name]): value.row[name] for name in value.table.unique}


def _scalar(value: Any) -> Any:
    """A value that neither TOML nor JSON has, as a text."""
    match value:
        case Enum():
            return value.value
        case bytes():
            return "\\x" + value.hex()
        case Decimal() | uuid.UUID():
            return str(value)
        case _:
            return value


def _toml(random: Random, made: Made) -> str:
    key = _key(random, made)
    text_ = f"[keys]\n{_toml_text(made.name)} = {_toml_value(key)}\n" if key else ""
    for row in made.rows:
        text_ += f"[[{_toml_text(made.name)}]]\n"
        for name, value in row.items():
            if value is not None:
                one = made.model._meta.fields[name]
                given = _value(random, one, value)
                value = _toml_value({"json": json.dumps(given)} if is_marked(given) else given)
                text_ += f"{_toml_text(_name(random, one))} = {value}\n"
    return text_


def _toml_text(text_: str) -> str:
    return json.dumps(text_, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_value(value: Any) -> str:
    value = _scalar(value)
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _toml_text(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(_toml_value, value))}]"
        case dict():
            pairs = (f"{_toml_text(key)} = {_toml_value(part)}" for key, part in value.items())
            return f"{{{', '.join(pairs)}}}"
        case _:
            return repr(value)


def _json(random: Random, made: Made) -> str:
    key = _key(random, made)
    rows = []
    for row in made.rows:
        named = {}
        for name, value in row.items():
            one = made.model._meta.fields[name]
            if value is not None or random.random() < 0.5:
                given = _value(random, one, value)
                marked = is_marked(given) and "json" in given
                named[_name(random, one)] = {"json": json.dumps(given)} if marked else given
        rows.append(named)
    content = {"keys": {made.name: key}} if key else {}
    return json.dumps(
        {**content, made.name: rows}, default=_json_text,
        indent=random.choice((None, 1)), ensure_ascii=random.random() < 0.5,
    )  # fmt: skip


def _json_text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else _scalar(value)


def _csv(random: Random, made: Made) -> str:
    key = _key(random, made)
    end = random.choice(("\n", "\r\n"))
    header: list[str] = []
    cells: list[list[str]] = [[] for _ in made.rows]
    for name, one in made.model._meta.fields.items():
        if name not in made.kinds and not isinstance(one, pw.ForeignKeyField):
            continue
        for part, values in _csv_columns(random, made, one):
            header.append(part)
            for row, value in zip(cells, values, strict=True):
                row.append(_csv_cell(random, one if "." not in part else None, value))
    lines = [",".join(_quoted(name) for name in header), *map(",".join, cells)]
    comment = f"# key = {json.dumps(key, ensure_ascii=False)}{end}" if key else ""
    return comment + "".join(line + end for line in lines)


def _csv_columns(random: Random, made: Made, one: pw.Field) -> list[tuple[str, list[Any]]]:
    """(name, values) of the columns of a field: several for a reference."""
    values = [row[one.name] for row in made.rows]
    parents = next((value.table for value in values if value), None) if isinstance(
        one, pw.ForeignKeyField) else None  # fmt: skip
    if parents is None:
        return [(_name(random, one), values)]
    target = one.rel_field.name
    if target in parents.unique and random.random() < 0.5:
        return [(_name(random, one), [value and value.row[target] for value in values])]
    return [(f"{one.name}.{name}", [value and value.row[name] for value in values])
            for name in parents.unique]  # fmt: skip


def _csv_cell(random: Random, one: pw.Field | None, value: Any) -> str:
    if value is None:
        return ""
    if one is not None and (one.field_type in ("JSON", "JSONB") or isinstance(value, list)):
        value = json.dumps(value, ensure_ascii=random.random() < 0.5)
    value = _json_text(value)
    if isinstance(value, bool):
        value = random.choice((str(value).lower(), str(value).lower()[0]))
    return _quoted(str(value)) if not str(value) or random.random() < 0.3 else _maybe(str(value))


def _maybe(value: str) -> str:
    return _quoted(value) if any(mark in value for mark in ',"\n\r') else value


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
