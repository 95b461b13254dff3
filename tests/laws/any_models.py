"""Models at random, of all that Peewee takes: as Python source, so that a failure can be run again.

They are not meant to make sense. `source(random, postgres)` is a module's text; `built` runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import peewee as pw

HEAD = """\
import peewee as pw
from playhouse import postgres_ext as pg
from playhouse import sqlite_ext as sq
from playhouse import cockroachdb as cr
from playhouse import fields as pf
from playhouse import mysql_ext as my
from playhouse import signals
from dbkit import EnumField
from dbkit.fields import DateTimeTZField
from enum import Enum, IntEnum
SQL = pw.SQL
class Mixin(pw.Model):
    mixed = pw.IntegerField(null=True)
Choice = Enum("Choice", {"A": "a", "B": "it's %", "C": "c" * 300})
Number = IntEnum("Number", {"A": 1, "B": 2 ** 40})
"""
ANY = (
    "AnyField IntegerField BigIntegerField SmallIntegerField FloatField DoubleField DecimalField "
    "CharField FixedCharField TextField BlobField BitField BigBitField UUIDField BinaryUUIDField "
    "DateTimeField DateField TimeField TimestampField IPField BooleanField JSONField BareField "
    "Field"
)
FIELDS = [
    *(f"pw.{name}" for name in ANY.split()),
    *(f"pg.{name}Field" for name in ("Array", "DateTimeTZ", "HStore", "BinaryJSON", "TSVector",
                                     "Interval", "JSON")),
    *(f"sq.{name}Field" for name in ("JSON", "TDecimal", "ISODateTime", "JSONB", "Search")),
    *(f"pf.{name}Field" for name in ("Compressed", "Pickle", "Enum", "IntEnum")),
    "DateTimeTZField", "EnumField", "pw.VirtualField", "pw.MetaField", 
    "my.MySQLJSONField", "pw.ManyToManyField",
]  # fmt: skip
KEYS = ("pw.AutoField", "pw.BigAutoField", "pw.IdentityField", "sq.AutoIncrementField",
        "sq.RowIDField", "pw.UUIDField", "pw.CharField", "pw.IntegerField", "pw.BlobField",
        "pw.DecimalField", "pg.ArrayField", "pw.JSONField", "pw.ForeignKeyField",
        "cr.UUIDKeyField", "cr.RowIDField", "sq.DocIDField", "pw.PrimaryKeyField", "EnumField",
        "pf.EnumField", "pw.DateTimeField", "pw.BareField")  # fmt: skip
# the words that are special to PostgreSQL somewhere: SELECT word FROM pg_get_keywords()
# WHERE catcode <> 'U'
KEYWORDS = tuple(
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
    boolean both case cast char character check coalesce collate collation column concurrently
    constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user dec decimal default deferrable desc distinct do else end except
    exists extract false fetch float for foreign freeze from full grant greatest group grouping
    having ilike in initially inner inout int integer intersect interval into is isnull join json
    json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value lateral leading least left like limit localtime
    localtimestamp merge_action national natural nchar none normalize not notnull null nullif
    numeric offset on only or order out outer overlaps overlay placing position precision primary
    real references returning right row select session_user setof similar smallint some substring
    symmetric system_user table tablesample then time timestamp to trailing treat trim true union
    unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
    xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
    """.split()  # noqa: SIM905 -- as a list it would fill a line each
)
BASES = ("signals.Model", "sq.FTSModel", "sq.FTS5Model", "sq.VirtualModel", "M0", "M0, Mixin",
         "Mixin", "Mixin, signals.Model")  # fmt: skip
NAMES = (
    "a", "b", "user", "order", "select", "primary", "table", "default", "ctid", "xmin", "oid",
    "rowid", "tableoid", "Upper", "größe", "名前", "😀", "e\u0301", "é", "ﬁ", "\u202e", "\u00a0",
    " ", "", ".", "a.b", "..", '"', '""', 'a"b', "'", "a'b", "%", "100%", "%s", "%(a)s", "%%", "\n",
    "a\nb", "\r\n", "\t", "\\", "\\n", "`", "[x]", "{x}", "{", "--", "/*", "*/", ";", "$$", "$1",
    ":x", "?", "x" * 63, "x" * 64, "ä" * 40, "😀" * 20, "\0", "a\0b", "\ud800", "\x7f", "pg_x",
    "sqlite_x", "None", "class", "self", "1", "1a", "id", "ID", "Id", "_meta", "integer", "text",
    "json", "migratehistory", "text_pattern_ops", "#", "# imports", "\u2028", "\x1b[31m",
)  # fmt: skip
ATTRIBUTES = ("id", "a", "class_", "f0", "größe", "名前", "ﬁ", "pk", "ID", "name", "order", "user",
              "select", "save", "objects", "DoesNotExist", "dirty_fields", "id_id")  # fmt: skip
