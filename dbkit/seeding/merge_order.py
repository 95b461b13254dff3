"""The order in which tables are merged: parents first, tables that refer to each other together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import peewee as pw

from dbkit.schema.peewee_models import Model, is_model
from dbkit.schema.staging import LiveTable

from .stages import Stage

Live = Mapping[Model, LiveTable]  # in the order in which `LiveTable.parents` counts tables


def components(stages: Iterable[Stage], live: Live) -> list[list[Stage]]:
    """Return the stages in groups, parents first. The tables of a group refer to each other."""
    by_model = {stage.model: stage for stage in stages}
    found = []
    for models in model_groups(by_model, live):
        group = [by_model[model] for model in models]
        required = {stage.model: {key.rel_model for key in required_keys(stage, group)}
                    for stage in group}  # fmt: skip
        found.append([by_model[model] for model in required_first(models, required)])
    return found


def model_groups(models: Iterable[Model], live: Live) -> list[list[Model]]:
    """Return the models in groups, parents first. The models of a group point to each other."""
    parents = _parents(live)
    waiting = dict.fromkeys(sorted(models, key=lambda model: str(model._meta.table_name)))
    above = {model: _above(model, parents) for model in waiting}
    found: list[list[Model]] = []
    while waiting:
        first = next(model for model in waiting if _is_next(model, waiting, above))
        around = {first, *(model for model in above[first] if first in above.get(model, ()))}
        found.append([model for model in waiting if model in around])
        for model in found[-1]:
            del waiting[model]
    return found


def _parents(live: Live) -> dict[Model, set[Model]]:
    """The models to which each model points: by its fields, by the foreign keys of its table, or
    because it says so."""
    models = [*live]
    return {
        model: {
            *model._meta.refs.values(),
            *filter(is_model, model._meta.depends_on or ()),
            *(models[place] for place in table.parents),
        }
        for model, table in live.items()
    }


def _is_next(model: Model, waiting: Collection[Model], above: dict[Model, set[Model]]) -> bool:
    """Whether a model points to none of the waiting models that do not point back to it."""
    return all(model in above[target] for target in above[model] if target in waiting)


def _above(model: Model, parents: Mapping[Model, set[Model]]) -> set[Model]:
    """The models to which a model points, directly or through others."""
    found: set[Model] = set()
    waiting = [model]
    while waiting:
        for target in parents[waiting.pop()] - found:
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


def required_first(group: Iterable[Model], required: Mapping[Model, set[Model]]) -> list[Model]:
    """Return the models of a group, those first that others require, as far as that is possible."""
    waiting, ordered = list(group), []
    while waiting:
        free = [model for model in waiting
                if not any(other in required[model]
                           for other in waiting if other is not model)]  # fmt: skip
        model = (free or waiting)[0]
        waiting.remove(model)
        ordered.append(model)
    return ordered
