"""The statements that create, drop and alter sequences."""

from __future__ import annotations

from collections.abc import Iterator

from ...sql import Statement, literal, quoted
from ...values import Sequence
from ..catalog import LARGEST
from .as_sql import Spelling
from .steps import Placed, Step

OWNER = "OWNED BY "


class Sequences:
    """Writes the statements for sequences that belong to no column."""

    def __init__(self, spelling: Spelling) -> None:
        self.spelling = spelling

    def create(self, item: Sequence) -> Iterator[Placed]:
        words = [option for option in item.options if not option.startswith((OWNER, "UNLOGGED"))]
        kind = "UNLOGGED SEQUENCE" if "UNLOGGED" in item.options else "SEQUENCE"
        sql = " ".join([f"CREATE {kind} {self.spelling.name(item.name)}", *words])
        yield Placed(Step.SEQUENCE, Statement(sql))
        yield from self._own(item)

    def drop(self, name: str) -> Placed:
        """Drop a sequence, which may have been dropped with the column that owned it."""
        sql = f"DROP SEQUENCE IF EXISTS {self.spelling.name(name)}"
        return Placed(Step.DROP_SEQUENCE, Statement(sql, f"how far sequence {name} has counted"))

    def alter(self, old: Sequence, new: Sequence) -> Iterator[Placed]:
        """Alter a sequence. A sequence that is out of its new bounds begins again."""
        name = self.spelling.name(new.name)
        if _owner(old) and _owner(old) != _owner(new):
            yield Placed(Step.DROP_DEFAULT, Statement(f"ALTER SEQUENCE {name} OWNED BY NONE"))
        if ("UNLOGGED" in old.options) != ("UNLOGGED" in new.options):
            word = "UNLOGGED" if "UNLOGGED" in new.options else "LOGGED"
            yield Placed(Step.SEQUENCE, Statement(f"ALTER SEQUENCE {name} SET {word}"))
        settings, least, most = sequence_settings(new.options)
        if settings != sequence_settings(old.options)[0]:
            change = literal(f"ALTER SEQUENCE {name} {settings}")
            again = f"CASE WHEN last_value BETWEEN {least} AND {most} THEN '' ELSE ' RESTART' END"
            sql = f"DO $dbkit$ BEGIN EXECUTE (SELECT {change} || {again} FROM {name}); END $dbkit$"
            yield Placed(Step.SEQUENCE, Statement(sql))
        if _owner(old) != _owner(new):
            yield from self._own(new)

    def _own(self, item: Sequence) -> Iterator[Placed]:
        owner = _owner(item)
        for table in sorted(self.spelling.tables, key=len, reverse=True):
            if owner.startswith(f"{table}."):
                column = f"{self.spelling.name(table)}.{quoted(owner[len(table) + 1 :])}"
                sql = f"ALTER SEQUENCE {self.spelling.name(item.name)} OWNED BY {column}"
                yield Placed(Step.DEFAULT, Statement(sql))
                return


def _owner(item: Sequence) -> str:
    return next((one[len(OWNER) :] for one in item.options if one.startswith(OWNER)), "")


def sequence_settings(options: tuple[str, ...], usual: str = "bigint") -> tuple[str, int, int]:
    """Return (all settings of a sequence with the defaults, its minimum, its maximum). `usual` is
    the type of its column."""
    given = dict(option.partition(" ")[::2] for option in options)
    largest = LARGEST.get(given.get("AS", usual), LARGEST["bigint"])
    up = int(given.get("INCREMENT", 1)) > 0
    least = int(given.get("MINVALUE", 1 if up else -largest - 1))
    most = int(given.get("MAXVALUE", largest if up else -1))
    text = (
        f"AS {given.get('AS', usual)} INCREMENT {given.get('INCREMENT', 1)} "
        f"MINVALUE {least} MAXVALUE {most} "
        f"START {given.get('START', least if up else most)} CACHE {given.get('CACHE', 1)} "
        f"{'CYCLE' if 'CYCLE' in given else 'NO CYCLE'}"
    )
    return text, least, most