NONSENSE = ("", " ", "DEFAULT", "CHECK (", "CHECK ()", "nonsense", "DEFAULT 1", "DEFAULT 'x'",
            "DEFAULT NULL", "CHECK (1)", "CHECK (1 > 0)", "NOT NULL", "NULL", "UNIQUE", "'", '"',
            "--", "/*", "DEFAULT nothing()", "DEFAULT (SELECT 1)", "CHECK (a > 0)", ", x integer",
            ")", "); DROP TABLE x; --", "%", "DEFAULT '%'", "%s", "PRIMARY KEY", "REFERENCES x (y)",
            "COLLATE x", "GENERATED ALWAYS AS (1) STORED", "DEFAULT 'ä\n'", "DEFAULT '\0'",
            "\ud800", "CONSTRAINT a CHECK (true)", "DEFAULT CURRENT_TIMESTAMP", "DEFAULT 1 / 0",
            "DEFAULT ARRAY[1]", "GENERATED BY DEFAULT AS IDENTITY", "DEFAULT now()", "NO INHERIT",
            "; COMMIT; --", "DEFAULT 5 CHECK (true)", "DEFERRABLE")  # fmt: skip
WORDS = ("CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION", "RESTRICT", "cascade", "nonsense", "",
         "; --", "%", "SET NULL (a)", "'", "\n")  # fmt: skip
DEFERRABLE = (
    "INITIALLY DEFERRED",
    "INITIALLY IMMEDIATE",
    "initially deferred",
    "nonsense",
    "",
    ";",
)
DEFAULTS = ("1", "'x'", "None", "dict", "list", "object()", "float('nan')", "b'\\0'", "'\\0'",
            "lambda: 1 / 0", "'\\ud800'", "pw.fn.now()", "SQL('1')", "10 ** 30", "[]", "{}",
            "'a\\n\"%'", "pw.Model", "float('inf')", "set()", "(1, 2)")  # fmt: skip
INDEX_TYPES = ("BTREE", "HASH", "GIN", "GIST", "BRIN", "gin", "nonsense", "", "spgist", "%", "'")
COLLATIONS = ("C", "NOCASE", "POSIX", "unknown", "", "%", '"', "de-x-icu", "a.b", "C.UTF-8", "\n")
EXPRESSIONS = ("pw.fn.lower({})", "pw.fn.nothing({})", "SQL('{{}}')", "SQL('')", "SQL('lower(a)')",
               "pw.Value(1)", "{}.desc()", "{}.asc(nulls='LAST')", "{}", "{}.cast('text')",
               "{} + 1", "pw.fn.random()", "SQL('a', ('x',))", "pw.Value('%')")  # fmt: skip
WHERES = ("{} > 5", "{} == '%'", "{}.is_null()", "SQL('nonsense')", "SQL('')", "{}.in_([])",
          "{}.in_(['a', 1])", "{} == None", "{} == b'x'", "SQL('a = %s', (1,))")  # fmt: skip


def some(random: Random, often: float) -> bool:
    return random.random() < often


def name(random: Random) -> str:
    if some(random, 0.1):
        return "".join(chr(random.choice((random.randrange(1, 0x250), random.randrange(1, 0xD800),
                                          random.randrange(0xE000, 0x110000))))
                       for _ in range(random.choice((1, 2, 5, 70))))  # fmt: skip
    if some(random, 0.2):
        return random.choice(KEYWORDS)
    return random.choice(NAMES)


def source(random: Random) -> str:
    """Some models, as a module."""
    wild = random.choice((0, 0.01, 0.03, 0.1, 0.3))  # how strange they are
    return HEAD + "".join(_model(random, n, wild) for n in range(random.choice((1, 1, 2, 3))))


