"""A linear output layer on frozen features: logistic regression, or ridge regression for scores.

Shape letters: N rows, D width, C labels.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.engines.threads import one_thread

TOLERANCE = 1e-4
"""Largest gradient at which the solver stops. Its loss is a mean over rows, so with many labels gradients are
small from the start: at 1e-3 8,500 rows of 77 labels stopped after 22 steps, 0.7 points short."""


def linear_layer(
    features_ND: np.ndarray,
    targets: np.ndarray,
    *,
    facts: TaskFacts,
    inverse_regularisation: float,
    iterations: int = 300,
    has_bias: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (C, D) and biases (C,).

    Args:
        features_ND: One row a text, of length about 1: the regularisation is meant for that.
        targets: In the form of `Split.targets`.
        facts: Label kind and number of labels.
        inverse_regularisation: scikit-learn's C; for scores 1 / alpha of the ridge.
        iterations: Most L-BFGS steps. A solver cut short here is an early stop, not an error.
        has_bias: Whether the layer adds a bias; where not, those given back say nothing.
    """
    if facts.output_kind is OutputKind.SCORE:
        ridge = Ridge(alpha=1.0 / inverse_regularisation, fit_intercept=has_bias)
        ridge.fit(features_ND, targets)
        return ridge.coef_.reshape(1, -1), np.array([float(ridge.intercept_)])
    model = LogisticRegression(
        C=inverse_regularisation, max_iter=iterations, tol=TOLERANCE, fit_intercept=has_bias
    )
    if facts.output_kind is OutputKind.MULTI:
        pairs = [_yes_or_no(model, features_ND, targets[:, c]) for c in range(facts.num_labels)]
        return np.stack([w for w, _ in pairs]), np.array([b for _, b in pairs])
    return _one_of_many(model, features_ND, targets, num_labels=facts.num_labels)


def _one_of_many(
    model: LogisticRegression, features_ND: np.ndarray, targets: np.ndarray, *, num_labels: int
) -> tuple[np.ndarray, np.ndarray]:
    """A label without a row keeps a weight of zero and a bias below all others."""
    if len(np.unique(targets)) == 1:
        only_C = np.arange(num_labels) == targets[0]
        return np.zeros((num_labels, features_ND.shape[1])), np.where(only_C, 0.0, -10.0)
    _fit(model, features_ND, targets)
    weights, biases = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn gives one row for two classes
        weights, biases = np.vstack([-weights, weights]) / 2, np.array([-1, 1]) * biases / 2
    weight_CD = np.zeros((num_labels, features_ND.shape[1]))
    bias_C = np.full(num_labels, biases.min() - 10.0)
    weight_CD[model.classes_], bias_C[model.classes_] = weights, biases
    return weight_CD, bias_C


def _yes_or_no(
    model: LogisticRegression, features_ND: np.ndarray, has_label_N: np.ndarray
) -> tuple[np.ndarray, float]:
    if has_label_N.all() or not has_label_N.any():
        share = float(np.clip(has_label_N.mean(), 1e-3, 1 - 1e-3))
        return np.zeros(features_ND.shape[1]), float(np.log(share / (1 - share)))
    _fit(model, features_ND, has_label_N)
    return model.coef_[0].copy(), float(model.intercept_[0])


def _fit(model: LogisticRegression, features_ND: np.ndarray, targets: np.ndarray) -> None:
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        # One row a label is few, not wrong: the data card says so.
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        model.fit(features_ND, targets)
