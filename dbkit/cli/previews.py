"""The options and the output of `--sql`, `--plan` and `--format json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import migration
from .options import Session, echo_json, require_encodable

if TYPE_CHECKING:
    from ..migration.dry_run import DryRun
    from ..migration.plan import Plan

text_or_json = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="Format of the output.",
)  # fmt: skip


as_sql = click.option(
    "--sql", is_flag=True, help="Print the statements, and change nothing in the database."
)


def router_of(session: Session, allow_out_of_order: bool = False) -> migration.Router:
    settings = session.settings
    return migration.Router(
        session.database,
        settings.migrations,
        allow_out_of_order,
        allow_edited=settings.allow_edited,
    )


def echo_plan(made: Plan, format_: str) -> None:
    if format_ == "json":
        echo_json(**made.to_json())
        return
    for warning in made.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(made.to_text() or "migrate: nothing to apply")


def echo_script(run: DryRun) -> None:
    text = run.script()
    require_encodable(text)
    for warning in run.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(text.rstrip("\n") or "-- nothing to send")