def _model(random: Random, number: int, wild: float) -> str:  # noqa: C901
    fields = [_field(random, number, wild) for n in range(random.choice((1, 2, 3)))]
    names = [f"f{n}" if not some(random, wild / 3) else random.choice(ATTRIBUTES)
             for n in range(len(fields))]  # fmt: skip
    if some(random, 0.2):
        key = random.choice(KEYS)
        fields.append(_field(random, number, wild, key, "primary_key=True"))
        named = {"sq.RowIDField": "rowid", "sq.DocIDField": "docid"}
        names.append(named.get(key) or random.choice(("id", "key", "f0")))
    meta = [("legacy_table_names", "False")]
    if some(random, 3 * wild):
        meta.append(("table_name", repr(name(random))))
    if some(random, wild):
        meta.append(("schema", repr(random.choice(("public", "main", "temp", name(random))))))
    if some(random, wild):
        meta.append(("table_settings", repr([random.choice(("WITH (fillfactor=50)", *NONSENSE))])))
    if some(random, wild):
        keys = random.choice(("False", "pw.CompositeKey('f0')", "pw.CompositeKey('f0', 'f1')",
                              "pw.CompositeKey()", "pw.CompositeKey('nothing')", "None",
                              "pw.CompositeKey('f0', 'f0')"))  # fmt: skip
        meta.append(("primary_key", keys))
    if some(random, wild / 3):
        meta[0] = ("legacy_table_names", "True")
    for option in ("without_rowid", "strict_tables", "temporary"):
        if some(random, wild / 3):
            meta.append((option, "True"))
    if some(random, wild):
        meta.append(("constraints", f"[{_constraint(random)}]"))
    if some(random, wild):
        columns = tuple(random.choice((*names, *names, *names, "nothing")) for _ in range(2))
        meta.append(("indexes", repr(((columns, some(random, 0.5)),))))
    if some(random, wild / 3):
        meta.append(("depends_on", random.choice(("[]", "[pw.Model]", "[M0]"))))
    if some(random, wild / 3):
        meta.append(random.choice((
            ("only_save_dirty", "True"), ("managed", "False"), ("managed", "True"),
            ("database", "None"), ("db_table", repr(name(random))), ("abstract", "True"),
            ("table_function", "lambda model: model.__name__ * 20"), ("depends_on", "['M0', None]"),
            ("table_settings", "'WITH (fillfactor=50)'"), ("constraints", "None"),
            ("constraints", "SQL('CHECK (true)')"), ("indexes", "('f0',)"),
            ("indexes", "['f0', 'f1']"), ("indexes", "((('f0',),),)"), ("indexes", "None"),
            ("indexes", "(((), True),)"), ("indexes", "(SQL('CREATE INDEX x ON m0 (f0)'),)"),
            ("table_alias", "'x'"), ("primary_key", "'f0'"),
        )))  # fmt: skip
    if some(random, wild / 5):
        meta.append(("options", repr({name(random): name(random)})))
    model = f"M{number}"
    bases = (
        random.choice(BASES if number else BASES[-2:] + BASES[:4])
        if some(random, wild / 3)
        else "pw.Model"
    )
    text = f"class {model}({bases}):\n"
    text += "".join(f"    {one} = {field}\n" for one, field in zip(names, fields, strict=True))
    text += "    class Meta:\n" + "".join(f"        {one} = {value}\n" for one, value in meta)
    if some(random, wild * 2):
        text += _index(random, model, f"{model}.{random.choice(names)}", wild)
    return text


def _index(random: Random, model: str, field: str, wild: float) -> str:
    if some(random, 0.1):
        return f"{model}.add_index(SQL({random.choice(('CREATE INDEX x', '', 'SELECT 1'))!r}))\n"
    parts = ", ".join(
        random.choice(EXPRESSIONS).format(field) for _ in range(random.choice((1, 2)))
    )
    options = ""
    if some(random, 0.5):
        options += f", name={name(random)!r}"
    if some(random, 0.3):
        options += ", unique=True"
    if some(random, 0.3):
        options += f", where={random.choice(WHERES).format(field)}"
    if some(random, 0.3):
        options += f", using={random.choice(INDEX_TYPES)!r}"
    return f"{model}.add_index({parts}{options})\n"


def _constraint(random: Random) -> str:
    return random.choice((
        f"SQL({random.choice(NONSENSE)!r})",
        f"pw.Check({random.choice(('a > 0', 'f0 IS NULL', '', '1', 'x%', 'f0 > 1'))!r})",
        f"pw.Check('f0 IS NOT NULL', {name(random)!r})",
        "pw.Default('x')", "SQL('CHECK (f0 > %s)', (1,))", "'text'", "None",
    ) if some(random, 0.3) else (f"SQL({random.choice(NONSENSE)!r})",))  # fmt: skip


