"""`merge` and `baseline`: one migration that replaces all before it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from glob import escape
from pathlib import Path

import peewee as pw

from dbkit.database_argument import takes_database
from dbkit.errors import MigrationError
from dbkit.formatter import write_python
from dbkit.schema.dialect import dialect_for
from dbkit.schema.peewee_models import table_name
from dbkit.verification.comparison import schemas_of

from .autogenerate import Created, Generator
from .files import Files
from .goal import Goal, wanted
from .new_migration import file_name
from .proof import prove
from .questioner import Decisions
from .replay import replay, replaying
from .stand_ins import stand_in


@takes_database
def merge(
    database: pw.Database, directory: str | Path = "migrations", name: str = "initial"
) -> Created:
    """Write one file that creates the schema of all migrations and replaces them (`REPLACES`).

    The old files are kept, for databases that have not applied all of them. The new file does not
    insert the rows that they insert.

    Args:
        database: A Peewee database of the kind for which the migration is made.
        directory: The folder of the migrations.
        name: The name of the file after its number.

    Raises:
        MigrationError: There are no files, or the proof of the new file fails.
    """
    with replaying(database, directory) as router:
        replay(router)
        models = list(router.migrator.orm)
        others = [escape(str(name)) for name in router.migrator_class.stand_ins]
        schema, objects = wanted(router.database, models, others)
        replaced = router.todo
    if not replaced:
        raise MigrationError(f"{directory} has no migrations to merge.")
    goal = Goal(models, schema, objects, others)
    return baseline(database, directory, name, goal, replaced)


def baseline(
    database: pw.Database,
    directory: str | Path,
    name: str,
    goal: Goal,
    replaced: Sequence[str],
) -> Created:
    """Write a file that creates the whole goal and replaces other files; return it. Raises
    MigrationError if the proof fails."""
    files = Files(Path(directory))
    files.needed = False
    full = files.next_name(file_name(name), ())
    if [*replaced] == [full]:  # the file of this baseline is gone: write it again
        replaced = ()
    else:
        full = files.next_name(file_name(name), replaced)
    with tempfile.TemporaryDirectory() as empty, replaying(database, empty) as router:
        dialect_for(router.database).provide(router.database, schemas_of(goal.models))
        made = goal.wanted.tables if goal.wanted else ()
        router.migrator_class.made = frozenset(table.name for table in made)
        stand_in(router.database, (one for one in goal.outside if not goal.owns(table_name(one))))
        created = Generator(router, goal, Decisions(no_rename=True)).created(full, replaced or None)
        if created is None:
            raise MigrationError("The database has no tables or other objects for a baseline.")
        created = prove(router, created, goal)
    write_python(files.path(created.name), created.text)
    return created
