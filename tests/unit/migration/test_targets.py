"""How a person names a migration."""

from __future__ import annotations

import pytest

from dbkit.errors import MigrationError
from dbkit.migration.targets import only_match

NAMES = ("001_users", "002_orders", "002_items", "010_users_again", "20261125_1200_add")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("001_users", "001_users"),
        ("migrations/001_users.py", "001_users"),
        ("1", "001_users"),
        ("001", "001_users"),
        ("10", "010_users_again"),
        ("01", "001_users"),
        ("20261125", "20261125_1200_add"),
        ("2026", "20261125_1200_add"),
        ("002_i", "002_items"),
    ],
)
def test_a_migration_is_named_by_its_name_its_number_or_a_beginning(text: str, found: str) -> None:
    assert only_match(text, NAMES, "in migrations") == found


@pytest.mark.parametrize(
    ("text", "message", "listed", "left_out"),
    [
        ("2", "There are several migrations 2 in migrations.", "002_orders, 002_items", "001"),
        ("0", "There are several migrations 0 in migrations.", "001_users, 002_orders", "2026"),
        ("users", "There is no migration users in migrations.", "001_users, 002_orders", "..."),
        ("7", "There is no migration 7 in migrations.", "20261125_1200_add", "..."),
    ],
)
def test_an_error_lists_the_migrations_that_may_be_meant(
    text: str, message: str, listed: str, left_out: str
) -> None:
    with pytest.raises(MigrationError) as error:
        only_match(text, NAMES, "in migrations")
    assert error.value.message == message
    assert listed in error.value.hint
    assert left_out not in error.value.hint
