"""Which files load in which environment, and the functions of Python files."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from dbkit.errors import Refused, SeedError
from dbkit.seeding.fake import fake

from .running import Seeds, total


class Kind(pw.Model):
    code = pw.CharField(unique=True)
    label = pw.CharField(null=True)


class Thing(pw.Model):
    name = pw.CharField(unique=True)
    kind = pw.ForeignKeyField(Kind, null=True)


@pytest.fixture
def seeds(database: pw.Database, tmp_path: Path) -> Seeds:
    return Seeds(database, tmp_path, [Kind, Thing])


def codes() -> list[str]:
    return sorted(one.code for one in Kind)


def test_a_function_runs_between_the_files(seeds: Seeds) -> None:
    seeds.write(
        **{
            "1_kind_toml": "[[kind]]\ncode = 'a'\n",
            "2_copies_py": "def seed(database):\n"
            "    sql = \"SELECT code || '2' FROM kind ORDER BY code\"\n"
            "    rows = database.execute_sql(sql).fetchall()\n"
            "    for (code,) in rows:\n"
            "        database.execute_sql(f\"INSERT INTO kind (code) VALUES ('{code}')\")\n",
            "3_thing_toml": "[[thing]]\nname = 't'\nkind = { code = 'a2' }\n"
            "[[kind]]\ncode = 'a'\nlabel = 'later'\n[[kind]]\ncode = 'z'\n",
        }
    )
    result = seeds.load()
    assert codes() == ["a", "a2", "z"]
    assert Thing.get().kind.code == "a2"
    assert (result.inserted, result.updated) == ({"kind": 2, "thing": 1}, {"kind": 1, "thing": 0})


def test_a_generator_gets_the_database(seeds: Seeds) -> None:
    Kind.create(code="old")
    seeds.write(
        kind_py="def seed(database):\n"
        "    (count,) = database.execute_sql('SELECT count(*) FROM kind').fetchone()\n"
        "    for number in range(2500):\n"
        "        yield 'kind', {'code': f'k{number}', 'label': str(count)}\n"
    )
    assert total(seeds.load(), "inserted") == 2500
    assert {one.label for one in Kind} == {"1", None}


FAILING = {
    "an exception": ("    database.execute_sql('SELECT 1')\n    1 / 0\n", r"line 3: ZeroDivision"),
    "an exception of a generator": (
        "    yield 'kind', {'code': 'x'}\n    raise ValueError('no %s')\n",
        r"line 3: ValueError: no %s",
    ),
    "an error of the database": ("    database.execute_sql('SELEC')\n", r"line 2: .*(?i:syntax)"),
    "a row that does not fit": (
        "    yield 'kind', {'code': 'x'}\n    yield 'kind', {'code': 7}\n",
        r"line 3: kind.code cannot be 7",
    ),
    "a failure in a transaction of its own": (
        "    with database.atomic():\n        database.execute_sql('SELECT 1')\n        1 / 0\n",
        r"line 4: ZeroDivision",
    ),
}


@pytest.mark.parametrize(("body", "words"), FAILING.values(), ids=FAILING)
def test_a_function_that_fails(seeds: Seeds, body: str, words: str) -> None:
    seeds.write(
        a_toml="[[kind]]\ncode = 'a'\n",
        b_py=f"def seed(database):\n{body}",
        c_toml="[[thing]]\nname = 't'\nkind = { code = 'none' }\n",
    )
    with pytest.raises(SeedError, match=words):
        seeds.load()
    assert codes() == []


@pytest.mark.parametrize(
    "how", ["database.commit()", "database.execute_sql('COMMIT')", "database.rollback()"]
)
def test_a_function_that_ends_the_transaction(seeds: Seeds, how: str) -> None:
    seeds.write(
        a_toml="[[kind]]\ncode = 'a'\n",
        b_py=f"def seed(database):\n    {how}\n",
        c_toml="[[kind]]\ncode = 'b'\n",
    )
    with pytest.raises(SeedError, match=r"b.py, line [12]: .*(ended|ends) the transaction"):
        seeds.load()
    assert "b" not in codes()
    assert not seeds.database.in_transaction()
    if "execute_sql" not in how:
        assert codes() == []


def test_a_function_may_use_transactions_of_its_own(seeds: Seeds) -> None:
    seeds.write(
        a_toml="[[kind]]\ncode = 'a'\n",
        b_py="def seed(database):\n"
        "    with database.atomic():\n"
        "        database.execute_sql(\"INSERT INTO kind (code) VALUES ('f')\")\n"
        "    with database.atomic() as inner:\n"
        "        database.execute_sql(\"INSERT INTO kind (code) VALUES ('undone')\")\n"
        "        inner.rollback()\n",
        c_toml="[[thing]]\nname = 't'\nkind = { code = 'none' }\n",
    )
    with pytest.raises(SeedError, match=r"matches no row of kind"):
        seeds.load()
    assert codes() == []
    (seeds.directory / "c.toml").unlink()
    seeds.load()
    assert codes() == ["a", "f"]


def test_production_executes_only_reference_files(seeds: Seeds) -> None:
    boom = "raise RuntimeError('executed')\ndef seed(database):\n    pass\n"
    seeds.write(
        a_toml="reference = true\n[[kind]]\ncode = 'everywhere'\n",
        b_toml="[[kind]]\ncode = 'here'\n",
        c_py=boom,
        d_py="reference = True\ndef seed(database):\n    yield 'kind', {'code': 'made'}\n",
    )
    for environment in ("production", "development"):
        folder = seeds.directory / environment
        folder.mkdir()
        (folder / "own.toml").write_text(f"[[kind]]\ncode = '{environment}'\n")
    seeds.load(environment="production")
    assert codes() == ["everywhere", "made", "production"]
    with pytest.raises(SeedError, match=r"c.py, line 1: RuntimeError: executed"):
        seeds.load(environment="development")
    (seeds.directory / "c.py").unlink()
    seeds.load(environment="development")
    assert codes() == ["development", "everywhere", "here", "made", "production"]


def test_named_tables_load_with_their_parents(seeds: Seeds) -> None:
    seeds.write(
        "[[thing]]\nname = 't'\nkind = { code = 'a' }\n[[kind]]\ncode = 'a'\n",
        x_py="def seed(database):\n    raise ValueError\n",
    )
    assert set(seeds.load(tables=["kind"]).inserted) == {"kind"}
    assert total(seeds.load(tables=["thing"]), "inserted", "unchanged") == 2
    with pytest.raises(SeedError, match=r"No model has the table things.\nDid you mean thing\?"):
        seeds.load(tables=["things"])


def test_a_program_also_gets_the_environment_of_dbkit_env(
    seeds: Seeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds.write("[[kind]]\ncode = 'any'\n")
    (seeds.directory / "test").mkdir()
    (seeds.directory / "test" / "1.toml").write_text("[[kind]]\ncode = 'test'\n")
    monkeypatch.setenv("DBKIT_ENV", "production")
    assert seeds.load().inserted == {}
    with pytest.raises(Refused, match="DBKIT_ENV is production"):
        fake(seeds.database, [Kind], {"kind": 1})
    assert codes() == []
    monkeypatch.setenv("DBKIT_ENV", "test")
    seeds.load()
    assert codes() == ["any", "test"]
