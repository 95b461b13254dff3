"""Ready-made checks of a project. Each returns the report of what is wrong, or no text."""

from __future__ import annotations

import click

from dbkit import verify
from dbkit.connection import opened, parse
from dbkit.migration import Router, Undecided, create
from dbkit.migration.prove_directory import MODELS, prove_directory
from dbkit.prompts import created_text, proof_text

from .copies import Copies


def models_match_the_migrations(copies: Copies) -> str:
    project, settings = copies.project, copies.project.settings
    with copies.copy() as copy, opened(copy.database) as database:
        report = verify(
            database,
            project.found.models,
            settings.migrations,
            ignore=settings.ignore,
            bases=project.found.bases,
        )
    return str(report) if report or report.unverified or report.history else ""


def no_migration_is_missing(copies: Copies) -> str:
    found, settings = copies.project.found, copies.project.settings
    with copies.copy() as copy:
        try:
            created = create(
                copy.database,
                found.models,
                settings.migrations,
                write=False,
                ignore=settings.ignore,
                passed_over=(*found.bases, *found.outside),
            )
        except Undecided as error:
            return f"create: a migration would be made\n{error}"
    return click.unstyle(created_text(created, settings.migrations, check=True)) if created else ""


def each_migration_runs_up_down_and_up_again(copies: Copies) -> str:
    found, settings = copies.project.found, copies.project.settings
    with copies.copy() as copy:
        proofs = list(
            prove_directory(
                copy.database,
                found.models,
                settings.migrations,
                ignore=settings.ignore,
                passed_over=(*found.bases, *found.outside),
            )
        )
    # another check compares the end with the models
    return "\n".join(proof_text(one) for one in proofs if not one.proven and one.name != MODELS)


def history_has_one_head(copies: Copies) -> str:
    with opened(parse("sqlite:///:memory:").database()) as empty:
        standing = Router(empty, copies.project.settings.migrations).standing()
    return "\n".join([*standing.disorder, *map(str, standing.errors)])
