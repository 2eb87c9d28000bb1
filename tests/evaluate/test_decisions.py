"""Logits become probabilities and decisions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import f1_score

from sartor.core.goal import OutputKind
from sartor.evaluate.decisions import decide, decide_crosswise, probabilities, tune_thresholds

LOGITS_RNC = np.random.default_rng(0).normal(size=(2, 7, 4)).astype(np.float32)


def test_single_labels_get_a_softmax_and_the_largest_logit():
    expected = softmax(LOGITS_RNC.astype(float), axis=-1)
    np.testing.assert_allclose(probabilities(OutputKind.SINGLE, LOGITS_RNC), expected)
    np.testing.assert_array_equal(decide(OutputKind.SINGLE, LOGITS_RNC), expected.argmax(-1))


def test_several_labels_get_a_sigmoid_each_and_thresholds_decide():
    expected = expit(LOGITS_RNC.astype(float))
    np.testing.assert_allclose(probabilities(OutputKind.MULTI, LOGITS_RNC), expected)
    np.testing.assert_array_equal(decide(OutputKind.MULTI, LOGITS_RNC), LOGITS_RNC >= 0)
    thresholds_C = np.array([0.1, 0.5, 0.9, 0.5])
    decided = decide(OutputKind.MULTI, LOGITS_RNC, thresholds_C)
    np.testing.assert_array_equal(decided, expected >= thresholds_C)


def test_a_score_is_its_own_decision():
    np.testing.assert_array_equal(
        decide(OutputKind.SCORE, LOGITS_RNC[..., :1]), LOGITS_RNC[..., 0].astype(float)
    )


def test_extreme_logits_overflow_nowhere():
    huge = np.array([[1e30, -1e30]], dtype=np.float32)
    assert np.isfinite(probabilities(OutputKind.SINGLE, huge)).all()
    assert np.isfinite(probabilities(OutputKind.MULTI, huge)).all()


def _shifted(num_rows: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A model whose logits are all 2 too low, on four labels, the last one rare."""
    rng = np.random.default_rng(seed)
    truth_NC = rng.normal(size=(num_rows, 4)) * 3 - np.array([0, 1, 2, 8])
    return truth_NC - 2, rng.random(truth_NC.shape) < expit(truth_NC)


def test_tuned_thresholds_help_on_rows_that_did_not_choose_them():
    logits_NC, targets_NC = _shifted(600, seed=1)
    new_logits_NC, new_targets_NC = _shifted(5000, seed=2)
    tuned = decide(OutputKind.MULTI, new_logits_NC, tune_thresholds(logits_NC, targets_NC))
    plain = decide(OutputKind.MULTI, new_logits_NC)
    gain = f1_score(new_targets_NC, tuned, average="micro") - f1_score(
        new_targets_NC, plain, average="micro"
    )
    assert gain > 0.05


def test_a_label_with_too_few_positives_takes_the_threshold_of_all():
    logits_NC, targets_NC = _shifted(400, seed=1)
    targets_NC[:, 2:] = False
    targets_NC[:19, 2] = True
    thresholds_C = tune_thresholds(logits_NC, targets_NC)
    assert thresholds_C[2] == thresholds_C[3]
    assert thresholds_C[0] != thresholds_C[2]


@pytest.mark.parametrize("seed", range(5))
def test_one_label_gets_the_threshold_with_the_highest_f1(seed):
    rng = np.random.default_rng(seed)
    logits_NC = rng.integers(-5, 5, size=(60, 1)) / 2.0
    targets_NC = rng.random((60, 1)) < expit(logits_NC)
    chosen = decide(OutputKind.MULTI, logits_NC, tune_thresholds(logits_NC, targets_NC))
    best = max(f1_score(targets_NC, logits_NC >= cut) for cut in np.unique(logits_NC))
    assert f1_score(targets_NC, chosen) == pytest.approx(best)


def test_labels_that_nobody_has_leave_the_thresholds_at_one_half():
    logits_NC = np.random.default_rng(0).normal(size=(30, 3))
    np.testing.assert_array_equal(tune_thresholds(logits_NC, np.zeros((30, 3), bool)), 0.5)


def test_no_row_is_decided_by_thresholds_that_saw_its_group():
    logits_NC, targets_NC = _shifted(200, seed=4)
    groups_N = np.arange(200) // 4
    before = decide_crosswise(logits_NC[None], targets_NC, groups_N)
    for group in (0, 7, 49):
        own_N = groups_N == group
        changed_NC = np.where(own_N[:, None], ~targets_NC, targets_NC)
        after = decide_crosswise(logits_NC[None], changed_NC, groups_N)
        np.testing.assert_array_equal(after[:, own_N], before[:, own_N])


def test_what_knows_nothing_is_not_flattered_by_its_thresholds():
    """Mean micro-F1 over draws: on rows that tuned them, across, and on new rows."""
    own, across, new = [], [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        logits_NC, new_NC = rng.normal(size=(2, 150, 6))
        is_rare_NC, new_is_rare_NC = rng.random((2, 150, 6)) < 0.15
        thresholds_C = tune_thresholds(logits_NC, is_rare_NC)
        crosswise = decide_crosswise(logits_NC[None], is_rare_NC, np.arange(150))[0]
        own.append(_micro_f1(is_rare_NC, decide(OutputKind.MULTI, logits_NC, thresholds_C)))
        across.append(_micro_f1(is_rare_NC, crosswise))
        new.append(_micro_f1(new_is_rare_NC, decide(OutputKind.MULTI, new_NC, thresholds_C)))
    assert np.mean(own) > np.mean(new) + 0.008
    assert abs(np.mean(across) - np.mean(new)) < 0.005


def test_one_group_alone_is_decided_by_its_own_thresholds():
    logits_NC, targets_NC = _shifted(30, seed=6)
    alone = decide_crosswise(logits_NC[None], targets_NC, np.zeros(30, dtype=int))[0]
    own = decide(OutputKind.MULTI, logits_NC, tune_thresholds(logits_NC, targets_NC))
    np.testing.assert_array_equal(alone, own)


def _micro_f1(targets_NC, decided_NC):
    return f1_score(targets_NC, decided_NC, average="micro")
