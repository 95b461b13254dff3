"""The statements that create, drop and alter sequences."""

from __future__ import annotations

from collections.abc import Iterator

from ...details import SequenceOptions
from ...names import Name
from ...sql import Statement, literal, quoted
from ...values import Sequence
from ..catalog import LARGEST
from .statement_order import Placed, Step


class Sequences:
    """Writes the statements for sequences that belong to no column."""

    def create(self, item: Sequence) -> Iterator[Placed]:
        kind = "UNLOGGED SEQUENCE" if item.options.unlogged else "SEQUENCE"
        sql = " ".join([f"CREATE {kind} {item.name.sql}", *item.options.clauses])
        yield Placed(Step.SEQUENCE, Statement(sql))
        yield from self._own(item)

    def drop(self, name: Name) -> Placed:
        """Drop a sequence, which may have been dropped with the column that owned it."""
        return Placed(Step.DROP_SEQUENCE, Statement(f"DROP SEQUENCE IF EXISTS {name.sql}"))

    def alter(self, old: Sequence, new: Sequence) -> Iterator[Placed]:
        """Alter a sequence. A sequence that is out of its new bounds begins again."""
        name = new.name.sql
        before, after = old.options, new.options
        if before.owner and before.owner != after.owner:
            yield Placed(Step.DROP_DEFAULT, Statement(f"ALTER SEQUENCE {name} OWNED BY NONE"))
        if before.unlogged != after.unlogged:
            word = "UNLOGGED" if after.unlogged else "LOGGED"
            yield Placed(Step.SEQUENCE, Statement(f"ALTER SEQUENCE {name} SET {word}"))
        settings, least, most = sequence_settings(after)
        if settings != sequence_settings(before)[0]:
            change = literal(f"ALTER SEQUENCE {name} {settings}")
            again = f"CASE WHEN last_value BETWEEN {least} AND {most} THEN '' ELSE ' RESTART' END"
            sql = f"DO $dbkit$ BEGIN EXECUTE (SELECT {change} || {again} FROM {name}); END $dbkit$"
            yield Placed(Step.SEQUENCE, Statement(sql))
        if before.owner != after.owner:
            yield from self._own(new)

    def _own(self, item: Sequence) -> Iterator[Placed]:
        if item.options.owner:
            table, column = item.options.owner
            owner = f"{table.sql}.{quoted(column)}"
            sql = f"ALTER SEQUENCE {item.name.sql} OWNED BY {owner}"
            yield Placed(Step.DEFAULT, Statement(sql))


def sequence_settings(options: SequenceOptions, usual: str = "bigint") -> tuple[str, int, int]:
    """Return (all settings of a sequence with the defaults, its minimum, its maximum). `usual` is
    the type of its column."""
    type_ = options.type or usual
    largest = LARGEST.get(type_, LARGEST["bigint"])
    up = options.increment > 0
    least = _or(options.minimum, 1 if up else -largest - 1)
    most = _or(options.maximum, largest if up else -1)
    text = (
        f"AS {type_} INCREMENT {options.increment} MINVALUE {least} MAXVALUE {most} "
        f"START {_or(options.start, least if up else most)} CACHE {options.cache} "
        f"{'CYCLE' if options.cycle else 'NO CYCLE'}"
    )
    return text, least, most


def _or(given: int | None, usual: int) -> int:
    return usual if given is None else given