def _field(  # noqa: C901
    random: Random, model: int, wild: float, kind: str = "", *options: str
) -> str:
    given = list(options)
    if not kind:
        kind = "pw.ForeignKeyField" if some(random, 0.15) else random.choice(FIELDS)
        if some(random, wild / 3):
            kind = "pw.DeferredForeignKey"
    if kind == "pw.ForeignKeyField":
        given.insert(0, random.choice(("'self'", *(f"M{n}" for n in range(model)))))
        if some(random, wild):
            given.append(f"field={random.choice(('f0', 'id', 'nothing'))!r}")
    elif kind == "pw.DeferredForeignKey":
        given.insert(0, repr(random.choice((f"M{model + 1}", f"M{model}", "Nothing"))))
    if kind in ("pw.ForeignKeyField", "pw.DeferredForeignKey"):
        given.append(f"backref={'+' if some(random, 0.9) else random.choice(ATTRIBUTES)!r}")
        if some(random, wild / 3):
            given.append("lazy_load=False")
        if some(random, wild / 3):
            given.append(f"object_id_name={random.choice(ATTRIBUTES)!r}")
        for option, words in (
            ("on_delete", WORDS),
            ("on_update", WORDS),
            ("deferrable", DEFERRABLE),
        ):
            if some(random, wild):
                given.append(f"{option}={random.choice(words)!r}")
        if some(random, wild):
            given.append(f"constraint_name={name(random)!r}")
    if kind == "pg.ArrayField":
        given.insert(0, random.choice((*FIELDS, "pw.ForeignKeyField")))
        if some(random, wild):
            given.append(f"dimensions={random.choice((0, 1, 2, 3, -1, 100))}")
        if some(random, wild):
            given.append("field_kwargs={'max_length': 5}")
    if kind == "pw.ManyToManyField":
        return f"{kind}({f'M{random.randrange(model)}' if model else 'Mixin'}, backref='+')"
    if kind in ("pf.EnumField", "pf.IntEnumField"):
        given.insert(0, "Choice" if kind == "pf.EnumField" else "Number")
    if kind == "EnumField":
        labels = random.choice((("a", "b"), ("a",), ("it's", '"', "%", "\n"), (), ("a", "a"),
                                ("",), ("x" * 64,), (name(random),)))  # fmt: skip
        given[:0] = [repr(labels), repr(name(random) if some(random, wild) else "mood")]
    if kind in ("pw.CharField", "pw.FixedCharField") and some(random, wild):
        given.append(f"max_length={random.choice((0, 1, -1, 10**9, None, 5))}")
    if kind == "pw.DecimalField" and some(random, wild):
        given.append(f"max_digits={random.choice((0, 1, 5, 2000))}")
        given.append(f"decimal_places={random.choice((0, 2, -1, 3000))}")
    if kind != "sq.SearchField":  # which takes none
        given += _options(random, wild)
    return f"{kind}({', '.join(given)})"


def _options(random: Random, wild: float) -> list[str]:
    options: dict[str, tuple[float, Callable[[], str]]] = {
        "null": (0.5, lambda: "True"),
        "index": (wild, lambda: random.choice(("True", "False"))),
        "unique": (wild, lambda: "True"),
        "index_type": (wild / 2, lambda: repr(random.choice(INDEX_TYPES))),
        "default": (wild, lambda: random.choice(DEFAULTS)),
        "constraints": (wild, lambda: f"[{_constraint(random)}]"),
        "collation": (wild / 3, lambda: repr(random.choice(COLLATIONS))),
        "sequence": (wild / 4, lambda: repr(name(random))),
        "column_name": (2 * wild, lambda: repr(name(random))),
        "unindexed": (wild / 4, lambda: "True"),
        "choices": (wild / 2, lambda: random.choice(("[]", "[(1, 'a')]", "'ab'", "[(set(), 1)]"))),
        "help_text": (wild / 2, lambda: repr(name(random))),
        "verbose_name": (wild / 2, lambda: repr(name(random))),
    }  # fmt: skip
    return [f"{key}={make()}" for key, (often, make) in options.items() if some(random, often)]


class NotTaken(Exception):
    """Peewee does not take the models."""


def built(text: str) -> list[Any]:
    """The models of a module. Raises NotTaken."""
    module: dict[str, Any] = {"__name__": "any_models"}
    pw.DeferredForeignKey._unresolved.clear()  # of other modules, which are still looked for
    try:
        exec(compile(text, "any_models", "exec"), module)  # noqa: S102
    except Exception as error:
        raise NotTaken from error
    return [found for key, found in module.items() if key.startswith("M") and key[1:].isdigit()
            and issubclass(found, pw.Model)]  # fmt: skip
