"""Last layers, LoRA and full fine-tuning as methods: dials, rungs, and a trial from end to end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tiny_models as tiny

from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.engines.training import PARTS
from sartor.tune.full import Full
from sartor.tune.last_layers import LastLayers
from sartor.tune.lora import Lora
from sartor.tune.registry import METHODS, load_methods

GRADIENT = (LastLayers, Lora, Full)
NONSENSE = (-1, 0.5 + 0.5j, float("nan"), float("inf"), None, "a lot", [1], {}, "")


def settings_of(method, base, kind=OutputKind.SINGLE):
    return {dial.name: dial.default for dial in method.dials(tiny.facts(kind), base)}


@pytest.mark.parametrize("kind", sorted(CLASSIFIED))
@pytest.mark.parametrize("method", GRADIENT)
def test_a_trial_with_the_default_settings_learns(base, engine, method, kind):
    method = method()
    job = replace(tiny.job(base, kind=kind), settings=settings_of(method, base, kind))
    fit = method.begin(job, engine)
    fit.advance(method.epochs(job.settings, job.facts)[0])
    assert fit.answers(tiny.UNSEEN).logits_NC.shape == (6, job.facts.num_labels)
    assert np.isfinite(fit.answers(tiny.UNSEEN).logits_NC).all()
    assert fit.fitted().labels == job.facts.labels


@pytest.mark.parametrize("method", GRADIENT)
def test_nothing_heavy_happens_before_the_first_epoch(base, engine, method, monkeypatch):
    loaded = []
    encoders = engine.encoders
    prepare = encoders.prepare
    monkeypatch.setattr(
        encoders, "prepare", lambda *args, **given: loaded.append(1) or prepare(*args, **given)
    )
    job = replace(tiny.job(base), settings=settings_of(method(), base))
    fit = method().begin(job, engine)
    assert loaded == []
    fit.advance(0.25)
    assert loaded == [1]


@pytest.mark.parametrize("method", GRADIENT)
def test_rungs_rise_and_fall_on_whole_parts_of_an_epoch(base, method):
    rungs = method().epochs(settings_of(method(), base), tiny.facts())
    assert list(rungs) == sorted(set(rungs))
    assert all(rung * PARTS == int(rung * PARTS) > 0 for rung in rungs)


@pytest.mark.parametrize("kind", sorted(OutputKind))
@pytest.mark.parametrize("name", METHODS.names())
def test_every_dial_accepts_what_it_offers_and_refuses_nonsense(base, name, kind):
    facts = tiny.facts(kind, task="generate", mean_answer_tokens=9.0, max_answer_tokens=40)
    for method in load_methods((name,)):
        for architecture, kinds in method.does.items():
            if kind in kinds:
                given = replace(base, architecture=architecture) if architecture else None
                dials = method.dials(facts, given)
                assert wrong_with(dials) == []
                assert len({dial.name for dial in dials}) == len(dials)


def wrong_with(dials):
    """Names of dials that refuse what they offer, take nonsense, or search what their default is not in."""
    return [
        dial.name
        for dial in dials
        if any(dial.refusal(v) for v in offered(dial))
        or any(dial.refusal(v) is None for v in NONSENSE)
        or not is_searched_where_it_starts(dial)
        or not dial.doc.endswith(".")
    ]


def offered(dial):
    values = (dial.default, *dial.choices, dial.low, dial.high, dial.second)
    return [value for value in values if value is not None]


def is_searched_where_it_starts(dial):
    if dial.choices:
        return dial.default in dial.choices
    return dial.low <= dial.default <= dial.high


def test_more_layers_than_the_base_has_are_refused(base):
    dial = LastLayers().dials(tiny.facts(), base)[0]
    assert dial.refusal(base.num_layers) is None
    assert "above 3" in dial.refusal(base.num_layers + 1)


def test_no_method_asks_for_more_layers_than_there_are(base):
    for num_layers in (1, 2, 3, 12):
        dial = LastLayers().dials(tiny.facts(), replace(base, num_layers=num_layers))[0]
        assert all(1 <= choice <= num_layers for choice in dial.choices)


def test_smoothing_is_for_one_label_a_text(base):
    for method in GRADIENT:
        names = {
            kind: {dial.name for dial in method().dials(tiny.facts(kind), base)}
            for kind in sorted(CLASSIFIED)
        }
        assert "label_smoothing" in names[OutputKind.SINGLE]
        assert "label_smoothing" not in names[OutputKind.MULTI] | names[OutputKind.SCORE]


@pytest.mark.parametrize("method", GRADIENT)
def test_planned_work_grows_with_the_rows(base, method):
    settings = settings_of(method(), base)
    small, large = (
        method().train_flops(settings, tiny.facts(num_fit=num_fit), base) for num_fit in (10, 100)
    )
    assert large == pytest.approx(10 * small)


def test_planned_work_is_least_for_last_layers_and_most_for_full(base):
    last, lora, full = (
        method().train_flops(settings_of(method(), base), tiny.facts(), base) for method in GRADIENT
    )
    assert last < lora < full


def test_methods_come_from_the_shallowest_to_the_deepest():
    depths = [method.depth for method in load_methods()]
    assert depths == sorted(depths)
    assert [*dict.fromkeys(m.name for m in load_methods())] == METHODS.names()
    assert [m.name for m in load_methods(("full", "head"))] == ["head", "full", "full"]
