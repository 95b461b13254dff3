"""verify --format html, sarif and github: places in the source, escapes, and a real browser."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import Result

from dbkit.schema.changes import Add, Drop
from dbkit.schema.names import Name
from dbkit.schema.values import Column, Namespace
from dbkit.source_places import Place, place_of, place_of_table
from dbkit.verification.annotations import findings
from dbkit.verification.report import Report
from tests.browser import needs_browser, visit
from tests.conftest import opened

Run = Callable[..., Result]
MODELS = """\
import peewee as pw
class Base(pw.Model):
    created = pw.DateTimeField(null=True)
class Author(Base):
    name = pw.CharField(
        max_length=80)
class Book(Base):
    title = pw.CharField()
    author = pw.ForeignKeyField(Author, on_delete="CASCADE")
class Review(pw.Model):
    body = pw.TextField()
"""
# the line of the model for what each change concerns
PLACES = {"author: column name": 5, "book: column title": 8, "book: column created": 3,
          "book: foreign key (author_id)": 9, "tables: table review": 10}  # fmt: skip
EVIL = "</script><script>alert(1)</script>&\"'\u202ename"
TABLES = [
    "CREATE TABLE author (id INTEGER NOT NULL PRIMARY KEY, created timestamp, "
    "name varchar(40) NOT NULL)",
    "CREATE TABLE book (id INTEGER NOT NULL PRIMARY KEY, title varchar(255), "
    f'author_id INTEGER NOT NULL, "{EVIL.replace(chr(34), chr(34) * 2)}" text)',
]


@pytest.fixture
def verify(url: str, dbkit: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run verify on a database that differs from its models."""
    Path("app").mkdir()
    Path("app/__init__.py").touch()
    for name in ("app", "app.models"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    Path("app/models.py").write_text(MODELS)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    with opened(url) as database:
        for sql in TABLES:
            database.execute_sql(sql.replace("%", "%%"))

    def run(format_: str, *more: str) -> Result:
        where = ("--database", url, "--models", "app.models")
        result = dbkit("verify", *where, "--format", format_, *more)
        assert result.exit_code in (0, 1, 2), result.output
        assert "error:" not in result.stderr, result.stderr
        return result

    return run


class Page(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: dict[str, set[str]] = {}
        self.text: dict[str, list[str]] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "link"):
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)


def test_a_page_shows_each_difference_with_its_sql(verify: Callable[..., Result]) -> None:
    text = verify("html").stdout
    page = Page(text)
    assert page.open == []
    assert text.isascii()
    assert page.tags.count("article") == len(json.loads(verify("json").stdout)["changes"])
    assert "script" not in page.tags
    assert {"src", "onclick"}.isdisjoint(page.attributes)
    assert page.attributes["href"] == {"data:,"}
    assert "url(" not in text
    said = "".join(page.text["h3"])
    assert "column </script><script>alert(1)</script>&\"'\\u202ename is in the database" in said
    assert {"app/models.py:5", "app/models.py:10"} <= {*page.text["code"]}
    assert {"80", "40"} <= {"".join(re.findall(r"\((\d+)\)", one)) for one in page.text["td"]}
    sql = page.text["pre"]
    assert any('CREATE TABLE "review"' in one for one in sql)
    assert "not run, it would lose data" in "".join(sql)


def test_the_sql_of_the_page_mends_the_database(verify: Callable[..., Result], url: str) -> None:
    """Also that of one difference alone."""
    fixes = Page(verify("html").stdout).text["pre"]
    (fix,) = [one for one in fixes[:-1] if 'CREATE TABLE "review"' in one]
    with opened(url) as database:
        for sql in filter(str.strip, fix.split(";")):
            database.execute_sql(sql)
    after = json.loads(verify("json").stdout)["changes"]
    assert {one["table"] for one in after} == {"author", "book"}


def test_annotations_name_the_line_of_the_model(verify: Callable[..., Result]) -> None:
    lines = verify("github").stdout.splitlines()
    places = {}
    for line in lines:
        match = re.fullmatch(r"::error file=app/models\.py,line=(\d+),title=(.*?)::.*", line)
        assert match, line
        title = re.sub(r"key .*\(", "key (", match[2])  # SQLite's has no name
        places[title.replace("%3A", ":").replace("%2C", ",")] = int(match[1])
    assert PLACES.items() <= places.items()


def test_sarif_has_a_result_for_each_difference(verify: Callable[..., Result]) -> None:
    log = json.loads(verify("sarif").stdout)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    results = run["results"]
    assert len(results) == len(json.loads(verify("json").stdout)["changes"])
    places: dict[str, Any] = {}
    for result in results:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "app/models.py"
        name = location["logicalLocations"][0]["fullyQualifiedName"]
        places[name] = physical["region"]["startLine"]
    assert {"author.name": 5, "book.title": 8, "review": 10}.items() <= places.items()
    prints = [json.dumps(result["partialFingerprints"]) for result in results]
    assert len({*prints}) == len(prints)


def test_annotations_name_the_edited_migration(verify: Callable[..., Result], dbkit: Run) -> None:
    url = verify("github").stderr.split()[1]
    Path("migrations").mkdir(exist_ok=True)
    path = Path("migrations/001_a.py")
    path.write_text("def migrate(migrator, database, *, fake=False): pass\n")
    assert dbkit("migrate", "--database", url).exit_code == 0
    path.write_text("def migrate(migrator, database, *, fake=False): print(1)\n")
    assert "::error file=migrations/001_a.py,line=1,title=applied mi" in verify("github").stdout


def test_annotations_name_the_migration_of_a_table_without_a_model(
    verify: Callable[..., Result], dbkit: Run, url: str
) -> None:
    Path("migrations").mkdir()
    Path("migrations/001_a.py").write_text(
        "def migrate(migrator, database, *, fake=False):\n"
        '    """log"""\n'
        '    migrator.sql("CREATE TABLE log (id integer)")\n'
    )
    assert dbkit("migrate", "--database", url).exit_code == 0
    lines = verify("github", "--strict").stdout.splitlines()
    (line,) = [one for one in lines if "table log is in" in one]
    assert line.startswith("::error file=migrations/001_a.py,line=3,title=")


class Song(pw.Model):
    title = pw.CharField()

    class Meta:
        schema = "music"


def test_places_of_what_is_not_in_a_model_itself() -> None:
    """A partition, a schema, and a table that could not be compared."""
    line = place_of([Song], Add(Name("music", "song"), Column("title", "text")))
    part = Add(Name("music", "song_1"), Column("title", "text"))
    assert line is not None
    assert line.path == Path(__file__)
    assert place_of([Song], part) is None
    assert place_of([Song], part, {Name("music", "song_1"): Name("music", "song")}) == line
    whole = Place(line.path, line.line - 1)
    assert place_of([Song], Drop(None, Namespace("music"))) == whole
    report = Report((), 1, unverified=(("music.song", "because"),),
                    find_table=partial(place_of_table, [Song]))  # fmt: skip
    (found,) = findings(report)
    assert found.at == whole


@needs_browser
@pytest.mark.sqlite
def test_a_browser_shows_the_page(
    verify: Callable[..., Result], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if "sqlite" not in request.node.name:
        pytest.skip("the page of each dialect is made alike")
    path = tmp_path / "page.html"
    path.write_text(verify("html").stdout)
    shown = visit(path)
    assert shown.console == []
    assert shown.requests == set()
    assert shown.html.count("<article") == path.read_text().count("<article")
