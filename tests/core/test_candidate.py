"""Dials refuse what means nothing, and accept what a person may well mean."""

from __future__ import annotations

import pytest

from sartor.core.candidate import Candidate, Dial

RATE = Dial("learning_rate", 1e-4, "", low=1e-5, high=1e-3, is_log=True)
DECAY = Dial("weight_decay", 0.01, "", low=1e-3, high=0.3, is_log=True, least=0)
SMOOTHING = Dial("label_smoothing", 0.1, "", choices=(0.1, 0.0), least=0.0, most=0.9)
BATCH = Dial("batch_size", 32, "", choices=(32, 16))
LAYERS = Dial("num_layers", 2, "", choices=(2, 1), most=6)
POOLING = Dial("pooling", "mean", "", choices=("mean", "cls"))
WARM = Dial("warm_start", True, "", choices=(True,))


@pytest.mark.parametrize(
    ("dial", "value"),
    [
        (RATE, 1e-4),
        (RATE, 0.5),
        (RATE, 1),
        (DECAY, 0),
        (DECAY, 0.0),
        (SMOOTHING, 0.0),
        (SMOOTHING, 0),
        (SMOOTHING, 0.2),
        (BATCH, 7),
        (LAYERS, 6),
        (POOLING, "cls"),
        (WARM, True),
    ],
)
def test_what_means_something_may_be_pinned(dial, value):
    assert dial.refusal(value) is None


@pytest.mark.parametrize(
    ("dial", "value", "reason"),
    [
        (RATE, 0, "not above 0"),
        (RATE, -1e-4, "not above 0"),
        (RATE, float("nan"), "not a finite number"),
        (RATE, float("inf"), "not a finite number"),
        (RATE, "1e-4", "not a number"),
        (RATE, True, "not a number"),
        (RATE, None, "not a number"),
        (RATE, [1e-4], "not a number"),
        (DECAY, -0.1, "below 0"),
        (SMOOTHING, 1.5, "above 0.9"),
        (SMOOTHING, -0.1, "below 0"),
        (BATCH, 16.0, "not a whole number"),
        (BATCH, 0, "not above 0"),
        (BATCH, -16, "not above 0"),
        (BATCH, True, "not a number"),
        (BATCH, "16", "not a number"),
        (LAYERS, 7, "above 6"),
        (POOLING, "meen", "not one of mean, cls"),
        (POOLING, 1, "not one of mean, cls"),
        (POOLING, ["mean"], "not one of mean, cls"),
        (WARM, False, "not one of True"),
        (WARM, 1, "not one of True"),
    ],
)
def test_what_means_nothing_is_refused_with_a_reason(dial, value, reason):
    assert reason in dial.refusal(value)


def test_a_candidate_is_named_by_its_settings_in_any_order():
    first = Candidate("head", "org/minilm", {"C": 1.0, "pooling": "mean"})
    same = Candidate("head", "org/minilm", {"pooling": "mean", "C": 1.0})
    other = Candidate("head", "org/minilm", {"pooling": "cls", "C": 1.0})
    assert first.id == same.id != other.id
    assert first.id.startswith("head/minilm/")
