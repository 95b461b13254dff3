"""The options and the output of `--sql` and `--plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import migration
from .options import Session
from .output import require_encodable, warn

if TYPE_CHECKING:
    from ..migration.dry_run import DryRun
    from ..migration.plan import Plan

as_sql = click.option(
    "--sql", is_flag=True, help="Print the SQL statements, and change nothing in the database."
)


def router_of(session: Session, allow_out_of_order: bool = False) -> migration.Router:
    settings = session.settings
    return migration.Router(
        session.database,
        settings.migrations,
        allow_out_of_order,
        allow_edited=settings.allow_edited,
    )


def echo_plan(session: Session, made: Plan) -> None:
    if session.output.is_json:
        session.output.values |= made.to_json()
        return
    warn(made.warnings)
    click.echo(made.to_text() or "migrate: nothing to apply")


def echo_script(run: DryRun) -> None:
    text = run.script()
    require_encodable(text)
    warn(run.warnings)
    click.echo(text.rstrip("\n") or "-- nothing to send")
