"""The project's formatter lays out every file that dbkit writes, and the files still run."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from dbkit import load_models, migrate, rollback, verify
from dbkit.adoption import adopt
from dbkit.migration import create, create_empty, merge
from tests.conftest import opened
from tests.pairs.pair import table


def test_files_are_laid_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ruff")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("ruff.toml").write_text('format.quote-style = "single"\n', encoding="utf-8")
    models = [table("t", a=pw.TextField())]
    with opened("sqlite:///a.db") as database:
        create(database, models, "made")
        create_empty(database, "made", "empty")
        migrate(database, "made")
        rollback(database, "made", 2)
        migrate(database, "made")
        assert not verify(database, models)
        merge(database, "made")
        adopted = adopt(database, "adopted_models", Path("adopted"))
        assert not verify(database, load_models("adopted_models"))
    written = [path for path in (*Path("made").iterdir(), *adopted.files) if path.suffix == ".py"]
    assert len(written) == 6
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert '"' not in text.replace('"""', ""), text
