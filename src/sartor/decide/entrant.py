"""Who takes part: one method on one base model (or on none), and what it is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Candidate, Dial
from sartor.core.dataset import TaskFacts
from sartor.core.errors import GoalError
from sartor.core.goal import Goal
from sartor.core.output_form import CLASS_HEAD, LABELS, OUTPUT
from sartor.core.protocols import Method, is_for
from sartor.decide.search import default_settings


@dataclass(frozen=True)
class Entrant:
    """A method on a base model, with its dials for this task."""

    method: Method
    base: BaseModel | None
    dials: tuple[Dial, ...]
    pinned: Mapping[str, Any]
    rungs: tuple[float, ...]
    """Epochs at which it may be stopped; `(0,)` where nothing is repeated."""

    @property
    def form(self) -> str:
        """Which way to give labels it is, where its method has two on this base; else empty."""
        return form_of(self.dials)

    @property
    def name(self) -> str:
        """For people: `head · minilm-l6`, `lora · nano · class head`."""
        parts = (self.method.name, self.base.id if self.base else "", self.form)
        return " · ".join(part for part in parts if part)

    @property
    def answer_dials(self) -> tuple[Dial, ...]:
        """Dials that only change how answers are written, as far as they are free."""
        return tuple(d for d in self.dials if d.is_of_answers and d.name not in self.pinned)

    @property
    def is_repeated(self) -> bool:
        """Whether it learns in epochs, so that it can be stopped between them."""
        return self.rungs != (0,)

    def candidate(self, settings: Mapping[str, Any]) -> Candidate:
        """The candidate with these settings."""
        return Candidate(self.method.name, self.base.id if self.base else None, dict(settings))


def entrants_of(
    goal: Goal, facts: TaskFacts, methods: Sequence[Method], bases: Sequence[BaseModel]
) -> list[Entrant]:
    """Every method on every base model with which it can give this kind of output, pins checked.

    Where a method has two ways to give labels, a pinned `output` says which takes part.
    """
    pairs = [
        (method, base)
        for method in methods
        for base in (bases if method.needs_base else [None])
        if facts.output_kind in method.does.get(base.architecture if base else None, ())
        and is_for(method, facts.task)
    ]
    entrants = [
        _entrant(goal, facts, method, base)
        for method, base in pairs
        if not _is_other_form(method.dials(facts, base), goal.settings.get(method.name, {}))
    ]
    if not entrants:
        raise GoalError(
            where="sartor.yaml > methods",
            problem=f"none of {', '.join(goal.methods)} can do `{facts.task}` with outputs of kind "
            f"`{facts.output_kind}`.",
            fix="Leave `methods` out to try all that can.",
        )
    return entrants


def _entrant(goal: Goal, facts: TaskFacts, method: Method, base: BaseModel | None) -> Entrant:
    dials = method.dials(facts, base)
    known = {dial.name: dial for dial in dials}
    pinned = goal.settings.get(method.name, {})
    for name, value in pinned.items():
        place = f"sartor.yaml > settings > {method.name} > {name}"
        if name not in known:
            raise GoalError(
                where=place,
                problem=f"`{method.name}` has no such hyperparameter for this task{_of(dials)}.",
                fix=f"Known: {', '.join(sorted(known))}.",
            )
        if refusal := known[name].refusal(value):
            raise GoalError(where=place, problem=f"`{value}` {refusal}.", fix=known[name].doc)
    rungs = method.epochs(default_settings(dials, pinned), facts)
    return Entrant(method, base, dials, pinned, rungs)


def without_part(
    goal: Goal, entrants: Sequence[Entrant], methods: Sequence[Method], bases: Sequence[BaseModel]
) -> tuple[str, ...]:
    """What the goal names and nobody uses, a sentence each: nothing that was asked for goes in silence.

    Args:
        goal: Methods, settings and bases by name.
        entrants: Who takes part.
        methods: Of the goal.
        bases: Of the goal, or the embedded ones; none where no method wants one.
    """
    playing = {entrant.method.name for entrant in entrants}
    shapes = {method.name: method for method in methods}
    asked = {"methods": goal.methods, "settings": tuple(goal.settings)}
    idle = [
        f"`{setting}: {name}` changed nothing: {_why_idle(shapes.get(name), bases)}."
        for setting, names in asked.items()
        for name in names
        if name not in playing
    ]
    used = {entrant.base.id for entrant in entrants if entrant.base is not None}
    unused = [
        f"`bases: {name}` changed nothing: no method uses it for these outputs."
        for name in goal.bases
        if name not in used
    ]
    unasked = [
        f"`apis: {endpoint.name}` changed nothing: no method asks it for these outputs."
        for endpoint in goal.apis
        if endpoint.name not in used
    ]
    return (*idle, *unused, *unasked)


def _why_idle(method: Method | None, bases: Sequence[BaseModel]) -> str:
    if method is not None and method.needs_base and not bases:
        return "it needs a base model, and none is at hand"
    return "it cannot do this task with these outputs and bases"


def form_of(dials: Sequence[Dial]) -> str:
    """The way to give labels that some dials stand for; empty where there is only one."""
    return next((str(dial.default) for dial in dials if dial.name == OUTPUT), "")


def _is_other_form(dials: Sequence[Dial], pinned: Mapping[str, Any]) -> bool:
    """Whether the user asked for the other way only."""
    form, wanted = form_of(dials), pinned.get(OUTPUT)
    return bool(form) and wanted in (LABELS, CLASS_HEAD) and wanted != form


def _of(dials: Sequence[Dial]) -> str:
    form = form_of(dials)
    return f" with `{OUTPUT}: {form}`" if form else ""
