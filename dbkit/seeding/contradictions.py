"""Rows that contradict other rows of the files, or the database, as SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import peewee as pw

from dbkit.schema.peewee_models import key_fields
from dbkit.schema.sql import quoted

from .merge import Merge


@dataclass
class Problem:
    """Rows that cannot be merged: `rows` is a query of their numbers."""

    kind: str
    rows: str
    key: pw.Field | None = None  # the foreign key of a reference, or the column


def problems(merge: Merge, with_insert: bool = False) -> Iterator[Problem]:
    """Yield queries of rows that contradict other rows or the database. With an INSERT of the
    new rows, they leave out what a unique index refuses."""
    yield from _without_parent(merge, "unresolved", "NOT")
    for key, joins in merge.references.joins.items():
        for join in joins:
            if not join.is_certain:
                joined = f"{merge.stage.name} AS s{join.sql}"
                yield Problem("ambiguous", _several(joined), key)
    for key_columns, shapes in merge.groups.items():
        columns = ", ".join(map(merge.identity, key_columns))
        names = {of.column_name for of in key_columns if not of.null}
        is_unique = any(unique <= names for unique in merge.stage.live.unique)
        matched = f"JOIN {merge.stage.target} AS t ON {merge.matches(key_columns)}"
        among = matched if is_unique and with_insert else ""
        yield Problem(
            "repeated",
            f"SELECT max(s.n) FROM {merge.source} AS s {among} WHERE {merge.stage.has(shapes)} "
            f"GROUP BY {columns} HAVING count(*) > 1",
        )
        if not is_unique:
            rows = f"{merge.source} AS s {matched} WHERE {merge.stage.has(shapes)}"
            yield Problem("several", _several(rows))
    if len(merge.groups) > 1 and key_fields(merge.stage.model):
        yield Problem("same", f"SELECT max(n) FROM ({live_rows(merge)}) AS p "
                              "GROUP BY row_key HAVING count(*) > 1")  # fmt: skip
    yield from _fixed(merge)
    yield from _without_parent(merge, "waiting", "")


def live_rows(merge: Merge) -> str:
    """Return the query of (n, row_key) of the rows that exist. Rows that are named by different
    columns may be the same row."""
    own = [f"t.{quoted(of.column_name)}" for of in key_fields(merge.stage.model)]
    return " UNION ALL ".join(
        f"SELECT s.n AS n, {merge.staging.row_key(own)} AS row_key FROM {merge.source} AS s "
        f"JOIN {merge.stage.target} AS t ON {merge.matches(key)} WHERE {merge.stage.has(shapes)}"
        for key, shapes in merge.groups.items()
    )


def _fixed(merge: Merge) -> Iterator[Problem]:
    """Rows with another value than the database generated, and nothing can change that."""
    for of in merge.stage.fields:
        if merge.live_column(of).is_always_identity:
            live, wanted = f"t.{quoted(of.column_name)}", f"s.c{merge.stage.place(of)}"
            for key, group in merge.groups.items():
                shapes = [shape for shape in group
                          if of in shape.given - {*key} and not shape.file.keeps]  # fmt: skip
                if shapes:
                    joined = f"JOIN {merge.stage.target} AS t ON {merge.matches(key)}"
                    differs = merge.staging.differs([(live, wanted)])
                    yield Problem(
                        "fixed",
                        f"SELECT s.n FROM {merge.source} AS s {joined} "
                        f"WHERE {merge.stage.has(shapes)} AND {differs}",
                        of,
                    )


def _without_parent(merge: Merge, kind: str, condition: str) -> Iterator[Problem]:
    """Rows whose reference matches no row. Those that are "waiting" may get their parent from
    the files."""
    for key in merge.joins:
        rows = f"SELECT s.n FROM {merge.source} AS s", f"WHERE ({merge.unresolved({key})})"
        stages = merge.staged.get(key.rel_model)
        if stages:
            waits = merge.references.waits(key, stages)
            joined = f"JOIN {merge.stage.name} AS o ON o.n = s.n"
            yield Problem(kind, f"{rows[0]} {joined} {rows[1]} AND {condition} ({waits})", key)
        elif kind == "unresolved":
            yield Problem(kind, " ".join(rows), key)


def _several(joined: str) -> str:
    return f"SELECT s.n FROM {joined} GROUP BY s.n HAVING count(*) > 1"
