"""The site of `docs/`: it builds without a warning, finds broken links, and loads nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import needs_browser, visit
from tests.conftest import ROOT

# what a page loads, unlike a link that its reader may follow
LOADED = re.compile(r"""<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=["'](?:https?:)?//[^"']*""")
BROKEN = {
    "[a missing page](nowhere.md)": "'nowhere.md'",
    "[a missing heading](seeds.md#nowhere)": "'nowhere'",
    "[a missing heading of this page](#not-here)": "'not-here'",
    "[a missing file](../nowhere.py)": "'../nowhere.py'",
    "[a page that is not on the site](../README.md)": "README",
    "{py:class}`dbkit.Nowhere`": "dbkit.Nowhere",
}


def build(pages: Path, target: Path) -> subprocess.CompletedProcess[str]:
    options = ["-W", "--keep-going", "-n", "-q"]
    command = [sys.executable, "-m", "sphinx", *options, str(pages), str(target)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=ROOT)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    done = build(ROOT / "docs", target)
    assert (done.returncode, done.stderr) == (0, "")
    return target


def test_the_site_builds_without_a_warning(site: Path) -> None:
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")}
    assert pages <= {page.stem for page in site.glob("*.html")}


def test_a_broken_link_fails_the_build(tmp_path: Path) -> None:
    """One page with every kind of broken link, which is also in no table of contents."""
    for name in ("docs", "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("CHANGELOG.md", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    page = tmp_path / "docs/broken.md"
    page.write_text("# Broken\n\n" + "\n\n".join(BROKEN) + "\n\n[right](../migrations/conf.py)\n")
    done = build(tmp_path / "docs", tmp_path / "site")
    assert done.returncode == 1
    warnings = [line for line in done.stderr.splitlines() if "broken.md" in line]
    for name in (*BROKEN.values(), "toctree"):
        assert any(name in line for line in warnings), (name, done.stderr)
    assert len(warnings) == len(BROKEN) + 1


def test_each_place_that_builds_the_site_builds_it_as_this_test() -> None:
    command = "sphinx-build -W --keep-going -n docs build/site"
    for name in ("CONTRIBUTING.md", "tox.ini", ".github/workflows/docs.yml"):
        assert command in (ROOT / name).read_text(encoding="utf-8"), name


def test_no_page_loads_a_file_of_another_server(site: Path) -> None:
    pages = [page.name for page in site.glob("*.html")]
    assert {"index.html", "seeds.html", "search.html"} <= {*pages}
    assert [page for page in pages if LOADED.search((site / page).read_text("utf-8"))] == []
    styles = [file.read_text("utf-8") for file in site.rglob("*.css")]
    assert not any(re.search(r"url\([\"']?(https?:)?//|@import", style) for style in styles)


@needs_browser
@pytest.mark.parametrize("page", ["index", "api"])
def test_a_browser_asks_for_nothing_else(site: Path, page: str) -> None:
    seen = visit(site / f"{page}.html")
    assert (seen.requests, seen.console) == (set(), [])
    assert "dbkit" in seen.title
