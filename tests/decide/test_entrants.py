"""Who takes part: methods on bases, and of a method with two ways to give labels each way on its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contest import base_model
from test_plan import CHOOSING, FACTS, GOAL

from sartor.core.errors import GoalError
from sartor.core.goal import OutputKind
from sartor.decide.entrant import Entrant, entrants_of, without_part
from sartor.decide.plan import make_plan
from sartor.decide.search import default_settings
from sartor.tune.registry import load_methods

ENCODER = base_model()
DECODER = replace(base_model(), id="writer", architecture="decoder")
BOTH_WAYS = ("few_shot", "last_layers", "lora", "full")


def found(
    *methods: str,
    base: Any = DECODER,
    kind: OutputKind = OutputKind.SINGLE,
    **settings: dict[str, Any],
) -> list[Entrant]:
    goal = replace(GOAL, settings=settings)
    return entrants_of(goal, FACTS.with_(output_kind=kind), load_methods(methods), [base])


@pytest.mark.parametrize("method", BOTH_WAYS)
def test_a_decoder_gives_labels_in_two_ways_that_compete(method: str) -> None:
    rated, headed = found(method)
    assert (rated.form, headed.form) == ("labels", "class head")
    assert [e.name for e in (rated, headed)] == [
        f"{method} · writer · labels",
        f"{method} · writer · class head",
    ]
    assert rated.method.name == headed.method.name == method
    ids = {e.candidate(default_settings(e.dials, e.pinned)).id for e in (rated, headed)}
    assert len(ids) == 2


def test_each_way_has_a_search_and_a_budget_of_its_own() -> None:
    both = make_plan(GOAL, found("lora"), FACTS, CHOOSING, is_quick=False)
    assert [allowance.num_settings for allowance in both] == [4, 4]
    assert all(allowance.planned_seconds > 0 for allowance in both)


@pytest.mark.parametrize("method", BOTH_WAYS)
def test_an_encoder_has_one_way(method: str) -> None:
    [only] = found(method, base=ENCODER)
    assert only.form == ""
    assert only.name == f"{method} · {ENCODER.id}"


@pytest.mark.parametrize("form", ["labels", "class head"])
def test_a_pinned_output_leaves_one_way(form: str) -> None:
    [only] = found("lora", lora={"output": form})
    assert only.form == form


def test_a_setting_that_only_one_way_knows_is_refused_until_that_way_is_named() -> None:
    with pytest.raises(
        GoalError, match="no such hyperparameter for this task with `output: labels`"
    ):
        found("lora", lora={"label_smoothing": 0.0})
    [only] = found("lora", lora={"label_smoothing": 0.0, "output": "class head"})
    assert only.pinned["label_smoothing"] == 0.0


def test_an_output_that_is_none_is_refused() -> None:
    with pytest.raises(GoalError, match="`words` is not one of labels"):
        found("lora", lora={"output": "words"})


@pytest.mark.parametrize("kind", [OutputKind.MULTI, OutputKind.SCORE])
def test_several_labels_and_scores_have_the_new_output_layer_alone(kind: OutputKind) -> None:
    assert [entrant.form for entrant in found("lora", "full", kind=kind)] == ["class head"] * 2


def test_frozen_features_of_a_decoder_are_pooled_in_ways_that_suit_it() -> None:
    [head] = found("head")
    [pooling] = [dial for dial in head.dials if dial.name == "pooling"]
    assert pooling.choices == ("mean", "last", "mean+last")


def idle(
    *methods: str,
    kind: OutputKind = OutputKind.SINGLE,
    bases: Any = (ENCODER,),
    **settings: dict[str, Any],
) -> tuple[str, ...]:
    """What is said of a goal that names these methods, bases and settings."""
    named = tuple(base.id for base in bases)
    goal = replace(GOAL, methods=methods, bases=named, settings=settings)
    known = load_methods(methods)
    taking_part = entrants_of(goal, FACTS.with_(output_kind=kind), known, bases)
    return without_part(goal, taking_part, known, bases)


def test_what_takes_part_is_not_complained_of() -> None:
    assert idle("tfidf", "head", head={"pooling": "mean"}) == ()
    assert idle() == ()


def test_a_named_method_that_cannot_do_the_task_is_not_dropped_in_silence() -> None:
    [said] = idle("head", "token_head")
    assert said.startswith("`methods: token_head` changed nothing")
    [said] = idle("head", "contrastive", kind=OutputKind.MULTI)
    assert said.startswith("`methods: contrastive` changed nothing")


def test_settings_of_a_method_that_takes_no_part_are_not_dropped_in_silence() -> None:
    [said] = idle(token_head={"learning_rate": 1e-3})
    assert said.startswith("`settings: token_head` changed nothing")


def test_a_named_method_without_a_base_is_not_dropped_in_silence() -> None:
    [said] = idle("tfidf", "lora", bases=())
    assert "needs a base model, and none is at hand" in said


def test_a_named_base_that_nobody_uses_is_not_dropped_in_silence() -> None:
    [said] = idle("tfidf", "contrastive", bases=(ENCODER, DECODER))
    assert said.startswith("`bases: writer` changed nothing")
    goal = replace(GOAL, methods=("tfidf",), bases=("./mine",))
    known = load_methods(goal.methods)
    [said] = without_part(goal, entrants_of(goal, FACTS, known, []), known, [])
    assert said.startswith("`bases: ./mine` changed nothing")
