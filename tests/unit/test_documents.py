"""Documents link to files and headings that exist, and the site has a place for each page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAINTAINERS = [ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md",
                                        "docs/requirements.md")]  # fmt: skip
DOCUMENTS = sorted({*ROOT.glob("docs/*.md"), *MAINTAINERS})
A_PATH = re.compile(r"[\w./-]+(?:\.(?:py|md|cfg|toml|ini)|/)")
IN_CODE, IN_LINK = re.compile(r"`([^`\n]+)`"), re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    named = IN_CODE.findall(text) if document in MAINTAINERS else []
    paths = [path for path in named if A_PATH.fullmatch(path)]
    links = [path for path in IN_LINK.findall(text) if not path.startswith("http")]
    missing = [path for path in {*paths, *links} if not is_there(document, path)]
    assert sorted(missing) == []


def is_there(document: Path, path: str) -> bool:
    """Whether a file has this path, or a bare file name of `dbkit/` somewhere in it."""
    folders = (ROOT, ROOT / "dbkit", document.parent)
    if any((folder / path).exists() for folder in folders):
        return True
    return "/" not in path and any((ROOT / "dbkit").rglob(path))


def test_the_architecture_names_every_package() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    packages = {file.parent.relative_to(ROOT / "dbkit").as_posix() + "/"
                for file in (ROOT / "dbkit").rglob("__init__.py")} - {"./"}  # fmt: skip
    assert [name for name in sorted(packages - {"schema/"}) if name not in text] == []


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_links_of_the_pages_beside_the_site_lead_somewhere(document: Path) -> None:
    """The build of the site checks the links of the pages in `docs/`."""
    text = IN_CODE.sub("", document.read_text(encoding="utf-8"))
    links = [link.partition("#") for link in re.findall(r"\]\(([\w./#-]+)\)", text)]
    wrong = [path + sign + anchor for path, sign, anchor in links
             if not (ROOT / path).exists()
             or (sign and anchor not in anchors(ROOT / path if path else document))]  # fmt: skip
    assert wrong == []


def test_each_page_has_one_place_in_the_contents_of_the_site() -> None:
    """Add a line to a `toctree` of docs/index.md for a new page."""
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    trees = re.findall(r"^```\{toctree\}\n(.*?)^```$", index, re.MULTILINE | re.DOTALL)
    names = re.findall(r"^(?:[^:\n]*<)?(\w[\w-]*)>?$", "\n".join(trees), re.MULTILINE)
    assert sorted(names) == sorted({path.stem for path in ROOT.glob("docs/*.md")} - {"index"})


def test_the_commands_of_every_page_are_run() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/test_*.py"))
    shown = [page.name for page in (*ROOT.glob("docs/*.md"), ROOT / "README.md")
             if "```console" in page.read_text(encoding="utf-8")]  # fmt: skip
    assert len(shown) > 8
    assert [name for name in shown if f'"{name}"' not in tests] == []
