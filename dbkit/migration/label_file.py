"""The file that adds labels to enum types before the file that uses them.

PostgreSQL does not allow that in one transaction. One file would have to replace the type, which
rewrites each table that has a column of the type, while nobody can use the table; adding a label
takes a moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbkit.errors import MigrationError
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.peewee_models import Model
from dbkit.scratch_database import server_of

from .autogenerate import Created
from .enum_operations import enums, is_one_of
from .goal import whole
from .hazards import without_labels
from .proof import NOT_RESTORED
from .render_file import file_text, summary_of
from .render_lines import Lines
from .render_operations import add_labels, with_schema
from .router import Router


def label_file(router: Router, created: Created, models: Iterable[Model]) -> Created | None:
    """Return the file that adds the labels which a generated migration of these models adds and
    uses, or None if there are none. It is not proven."""
    filling = "\n".join(line for line in created.text.splitlines() if ".fill(" in line)
    types = dialect_for(router.database).labels_first(created.changes, filling)
    keys = [key for key in enums(models) if any(is_one_of(new.name, [key]) for _, new in types)]
    if not keys or created.renaming.labels:  # a renamed label may say where a new label belongs
        return None
    up, down = Lines(), Lines()
    lost: list[str] = []
    for key in keys:
        old, new = next(pair for pair in types if is_one_of(pair[1].name, [key]))
        add_labels(up, key, old.labels, new.labels)
        lost += without_labels({key: old.labels}, {key: new.labels})
        down.call("change_enum", key[1], old.labels, **with_schema(key[0]))
    names = ", ".join(str(new.name) for _, new in types)
    plural = "s" * (len(types) > 1)
    words = f"add labels to enum type{plural} {names}, which the next migration uses"
    text = file_text(summary_of([words], lost), up, down)
    return Created(created.name, text, tuple(lost), operations=(words,))


def prove_labels(router: Router, created: Created) -> Created:
    """Run the file, roll it back, and run it again. Raises MigrationError."""
    router.files.texts[created.name] = created.text
    before = whole(router.database, late=True)
    router.run()
    router.rollback()
    if diff(whole(router.database, late=True), before):
        raise MigrationError(
            NOT_RESTORED.format(created.name),
            "Add the labels by hand in a separate migration.",
        )
    router.run()
    said = f"proven on {server_of(router.database)}: up, down and up again"
    return replace(created, proof=said)
