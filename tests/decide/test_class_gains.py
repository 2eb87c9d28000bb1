"""Which labels gain most: truth is known, few rows are scored."""

from __future__ import annotations

import numpy as np

from sartor.decide.class_gains import LabelCurve, gains_sentence, label_gains
from sartor.decide.learning_curve import CurvePoint, ScoreScale, fit_learning_curve

SIZES = [100.0 * 2**k for k in range(5)]
NUM_SCORED = 40


def error(label: int, n: float) -> float:
    """Half of the labels are learned already, half learn on."""
    return 0.05 if label % 2 else 0.9 * (n / 50) ** -0.4


def drawn(num_labels: int, seed: int) -> dict[str, LabelCurve]:
    rng = np.random.default_rng(seed)
    return {
        f"label {label}": LabelCurve(
            tuple(
                CurvePoint(n, (1 - rng.binomial(NUM_SCORED, error(label, n)) / NUM_SCORED,))
                for n in SIZES
            ),
            NUM_SCORED,
        )
        for label in range(num_labels)
    }


def test_labels_that_still_learn_come_first() -> None:
    gains = label_gains(drawn(12, 0))
    assert {int(gain.label.split()[1]) % 2 for gain in gains[:5]} == {0}
    assert all(gain.low <= gain.then <= gain.high for gain in gains)


def test_leaning_on_each_other_is_better_than_each_alone() -> None:
    together, alone = [], []
    for seed in range(3):
        curves = drawn(12, seed)
        for gain in label_gains(curves):
            truth = 1 - error(int(gain.label.split()[1]), 2 * SIZES[-1])
            own = fit_learning_curve(
                curves[gain.label].points, scale=ScoreScale(num_scored=NUM_SCORED)
            )
            together.append(abs(gain.then - truth))
            alone.append(abs(own.times(2).value - truth))
    assert np.mean(together) < np.mean(alone)


def test_the_sentence_names_the_first() -> None:
    gains = label_gains(drawn(12, 0))
    sentence = gains_sentence(gains, most=3)
    assert sentence.startswith("with 2 times the data 3 labels of 12 would gain most: ")
    assert all(gain.label in sentence for gain in gains[:3])
    assert gains_sentence([]) == "no label is expected to gain from more of the same data"
    assert label_gains({}) == []
