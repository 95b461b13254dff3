"""The order in which tables are merged: parents first, tables that refer to each other together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import peewee as pw

from dbkit.schema.peewee_models import Model, with_targets

from .stages import Stage


def with_parents(models: Iterable[Model]) -> set[Model]:
    """Return the models and all models to which they point."""
    return {*with_targets(models)}


def components(stages: Sequence[Stage]) -> list[list[Stage]]:
    """Return the stages in groups, parents first. The tables of a group refer to each other."""
    models = {stage.model: stage for stage in stages}
    above = {model: _above(model, models) for model in models}
    ordered = [model for model in with_targets(models) if model in models]
    found: list[list[Stage]] = []
    waiting = dict.fromkeys(ordered)
    while waiting:
        first = next(model for model in waiting if _is_next(model, waiting, above))
        around = {first, *(model for model in above[first] if first in above[model])}
        group = [model for model in waiting if model in around]
        for model in group:
            del waiting[model]
        found.append(_required_first([models[model] for model in group]))
    return found


def _is_next(model: Model, waiting: Collection[Model], above: dict[Model, set[Model]]) -> bool:
    """Whether a model points to none of the waiting models that do not point back to it."""
    return all(model in above[target] for target in above[model] if target in waiting)


def _above(model: Model, among: Collection[Model]) -> set[Model]:
    """The models to which a model points, directly or through others of these."""
    found: set[Model] = set()
    waiting = [model]
    while waiting:
        for target in waiting.pop()._meta.refs.values():
            if target in among and target not in found:
                found.add(target)
                waiting.append(target)
    return found


def cyclic_keys(stage: Stage, group: Sequence[Stage]) -> frozenset[pw.Field]:
    """Return the foreign keys of a stage that lead to a table of its group."""
    models = {one.model for one in group}
    return frozenset(key for key, target in stage.model._meta.refs.items() if target in models)


def required_keys(stage: Stage, group: Sequence[Stage]) -> frozenset[pw.Field]:
    """Return the cyclic foreign keys that a new row needs: not null, or part of its key."""
    identifying = {one for shape in stage.shapes for one in shape.key}
    return frozenset(key for key in cyclic_keys(stage, group)
                     if not key.null or key in identifying)  # fmt: skip


def _required_first(group: list[Stage]) -> list[Stage]:
    """The stages of a group, those first that the others need, as far as that is possible."""
    waiting, ordered = list(group), []
    while waiting:
        free = [stage for stage in waiting
                if not any(key.rel_model is other.model
                           for other in waiting if other is not stage
                           for key in required_keys(stage, group))]  # fmt: skip
        stage = (free or waiting)[0]
        waiting.remove(stage)
        ordered.append(stage)
    return ordered
