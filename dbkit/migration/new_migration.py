"""`create`: generates a migration from the history to the models, proves it, and writes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import peewee as pw

from dbkit.database_argument import takes_database
from dbkit.errors import MigrationError
from dbkit.formatter import write_python
from dbkit.model_errors import naming
from dbkit.schema.dialect import dialect_for
from dbkit.schema.peewee_models import Model, table_name
from dbkit.verification.comparison import schemas_of

from .autogenerate import Count, Created, Generator
from .goal import Goal, whole
from .label_file import label_file, prove_labels
from .proof import prove
from .questioner import Decisions
from .render_file import file_text
from .render_lines import Lines
from .replay import replaying
from .router import Router
from .stand_ins import stand_in

NAME = re.compile(r"[\w-]+")
LONGEST = 200  # bytes of a name; a file system has room for 255


@takes_database
def create(
    database: pw.Database,
    models: Iterable[Model],
    directory: str | Path = "migrations",
    name: str = "auto",
    *,
    rename: Mapping[str, str] | None = None,
    no_rename: bool = False,
    fill: Mapping[str, str] | None = None,
    confirm: Callable[[str], bool] | None = None,
    prompt: Callable[[str], str] | None = None,
    write: bool = True,
    allow_out_of_order: bool = False,
    ignore: Sequence[str] = (),
    passed_over: Iterable[Model] = (),
    count: Count | None = None,
) -> Created | None:
    """Write the migration that leads from the files in `directory` to the models.

    The file is kept only if it is proven on a scratch database: the result is the models' schema,
    its rollback leads back, and rows survive. The schema of `database` itself does not matter.

    Args:
        database: A Peewee database of the kind for which the migration is made. Its server also
            has the scratch database, if the settings name no other.
        models: The models, as `load_models` returns them.
        directory: The folder of the migrations.
        name: The name of the file after its number. Words become a name: "add phone".
        rename: What was renamed: `{"table.column": "new", "table": "new", "type.label": "new"}`.
        no_rename: Everything else that the models no longer have is dropped.
        fill: The values of existing rows in new NOT NULL columns: `{"table.column": "value"}`.
        confirm: Is called with each question that is not decided, and returns the answer.
        prompt: Is called if a value is missing, and returns it.
        write: If False, nothing is proven or written.
        allow_out_of_order: As in `migrate`.
        ignore: Patterns (with * and ?) of tables (`auth.*`) and of parts of tables
            (`users.old_*`) that are left alone.
        passed_over: Base classes that count as models if a migration created their tables.
        count: Is called for a column that becomes NOT NULL, and returns what the question about
            its value says about the rows of a live database.

    Returns:
        The migration, or None if the files already lead to the models. On PostgreSQL, its `first`
        is a second file, if new labels of an enum type are used at once.

    Raises:
        Undecided: A decision is missing: a rename, or the value of existing rows.
        MigrationError: The proof fails, or an earlier file cannot be run.
        ModelsError: The server cannot create the table of a model.
        NoScratch: There is no server for a scratch database.
    """
    name = file_name(name)
    models, passed_over = list(models), list(passed_over)
    confirm = confirm and cache(confirm)  # a second file may ask the same questions
    decisions = Decisions(rename or {}, no_rename, fill or {}, confirm, prompt)
    with naming((*models, *passed_over), database):
        goal = Goal.of(models, ignore)
        dialect = dialect_for(database)
        dialect.require_names(database, goal.models)

        def prepare(router: Router) -> Sequence[str]:
            router.files.needed, router.allow_out_of_order = False, allow_out_of_order
            router.refuse(router.standing())
            provide(router.database, goal)
            return router.todo

        with replaying(database, directory, prepare=prepare) as router:
            target = reached(router, models, ignore, passed_over)
            made = Generator(router, target, decisions, count)
            created = made.created(router.next_name(name))
            if created is not None and write:
                first = label_file(router, created, target.models)
                if first is not None:
                    first = prove_labels(router, first)
                    after = router.next_name(name)
                    created = Generator(router, target, decisions).created(after) or created
                created = replace(prove(router, created, target), first=first)
                for file in filter(None, (first, created)):
                    write_python(router.files.path(file.name), file.text)
    return created


def provide(database: pw.Database, goal: Goal) -> None:
    """Create the schemas of the goal on a scratch database, unless migrations create them."""
    dialect_for(database).provide(database, schemas_of(goal.models))


def reached(
    router: Router, models: Iterable[Model], ignore: Sequence[str], passed_over: Iterable[Model]
) -> Goal:
    """Return the goal of these models, and of the classes of `passed_over` whose tables a migration
    has created, on a scratch database with the whole history. Create stand-ins for the tables of
    others."""
    passed_over = list(passed_over)
    tables = whole(router.database, late=True).tables if passed_over else ()
    there = {table.name for table in tables} - router.migrator_class.stand_ins
    made = [one for one in passed_over if table_name(one) in there]
    goal = Goal.of([*models, *made], ignore)
    stand_in(router.database, goal.outside)
    return goal


@takes_database
def create_empty(database: pw.Database, directory: str | Path, name: str) -> Path:
    """Write a migration without operations, under the next number.

    Args:
        database: A Peewee database. It is not used.
        directory: The folder of the migrations; it is created if it is missing.
        name: The name of the file after its number.

    Returns:
        The path of the file.

    Raises:
        MigrationError: The name cannot be that of a file.
    """
    router = Router(database, directory)
    router.files.needed = False
    path = router.files.path(router.files.next_name(file_name(name), ()))
    write_python(path, file_text("Describe this migration here.", Lines(), Lines()))
    return path


def file_name(words: str) -> str:
    """Return words as the part of a file's name after the number: 'Add phone' is add_phone. Raises
    MigrationError if they cannot be that."""
    parts = words.split()
    name = "_".join(parts).lower() if len(parts) > 1 else "".join(parts)
    if not NAME.fullmatch(name) or len(name.encode()) > LONGEST:
        raise MigrationError(
            f"{words!r} is not a valid name for a migration.",
            "Use letters, digits, _ and -; words may have spaces between them. A name has at most "
            f"{LONGEST} bytes.",
        )
    return name
