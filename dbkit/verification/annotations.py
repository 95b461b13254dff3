"""A report as annotations of source: for GitHub's workflows, and as SARIF 2.1.0.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .. import __version__
from ..source_places import Place
from .report import PENDING, WORDS, Report, heading, place, what

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
UNVERIFIED, HISTORY = "not-verified", "applied-migrations"
RULES = {
    "missing": "The current schema lacks something that the desired schema has.",
    "unexpected": "The current schema has something that the desired schema lacks.",
    "different": "Something is in both schemas, but differs.",
    UNVERIFIED: "An object could not be compared.",
    HISTORY: "An applied migration was edited, or its file is gone.",
}


@dataclass(frozen=True)
class Finding:
    """What a report says in one place; `name` is the database object that it concerns."""

    rule: str
    title: str
    text: str
    name: str = ""
    at: Place | None = None


def findings(report: Report) -> Iterator[Finding]:
    """Yield what a report says, with the place in the models or in a migration."""
    for change, causes in report.caused():
        pending = report.pending[:1] if PENDING in causes else ()
        at = report.find(change) or next(map(Place, pending), None)
        title = f"{heading(change)}: {what(change)}"
        text = report.in_full(change, causes)
        yield Finding(WORDS[type(change)], title, text, place(change), at)
    for name, reason in report.unverified:
        text = f"{name}: {reason}"
        yield Finding(UNVERIFIED, "not verified", text, name, report.find_table(name))
    for problem in report.history:
        named = (Place(path) for path in report.edited if path.stem in problem)
        yield Finding(HISTORY, "applied migrations", problem, at=next(named, None))


def to_github(report: Report) -> str:
    """Return the annotations of a GitHub workflow."""
    return "\n".join(map(_command, findings(report)))


def _command(one: Finding) -> str:
    return annotation(one.title, one.text, one.at)


def annotation(title: str, text: str, at: Place | None) -> str:
    """Return the workflow command that shows an error in a place, if it is in the repository."""
    path = at and relative(at.path)
    where = f"file={_escaped(path, ',:')},line={at.line}," if at and path else ""
    return f"::error {where}title={_escaped(title, ',:')}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    """The text for a workflow command; in a property, `more` signs are escaped."""
    for sign in "%\r\n" + more:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def to_sarif(report: Report) -> str:
    """Return a log of SARIF."""
    rules = [{"id": name, "shortDescription": {"text": text}} for name, text in RULES.items()]
    run = {
        "tool": {"driver": {"name": "dbkit", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one) for one in findings(report)],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2)


def _result(one: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if one.at and (path := relative(one.at.path)):
        artifact = {"uri": quote(path), "uriBaseId": "%SRCROOT%"}
        region = {"startLine": one.at.line}
        location["physicalLocation"] = {"artifactLocation": artifact, "region": region}
    if one.name:
        location["logicalLocations"] = [{"fullyQualifiedName": one.name}]
    return {
        "ruleId": one.rule,
        "ruleIndex": [*RULES].index(one.rule),
        "level": "error",
        "message": {"text": one.text},
        "locations": [location] if location else [],
        "partialFingerprints": {"dbkit/v1": f"{one.rule}:{one.name or one.title}:{one.title}"},
    }


def relative(path: Path) -> str | None:
    """Return the path from the root of the repository, with slashes; None if it is elsewhere."""
    root, path = _root(), Path(os.path.abspath(path))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None


def _root() -> Path:
    """The root of the repository: GitHub's, or Git's, or else the current directory."""
    here = Path.cwd()
    if given := os.environ.get("GITHUB_WORKSPACE"):
        return Path(os.path.abspath(given))
    return next((one for one in (here, *here.parents) if (one / ".git").exists()), here)
