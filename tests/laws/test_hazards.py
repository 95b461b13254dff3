"""`create` warns of what can fail on existing rows, or lose what is in them, and of nothing else.

All changes of a table of examples are one migration, which runs with rows that are fine. Then
each is tried by itself with the rows that the warning is about: the database is the judge.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import peewee as pw

from dbkit import DbkitError, migrate, rollback, verify
from dbkit.migration import create
from dbkit.migration.migrator import Migrator
from dbkit.schema.dialect import dialect_for
from tests.cases.test_migration import write

from .risks import BACK, BEFORE, HARMLESS, RISKS, Risk

Named = dict[str, Risk]  # by the name of the table


class Undone(Exception):
    """Ends a transaction that is not to last."""


def chosen(database: pw.Database, risks: Mapping[str, Risk]) -> Named:
    dialect = dialect_for(database).name
    return {"of_" + name.replace(" ", "_"): one for name, one in risks.items() if dialect in one.on}


def models(risks: Named, side: Callable[[Risk], Any]) -> list[Any]:
    return [model for name, risk in risks.items() for model in side(risk)(name)]


def insert(database: pw.Database, name: str, statements: tuple[str, ...]) -> None:
    for sql in statements:
        dialect_for(database).execute(database, sql.format(t=name))


def steps(database: pw.Database, directory: Path, risks: Named) -> tuple[Any, list[Any]]:
    """The migration from all v1, which are in the database, to all v2; and the models of v2."""
    write(directory, m000_before=BEFORE)
    assert create(database, models(risks, lambda risk: risk.v1), directory)
    migrate(database, directory)
    after = models(risks, lambda risk: risk.v2)
    fill = {f"{name}.{column}": value for name, risk in risks.items()
            for column, value in risk.fill.items()}  # fmt: skip
    made = create(database, after, directory, fill=fill)
    assert made
    return made, after


def told(made: Any, name: str) -> list[str]:
    """The warnings about one table; those about an enum type belong to a table named for labels.
    What the proof found is left out."""
    about = rf"\btable {name}\b" + r"|\bof enum type\b" * ("label" in name)
    return [one for one in made.hazards if re.search(about, one) and "proven" not in one]


def values(database: pw.Database, name: str) -> list[Any]:
    columns = [one.name for one in database.get_columns(name) if one.name != "id"] or ["id"]
    listed = ", ".join(f'CAST("{one}" AS text)' for one in columns)
    return sorted(database.execute_sql(f"SELECT {listed} FROM {name}").fetchall(), key=repr)


def lines_of(text: str, function: str, name: str) -> Callable[..., None]:
    """The migrate or rollback of a file, with the lines alone that are about a table."""
    tree = ast.parse(text)
    scope: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            about = re.compile(rf"\b{name}\b|\b{name}_|_enum")
            lines = [line for line in node.body if about.search(ast.unparse(line))]
            node.body = [*lines, ast.Pass()]
    exec(compile(ast.fix_missing_locations(tree), "<file>", "exec"), scope)  # noqa: S102
    return scope[function]  # type: ignore[no-any-return]


def orphans(database: pw.Database) -> list[Any]:
    """SQLite finds them at the end of a migration, PostgreSQL at once."""
    if isinstance(database, pw.SqliteDatabase):
        return list(database.execute_sql("PRAGMA foreign_key_check").fetchall())
    return []


def texts(directory: Path) -> list[str]:
    return [path.read_text() for path in sorted(directory.glob("*.py"))]


def harm(
    database: pw.Database, before: list[str], text: str, function: str, name: str, risk: Risk
) -> str:
    """What happens to the rows of one table: an error, or other values; nothing if all is well.
    `before` are the files that have run."""
    migrator, found = Migrator(database), ""
    for file in before:
        with migrator.fake():
            lines_of(file, "migrate", name)(migrator, database, fake=True)
    try:
        with dialect_for(database).migrating(database):
            insert(database, name, risk.bad)
            there = values(database, name)
            lines_of(text, function, name)(migrator, database)
            migrator()
            if orphans(database):
                found = "rows that point to no row"
            if values(database, name) != there:
                found = "other values"
            raise Undone
    except (DbkitError, pw.PeeweeException) as error:
        return str(error)
    except Undone:
        return found


def distinct(database: pw.Database, names: Named) -> dict[str, int]:
    return {name: len({*map(str, values(database, name))}) for name in names}


def check_good_rows(database: pw.Database, directory: Path, risks: Named, after: Any) -> None:
    """The migration works, and rows that were different are different."""
    before = distinct(database, risks)
    migrate(database, directory)
    assert distinct(database, risks) == before
    assert not verify(database, after)


def test_what_can_fail_or_be_lost_is_said(database: pw.Database, tmp_path: Path) -> None:
    risks = chosen(database, RISKS)
    made, after = steps(database, tmp_path / "m", risks)
    written = ast.get_docstring(ast.parse(made.text)) or ""
    for name, risk in risks.items():
        insert(database, name, risk.good)
    wrong, before = {}, texts(tmp_path / "m")
    for name, risk in risks.items():
        said = [one for one in told(made, name) if one in written and "rollback" not in one]
        if not any(all(word in one for word in risk.words) for one in said):
            wrong[name] = f"is not said: {said}"
        elif not harm(database, before[:-1], made.text, "migrate", name, risk):
            wrong[name] = f"is not true: {said}"
    assert wrong == {}
    check_good_rows(database, tmp_path / "m", risks, after)


def test_nothing_is_said_of_what_is_harmless(database: pw.Database, tmp_path: Path) -> None:
    risks = chosen(database, HARMLESS)
    made, after = steps(database, tmp_path / "m", risks)
    said = {name: [one for one in told(made, name) if "rollback" not in one] for name in risks}
    assert {name: some for name, some in said.items() if some} == {}
    for name, risk in risks.items():
        insert(database, name, risk.good)
    check_good_rows(database, tmp_path / "m", risks, after)


def test_what_the_rollback_fails_on_is_said(database: pw.Database, tmp_path: Path) -> None:
    risks = chosen(database, BACK)
    made, _ = steps(database, tmp_path / "m", risks)
    for name, risk in risks.items():
        insert(database, name, risk.good)
    migrate(database, tmp_path / "m")
    wrong, before = {}, texts(tmp_path / "m")
    for name, risk in risks.items():
        said = told(made, name)
        if not any(all(word in one for word in risk.words) for one in said):
            wrong[name] = f"is not said: {said}"
        elif not harm(database, before, made.text, "rollback", name, risk):
            wrong[name] = f"is not true: {said}"
    assert wrong == {}
    rollback(database, tmp_path / "m")
