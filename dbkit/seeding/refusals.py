"""The next step after the database refused a row of a seed file.

The hints of `diagnosis` are for migrations, which change tables that have rows.
"""

from __future__ import annotations

import re

import peewee as pw

from dbkit.diagnosis import error_code, explain
from dbkit.errors import SeedError

REFUSALS = (pw.IntegrityError, pw.DataError, pw.InternalError, pw.ProgrammingError,
            pw.NotSupportedError)  # fmt: skip
NOTHING = "Nothing was loaded."
STATEMENT = re.compile(r" (LINE \d+: |CONTEXT: COPY ).*")
HINTS = {
    "23502|SQLITE_CONSTRAINT_NOTNULL": "Give the row a value for this column.",
    "23503|SQLITE_CONSTRAINT_FOREIGNKEY": "Correct the value, or seed the parent too.",
    "23505|SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY|ROWID)": (
        "Change the value, or name these columns as the key, so that the existing row is updated."
    ),
    "23|22|SQLITE_CONSTRAINT|SQLITE_MISMATCH|SQLITE_TOOBIG": "Correct the row.",
}


def refusal(database: pw.Database, error: Exception, where: str) -> SeedError:
    """Return the SeedError for an error of the database. `where` begins its message."""
    explained, code = explain(error, database), error_code(error)
    hint = next((hint for codes, hint in HINTS.items() if re.match(codes, code)), explained.hint)
    message = STATEMENT.sub("", explained.message)  # it is dbkit's own
    return SeedError(f"{where}{message}", f"{hint}\n{NOTHING}".strip())
