"""The reference migrations are what `create` writes for the reference models."""

from __future__ import annotations

from pathlib import Path

import peewee as pw

from dbkit.discovery import load_models
from dbkit.migration import create
from dbkit.models import MODELS
from tests.conftest import MIGRATIONS

STEPS = {
    "accounts": "dbkit.models.accounts",
    "marketing": "dbkit.models.marketing",
    "add_billing_tables": "dbkit.models.billing",
}


def test_they_are_written_from_the_models_in_three_steps(
    database: pw.Database, tmp_path: Path
) -> None:
    models = []
    for name, module in STEPS.items():
        models += [one for one in load_models(module) if one not in models]
        create(database, models, tmp_path / "made", name)
    assert set(models) == set(MODELS)
    made, kept = ({path.name: path.read_text(encoding="utf-8") for path in directory.glob("0*.py")}
                  for directory in (tmp_path / "made", MIGRATIONS))  # fmt: skip
    assert made == kept


def test_nothing_is_missing(database: pw.Database) -> None:
    assert create(database, MODELS, MIGRATIONS, write=False) is None
