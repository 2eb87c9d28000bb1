"""LogME and H-score beside the same quantities computed another way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal
from sklearn.covariance import LedoitWolf

from sartor.core.errors import DataError
from sartor.decide.separability import h_score, log_maximum_evidence


def sample(num_rows: int, width: int, apart: float, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=num_rows)
    centres = rng.normal(size=(3, width)) * apart
    return centres[labels] + rng.normal(size=(num_rows, width)), [f"label {c}" for c in labels]


@pytest.mark.parametrize(("num_rows", "width"), [(40, 6), (20, 30)])
def test_log_maximum_evidence_is_the_largest_density_of_the_targets(
    num_rows: int, width: int
) -> None:
    """Targets are normal with covariance F F' / a + I / b; a and b are searched for by a library."""
    features_ND, labels = sample(num_rows, width, 0.7)
    gram_NN = features_ND @ features_ND.T
    best = []
    for label in sorted(set(labels)):
        target_N = np.array([float(name == label) for name in labels])

        def loss(logs: np.ndarray, target_N: np.ndarray = target_N) -> float:
            covariance = gram_NN / np.exp(logs[0]) + np.eye(num_rows) / np.exp(logs[1])
            return -float(multivariate_normal(np.zeros(num_rows), covariance).logpdf(target_N))

        best.append(-minimize(loss, [1.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-6}).fun)
    expected = np.mean(best) / num_rows
    assert log_maximum_evidence(features_ND, labels) == pytest.approx(expected, abs=1e-4)


def test_h_score_is_the_trace_of_its_definition() -> None:
    features_ND, labels = sample(200, 5, 0.7)
    centred_ND = features_ND - features_ND.mean(axis=0)
    means_ND = np.array(
        [centred_ND[[other == label for other in labels]].mean(axis=0) for label in labels]
    )
    covariance_DD = np.cov(features_ND.T, bias=True)
    plain = np.trace(np.linalg.inv(covariance_DD) @ np.cov(means_ND.T, bias=True))
    assert h_score(features_ND, labels, is_shrunk=False) == pytest.approx(plain, rel=1e-8)
    fit = LedoitWolf().fit(features_ND)
    shrunk = np.trace(np.linalg.inv(fit.covariance_) @ np.cov(means_ND.T, bias=True))
    assert h_score(features_ND, labels) == pytest.approx((1 - fit.shrinkage_) * shrunk, rel=1e-8)


@pytest.mark.parametrize("measure", [log_maximum_evidence, h_score])
def test_features_that_separate_better_score_higher(measure: object) -> None:
    assert callable(measure)
    scores = [measure(*sample(120, 16, apart)) for apart in (0.0, 0.3, 1.0, 3.0)]
    assert scores == sorted(scores)


@pytest.mark.parametrize("measure", [log_maximum_evidence, h_score])
def test_the_score_knows_no_scale_and_no_rotation(measure: object) -> None:
    assert callable(measure)
    features_ND, labels = sample(60, 8, 0.7)
    turned_DD = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]
    assert measure(100 * features_ND @ turned_DD, labels) == pytest.approx(
        measure(features_ND, labels), abs=1e-5
    )


def test_features_without_variance_score_nothing() -> None:
    labels = ["a", "b", "a", "b"]
    assert h_score(np.ones((4, 3)), labels) == 0
    assert h_score(np.ones((4, 3)), labels, is_shrunk=False) == pytest.approx(0)
    assert np.isfinite(log_maximum_evidence(np.zeros((4, 3)), labels))


@pytest.mark.parametrize(
    ("features", "labels", "word"),
    [
        (np.zeros((3, 2)), ["a", "b"], "do not belong"),
        (np.zeros((2, 2)), ["a", "a"], "one label"),
        (np.array([[np.nan], [1.0]]), ["a", "b"], "finite"),
    ],
)
def test_unusable_features_are_named(features: np.ndarray, labels: list[str], word: str) -> None:
    with pytest.raises(DataError, match=word):
        h_score(features, labels)
