"""Which statements of a file may lose rows."""

from __future__ import annotations

import pytest

from dbkit.migration.data_loss import losing_statements

LOSING = [
    "DROP TABLE t",
    "  drop\n table if exists t",
    "-- all\nTRUNCATE t",
    'ALTER TABLE "t" DROP "a"',
    "ALTER TABLE t ADD b int, DROP COLUMN a",
    'ALTER TABLE "drop constraint" DROP "default"',
    "ALTER FOREIGN TABLE t DROP a",
    "DELETE FROM t",
    "WITH old AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM old",
    "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
    "DROP SEQUENCE s",
    "DROP EXTENSION hstore CASCADE",
    "DROP TYPE mood CASCADE",
    "DROP OWNED BY a",
    "DROP SCHEMA s",
]
HARMLESS = [
    "SELECT 'drop table t'",
    "INSERT INTO log VALUES ('delete from t; truncate t')",
    'SELECT "delete from" FROM t',
    "UPDATE t SET a = 1 /* DROP TABLE t */ -- DELETE FROM t",
    "GRANT TRUNCATE ON t TO a",
    "CREATE TRIGGER g AFTER TRUNCATE ON t EXECUTE FUNCTION f()",
    "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM u; UPDATE u SET a = 1; END",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC DELETE FROM t; SELECT 1; END",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $f$ DELETE FROM t; SELECT 1 $f$",
    "CREATE RULE r AS ON INSERT TO t DO ALSO DELETE FROM u",
    "COMMENT ON TABLE t IS 'DROP TABLE t'",
    "ALTER TABLE t DROP CONSTRAINT c",
    "ALTER TABLE t ALTER a DROP DEFAULT, ALTER b DROP NOT NULL, ALTER c DROP EXPRESSION",
    "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u ON DELETE CASCADE",
    "DROP INDEX i",
    "DROP TYPE mood",
    "DROP VIEW v",
    "",
]


@pytest.mark.parametrize("sql", LOSING)
@pytest.mark.parametrize("before", ["", *HARMLESS])
def test_a_statement_that_loses_rows_is_found_behind_any_other(sql: str, before: str) -> None:
    (found,) = losing_statements(f"{before}\n;{sql};SELECT 1")
    assert found == " ".join(sql.split())


@pytest.mark.parametrize("sql", HARMLESS)
def test_another_statement_is_not_refused(sql: str) -> None:
    assert list(losing_statements(sql)) == []


def test_a_password_is_not_repeated() -> None:
    (found,) = losing_statements("ALTER TABLE t DROP a, OPTIONS (SET password 'secret')")
    assert "secret" not in found
