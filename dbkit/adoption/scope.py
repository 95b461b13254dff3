"""The part of a database that `init` adopts: the tables that the user chose, and what they need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import starmap

import peewee as pw

from dbkit.errors import ConfigError
from dbkit.project import literal_pattern
from dbkit.schema.database_objects import Key, Object, without
from dbkit.schema.dialect import Reading, dialect_for
from dbkit.schema.inheritance import descendants
from dbkit.schema.names import Name
from dbkit.schema.patterns import matches, require_match
from dbkit.schema.peewee_models import OWN_TABLES
from dbkit.schema.values import ForeignKey, Schema

from .left_out import LOST, LeftOut, Why, capitalized, has_model
from .lost_objects import Lost
from .other_tools import tool_of
from .outside_tables import can_have_model, targets
from .postgres_types import Postgres
from .sqlite_types import Sqlite

SYSTEM = 16384  # the first oid of a user's object (PostgreSQL manual, 52, FirstNormalObjectId)
NOUNS = {"enum": "enum type", "domain": "domain", "sequence": "sequence"}
NOT_CHOSEN = Why("are not adopted", is_harmless=True)
NEEDS = Why("need tables that are not adopted", is_harmless=True)
TARGET = Why(
    "are not adopted, but foreign keys point to them, so they have models with `managed = False`",
    "A new database needs such a table before the baseline runs.",
)
HISTORY = Why(
    "belong to other tools: they get no models, and dbkit leaves them alone",
    is_harmless=True,
)


@dataclass(frozen=True)
class Scope:
    """The choice of the user: the tables in these schemas, with a name that matches a pattern of
    `only` and none of `skip`. Without schemas and without `only`, these are all tables."""

    schemas: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


EVERYTHING = Scope()


@dataclass(frozen=True)
class Selection:
    """What a Scope means for a database. `lost` are the objects that are not adopted, `others` the
    tables among them, and `ignore` patterns for these tables, and for schemas that are left out
    (a table that stands in for a target of a foreign key may bring its schema back)."""

    lost: Lost
    others: frozenset[Name]
    ignore: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def select(
    database: pw.Database, scope: Scope, ignore: Sequence[str], described: Collection[Name]
) -> Selection:
    """Return the selection. `described` are the tables of existing models. Raises ConfigError."""
    if scope.schemas and not dialect_for(database).has_schemas:
        raise ConfigError("A SQLite database has no schemas to choose from.",
                          "Choose tables with --only and --skip.")  # fmt: skip
    with dialect_for(database).reading(database, None) as reading:
        live = reading.live(comments=True)
        return _Selecting(reading, live, scope, ignore, described).selection()


class _Selecting:
    def __init__(
        self,
        reading: Reading,
        live: Schema,
        scope: Scope,
        ignore: Sequence[str],
        described: Collection[Name],
    ) -> None:
        self.reading, self.live, self.scope, self.described = reading, live, scope, described
        self.tables = {one.name: one for one in live.tables if str(one.name) not in OWN_TABLES}
        self.ignore = tuple(_without_own(ignore, live))
        self.objects = reading.objects(live)
        self.tools = {name: tool for name, table in self.tables.items()
                      if name not in described and (tool := tool_of(table))}  # fmt: skip

    def selection(self) -> Selection:
        asked = self._asked()
        kept, lost_keys = without(self.objects, self._keys(self.tables.keys() - asked))
        others = self.tables.keys() - asked
        needing = {one.name for one in self.objects if one.key in lost_keys and one.held == "table"}
        needing |= self.reading.views_of(self.live, others)
        needing -= others
        others |= needing
        adopted = self._needed(kept, lost_keys)
        gone = [one for one in self.objects if one.key not in adopted]
        lost = self._lost(gone, others)
        spaces = (f"{literal_pattern(str(one.name))}.*" for one in gone if one.held == "schema")
        return Selection(
            lost,
            frozenset(others),
            (*self.ignore, *(literal_pattern(str(name)) for name in sorted(others)), *spaces),
            tuple(self._left_out(gone, others, needing, {one.name for one in lost.targets})),
        )

    def _lost(self, gone: Iterable[Object], others: Collection[Name]) -> Lost:
        """What is not adopted, with the tables to which foreign keys of adopted tables point."""
        keys = [(table.name, part) for table in self.tables.values() for part in table.parts
                if isinstance(part, ForeignKey) and table.name not in others
                and part.target in others and not self.described]  # fmt: skip
        types = Postgres(self.live, {}) if self.objects else Sqlite()
        lost = [(name, part) for name, part in keys
                if not can_have_model(self.tables[part.target], part, types)]  # fmt: skip
        kept = (part for name, part in keys if (name, part) not in lost)
        names = {(one.held or "extension", one.name) for one in gone}
        return Lost(
            frozenset(one.key for one in gone),
            frozenset({*names, *(("table", name) for name in others)}),
            frozenset((name, "ForeignKey", part.name) for name, part in lost),
            tuple(targets(kept, self.tables)),
            left_out=tuple(starmap(_lost_key, lost)),
        )

    def _asked(self) -> set[Name]:
        """The tables that the user asks for. Partitions come with their table."""
        inside = [name for name in self.tables if self._is_inside(name.schema or self.own)]
        only, skip = self.scope.only, self.scope.skip
        require_match("--only", only, inside)
        require_match("--skip", skip, inside)
        self._require_not_described([name for name in inside if matches(name, skip)])
        chosen = {name for name in inside if not only or matches(name, only)}
        below = descendants(self.live.tables, lambda table: table.name in chosen)
        chosen |= {table.name for table in below if table.options.bound}
        left = {name for name in chosen & self.tables.keys() - self.tools.keys()
                if not matches(name, (*skip, *self.ignore))}  # fmt: skip
        if not left and self.tables:
            raise ConfigError(
                "No table is left to adopt.",
                f"The database has {', '.join(sorted(map(str, self.tables)))}.",
            )
        return left

    def _require_not_described(self, skipped: Iterable[Name]) -> None:
        for name in skipped:
            if name in self.described:
                raise ConfigError(
                    f"--skip leaves out table {name}, but an existing model describes it.",
                    "Remove the model, or write `managed = False` in its class Meta.",
                )

    @cached_property
    def own(self) -> str:
        return self.reading.schemas[0]

    def _is_inside(self, schema: str) -> bool:
        schemas = self.scope.schemas
        for one in schemas:
            if one not in self.reading.schemas:
                raise ConfigError(f"The database has no schema {one}.",
                                  f"It has {', '.join(self.reading.schemas)}.")  # fmt: skip
        return not schemas or schema in schemas

    def _keys(self, tables: Collection[Name]) -> set[Key]:
        """The keys of these tables, and of the sequences that belong to them."""
        owned = {one.name for one in self.live.sequences
                 if one.options.owner and one.options.owner[0] in tables}  # fmt: skip
        return {one.key for one in self.objects
                if (one.held == "table" and one.name in tables)
                or (one.held == "sequence" and one.name in owned)}  # fmt: skip

    def _needed(self, kept: Iterable[Object], lost: Collection[Key]) -> set[Key]:
        """The objects that are adopted: tables, what they need, and what else belongs to the
        schemas."""
        known = {one.key: one for one in kept}
        of_lost = _reached(lost, {one.key: one for one in self.objects}) - set(lost)

        def is_root(one: Object) -> bool:
            if one.held == "table" or one.key[1] < SYSTEM:
                return True
            if self.scope.only or one.key in of_lost or matches(f"{one.schema}.*", self.ignore):
                return False
            return one.schema in self.scope.schemas or not self.scope.schemas

        found = _reached([one.key for one in known.values() if is_root(one)], known)
        if self.scope.schemas and not self.scope.only:  # casts and publications are in no schema
            found |= {one.key for one in known.values()
                      if not one.schema and one.needs and one.needs <= found}  # fmt: skip
        return found

    def _left_out(
        self,
        gone: Iterable[Object],
        others: Collection[Name],
        needing: Collection[Name],
        targets: Collection[Name],
    ) -> Iterator[LeftOut]:
        for name, tool in sorted(self.tools.items()):
            words = f"{name} belongs to {tool}: it gets no model, and dbkit leaves it alone."
            yield LeftOut(str(name), words, True, "table", HISTORY, f"{name} ({tool})")
        is_said = any((self.scope.schemas, self.scope.only, self.scope.skip))
        for name in sorted(set(others) - self.tools.keys()):
            what = f"{self.tables[name].kind} {name}"
            words, why = f"{what} is not adopted", NOT_CHOSEN
            if name in needing:
                words, why = f"{what} needs a table that is not adopted", NEEDS
            elif name in targets:
                words += (", but a foreign key points to it, so it has a model with "
                          "`managed = False`")  # fmt: skip
                why = TARGET
            elif not is_said:
                continue  # the settings exclude it
            yield LeftOut(str(name), f"{capitalized(words)}.", why is TARGET,
                          self.tables[name].kind, why)  # fmt: skip
        for one in gone if is_said else ():
            if one.held not in ("table", "schema"):
                words, noun = (
                    f"{capitalized(one.what)} is not adopted.",
                    NOUNS.get(one.held, "object"),
                )
                yield LeftOut(str(one.name) or one.what, words, noun=noun, why=NOT_CHOSEN)


def _lost_key(table: Name, key: ForeignKey) -> LeftOut:
    why = "it points to a table that is not adopted and cannot have a model with `managed = False`"
    words = f"Foreign key {key.name} of table {table} is left out: {why}."
    return LeftOut(f"{table}.{key.name}", words, True, "foreign key", LOST)


def _without_own(ignore: Iterable[str], live: Schema) -> Iterator[str]:
    """The patterns, except the names of objects without models. `init` wrote those, because models
    cannot describe the objects; a baseline creates them again."""
    named = [table.name for table in live.tables if not has_model(table)]
    named += [one.name for kind in (live.enums, live.domains, live.sequences) for one in kind]
    own = {literal_pattern(str(name)) for name in named}
    return (pattern for pattern in ignore if pattern not in own)


def _reached(keys: Iterable[Key], objects: dict[Key, Object]) -> set[Key]:
    """The objects with these keys, and all that they need."""
    found: set[Key] = set()
    waiting = [key for key in keys if key in objects]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += [one for one in objects[key].needs | objects[key].later if one in objects]
    return found
