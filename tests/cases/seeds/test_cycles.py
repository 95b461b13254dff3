"""Tables that refer to each other, and rows that refer to rows of their own table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit.errors import SeedError
from tests.conftest import listening

from .running import Seeds


class Base(pw.Model):
    class Meta:
        legacy_table_names = False


class Team(Base):
    name = pw.CharField(unique=True)
    lead = pw.DeferredForeignKey("Person", null=True)
    note = pw.CharField(null=True)


class Person(Base):
    name = pw.CharField(unique=True)
    team = pw.ForeignKeyField(Team, null=True)


class Firm(Base):
    name = pw.CharField(unique=True)
    owner = pw.DeferredForeignKey("Owner", null=True)


class Owner(Base):
    name = pw.CharField(unique=True)
    firm = pw.ForeignKeyField(Firm)


class Node(Base):
    """A tree: the parent may be missing."""

    name = pw.CharField(unique=True)
    parent = pw.ForeignKeyField("self", null=True)


class Strict(Base):
    """A tree whose roots refer to themselves."""

    name = pw.CharField(unique=True)
    parent = pw.ForeignKeyField("self")


class Folder(Base):
    """A tree whose names are unique among the children of a parent."""

    name = pw.CharField()
    parent = pw.ForeignKeyField("self", null=True)

    class Meta:
        indexes = ((("parent", "name"), True),)


@pytest.fixture
def seeds(database: pw.Database, tmp_path: Path) -> Any:
    def made(*models: Any) -> Seeds:
        found = Seeds(database, tmp_path, [], create=False)
        found.models = list(models)
        database.bind(models)
        cycle = [model for model in models if model in (Team, Firm)]
        for model in models:
            model.create_table()
        for model in cycle if isinstance(database, pw.PostgresqlDatabase) else ():
            for key in model._meta.refs:
                model._schema.create_foreign_key(key)
        return found

    return made


def table(model: str, **values: str) -> str:
    return f"[[{model}]]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())


def test_two_tables_that_refer_to_each_other(seeds: Any) -> None:
    found = seeds(Team, Person)
    text = (
        table("person", name="'ann'", team="{ name = 'red' }")
        + table("person", name="'bob'")
        + table("team", name="'red'", lead="{ name = 'ann' }")
        + table("team", name="'blue'", lead="{ name = 'bob' }", note="'x'")
        + table("team", name="'free'")
    )
    assert found.twice(text).inserted == {"person": 2, "team": 3}
    assert {one.name: one.lead and one.lead.name for one in Team} == {
        "red": "ann", "blue": "bob", "free": None}  # fmt: skip
    changed = text.replace("'x'", "'y'").replace("lead = { name = 'ann' }", "lead = 2", 1)
    result = found.twice(changed)
    assert result.updated == {"person": 0, "team": 2}
    assert result.unchanged == {"person": 2, "team": 1}
    more = changed + table("person", name="'eve'", team="{ name = 'new' }") + table(
        "team", name="'new'", lead="{ name = 'eve' }")  # fmt: skip
    result = found.twice(more.replace("lead = 2", "lead = { name = 'eve' }"))
    assert result.inserted == {"person": 1, "team": 1}
    assert result.updated == {"person": 0, "team": 1}
    assert Team.get(name="red").lead.name == "eve"


@pytest.mark.parametrize("raw", [False, True], ids=["by name", "by id"])
def test_one_of_the_keys_is_not_null(seeds: Any, raw: bool) -> None:
    found = seeds(Firm, Owner)
    text = table("owner", id="5", name="'ann'", firm="7" if raw else "{ name = 'acme' }") + table(
        "firm", id="7", name="'acme'", owner="5" if raw else "{ name = 'ann' }")  # fmt: skip
    assert found.twice(text).inserted == {"owner": 1, "firm": 1}
    assert (Firm.get().owner_id, Owner.get().firm_id) == (5, 7)


@pytest.mark.parametrize("raw", [False, True], ids=["by name", "by id"])
@pytest.mark.parametrize("model", [Node, Strict])
def test_a_deep_tree_in_any_order(seeds: Any, model: Any, raw: bool) -> None:
    found = seeds(model)
    rows = [
        table(
            model._meta.table_name,
            id=str(number),
            name=f"'n{number}'",
            parent=str(number - 1) if raw else f"{{ name = 'n{number - 1}' }}",
        )
        for number in range(2, 51)
    ]
    root = table(model._meta.table_name, id="1", name="'n1'", parent="1")
    assert found.twice("".join(reversed(rows)) + root).inserted == {model._meta.table_name: 50}
    assert all(one.parent_id == max(one.id - 1, 1) for one in model)
    one = found.load("".join(rows).replace("parent = 2\n", "parent = 1\n")
                     .replace("n2' }", "n1' }") + root)  # fmt: skip
    assert one.updated == {model._meta.table_name: 1}


def test_the_parent_is_part_of_the_key(seeds: Any) -> None:
    """A level of the tree needs the level above it."""
    found = seeds(Folder)
    keys = "[keys]\nfolder = ['name', 'parent']\n"
    rows = ""
    for depth in range(50):
        for name in (f"a{depth}", "b"):
            values = {"parent": f"{{ name = 'a{depth - 1}' }}"} if depth else {}
            rows = table("folder", name=f"'{name}'", **values) + rows
    assert found.twice(keys + rows).inserted == {"folder": 100}
    depths = sorted(_depth(one) for one in Folder)
    assert depths == sorted([*range(50), *range(50)])
    with pytest.raises(
        SeedError, match=r'folder.parent = { name = "b" } matches more than one row'
    ):
        found.load(keys + rows + table("folder", name="'c'", parent="{ name = 'b' }"))


def _depth(one: Any) -> int:
    return 0 if one.parent is None else 1 + _depth(one.parent)


def test_a_node_that_refers_to_itself_by_name(seeds: Any) -> None:
    found = seeds(Node)
    assert found.twice(table("node", name="'a'", parent="{ name = 'a' }")).inserted == {"node": 1}
    assert Node.get().parent_id == Node.get().id


class Branch(Base):
    name = pw.CharField(unique=True)
    parent = pw.ForeignKeyField("self", null=True, constraints=[pw.SQL("DEFAULT 1")])


def test_a_default_of_the_database_is_kept(seeds: Any) -> None:
    found = seeds(Branch)
    found.twice(
        table("branch", id="1", name="'a'")
        + table("branch", name="'b'", parent="{ name = 'c' }")
        + table("branch", name="'c'")
    )
    assert {one.name: one.parent and one.parent.name for one in Branch} == {
        "a": "a", "b": "c", "c": "a"}  # fmt: skip


def test_existing_rows_of_a_cycle_are_kept(seeds: Any) -> None:
    found = seeds(Node)
    Node.create(name="a")
    result = found.twice("mode = 'keep'\n" + table("node", name="'a'", parent="{ name = 'b' }")
                         + table("node", name="'b'", parent="{ name = 'a' }"))  # fmt: skip
    assert (result.inserted, result.unchanged) == ({"node": 1}, {"node": 1})
    assert Node.get(name="a").parent is None


HOPELESS = {
    "two rows": (
        table("strict", name="'a'", parent="{ name = 'b' }")
        + table("strict", name="'b'", parent="{ name = 'a' }"),
        1,
        r'strict.parent = { name = "b" } refers to a row that cannot be inserted before this row',
    ),
    "a row without a parent": (
        table("strict", name="'a'", parent="{ name = 'b' }")
        + table("strict", name="'b'", parent="{ name = 'c' }"),
        4,
        r'strict.parent = { name = "c" } matches no row of strict',
    ),
    "an id of no row": (
        table("strict", id="1", name="'a'", parent="1")
        + table("strict", id="2", name="'b'", parent="3"),
        5,
        r'strict.parent = "3" matches no row of strict',
    ),
    "no parent for a nullable key": (
        table("node", name="'a'") + table("node", name="'b'", parent="{ name = 'c' }"),
        3,
        r'node.parent = { name = "c" } matches no row of node',
    ),
    "two tables": (
        table("owner", name="'a'", firm="{ name = 'b' }")
        + table("firm", name="'b'", owner="{ name = 'c' }"),
        4,
        r'firm.owner = { name = "c" } matches no row of owner',
    ),
}


@pytest.mark.parametrize(("text", "line", "words"), HOPELESS.values(), ids=HOPELESS)
def test_a_cycle_that_cannot_load(seeds: Any, text: str, line: int, words: str) -> None:
    found = seeds(Strict, Node, Firm, Owner)
    with pytest.raises(SeedError, match=words) as error:
        found.load(text)
    assert f"seeds.toml, line {line}: " in error.value.message
    assert not any(model.select().exists() for model in found.models)


def test_a_cycle_takes_as_many_statements_for_many_rows(seeds: Any) -> None:
    found = seeds(Team, Person)
    counts = []
    for rows in (1, 3, 300):
        text = "".join(
            table("person", name=f"'p{number}'", team=f"{{ name = 't{number}' }}")
            + table("team", name=f"'t{number}'", lead=f"{{ name = 'p{number}' }}")
            for number in range(rows)
        )
        with listening(found.database) as sent:
            found.load(text)
        counts.append(len(sent))
    assert counts[1] == counts[2]
