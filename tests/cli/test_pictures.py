"""`diagram` and `docs` of models, migrations and databases; and the page in a real browser."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest
from click.testing import Result

from dbkit import migrate
from dbkit.cli.picture_commands import NAMES
from dbkit.diagram import FORMATS, Picture, draw
from dbkit.schema.values import Schema
from tests.browser import needs_browser, visit
from tests.conftest import MIGRATIONS, POSTGRES, ROOT, opened
from tests.documents import printed_by, printed_here
from tests.servers import Server
from tests.unit.test_diagram import AFTER, BEFORE, HOSTILE_SCHEMA, SHOP, parsed

Run = Callable[..., Result]
PROJECT = ("--models", "dbkit.models", "--migrations", str(MIGRATIONS))


def drawn(text: str) -> list[str]:
    """The tables of a picture in SVG, and its foreign keys."""
    root = parsed(text)
    arrows = [one for one in root.iter() if one.get("class") == "arrow"]
    return [*(one.get("data-table") or "" for one in root.iter() if one.get("data-table")),
            *(one[0].text or "" for one in arrows)]  # fmt: skip


def test_the_three_sources_give_the_same_picture_and_the_same_pages(url: str, dbkit: Run) -> None:
    with opened(url) as database:
        migrate(database, MIGRATIONS)
    pictures = []
    for source in ((), ("models",), ("migrations",), ("live",), (url,)):
        result = dbkit("diagram", *source, "--database", url, *PROJECT, "--format", "svg")
        assert (result.exit_code, result.stderr) == (0, "")
        pictures.append(result.stdout)
    assert len(drawn(pictures[0])) == 16 + 13
    assert pictures == [pictures[0]] * 5
    pages = []
    for source in ("models", "live"):
        assert dbkit("docs", "pages", source, "--database", url, *PROJECT).exit_code == 0
        pages.append({path.name: path.read_text() for path in Path("pages").iterdir()})
    assert pages[0] == pages[1]


def test_models_are_drawn_without_their_database(dbkit: Run) -> None:
    result = dbkit("diagram", "--database", "sqlite:///none.db", *PROJECT)
    assert result.exit_code == 0
    assert result.stdout.startswith("erDiagram\n")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("server", POSTGRES[:1], indirect=True)
def test_models_are_drawn_without_their_server(
    server: Server, dbkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBKIT_SCRATCH_URL", server.url("postgres"))
    url = "postgresql://nobody:s3cret@localhost:1/none"
    result = dbkit("diagram", "--database", url, *PROJECT, "--format", "svg")
    assert result.exit_code == 0
    assert len(drawn(result.stdout)) == 16 + 13


@pytest.mark.parametrize("server", POSTGRES[:1], indirect=True)
def test_models_are_drawn_on_the_live_database_without_a_scratch_server(
    server: Server, dbkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "postgresql://nobody:s3cret@localhost:1/none"
    monkeypatch.setenv("DBKIT_SCRATCH_URL", nobody)
    live = dbkit("diagram", "--database", server.url(server.create_database()), *PROJECT)
    assert (live.exit_code, live.stderr) == (0, "")
    assert live.stdout.count('["') == 16
    neither = dbkit("diagram", "--database", nobody, *PROJECT)
    assert neither.exit_code == 2
    assert "There is no scratch database" in neither.stderr
    assert "s3cret" not in neither.output


def test_changes_of_models_since_the_migrations(
    url: str, dbkit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "m").mkdir()
    (tmp_path / "m/001_first.py").write_text(FIRST)
    (tmp_path / f"shop_{url[:6]}.py").write_text(MODELS)
    arguments = ("--database", url, "--models", f"shop_{url[:6]}", "--migrations", "m")
    there = dbkit("diagram", "--changed", "migrations", "models", *arguments)
    back = dbkit("diagram", "--changed", "models", "migrations", *arguments)
    assert (there.exit_code, back.exit_code) == (0, 0)
    boxes = [line.split('"')[1] for line in there.stdout.splitlines() if '["' in line]
    assert boxes == ["\N{MINUS SIGN} leavers", "#43; orders", "~ people"]
    boxes = [line.split('"')[1] for line in back.stdout.splitlines() if '["' in line]
    assert boxes == ["#43; leavers", "\N{MINUS SIGN} orders", "~ people"]


FIRST = """
import peewee as pw

def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Person(pw.Model):
        id = pw.AutoField()
        name = pw.CharField()
        class Meta:
            table_name = "people"

    @migrator.create_model
    class Leaver(pw.Model):
        id = pw.AutoField()
        class Meta:
            table_name = "leavers"
"""
MODELS = """
import peewee as pw

class Person(pw.Model):
    id = pw.AutoField()
    name = pw.CharField()
    age = pw.IntegerField(null=True)
    class Meta:
        table_name = "people"

class Order(pw.Model):
    person = pw.ForeignKeyField(Person)
    class Meta:
        table_name = "orders"
