"""What a database is in the words of others: pg_dump's, or SQLite's pragmas.

Names that nobody chose and the order of columns may differ, so they are left out.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import peewee as pw

from dbkit.schema.peewee_models import OWN_TABLES
from tests.servers import BINARIES

NAME = r'"(?:[^"]|"")*"|\w+'
# constraints and indexes, whose names PostgreSQL or Peewee may have made up
NAMED = re.compile(rf"(CONSTRAINT|INDEX) ({NAME})(?= )")
OWNED = re.compile(r"ALTER SEQUENCE (.+) OWNED BY (.+);")
NOISE = ("--", "\\restrict", "\\unrestrict", "SET ", "SELECT pg_catalog.set_config")


def dumped(database: pw.Database, chosen: Collection[str]) -> list[Any]:
    """The schema, less its history; `chosen` are the names of constraints and indexes that count.
    Equal schemas give equal lists."""
    if isinstance(database, pw.PostgresqlDatabase):
        return _by_pg_dump(database, chosen)
    return sorted(_by_pragmas(database, chosen), key=repr)


def pg_dump(*arguments: str, binaries: Path) -> subprocess.Popen[str]:
    program = binaries / "pg_dump"
    options = ("--schema-only", "--no-owner", "--no-privileges")
    return subprocess.Popen(
        [program, *options, *arguments], stdout=subprocess.PIPE, text=True, cwd="/"
    )


def lines_of(process: subprocess.Popen[str]) -> list[str]:
    """What pg_dump printed, but for comments and settings."""
    text, _ = process.communicate()
    assert process.returncode == 0
    return [line for line in text.splitlines() if line and not line.startswith(NOISE)]


def _by_pg_dump(database: pw.PostgresqlDatabase, chosen: Collection[str]) -> list[str]:
    where = {"host": "127.0.0.1", "user": "postgres", **database.connect_params}
    options = [f"--{option}={where[name]}" for option, name in
               (("host", "host"), ("port", "port"), ("username", "user"))]  # fmt: skip
    binaries = BINARIES[f"postgres{database.connection().server_version // 10_000}"]
    process = pg_dump(*options, "-T", "*migratehistory*", database.database, binaries=binaries)
    text = "\n".join(lines_of(process))
    text = _sequences_by_column(text)
    text = re.sub(r"SEQUENCE NAME \S+", "SEQUENCE NAME", text)
    text = re.sub(rf" CONSTRAINT (?:{NAME}) NOT NULL", " NOT NULL", text)
    text = NAMED.sub(lambda match: _named(match, chosen), text)
    return sorted(map(_sorted_lines, text.split(";\n")))


def _sequences_by_column(text: str) -> str:
    """The dump with "sequence of" its column for the name of each serial column's sequence."""
    columns = dict(OWNED.findall(text))
    if not columns:
        return text
    names = "|".join(map(re.escape, sorted(columns, key=len, reverse=True)))
    return re.sub(rf"(?:{names})(?!\w)", lambda match: f"sequence of {columns[match[0]]}", text)


def _named(match: re.Match[str], chosen: Collection[str]) -> str:
    name = match[2].strip('"').replace('""', '"')
    return match[0] if name in chosen else match[1]


def _sorted_lines(statement: str) -> str:
    """A CREATE TABLE lists its columns and constraints, one a line."""
    first, *others = statement.split("\n")
    return "\n".join([first, *sorted(line.rstrip(",;") for line in others)])


TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
OTHERS = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('view', 'trigger')"


def _by_pragmas(database: pw.Database, chosen: Collection[str]) -> Iterator[Any]:
    def rows(sql: str, *values: str) -> list[Any]:
        return list(database.execute_sql(sql, values).fetchall())

    for kind, name, sql in rows(OTHERS):
        yield kind, name, _plain(sql)
    for table, sql in rows(TABLES):
        if table in OWN_TABLES:
            continue
        yield (
            table,
            "is",
            rows('SELECT type, wr, "strict" FROM pragma_table_list WHERE name = ?', table),
        )
        yield table, "checks", sorted(_checks(sql))
        for name, type_, default, *others in rows(
            'SELECT name, type, dflt_value, "notnull", pk, hidden FROM pragma_table_xinfo(?)', table
        ):
            yield table, "column", name, _plain(type_), _plain(default or ""), others
        for key in rows(
            'SELECT "from", "table", "to", on_update, on_delete FROM pragma_foreign_key_list(?)',
            table,
        ):
            yield table, "foreign key", key
        for name, *index in rows(
            'SELECT name, "unique", origin, partial FROM pragma_index_list(?)', table
        ):
            keys = rows(
                'SELECT name, "desc", upper(coll) FROM pragma_index_xinfo(?) '
                "WHERE key ORDER BY seqno",
                name,
            )
            yield table, "index", name if name in chosen else "", index, keys


def _checks(sql: str) -> Iterator[str]:
    """The expressions after CHECK; no test has the word in a string."""
    for match in re.finditer(r"\bCHECK\s*\(", sql, re.IGNORECASE):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        yield _plain(sql[match.end() : end - 1])


def _plain(sql: str) -> str:
    """Without quotation marks of names and white space, which mean nothing here."""
    return re.sub(r'[\s"`]+', "", sql).lower()
