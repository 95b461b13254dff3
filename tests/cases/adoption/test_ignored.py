"""Tables that `ignore` matches belong to somebody else: init leaves them alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from tests.conftest import opened


def test_ignored_tables_are_not_adopted(dbkit: Callable[..., Result], url: str) -> None:
    Path("setup.cfg").write_text(
        "[dbkit]\nmodels = adopted_ours\nmigrations = migrations\nignore =\n    theirs*\n"
    )
    with opened(url) as database:
        database.execute_sql("CREATE TABLE ours (id INTEGER NOT NULL PRIMARY KEY)")
        database.execute_sql("CREATE TABLE theirs (id INTEGER NOT NULL PRIMARY KEY)")
        database.execute_sql("CREATE INDEX theirs_index ON theirs (id)")
        database.execute_sql("CREATE VIEW theirs_too AS SELECT * FROM theirs")
    for command in ("init", "verify"):
        result = dbkit(command, "--database", url)
        assert result.exit_code == 0, result.output
    for path in ("adopted_ours.py", "migrations/001_baseline.py"):
        text = Path(path).read_text(encoding="utf-8")
        assert "Our" in text
        assert "theirs" not in text