"""


def test_what_the_models_print_is_not_in_the_picture(
    dbkit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "loud_models.py").write_text(f"print('loud')\n{MODELS}")
    result = dbkit("diagram", "--database", "sqlite:///none.db", "--models", "loud_models")
    assert result.stdout.startswith("erDiagram\n")
    assert result.stderr == "loud\n"


def test_json_has_the_tables_and_foreign_keys(dbkit: Run) -> None:
    result = dbkit("diagram", "--database", "sqlite:///none.db", *PROJECT, "--only", "requests",
                   "--format", "json")  # fmt: skip
    found = json.loads(result.stdout)
    assert [table["name"] for table in found["tables"]] == ["requests"]
    assert found["tables"][0]["columns"][3] == {
        "name": "user_id", "type": "integer", "nullable": False, "keys": ["FK"], "state": "",
    }  # fmt: skip
    assert [one["references"] for one in found["foreign_keys"]] == ["api_keys", "users"]


@pytest.mark.parametrize("suffix", [".mmd", ".gv", ".SVG", ".htm"])
def test_the_suffix_chooses_the_format(dbkit: Run, suffix: str) -> None:
    arguments = ("--database", "sqlite:///none.db", *PROJECT, "-o", f"a/picture{suffix}")
    result = dbkit("diagram", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"diagram: wrote a/picture{suffix}\n"
    text = Path(f"a/picture{suffix}").read_text()
    assert text.startswith(("erDiagram", "digraph", "<svg", "<!DOCTYPE html>"))
    assert dbkit("diagram", *arguments).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "a.png"), "must end in .mmd"),
        (("-o", "a.svg", "--format", "dot"), "is a file of svg"),
        (("-o", "a.svg", "--format", "json"), "exclude each other"),
        (("live", "--changed", "live", "models"), "exclude each other"),
        (("modles",), "modles does not name a schema"),
        (("--only", "nothing_*"), "--only nothing_* matches no table"),
        (("--changed", "modles", "models"), "modles does not name a schema"),
        (("live",), "none.db"),
    ],
)
def test_a_wrong_argument_is_explained(
    dbkit: Run, arguments: tuple[str, ...], message: str
) -> None:
    result = dbkit("diagram", *arguments, "--database", "sqlite:///none.db", *PROJECT)
    assert result.exit_code == 2
    assert message in result.stderr
    assert list(Path().iterdir()) == []


def test_ignored_tables_are_left_out(url: str, dbkit: Run) -> None:
    with opened(url) as database:
        database.execute_sql("CREATE TABLE seen (a integer)")
        database.execute_sql("CREATE TABLE legacy_x (a integer)")
        database.execute_sql("CREATE TABLE migratehistory (a integer)")
    Path("setup.cfg").write_text("[dbkit]\nignore = legacy_*\n")
    result = dbkit("diagram", "live", "--database", url)
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if '["' in line] == ['    t0["seen"] {']


def test_names_of_formats_are_those_of_the_option() -> None:
    assert (*FORMATS, "json") == NAMES


def test_docs_of_a_database_with_everything(url: str, dbkit: Run) -> None:
    with opened(url) as database:
        postgres = isinstance(database, pw.PostgresqlDatabase)
        for sql in POSTGRES_TABLES if postgres else SQLITE_TABLES:
            database.execute_sql(sql.replace("%", "%%") if postgres else sql)
    result = dbkit("docs", "out", "live", "--database", url)
    assert result.exit_code == 0, result.output
    page = Path("out/tasks.md").read_text()
    for text in (*EVERYWHERE, *(ON_POSTGRES if postgres else ())):
        assert text in page, page
    assert (
        "| [`tasks`](tasks.md) (`owner`) | `id` | `CASCADE` |" in Path("out/people.md").read_text()
    )
    assert "`SELECT" not in Path("out/busy.md").read_text()
    assert "This is a view." in Path("out/busy.md").read_text()
    again = dbkit("docs", "out", "live", "--database", url)
    assert again.stdout.endswith(" 0 files written\n")


SQLITE_TABLES = (
    "CREATE TABLE people (id integer PRIMARY KEY)",
    "CREATE TABLE tasks (id integer PRIMARY KEY, title text NOT NULL DEFAULT 'a | b', owner integer"
    " NOT NULL REFERENCES people (id) ON DELETE CASCADE, points integer CHECK (points > 0))",
    "CREATE UNIQUE INDEX tasks_title ON tasks (title) WHERE points > 1",
    "CREATE VIEW busy AS SELECT owner FROM tasks",
)
POSTGRES_TABLES = (
    "CREATE TYPE mood AS ENUM ('good', 'b|ad')",
    *SQLITE_TABLES,
    "ALTER TABLE tasks ADD COLUMN feeling mood, ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON tasks FOR SELECT USING (points > 5)",
    "COMMENT ON TABLE tasks IS 'Work <b>to do</b>'",
    "COMMENT ON COLUMN tasks.title IS 'One line'",
    "COMMENT ON INDEX tasks_title IS 'Quick'",
)
EVERYWHERE = (
    "# `tasks`",
    "| `owner` | [`people`](people.md) (`id`) | `CASCADE` |",
    "a &#124; b",
    "`tasks_title`",
    "points > 0",
    "points > 1",
)
ON_POSTGRES = (
    "Work &#60;b&#62;to do&#60;&#47;b&#62;",
    "| One line |",
    "`tasks_title` Quick",
    "| `mood` | enum type | `good`, <code>b&#124;ad</code> |",
    "ROW LEVEL SECURITY",
    "| `own` | policy |",
)


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_the_check_for_ci_notices_new_changed_and_removed_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (line,) = re.findall(r"^python -m dbkit docs docs/tables && (.*)$",
                         (ROOT / "docs" / "diagrams.md").read_text(), re.MULTILINE)  # fmt: skip
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")

    def answers(*classes: str) -> tuple[int, int]:
        """The exit codes of the line before and after the pages are committed."""
        Path("shop.py").write_text("import peewee as pw\n" + "\n".join(classes))
        assert "[exit" not in printed_here(["docs", "docs/tables", "--models", "shop"])
        commit = "git add docs && git commit -q --allow-empty -m x"
        before, _, after = (
            printed_by(["sh", "-c", words]).count("[exit 1]") for words in (line, commit, line)
        )
        return before, after

    printed_by(["git", "init", "-q"])
    a = "class A(pw.Model): x = pw.TextField()"
    b = "class B(pw.Model): x = pw.TextField()"
    c = "class B(pw.Model): yy = pw.TextField()"
    for classes in ((a,), (a, b), (a, c), (c,)):
        assert answers(*classes) == (1, 0)
    assert answers(*classes) == (0, 0)


def test_docs_explains_a_file_of_somebody_else(dbkit: Run) -> None:
    Path("out").mkdir()
    Path("out/README.md").write_text("mine")
    result = dbkit("docs", "out", "--database", "sqlite:///none.db", *PROJECT)
    assert result.exit_code == 2
    assert "out/README.md exists already, and dbkit did not write it." in result.stderr
    assert [path.name for path in Path("out").iterdir()] == ["README.md"]


@pytest.mark.parametrize("server", POSTGRES[:1], indirect=True)
def test_the_picture_in_the_documents_is_current(server: Server, dbkit: Run) -> None:
    url = server.url(server.create_database())
    result = dbkit("diagram", "--database", url, *PROJECT, "--format", "svg")
    assert result.stdout == (ROOT / "docs/diagrams.svg").read_text(encoding="utf-8")


# Measures the page that the browser has drawn: texts outside their boxes, boxes that overlap, and
# arrows that pass through a box.
MEASURE = """<script>
const boxes = [...document.querySelectorAll(".table")].map(one => {
  const r = one.querySelector(".frame").getBoundingClientRect();
  const texts = [...one.querySelectorAll("text")];
  return {id: one.id, l: r.left, t: r.top, r: r.right, b: r.bottom, texts: texts};
});
const found = {tables: boxes.length, texts: 0, outside: [], overlaps: [], crossed: []};
for (const box of boxes) {
  for (const text of box.texts) {
    const r = text.getBoundingClientRect();
    found.texts += r.width > 0;
    if (r.left < box.l || r.right > box.r + 0.5) found.outside.push(text.textContent);
  }
  for (const other of boxes)
    if (box.id < other.id && box.l < other.r && other.l < box.r
        && box.t < other.b && other.t < box.b)
      found.overlaps.push([box.id, other.id]);
}
for (const arrow of document.querySelectorAll(".arrow")) {
  const to = arrow.getScreenCTM(), length = arrow.getTotalLength();
  for (let at = 0; at <= length; at += 4) {
    const p = arrow.getPointAtLength(at).matrixTransform(to);
    for (const box of boxes)
      if (p.x > box.l + 2 && p.x < box.r - 2 && p.y > box.t + 2 && p.y < box.b - 2)
        found.crossed.push([arrow.textContent, box.id]);
  }
}
document.title = JSON.stringify(found);
</script></body>"""


@needs_browser
@pytest.mark.parametrize(
    "picture",
    [
        draw(Schema(tables=(*HOSTILE_SCHEMA.tables, *SHOP.tables))),
        draw(AFTER, BEFORE, compared=("migrations", "models")),
    ],
    ids=["all", "changes"],
)
def test_a_browser_draws_the_page(tmp_path: Path, picture: Picture) -> None:
    text = FORMATS["html"](picture)
    assert "default-src 'none';" in text
    page = tmp_path / "page.html"
    text = text.replace("default-src 'none';", "script-src 'unsafe-inline';")  # nothing is blocked
    page.write_text(text.replace("</body>", MEASURE), encoding="utf-8")
    seen = visit(page)
    assert (seen.requests, seen.console) == (set(), [])
    found = json.loads(html.unescape(seen.title))
    assert found["tables"] == len(picture.boxes)
    assert found["texts"] > 0
    assert (found["outside"], found["overlaps"], found["crossed"]) == ([], [], [])


@needs_browser
def test_the_browser_would_notice(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<img src="http://example.invalid/a.png"><script>console.error("no")</script>')
    seen = visit(page)
    assert seen.requests == {"http://example.invalid/a.png"}
    assert len(seen.console) == 1
